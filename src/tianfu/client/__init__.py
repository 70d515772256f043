"""The HTTP API as typed Python: :class:`Tianfu`, and :class:`AsyncTianfu` to be awaited.

Written against the contract at ``/v1/openapi.json`` and leaning on nothing of the service, so that an app's
server can use it without one beside it.  See docs/client.md.
"""

from tianfu.client.buffer import AsyncEventBuffer, EventBuffer
from tianfu.client.client import AsyncTianfu, Tianfu
from tianfu.client.errors import (
    Broken,
    ClientError,
    Conflict,
    FieldError,
    Invalid,
    KeyMissing,
    KeyRefused,
    Missing,
    NoAnswer,
    OddAnswer,
    Refused,
    Throttled,
)
from tianfu.client.events import EventReceipts, EventRow
from tianfu.client.feeds import Decision, FeedItem, FeedPage, FeedWish
from tianfu.client.patience import Patience
from tianfu.client.placements import Placement, PlacementRow
from tianfu.client.readers import Reader
from tianfu.client.stories import ListedStory, Story, StoryReceipts, StoryRow
from tianfu.client.texts import Match, Suggestion, Suggestions

__all__ = [
    "AsyncEventBuffer",
    "AsyncTianfu",
    "Broken",
    "ClientError",
    "Conflict",
    "Decision",
    "EventBuffer",
    "EventReceipts",
    "EventRow",
    "FeedItem",
    "FeedPage",
    "FeedWish",
    "FieldError",
    "Invalid",
    "KeyMissing",
    "KeyRefused",
    "ListedStory",
    "Match",
    "Missing",
    "NoAnswer",
    "OddAnswer",
    "Patience",
    "Placement",
    "PlacementRow",
    "Reader",
    "Refused",
    "Story",
    "StoryReceipts",
    "StoryRow",
    "Suggestion",
    "Suggestions",
    "Throttled",
    "Tianfu",
]
