"""Desks (编辑部): an upper outlet's newsroom for one class of stories."""

from collections.abc import Mapping
from dataclasses import dataclass

from tianfu.model.errors import InvalidSubmission
from tianfu.model.feed.context import surroundings
from tianfu.model.flow.grounds import Names, name_of_topic
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.vocab.topics import load_topics


@dataclass(frozen=True, slots=True, order=True)
class Desk:
    """Who takes stories of one class at one outlet.

    Attributes:
        outlet_id: The upper outlet.
        topic: Code of a class; empty for the newsroom as a whole.
    """

    outlet_id: str
    topic: str = ""

    @property
    def id(self) -> str:
        """Such as ``guangyuan:14``; the outlet's id alone for the newsroom as a whole."""
        return f"{self.outlet_id}:{self.topic}" if self.topic else self.outlet_id


def read_desk(value: str) -> Desk:
    """Read a desk's id.

    Raises:
        InvalidSubmission: It names no class.
    """
    outlet_id, colon, topic = value.partition(":")
    if colon and topic not in load_topics().by_code:
        raise InvalidSubmission(
            field="desk", why="must be an outlet's id, a colon and the code of a class", advice="guangyuan:14"
        )
    return Desk(outlet_id, topic)


def name_of_desk(desk: Desk, outlets: Mapping[str, Outlet], names: Names) -> str:
    """Such as 广元市融媒体中心·农业、农村."""
    outlet = outlets.get(desk.outlet_id)
    name = outlet.name if outlet else desk.outlet_id
    return f"{name}·{name_of_topic(desk.topic, names)}" if desk.topic else name


def uppers_of(outlet: Outlet, outlets: Mapping[str, Outlet]) -> tuple[Outlet, ...]:
    """The outlets above one, the nearest first, then by id; none above the province's."""
    if outlet.level is OutletLevel.PROVINCE:
        return ()
    above = [outlets[one] for one in surroundings(outlet, outlets).uppers]
    return tuple(sorted(above, key=lambda one: (one.id != outlet.parent_id, one.id)))
