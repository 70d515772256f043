"""Places a story is about, and those it merely mentions."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from tianfu.embeddings.tagging.evidence import Source, spans
from tianfu.embeddings.tagging.gazetteer import Gazetteer, load_gazetteer
from tianfu.embeddings.tagging.mentions import Mention, read_mentions
from tianfu.embeddings.tagging.resolve import Resolved, resolve
from tianfu.embeddings.tagging.segment import Segmenter, load_segmenter
from tianfu.model.place import Place, PlaceLevel
from tianfu.model.ports import TaggingText
from tianfu.model.tag import TagKind, TagSuggestion, TextField
from tianfu.model.vocab.divisions import Divisions, load_divisions

VERSION = "places@1"
BODY_CHARS = 2_000
"""How much of a body is read; what comes later is hardly what the story is about."""
TITLE_WEIGHT = 3.0
LEAD_WEIGHT = 2.0
LEAD_CHARS = 70
_LEAST = 0.25
_LEAST_PRIMARY = 0.5
_LONG_LIST = 6
_MOST_SPANS = 5
_AS_GOOD_AS = 0.75
_SHARED_NAMES = frozenset({"市中区", "东区", "西区"})
_LEVEL_FACTOR = {
    PlaceLevel.PROVINCE: 0.5,
    PlaceLevel.CITY: 1.0,
    PlaceLevel.COUNTY: 1.2,
    PlaceLevel.TOWNSHIP: 0.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    place: Place
    score: float
    confidence: float
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True)
class PlaceTagger:
    """Finds divisions of Sichuan down to townships; safe to call from many threads."""

    gazetteer: Gazetteer
    segmenter: Segmenter
    divisions: Divisions

    @property
    def version(self) -> str:
        """Name and version of these rules."""
        return f"{VERSION}+{self.divisions.provenance.version}"

    def suggest(self, texts: Sequence[TaggingText]) -> list[list[TagSuggestion]]:
        """For each text its places, most confident first; at most one is primary.

        A confidence of at least one half says the story is about the place, less that it mentions it.
        """
        return [self._one(text, text.home) for text in texts]

    def _one(self, text: TaggingText, home: str | None) -> list[TagSuggestion]:
        sources = {
            TextField.TITLE: Source.of(TextField.TITLE, text.title),
            TextField.BODY: Source.of(TextField.BODY, text.body[:BODY_CHARS]),
        }
        mentions = [
            mention
            for field, source in sources.items()
            for mention in read_mentions(
                field, source.text, gazetteer=self.gazetteer, segmenter=self.segmenter
            )
        ]
        if not mentions:
            return []
        weighed = self._weigh(resolve(mentions, home=home), home)
        primary = self._primary(weighed)
        return [
            TagSuggestion(
                kind=TagKind.PLACE,
                code=one.place.adcode,
                label=self._label(one.place),
                confidence=round(one.confidence, 3),
                primary=one is primary,
                evidence=spans(sources, _strongest(one.mentions)),
            )
            for one in sorted(weighed, key=lambda w: (w is not primary, -w.confidence, w.place.adcode))
        ]

    def _weigh(self, resolved: Sequence[Resolved], home: str | None) -> list[_Weighed]:
        said: dict[str, list[Mention]] = defaultdict(list)
        for one in resolved:
            said[one.adcode].append(one.mention)
        cities = {adcode[:4] for adcode in said}
        crowded = sum(1 for adcode in said if self.divisions.by_adcode[adcode].level is PlaceLevel.COUNTY)
        weighed: list[_Weighed] = []
        for adcode, mentions in said.items():
            place = self.divisions.by_adcode[adcode]
            score = _score(mentions)
            confidence = 1 - exp(-0.5 * score)
            if place.level is PlaceLevel.PROVINCE:
                confidence *= 0.7
            if crowded > _LONG_LIST and all(m.field is TextField.BODY for m in mentions):
                confidence *= 0.75
            if _is_doubtful(place, mentions, cities=cities, said=said, home=home):
                confidence *= 0.75
            if confidence >= _LEAST:
                weighed.append(
                    _Weighed(place=place, score=score, confidence=confidence, mentions=tuple(mentions))
                )
        return weighed

    def _primary(self, weighed: Sequence[_Weighed]) -> _Weighed | None:
        fit = [w for w in weighed if w.confidence >= _LEAST_PRIMARY and _LEVEL_FACTOR[w.place.level]]
        if not fit:
            return None
        best = max(fit, key=lambda w: (w.score * _LEVEL_FACTOR[w.place.level], -_first(w.mentions)))
        rivals = [
            w
            for w in fit
            if w.place.level is best.place.level
            and w.place.parent == best.place.parent
            and w.score >= _AS_GOOD_AS * best.score
        ]
        above = next((w for w in fit if w.place.adcode == best.place.parent), None)
        return above if len(rivals) > 2 and above is not None else best

    def _label(self, place: Place) -> str:
        return self.divisions.full_name(place.adcode) if place.name in _SHARED_NAMES else place.name


def load_place_tagger() -> PlaceTagger:
    """Load vocabularies, automaton and dictionary."""
    return PlaceTagger(load_gazetteer(), load_segmenter(), load_divisions())


def _score(mentions: Sequence[Mention]) -> float:
    title = max((m.weight for m in mentions if m.field is TextField.TITLE), default=0.0)
    body = [m for m in mentions if m.field is TextField.BODY]
    lead = max((m.weight for m in body if m.start < LEAD_CHARS), default=0.0)
    said = sum(m.weight for m in body)
    return TITLE_WEIGHT * title + (LEAD_WEIGHT - 1) * lead + (said if said <= 1 else 1 + log(said))


def _is_doubtful(
    place: Place,
    mentions: Sequence[Mention],
    *,
    cities: set[str],
    said: dict[str, list[Mention]],
    home: str | None,
) -> bool:
    """Whether only a bare short name speaks for it and nothing else in the story is of Sichuan."""
    if any(m.name.official or m.in_sichuan for m in mentions) or place.level is not PlaceLevel.COUNTY:
        return False
    at_home = home is not None and home[:4] == place.adcode[:4]
    longest = max(len(m.name.text) for m in mentions)
    return len(said) == 1 and len(cities) == 1 and not at_home and longest < 4


def _first(mentions: Sequence[Mention]) -> int:
    return min(m.start + (0 if m.field is TextField.TITLE else 1_000) for m in mentions)


def _strongest(mentions: Sequence[Mention]) -> list[Mention]:
    return sorted(mentions, key=lambda m: (m.field is not TextField.TITLE, -m.weight, m.start))[:_MOST_SPANS]
