"""Draws what suites would like drawn."""

from functools import singledispatch
from itertools import pairwise

from tianfu.eval.pictures import Bars, Curves, Grid, Picture, Points, Scatter
from tianfu.eval.report.axes import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Drawing,
    Mark,
    Scale,
    box,
    dot,
    even_ticks,
    frame,
    label,
    line,
    text_width,
)

COLOURS = 6
"""How many series have a colour of their own in the page's style."""
BAR = 9.0
GAP = 8.0
VALUE = 44.0
MOST_LABEL = 230.0


@singledispatch
def draw(picture: Picture) -> Drawing:
    """Turn numbers into marks."""
    raise TypeError(f"there is no drawing of {type(picture).__name__}")


@draw.register
def _(picture: Curves) -> Drawing:
    x = Scale(
        first=picture.x_range[0],
        last=picture.x_range[1],
        start=LEFT,
        end=WIDTH - RIGHT,
        logarithmic=picture.logarithmic,
    )
    y = _upright(*picture.y_range)
    marks = frame(x, y, (picture.x, picture.y), picture.x_ticks)
    if picture.diagonal:
        marks.append(line(x.start, y.start, x.end, y.end, "even"))
    for place, points in reversed(list(enumerate(picture.lines.values()))):
        marks += _curve(points, x, y, f"s{place % COLOURS}", dots=len(points) <= 12)
    for name, (a, b) in picture.marks.items():
        marks += [
            dot(x.at(a), y.at(b), 5, "ring"),
            label(x.at(a) - 10, y.at(b) + 18, name, anchor="end", kind="tick"),
        ]
    return Drawing(title=picture.title, width=WIDTH, height=HEIGHT, marks=marks, legend=tuple(picture.lines))


@draw.register
def _(picture: Scatter) -> Drawing:
    xs, ys = zip(*picture.points, strict=True) if picture.points else ((0.0, 1.0), (0.0, 1.0))
    x = Scale(first=min(xs), last=max(xs), start=LEFT + 8, end=WIDTH - RIGHT - 8)
    y = _upright(min(0.0, *ys), max(1.0, *ys))
    marks = frame(x, y, (picture.x, picture.y))
    marks += [dot(x.at(a), y.at(b), 2.5, "dot") for a, b in picture.points]
    return Drawing(title=picture.title, width=WIDTH, height=HEIGHT, marks=marks)


@draw.register
def _(picture: Bars) -> Drawing:
    methods = list(dict.fromkeys(name for bar in picture.bars for name in bar.values))
    left = min(max((text_width(bar.name) for bar in picture.bars), default=0.0), MOST_LABEL) + 14
    x = Scale(first=0.0, last=1.0, start=left, end=WIDTH - VALUE)
    row_height = BAR * len(methods) + GAP
    bottom = TOP + row_height * len(picture.bars)
    marks = []
    for value in even_ticks(0.0, 1.0, 5):
        marks += [
            line(x.at(value), TOP, x.at(value), bottom, "grid"),
            label(x.at(value), bottom + 16, f"{value:g}", anchor="middle", kind="tick"),
        ]
    marks.append(label((x.start + x.end) / 2, bottom + 36, picture.x, anchor="middle", kind="axis"))
    for row, bar in enumerate(picture.bars):
        top = TOP + row * row_height + GAP / 2
        marks.append(label(left - 8, top + BAR * len(methods) / 2 + 4, bar.name, anchor="end"))
        for place, method in enumerate(methods):
            marks += _bar(bar.values.get(method, 0.0), x, top + place * BAR, f"s{place % COLOURS}")
        if bar.interval is not None:
            low, high = (x.at(value) for value in bar.interval)
            marks.append(line(low, top + BAR / 2, high, top + BAR / 2, "whisker"))
    return Drawing(
        title=picture.title, width=WIDTH, height=bottom + BOTTOM, marks=marks, legend=tuple(methods)
    )


@draw.register
def _(picture: Grid) -> Drawing:
    size = 46.0 if len(picture.names) <= 8 else 30.0
    room = min(max((text_width(name) for name in picture.names), default=0.0), MOST_LABEL)
    left, top = room + 34, 0.75 * room + 30
    side = size * len(picture.names)
    marks = [
        label(left + side / 2, top + side + 20, "said", anchor="middle", kind="axis"),
        label(12, top + side / 2, "true", anchor="middle", kind="axis",
              transform=f"rotate(-90 12 {top + side / 2})"),
    ]  # fmt: skip
    for i, (name, counts) in enumerate(zip(picture.names, picture.counts, strict=True)):
        marks.append(label(left - 8, top + (i + 0.5) * size + 4, name, anchor="end"))
        across, above = left + (i + 0.5) * size, top - 8
        marks.append(label(across, above, name, transform=f"rotate(-45 {across} {above})"))
        for j, count in enumerate(counts):
            marks += _cell(left + j * size, top + i * size, size, count, sum(counts), right=i == j)
    return Drawing(
        title=picture.title,
        width=max(left + side + 0.75 * room + 10, 320),
        height=top + side + 30,
        marks=marks,
    )


def _cell(x: float, y: float, size: float, count: int, of: int, *, right: bool) -> list[Mark]:
    share = count / of if of else 0.0
    marks = [
        box(x, y, size - 1, size - 1, "right" if right else "wrong", **{"fill-opacity": round(share, 3)})
    ]
    if count:
        shade = "on" if share > 0.55 else "count"
        marks.append(label(x + size / 2, y + size / 2 + 4, str(count), anchor="middle", kind=shade))
    return marks


def _bar(value: float, x: Scale, top: float, series: str) -> list[Mark]:
    width = round(x.at(value) - x.start, 1)
    mark = box(x.start, top, max(width, 0.5), BAR - 1, f"{series} bar")
    if not series.startswith("s0"):
        return [mark]
    return [mark, label(WIDTH - 2, top + BAR, f"{value:.3f}", anchor="end", kind="tick")]


def _curve(points: Points, x: Scale, y: Scale, series: str, *, dots: bool) -> list[Mark]:
    places = [(x.at(a), y.at(b)) for a, b in points]
    steps = [places[0], *(b for a, b in pairwise(places) if a != b)] if places else []
    marks = [Mark("polyline", {"points": " ".join(f"{a},{b}" for a, b in steps), "class": f"{series} curve"})]
    if dots:
        marks += [dot(a, b, 3, f"{series} point") for a, b in places]
    return marks


def _upright(first: float, last: float) -> Scale:
    return Scale(first=first, last=last, start=HEIGHT - BOTTOM, end=TOP)
