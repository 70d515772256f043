"""A line to PostgreSQL of one's own: it hears of changes at once, and while it stands its owner is alive."""

import selectors
import socket
import threading
import zlib
from collections.abc import Callable

import structlog
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from tianfu.serving.store.changes import CHANNEL

log = structlog.get_logger(__name__)

_AGAIN_S = 1.0
_ALIVE = 0x7466  # names the locks by which processes show that they live, among all advisory locks

_SHOW_LIFE = text("SELECT pg_try_advisory_lock(:kind, :who)")


def life_number(name: str) -> int:
    """A process's number among the locks that show life, of 31 bits."""
    return zlib.crc32(name.encode()) & 0x7FFFFFFF


def living(connection: Connection) -> set[int]:
    """Numbers of the processes whose line stands."""
    rows = connection.execute(
        text("SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = :kind AND granted"),
        {"kind": _ALIVE},
    )
    return {int(row[0]) for row in rows}


class ChangeLine:
    """Listens in a thread of its own.  When the line breaks it is taken up again; polling goes on meanwhile.

    The line must lead to PostgreSQL itself, not through a pooler that hands connections around.
    """

    def __init__(self, url: str, *, name: str, heard: Callable[[], None]) -> None:
        """Take the line.

        Args:
            url: Of the database.
            name: Of this process, as its leases name it.
            heard: Called when something changed somewhere.
        """
        self._url = url
        self._name = name
        self._heard = heard
        self._stop = threading.Event()
        self._up = threading.Event()
        self._ear, self._bell = socket.socketpair()
        self._thread: threading.Thread | None = None

    def start(self, *, wait_s: float = 5.0) -> None:
        """Begin, and wait a moment for the line to stand."""
        self._thread = threading.Thread(target=self._run, name="change-line", daemon=True)
        self._thread.start()
        self._up.wait(wait_s)

    def stop(self) -> None:
        """End, at once."""
        self._stop.set()
        self._bell.close()  # which the ear hears as an end
        if self._thread is not None:
            self._thread.join(timeout=10)
        self._ear.close()

    def _run(self) -> None:
        engine = create_engine(
            self._url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={
                "connect_timeout": 3,
                "keepalives_idle": 10,
                "keepalives_interval": 5,
                "keepalives_count": 2,
                "application_name": f"tianfu {self._name}",
                "options": "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=2",
            },
        )
        while not self._stop.is_set():
            try:
                with engine.connect() as connection:
                    self._listen(connection)
            except (DBAPIError, OSError) as broken:
                log.warning("line.broken", error=type(broken).__name__)
            self._up.clear()
            self._stop.wait(_AGAIN_S)
        engine.dispose()

    def _show_life(self, connection: Connection) -> bool:
        """Whether this line holds what shows life; one that was cut may hold it for a while yet."""
        who = {"kind": _ALIVE, "who": life_number(self._name)}
        return bool(connection.execute(_SHOW_LIFE, who).scalar())

    def _listen(self, connection: Connection) -> None:
        shown = self._show_life(connection)
        connection.execute(text(f"LISTEN {CHANNEL}"))
        self._up.set()
        self._heard()  # what was told while nobody listened
        driver = connection.connection.driver_connection
        if driver is None:
            return
        with selectors.DefaultSelector() as either:
            either.register(driver, selectors.EVENT_READ)
            either.register(self._ear, selectors.EVENT_READ)
            while not self._stop.is_set():
                either.select(None if shown else _AGAIN_S)
                shown = shown or self._show_life(connection)
                if any(True for _ in driver.notifies(timeout=0, stop_after=1)):
                    self._heard()
