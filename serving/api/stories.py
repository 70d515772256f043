"""Stories: send, list, read, edit, take down, restore."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from tianfu.model.access import Role
from tianfu.model.cluster import relations_to_lead
from tianfu.model.errors import InvalidRequest, NotFound, TianfuError
from tianfu.model.rules import check_adcode, check_text, check_time
from tianfu.model.story import Story, StoryState
from tianfu.model.tag import TagKind
from tianfu.serving.api.body import json_body
from tianfu.serving.api.context import EditorCaller, NewsCaller, NewsroomDep
from tianfu.serving.api.forms import CursorParam, Out, PageLimit, RightsOut, StoryBrief, story_brief, tag_out
from tianfu.serving.api.shapes import place_of
from tianfu.serving.api.story_forms import (
    BatchReceiptOut,
    DuplicateBrief,
    RevisionOut,
    StoryIn,
    StoryOut,
    StoryPatchIn,
    StoryReceiptOut,
    dated_out,
    parse_row,
    row_problem,
    story_fields,
)
from tianfu.serving.api.story_rows import MAX_ROWS, read_rows
from tianfu.serving.services.access import Caller
from tianfu.serving.services.ingest import IngestOutcome, StoryDraft, StoryReceipt, ingest, revise
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.search import FoundBy
from tianfu.serving.store.stories import StoryQuery

router = APIRouter(prefix="/stories", tags=["stories"])

MAX_WAIT_S = 30.0


_STORY_FORM = {"$ref": place_of(StoryIn.__name__)}
_STORY_REQUEST = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [
                        _STORY_FORM,
                        {
                            "type": "object",
                            "title": "StoryBatchIn",
                            "description": "Up to 500 stories; each row stands for itself.",
                            "properties": {
                                "stories": {
                                    "type": "array",
                                    "items": _STORY_FORM,
                                    "minItems": 1,
                                    "maxItems": MAX_ROWS,
                                }
                            },
                            "required": ["stories"],
                            "additionalProperties": False,
                        },
                    ]
                }
            },
            "application/x-ndjson": {
                "schema": {"type": "string", "description": "One story a line, at most 500 lines."}
            },
        },
    }
}


@router.post("", status_code=201, openapi_extra=_STORY_REQUEST, responses={200: {"model": BatchReceiptOut}})
def post_stories(
    response: Response,
    request: Request,
    room: NewsroomDep,
    known: EditorCaller,
    raw: Annotated[bytes, Depends(json_body)],
    prefer: Annotated[
        str | None,
        Header(description="`wait=N` (RFC 7240): wait for tags; `Preference-Applied` tells that it did."),
    ] = None,
) -> BatchReceiptOut:
    """Send one story, `{"stories": […]}`, or NDJSON.

    The same text again changes nothing and answers 200; a faulty row never spoils the others.  With
    one single faulty story the answer is its error.
    """
    rows = read_rows(raw, request.headers.get("content-type", ""))
    single = not isinstance(rows, list)
    given = [rows] if single else rows
    drafts, failures = _drafts(given, room, known)
    room.meters.rejected("story", (bad.code for bad in failures.values()))
    if single and failures:
        raise failures[0]
    receipts = dict(
        zip(drafts, ingest(list(drafts.values()), database=room.database, clock=room.clock), strict=True)
    )
    room.meters.taken("story", (receipt.outcome.value for receipt in receipts.values()))
    wait_s = _wait_s(prefer)
    if wait_s and receipts:
        waited = room.wait_indexed({r.number: r.revision for r in receipts.values()}, wait_s)
        if waited is not None:
            response.headers["Preference-Applied"] = f"wait={wait_s:.0f}"
    else:
        room.worker.wake()
    if not any(r.outcome is not IngestOutcome.UNCHANGED for r in receipts.values()):
        response.status_code = 200
    details = _details(receipts, room) if wait_s else {}
    results = [
        _failed(place, failures[place])
        if place in failures
        else _received(place, receipts[place], details.get(receipts[place].number))
        for place in range(len(given))
    ]
    return BatchReceiptOut(accepted=len(receipts), rejected=len(failures), results=results)


class TagNameOut(Out):
    """A tag by its code and Chinese name."""

    code: str
    label: str


class ListedStoryOut(StoryBrief):
    """A story in a list; `found_by` is null where nothing was searched for."""

    found_by: FoundBy | None
    cluster_size: int
    topics: list[TagNameOut]
    places: list[TagNameOut]


class StoryPageOut(Out):
    """A page of stories."""

    items: list[ListedStoryOut]
    cursor: str | None


@router.get("")
def list_stories(
    room: NewsroomDep,
    known: NewsCaller,
    outlet_id: Annotated[str | None, Query(max_length=40)] = None,
    topic: Annotated[str | None, Query(max_length=64)] = None,
    place: Annotated[str | None, Query(max_length=9)] = None,
    state: StoryState | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    words: Annotated[
        str | None, Query(min_length=1, max_length=100, description="Found in title or body, literally.")
    ] = None,
    q: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=100,
            description="Search by words and by meaning: the best of both first, one page.",
        ),
    ] = None,
    limit: PageLimit = 20,
    cursor: CursorParam | None = None,
) -> StoryPageOut:
    """List stories, newest first, or those searched for by `q`, best first.

    Newest by the date that counts (`fresh_from` of a story): an edit that dates a story forward does not
    bring it up again.  `since` and `until` go by `published_at`.  Taken-down ones only on request, and
    only to their outlet and the platform.
    """
    error = InvalidRequest
    state = state or StoryState.LIVE
    if state is StoryState.TAKEN_DOWN and known.key.role not in (Role.OPERATOR, Role.ADMIN):
        own = known.key.outlet_id or ""
        outlet_id = own if outlet_id in (None, own) else ""
    query = StoryQuery(
        outlet_id=outlet_id and check_text(outlet_id, field="outlet_id", error=error, high=40),
        topic=topic and check_text(topic, field="topic", error=error, high=64),
        place=place and check_adcode(place, field="place", error=error),
        state=state,
        since=since and check_time(since, field="since", error=error),
        until=until and check_time(until, field="until", error=error),
        words=() if words is None else (check_text(words, field="words", error=error, high=100),),
        before=_before(cursor, room),
        limit=limit + 1,
    )
    if q is not None:
        asked = check_text(q.strip(), field="q", error=error, low=1, high=100)
        hits = room.search.find(asked, replace(query, before=None, limit=limit), known)
        return StoryPageOut(
            items=_listed([hit.story for hit in hits], room, [h.by for h in hits]), cursor=None
        )
    found = room.search.page(query, known)
    page = found[:limit]
    following = None
    if len(found) > limit:
        last = page[-1]
        following = room.cursors.make("stories", last.dating.fresh_at.isoformat(), last.number)
    return StoryPageOut(items=_listed(page, room), cursor=following)


def _listed(
    page: Sequence[Story], room: Newsroom, found_by: Sequence[FoundBy] | None = None
) -> list[ListedStoryOut]:
    with room.database.read() as uow:
        tags = uow.tags.of([story.number for story in page])
        sizes = uow.stories.cluster_sizes([story.cluster_id for story in page])
    rows = []
    for place, story in enumerate(page):
        standing = [tag for tag in tags.get(story.number, ()) if tag.counts]
        rows.append(
            ListedStoryOut(
                **story_brief(story).model_dump(),
                found_by=None if found_by is None else found_by[place],
                cluster_size=sizes.get(story.cluster_id, 0),
                topics=[TagNameOut.model_validate(tag) for tag in standing if tag.kind is TagKind.TOPIC],
                places=[TagNameOut.model_validate(tag) for tag in standing if tag.kind is TagKind.PLACE],
            )
        )
    return rows


@router.get("/{story_id}")
def get_story(story_id: str, room: NewsroomDep, known: NewsCaller) -> StoryOut:
    """Read one story with its tags and earlier revisions; a taken-down one only its outlet and the platform.

    Text that the caller's outlet has no right to show is left out, and `rights` says why.
    """
    with room.database.read() as uow:
        story = uow.stories.by_id(story_id)
        if story is None or (story.state is StoryState.TAKEN_DOWN and not known.may_act_for(story.outlet_id)):
            raise NotFound("story", story_id)
        tags = uow.tags.of([story.number]).get(story.number, ())
        size = len(uow.stories.in_clusters([story.cluster_id]))
        earlier = uow.stories.revisions_of(story.number)
        republished = bool(uow.cards.republished([story.number]))
    permission = room.rights.permission_to_read(story, republished=republished, caller=known)
    whole = permission.shows_whole
    return StoryOut(
        story_id=story.id,
        external_id=story.external_id,
        outlet_id=story.outlet_id,
        revision=story.revision,
        state=story.state,
        indexed=story.is_indexed,
        cluster_id=story.cluster_id,
        cluster_size=size,
        received_at=story.received_at,
        dated=dated_out(story, room.reader.pair_text(story.text).body),
        tags=[tag_out(tag, whole=whole) for tag in tags],
        revisions=[RevisionOut(revision=r, received_at=at, text=text) for r, at, text in earlier if whole],
        rights=RightsOut(
            code=permission, text=room.rights.say(permission, story.outlet_id, story.text.source)
        ),
        **story_fields(story, whole=whole),
    )


@router.patch("/{story_id}")
def patch_story(
    story_id: str, change: StoryPatchIn, room: NewsroomDep, known: EditorCaller
) -> StoryReceiptOut:
    """Edit a story: the fields given make a new revision; fields left out stay as they are."""
    with room.database.read() as uow:
        story = uow.stories.by_id(story_id)
    if story is None:
        raise NotFound("story", story_id)
    known.must_act_for(story.outlet_id)
    fields = change.model_dump(exclude_unset=True, exclude={"expected_revision"})
    text = replace(story.text, **_without_forbidden_nulls(fields))
    receipt = revise(
        story_id,
        text,
        expected_revision=change.expected_revision or story.revision,
        actor=known.key.id,
        database=room.database,
        clock=room.clock,
    )
    room.worker.wake()
    return _received(0, receipt, None)


def _drafts(
    given: Sequence[Any], room: Newsroom, known: Caller
) -> tuple[dict[int, StoryDraft], dict[int, TianfuError]]:
    drafts: dict[int, StoryDraft] = {}
    failures: dict[int, TianfuError] = {}
    for place, raw in enumerate(given):
        try:
            if isinstance(raw, TianfuError):
                raise raw
            row = parse_row(raw)
            drafts[place] = row.to_draft(_outlet_of(row, room, known))
        except TianfuError as bad:
            failures[place] = bad
    return drafts, failures


def _outlet_of(row: StoryIn, room: Newsroom, known: Caller) -> str:
    outlet_id = row.outlet_id or known.key.outlet_id
    if outlet_id is None:
        raise InvalidRequest(field="outlet_id", why="is needed with a platform key")
    known.must_act_for(outlet_id)
    if outlet_id not in room.library.outlets:
        raise NotFound("outlet", outlet_id)
    return outlet_id


def _wait_s(prefer: str | None) -> float:
    found = re.search(r"(?:^|[,;\s])wait\s*=\s*(\d{1,4})(?:$|[,;\s])", prefer or "")
    return min(MAX_WAIT_S, float(found[1])) if found else 0.0


def _before(cursor: str | None, room: Newsroom) -> tuple[datetime, int] | None:
    if cursor is None:
        return None
    at, number = room.cursors.read("stories", cursor)
    return datetime.fromisoformat(at), number


def _without_forbidden_nulls(fields: dict[str, Any]) -> dict[str, Any]:
    nullable = {"url", "image_url", "adcode", "expires_at", "reuse"}
    for name, value in fields.items():
        if value is None and name not in nullable:
            raise InvalidRequest(field=name, why="cannot be null")
    return fields


_Detail = tuple[Story, list[Any], list[DuplicateBrief]]


def _details(receipts: dict[int, StoryReceipt], room: Newsroom) -> dict[int, _Detail]:
    numbers = sorted({r.number for r in receipts.values()})
    with room.database.read() as uow:
        stories = uow.stories.by_numbers(numbers)
        tags = uow.tags.of(numbers)
        clusters: dict[str, list[Story]] = {}
        for story in uow.stories.in_clusters(sorted({s.cluster_id for s in stories.values()})):
            clusters.setdefault(story.cluster_id, []).append(story)
        edges = uow.clusters.of(sorted(s.number for group in clusters.values() for s in group))
    found: dict[int, _Detail] = {}
    for number, story in stories.items():
        group = clusters[story.cluster_id]
        relations = relations_to_lead(number, [s.number for s in group], edges)
        twins = [
            DuplicateBrief(
                story_id=s.id, outlet_id=s.outlet_id, title=s.text.title, relation=relations[s.number].value
            )
            for s in group
            if s.number != number and room.library.is_showable(s.number)
        ]
        found[number] = story, [tag_out(tag) for tag in tags.get(number, ())], twins
    return found


def _received(place: int, receipt: StoryReceipt, detail: _Detail | None) -> StoryReceiptOut:
    indexed = detail is not None and detail[0].indexed_revision >= receipt.revision
    return StoryReceiptOut(
        index=place,
        story_id=receipt.story_id,
        external_id=receipt.external_id,
        revision=receipt.revision,
        outcome=receipt.outcome,
        indexed=indexed,
        tags=detail[1] if detail and indexed else None,
        duplicates=detail[2] if detail and indexed else None,
        error=None,
    )


def _failed(place: int, error: TianfuError) -> StoryReceiptOut:
    return StoryReceiptOut(
        index=place,
        story_id=None,
        external_id=None,
        revision=None,
        outcome=None,
        indexed=False,
        tags=None,
        duplicates=None,
        error=row_problem(error),
    )
