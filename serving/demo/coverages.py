"""The demo's joint coverages: two events that many outlets tell, with what desks took on."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from tianfu.model.claim import Claim
from tianfu.model.coverage import Angle, Coverage, StandingQuery
from tianfu.model.expiry import BEIJING
from tianfu.serving.demo.stories import DemoStory
from tianfu.serving.services.access import Caller
from tianfu.serving.services.clock import new_id, new_short_id
from tianfu.serving.services.newsroom import Newsroom

_BACK, _AHEAD = timedelta(days=6), timedelta(days=5)
_OPENED_AGO, _CLAIMED_AGO = timedelta(days=2, hours=-9), timedelta(hours=20)


def open_coverages(
    room: Newsroom,
    stories: Sequence[DemoStory],
    ids: Mapping[str, str],
    *,
    outlet_id: str,
    caller: Caller,
    now: datetime,
) -> None:
    """Open the coverages, let desks claim, file and release angles, and gather the stories.

    Args:
        room: Holds the stories.
        stories: All of the demo, oldest first.
        ids: Public story id by external id.
        outlet_id: The outlet whose keys people try the demo with.
        caller: The platform's operator.
        now: The moment that the demo leads up to.
    """
    rows = [(row, _coverage(row, caller, now)) for row in _rows()]
    for _, coverage in rows:
        room.coverages.open(coverage, caller=caller)
    own = [story for story in reversed(stories) if story.copied_from is None]
    city = room.library.outlets[outlet_id].parent_id or outlet_id
    for row, coverage in rows:
        about = [story for story in own if _speaks(story, coverage.query)]
        for angle in row["angles"]:
            taken = {outlet_id, city}
            for wish in angle["claims"]:
                told = _told(about, angle["words"], taken) if wish["who"] == "teller" else None
                who = {"demo": outlet_id, "city": city}.get(wish["who"]) or (told and told.draft.outlet_id)
                if who:
                    story_id = ids[told.external_id] if told else None
                    _claim(room, coverage, angle["id"], who, wish, story_id, caller, now)
    while room.coverage_matcher.step():
        pass


def _claim(
    room: Newsroom,
    coverage: Coverage,
    angle_id: str,
    outlet_id: str,
    wish: Mapping[str, Any],
    story_id: str | None,
    caller: Caller,
    now: datetime,
) -> None:
    wanted = Claim(
        id=new_id("k"),
        coverage_id=coverage.id,
        angle_id=angle_id,
        outlet_id=outlet_id,
        desk=wish["desk"],
        note=wish["note"],
        until=_midnight(now) + timedelta(days=wish["days"], hours=18),
        claimed_by=caller.key.id,
        created_at=now - _CLAIMED_AGO,
    )
    claim, _ = room.claims.claim(wanted, caller=caller)
    if wish["state"] == "filed" and story_id is not None:
        room.claims.file(coverage.id, claim.id, story_id, caller=caller)
    elif wish["state"] == "released":
        room.claims.release(coverage.id, claim.id, caller=caller)


def _speaks(story: DemoStory, query: StandingQuery) -> bool:
    text = story.draft.text
    return text.published_at >= query.since and any(w in text.title + text.body for w in query.words_any)


def _told(newest_first: Iterable[DemoStory], words: Sequence[str], taken: set[str]) -> DemoStory | None:
    """The newest story of another outlet that holds one of the words, rather in its title."""
    free = [story for story in newest_first if story.draft.outlet_id not in taken]
    for field in ("title", "body"):
        for story in free:
            if any(word in getattr(story.draft.text, field) for word in words):
                return story
    return None


def _coverage(row: Mapping[str, Any], caller: Caller, now: datetime) -> Coverage:
    return Coverage(
        id=new_short_id("z"),
        title=row["title"],
        lead=row["lead"],
        query=StandingQuery(
            since=_midnight(now) - _BACK, until=_midnight(now) + _AHEAD, words_any=tuple(row["words_any"])
        ),
        angles=tuple(
            Angle(
                id=angle["id"],
                name=angle["name"],
                description=angle["description"],
                words=tuple(angle["words"]),
            )
            for angle in row["angles"]
        ),
        opened_by=caller.key.id,
        opened_outlet_id=row["outlet_id"],
        created_at=_midnight(now) - _OPENED_AGO,
    )


def _midnight(now: datetime) -> datetime:
    return now.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)


def _rows() -> list[dict[str, Any]]:
    file = files("tianfu.serving.demo").joinpath("seeds", "coverages.jsonl")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
