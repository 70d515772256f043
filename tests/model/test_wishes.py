"""What wishes do to a feed in which much else is left."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from tianfu.model.event import ReaderKind, ReaderRef
from tianfu.model.feed.assemble import assemble
from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.context import FeedContext
from tianfu.model.feed.table import StoryTable
from tianfu.model.feed.view import SKETCH
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.placement import Authority, Placement, PlacementAction
from tianfu.model.reader import Reader, with_wish
from tianfu.model.recommendation import FeedRequest, Outcome
from tianfu.model.wishes import Amount, Wish, WishKind

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
COUNTY = Outlet(id="lizhou", name="县", level=OutletLevel.COUNTY, adcode="510802", parent_id="mid")
TOPICS = ("14", "31", "35", "39", "22", "11", "33")
PLACES = ("510802", "510824", "511102")


def context(*wishes: Wish, orders: tuple[Placement, ...] = ()) -> FeedContext:
    """Seventy stories of seven classes and ten outlets; 1 and 2 read alike, 3 is of the event of 1."""
    table = StoryTable()
    draw = np.random.default_rng(5)
    sketches = draw.standard_normal((71, SKETCH))
    sketches[2] = sketches[1] + 0.2 * sketches[2]
    sketches /= np.linalg.norm(sketches, axis=1, keepdims=True)
    for n in range(1, 71):
        card = StoryCard(
            number=n, story_id=f"s{n}", title="题", url=None, image_url=None, outlet_id=f"o{n % 10}",
            channel="", published_at_s=NOW_S - 60 * n, expires_at_s=None, topics=(TOPICS[n % 7],),
            places=(PLACES[n % 3],), cluster_id="c1" if n == 3 else f"c{n}", ai_generated=False,
            body_chars=300,
        )  # fmt: skip
        table.put(card, sketches[n].astype(np.float16))
    reader = Reader(ref=ReaderRef(outlet_id="lizhou", kind=ReaderKind.READER, id="r"))
    for wish in wishes:
        reader = with_wish(reader, wish)
    return FeedContext(
        now_s=NOW_S,
        request=FeedRequest(outlet_id="lizhou", reader=reader.ref),
        outlet=COUNTY,
        outlets={"lizhou": COUNTY},
        view=table.view(),
        reader=reader,
        placements=orders,
    )


def a_wish(kind: WishKind, code: str, amount: Amount = Amount.LESS) -> Wish:
    return Wish(kind=kind, code=code, amount=amount, at_s=NOW_S)


def shown(made: FeedContext, count: int = 20) -> list[StoryCard]:
    found = [made.view.card_of(item.number) for item in assemble(made).items[:count]]
    return [one for one in found if one is not None]


@pytest.mark.parametrize(
    ("kind", "code", "of"),
    [
        (WishKind.TOPIC, "14", lambda card: card.topics[0]),
        (WishKind.OUTLET, "o4", lambda card: card.outlet_id),
        (WishKind.PLACE, "510802", lambda card: card.places[0]),
    ],
)
def test_less_of_something_shows_less_of_it_and_none_shows_none(
    kind: WishKind, code: str, of: object
) -> None:
    counts = []
    for amount in (None, Amount.LESS, Amount.NONE):
        made = context(a_wish(kind, code, amount)) if amount else context()
        counts.append(Counter(map(of, shown(made)))[code])  # type: ignore[arg-type]
    assert counts[0] > counts[1] >= counts[2] == 0


def test_an_unwanted_story_takes_its_event_with_it_and_pushes_down_what_reads_like_it() -> None:
    before, after = context(), context(a_wish(WishKind.STORY, "s1"))
    assert {card.cluster_id for card in shown(before, 60)} >= {"c1", "c2"}
    assert "c1" not in {card.cluster_id for card in shown(after, 60)}
    scores = [{item.number: item.score for item in assemble(made).items} for made in (before, after)]
    assert scores[1].get(2, -1.0) < scores[0][2] - 1.0
    assert scores[1][8] == pytest.approx(scores[0][8], abs=0.2)


def test_everything_wished_away_still_leaves_a_feed_marked_as_what_fills_gaps() -> None:
    made = context(*(a_wish(WishKind.TOPIC, code, Amount.NONE) for code in TOPICS))
    items = assemble(made).items
    assert items
    assert {item.placed_by.value for item in items} == {"fallback"}


def test_a_pin_gives_way_to_a_readers_wish_and_must_carry_does_not() -> None:
    def order(action: PlacementAction, number: int, **fields: object) -> Placement:
        return Placement(
            id=f"p{number}", story_id=f"s{number}", action=action, starts_at=NOW, ends_at=NOW.replace(day=3),
            created_by="k", created_at=NOW, **fields,  # type: ignore[arg-type]
        )  # fmt: skip

    pin = order(PlacementAction.PIN, 7, position=0)
    carried = order(PlacementAction.MUST_CARRY, 14, authority=Authority.PLATFORM)
    wish = a_wish(WishKind.TOPIC, "14", Amount.NONE)
    made = context(wish, orders=(pin, carried))
    verdicts = {one.placement_id: one for one in assemble(made).orders}
    assert (verdicts["p7"].outcome, verdicts["p7"].because) == (Outcome.NOT_SHOWABLE, "wished_away")
    assert verdicts["p14"].position == 0


def test_without_a_reader_nobodys_wishes_count() -> None:
    made = context(a_wish(WishKind.TOPIC, "14", Amount.NONE))
    assert assemble(replace(made, reader=None)) == assemble(replace(context(), reader=None))
