"""Reasons in plain Chinese."""

from tianfu.model.feed.candidates import FeedContext
from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.rank import Ranked
from tianfu.model.recommendation import Reason, ReasonCode
from tianfu.model.tag import TagKind

MAX_REASONS = 2
_TITLE_CHARS = 14

_PLAIN = {
    ReasonCode.HOT_CITY: "全市正在热读",
    ReasonCode.HOT_PROVINCE: "全省正在热读",
    ReasonCode.FRESH: "刚刚发布",
    ReasonCode.OWN_OUTLET: "本地媒体发布",
    ReasonCode.MAINSTREAM: "主流媒体推荐",
    ReasonCode.RELATED: "与您正在看的内容相关",
    ReasonCode.PINNED: "编辑推荐",
    ReasonCode.MUST_CARRY: "省级必推",
    ReasonCode.RECENT: "近期内容",
}

_FEATURE_REASONS = (
    ("interest", ReasonCode.INTEREST),
    ("topic_taste", ReasonCode.INTEREST),
    ("read_after", ReasonCode.READ_AFTER),
    ("hot_here", ReasonCode.HOT_HERE),
    ("local", ReasonCode.LOCAL),
    ("hot_city", ReasonCode.HOT_CITY),
    ("hot_province", ReasonCode.HOT_PROVINCE),
    ("own_outlet", ReasonCode.OWN_OUTLET),
    ("mainstream", ReasonCode.MAINSTREAM),
    ("fresh", ReasonCode.FRESH),
)


def reasons(one: Ranked, context: FeedContext) -> tuple[Reason, ...]:
    """The two features that speak loudest for an item, in words."""
    found: dict[ReasonCode, float] = {}
    for feature, code in _FEATURE_REASONS:
        if feature in one.contributions:
            found[code] = max(found.get(code, 0.0), one.contributions[feature])
    if ReasonCode.INTEREST in found and any(s.reason is ReasonCode.RELATED for s in one.signals):
        found[ReasonCode.RELATED] = found.pop(ReasonCode.INTEREST)
    if ReasonCode.LOCAL in found and not one.card.is_about(context.area):
        del found[ReasonCode.LOCAL]
    loudest = sorted(found, key=lambda code: (-found[code], code))[:MAX_REASONS]
    return tuple(Reason(code, _words(code, one, context)) for code in loudest) or (plain(ReasonCode.RECENT),)


def plain(code: ReasonCode) -> Reason:
    """A reason whose words never change."""
    return Reason(code, _PLAIN[code])


def _words(code: ReasonCode, one: Ranked, context: FeedContext) -> str:
    if code is ReasonCode.INTEREST:
        return _interest_words(one.card, context)
    if code is ReasonCode.READ_AFTER:
        read = next((s.because for s in one.signals if s.reason is code), "")
        card = context.view.by_number.get(int(read)) if read else None
        title = f"《{_short(card.title)}》" if card else "同类内容"
        return f"读过{title}的人也在读"
    if code is ReasonCode.HOT_HERE:
        name = context.names.get((TagKind.PLACE, context.outlet.adcode))
        return f"{name}正在热读" if name else "本地正在热读"
    if code is ReasonCode.LOCAL:
        name = context.names.get((TagKind.PLACE, context.area))
        return f"{name}本地消息" if name else "您身边的消息"
    return _PLAIN[code]


def _interest_words(card: StoryCard, context: FeedContext) -> str:
    tags = context.reader.tags if context.reader is not None else {}
    keys = [(TagKind.TOPIC, code) for code in card.topics] + [(TagKind.PLACE, code) for code in card.places]
    liked = sorted((k for k in keys if k in tags), key=lambda k: -tags[k].weight_at(context.now_s))
    if liked and liked[0] in context.names:
        return f"您关注的「{context.names[liked[0]]}」"
    return "与您读过的内容相近"


def _short(title: str) -> str:
    return title if len(title) <= _TITLE_CHARS else f"{title[:_TITLE_CHARS]}…"
