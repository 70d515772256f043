"""From what an outlet sends to the story alone."""

from tianfu.embeddings.text.aligned import Aligned, without
from tianfu.embeddings.text.furniture import furniture
from tianfu.embeddings.text.markup import decode_entities, looks_like_html, visible_text


def html_to_text(html: str) -> str:
    """Clean text of a body, HTML or plain.

    Paragraphs stay on lines of their own.  Scripts, styles, player code, hidden parts, credits and
    advertising lines are gone; plain text without any of them comes back unchanged.
    """
    return clean(html).text


def clean(html: str) -> Aligned:
    """The same as :func:`html_to_text`, with the way back to the outlet's own text."""
    shown = visible_text(html) if looks_like_html(html) else decode_entities(html)
    dropped = furniture(shown.text)
    if not dropped:
        return shown
    kept = shown.then(without(shown.text, dropped))
    blank = len(kept.text) - len(kept.text.rstrip())
    return kept.then(without(kept.text, [(len(kept.text) - blank, len(kept.text))])) if blank else kept
