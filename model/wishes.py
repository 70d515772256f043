"""What a reader asked for beside their interests: less of something, none of it, and how feeds are mixed."""

from dataclasses import dataclass
from enum import StrEnum

from tianfu.model.errors import InvalidRequest
from tianfu.model.rules import check_adcode, check_id


class WishKind(StrEnum):
    """What a wish is about."""

    STORY = "story"
    """A story: its cluster goes, and what reads like it stands further down."""
    TOPIC = "topic"
    OUTLET = "outlet"
    PLACE = "place"
    """An area with everything inside."""


class Amount(StrEnum):
    """How much of it is still wanted."""

    LESS = "less"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Less of one thing.

    Attributes:
        code: Story id, class code, outlet id or adcode.
        at_s: Seconds since the epoch; a wish stands until it is withdrawn.

    Raises:
        InvalidRequest: ``code`` breaks its rule.
    """

    kind: WishKind
    code: str
    amount: Amount
    at_s: int

    def __post_init__(self) -> None:
        if self.kind is WishKind.PLACE:
            check_adcode(self.code, field="code", error=InvalidRequest)
        elif self.kind is WishKind.TOPIC and not (self.code.isascii() and len(self.code) == 2):
            raise InvalidRequest(field="code", why="must be a GB/T 20093 class code of two digits")
        else:
            check_id(self.code, field="code", error=InvalidRequest)

    @property
    def key(self) -> tuple[WishKind, str]:
        """What one wish is about; a later one about the same replaces it."""
        return self.kind, self.code
