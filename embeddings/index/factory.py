"""Makes the vector index of a process."""

import hashlib
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import cast

from tianfu.embeddings.index.faiss_index import FaissIndex
from tianfu.embeddings.index.milvus.link import MilvusLink
from tianfu.embeddings.index.milvus.milvus_index import MilvusIndex
from tianfu.embeddings.index.milvus.schema import PREFIX, collection_of
from tianfu.embeddings.index.tiered import TieredIndex
from tianfu.model.errors import SnapshotInvalid


class FaissIndexes:
    """Makes FAISS indexes, empty or from a snapshot."""

    def create(self, dimension: int, *, encoder_fingerprint: str) -> FaissIndex:
        """Make an empty index."""
        return FaissIndex(dimension)

    def drop_others(self, keep: Collection[str]) -> int:
        """Drop what is kept outside this process for other encoders than these: nothing is."""
        return 0

    def load(self, directory: Path, *, encoder_fingerprint: str) -> tuple[FaissIndex, int]:
        """Read a snapshot.

        Raises:
            SnapshotInvalid: Missing, torn, altered, of another format or encoder.
        """
        return FaissIndex.load(directory, encoder_fingerprint=encoder_fingerprint)


class ArchivedIndexes:
    """Makes indexes whose recent stories are in FAISS and all in Milvus.

    Args:
        link: To Milvus; opened when it is first asked.
        hot_s: Length of the hot window, in seconds before now.
        now_s: Seconds since the epoch.
    """

    def __init__(self, link: MilvusLink, *, hot_s: float, now_s: Callable[[], float] = time.time) -> None:
        self._link = link
        self._hot_s = hot_s
        self._now_s = now_s

    def create(self, dimension: int, *, encoder_fingerprint: str) -> TieredIndex:
        """Make an index of which this process holds nothing yet; the archive keeps what it has."""
        return self._over(FaissIndex(dimension), encoder_fingerprint)

    def load(self, directory: Path, *, encoder_fingerprint: str) -> tuple[TieredIndex, int]:
        """Read the recent tier and the last change that both tiers hold.

        Raises:
            SnapshotInvalid: Missing, torn, altered, of another format or encoder, or the archive is empty.
        """
        recent, sequence = FaissIndex.load(directory / self._folder, encoder_fingerprint=encoder_fingerprint)
        found = self._over(recent, encoder_fingerprint)
        if recent.size and not found.size:
            raise SnapshotInvalid("The archive of vectors is empty.")
        return found, sequence

    def drop_others(self, keep: Collection[str]) -> int:
        """Drop the collections of other encoders than these, by fingerprint; returns how many went.

        Raises:
            IndexUnavailable: Milvus does not answer.
        """
        kept = {collection_of(fingerprint) for fingerprint in keep}
        with self._link.asked() as client:
            names = cast("list[str]", client.list_collections())
            gone = [name for name in names if name.startswith(PREFIX) and name not in kept]
            for name in gone:
                client.drop_collection(name, timeout=self._link.write_s)
        return len(gone)

    def _over(self, recent: FaissIndex, encoder_fingerprint: str) -> TieredIndex:
        name = collection_of(encoder_fingerprint)
        archive = MilvusIndex(self._link, name, recent.dimension)
        return TieredIndex(recent, archive, folder=self._folder, hot_s=self._hot_s, now_s=self._now_s)

    @property
    def _folder(self) -> str:
        return f"recent-{hashlib.sha256(self._link.uri.encode()).hexdigest()[:12]}"
