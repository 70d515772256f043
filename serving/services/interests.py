"""What lies near what a reader turned to: interests as stories, and the stories near them.

Each interest is stood for by one of its own stories (a medoid, as in Pal et al. 2020, PinnerSage), so that
what lies near it is looked up once and serves every reader who shares it.
"""

import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import structlog

from tianfu.model.feed.context import Proposals
from tianfu.model.ports import Clock, FloatMatrix, IndexFilter
from tianfu.model.reader import INTEREST_HALF_LIFE_S, Engagement, Reader
from tianfu.serving.process import give_way
from tianfu.serving.services.library import Library, Sight
from tianfu.serving.services.meaning import Meaning
from tianfu.serving.services.meters import Meters

log = structlog.get_logger(__name__)

MAX_INTERESTS = 5
SHORT_TERM_S = 2 * 3_600
_RECENT_ENGAGEMENTS = 24
_SAME_INTEREST = 0.55
_NEIGHBOURS = 60
_FRESH = timedelta(minutes=15)
_KEEP = timedelta(hours=2)
"""A list that was fresh within this time still serves, and is looked up anew in the background."""
_GIVE_WAY = 10
_REST_SHARE = 4.0
"""After a look-up behind the requests that took t seconds the next waits this many times t."""
_MOST_LISTS = 50_000
_MOST_WANTED = 2_000
_MOST_READERS = 50_000

_ListKey = tuple[str, int]
"""Fingerprint of the encoder by which it is near, and number of the story."""
Interest = tuple[int, float]
"""Number of the story that stands for it, and its weight relative to the strongest, 0..1."""


class InterestFinder:
    """Finds readers' interests and what lies near them.  Safe to call from many threads.

    Everything found is by the encoder of the sight that is given, also what was remembered.

    Lists of neighbours are looked up anew after a quarter of an hour, interests after the reader's next
    event.  A request looks up at most one list itself, the one of the interest that matters most, if nothing
    is known; all others are looked up in the background and serve from the next request on, so that no feed
    waits for many searches.
    """

    def __init__(self, library: Library, clock: Clock, meters: Meters | None = None) -> None:
        self._library = library
        self._meters = meters or Meters()
        self._clock = clock
        self._lock = threading.Lock()
        self._lists: OrderedDict[_ListKey, tuple[datetime, Proposals]] = OrderedDict()
        self._interests: OrderedDict[str, tuple[tuple[int, bool, str], list[Interest]]] = OrderedDict()
        self._wanted: queue.Queue[int | None] = queue.Queue(_MOST_WANTED)  # None: look whether to stop
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def start(self) -> None:
        """Begin looking up in the background."""
        self._thread = threading.Thread(target=self._run, name="interests", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the background work."""
        if self._thread is not None:
            self._stop.set()
            self._want(None)
            self._thread.join(timeout=10)

    def near_reader(
        self, reader: Reader, now_s: int, sight: Sight, *, remember: bool = True
    ) -> list[Proposals]:
        """One voice for what was read in the last two hours, and one for each lasting interest.

        Args:
            reader: Whose memory counts.
            now_s: Seconds since the epoch.
            sight: What is searched.
            remember: False for somebody made up: nothing is kept, and every interest is looked up at once.
        """
        voices = []
        find = self._known_interests if remember else _interests_of
        for place, (number, weight) in enumerate(find(reader, now_s, sight.meaning)):
            near, fresh = self._kept((sight.meaning.fingerprint, number))
            if not fresh and (not remember or (near is None and place == 0)):
                near = self._look_up(number, sight)
            elif not fresh:
                self._want(number)
            if near is None:
                continue
            voices.append(
                Proposals(near.numbers, near.strengths * np.float32(0.6 + 0.4 * weight), because=number)
            )
        return voices

    def near_story(self, number: int, sight: Sight) -> Proposals:
        """Stories of the hot window near one story, by cosine; none when its vector is not known."""
        known, fresh = self._kept((sight.meaning.fingerprint, number))
        if known is None:
            return self._look_up(number, sight)
        if not fresh:
            self._want(number)
        return known

    def _look_up(self, number: int, sight: Sight) -> Proposals:
        """The same, unless somebody has looked it up meanwhile."""
        key = (sight.meaning.fingerprint, number)
        known, fresh = self._kept(key)
        if known is not None and fresh:
            return known
        found = _search(number, sight)
        with self._lock:
            self._lists[key] = (self._clock.now(), found)
            self._lists.move_to_end(key)
            if len(self._lists) > _MOST_LISTS:
                self._lists.popitem(last=False)
        return found

    def _kept(self, key: _ListKey) -> tuple[Proposals | None, bool]:
        """A list that still serves, and whether it is fresh."""
        with self._lock:
            known = self._lists.get(key)
        if known is None:
            return None, False
        age = self._clock.now() - known[0]
        return known[1] if age < _KEEP else None, age < _FRESH

    def _want(self, number: int | None) -> None:
        with suppress(queue.Full):
            self._wanted.put_nowait(number)

    def catch_up(self) -> None:
        """Look up everything that waits, here and now."""
        with suppress(queue.Empty):
            while True:
                if (number := self._wanted.get_nowait()) is not None:
                    self._look_up(number, self._library.sight)

    def _run(self) -> None:
        give_way(_GIVE_WAY)
        while not self._stop.is_set():
            number = self._wanted.get()
            if number is None:
                continue
            began = time.monotonic()
            try:
                self._look_up(number, self._library.sight)
            except Exception:
                log.exception("interests.not_found")
                self._meters.broke()
            self._stop.wait(_REST_SHARE * (time.monotonic() - began))

    def reader_keys(self) -> set[str]:
        """Readers of whom anything is remembered."""
        with self._lock:
            return set(self._interests)

    def forget(self, reader_key: str) -> None:
        """Drop what is remembered of a reader."""
        with self._lock:
            self._interests.pop(reader_key, None)

    def _known_interests(self, reader: Reader, now_s: int, meaning: Meaning) -> list[Interest]:
        key = reader.ref.key
        stamp = (reader.revision, _reads_now(_liked(reader), now_s), meaning.fingerprint)
        with self._lock:
            known = self._interests.get(key)
        if known is not None and known[0] == stamp:
            return known[1]
        found = _interests_of(reader, now_s, meaning)
        with self._lock:
            self._interests[key] = (stamp, found)
            self._interests.move_to_end(key)
            if len(self._interests) > _MOST_READERS:
                self._interests.popitem(last=False)
        return found


def _interests_of(reader: Reader, now_s: int, meaning: Meaning) -> list[Interest]:
    liked = _liked(reader)
    return interests_of_reads(liked, meaning.index.vectors([e.number for e in liked]), now_s)


def _liked(reader: Reader) -> list[Engagement]:
    return [e for e in reader.engagements if e.weight > 0][-_RECENT_ENGAGEMENTS:]


def _search(number: int, sight: Sight) -> Proposals:
    index, view = sight.meaning.index, sight.view
    vector = index.vectors([number]).get(number)
    if vector is None or not len(view):
        return Proposals(np.zeros(0, np.int64), np.zeros(0, np.float32), because=number)
    where = IndexFilter(since_s=int(view.published_s[-1]), exclude=frozenset({number}))
    found = index.search(vector[None, :], _NEIGHBOURS, where)[0]
    return Proposals(
        np.array([hit.number for hit in found], dtype=np.int64),
        np.clip(np.array([hit.score for hit in found], dtype=np.float32), 0.0, 1.0),
        because=number,
    )


def interests_of_reads(
    liked: Sequence[Engagement], vectors: Mapping[int, FloatMatrix], now_s: int
) -> list[Interest]:
    """Group what a reader turned to into at most five interests, the latest first.

    Latest first, each story joins the first interest whose centre is at cosine 0.55 or nearer, else it
    opens a new one; weights decay with the reader's half-life.  What was read last, if within two hours, also
    stands for itself: the reader's interest of the moment.

    Args:
        liked: What they turned to, oldest first.
        vectors: Of unit length, by number; a story without one is passed over.
        now_s: Seconds since the epoch.
    """
    groups: list[tuple[FloatMatrix, list[tuple[int, float]]]] = []
    for one in reversed(liked):
        vector = vectors.get(one.number)
        if vector is None:
            continue
        weight = one.weight * 0.5 ** (max(0, now_s - one.at_s) / INTEREST_HALF_LIFE_S)
        place = _home(vector, [centre for centre, _ in groups])
        if place is not None:
            centre, members = groups[place]
            groups[place] = (centre + weight * vector, [*members, (one.number, weight)])
        elif len(groups) < MAX_INTERESTS:
            groups.append((weight * vector, [(one.number, weight)]))
    totals = [sum(weight for _, weight in members) for _, members in groups]
    found = {
        max(members, key=lambda member: float(vectors[member[0]] @ centre))[0]: total / max(totals)
        for (centre, members), total in zip(groups, totals, strict=True)
    }
    if _reads_now(liked, now_s) and liked[-1].number in vectors:
        latest = liked[-1].number  # of a taste that is new it is also what stands for the interest
        found = {latest: 1.0} | {number: weight for number, weight in found.items() if number != latest}
    return list(found.items())


def _reads_now(liked: Sequence[Engagement], now_s: int) -> bool:
    return bool(liked) and now_s - liked[-1].at_s < SHORT_TERM_S


def _home(vector: npt.NDArray[np.float32], centres: Sequence[FloatMatrix]) -> int | None:
    for place, centre in enumerate(centres):
        if float(centre @ vector) / (float(np.linalg.norm(centre)) or 1.0) >= _SAME_INTEREST:
            return place
    return None
