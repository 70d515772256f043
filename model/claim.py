"""Claims (认领): who works on which angle of a joint coverage, said before work begins."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tianfu.model.errors import AngleClaimed, InvalidCoverage
from tianfu.model.rules import check_text, check_time

MAX_CLAIM = timedelta(days=60)


class ClaimState(StrEnum):
    """What became of a claim."""

    CLAIMED = "claimed"
    FILED = "filed"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One desk's word that it takes an angle.

    Attributes:
        desk: The desk within the outlet, such as ``时政部``; empty for the newsroom as a whole.
        until: The word holds until then, exclusive, UTC; afterwards the claim has expired.
        shared: The desk knows that another one works on the angle, and goes along with it.
        story_id: What was filed, with state ``filed``.
        claimed_by: Key id.

    Raises:
        InvalidCoverage: A field breaks its rule.
    """

    id: str
    coverage_id: str
    angle_id: str
    outlet_id: str
    claimed_by: str
    created_at: datetime
    until: datetime
    desk: str = ""
    note: str = ""
    shared: bool = False
    state: ClaimState = ClaimState.CLAIMED
    story_id: str | None = None

    def __post_init__(self) -> None:
        error = InvalidCoverage
        check_text(self.desk, field="desk", error=error, high=40)
        check_text(self.note, field="note", error=error, high=300)
        object.__setattr__(self, "until", check_time(self.until, field="until", error=error))

    def state_at(self, now: datetime) -> ClaimState:
        """Where it stands: a claim that nobody filed or released expires by itself."""
        if self.state is ClaimState.CLAIMED and now >= self.until:
            return ClaimState.EXPIRED
        return self.state

    def stands(self, now: datetime) -> bool:
        """Whether the desk is still expected to file."""
        return self.state_at(now) is ClaimState.CLAIMED

    def is_of(self, outlet_id: str, desk: str) -> bool:
        """Whether this very desk made it."""
        return (self.outlet_id, self.desk) == (outlet_id, desk)


def check_claim_time(until: datetime, now: datetime) -> None:
    """Check that a new claim ends in the future, and soon enough that an angle is not blocked for good.

    Raises:
        InvalidCoverage: It does not.
    """
    until = check_time(until, field="until", error=InvalidCoverage)
    if not now < until <= now + MAX_CLAIM:
        raise InvalidCoverage(
            field="until",
            why=f"must lie ahead, by {MAX_CLAIM.days} days at most",
            advice="Claim again later.",
        )


def find_own(claims: Iterable[Claim], wanted: Claim, now: datetime) -> Claim | None:
    """The standing claim by which the same desk has this angle already."""
    return next(
        (
            claim
            for claim in claims
            if claim.stands(now)
            and claim.angle_id == wanted.angle_id
            and claim.is_of(wanted.outlet_id, wanted.desk)
        ),
        None,
    )


def check_free(claims: Iterable[Claim], wanted: Claim, now: datetime) -> None:
    """Refuse a claim of an angle that another desk has, unless it is made as a shared one.

    Raises:
        AngleClaimed: Another desk has it; the error says who, and until when.
    """
    if wanted.shared:
        return
    for claim in sorted(claims, key=lambda c: (c.created_at, c.id)):
        if (
            claim.angle_id == wanted.angle_id
            and claim.stands(now)
            and not claim.is_of(wanted.outlet_id, wanted.desk)
        ):
            raise AngleClaimed(
                claim_id=claim.id, outlet_id=claim.outlet_id, desk=claim.desk, until=claim.until
            )
