"""Links by which a reader opens the page of their own rights, without an account of ours."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tianfu.model.errors import InvalidCursor, LinkEnded
from tianfu.model.event import ReaderKind, ReaderRef
from tianfu.model.ports import Clock
from tianfu.serving.services.cursor import CursorSigner

LINK_PREFIX = "tfl_"
PAGE = "/me"
LEAST_MINUTES, USUAL_MINUTES, MOST_MINUTES = 5, 30, 1_440
_KIND = "reader"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLink:
    """A link to hand to one reader.

    Attributes:
        token: Opens this reader's rights and nothing else.
        path: The page with the token behind ``#``, which no server and no log ever sees.
    """

    token: str
    path: str
    expires_at: datetime


class ReaderLinks:
    """Makes and reads links.  Nothing is stored: the end stands, signed, in the link itself."""

    def __init__(self, signer: CursorSigner, clock: Clock) -> None:
        self._signer = signer
        self._clock = clock

    def make(self, ref: ReaderRef, minutes: int) -> ReaderLink:
        """Make a link for a reader that opens for so many minutes."""
        expires_at = (self._clock.now() + timedelta(minutes=minutes)).replace(microsecond=0)
        made = self._signer.make(_KIND, ref.outlet_id, ref.kind.value, ref.id, int(expires_at.timestamp()))
        token = f"{LINK_PREFIX}{made}"
        return ReaderLink(token=token, path=f"{PAGE}#{token}", expires_at=expires_at)

    def reader_of(self, token: str) -> ReaderRef:
        """Whose link this is.

        Raises:
            LinkEnded: It is not one of ours, it was altered, or its time is over.
        """
        try:
            parts = self._signer.read(_KIND, token.removeprefix(LINK_PREFIX))
        except InvalidCursor as bad:
            raise LinkEnded from bad
        outlet_id, kind, reader_id, ends_s = parts
        if self._clock.now() >= datetime.fromtimestamp(ends_s, UTC):
            raise LinkEnded
        return ReaderRef(outlet_id=outlet_id, kind=ReaderKind(kind), id=reader_id)
