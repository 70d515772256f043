"""Milvus Lite, opened once for all tests of a process."""

from collections.abc import Iterator

import pytest

from tianfu.embeddings.index.milvus.link import MilvusLink


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusLink]:
    """A Milvus of this process; each test makes a collection of its own."""
    link = MilvusLink(str(tmp_path_factory.mktemp("milvus") / "lite.db"), read_s=60.0)
    yield link
    link.close()
