"""The kinds of FAISS index that ``benchmarks.index_compare`` compares, and this product's own."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from tianfu.embeddings.index.faiss_index import FaissIndex
from tianfu.model.ports import IndexFacts, IndexFilter

Floats = npt.NDArray[np.float32]
Longs = npt.NDArray[np.int64]
METRIC = faiss.METRIC_INNER_PRODUCT
HOT_SHARE = 0.05
CHUNK = 50_000


def lists_of(rows: int) -> int:
    """The usual number of lists."""
    return int(4 * rows**0.5)


def first_hot(rows: int) -> int:
    """Where the newest rows begin."""
    return int(rows * (1 - HOT_SHARE))


@dataclass(frozen=True)
class Variant:
    """One kind of index, with the settings of search that are worth comparing.

    Attributes:
        settings: Values of the search effort, or (0,) when there is none.
        removable: Whether FAISS can remove from it; for others the price is a rebuild.
    """

    name: str
    make: Callable[[int, int], Any]
    settings: tuple[int, ...] = (0,)
    removable: bool = True


class Raw:
    """A bare FAISS index; row i is story i."""

    def __init__(self, variant: Variant, base: Floats) -> None:
        rows, dimension = base.shape
        self.variant = variant
        self.index = variant.make(rows, dimension)
        self.rows = rows
        core = (
            faiss.downcast_index(self.index.index)
            if isinstance(self.index, faiss.IndexIDMap2)
            else self.index
        )
        self.inverted = isinstance(core, faiss.IndexIVF)
        self.graph = isinstance(core, faiss.IndexHNSW)
        if self.inverted:
            core.cp.niter = 8
            core.cp.min_points_per_centroid = 1
        if not core.is_trained:
            step = max(1, rows // (48 * lists_of(rows)))
            self.index.train(np.ascontiguousarray(base[::step], dtype=np.float32))
        for start in range(0, rows, CHUNK):
            block = np.ascontiguousarray(base[start : start + CHUNK], dtype=np.float32)
            if isinstance(self.index, faiss.IndexIDMap2):
                self.index.add_with_ids(block, np.arange(start, start + len(block)))
            else:
                self.index.add(block)

    def search(self, queries: Floats, count: int, effort: int, *, hot: bool = False) -> Longs:
        options: dict[str, Any] = {}
        if hot:
            options["sel"] = faiss.IDSelectorRange(first_hot(self.rows), self.rows)
        if self.inverted:
            parameters: Any = faiss.SearchParametersIVF(nprobe=effort, **options)
        elif self.graph:
            parameters = faiss.SearchParametersHNSW(efSearch=effort, **options)
        else:
            parameters = faiss.SearchParameters(**options)
        found: Longs = self.index.search(queries, count, params=parameters)[1]
        return found

    def remove_one_ms(self, chosen: Longs) -> float | None:
        """Milliseconds to remove one story, mean over the chosen; ``None`` when FAISS cannot."""
        if not self.variant.removable:
            return None
        if self.inverted:
            self.index.set_direct_map_type(faiss.DirectMap.Hashtable)
        began = time.perf_counter()
        for number in chosen:
            ids = np.asarray([number], np.int64)
            self.index.remove_ids(faiss.IDSelectorArray(ids) if self.inverted else ids)
        return (time.perf_counter() - began) * 1000 / len(chosen)


class Own:
    """The product's index, merged as it would be after a restart."""

    def __init__(self, base: Floats) -> None:
        self.rows, dimension = base.shape
        self.inverted = self.graph = False
        self.index = FaissIndex(dimension, merge_aside=False)
        for start in range(0, self.rows, CHUNK):
            block = np.asarray(base[start : start + CHUNK], np.float32)
            facts = [
                IndexFacts(published_at_s=n, outlet_id=f"o{n % 210}", places=frozenset({f"p{n % 183}", "51"}))
                for n in range(start, start + len(block))
            ]
            self.index.add(range(start, start + len(block)), block, facts)
            self.index.merge()

    def search(self, queries: Floats, count: int, effort: int, *, hot: bool = False) -> Longs:
        where = IndexFilter(since_s=first_hot(self.rows)) if hot else None
        hits = self.index.search(queries, count, where)
        return np.asarray([[hit.number for hit in row] for row in hits], np.int64).reshape(len(queries), -1)

    def remove_one_ms(self, chosen: Longs) -> float | None:
        began = time.perf_counter()
        for number in chosen:
            self.index.remove([int(number)])
        return (time.perf_counter() - began) * 1000 / len(chosen)


def _scalar(rows: int, dimension: int, kind: int) -> Any:
    return faiss.IndexIDMap2(faiss.IndexScalarQuantizer(dimension, kind, METRIC))


def _inverted(rows: int, dimension: int, kind: int) -> Any:
    coarse = faiss.IndexFlatIP(dimension)
    return faiss.IndexIVFScalarQuantizer(coarse, dimension, lists_of(rows), kind, METRIC, kind != FP16)


def _inverted_flat(rows: int, dimension: int) -> Any:
    coarse = faiss.IndexFlatIP(dimension)
    return faiss.IndexIVFFlat(coarse, dimension, lists_of(rows), METRIC)


def _graph(rows: int, dimension: int) -> Any:
    made = faiss.IndexHNSWFlat(dimension, 32, METRIC)
    made.hnsw.efConstruction = 80
    return made


FP16, INT8 = faiss.ScalarQuantizer.QT_fp16, faiss.ScalarQuantizer.QT_8bit
PROBES = (16, 32, 64, 128, 256)
VARIANTS = {
    v.name: v
    for v in (
        Variant("flat float32", lambda n, d: faiss.IndexIDMap2(faiss.IndexFlatIP(d))),
        Variant("flat fp16", lambda n, d: _scalar(n, d, FP16)),
        Variant("flat int8", lambda n, d: _scalar(n, d, INT8)),
        Variant("hnsw32", _graph, settings=(32, 64, 128, 256), removable=False),
        Variant("ivf float32", _inverted_flat, settings=PROBES),
        Variant("ivf fp16", lambda n, d: _inverted(n, d, FP16), settings=PROBES),
        Variant("ivf int8", lambda n, d: _inverted(n, d, INT8), settings=PROBES),
    )
}
OWN = "tianfu"
NAMES = (*VARIANTS, OWN)


def build(name: str, base: Floats) -> Raw | Own:
    """Build a variant by name over rows of unit length."""
    return Own(base) if name == OWN else Raw(VARIANTS[name], base)


def settings_of(name: str) -> tuple[int, ...]:
    """The search efforts to try."""
    return (0,) if name == OWN else VARIANTS[name].settings
