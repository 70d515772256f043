"""The worker's step: queued stories become vectors, tags and clusters, in one commit per batch."""

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import structlog

from tianfu.model.cluster import DuplicateEdge, cluster_id_of, clusters_of
from tianfu.model.dating import first_told
from tianfu.model.errors import IndexUnavailable, StoreUnavailable
from tianfu.model.expiry import dated_until
from tianfu.model.ports import Clock, PairText
from tianfu.model.story import Story
from tianfu.model.tag import TagAssignment, TagSuggestion, merge_suggestions
from tianfu.serving.services.library import Library, numbers_of
from tianfu.serving.services.likeness import LikenessFinder
from tianfu.serving.services.meters import Meters
from tianfu.serving.services.reading import StoryReader, StoryReading, vectors_of
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.database import Database, UnitOfWork
from tianfu.serving.store.locks import INDEX
from tianfu.serving.store.queue import QueuedStory
from tianfu.serving.store.vectors import StoredVector

log = structlog.get_logger(__name__)

_LOOK_EVERY_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """One story of a batch with all that is to be stored of it."""

    item: QueuedStory
    story: Story
    reading: StoryReading


class Indexer:
    """Indexes queued stories.  Every step may run twice: a repeated step stores the same again."""

    def __init__(
        self,
        *,
        database: Database,
        library: Library,
        reader: StoryReader,
        finder: LikenessFinder,
        clock: Clock,
        worker: str,
        meters: Meters | None = None,
    ) -> None:
        self._database = database
        self._library = library
        self._reader = reader
        self._finder = finder
        self._clock = clock
        self._worker = worker
        self._looked_s = -math.inf
        self._meters = meters or Meters()

    def step(self, count: int = 256) -> int:
        """Index up to ``count`` queued stories; returns how many were dealt with.

        A story that cannot be read is set aside with its error and never holds up the others.  One that was
        tried twice before comes after them and alone, as it may end this process.  One that has to be
        compared with what only the archive of vectors holds waits while that does not answer.
        """
        self._release_dead()
        with self._database.write(()) as uow:
            items = uow.queue.take(count, worker=self._worker, now=self._clock.now())
            uow.commit()
        done = self._index_taken(items)
        with self._database.write(()) as uow:
            doubtful = uow.queue.take_doubtful(worker=self._worker, now=self._clock.now())
            uow.commit()
        done += self._index_taken(doubtful)
        self._library.catch_up()
        return done

    def _index_taken(self, items: Sequence[QueuedStory]) -> int:
        """Index what was leased, together if that can be done; returns how many were dealt with."""
        if not items:
            return 0
        try:
            self._index(items)
        except StoreUnavailable:  # no fault of the stories: they are taken up again with the next step
            raise
        except IndexUnavailable:
            done = sum([self._index_alone(item) for item in items])
            log.warning("batch.waiting", stories=len(items) - done)
            return done
        except Exception:
            log.exception("batch.failed", stories=len(items))
            return sum([self._index_alone(item) for item in items])
        return len(items)

    def _release_dead(self) -> None:
        """Take up, within seconds, what a killed worker beside this one held."""
        if self._database.is_sqlite or time.monotonic() - self._looked_s < _LOOK_EVERY_S:
            return
        self._looked_s = time.monotonic()
        with self._database.write(()) as uow:
            released = uow.queue.release_dead()
            uow.commit()
        if released:
            log.warning("queue.released", stories=released)

    def _index_alone(self, item: QueuedStory) -> bool:
        """Index one story; False when it waits for the archive, and is taken up again with the next step."""
        try:
            self._index([item])
        except StoreUnavailable:
            raise
        except IndexUnavailable:
            return False
        except Exception as bad:
            log.exception("story.unreadable", story=item.number, attempts=item.attempts)
            with self._database.write(()) as uow:
                uow.queue.fail(item, f"{type(bad).__name__}: {bad}")
                uow.commit()
        return True

    def _index(self, items: Sequence[QueuedStory]) -> None:
        with self._database.read() as uow:
            stories = uow.stories.by_numbers([item.number for item in items])
        current = [
            (i, stories[i.number])
            for i in items
            if i.number in stories and stories[i.number].revision == i.revision
        ]
        outlets = self._library.outlets
        homes = [outlets[s.outlet_id].adcode if s.outlet_id in outlets else None for _, s in current]
        readings = self._reader.read([story.text for _, story in current], homes)
        batch = [_Judged(item=i, story=s, reading=r) for (i, s), r in zip(current, readings, strict=True)]
        beside = self._vectors_beside(batch)
        seen = self._library.sequence
        edges = self._edges(batch)
        with self._database.write([INDEX]) as uow:
            standing = uow.stories.lock(item.number for item in items)
            outdated = {j.story.number for j in batch if standing.get(j.story.number) != j.item.revision}
            batch = [j for j in batch if j.story.number not in outdated]
            edges = [e for e in edges if not {e.a, e.b} & outdated]
            edges = self._with_latest(batch, edges, seen, uow)
            current_numbers = {judged.story.number for judged in batch}
            beside = {
                fingerprint: [v for v in vectors if v.number in current_numbers]
                for fingerprint, vectors in beside.items()
            }
            self._store(batch, beside, edges, uow)
            uow.queue.finish(items)
            # Whose row was of an older revision than its story: nothing else would bring the newer one in.
            newer = [i.number for i in items if standing.get(i.number, 0) > i.revision]
            left = [s for s in uow.stories.by_numbers(newer).values() if s.indexed_revision < s.revision]
            uow.queue.add({s.number: s.revision for s in left}, self._clock.now(), keep=True)
            uow.commit()
        self._meters.indexed(len(batch), edges)
        log.info("stories.indexed", stories=len(batch), edges=len(edges))

    def _vectors_beside(self, batch: Sequence[_Judged]) -> dict[str, list[StoredVector]]:
        """What further encoders say that stand by, by fingerprint; one that fails holds nothing up."""
        read = {judged.reading.meaning for judged in batch}
        found = {}
        for meaning in (self._library.meaning, *self._library.beside):
            if meaning in read or not batch:
                continue
            try:
                vectors = vectors_of([judged.reading.pair for judged in batch], meaning)
            except Exception:
                log.exception("batch.not_read_beside", encoder=meaning.version, stories=len(batch))
            else:
                rows = zip(batch, vectors, strict=True)
                found[meaning.fingerprint] = [_stored(judged, vector) for judged, vector in rows]
        return found

    def _with_latest(
        self, batch: Sequence[_Judged], edges: Sequence[DuplicateEdge], seen: int, uow: UnitOfWork
    ) -> list[DuplicateEdge]:
        """Edges as they are beside what other workers stored since the change ``seen``.

        Batches are stored one after another, so that each meets all before it, and no pair of stories is
        overlooked because both were read at the same time.
        """
        own = frozenset(judged.story.number for judged in batch)
        others = self._stored_since(seen, uow) - own
        if others:
            self._library.catch_up()
        kept = [e for e in edges if not {e.a, e.b} & others]
        for judged in batch if others else ():
            found = self._finder.candidates(judged.reading, exclude=own)
            near = [candidate for candidate in found if candidate.number in others]
            texts = self._pair_texts(uow.stories.by_numbers([candidate.number for candidate in near]))
            verdicts = self._finder.judge(judged.reading, near, texts)
            kept.extend(self._finder.edges(judged.story.number, verdicts))
        return kept

    def _stored_since(self, sequence: int, uow: UnitOfWork) -> set[int]:
        """Stories indexed after a change."""
        found: set[int] = set()
        while changes := uow.changes.since(sequence):
            found.update(numbers_of(changes, ChangeKind.STORY_INDEXED))
            sequence = changes[-1].sequence
        return found

    def _edges(self, batch: Sequence[_Judged]) -> list[DuplicateEdge]:
        finder = self._finder.fixed()
        numbers = [judged.story.number for judged in batch]
        own = frozenset(numbers)
        candidates = {j.story.number: finder.candidates(j.reading, exclude=own) for j in batch}
        others = sorted({c.number for found in candidates.values() for c in found})
        with self._database.read() as uow:
            texts = self._pair_texts(uow.stories.by_numbers(others))
        edges = finder.judge_within(numbers, [j.reading for j in batch])
        for judged in batch:
            verdicts = finder.judge(judged.reading, candidates[judged.story.number], texts)
            edges.extend(finder.edges(judged.story.number, verdicts))
        return edges

    def _pair_texts(self, stories: Mapping[int, Story]) -> dict[int, PairText]:
        return {number: self._reader.pair_text(story.text) for number, story in stories.items()}

    def _store(
        self,
        batch: Sequence[_Judged],
        beside: Mapping[str, Sequence[StoredVector]],
        edges: Sequence[DuplicateEdge],
        uow: UnitOfWork,
    ) -> None:
        now = self._clock.now()
        numbers = [judged.story.number for judged in batch]
        own = {
            j.reading.meaning.fingerprint: [_stored(j, j.reading.vector) for j in batch] for j in batch[:1]
        }
        for fingerprint, vectors in (own | dict(beside)).items():
            uow.vectors.put(vectors, encoder=fingerprint)
        standing = uow.tags.of(numbers)
        uow.tags.put(
            {j.story.number: merged(standing.get(j.story.number, ()), j.reading.tags) for j in batch}
        )
        before = {s.cluster_id for s in uow.stories.by_numbers(numbers).values()}
        copies = uow.clusters.copies_of(numbers)
        uow.clusters.forget([j.story.number for j in batch if j.item.revision > 1])
        uow.clusters.put(edges)
        touched = {number for edge in edges for number in (edge.a, edge.b)} | set(numbers)
        moved = recluster(touched, before, uow)
        uow.stories.set_indexed({j.story.number: j.item.revision for j in batch})
        uow.stories.set_dated({j.story.number: _ends(j) for j in batch})
        uow.changes.add(ChangeKind.STORY_INDEXED, numbers, now)
        uow.changes.add(ChangeKind.STORY_CLUSTER, sorted(moved - set(numbers)), now)
        copies |= uow.clusters.copies_of(numbers)
        uow.changes.add(ChangeKind.STORY_COPIES, sorted(copies - moved), now)


def _stored(judged: _Judged, vector: npt.NDArray[np.float32]) -> StoredVector:
    return StoredVector(
        number=judged.story.number,
        revision=judged.item.revision,
        vector=vector,
        text_fingerprint=judged.reading.text_fingerprint,
    )


def _ends(judged: _Judged) -> datetime | None:
    pair = judged.reading.pair
    found = dated_until(pair.title, pair.body, judged.story.dating.fresh_at)
    return found.at if found else None


def merged(
    standing: tuple[TagAssignment, ...], suggested: Sequence[tuple[TagSuggestion, str]]
) -> tuple[TagAssignment, ...]:
    """Put the models' suggestions beside the editors' decisions."""
    by_source: dict[str, list[TagSuggestion]] = {}
    for suggestion, source in suggested:
        by_source.setdefault(source, []).append(suggestion)
    tags = tuple(tag for tag in standing if tag.is_editors)
    found: dict[tuple[str, str], TagAssignment] = {}
    for source, suggestions in by_source.items():
        for tag in merge_suggestions(tags, suggestions, source=source):
            found.setdefault((tag.kind, tag.code), tag)
    return tuple(found.values()) or tags


def recluster(touched: Iterable[int], cluster_ids: Iterable[str], uow: UnitOfWork) -> set[int]:
    """Bring clusters in line with the edges around some stories; returns the stories that moved.

    Looks at everything that shares a cluster with a touched story now, or did so before, and at everything
    that hangs together with those by edges, so that merges and splits come out the same whatever the order
    of arrival.  Only where editors told stories apart do edges lead out of a cluster.
    """
    ids = set(cluster_ids) | {s.cluster_id for s in uow.stories.by_numbers(sorted(touched)).values()}
    while True:
        stories = {story.number: story for story in uow.stories.in_clusters(sorted(ids))}
        edges = uow.clusters.of(sorted(stories))
        beyond = {number for e in edges for number in (e.a, e.b)} - stories.keys()
        further = {s.cluster_id for s in uow.stories.by_numbers(sorted(beyond)).values()} - ids
        if not further:
            break
        ids |= further
    inside = [e for e in edges if e.a in stories and e.b in stories]
    groups = clusters_of(stories, inside, uow.clusters.decided(sorted(stories)))
    wanted: dict[int, str] = {}
    for number, group in groups.items():
        lead = first_told(group, dating=lambda n: stories[n].dating, number=lambda n: n)[0]
        cluster_id = cluster_id_of(stories[lead].id)
        if stories[number].cluster_id != cluster_id:
            wanted[number] = cluster_id
    uow.stories.set_clusters(wanted)
    return set(wanted)
