"""People's orders in one feed: which stand where, and what became of the others.

The rules, in order.  Emergencies take the top.  Pins hold exactly their position.  Must-carry stories take
the first free positions of the first screen; where pins leave none, the lowest-ranking pin of the screen
gives way.  Inserts take their position or the next free one.  Between orders of one kind the higher priority
goes first, then the province's, then the earlier.  One cluster is placed once.  An outlet's block takes out
everything but what the province carries; the province's block takes out everything.  An order that names a
scene brings its story there, whatever the scene is about.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from tianfu.model.feed.context import FeedContext
from tianfu.model.feed.filters import RULES, permitted
from tianfu.model.feed.view import Rows
from tianfu.model.feed.wishes import away
from tianfu.model.placement import FIRST_SCREEN, Authority, Placement, PlacementAction
from tianfu.model.recommendation import OrderVerdict, Outcome

PLACING = (
    PlacementAction.EMERGENCY,
    PlacementAction.MUST_CARRY,
    PlacementAction.PIN,
    PlacementAction.INSERT,
)
"""Actions that put a story somewhere; of two that want one cluster the first in this order has it."""
CARRIED = frozenset({PlacementAction.EMERGENCY, PlacementAction.MUST_CARRY})
GAINS: Mapping[PlacementAction, float] = {PlacementAction.BOOST: 1.5, PlacementAction.SUPPRESS: -2.5}
"""What an order of strength 1 adds to a score."""

_NOT_FOR: Mapping[PlacementAction, frozenset[str]] = {
    PlacementAction.EMERGENCY: frozenset(RULES) - {"expired", "not_yet"},
    PlacementAction.MUST_CARRY: frozenset({"blocked"}),
}
"""Rules that an order stands above, blocks by the province apart."""

SAYS = (
    "紧急信息排在最前，在所涉地区的每个客户端展示，不受媒体屏蔽影响",
    "置顶稿件占据指定位置；同一位置有多条时，优先级高者、省级平台、先下达者依次优先",
    "加权的稿件仍与其他稿件一起按得分排序，由此展示的标为编辑推荐；降权后仍展示的标为算法推荐",
    "省级必推占首屏的空位；首屏无空位时，优先级最低的置顶让位",
    "插入稿件占指定位置，已被占用时顺延",
    "同一稿件或同一事件只安排一次",
    "客户端声明已在屏上的稿件（exclude）不重复展示，必推也不例外；哪些媒体还未展示，回执里看得到",
    "点名场景的安排不受该场景内容范围限制",
    "媒体的屏蔽不影响省级必推和紧急信息；省级平台的屏蔽对所有安排有效",
)
"""The rules for the people who give orders."""


@dataclass(slots=True)
class Placed:
    """Orders that stand, by position, and a verdict on every order.

    Attributes:
        held: Row in the view and order, by position.
    """

    held: dict[int, tuple[int, Placement]] = field(default_factory=dict)
    verdicts: dict[str, OrderVerdict] = field(default_factory=dict)

    def free(self, start: int = 0) -> int:
        """The first free position from one on."""
        while start in self.held:
            start += 1
        return start


@dataclass(frozen=True, slots=True)
class _Wish:
    """An order whose story may be shown here."""

    order: Placement
    row: int


def resolve(context: FeedContext) -> Placed:
    """Decide every order of a feed by the rules above.  Pure; the order they came in does not matter."""
    placed = Placed()
    wishes = _eligible(context, placed)
    _take_top(wishes[PlacementAction.EMERGENCY], placed)
    for wish in wishes[PlacementAction.PIN]:
        _pin(wish, placed)
    for wish in wishes[PlacementAction.MUST_CARRY]:
        _carry(wish, placed)
    for wish in wishes[PlacementAction.INSERT]:
        _insert(wish, wish.order.position or 0, placed)
    return placed


def standing(placed: Placed, positions: Mapping[int, str]) -> Iterator[OrderVerdict]:
    """Every verdict, with the positions that a feed of its length left.

    Args:
        placed: As resolved.
        positions: Id of the order by position in the feed.
    """
    at = {placement_id: position for position, placement_id in positions.items()}
    for verdict in placed.verdicts.values():
        found = at.get(verdict.placement_id)
        yield verdict if found == verdict.position else replace(verdict, position=found)


def rank_of(order: Placement) -> tuple[int, bool, float, str]:
    """Smaller goes first."""
    return (-order.priority, order.authority is Authority.OUTLET, order.created_at.timestamp(), order.id)


def weighed(
    rows: Rows, context: FeedContext
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float32]], np.ndarray[tuple[int], np.dtype[np.int16]]]:
    """What boosts and suppressions do to these rows; of one version, to every version.

    A cluster is shown once, at the place of its best version and as the version closest to the outlet: if the
    others kept their scores, the very story that was held back would stand where it stood.  Of several boosts
    of one cluster the strongest counts, and so of suppressions: nobody outweighs another by repeating.

    Returns:
        What is added to each score; and the boost that lifts each row, as its place in the placements from
        1 on: of several the one that ranks first, 0 where none does or a suppression outweighs it.
    """
    clusters = context.view.cluster[rows]
    up, down = np.zeros((2, len(rows)), dtype=np.float32)
    boost = np.zeros(len(rows), dtype=np.int16)
    for place, order, cluster in _weighing(context):
        gain, same = GAINS[order.action] * order.strength, clusters == cluster
        if gain > 0:
            up[same] = np.maximum(up[same], gain)
            boost[same & (boost == 0)] = place + 1
        else:
            down[same] = np.minimum(down[same], gain)
    boost[up + down <= 0.0] = 0
    return np.asarray(up + down, dtype=np.float32), boost


def _weighing(context: FeedContext) -> Iterator[tuple[int, Placement, int]]:
    """Boosts and suppressions whose story is there, by rank: place in the context, order, cluster.

    What may not be shown here lifts none of its versions; holding it back holds them back all the same.
    """
    orders = [(place, order) for place, order in enumerate(context.placements) if order.action in GAINS]
    orders.sort(key=lambda one: rank_of(one[1]))
    there = [(place, order, row) for place, order in orders if (row := _row_of(order, context)) is not None]
    if not there:
        return
    may = permitted(np.array([row for _, _, row in there], dtype=np.intp), context)
    for (place, order, row), showable in zip(there, may.tolist(), strict=True):
        if showable or order.action is not PlacementAction.BOOST:
            yield place, order, int(context.view.cluster[row])


def _eligible(context: FeedContext, placed: Placed) -> dict[PlacementAction, list[_Wish]]:
    """Orders whose stories may be shown, one for each cluster; the others get their verdict here."""
    blocked = {
        p.story_id
        for p in context.placements
        if p.action is PlacementAction.BLOCK and p.authority is Authority.PLATFORM
    }
    wishes: dict[PlacementAction, list[_Wish]] = {action: [] for action in PLACING}
    clusters: dict[int, str] = {}
    for order in _in_turn(context.placements):
        if order.action not in wishes:
            placed.verdicts[order.id] = OrderVerdict(order.id, Outcome.IN_FORCE)
            continue
        row = _row_of(order, context)
        rule = None if row is None else _forbidding(row, order, context, blocked)
        cluster = 0 if row is None else int(context.view.cluster[row])
        if row is None:
            placed.verdicts[order.id] = OrderVerdict(order.id, Outcome.GONE)
        elif rule is not None:
            placed.verdicts[order.id] = OrderVerdict(order.id, Outcome.NOT_SHOWABLE, because=rule)
        elif cluster in clusters:
            placed.verdicts[order.id] = OrderVerdict(order.id, Outcome.OUTRANKED, because=clusters[cluster])
        else:
            clusters[cluster] = order.id
            wishes[order.action].append(_Wish(order, row))
    return wishes


def _in_turn(orders: Iterable[Placement]) -> list[Placement]:
    turn = {action: place for place, action in enumerate(PLACING)}
    return sorted(orders, key=lambda order: (turn.get(order.action, len(turn)), *rank_of(order)))


def _row_of(order: Placement, context: FeedContext) -> int | None:
    number = context.view.number_of(order.story_id)
    row = -1 if number is None else context.view.row_of(number)
    return None if row < 0 else row


def _forbidding(row: int, order: Placement, context: FeedContext, blocked: set[str]) -> str | None:
    """Name of the rule that takes the story out, ``None`` when none does."""
    if order.story_id in blocked:
        return "blocked"
    above = _NOT_FOR.get(order.action, frozenset())
    if context.request.scene in order.scenes:
        above |= {"outside"}
    rows = np.array([row], dtype=np.intp)
    if order.action not in CARRIED and away(rows, context)[0]:
        return "wished_away"
    for name, rule in RULES.items():
        out = None if name in above else rule(rows, context)
        if out is not None and out[0]:
            return name
    return None


def _take_top(wishes: Iterable[_Wish], placed: Placed) -> None:
    for wish in wishes:
        _hold(wish, placed.free(), Outcome.PLACED, placed)


def _pin(wish: _Wish, placed: Placed) -> None:
    position = wish.order.position or 0
    holder = placed.held.get(position)
    if holder is None:
        _hold(wish, position, Outcome.PLACED, placed)
    elif holder[1].action is PlacementAction.PIN:
        placed.verdicts[wish.order.id] = OrderVerdict(wish.order.id, Outcome.OUTRANKED, because=holder[1].id)
    else:
        _hold(wish, placed.free(position), Outcome.MOVED, placed, because=holder[1].id)


def _carry(wish: _Wish, placed: Placed) -> None:
    position = placed.free()
    if position < FIRST_SCREEN:
        _hold(wish, position, Outcome.PLACED, placed)
        return
    screen = {at: placed.held[at] for at in range(FIRST_SCREEN)}
    pins = [at for at, (_, order) in screen.items() if order.action is PlacementAction.PIN]
    if not pins:
        _hold(wish, position, Outcome.MOVED, placed, because=screen[FIRST_SCREEN - 1][1].id)
        return
    given = max(pins, key=lambda at: rank_of(screen[at][1]))
    row, loser = placed.held.pop(given)
    _hold(wish, given, Outcome.PLACED, placed)
    _hold(_Wish(loser, row), placed.free(FIRST_SCREEN), Outcome.MOVED, placed, because=wish.order.id)


def _insert(wish: _Wish, position: int, placed: Placed) -> None:
    found = placed.free(position)
    if found == position:
        _hold(wish, found, Outcome.PLACED, placed)
    else:
        _hold(wish, found, Outcome.MOVED, placed, because=placed.held[position][1].id)


def _hold(wish: _Wish, position: int, outcome: Outcome, placed: Placed, *, because: str = "") -> None:
    placed.held[position] = (wish.row, wish.order)
    placed.verdicts[wish.order.id] = OrderVerdict(wish.order.id, outcome, position, because)
