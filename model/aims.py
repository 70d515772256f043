"""What an outlet wants of a scene, and the one measured number beside each wish."""

from dataclasses import dataclass, fields

from tianfu.model.errors import InvalidRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Aims:
    """How much each aim counts in one scene of one outlet, 0..1: 0 not at all, 0.5 as usual, 1 twice as much.

    Attributes:
        popular: What many read now.
        fresh: What has just been published.
        local: What is about here, or by the outlet itself.
        varied: Different topics, outlets and events beside each other.
        related: What is close to the reader's interests, or to the story being read.
        explore: Places kept for new stories and silent outlets.

    Raises:
        InvalidRequest: A value lies outside 0..1; ``field`` names it.
    """

    popular: float = 0.5
    fresh: float = 0.5
    local: float = 0.5
    varied: float = 0.5
    related: float = 0.5
    explore: float = 0.5

    def __post_init__(self) -> None:
        for one in fields(self):
            if not 0.0 <= getattr(self, one.name) <= 1.0:
                raise InvalidRequest(field=one.name, why="must lie between 0 and 1")

    def factor(self, name: str) -> float:
        """The weight as a factor, 0..2."""
        return 2.0 * float(getattr(self, name))

    def times(self, other: "Aims") -> "Aims":
        """Both wishes together: 0.5 changes nothing, 0 of either is 0; nothing counts more than 1."""
        return Aims(
            **{
                one.name: min(1.0, 2.0 * getattr(self, one.name) * getattr(other, one.name))
                for one in fields(self)
            }
        )


MEASURED = ("popular", "fresh", "local", "varied", "related")
"""Aims that are measured on what was shown, each as a mean 0..1 over the items of first pages."""
