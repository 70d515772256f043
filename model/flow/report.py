"""An outlet's month in counts: what it made, what others took from it, what its readers saw."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from tianfu.model.coverage_board import LEAST_READERS
from tianfu.model.errors import InvalidRequest
from tianfu.model.flow.adoption import Adoption
from tianfu.model.outlet import Outlet, OutletLevel

_CHINA = timezone(timedelta(hours=8))
_RANK: Mapping[OutletLevel, int] = {OutletLevel.PROVINCE: 2, OutletLevel.CITY: 1, OutletLevel.COUNTY: 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedStory:
    """A story that others took over.

    Attributes:
        outlets: How many.
        highest: The highest level among them.
    """

    story_id: str
    title: str
    outlets: int
    highest: OutletLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How far an outlet's stories went.

    Attributes:
        higher: Adoptions by outlets of a higher level.
        by_level: All adoptions by the adopter's level.
        carried: Stories taken over, most carried first.
    """

    higher: int
    by_level: Mapping[OutletLevel, int]
    carried: tuple[CarriedStory, ...]

    @property
    def adoptions(self) -> int:
        """How often others took over a story."""
        return sum(self.by_level.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderCounts:
    """What one app's readers saw and clicked."""

    exposures: int
    clicks: int
    readers: int


def spread_of(outlet: Outlet, adoptions: Iterable[Adoption], outlets: Mapping[str, Outlet]) -> Spread:
    """Count who took over an outlet's stories."""
    taken: dict[str, list[Adoption]] = {}
    levels: Counter[OutletLevel] = Counter()
    for one in adoptions:
        levels[outlets[one.adopter_id].level] += 1
        taken.setdefault(one.story_id, []).append(one)
    carried = [_carried(group, outlets) for group in taken.values()]
    return Spread(
        higher=sum(count for level, count in levels.items() if _RANK[level] > _RANK[outlet.level]),
        by_level={level: levels[level] for level in OutletLevel},
        carried=tuple(sorted(carried, key=lambda one: (-one.outlets, -_RANK[one.highest], one.story_id))),
    )


def told_counts(exposures: int, clicks: int, readers: int) -> ReaderCounts | None:
    """Readers' counts, or nothing where so few stand behind them that one could be recognised."""
    if readers < LEAST_READERS:
        return None
    return ReaderCounts(exposures=exposures, clicks=clicks, readers=readers)


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """First moment of a month in China, and that of the next, in UTC.

    Args:
        month: Such as ``2026-03``, from 1970 on.

    Raises:
        InvalidRequest: It is no month.
    """
    year, dash, number = month.partition("-")
    ok = len(month) == 7 and dash and year.isascii() and year.isdigit() and number.isascii()
    if not (ok and number.isdigit() and 1 <= int(number) <= 12 and 1970 <= int(year) <= 2999):
        raise InvalidRequest(field="month", why="must be a year and a month", advice="Such as 2026-03.")
    start = datetime(int(year), int(number), 1, tzinfo=_CHINA)
    end = (start + timedelta(days=32)).replace(day=1)
    return start.astimezone(UTC), end.astimezone(UTC)


def month_of(moment: datetime) -> str:
    """The month in China that a moment lies in, such as ``2026-03``."""
    return f"{moment.astimezone(_CHINA):%Y-%m}"


def _carried(group: Sequence[Adoption], outlets: Mapping[str, Outlet]) -> CarriedStory:
    levels = [outlets[one.adopter_id].level for one in group]
    return CarriedStory(
        story_id=group[0].story_id,
        title=group[0].title,
        outlets=len(group),
        highest=max(levels, key=lambda level: _RANK[level]),
    )
