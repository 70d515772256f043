"""Marks of a drawing, scales, and the frame of a chart."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

WIDTH = 640
HEIGHT = 400
LEFT, RIGHT, TOP, BOTTOM = 58, 16, 12, 46
_LINE = 13.0


@dataclass(frozen=True, slots=True)
class Mark:
    """One element of SVG; values and text are escaped where the page is written."""

    tag: str
    attributes: Mapping[str, str | float]
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture ready to be written.

    Attributes:
        title: Shown above it, and read out.
        width: In units of the drawing, as ``height``.
        legend: Names of the series, in the order of their colours.
    """

    title: str
    width: float
    height: float
    marks: Sequence[Mark]
    legend: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Maps values to places; values outside land on the edge.

    Attributes:
        first: Value at the place ``start``.
        last: Value at the place ``end``.
    """

    first: float
    last: float
    start: float
    end: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """Place of a value, rounded to a tenth."""
        low, high, here = (math.log(v) if self.logarithmic else v for v in (self.first, self.last, value))
        share = (here - low) / (high - low) if high != low else 0.5
        return round(self.start + min(max(share, 0.0), 1.0) * (self.end - self.start), 1)


def even_ticks(first: float, last: float, most: int = 6) -> list[float]:
    """Round values between two, at most ``most + 1``, 1, 2 or 5 times a power of ten apart."""
    if last <= first:
        return [first]
    rough = (last - first) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough * (1 - 1e-9))
    places = np.arange(math.ceil(first / step - 1e-9), math.floor(last / step + 1e-9) + 1)
    return [round(float(place * step), 10) for place in places]


def frame(x: Scale, y: Scale, names: tuple[str, str], x_ticks: Sequence[float] = ()) -> list[Mark]:
    """Grid lines, figures along them and the names of both axes."""
    marks = []
    for value in x_ticks or even_ticks(x.first, x.last):
        at = x.at(value)
        marks += [
            line(at, y.start, at, y.end, "grid"),
            label(at, y.start + 16, f"{value:g}", anchor="middle", kind="tick"),
        ]
    for value in even_ticks(y.first, y.last):
        at = y.at(value)
        marks += [
            line(x.start, at, x.end, at, "grid"),
            label(x.start - 7, at + 4, f"{value:g}", anchor="end", kind="tick"),
        ]
    middle = (y.start + y.end) / 2
    marks.append(label((x.start + x.end) / 2, y.start + 36, names[0], anchor="middle", kind="axis"))
    turned = {"transform": f"rotate(-90 14 {middle})"}
    marks.append(label(14, middle, names[1], anchor="middle", kind="axis", **turned))
    return marks


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Mark:
    """A straight line."""
    return Mark("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "class": kind})


def label(
    x: float, y: float, text: str, *, anchor: str = "start", kind: str = "name", **more: str | float
) -> Mark:
    """A line of text on its base line."""
    return Mark("text", {"x": x, "y": y, "text-anchor": anchor, "class": kind, **more}, text)


def box(x: float, y: float, width: float, height: float, kind: str, **more: str | float) -> Mark:
    """A rectangle, from its upper left corner."""
    return Mark("rect", {"x": x, "y": y, "width": width, "height": height, "class": kind, **more})


def dot(x: float, y: float, radius: float, kind: str) -> Mark:
    """A filled circle."""
    return Mark("circle", {"cx": x, "cy": y, "r": radius, "class": kind})


def text_width(text: str) -> float:
    """About how wide a text is drawn: ideographs are twice as wide as letters."""
    return sum(_LINE if ord(char) > 0x2E80 else 0.56 * _LINE for char in text)
