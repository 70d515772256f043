"""Makes the vector index of a process."""

from pathlib import Path

from tianfu.embeddings.index.faiss_index import FaissIndex


class FaissIndexes:
    """Makes FAISS indexes, empty or from a snapshot."""

    def create(self, dimension: int) -> FaissIndex:
        """Make an empty index."""
        return FaissIndex(dimension)

    def load(self, directory: Path, *, encoder_fingerprint: str) -> tuple[FaissIndex, int]:
        """Read a snapshot.

        Raises:
            SnapshotInvalid: Missing, torn, altered, of another format or encoder.
        """
        return FaissIndex.load(directory, encoder_fingerprint=encoder_fingerprint)
