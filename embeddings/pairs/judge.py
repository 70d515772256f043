"""The judge of pairs: reprint against same event against same topic."""

from collections import OrderedDict
from pathlib import Path
from threading import Lock

import numpy as np

from tianfu.embeddings.artefact import load_artefact
from tianfu.embeddings.pairs.bounds import MISREAD_CONTAINMENT, copy_probability, moved_elsewhere
from tianfu.embeddings.pairs.features import NAMES, feature_range, features
from tianfu.embeddings.pairs.headlines import one_headline_for_two, sister_headlines
from tianfu.embeddings.pairs.heads import HEADS_FILE, Heads, read_heads
from tianfu.embeddings.pairs.profile import Profile, profile_of
from tianfu.embeddings.pairs.rarity import Rarity, read_rarity, shared
from tianfu.embeddings.reprints.fingerprint import fingerprint
from tianfu.embeddings.reprints.verify import ReprintVerdict, verify
from tianfu.model.cluster import Relation
from tianfu.model.ports import PairText, PairVerdict

KEPT_PROFILES = 2_048
HOPELESS = 0.2
"""Share of rare words in common below which hardly any pair tells the same event."""
LEAST_LETTERS = 20
"""Stories of fewer letters, headline and body together, are left to an editor: 今日天气 over a picture is not
one story for ever."""
_CONTAINMENT = NAMES.index("containment")
_TOPIC_FLOOR = 0.14
"""Share of rare words in common from which two stories count as of one topic."""


class LexicalPairJudge:
    """Judges pairs on their wording, figures, days and names.  Symmetric; safe from many threads.

    The cosine of the vectors decides only where the texts leave it open whether two stories are of one
    topic: on labelled pairs it added nothing to the wording otherwise.
    """

    def __init__(self, *, heads: Heads, rarity: Rarity, version: str) -> None:
        self._heads = heads
        self._rarity = rarity
        self._version = version
        self._profiles: OrderedDict[tuple[str, str], Profile] = OrderedDict()
        self._lock = Lock()

    @property
    def version(self) -> str:
        """Name and version of the model, as written in its card."""
        return self._version

    def fingerprint(self, text: PairText) -> bytes:
        """What the copy index and the database keep of a clean text."""
        return fingerprint(text.title, text.body).to_bytes()

    def judge(self, a: PairText, b: PairText, cosine: float) -> PairVerdict:
        """Judge one pair of clean texts; ``cosine`` is the similarity of their vectors, -1..1."""
        one, other = self._profile(a), self._profile(b)
        common = self._common(one, other)
        if common < HOPELESS:
            near = cosine >= 0.6 or common >= _TOPIC_FLOOR
            return PairVerdict(relation=Relation.SAME_TOPIC if near else Relation.UNRELATED, score=0.95)
        if not _same_wording(one, other) and (sister_headlines(one, other) or self._cannot_join(one, other)):
            return PairVerdict(relation=Relation.SAME_TOPIC, score=0.95)
        found = verify(one.text, other.text)
        telling = min(_letters(one), _letters(other)) >= LEAST_LETTERS
        if found.same_wording and np.array_equal(one.title_letters, other.title_letters):
            return _verdict(Relation.IDENTICAL, 1.0, found, sure=telling)
        if moved_elsewhere(found):
            return _verdict(Relation.SAME_TOPIC, 0.95, found)
        row = features(one, other, found, self._rarity)
        copy = copy_probability(self._heads.copy, row, found)
        settled = telling and not one_headline_for_two(one, other, found.changes)
        if copy >= self._heads.copy.threshold:
            return _verdict(Relation.REPRINT, copy, found, sure=settled and copy >= self._heads.copy.sure)
        event = max(self._heads.event.probability(row), copy)
        if event >= self._heads.event.threshold:
            sure = settled and event >= self._heads.event.sure
            return _verdict(Relation.SAME_EVENT, event, found, sure=sure)
        return _verdict(Relation.SAME_TOPIC, 1.0 - event, found)

    def _cannot_join(self, a: Profile, b: Profile) -> bool:
        """Whether no alignment of the texts could make either head say yes; exact, and cheaper than one."""
        low, high = feature_range(a, b, self._rarity)
        return (
            float(low[_CONTAINMENT]) < MISREAD_CONTAINMENT
            and self._heads.copy.most(low, high) < self._heads.copy.threshold
            and self._heads.event.most(low, high) < self._heads.event.threshold
        )

    def _common(self, a: Profile, b: Profile) -> float:
        """Share of the weight of the lighter one's pairs of letters that the other has too, 0..1.

        Two texts without a letter have all in common.
        """
        least = min(self._rarity.mass(a.whole), self._rarity.mass(b.whole))
        return (
            self._rarity.mass(shared(a.whole, b.whole)) / least
            if least
            else float(not len(a.whole) + len(b.whole))
        )

    def _profile(self, text: PairText) -> Profile:
        key = (text.title, text.body)
        with self._lock:
            known = self._profiles.get(key)
            if known is not None:
                self._profiles.move_to_end(key)
                return known
        made = profile_of(text.title, text.body)
        with self._lock:
            self._profiles[key] = made
            if len(self._profiles) > KEPT_PROFILES:
                self._profiles.popitem(last=False)
        return made


def load_pair_judge(path: Path) -> LexicalPairJudge:
    """Load the judge from its artefact.

    Raises:
        ArtefactInvalid: It is incomplete, altered or of another kind.
    """
    artefact = load_artefact(path, kind="pairs")
    return LexicalPairJudge(
        heads=read_heads(artefact.file(HEADS_FILE)),
        rarity=read_rarity(artefact),
        version=artefact.version,
    )


def _letters(story: Profile) -> int:
    """Letters of headline and body; a short body is compared with its headline before it."""
    return story.text.letters + (0 if story.text.lead_in else len(story.headline))


def _same_wording(a: Profile, b: Profile) -> bool:
    return np.array_equal(a.text.words.letters, b.text.words.letters)


def _verdict(relation: Relation, score: float, found: ReprintVerdict, *, sure: bool = True) -> PairVerdict:
    return PairVerdict(
        relation=relation,
        score=min(max(score, 0.0), 1.0),
        sure=sure,
        containment=found.containment,
        passages=found.passages,
    )
