"""The traffic of a province: what readers' apps and newsrooms ask for, in stated shares.

Shares of a hundred calls stand in :data:`SHARES`.  Apps send what readers did in batches of six, one for
about five feeds.  Newsrooms' calls (lists, searches, tags, duplicates) are rarer in a province than here
(30,000 stories a day mean about two of each a second beside hundreds of feeds); their share is kept high
enough that each kind is seen hundreds of times in ten minutes.
"""

import json
import random
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from benchmarks.hot_newsroom import HotNewsroom, popular
from benchmarks.http_load import Call, get, post
from benchmarks.made_texts import TextMill
from tianfu.model.vocab.outlets import load_outlets

SHARES: Mapping[str, int] = {
    "home": 50, "stranger": 8, "page": 9, "related": 5, "channel": 4, "local": 3, "events": 14, "story": 3,
    "list": 1, "search": 1, "tags": 1, "duplicates": 1,
}  # fmt: skip
FEEDS = ("home", "stranger", "page", "related", "channel", "local")
INGEST = "ingest"
EVENTS_A_CALL = 6
KINDS_OF_EVENT = ("expose", "expose", "expose", "click", "click", "stay")
_CHANNELS = ("14", "31", "39", "35")
_CURSOR = b'"cursor":"'


class Traffic:
    """Draws calls without end, and keeps the cursors that answers bring.

    Args:
        newsroom: Whose readers ask, for whose stories.
        seed: Same seed, same calls (but for cursors and times).
    """

    def __init__(self, newsroom: HotNewsroom, seed: int) -> None:
        self._newsroom = newsroom
        self._rng = random.Random(seed)
        self._mill = TextMill(seed)
        self._outlets = sorted(outlet.id for outlet in load_outlets())
        self._run = f"{self._rng.getrandbits(48):x}{datetime.now(UTC):%H%M%S%f}"
        self._cursors: deque[tuple[str, str]] = deque(maxlen=2_000)
        self._waiting: dict[bytes, str] = {}
        self._sent = 0

    def mixed(self) -> Iterator[Call]:
        """Calls of all kinds in their shares."""
        kinds, weights = list(SHARES), list(SHARES.values())
        while True:
            yield from (self.call(kind) for kind in self._rng.choices(kinds, weights, k=100))

    def only(self, kind: str) -> Iterator[Call]:
        """Calls of one kind; further pages take a home feed each, so that there are cursors."""
        while True:
            if kind == "page" and not self._cursors:
                yield self.call("home")
            yield self.call(kind)

    def stories(self) -> Iterator[Call]:
        """New stories, one in seven a copy of another."""
        while True:
            yield self.call(INGEST)

    def answered(self, call: Call, body: bytes) -> None:
        """Remember the cursor of a home feed."""
        outlet_id = self._waiting.pop(call.raw, None)
        start = body.find(_CURSOR) + len(_CURSOR)
        if outlet_id is not None and start > len(_CURSOR):
            self._cursors.append((outlet_id, body[start : body.index(b'"', start)].decode()))

    def call(self, kind: str) -> Call:
        """One call of a kind."""
        if kind in FEEDS:
            return self._feed(kind)
        if kind == "events":
            return self._events()
        if kind == "story":
            return self._get(f"/v1/stories/{self._story()}", kind)
        if kind == "list":
            return self._get(f"/v1/stories?outlet_id={self._rng.choice(self._outlets)}", kind)
        if kind == "search":
            return self._get(f"/v1/stories?q={quote(self._mill.words())}", kind)
        if kind == INGEST:
            return self._new_story()
        text = self._mill.copy() if kind == "duplicates" and self._rng.random() < 0.5 else self._mill.new()
        path = "/v1/tags/suggest" if kind == "tags" else "/v1/duplicates/check"
        return self._post(path, {"title": text.title, "body": text.body}, kind)

    def _feed(self, kind: str) -> Call:
        outlet_id, name = self._newsroom.readers[popular(len(self._newsroom.readers), self._rng) - 1]
        asked: dict[str, Any] = {"outlet_id": outlet_id, "reader_id": name}
        if kind == "stranger":
            del asked["reader_id"]
        elif kind == "page" and self._cursors:
            outlet_id, cursor = self._cursors.popleft()
            asked = {"outlet_id": outlet_id, "cursor": cursor}
        elif kind == "related":
            asked |= {"scene": "related", "story_id": self._story()}
        elif kind == "channel":
            asked |= {"scene": "channel", "channel": self._rng.choice(_CHANNELS)}
        elif kind == "local":
            asked |= {"scene": "local"}
        call = self._post("/v1/recommend", asked, kind)
        if kind == "home":
            if len(self._waiting) > 10_000:
                self._waiting.clear()
            self._waiting[call.raw] = outlet_id
        return call

    def _events(self) -> Call:
        rng = self._rng
        outlet_id, name = rng.choice(self._newsroom.readers)
        now = datetime.now(UTC)
        rows = []
        for turn, kind in enumerate(KINDS_OF_EVENT):
            at = now - timedelta(seconds=10 * (EVENTS_A_CALL - turn))
            row = {"event_id": f"l{rng.getrandbits(64):x}", "reader_id": name, "story_id": self._story(),
                   "type": kind, "at": at.isoformat()}  # fmt: skip
            rows.append(row | {"dwell_s": 30} if kind == "stay" else row)
        return self._post("/v1/events", {"outlet_id": outlet_id, "events": rows}, "events")

    def _new_story(self) -> Call:
        self._sent += 1
        text = self._mill.story()
        body = {
            "external_id": f"{self._run}-{self._sent}", "outlet_id": self._rng.choice(self._outlets),
            "title": text.title, "body": text.body, "published_at": datetime.now(UTC).isoformat(),
            "url": f"https://example.org/{self._sent}",
        }  # fmt: skip
        return self._post("/v1/stories", body, INGEST)

    def _story(self) -> str:
        return f"s{popular(self._newsroom.stories, self._rng):08d}"

    def _post(self, path: str, body: dict[str, Any], kind: str) -> Call:
        return post(path, json.dumps(body).encode(), secret=self._newsroom.secret, kind=kind)

    def _get(self, path: str, kind: str) -> Call:
        return get(path, secret=self._newsroom.secret, kind=kind)
