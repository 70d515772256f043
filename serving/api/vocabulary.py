"""The lists that tags come from, for those who choose from them."""

from typing import Annotated

from fastapi import APIRouter, Query

from tianfu.model.errors import InvalidRequest
from tianfu.model.rules import check_text
from tianfu.model.tag import TagKind
from tianfu.serving.api.context import NewsCaller, NewsroomDep
from tianfu.serving.api.forms import Out

router = APIRouter(tags=["tags"])


class EntryOut(Out):
    """A code and its Chinese name."""

    code: str
    label: str


class VocabularyOut(Out):
    """Entries by code; none of kinds whose tags are free words."""

    kind: TagKind
    items: list[EntryOut]


@router.get("/vocabulary/{kind}")
def get_vocabulary(
    kind: TagKind,
    room: NewsroomDep,
    _known: NewsCaller,
    q: Annotated[
        str | None, Query(min_length=1, max_length=40, description="Only names that hold these words.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 1_000,
) -> VocabularyOut:
    """List topic classes, fine topics, or places down to counties."""
    if q is not None:
        check_text(q, field="q", error=InvalidRequest, low=1, high=40)
    found = sorted(
        (code, label) for (of, code), label in room.names.items() if of is kind and (q is None or q in label)
    )
    return VocabularyOut(kind=kind, items=[EntryOut(code=code, label=label) for code, label in found[:limit]])
