"""A story prepared for comparison with many others."""

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.pairs.rarity import Buckets, buckets_of
from tianfu.embeddings.pairs.runs import Runs, runs_of
from tianfu.embeddings.reprints.verify import ComparedText, compared
from tianfu.embeddings.text.wording import wording

RUN, LONG_RUN = 8, 20
OPENING_CHARS = 200
_DAY = re.compile(r"(?:(\d{1,2})\s*月\s*)?(\d{1,2})\s*[日号]")
_NUMERAL = "〇零一二三四五六七八九十百千万亿两"
_NUMBER = re.compile(rf"\d+(?:\.\d+)?|(?<=第)[{_NUMERAL}]+|[{_NUMERAL}]+(?=[日月年天次届期号例场轮])")


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What the pair judge looks at.

    Attributes:
        headline: Folded letters of the headline, ``title_letters`` as code points.
        title: Buckets of the pairs of letters of the headline; ``body`` those of the body.
        whole: Those of headline and body together.
        runs: Runs of eight letters of what is compared; ``long_runs`` those of twenty.
        days: Days of the month named in the body, ``(month or 0, day)``.
        first_day: The first day of the month named in the body's opening, 0 if none is.
        title_numbers: Numbers in the headline, whatever the width of their digits.
    """

    text: ComparedText
    headline: str
    title_letters: npt.NDArray[np.uint32]
    title: Buckets
    body: Buckets
    whole: Buckets
    runs: Runs
    long_runs: Runs
    days: frozenset[tuple[int, int]]
    first_day: int
    title_numbers: frozenset[str]


def profile_of(title: str, body: str) -> Profile:
    """Prepare a clean text."""
    text = compared(title, body)
    head = wording(title)
    letters = wording(body).letters if text.lead_in else text.words.letters
    title_buckets, body_buckets = buckets_of(head.letters), buckets_of(letters)
    first = _DAY.search(body[:OPENING_CHARS])
    return Profile(
        text=text,
        headline=head.spelled,
        title_letters=head.letters,
        title=title_buckets,
        body=body_buckets,
        whole=np.union1d(title_buckets, body_buckets),
        runs=runs_of(text.words.letters, RUN),
        long_runs=runs_of(text.words.letters, LONG_RUN),
        days=frozenset((int(month or 0), int(day)) for month, day in _DAY.findall(body)),
        first_day=int(first.group(2)) if first else 0,
        title_numbers=frozenset(_NUMBER.findall(unicodedata.normalize("NFKC", title))),
    )
