"""Why an item is shown: chosen from the score's own parts, said in plain Chinese."""

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.context import FeedContext
from tianfu.model.feed.line import CODES
from tianfu.model.feed.rank import SOURCES, Candidates
from tianfu.model.feed.scoring import COLUMN, FEATURES
from tianfu.model.feed.sources import asked_channels
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.recommendation import Reason, ReasonCode, Source, Why
from tianfu.model.tag import TagKind

MAX_REASONS = 2
_TITLE_CHARS = 14
_LOWEST_ADCODE = 110_000

_PLAIN: Mapping[ReasonCode, str] = {
    ReasonCode.HOT_CITY: "全市正在热读",
    ReasonCode.HOT_PROVINCE: "全省正在热读",
    ReasonCode.FRESH: "新近发布",
    ReasonCode.OWN_OUTLET: "本地媒体发布",
    ReasonCode.MAINSTREAM: "主流媒体推荐",
    ReasonCode.RELATED: "与您正在看的内容相关",
    ReasonCode.EXPLORE: "附近媒体的新内容，您可能还没看过",
    ReasonCode.COVERAGE: "专题报道",
    ReasonCode.PINNED: "编辑推荐",
    ReasonCode.MUST_CARRY: "省级必推",
    ReasonCode.EMERGENCY: "紧急信息",
    ReasonCode.RECENT: "近期内容",
}
_CODE_OF: Mapping[str, ReasonCode] = {
    "interest": ReasonCode.NEAR,
    "topic_taste": ReasonCode.INTEREST,
    "read_after": ReasonCode.READ_AFTER,
    "hot_here": ReasonCode.HOT_HERE,
    "hot_city": ReasonCode.HOT_CITY,
    "hot_province": ReasonCode.HOT_PROVINCE,
    "local": ReasonCode.LOCAL,
    "own_outlet": ReasonCode.OWN_OUTLET,
    "mainstream": ReasonCode.MAINSTREAM,
    "fresh": ReasonCode.FRESH,
    "explore": ReasonCode.EXPLORE,
}
_SPOKEN = tuple(name for name in FEATURES if name in _CODE_OF)
_COLUMNS = np.array([COLUMN[name] for name in _SPOKEN])
_SPOKEN_CODES = np.array([CODES.index(_CODE_OF[name]) for name in _SPOKEN], dtype=np.int8)
_RELATED_BIT = 1 << SOURCES.index(Source.RELATED)


def whys(found: Candidates, context: FeedContext) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int64]]:
    """The two features that speak loudest for each candidate, as codes and what they speak of.

    Args:
        found: Candidates, n of them, scored.
        context: Of the feed.

    Returns:
        Places in ``CODES``, -1 for none, and what each speaks of; shape (n, 2) both.
    """
    loud = found.parts[:, _COLUMNS]
    loud[found.features[:, COLUMN["local"]] < 1.0, _SPOKEN.index("local")] = 0.0
    first_two = np.argsort(-loud, axis=1, kind="stable")[:, :MAX_REASONS]
    codes = _SPOKEN_CODES[first_two]
    codes[np.take_along_axis(loud, first_two, axis=1) <= 0.0] = -1
    codes[codes[:, 0] < 0, 0] = CODES.index(ReasonCode.RECENT)
    related = (found.sources & _RELATED_BIT).astype(bool)[:, None]
    near = codes == CODES.index(ReasonCode.NEAR)
    because = np.zeros(codes.shape, dtype=np.int64)
    because += np.where(near & ~related, found.led[:, :1], 0)
    because += np.where(codes == CODES.index(ReasonCode.READ_AFTER), found.led[:, 1:2], 0)
    because += np.where(codes == CODES.index(ReasonCode.INTEREST), found.taste[:, None], 0)
    area = int(context.area)
    because += np.where(codes == CODES.index(ReasonCode.LOCAL), area, 0)
    because += np.where(codes == CODES.index(ReasonCode.HOT_HERE), int(context.outlet.adcode), 0)
    codes[near & related] = CODES.index(ReasonCode.RELATED)
    for channel in asked_channels(context):
        if channel in context.coverages:  # what a joint coverage gathered stands there for that
            gathered = np.isin(context.view.number[found.rows], context.coverages[channel])
            codes[gathered, 0], because[gathered, 0] = CODES.index(ReasonCode.COVERAGE), 0
    return codes, because


def in_words(why: Why, *, names: Mapping[tuple[TagKind, str], str], title: str | None) -> Reason:
    """Say a reason in plain Chinese.

    Args:
        why: As decided.
        names: Chinese name of a tag by kind and code.
        title: Of the story that led here, where it is still known and may be named.
    """
    if why.code in _PLAIN:
        return Reason(why.code, _PLAIN[why.code])
    if why.code is ReasonCode.READ_AFTER:
        return Reason(why.code, f"读过{_quoted(title)}的人也在读")
    if why.code is ReasonCode.NEAR:
        return Reason(why.code, f"与您读过的{_quoted(title)}相近")
    name = _tag_name(why.because, names)
    if why.code is ReasonCode.INTEREST:
        return Reason(why.code, f"您关注的『{name}』" if name else "与您的兴趣相近")
    if why.code is ReasonCode.HOT_HERE:
        return Reason(why.code, f"{name or '本地'}正在热读")
    return Reason(why.code, f"{name}本地消息" if name else "您身边的消息")


class Version(StrEnum):
    """Which version of a story told more than once is shown."""

    ONLY = "only"
    OWN = "own"
    CITY = "city"
    PROVINCE = "province"
    FIRST = "first"


def version_of(card: StoryCard, outlet_id: str, outlets: Mapping[str, Outlet]) -> Version:
    """Where the version shown comes from, seen from the asking outlet."""
    if card.outlet_id == outlet_id:
        return Version.OWN
    asking, sender = outlets.get(outlet_id), outlets.get(card.outlet_id)
    if asking is not None and asking.parent_id == card.outlet_id:
        return Version.CITY
    if sender is not None and sender.level is OutletLevel.PROVINCE:
        return Version.PROVINCE
    return Version.FIRST


VERSIONS: Mapping[Version, str] = {
    Version.ONLY: "只有这一个版本",
    Version.OWN: "多个版本中，展示本媒体的版本",
    Version.CITY: "多个版本中，展示本市媒体的版本",
    Version.PROVINCE: "多个版本中，展示省级媒体的版本",
    Version.FIRST: "本媒体可用的版本中，展示最早发布的一篇",
}
"""The choice in plain Chinese."""


def tells_of_a_story(code: ReasonCode) -> bool:
    """Whether ``because`` of such a reason is a story's number."""
    return code in (ReasonCode.READ_AFTER, ReasonCode.NEAR)


def _tag_name(because: int, names: Mapping[tuple[TagKind, str], str]) -> str | None:
    if because >= _LOWEST_ADCODE:
        return names.get((TagKind.PLACE, str(because)))
    return names.get((TagKind.TOPIC, f"{because:02d}"))


def _quoted(title: str | None) -> str:
    if title is None:
        return "内容"
    return f"《{title if len(title) <= _TITLE_CHARS else title[:_TITLE_CHARS] + '…'}》"
