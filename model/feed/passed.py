"""The best candidates that a feed did not show, with what kept each of them out: its near misses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

from tianfu.model.feed.context import FeedContext
from tianfu.model.feed.filters import RULES, Causes
from tianfu.model.feed.line import ItemColumns
from tianfu.model.feed.rank import SOURCES, Candidates
from tianfu.model.feed.sameness import LIKE_SEEN, PUSH_RULES, TOPIC_FILLED
from tianfu.model.feed.view import Numbers
from tianfu.model.recommendation import PassedOver

SEEN, WISHED_AWAY, PLACED = "seen", "wished_away", "placed"
VARY, BELOW = "vary", "below"
"""Not a rule's doing: variety put others before it, or its score is below the last one shown."""
RULE_NAMES = (*RULES, SEEN, WISHED_AWAY, PLACED, *PUSH_RULES)
"""Everything that takes candidates out, in the order it speaks."""
WHYS = ("", *RULE_NAMES, VARY, BELOW)
"""By the numbers of :data:`Causes`."""
MOST = 30
MOST_OF_ONE = 10
"""Most in all, and for one cause, so that none fills the list."""
_LOOKED_AT = 300
"""So many of the best candidates are looked at for them."""
UNLISTED = ("excluded", "unwanted", "being_read", SEEN, WISHED_AWAY, LIKE_SEEN, TOPIC_FILLED)
"""Counted and not listed: together they would tell what the reader has seen and does not want to see."""
_UNLISTED = [WHYS.index(name) for name in UNLISTED]


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedColumns(Sequence[PassedOver]):
    """Stories passed over, best first; the arrays and ``whys`` share their first axis.

    Attributes:
        number: Story numbers.
        score: The ranker's.
        sources: Bits of ``SOURCES``.
        whys: Names in :data:`WHYS`.
    """

    number: Numbers
    score: npt.NDArray[np.float32]
    sources: npt.NDArray[np.int64]
    whys: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.number)

    @overload
    def __getitem__(self, at: int) -> PassedOver: ...
    @overload
    def __getitem__(self, at: slice) -> list[PassedOver]: ...
    def __getitem__(self, at: int | slice) -> PassedOver | list[PassedOver]:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        bits = int(self.sources[at])
        return PassedOver(
            number=int(self.number[at]),
            score=round(float(self.score[at]), 3),
            sources=tuple(source for place, source in enumerate(SOURCES) if bits >> place & 1),
            why=self.whys[at],
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(self.number.tobytes())


def passed_over(
    found: Candidates, causes: Causes, ranked: ItemColumns, items: ItemColumns, context: FeedContext
) -> PassedColumns:
    """The best candidates of events that the feed does not show, each event once.

    Args:
        found: All candidates, scored.
        causes: What took each of them out.
        ranked: What score and variety put where it stands.
        items: The whole feed.
        context: Of the feed.
    """
    view = context.view
    score, left = found.score, np.arange(len(found.rows))
    if len(left) > _LOOKED_AT:
        left = np.argpartition(-score, _LOOKED_AT)[:_LOOKED_AT]
    left = left[np.lexsort((-view.number[found.rows[left]], -score[left]))]
    last = ranked.score[np.isin(ranked.number, items.number)].min(initial=np.inf)
    unruled = np.where(score[left] > last, WHYS.index(VARY), WHYS.index(BELOW))
    why = np.where(causes[left] > 0, causes[left], unruled)
    told = set(view.cluster[view.rows_of(items.number)].tolist())
    room = dict.fromkeys(range(len(WHYS)), MOST_OF_ONE) | dict.fromkeys(_UNLISTED, 0)
    kept: list[int] = []
    clusters = view.cluster[found.rows[left]].tolist()
    for place, (cluster, code) in enumerate(zip(clusters, why.tolist(), strict=True)):
        if cluster not in told and room[code]:
            told.add(cluster)
            room[code] -= 1
            kept.append(place)
            if len(kept) == MOST:
                break
    best = left[kept]
    return PassedColumns(
        number=view.number[found.rows[best]],
        score=score[best],
        sources=found.sources[best],
        whys=tuple(WHYS[code] for code in why[kept].tolist()),
    )
