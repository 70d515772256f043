"""Claims of angles."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from tianfu.model.claim import Claim, ClaimState
from tianfu.serving.store.joint_schema import coverage_claims


class Claims:
    """Who said they would take what."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, claim: Claim) -> None:
        """Record a claim."""
        self._connection.execute(insert(coverage_claims), [{**_values(claim), "id": claim.id}])

    def replace(self, claim: Claim) -> None:
        """Change a claim."""
        statement = update(coverage_claims).where(coverage_claims.c.id == claim.id).values(_values(claim))
        self._connection.execute(statement)

    def of(self, coverage_id: str) -> list[Claim]:
        """Every claim on a coverage, oldest first."""
        c = coverage_claims.c
        query = select(coverage_claims).where(c.coverage_id == coverage_id).order_by(c.created_at, c.id)
        return [_claim(row) for row in self._connection.execute(query)]

    def due(self, now: datetime) -> list[Claim]:
        """Claims whose time is up, though the table does not say so yet."""
        c = coverage_claims.c
        query = (
            select(coverage_claims)
            .where(c.state == ClaimState.CLAIMED.value, c.until <= now)
            .order_by(c.until, c.id)
        )
        return [_claim(row) for row in self._connection.execute(query)]


def _values(claim: Claim) -> dict[str, Any]:
    return {
        "coverage_id": claim.coverage_id,
        "angle_id": claim.angle_id,
        "outlet_id": claim.outlet_id,
        "desk": claim.desk,
        "note": claim.note,
        "shared": claim.shared,
        "state": claim.state.value,
        "story_id": claim.story_id,
        "claimed_by": claim.claimed_by,
        "created_at": claim.created_at,
        "until": claim.until,
    }


def _claim(row: Row[Any]) -> Claim:
    return Claim(
        id=row.id,
        coverage_id=row.coverage_id,
        angle_id=row.angle_id,
        outlet_id=row.outlet_id,
        desk=row.desk,
        note=row.note,
        shared=row.shared,
        state=ClaimState(row.state),
        story_id=row.story_id,
        claimed_by=row.claimed_by,
        created_at=row.created_at,
        until=row.until,
    )
