"""Everything a feed is made of; assembling it is a pure function of this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tianfu.model.aims import Aims
from tianfu.model.feed.scoring import HAND_SET, Scorer
from tianfu.model.feed.view import FeedView, Numbers
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.placement import Placement
from tianfu.model.reader import Reader
from tianfu.model.recommendation import FeedRequest

Floats = npt.NDArray[np.float32]
CLOCK_SLACK_S = 60
"""How far ahead of ours an outlet's clock may run."""


@dataclass(frozen=True, slots=True)
class Proposals:
    """Stories that one voice proposes, strongest first.

    Attributes:
        numbers: Story numbers, shape (n,), each once.
        strengths: 0..1, shape (n,).
        because: Number of the story that led here; 0 when none did.
    """

    numbers: Numbers
    strengths: Floats
    because: int = 0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Outlets around one: its city's and the province's units, and those of the same prefecture."""

    uppers: tuple[str, ...] = ()
    nearby: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedContext:
    """What is known at the moment of asking.

    Attributes:
        now_s: Seconds since the epoch, UTC.
        outlet: Whose app asks.
        outlets: All outlets by id.
        around: Outlets above and beside it.
        reader: The reader's memory, or ``None`` when no feature of a reader may be used.
        near: Stories near each interest, one voice an interest.
        read_after: Stories often read after each of the last ones read.
        hot: By scope: ``outlet``, ``city``, ``province``.
        coverages: Stories of joint coverages by ``coverage:{id}``, newest first.
        placements: Orders in force for this outlet and scene now.
        permissions: By code of rights in the view: what this outlet may do with such a story, as a place in
            ``PERMISSIONS``; ``None`` when rights are not looked at.
        aims: What the outlet wants of this scene.
        topics_named: Class codes that a code or a Chinese name stands for.
        chance: Seed of everything that chance decides in this feed.
        scorer: What a candidate is worth.
        encoder: Name and version of the one encoder by which stories are near each other in this feed.
    """

    now_s: int
    request: FeedRequest
    outlet: Outlet
    outlets: Mapping[str, Outlet]
    view: FeedView
    around: Surroundings = field(default_factory=Surroundings)
    reader: Reader | None = None
    near: Sequence[Proposals] = ()
    read_after: Sequence[Proposals] = ()
    hot: Mapping[str, Proposals] = field(default_factory=dict)
    coverages: Mapping[str, Numbers] = field(default_factory=dict)
    placements: Sequence[Placement] = ()
    permissions: npt.NDArray[np.int8] | None = None
    aims: Aims = field(default_factory=Aims)
    topics_named: Mapping[str, Sequence[str]] = field(default_factory=dict)
    chance: int = 0
    scorer: Scorer = HAND_SET
    encoder: str = ""

    @property
    def first_due(self) -> int:
        """The first row of the view that is published by now; those before it are dated ahead."""
        latest = -(self.now_s + CLOCK_SLACK_S)
        return int(self.view.ahead_s.searchsorted(latest, side="left"))

    @property
    def area(self) -> str:
        """Where the reader is: the app's word, else the area the outlet serves."""
        return self.request.adcode or self.outlet.adcode


def surroundings(outlet: Outlet, outlets: Mapping[str, Outlet]) -> Surroundings:
    """Who stands above an outlet and who beside it."""
    others = sorted((one for one in outlets.values() if one.id != outlet.id), key=lambda one: one.id)
    city = outlet.city_adcode
    return Surroundings(
        uppers=tuple(o.id for o in others if o.level is OutletLevel.PROVINCE or o.id == outlet.parent_id),
        nearby=tuple(o.id for o in others if o.city_adcode == city and o.level is not OutletLevel.PROVINCE),
    )
