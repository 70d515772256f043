"""Where a text says the name of a place, with the words that decide whether it means it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tianfu.embeddings.tagging.gazetteer import Gazetteer, Name
from tianfu.embeddings.tagging.name_words import load_name_words
from tianfu.embeddings.tagging.segment import Segmenter
from tianfu.model.tag import TextField

_STREET = re.compile(
    r"[东西南北中]?[一二三四五六七八九十]?(?:路(?![况上面网边灯])|街(?![头上道])|大道|大街|巷)"
)
_CREDIT = re.compile(
    r".{0,2}(?:融媒|日报|晚报|商报|都市报|电视台|广播|新闻网|新闻传媒|传媒中心|发布|在线|观察|新闻客户端)"
)
_DATELINE = re.compile(
    r"^[^。!?]{0,28}?(?:日电|日讯|报讯|网讯|消息|电)(?:[ ):]*\([^)]{0,40}\)|[ ):])|^\([^)]{0,40}\)"
)
_BYLINE = re.compile(
    r"(?:记者|通讯员|摄影|撰稿|作者|编辑|校对|审核)(?:[: ](?:[\u4e00-\u9fff]{2,4}[ 、]){0,4}$|"
    r"(?:[: ]?(?:[\u4e00-\u9fff]{2,4}[ 、]){1,4})$)"
)
_REPORTS_FROM = re.compile(r"\s?(?:报道|消息|电|讯|文|图|探访|获悉|\d|[市县区州])")
_NO_SURNAMES = frozenset("于向安和成方时任万包常能关应宁路江水区连从对把让由过到自近又再")
"""Also words, or ends of words, that stand right before a place."""
_BARE_DISTRICTS = frozenset({"东区", "西区", "市中区"})
_BEFORE_A_DISTRICT = frozenset("市、,。;:!?“”\"' 在和与及到往于对从赴至把让是()《》\n")
_DISTRICT_WORDS = ("域", "位", "间", "块")
_BEFORE = 24
_SHORT = 3
CREDIT_WEIGHT = 0.2
DATELINE_WEIGHT = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A name in a normalised text.

    Attributes:
        start: Offset in the normalised text.
        weight: 1, or less in a dateline or a source credit, which say who reports, not what about.
        in_sichuan: Whether 四川 stands right before it.
        next_to_elsewhere: Whether a place of another province stands right before it.
    """

    field: TextField
    start: int
    end: int
    name: Name
    weight: float
    in_sichuan: bool
    next_to_elsewhere: bool


def read_mentions(
    field: TextField, text: str, *, gazetteer: Gazetteer, segmenter: Segmenter
) -> Iterator[Mention]:
    """Find names in order; those cut out of other words, of streets and of foreigners are left out.

    Args:
        field: Which of the story's strings it is.
        text: Normalised.
        gazetteer: All names.
        segmenter: Tells words from pieces of words.
    """
    found = _DATELINE.match(text) if field is TextField.BODY else None
    opening = found.end() if found else 0
    ours_until, elsewhere_until = -1, -1
    for start, end, name in _said(text, gazetteer, segmenter):
        if name.elsewhere:
            elsewhere_until = end
            continue
        yield Mention(
            field=field,
            start=start,
            end=end,
            name=name,
            weight=_weight(text, start, end, opening),
            in_sichuan=start == ours_until,
            next_to_elsewhere=start == elsewhere_until,
        )
        if name.text in ("四川", "四川省"):
            ours_until = end


def _said(text: str, gazetteer: Gazetteer, segmenter: Segmenter) -> Iterator[tuple[int, int, Name]]:
    """Names that are said, ours and others'; where one is cut out of other words, shorter ones are tried."""
    at, names = 0, gazetteer.find(text)
    while (found := next(names, None)) is not None:
        start, end, name = found
        if not (name.is_ours or name.elsewhere or _ends_in_another_word(text, end)):
            continue  # what only looks like a place hides all that is in it
        if not _is_cut_out(text, start, end, name, gazetteer, segmenter):
            if name.elsewhere or _is_meant(text, start, end, name, segmenter):
                yield found
            continue
        shorter = _shorter(text, start, end, gazetteer, segmenter)
        if shorter is not None and _is_meant(text, *shorter, segmenter):
            yield shorter
        at = start + 1 if shorter is None else shorter[1]
        names = gazetteer.find(text, at)


def _shorter(
    text: str, start: int, end: int, gazetteer: Gazetteer, segmenter: Segmenter
) -> tuple[int, int, Name] | None:
    """The longest name of ours that begins here too and is whole."""
    for upto in range(end - 1, start + 1, -1):
        name = gazetteer.named(text[start:upto])
        ours = name if name is not None and name.is_ours else None
        if ours is not None and not _is_cut_out(text, start, upto, ours, gazetteer, segmenter):
            return start, upto, ours
    return None


def _is_cut_out(
    text: str, start: int, end: int, name: Name, gazetteer: Gazetteer, segmenter: Segmenter
) -> bool:
    """Whether the characters belong to other words: 理县 in 治理县域, 南充嘉陵 in 南充嘉陵江畔."""
    if _ends_in_another_word(text, end):
        return True
    joined = len(name.text) > _SHORT and not name.towns
    if joined and any(gazetteer.looks_alike(text, inside, end) for inside in range(start + 2, end - 1)):
        return True
    return not segmenter.stands_alone(text, start, end)


def _ends_in_another_word(text: str, end: int) -> bool:
    """Whether a 区 at the end begins 区域, 区位 or the like, which dictionaries of districts overlook."""
    return text[end - 1] == "区" and text[end : end + 1] in _DISTRICT_WORDS


def _is_meant(text: str, start: int, end: int, name: Name, segmenter: Segmenter) -> bool:
    """Whether the words around it leave it a place, no piece of a foreign name, of a street, of a person."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if "·" in (before, after) or "•" in (before, after):
        return False
    if name.text in _BARE_DISTRICTS and before and before not in _BEFORE_A_DISTRICT:
        return False
    if not name.official and not name.towns and _STREET.match(text, end):
        return False
    return name.official or len(name.text) > _SHORT or not _is_a_persons(text, start, end, segmenter)


def _is_a_persons(text: str, start: int, end: int, segmenter: Segmenter) -> bool:
    """Whether a short name is what a person is called: in a byline, or after a surname that stands alone."""
    before = text[max(0, start - _BEFORE) : start]
    if _BYLINE.search(before) and not _REPORTS_FROM.match(text, end):
        return True
    family = before[-1:]
    if family not in load_name_words().surnames or family in _NO_SURNAMES:
        return False
    *_, last = segmenter.cut(before)
    return last == family


def _weight(text: str, start: int, end: int, opening: int) -> float:
    if _CREDIT.match(text, end):
        return CREDIT_WEIGHT
    return DATELINE_WEIGHT if start < opening else 1.0
