"""Which place a name means, in the light of the other names of the story."""

from collections.abc import Sequence
from dataclasses import dataclass

from tianfu.embeddings.tagging.mentions import Mention

_COUNTY_DIGITS = 6
_CITY_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Resolved:
    """A mention and the place it means (six digits, nine for a township)."""

    adcode: str
    mention: Mention


def resolve(mentions: Sequence[Mention], *, home: str | None = None) -> list[Resolved]:
    """Decide what each mention means; those that stay open are left out.

    Sure names speak first; names that are also common words are believed beside 四川 or another sign
    of their prefecture, or in their own newsroom where they are hardly anything but words, townships beside
    their county.  The outlet's own area counts as a sign.

    Args:
        mentions: In reading order, the title's first.
        home: Adcode of the outlet's own area, county or city.
    """
    answer: dict[int, str] = {}
    for at, mention in enumerate(mentions):
        adcode = _sure(mention, home)
        if adcode is not None:
            answer[at] = adcode
    signs = {adcode[:_CITY_DIGITS] for adcode in answer.values()} - {"5100"}
    if home is not None and home[:_CITY_DIGITS] != "5100":
        signs.add(home[:_CITY_DIGITS])
    for at, mention in enumerate(mentions):
        if at not in answer and mention.name.likely and not mention.next_to_elsewhere:
            adcode = _likely(mention, signs, _before(answer, at), home)
            if adcode is not None:
                answer[at] = adcode
    counties = {adcode for adcode in answer.values() if adcode[_CITY_DIGITS:] != "00"}
    if home is not None:
        counties.add(home)
    for at, mention in enumerate(mentions):
        if at not in answer and mention.name.towns and not mention.next_to_elsewhere:
            adcode = _nearest(
                [t for t in mention.name.towns if t[:_COUNTY_DIGITS] in counties],
                _before(answer, at),
                home,
                digits=_COUNTY_DIGITS,
            )
            if adcode is not None:
                answer[at] = adcode
    return _with_counties_of_towns([Resolved(answer[at], mentions[at]) for at in sorted(answer)])


def _sure(mention: Mention, home: str | None) -> str | None:
    for adcode in (*mention.name.sure, *(one for one in mention.name.homely if one == home)):
        if not mention.next_to_elsewhere or adcode.endswith("00"):
            return adcode
    return None


def _likely(mention: Mention, signs: set[str], before: Sequence[str], home: str | None) -> str | None:
    candidates = list(mention.name.likely)
    near = [adcode for adcode in candidates if adcode[:_CITY_DIGITS] in signs]
    if near:
        return _nearest(near, before, home, digits=_CITY_DIGITS)
    return candidates[0] if mention.in_sichuan and len(candidates) == 1 else None


def _nearest(
    candidates: Sequence[str], before: Sequence[str], home: str | None, *, digits: int
) -> str | None:
    """The only candidate, else the one whose area was named last, else the one at home."""
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    for seen in before:
        for adcode in candidates:
            if adcode[:digits] == seen[:digits]:
                return adcode
    at_home = [adcode for adcode in candidates if home is not None and adcode[:digits] == home[:digits]]
    return at_home[0] if len(at_home) == 1 else None


def _before(answer: dict[int, str], at: int) -> list[str]:
    return [answer[place] for place in sorted(answer, reverse=True) if place < at]


def _with_counties_of_towns(resolved: list[Resolved]) -> list[Resolved]:
    """A township speaks for its county too, where the county itself is not named."""
    named = {one.adcode for one in resolved}
    lifted = [
        Resolved(one.adcode[:_COUNTY_DIGITS], one.mention)
        for one in resolved
        if len(one.adcode) > _COUNTY_DIGITS and one.adcode[:_COUNTY_DIGITS] not in named
    ]
    return resolved + lifted
