"""Where a text says the name of a place, with the words that decide whether it means it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tianfu.embeddings.tagging.gazetteer import Gazetteer, Name
from tianfu.embeddings.tagging.segment import Segmenter
from tianfu.model.tag import TextField

_STREET = re.compile(
    r"[东西南北中]?[一二三四五六七八九十]?(?:路(?![况上面网边灯])|街(?![头上道])|大道|大街|巷)"
)
_CREDIT = re.compile(
    r".{0,2}(?:融媒|日报|晚报|商报|都市报|电视台|广播|新闻网|新闻传媒|传媒中心|发布|在线|观察|新闻客户端)"
)
_DATELINE = re.compile(r"^[^。!?]{0,28}?(?:日电|日讯|报讯|网讯|消息|电)[ ):]|^\([^)]{0,40}\)")
_BARE_DISTRICTS = frozenset({"东区", "西区", "市中区"})
_BEFORE_A_DISTRICT = frozenset("市、,。;:!?“”\"' 在和与及到往于对从赴至把让是()《》\n")
_ALWAYS_CHECKED = 3
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
    for start, end, name in gazetteer.find(text):
        if name.elsewhere:
            elsewhere_until = end
            continue
        if not name.is_ours or not _is_said(text, start, end, name, segmenter):
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


def _is_said(text: str, start: int, end: int, name: Name, segmenter: Segmenter) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    if "·" in (before, after) or "•" in (before, after):
        return False
    if name.text in _BARE_DISTRICTS and before and before not in _BEFORE_A_DISTRICT:
        return False
    if not name.official and not name.towns and _STREET.match(text, end):
        return False
    return end - start > _ALWAYS_CHECKED or segmenter.stands_alone(text, start, end)


def _weight(text: str, start: int, end: int, opening: int) -> float:
    if _CREDIT.match(text, end):
        return CREDIT_WEIGHT
    return DATELINE_WEIGHT if start < opening else 1.0
