"""Reasons with the numbers behind them, said in plain Chinese."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from tianfu.model.feed.card import StoryCard
from tianfu.model.flow.audience import area_of_outlet
from tianfu.model.flow.pickups import NEARBY, WEIGHTS, Pickup, PickupPlace
from tianfu.model.placement import lies_within
from tianfu.model.tag import TagKind

Names = Mapping[tuple[TagKind, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One thing that speaks for, or against, an answer.

    Attributes:
        code: Stable, snake_case.
        text: For editors.
        number: The very number the text names: a count, a share 0..1, hours or characters.
        weight: What it adds to the score; 0 for what merely explains.
    """

    code: str
    text: str
    number: float
    weight: float


def pickup_grounds(pickup: Pickup, card: StoryCard, place: PickupPlace, names: Names) -> list[Ground]:
    """Say why a story is worth carrying, loudest first, after the plain fact that it is not told yet."""
    speakers: Mapping[str, Callable[[], tuple[str, float] | None]] = {
        "place": lambda: _place(pickup, card, place, names),
        "topic": lambda: _topic(card, place, names),
        "carried": lambda: _carried(pickup),
        "hot": lambda: _hot(pickup),
        "substance": lambda: _substance(card),
        "fresh": lambda: _fresh(card, place),
    }
    said = [Ground(code="not_covered", text="本媒体还没有报道这件事", number=0.0, weight=0.0)]
    for code in sorted(WEIGHTS, key=lambda name: -WEIGHTS[name] * pickup.features[name]):
        spoken = speakers[code]()
        if spoken is not None:
            weight = round(WEIGHTS[code] * pickup.features[code], 4)
            said.append(Ground(code=code, text=spoken[0], number=spoken[1], weight=weight))
    return said


def name_of_topic(code: str, names: Names) -> str:
    """Chinese name of a class, or its code."""
    return names.get((TagKind.TOPIC, code), code)


def _place(pickup: Pickup, card: StoryCard, place: PickupPlace, names: Names) -> tuple[str, float] | None:
    fit = pickup.features["place"]
    if fit < NEARBY:
        return None
    area, around = area_of_outlet(place.outlet.adcode, place.outlet.city_adcode)
    inner, where = (area, "在本媒体服务区内") if fit == 1.0 else (around, "在本媒体周边")
    near = next((code for code in card.places if lies_within(code, inner)), inner)
    return f"涉及{names.get((TagKind.PLACE, near), near)}，{where}", fit


def _topic(card: StoryCard, place: PickupPlace, names: Names) -> tuple[str, float] | None:
    shares = place.audience.shares
    read = [code for code in card.topics if code in shares]
    if not read:
        return None
    best = max(read, key=lambda code: shares[code])
    rank = list(shares).index(best) + 1
    said = f"本媒体读者近{place.audience.days}天的点击里，{name_of_topic(best, names)}类占{shares[best]:.0%}"
    return f"{said}，居第{rank}位", round(shares[best], 4)


def _carried(pickup: Pickup) -> tuple[str, float] | None:
    return (f"已有{pickup.outlets}家媒体刊发", pickup.outlets) if pickup.outlets > 1 else None


def _hot(pickup: Pickup) -> tuple[str, float] | None:
    heat = round(pickup.features["hot"], 2)
    return (f"别处正在热读，热度为最热稿件的{heat:.0%}", heat) if heat > 0 else None


def _substance(card: StoryCard) -> tuple[str, float]:
    verdict = "内容充实" if card.body_chars >= 300 else "篇幅较短"
    return f"正文{card.body_chars}字，{verdict}", card.body_chars


def _fresh(card: StoryCard, place: PickupPlace) -> tuple[str, float]:
    age = timedelta(seconds=max(0, place.now_s - card.counted_s))
    hours = age.total_seconds() / 3_600
    said = f"{age.days}天前发布" if age.days else f"{hours:.0f}小时前发布" if hours >= 1 else "一小时内发布"
    return said, round(hours, 1)
