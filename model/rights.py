"""Rights: which outlet may show which story, and why.

Five answers: its own, by the consortium's agreement, from a listed source, as a link only, or not at all.
:meth:`RightsBook.permission` holds the rules; nothing else in the house decides on rights.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tianfu.model.errors import InvalidRequest
from tianfu.model.rules import check_text


class Reuse(StrEnum):
    """What a newsroom lets others do with a story."""

    OPEN = "open"
    """Show it whole, with its title, source and author as they are."""
    LINK_OUT = "link_out"
    """Show the headline, linked to the newsroom's own page."""
    NONE = "none"
    """Nothing."""


class Permission(StrEnum):
    """What an outlet may do with a story, and by which right."""

    NONE = "none"
    LINK_OUT = "link_out"
    LISTED_SOURCE = "listed_source"
    REPUBLISHED = "republished"
    AGREEMENT = "agreement"
    OWN = "own"
    EMERGENCY = "emergency"

    @property
    def shows_whole(self) -> bool:
        """Whether the story itself may be shown, not merely a link to it."""
        return self not in (Permission.NONE, Permission.LINK_OUT)


PERMISSIONS = tuple(Permission)
"""Permissions by code, as feeds keep them in columns; 0 is none.  Only an order gives ``emergency``."""

_STRICTNESS = (Reuse.OPEN, Reuse.LINK_OUT, Reuse.NONE)


@dataclass(frozen=True, slots=True)
class RightsFacts:
    """What about a story decides who may show it.

    Attributes:
        reuse: The story's own mark, above its newsroom's agreement; ``None`` leaves it to the agreement.
        source: Where the newsroom took it from, as written; empty for its own work.
        republished: Whether a provincial unit carries the same text, published later.
        has_url: Whether there is a page to link to.
    """

    outlet_id: str
    reuse: Reuse | None = None
    source: str = ""
    republished: bool = False
    has_url: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What one newsroom lets the others do with its stories.

    Attributes:
        reuse: For everybody not named in ``exceptions``.
        exceptions: By outlet id.
    """

    outlet_id: str
    reuse: Reuse = Reuse.OPEN
    exceptions: Mapping[str, Reuse] = field(default_factory=dict)

    def towards(self, outlet_id: str) -> Reuse:
        """What it lets one outlet do."""
        return self.exceptions.get(outlet_id, self.reuse)


def check_source(name: str) -> str:
    """Check the name of a listed source: 1 to 60 characters, no white space around it.

    Raises:
        InvalidRequest: It breaks the rule.
    """
    check_text(name, field="name", error=InvalidRequest, low=1, high=60)
    if name != name.strip():
        raise InvalidRequest(field="name", why="must not begin or end with white space")
    return name


@dataclass(frozen=True, slots=True)
class RightsBook:
    """Every agreement and every listed source at one moment.

    Attributes:
        agreements: By outlet id; a newsroom without one shares with all, as members of the consortium do.
        sources: Names of listed sources, whose stories anybody may carry.
        newsrooms: Outlet id by name, so that a story taken from a member is licensed by that member.
    """

    agreements: Mapping[str, Agreement] = field(default_factory=dict)
    sources: frozenset[str] = frozenset()
    newsrooms: Mapping[str, str] = field(default_factory=dict)

    def permission(self, facts: RightsFacts, outlet_id: str) -> Permission:
        """What an outlet may do with a story.

        In this order: its own story is its own; what a provincial unit republished is open to all; a story
        its newsroom took from a listed source is open, unless the newsroom marked it; else the agreement of
        the newsroom that wrote it counts, together with that of the one that sent it, the stricter of the
        two.  A story taken from anybody else may only be linked to: nobody here can license it.
        """
        if facts.outlet_id == outlet_id:
            return Permission.OWN
        if facts.republished:
            return Permission.REPUBLISHED
        source = facts.source.strip()
        writer = self.newsrooms.get(source, "" if source else facts.outlet_id)
        if source in self.sources and not writer:
            return _granted(facts.reuse or Reuse.OPEN, Permission.LISTED_SOURCE, facts)
        if not writer:
            return _granted(_stricter(facts.reuse or Reuse.OPEN, Reuse.LINK_OUT), Permission.AGREEMENT, facts)
        reuse = facts.reuse or self._towards(facts.outlet_id, outlet_id)
        if writer not in (facts.outlet_id, outlet_id):
            reuse = _stricter(reuse, self._towards(writer, outlet_id))
        return _granted(reuse, Permission.AGREEMENT, facts)

    def _towards(self, owner: str, outlet_id: str) -> Reuse:
        agreement = self.agreements.get(owner)
        return Reuse.OPEN if agreement is None else agreement.towards(outlet_id)


def _granted(reuse: Reuse, whole: Permission, facts: RightsFacts) -> Permission:
    if reuse is Reuse.OPEN:
        return whole
    return Permission.LINK_OUT if reuse is Reuse.LINK_OUT and facts.has_url else Permission.NONE


def _stricter(a: Reuse, b: Reuse) -> Reuse:
    return max(a, b, key=_STRICTNESS.index)


def in_words(permission: Permission, *, outlet: str, source: str) -> str:
    """Say a permission in plain Chinese, for the editors who ask.

    Args:
        permission: As decided.
        outlet: Name of the newsroom the story came from.
        source: Where that newsroom took it from; may be empty.
    """
    if permission is Permission.EMERGENCY:
        return "紧急信息，依法在所涉地区展示"
    if permission is Permission.OWN:
        return "本媒体稿件"
    if permission is Permission.REPUBLISHED:
        return f"{outlet}稿件，省级媒体已转发，全体成员可用"
    if permission is Permission.LISTED_SOURCE:
        return f"来源“{source}”在可转载稿源名单内"
    if permission is Permission.AGREEMENT:
        return f"按联合体转载约定使用{outlet}稿件"
    if permission is Permission.LINK_OUT:
        return f"只可链接到{outlet}原文页面"
    return f"{outlet}未授权本媒体使用"
