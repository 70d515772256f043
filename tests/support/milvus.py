"""Collections of Milvus Lite for tests."""

from tianfu.embeddings.index.milvus.link import MilvusLink
from tianfu.embeddings.index.milvus.milvus_index import MilvusIndex


def an_empty_one(link: MilvusLink, dimension: int) -> MilvusIndex:
    """The one collection of this dimension, emptied: to make one takes half a second."""
    index = MilvusIndex(link, f"test_{dimension}", dimension)
    if index.size:
        with link.asked() as client:
            client.truncate_collection(index.name)
    return index
