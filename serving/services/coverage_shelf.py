"""The stories of every live joint coverage, in memory, for feeds."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tianfu.model.coverage import Coverage, CoverageState
from tianfu.serving.store.changes import Change, ChangeKind
from tianfu.serving.store.database import UnitOfWork

_NOTHING: Mapping[str, tuple[int, ...]] = MappingProxyType({})


class CoverageShelf:
    """Follows the change sequence.  Any number of threads read; what they read is replaced whole."""

    def __init__(self) -> None:
        self._shown: Mapping[str, tuple[int, ...]] = _NOTHING
        self._live: Mapping[str, Coverage] = MappingProxyType({})
        self._of: Mapping[int, tuple[str, ...]] = MappingProxyType({})

    def load(self, uow: UnitOfWork) -> None:
        """Read every live coverage."""
        shown = {coverage_id: tuple(numbers) for coverage_id, numbers in uow.coverage_stories.shown().items()}
        of: dict[int, list[str]] = {}
        for coverage_id in sorted(shown):
            for number in shown[coverage_id]:
                of.setdefault(number, []).append(coverage_id)
        live = {coverage.id: coverage for coverage in uow.coverages.all(state=CoverageState.LIVE)}
        self._live = MappingProxyType(live)
        self._of = MappingProxyType({number: tuple(ids) for number, ids in of.items()})
        self._shown = MappingProxyType(shown)

    def apply(self, changes: Sequence[Change], uow: UnitOfWork) -> None:
        """Read again when a coverage changed, or a story of one was taken down, put back or edited."""
        of = self._of
        if any(
            change.kind is ChangeKind.COVERAGES
            or change.kind is ChangeKind.STORY_STATE
            or (change.kind is ChangeKind.STORY_INDEXED and change.story_number in of)
            for change in changes
        ):
            self.load(uow)

    def stories_of(self, coverage_id: str) -> tuple[int, ...]:
        """Numbers of a live coverage's stories, newest first; none for one that apps do not show.

        A story hidden in this process a moment ago may still be among them: ask the library, as for
        every candidate of a feed.
        """
        return self._shown.get(coverage_id, ())

    def shown_to(self, outlet_id: str, coverage_id: str) -> tuple[int, ...]:
        """The same for the app of one outlet; none for an outlet outside the coverage."""
        coverage = self._live.get(coverage_id)
        inside = coverage is not None and coverage.is_known_to(outlet_id)
        return self.stories_of(coverage_id) if inside else ()

    def coverages_of(self, number: int) -> tuple[str, ...]:
        """Ids of the live coverages that a story belongs to, oldest first."""
        return self._of.get(number, ())
