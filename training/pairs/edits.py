"""Edited copies and sibling bulletins made from real stories, for training and for measuring recall."""

import random
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

_SENTENCES = re.compile(r"[^。！？；\n]*[。！？；\n]*")
_FIGURE = re.compile(r"\d+")
_OCR = str.maketrans("日人己未土大天千01本问今全市员", "曰入已末士太夭干Ol木间令金巿贝")
_LEADS = (
    "本台记者从有关部门获悉，相关情况如下。",
    "近日，记者在采访中了解到一条令人关注的消息，现整理如下，供读者参考。",
    "据悉，",
    "本报讯（记者 王小明 通讯员 李红）",
)
_CREDITS = (
    "（本报综合报道 记者 张三）",
    "来源：县融媒体中心 责任编辑：李四 校对：王五",
    "更多资讯请关注本报新媒体平台。",
)

Edit = Callable[[str, random.Random], str]


def cut(body: str, rng: random.Random) -> str:
    """Keep a contiguous half."""
    half = max(len(body) // 2, 1)
    start = rng.randrange(len(body) - half + 1)
    return body[start : start + half]


def change_letters(body: str, rng: random.Random, share: float = 0.15) -> str:
    """Exchange a share of all characters for others of the same text."""
    return "".join(rng.choice(body) if rng.random() < share else char for char in body)


def move_sentences(body: str, rng: random.Random) -> str:
    """Put the sentences in another order."""
    sentences = [s for s in _SENTENCES.findall(body) if s]
    rng.shuffle(sentences)
    return "".join(sentences)


def traditional(body: str, rng: random.Random) -> str:
    """Write in traditional characters."""
    return body.translate(_to_traditional())


def ocr_noise(body: str, rng: random.Random) -> str:
    """Confuse like letters, drop a few, break lines."""
    out = []
    for char in body:
        draw = rng.random()
        if draw < 0.02:
            continue
        out.append(char.translate(_OCR) if draw < 0.5 else char)
        if draw > 0.97:
            out.append("\n")
    return "".join(out)


def own_lead_and_credits(body: str, rng: random.Random) -> str:
    """Put the outlet's own words before and after."""
    return f"{rng.choice(_LEADS)}{body}\n{rng.choice(_CREDITS)}"


def new_lead(body: str, rng: random.Random) -> str:
    """Tell the first sentence in other words: its clauses turned round, a third of the letters new.

    A story that is hardly more than its first sentence gets words before it instead.
    """
    first = next((s for s in _SENTENCES.findall(body) if s.strip()), "")
    if len(first) > 0.3 * len(body):
        return own_lead_and_credits(body, rng)
    clauses = [change_letters(clause, rng, 0.35) for clause in first.rstrip("。！？；\n").split("，")]
    return "，".join(reversed(clauses)) + "。" + body.replace(first, "", 1)


def trimmed(body: str, rng: random.Random) -> str:
    """Drop sentences from the end, keeping 55 to 80 %."""
    keep = (0.55 + 0.25 * rng.random()) * len(body)
    kept = ""
    for sentence in _SENTENCES.findall(body):
        if len(kept) >= keep:
            break
        kept += sentence
    return kept


EDITS: dict[str, Edit] = {
    "new_lead": new_lead,
    "trimmed": trimmed,
    "cut": cut,
    "letters": change_letters,
    "moved": move_sentences,
    "traditional": traditional,
    "ocr": ocr_noise,
    "lead": own_lead_and_credits,
    "retitled": lambda body, rng: body,
}


def edited_copy(
    title: str, body: str, rng: random.Random, *, titles: Sequence[str], kind: str
) -> tuple[str, str]:
    """Make an edited copy; every copy but those of ``traditional`` gets another headline.

    ``kind`` is a key of :data:`EDITS`, or ``mixed`` for two of them.
    """
    kinds = rng.sample(sorted(EDITS), 2) if kind == "mixed" else [kind]
    for name in kinds:
        body = EDITS[name](body, rng)
    new_title = traditional(title, rng) if kind == "traditional" else rng.choice(titles)
    return new_title, body


def sibling(title: str, body: str, rng: random.Random) -> tuple[str, str] | None:
    """Make the next bulletin of a series: the same words with other figures and dates.

    ``None`` where the text has too few figures for its figures to be what it tells.
    """
    if len(_FIGURE.findall(body)) < 4:
        return None
    return title, _FIGURE.sub(lambda m: _other_figure(m.group(), rng), body)


def _other_figure(figure: str, rng: random.Random) -> str:
    if len(figure) == 4 and figure.startswith(("19", "20")):
        return figure
    if rng.random() < 0.15:
        return figure
    low = 10 ** (len(figure) - 1) if len(figure) > 1 else 1
    return str(rng.randrange(low, 10 ** len(figure)))


@lru_cache(maxsize=1)
def _to_traditional() -> dict[int, str]:
    from tianfu.embeddings.text.folding import hans_table

    table: dict[int, str] = {}
    for old, new in hans_table().items():
        if len(old) == len(new) == 1 and old != new:
            table.setdefault(ord(new), old)
    return table
