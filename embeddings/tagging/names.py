"""People and organisations that a story names.  Precision first: a name in doubt is left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tianfu.embeddings.tagging.evidence import Source
from tianfu.embeddings.tagging.organisations import (
    Organisation,
    OrganisationFinder,
    load_organisation_finder,
)
from tianfu.embeddings.tagging.people import PeopleFinder, Person, Sign, load_people_finder
from tianfu.embeddings.tagging.segment import load_segmenter
from tianfu.model.ports import TaggingText
from tianfu.model.tag import MAX_CODE_CHARS, EvidenceSpan, TagKind, TagSuggestion, TextField

VERSION = "names@2"
BODY_CHARS = 1_000
MOST_OF_A_KIND = 8
_MOST_SPANS = 3
_PERSON_CONFIDENCE = {
    Sign.KNOWN: 0.95,
    Sign.VERB: 0.95,
    Sign.CALLING: 0.94,
    Sign.LIST: 0.9,
    Sign.SHAPE: 0.93,
    Sign.TRANSCRIBED: 0.75,
}
"""Share of right names by sign on three annotated corpora (newswire of 1998, web news of 2012)."""
_KNOWN_ORGANISATION, _RULED_ORGANISATION = 0.85, 0.7


@dataclass(frozen=True, slots=True)
class _Name:
    kind: TagKind
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class NameTagger:
    """Finds people by callings, verbs and fame, organisations by place and office; thread-safe."""

    people: PeopleFinder
    organisations: OrganisationFinder

    @property
    def version(self) -> str:
        """Name and version of these rules."""
        return VERSION

    def suggest(self, texts: Sequence[TaggingText]) -> list[list[TagSuggestion]]:
        """For each text up to eight people and eight organisations, most confident first."""
        return [self._one(text) for text in texts]

    def _one(self, text: TaggingText) -> list[TagSuggestion]:
        sources = (
            Source.of(TextField.TITLE, text.title),
            Source.of(TextField.BODY, text.body[:BODY_CHARS]),
        )
        names: dict[tuple[TagKind, str], _Name] = {}
        abroad: set[str] = set()
        for source in sources:
            for name in self._names(source.text, abroad):
                key = (name.kind, name.text)
                if key not in names or names[key].confidence < name.confidence:
                    names[key] = name
        for bare in abroad:
            names.pop((TagKind.ORGANISATION, bare), None)
        longer = [text for kind, text in names if kind is TagKind.ORGANISATION]
        names = {
            key: name
            for key, name in names.items()
            if name.kind is TagKind.PERSON
            or not any(text != name.text and text.endswith(name.text) for text in longer)
        }
        suggestions: list[TagSuggestion] = []
        for kind in (TagKind.PERSON, TagKind.ORGANISATION):
            ranked = sorted((n for n in names.values() if n.kind is kind), key=lambda n: -n.confidence)
            suggestions += [_suggestion(name, sources) for name in ranked[:MOST_OF_A_KIND]]
        return sorted(suggestions, key=lambda s: -s.confidence)

    def _names(self, text: str, abroad: set[str]) -> Iterable[_Name]:
        organisations = _outermost(list(self.organisations.find(text)))
        abroad.update(one.abroad for one in organisations if one.abroad is not None)
        taken = [(o.start, o.end) for o in organisations]
        for person in self.people.find(text):
            if not _inside(person, taken):
                yield _Name(TagKind.PERSON, person.text, _PERSON_CONFIDENCE[person.sign])
        for one in organisations:
            confidence = _KNOWN_ORGANISATION if one.known else _RULED_ORGANISATION
            if len(one.text) <= MAX_CODE_CHARS:
                yield _Name(TagKind.ORGANISATION, one.text, confidence)


def load_name_tagger() -> NameTagger:
    """Load word lists, automata and the dictionary."""
    segmenter = load_segmenter()
    return NameTagger(load_people_finder(segmenter), load_organisation_finder(segmenter))


def _outermost(found: list[Organisation]) -> list[Organisation]:
    kept: list[Organisation] = []
    for one in sorted(found, key=lambda o: (o.start, -o.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def _inside(person: Person, taken: Sequence[tuple[int, int]]) -> bool:
    return any(start < person.end and person.start < end for start, end in taken)


def _suggestion(name: _Name, sources: Sequence[Source]) -> TagSuggestion:
    spans: list[EvidenceSpan] = []
    for source in sources:
        at = source.text.find(name.text)
        while at >= 0 and len(spans) < _MOST_SPANS:
            spans.append(source.span(at, at + len(name.text), 1.0))
            at = source.text.find(name.text, at + len(name.text))
    own = spans[0].text if spans else name.text
    label = own if own.casefold() == name.text.casefold() else name.text
    return TagSuggestion(
        kind=name.kind, code=name.text, label=label, confidence=name.confidence, evidence=tuple(spans)
    )
