"""Topics that a newsroom makes up itself, beside those of IPTC: code ``local:…`` and a Chinese label."""

import re

from tianfu.model.errors import InvalidTag
from tianfu.model.rules import check_text

PREFIX = "local:"
MAX_SLUG_CHARS = 40
MAX_LABEL_CHARS = 20
MAX_OWN_TOPICS = 1_000
"""In one newsroom; what taggers remember of them has to fit in memory."""
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LABEL = re.compile(r"[\u3400-\u9fffA-Za-z0-9·•—-]+")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def is_own_topic(code: str) -> bool:
    """Whether a fine topic's code claims to be a newsroom's own."""
    return code.startswith(PREFIX)


def check_own_code(code: str) -> str:
    """Check the code of an own topic: ``local:`` and a slug such as ``pixian-doubanjiang``.

    Raises:
        InvalidTag: It breaks the rule.
    """
    slug = code.removeprefix(PREFIX)
    if not is_own_topic(code) or len(slug) > MAX_SLUG_CHARS or not _SLUG.fullmatch(slug):
        raise InvalidTag(
            field="code",
            why=f"must be {PREFIX} and 1 to {MAX_SLUG_CHARS} of a-z 0-9, joined by single hyphens",
            advice="Write for example local:pixian-doubanjiang.",
        )
    return code


def check_own_label(label: str) -> str:
    """Check the label of an own topic: 2 to 20 letters and digits, at least one of them Chinese.

    Raises:
        InvalidTag: It breaks the rule.
    """
    check_text(label, field="label", error=InvalidTag, low=2, high=MAX_LABEL_CHARS)
    if len(label) < 2 or not _LABEL.fullmatch(label) or not _CHINESE.search(label):
        raise InvalidTag(
            field="label",
            why="must be 2 to 20 Chinese characters, letters and digits without blanks, at least one Chinese",
            advice="Write for example 郫县豆瓣.",
        )
    return label
