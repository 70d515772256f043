"""What a suite would like drawn, as plain numbers; :mod:`tianfu.eval.report` draws it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Lines over one pair of axes.

    Attributes:
        title: What is to be seen.
        x: Name of the axis; ``y`` likewise.
        lines: Points of each line, x ascending, the model's first.
        x_range: First and last x shown; ``y_range`` likewise.
        x_ticks: Where the axis is marked; evenly where none are given.
        logarithmic: Whether equal ratios of x are drawn equally wide; x must then be above 0.
        diagonal: Whether x = y is drawn too, where a perfect line would lie.
        marks: Single points worth seeing, by name.
    """

    title: str
    x: str
    y: str
    lines: Mapping[str, Points]
    x_range: tuple[float, float] = (0.0, 1.0)
    y_range: tuple[float, float] = (0.0, 1.0)
    x_ticks: Sequence[float] = ()
    logarithmic: bool = False
    diagonal: bool = False
    marks: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One row of bars.

    Attributes:
        name: Of the row, with how many items it counts.
        values: 0..1 by method, the model's first.
        interval: 95 % interval of the model's, where there is one.
    """

    name: str
    values: Mapping[str, float]
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Rows of bars over 0..1."""

    title: str
    x: str
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A confusion matrix.

    Attributes:
        names: Of rows (truth) and columns (said).
        counts: ``counts[i][j]`` items of truth i were said to be j.
    """

    title: str
    names: Sequence[str]
    counts: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """One dot per item; the ranges are those of the dots."""

    title: str
    x: str
    y: str
    points: Points


Picture = Curves | Bars | Grid | Scatter


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An item that went wrong; made only on request, for it quotes headlines.

    Attributes:
        titles: Headline of the story, or of both stories of a pair.
        truth: What is right.
        said: What was said instead.
    """

    titles: tuple[str, ...]
    truth: str
    said: str
