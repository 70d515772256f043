"""A joint coverage made ready for matching: folded words and the vectors it compares stories with."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tianfu.model.coverage import Coverage, Pick, PickVerb
from tianfu.model.coverage_match import AngleLikeness, CoverageStory, MatchReason, Membership, membership
from tianfu.model.ports import Encoder
from tianfu.model.story import Story, StoryState
from tianfu.model.tag import TagAssignment, TagKind, TextField
from tianfu.serving.services.reading import in_own_body
from tianfu.serving.store.database import UnitOfWork

_Vector = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadStory:
    """A story as matched, and how to tell an editor about it in the outlet's own text."""

    facts: CoverageStory
    encoder: str
    vector: _Vector | None
    story: Story
    clean_body: str

    def in_own_text(self, found: Membership) -> Membership:
        """Move all evidence into the outlet's own text, as it wrote it."""
        return replace(
            found,
            reasons=tuple(self._own(reason) for reason in found.reasons),
            angles=tuple(
                replace(share, reasons=tuple(self._own(r) for r in share.reasons)) for share in found.angles
            ),
        )

    def _own(self, reason: MatchReason) -> MatchReason:
        moved = []
        for span in reason.evidence:
            shown = self.story.text.title if span.field is TextField.TITLE else self.clean_body
            written = replace(span, text=shown[span.start : span.end])
            there = in_own_body(written, clean=self.clean_body, own=self.story.text.body)
            if there is not None:
                moved.append(there)
        return replace(reason, evidence=tuple(moved))


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageLens:
    """What it takes to judge any story, read at one moment.

    Attributes:
        coverage: With folded words.
        encoder: Fingerprint of the encoder of all its vectors.
        centre: Of the examples, unit length; ``None`` without any that is live.
        described: Vector of the description of each angle that has one, by angle id.
        picked: Centre of what editors put under each angle, likewise.
        anchors: Stories whose vectors shaped this; when one changes, everything is matched again.
    """

    coverage: Coverage
    encoder: str
    picks: Mapping[int, Pick]
    centre: _Vector | None
    described: Mapping[str, _Vector]
    picked: Mapping[str, _Vector]
    anchors: frozenset[int]

    def judge(self, read: ReadStory) -> Membership | None:
        """Decide on one story; a vector of another encoder says nothing."""
        story, vector = read.facts, read.vector if read.encoder == self.encoder else None
        cosine = None
        likeness: dict[str, AngleLikeness] = {}
        if vector is not None:
            cosine = _cosine(self.centre, vector)
            likeness = {
                angle.id: AngleLikeness(
                    described=_cosine(self.described.get(angle.id), vector),
                    picked=_cosine(self.picked.get(angle.id), vector),
                )
                for angle in self.coverage.angles
            }
        return membership(self.coverage, story, self.picks.get(story.number), cosine, likeness)


class LensGrinder:
    """Reads stories and coverages for matching.  Remembers the vectors of angles' descriptions."""

    def __init__(
        self, *, encoder: Callable[[], Encoder], clean: Callable[[str], str], fold: Callable[[str], str]
    ) -> None:
        """Take the models.

        Args:
            encoder: Tells the encoder that serves at this moment.
            clean: Body to its visible text.
            fold: Folds width, case and script, one character to one character.
        """
        self._encoder = encoder
        self._clean = clean
        self._fold = fold
        self._described: dict[tuple[str, str], _Vector] = {}

    def grind(self, coverage: Coverage, uow: UnitOfWork) -> CoverageLens:
        """Make a coverage ready, as of this transaction."""
        encoder = self._encoder()
        picks = uow.coverages.picks(coverage.id)
        examples = [s.number for s in uow.stories.by_ids(coverage.query.examples).values() if _is_live(s)]
        put = {a.id: sorted(_put_there(a.id, picks.values())) for a in coverage.angles}
        wanted = sorted({*examples, *(n for numbers in put.values() for n in numbers)})
        live = {n for n, s in uow.stories.by_numbers(wanted).items() if _is_live(s)}
        vectors = {n: v for n, v in _vectors(wanted, encoder, uow).items() if n in live}
        centres = {
            angle_id: _centre([vectors[n] for n in there if n in vectors]) for angle_id, there in put.items()
        }
        anchors = {s.number for s in uow.stories.by_ids(coverage.query.examples).values()}
        return CoverageLens(
            coverage=coverage.folded(self._fold),
            encoder=encoder.fingerprint,
            picks=picks,
            centre=_centre([vectors[n] for n in sorted(examples) if n in vectors]),
            described={
                angle.id: self._describe(f"{angle.name}\n{angle.description}", encoder)
                for angle in coverage.angles
                if angle.description
            },
            picked={angle_id: centre for angle_id, centre in centres.items() if centre is not None},
            anchors=frozenset(anchors.union(*put.values())),
        )

    def read(self, numbers: Sequence[int], uow: UnitOfWork) -> dict[int, ReadStory]:
        """Read those stories that are live and indexed."""
        stories = {n: s for n, s in uow.stories.by_numbers(numbers).items() if _is_live(s)}
        tags = uow.tags.of(sorted(stories))
        encoder = self._encoder()
        vectors = _vectors(sorted(stories), encoder, uow)
        return {
            n: ReadStory(
                facts=self._facts(story, tags.get(n, ())),
                encoder=encoder.fingerprint,
                vector=vectors.get(n),
                story=story,
                clean_body=self._clean(story.text.body),
            )
            for n, story in sorted(stories.items())
        }

    def _facts(self, story: Story, tags: Sequence[TagAssignment]) -> CoverageStory:
        counted = [tag for tag in tags if tag.counts]
        places = tuple(tag.code for tag in counted if tag.kind is TagKind.PLACE)
        return CoverageStory(
            number=story.number,
            outlet_id=story.outlet_id,
            published_at=story.text.published_at,
            title=self._fold(story.text.title),
            body=self._fold(self._clean(story.text.body)),
            topics={t.code: t.confidence for t in counted if t.kind in (TagKind.TOPIC, TagKind.FINE_TOPIC)},
            places=places or ((story.text.adcode,) if story.text.adcode else ()),
        )

    def _describe(self, text: str, encoder: Encoder) -> _Vector:
        key = (encoder.fingerprint, text)
        if key not in self._described:
            if len(self._described) > _MAX_DESCRIBED:
                self._described.clear()
            self._described[key] = encoder.encode([text])[0]
        return self._described[key]


_MAX_DESCRIBED = 1_000


def _vectors(numbers: Sequence[int], encoder: Encoder, uow: UnitOfWork) -> dict[int, _Vector]:
    found = uow.vectors.of(numbers, encoder=encoder.fingerprint)
    return {number: stored.vector for number, stored in found.items()}


def _put_there(angle_id: str, picks: Iterable[Pick]) -> set[int]:
    return {p.story_number for p in picks if p.angle_id == angle_id and p.verb is PickVerb.ADD}


def _is_live(story: Story) -> bool:
    return story.state is StoryState.LIVE and story.indexed_revision > 0


def _cosine(centre: _Vector | None, vector: _Vector) -> float | None:
    return float(centre @ vector) if centre is not None else None


def _centre(vectors: Sequence[_Vector]) -> _Vector | None:
    if not vectors:
        return None
    total = np.sum(np.stack(vectors), axis=0)
    length = float(np.linalg.norm(total))
    return (total / length).astype(np.float32) if length > 0 else None
