"""How a collection looks: one for each encoder, one row for each story."""

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tianfu.model.ports import IndexFacts

if TYPE_CHECKING:
    from pymilvus import CollectionSchema, MilvusClient
    from pymilvus.milvus_client import IndexParams

PREFIX = "tianfu_"
METRIC = "IP"
"""Rows are of unit length, so that the inner product is the cosine; an empty text stays a row of zeros."""
LISTS = 1_024
PROBES = 192
"""Of an inverted file, for each segment of Milvus; see docs/decisions/0029."""
_MOST_PLACES = 1_024
_FINGERPRINT_DIGITS = 16


def collection_of(encoder_fingerprint: str) -> str:
    """The collection that holds the vectors of an encoder."""
    digits = "".join(c if c.isalnum() else "_" for c in encoder_fingerprint[:_FINGERPRINT_DIGITS])
    return f"{PREFIX}{digits}"


def create(client: "MilvusClient", name: str, dimension: int, timeout_s: float) -> None:
    """Make a collection with its index, unless somebody else just did."""
    client.create_collection(
        name,
        schema=_schema(client, dimension),
        index_params=_index(client),
        consistency_level="Strong",
        timeout=timeout_s,
    )


def _schema(client: "MilvusClient", dimension: int) -> "CollectionSchema":
    from pymilvus import DataType

    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("number", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    schema.add_field("published_at_s", DataType.INT64)
    schema.add_field("outlet", DataType.VARCHAR, max_length=256)
    schema.add_field(
        "places",
        DataType.ARRAY,
        element_type=DataType.VARCHAR,
        max_capacity=_MOST_PLACES,
        max_length=64,
    )
    schema.add_field("stamp", DataType.INT64)
    return schema


def _index(client: "MilvusClient") -> "IndexParams":
    found = client.prepare_index_params()
    found.add_index(field_name="vector", index_type="IVF_FLAT", metric_type=METRIC, params={"nlist": LISTS})
    return found


def row_of(number: int, vector: npt.NDArray[np.float32], facts: IndexFacts) -> dict[str, Any]:
    """One story as Milvus takes it."""
    return {
        "number": number,
        "vector": vector,
        "published_at_s": facts.published_at_s,
        "outlet": facts.outlet_id,
        "places": sorted(facts.places)[:_MOST_PLACES],
        "stamp": stamp_of(vector, facts),
    }


def stamp_of(vector: npt.NDArray[np.float32], facts: IndexFacts) -> int:
    """A number that tells one state of a story from any other, by which a row is written only once.

    Vectors count in half precision, as the database keeps them.
    """
    known = f"{facts.published_at_s}|{facts.outlet_id}|{','.join(sorted(facts.places))}"
    digest = hashlib.blake2b(vector.astype("<f2").tobytes(), digest_size=8, key=b"tianfu")
    digest.update(known.encode())
    return int.from_bytes(digest.digest(), "big", signed=True)
