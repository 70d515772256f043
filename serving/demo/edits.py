"""What other desks do to a story they reprint."""

import random
import re
from collections.abc import Callable

_SENTENCE = re.compile(r"[^。！？\n]*[。！？]?")

_CREDITS = (
    "（来源：{source}）",
    "编辑：{editor}　审核：{checker}",
    "来源：{source}　责任编辑：{editor}",
    "稿源：{source}",
)
_NAMES = ("陈静", "周敏", "何川", "罗丽", "杨帆", "邓涛", "唐雪", "蒋伟", "冯瑶", "曾洁", "谢宇", "梁欣")


def reprint(body: str, *, lead_alt: str, source: str, rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """Edit a body as a desk does: two or three of trim, new lead, byline, credits, moved paragraph.

    Returns:
        The edited body and the names of the edits made, none for a reprint to the letter.
    """
    edits: dict[str, Callable[[str], str]] = {
        "trimmed": lambda text: _trimmed(text, rng),
        "new_lead": lambda text: _new_lead(text, lead_alt),
        "byline": lambda text: f"{source}讯（记者 {rng.choice(_NAMES)}）{text}",
        "credits": lambda text: f"{text}\n{_credits(source, rng)}",
        "moved": lambda text: _moved(text, rng),
    }
    chosen = rng.sample(sorted(edits), k=rng.choice((0, 1, 2, 2, 3)))
    if "new_lead" in chosen and not _bears_a_new_lead(body, trimmed="trimmed" in chosen):
        chosen.remove("new_lead")
    for name in chosen:
        body = edits[name](body)
    return body, tuple(chosen)


def _bears_a_new_lead(body: str, *, trimmed: bool) -> bool:
    """Whether the copy stays a copy: with a long first sentence replaced it would be another text."""
    first = _SENTENCE.match(body)
    return first is not None and first.end() <= (0.12 if trimmed else 0.25) * len(body)


def _trimmed(body: str, rng: random.Random) -> str:
    """Drop the last paragraphs, keeping at least 55 % of the text."""
    paragraphs = body.split("\n")
    keep = len(paragraphs)
    floor = (0.55 + 0.25 * rng.random()) * len(body)
    while keep > 1 and sum(map(len, paragraphs[: keep - 1])) >= floor:
        keep -= 1
    return "\n".join(paragraphs[:keep])


def _new_lead(body: str, lead_alt: str) -> str:
    first = _SENTENCE.match(body)
    rest = body[first.end() :] if first else body
    return lead_alt.rstrip("。") + "。" + rest


def _moved(body: str, rng: random.Random) -> str:
    """Swap two paragraphs behind the lead."""
    paragraphs = body.split("\n")
    if len(paragraphs) < 4:
        return body
    place = rng.randrange(1, len(paragraphs) - 1)
    paragraphs[place], paragraphs[place + 1] = paragraphs[place + 1], paragraphs[place]
    return "\n".join(paragraphs)


def _credits(source: str, rng: random.Random) -> str:
    editor, checker = rng.sample(_NAMES, k=2)
    return rng.choice(_CREDITS).format(source=source, editor=editor, checker=checker)
