"""What an outlet tells beside what its readers read and its neighbours tell; and the blank spots (空白点)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tianfu.model.flow.audience import Audience
from tianfu.model.flow.grounds import Ground, Names, name_of_topic
from tianfu.model.tag import TagKind

READ_SHARE = 0.05
"""A class read at least this much is missed when it is told less than half as much."""
MIN_NEIGHBOURS = 2
"""So many neighbours, and at least half of them, tell what is worth being called a gap."""


class SpotKind(StrEnum):
    """Why something is missing."""

    READ = "read"
    """The outlet's readers read it more than the outlet tells it."""
    NEIGHBOURS = "neighbours"
    """Neighbours tell it and the outlet does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicLine:
    """One class of an outlet.

    Attributes:
        stories: Told by the outlet.
        output_share: Of all its classified stories, 0..1.
        reading_share: Of its readers' clicks, 0..1; ``None`` where it may not be told.
        neighbours: How many neighbours tell it.
    """

    topic: str
    stories: int
    output_share: float
    reading_share: float | None
    neighbours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BlankSpot:
    """A class or place that the outlet should look at.

    Attributes:
        kind: Of tag: a topic or a place.
        others: Stories of other outlets about it, for a place; neighbours that tell it, for a class.
    """

    why: SpotKind
    kind: TagKind
    code: str
    others: int
    ground: Ground


def topic_lines(
    own: Mapping[str, int], audience: Audience, neighbours: Iterable[frozenset[str]]
) -> list[TopicLine]:
    """Every class that is told, read or told nearby, most told first.

    Args:
        own: The outlet's stories by primary class.
        audience: Of the outlet.
        neighbours: For each outlet around the classes it tells.
    """
    around: dict[str, int] = {}
    for classes in neighbours:
        for code in classes:
            around[code] = around.get(code, 0) + 1
    total = sum(own.values())
    shares = audience.shares
    lines = [
        TopicLine(
            topic=code,
            stories=own.get(code, 0),
            output_share=own.get(code, 0) / total if total else 0.0,
            reading_share=shares.get(code, 0.0) if shares else None,
            neighbours=around.get(code, 0),
        )
        for code in own.keys() | around.keys() | shares.keys()
    ]
    return sorted(lines, key=lambda one: (-one.stories, -(one.reading_share or 0.0), one.topic))


def topic_spots(lines: Iterable[TopicLine], *, around: int, names: Names) -> list[BlankSpot]:
    """Classes that readers read or neighbours tell and the outlet hardly does, widest gap first.

    Args:
        lines: Of the outlet.
        around: How many neighbours told anything.
        names: Chinese names of classes.
    """
    found: list[tuple[float, BlankSpot]] = []
    for line in lines:
        name, read = name_of_topic(line.topic, names), line.reading_share or 0.0
        if read >= READ_SHARE and line.output_share < read / 2:
            text = f"读者点击里{name}类占{read:.0%}，本媒体发稿只占{line.output_share:.0%}"
            found.append((read, _spot(SpotKind.READ, TagKind.TOPIC, line.topic, line.neighbours, text, read)))
        elif not line.stories and line.neighbours >= max(MIN_NEIGHBOURS, around / 2):
            text = f"周边{around}家媒体中{line.neighbours}家报道了{name}类，本媒体没有"
            spot = _spot(
                SpotKind.NEIGHBOURS, TagKind.TOPIC, line.topic, line.neighbours, text, line.neighbours
            )
            found.append((line.neighbours / max(around, 1) / 10, spot))
    return [spot for _, spot in sorted(found, key=lambda row: (-row[0], row[1].code))]


def place_spots(
    own: Mapping[str, int],
    others: Mapping[str, int],
    read: Mapping[str, int],
    areas: Sequence[str],
    *,
    names: Names,
) -> list[BlankSpot]:
    """Divisions of the outlet's area it does not tell of, though others do or its readers read of them.

    Args:
        own: The outlet's stories by division.
        others: Other outlets' stories by division.
        read: The outlet's readers' clicks by division, where they may be told.
        areas: Divisions to look at.
        names: Chinese names of places.
    """
    found: list[BlankSpot] = []
    for area in areas:
        if own.get(area, 0):
            continue
        name, told, clicks = names.get((TagKind.PLACE, area), area), others.get(area, 0), read.get(area, 0)
        if clicks:
            text = f"读者点击了{clicks}次涉及{name}的稿件，本媒体没有相关报道"
            found.append(_spot(SpotKind.READ, TagKind.PLACE, area, told, text, clicks))
        elif told:
            text = f"其他媒体有{told}篇涉及{name}的稿件，本媒体没有"
            found.append(_spot(SpotKind.NEIGHBOURS, TagKind.PLACE, area, told, text, told))
    return sorted(found, key=lambda one: (one.why is not SpotKind.READ, -one.ground.number, one.code))


def _spot(why: SpotKind, kind: TagKind, code: str, others: int, text: str, number: float) -> BlankSpot:
    ground = Ground(code=f"{why.value}_{kind.value}", text=text, number=round(number, 4), weight=0.0)
    return BlankSpot(why=why, kind=kind, code=code, others=others, ground=ground)
