"""From seeds to the output of 210 outlets: originals, reprints, rewrites, sibling bulletins."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tianfu.model.cluster import Relation
from tianfu.model.expiry import BEIJING
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.place import Place
from tianfu.model.story import StoryText
from tianfu.serving.demo.edits import reprint
from tianfu.serving.demo.seeds import Bulletin, Seed, fill_dates
from tianfu.serving.services.ingest import StoryDraft

DAYS = 14
BULLETIN_COUNTIES = 7
_MAX_COPIES = 18
_NIGHT = timedelta(hours=8)
_EVENING_SHARE, _MORNING_SHARE = 0.5, 0.4
"""What falls into the eight hours of night comes within so much of them before it, or after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoStory:
    """A story with the truth about it.

    Attributes:
        event: Stories of one event share this.
        copied_from: External id of the story it was copied from, ``None`` for one's own text.
        relation: To the first story of its event; ``None`` for the first itself.
        edits: What the copying desk changed.
    """

    draft: StoryDraft
    event: str
    copied_from: str | None
    relation: Relation | None
    topics: tuple[str, ...]
    places: tuple[str, ...]
    edits: tuple[str, ...] = ()

    @property
    def external_id(self) -> str:
        """The outlet's own id."""
        return self.draft.key[1]


class StoryMill:
    """Makes the demo's stories.  The same seeds, outlets, day and random seed give the same stories.

    With ``by_day`` nothing is published at night, but for what the last night brings.
    """

    def __init__(
        self,
        *,
        outlets: Sequence[Outlet],
        counties: Sequence[Place],
        now: datetime,
        seed: int = 2013,
        by_day: bool = False,
    ) -> None:
        self._outlets = sorted(outlets, key=lambda outlet: outlet.id)
        self._by_adcode: dict[str, list[Outlet]] = {}
        for outlet in self._outlets:
            self._by_adcode.setdefault(outlet.adcode, []).append(outlet)
        self._counties = sorted(counties, key=lambda place: place.adcode)
        self._now = now
        self._earlier, self._later = (evening_before, morning_after) if by_day else (_as_it_is, _as_it_is)
        self._rng = random.Random(seed)  # noqa: S311 - repeatable, not secret

    def all(self, seeds: Sequence[Seed], bulletins: Sequence[Bulletin]) -> list[DemoStory]:
        """Make every story, oldest first; none lies in the future."""
        stories = [
            story for place, seed in enumerate(seeds) for story in self._event(seed, place, len(seeds))
        ]
        stories += [story for bulletin in bulletins for story in self._siblings(bulletin)]
        return sorted(stories, key=lambda s: (s.draft.text.published_at, s.external_id))

    def _event(self, seed: Seed, place: int, count: int) -> Iterator[DemoStory]:
        rng = self._rng
        first_outlet = self._home(seed)
        at = self._now - timedelta(hours=1 + (place * 7 % count) / count * (24 * DAYS - 30)) - _minutes(rng)
        at = self._earlier(at)
        first = self._story(
            seed, first_outlet, f"{seed.id}-0", seed.title, seed.body, at, source="", copied_from=None
        )
        yield first
        told = [(first, at)]
        rewriter = self._near(first_outlet, rng)
        if seed.rewrite is not None:
            then = min(self._now - _minutes(rng), self._later(at + timedelta(hours=rng.uniform(0.3, 9))))
            second = self._story(
                seed,
                rewriter,
                f"{seed.id}-r",
                seed.rewrite.title,
                seed.rewrite.body,
                then,
                source="",
                copied_from=None,
                relation=Relation.SAME_EVENT,
                day=at,
            )
            yield second
            told.append((second, then))
        copiers = self._copiers(first_outlet, rng, {first_outlet.id, rewriter.id})
        for number, outlet in enumerate(copiers, start=1):
            original, since = rng.choice(told[:1] * 3 + told[1:])
            then = since + timedelta(hours=rng.expovariate(1 / 8) + 0.1)
            if then < self._now:
                later = self._later(then)  # nobody waits for a morning that is still to come
                then = later if later < self._now else then
                yield self._copy(seed, original, outlet, f"{seed.id}-{number}", then, at)

    def _copy(
        self, seed: Seed, original: DemoStory, outlet: Outlet, external_id: str, at: datetime, day: datetime
    ) -> DemoStory:
        rng = self._rng
        text = original.draft.text
        source = next(o.name for o in self._outlets if o.id == original.draft.outlet_id)
        own_words = original.relation is Relation.SAME_EVENT
        lead = text.body.split("。")[0] if own_words else seed.lead_alt
        body, edits = reprint(text.body, lead_alt=lead, source=source, rng=rng)
        titles = [text.title] if own_words else [text.title, *seed.alt_titles]
        title = rng.choice(titles)
        return self._story(
            seed,
            outlet,
            external_id,
            title,
            body,
            at,
            source=source,
            copied_from=original.external_id,
            relation=original.relation or Relation.REPRINT,
            edits=edits if title == text.title else (*edits, "re_headlined"),
            day=day,
        )

    def _story(
        self,
        seed: Seed,
        outlet: Outlet,
        external_id: str,
        title: str,
        body: str,
        at: datetime,
        *,
        source: str,
        copied_from: str | None,
        relation: Relation | None = None,
        edits: tuple[str, ...] = (),
        day: datetime | None = None,
    ) -> DemoStory:
        # A copy carries the dates its original was filled with; alternative titles are filled like it.
        text = StoryText(
            title=fill_dates(title, day or at),
            body=fill_dates(body, day or at),
            published_at=at,
            source=source,
            channel=_channel(seed),
            url=f"https://news.example/{outlet.id}/{external_id}",
            expires_at=at + timedelta(days=seed.valid_days) if seed.valid_days else None,
        )
        return DemoStory(
            draft=StoryDraft(outlet_id=outlet.id, external_id=external_id, text=text),
            event=seed.id,
            copied_from=copied_from,
            relation=relation,
            topics=seed.topics,
            places=seed.places,
            edits=edits,
        )

    def _siblings(self, bulletin: Bulletin) -> Iterator[DemoStory]:
        """The same template from several counties on several days: alike in form, never the same news."""
        rng = self._rng
        counties = [c for c in self._counties if c.adcode in self._by_adcode]
        for county in rng.sample(counties, k=BULLETIN_COUNTIES):
            outlet = self._by_adcode[county.adcode][0]
            for back in range(0, DAYS, 2):
                at = self._earlier(self._now - timedelta(days=back, hours=1) - _minutes(rng))
                slots = {name: str(rng.randint(low, high)) for name, (low, high) in bulletin.numbers.items()}
                slots |= {name: rng.choice(choices) for name, choices in bulletin.words.items()}
                slots |= {"county": county.name, "town": f"{county.name}城区"}
                external_id = f"{bulletin.id}-{county.adcode}-{back}"
                text = StoryText(
                    title=_filled(bulletin.title, slots, at),
                    body=_filled(bulletin.body, slots, at),
                    published_at=at,
                    channel="便民",
                    url=f"https://news.example/{outlet.id}/{external_id}",
                    expires_at=at + timedelta(days=bulletin.valid_days),
                )
                yield DemoStory(
                    draft=StoryDraft(outlet_id=outlet.id, external_id=external_id, text=text),
                    event=external_id,
                    copied_from=None,
                    relation=None,
                    topics=bulletin.topics,
                    places=(county.adcode,),
                )

    def _home(self, seed: Seed) -> Outlet:
        at_home = self._by_adcode.get(seed.adcode)
        if at_home:
            return at_home[0]
        return next(o for o in self._outlets if o.level is OutletLevel.PROVINCE)

    def _near(self, outlet: Outlet, rng: random.Random) -> Outlet:
        """Another outlet that would send its own reporter: the same prefecture's, or the province's."""
        near = [
            o
            for o in self._outlets
            if o.id != outlet.id and (o.city_adcode == outlet.city_adcode or o.level is OutletLevel.PROVINCE)
        ]
        return rng.choice(near)

    def _copiers(self, outlet: Outlet, rng: random.Random, taken: set[str]) -> list[Outlet]:
        """Who reprints: neighbours first, then the levels above, now and then somebody far away."""
        weights = [
            5.0 if o.city_adcode == outlet.city_adcode else 4.0 if o.level is OutletLevel.PROVINCE else 0.3
            for o in self._outlets
        ]
        count = min(_MAX_COPIES, 5 + int(rng.expovariate(1 / 6)))
        chosen: dict[str, Outlet] = {}
        while len(chosen) < count:
            one = rng.choices(self._outlets, weights)[0]
            if one.id not in taken:
                chosen[one.id] = one
        return list(chosen.values())


def evening_before(at: datetime) -> datetime:
    """The same time, or for one at night one of the evening before: newsrooms publish by day."""
    late = _into_the_night(at)
    return at if late is None else at - late - (_NIGHT - late) * _EVENING_SHARE


def morning_after(at: datetime) -> datetime:
    """The same time, or for one at night one of the morning after it; the order stays."""
    late = _into_the_night(at)
    return at if late is None else at - late + _NIGHT + late * _MORNING_SHARE


def _as_it_is(at: datetime) -> datetime:
    return at


def _into_the_night(at: datetime) -> timedelta | None:
    """How long a night that begins at 23:00 in China has gone on; ``None`` by day."""
    local = at.astimezone(BEIJING)
    since = timedelta(hours=(local.hour - 23) % 24, minutes=local.minute, seconds=local.second)
    return since if since < _NIGHT else None


def _minutes(rng: random.Random) -> timedelta:
    return timedelta(minutes=rng.uniform(1, 55))


def _filled(template: str, slots: dict[str, str], at: datetime) -> str:
    text = template
    for name, value in slots.items():
        text = text.replace("{" + name + "}", value)
    return fill_dates(text, at)


def _channel(seed: Seed) -> str:
    return {"notice": "便民", "service": "便民", "emergency": "应急"}.get(seed.genre, "要闻")
