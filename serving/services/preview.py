"""Feeds made to be looked at by editors: for nobody, for a made-up reader, with personalisation off."""

from collections.abc import Sequence

import numpy as np

from tianfu.model.errors import InvalidRequest, NotFound
from tianfu.model.event import ReaderKind, ReaderRef
from tianfu.model.feed.view import FeedView, Numbers
from tianfu.model.persona import PERSONAS, Persona
from tianfu.model.ports import Clock
from tianfu.model.reader import Engagement, InterestTag, Reader, TagKey, is_sensitive
from tianfu.model.recommendation import FeedRequest
from tianfu.model.tag import TagKind
from tianfu.serving.services.library import Library
from tianfu.serving.services.recommend import FeedDesk, Previewed

_READS = 4
"""Stories read of each interest."""
_READ_BEFORE_S = 24 * 3_600
"""What a made-up reader has read is a day old where such is there, so that the news of today stays unread."""
_WEIGHT = 3.0


class PreviewDesk:
    """Makes previews.  Nothing of them is kept: no decision, no receipt, no measure, no memory, no heat."""

    def __init__(self, *, feeds: FeedDesk, library: Library, clock: Clock) -> None:
        self._feeds = feeds
        self._library = library
        self._clock = clock

    def preview(self, request: FeedRequest, interests: Sequence[TagKey]) -> Previewed:
        """Make a feed as it would look to a reader with these interests; with none, to a stranger.

        Raises:
            InvalidRequest: An interest is of a class that never becomes one, or the request names a reader.
            NotFound: There is no such outlet, or no such story for scene ``related``.
        """
        if request.reader is not None:
            raise InvalidRequest(field="reader_id", why="is not taken: previews are not for real readers")
        wanted = interests if request.personalise and not request.minor else ()
        return self._feeds.preview(request, self._stand_in(request.outlet_id, wanted) if wanted else None)

    def _stand_in(self, outlet_id: str, interests: Sequence[TagKey]) -> Reader:
        if any(is_sensitive(key) for key in interests):
            raise InvalidRequest(field="interests", why="names a class that never becomes an interest")
        now_s = int(self._clock.now().timestamp())
        numbers = _reads(self._library.view, interests, now_s)
        return Reader(
            ref=ReaderRef(outlet_id=outlet_id, kind=ReaderKind.READER, id="made-up"),
            tags={
                key: InterestTag(kind=key[0], code=key[1], weight=_WEIGHT, at_s=now_s) for key in interests
            },
            engagements=tuple(Engagement(number, 1.0, now_s - _READ_BEFORE_S) for number in numbers),
            seen=tuple(numbers),
        )


def persona_named(persona_id: str) -> Persona:
    """Find a persona.

    Raises:
        NotFound: There is none of this id.
    """
    for persona in PERSONAS:
        if persona.id == persona_id:
            return persona
    raise NotFound("persona", persona_id)


def _reads(view: FeedView, interests: Sequence[TagKey], now_s: int) -> list[int]:
    """Numbers of a few stories of each interest, those of the last interest first."""
    found: list[int] = []
    for kind, code in reversed(interests):
        rows = view.of_topic(code) if kind is TagKind.TOPIC else view.about(code)
        older = rows[view.published_s[rows] <= now_s - _READ_BEFORE_S]
        numbers: Numbers = view.number[older if len(older) else rows[-_READS:]][:_READS]
        found.extend(int(number) for number in np.flip(numbers) if int(number) not in found)
    return found
