"""What everything else stands on: settings, models' parts, the machine, the database."""

import secrets
from dataclasses import dataclass

from tianfu.model.ports import Clock
from tianfu.serving.parts import ModelParts
from tianfu.serving.services.counters import Counters
from tianfu.serving.services.machine import Machine
from tianfu.serving.services.meters import Meters
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Built first and given to all.

    Attributes:
        worker: Name of this process in queues and leases, unlike any other's.
        answers: Whether requests are answered here; a worker has no use for what only feeds need.
    """

    settings: ServiceSettings
    parts: ModelParts
    clock: Clock
    machine: Machine
    database: Database
    meters: Meters
    counters: Counters
    worker: str
    answers: bool


def lay_ground(
    settings: ServiceSettings, parts: ModelParts, clock: Clock, machine: Machine, *, answers: bool
) -> Ground:
    """Open the database and what is counted."""
    counters = Counters(settings.rate_limit_url)
    return Ground(
        settings=settings,
        parts=parts,
        clock=clock,
        machine=machine,
        database=Database(settings.effective_database_url).open(),
        meters=Meters(),
        counters=counters,
        worker=f"w-{secrets.token_hex(6)}",
        answers=answers,
    )
