"""Rights between newsrooms: agreements and listed sources."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tianfu.model.errors import InvalidRequest
from tianfu.model.rights import Agreement, Reuse
from tianfu.model.rules import check_text
from tianfu.serving.api.context import EditorCaller, NewsCaller, NewsroomDep, OperatorCaller
from tianfu.serving.api.forms import In, Out

router = APIRouter(tags=["rights"])

_Name = Annotated[str, Field(min_length=1, max_length=60)]


class AgreementIn(In):
    """What an outlet lets others do with its stories."""

    reuse: Annotated[Reuse, Field(description="For all who are not named.")]
    exceptions: Annotated[
        dict[str, Reuse], Field(max_length=210, default_factory=dict, description="By outlet id.")
    ]


class AgreementOut(Out):
    """What an outlet lets others do with its stories: `open`, `link_out` or `none`."""

    outlet_id: str
    reuse: Reuse
    exceptions: dict[str, Reuse]


class SourceIn(In):
    """A source to list."""

    name: _Name


class SourceOut(Out):
    """A source whose stories anybody may carry."""

    name: str
    added_by: str
    added_at: datetime


class SourcesOut(Out):
    """The listed sources, by name."""

    items: list[SourceOut]


@router.get("/outlets/{outlet_id}/agreement")
def get_agreement(outlet_id: str, room: NewsroomDep, _known: NewsCaller) -> AgreementOut:
    """What an outlet lets others do; one that set nothing shares with the whole consortium."""
    check_text(outlet_id, field="outlet_id", error=InvalidRequest, low=1, high=40)
    return _agreement(room.rights.agreement(outlet_id))


@router.put("/outlets/{outlet_id}/agreement")
def set_agreement(outlet_id: str, wish: AgreementIn, room: NewsroomDep, known: EditorCaller) -> AgreementOut:
    """Set what the own outlet lets others do; every feed follows within seconds."""
    check_text(outlet_id, field="outlet_id", error=InvalidRequest, low=1, high=40)
    known.must_act_for(outlet_id)
    agreement = Agreement(outlet_id=outlet_id, reuse=wish.reuse, exceptions=wish.exceptions)
    room.rights.agree(agreement, caller=known)
    return _agreement(agreement)


@router.get("/sources")
def list_sources(room: NewsroomDep, _known: NewsCaller) -> SourcesOut:
    """List the sources whose stories anybody may carry."""
    return SourcesOut(items=[SourceOut.model_validate(one) for one in room.rights.sources()])


@router.post("/sources", status_code=201)
def add_source(source: SourceIn, room: NewsroomDep, known: OperatorCaller) -> SourcesOut:
    """Put a source on the list."""
    room.rights.list_source(source.name, caller=known)
    return list_sources(room, known)


@router.delete("/sources/{name:path}", status_code=204)
def drop_source(name: str, room: NewsroomDep, known: OperatorCaller) -> None:
    """Take a source off the list; its name may hold a slash, percent-encoded or as it is."""
    check_text(name, field="name", error=InvalidRequest, low=1, high=60)
    room.rights.unlist_source(name, caller=known)


def _agreement(agreement: Agreement) -> AgreementOut:
    return AgreementOut(
        outlet_id=agreement.outlet_id, reuse=agreement.reuse, exceptions=dict(agreement.exceptions)
    )
