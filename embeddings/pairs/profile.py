"""A story prepared for comparison with many others."""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.pairs.rarity import BUCKETS, GRAM, RARE, Buckets, Rarity, buckets_of
from tianfu.embeddings.reprints.verify import ComparedText, compared
from tianfu.embeddings.text.wording import gram_hashes, wording

LEAD_LETTERS = 120
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_DAY = re.compile(r"(?:(\d{1,2})\s*月\s*)?(\d{1,2})\s*[日号]")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]+")
_NAMED = re.compile(r"[《“\"「]([^》”\"」]{2,20})[》”\"」]")


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What the pair judge looks at.

    Attributes:
        title, lead, body: Buckets of the pairs of letters of each.
        whole: Those of headline and body together.
        figures: Figures of at least two digits, as written.
        days: Days of the month named in the body, ``(month or 0, day)``.
        latin: Names and terms in Latin letters, lower case.
        named: What stands in quotation marks or title marks.
        letters: Folded letters of headline and body.
    """

    text: ComparedText
    title_letters: npt.NDArray[np.uint32]
    title: Buckets
    lead: Buckets
    body: Buckets
    whole: Buckets
    figures: frozenset[str]
    days: frozenset[tuple[int, int]]
    latin: frozenset[str]
    named: frozenset[str]
    letters: npt.NDArray[np.uint32]

    def rare_runs(self, rarity: Rarity) -> Buckets:
        """Hashes of the runs of three letters of which both pairs are rare: names, mostly.  Ascending."""
        rare = rarity.weights[gram_hashes(self.letters, GRAM) % BUCKETS] >= RARE
        runs = gram_hashes(self.letters, GRAM + 1)
        return np.unique(runs[rare[:-1] & rare[1:]]).astype(np.int64) if len(runs) else runs.astype(np.int64)


def profile_of(title: str, body: str) -> Profile:
    """Prepare a clean text."""
    text = compared(title, body)
    head = wording(title).letters
    letters = wording(body).letters if text.lead_in else text.words.letters
    both = f"{title}\n{body}"
    title_buckets, body_buckets = buckets_of(head), buckets_of(letters)
    return Profile(
        text=text,
        title_letters=head,
        title=title_buckets,
        lead=buckets_of(letters[:LEAD_LETTERS]),
        body=body_buckets,
        whole=np.union1d(title_buckets, body_buckets),
        figures=frozenset(f for f in _FIGURE.findall(both) if len(f) > 1),
        days=frozenset((int(month or 0), int(day)) for month, day in _DAY.findall(body)),
        latin=frozenset(word.lower() for word in _LATIN.findall(both)),
        named=frozenset(_NAMED.findall(both)),
        letters=wording(both).letters,
    )
