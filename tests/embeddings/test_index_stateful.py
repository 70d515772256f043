"""Any sequence of writes, merges, snapshots and restarts leaves the index equal to the plain one."""

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tianfu.embeddings.index.exact import ExactIndex
from tianfu.embeddings.index.faiss_index import FaissIndex
from tianfu.embeddings.index.parts import Tuning
from tianfu.model.ports import FloatMatrix, IndexFacts, IndexFilter

DIMENSION = 8
CLOSE = 1e-5
TUNINGS = [
    Tuning(live_rows=4, flat_rows=10_000),
    Tuning(live_rows=6, flat_rows=16, exact_rows=0, probes=10_000),
    Tuning(live_rows=5, flat_rows=12, exact_rows=8, probes=1),
]
"""The last looks into one list only: it may miss neighbours, but must not break anything else."""

numbers = st.integers(0, 40)
places = st.frozensets(st.sampled_from("pqrs"), max_size=3)
facts = st.builds(
    IndexFacts, published_at_s=st.integers(0, 20), outlet_id=st.sampled_from("abcd"), places=places
)
times = st.none() | st.integers(-1, 21)
filters = st.builds(
    IndexFilter,
    since_s=times,
    until_s=times,
    outlets=st.none() | st.frozensets(st.sampled_from("abcdx"), max_size=3),
    places=st.none() | st.frozensets(st.sampled_from("pqrsx"), max_size=2),
    exclude=st.frozensets(numbers, max_size=4),
)


def unit_rows(seeds: list[int]) -> FloatMatrix:
    """A few distinct rows, so that ties are common; half precision holds them without loss."""
    rows = [np.random.default_rng(seed % 25).standard_normal(DIMENSION) for seed in seeds]
    unit = np.asarray(rows, np.float32).reshape(-1, DIMENSION)
    return (unit / np.linalg.norm(unit, axis=1, keepdims=True)).astype(np.float16).astype(np.float32)


class IndexMachine(RuleBasedStateMachine):
    """Drives the index and the plain one side by side."""

    @initialize(tuning=st.sampled_from(TUNINGS))
    def start(self, tuning: Tuning) -> None:
        self.tuning = tuning
        self.index = FaissIndex(DIMENSION, tuning=tuning, merge_aside=False)
        self.oracle = ExactIndex(DIMENSION)
        self.folder = tempfile.TemporaryDirectory()
        self.sequence = 0

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(rows=st.lists(st.tuples(numbers, st.integers(0, 24), facts), max_size=9))
    def add(self, rows: list[tuple[int, int, IndexFacts]]) -> None:
        vectors = unit_rows([seed for _, seed, _ in rows])
        for index in (self.index, self.oracle):
            index.add([n for n, _, _ in rows], vectors, [f for _, _, f in rows])

    @rule(gone=st.lists(numbers, max_size=12))
    def remove(self, gone: list[int]) -> None:
        assert self.index.remove(gone) == self.oracle.remove(gone)

    @rule()
    def merge(self) -> None:
        self.index.merge()

    @rule()
    def restart_from_a_snapshot(self) -> None:
        self.sequence += 1
        path = Path(self.folder.name) / "index"
        self.index.save(path, encoder_fingerprint="e", last_sequence=self.sequence)
        self.index, sequence = FaissIndex.load(
            path, encoder_fingerprint="e", tuning=self.tuning, merge_aside=False
        )
        assert sequence == self.sequence

    @rule(seed=st.integers(0, 40), count=st.integers(1, 50), where=st.none() | filters)
    def search(self, seed: int, count: int, where: IndexFilter | None) -> None:
        query = unit_rows([seed])
        found = self.index.search(query, count, where)[0]
        everything = {hit.number: hit.score for hit in self.oracle.search(query, 100, where)[0]}
        expected = self.oracle.search(query, count, where)[0]

        assert len(found) == len(expected)
        assert len({hit.number for hit in found}) == len(found)
        for hit in found:
            assert abs(hit.score - everything[hit.number]) < CLOSE
        if self.tuning.probes > 1:
            for hit, best in zip(found, expected, strict=True):
                assert abs(hit.score - best.score) < CLOSE
        for first, second in pairwise(found):
            assert (-first.score, first.number) < (-second.score, second.number)

    @invariant()
    def the_same_stories_are_known(self) -> None:
        if not hasattr(self, "oracle"):
            return
        assert self.index.size == self.oracle.size
        everyone = list(range(41))
        known, expected = self.index.vectors(everyone), self.oracle.vectors(everyone)
        assert sorted(known) == sorted(expected)
        for number, vector in known.items():
            assert np.array_equal(vector, expected[number])


IndexMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestIndexAgainstTheOracle = IndexMachine.TestCase
