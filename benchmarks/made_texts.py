"""Texts for load tests, made of the demo's own sentences: no two alike, unless one is a copy on purpose."""

import random
from dataclasses import dataclass

from tianfu.serving.demo.edits import reprint
from tianfu.serving.demo.seeds import load_seeds

_SENTENCES = 9
_BLURRED = 0.2
"""Share of characters that are swapped for others, so that two stories with one sentence share no wording."""
_COPIES = 0.15
_REMEMBERED = 2_000


@dataclass(frozen=True, slots=True)
class MadeText:
    """A headline and a body of some 450 characters."""

    title: str
    body: str


class TextMill:
    """Makes texts without end: new ones, and copies of those made lately, edited as desks edit."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        seeds = load_seeds()
        self._titles = [seed.title for seed in seeds]
        self._sentences = [s for seed in seeds for s in seed.body.replace("\n", "").split("。") if s]
        self._characters = "".join(self._sentences)
        self._lately: list[MadeText] = []

    def story(self) -> MadeText:
        """The next story to be sent: new, or a copy of one sent lately."""
        if self._lately and self._rng.random() < _COPIES:
            return self.copy()
        made = self.new()
        self._lately.append(made)
        del self._lately[:-_REMEMBERED]
        return made

    def new(self) -> MadeText:
        """A text that nothing else is like."""
        sentences = self._rng.sample(self._sentences, _SENTENCES)
        return MadeText(
            self._blurred(self._rng.choice(self._titles)),
            "\n".join(f"{self._blurred(sentence)}。" for sentence in sentences),
        )

    def copy(self) -> MadeText:
        """A copy of a story sent lately; a new text when there is none."""
        if not self._lately:
            return self.new()
        first = self._rng.choice(self._lately)
        lead = first.body.split("。")[0]
        body, _ = reprint(first.body, lead_alt=lead, source="四川日报", rng=self._rng)
        return MadeText(first.title, body)

    def words(self) -> str:
        """What somebody might search for: two to four characters of a headline."""
        title = self._rng.choice(self._titles)
        start = self._rng.randrange(max(1, len(title) - 4))
        return title[start : start + self._rng.choice((2, 2, 3, 4))].strip("“”《》，、：！？ ") or "春耕"

    def _blurred(self, words: str) -> str:
        rng = self._rng
        return "".join(rng.choice(self._characters) if rng.random() < _BLURRED else c for c in words)
