"""Of a few words no class is told as if it were sure."""

import numpy as np
import pytest

from tianfu.embeddings.tagging.topics import ENOUGH_LETTERS, load_topic_tagger
from tianfu.model.artifacts import shipped
from tianfu.model.ports import TaggingText


@pytest.mark.parametrize("title", ["早安，利州", "记者万源报道", "图集"])
def test_a_greeting_and_a_credit_are_of_no_class(title: str) -> None:
    (tags,) = load_topic_tagger(shipped("topics")).suggest([TaggingText(title=title, body="")])
    assert all(tag.confidence < 0.5 for tag in tags)


def test_a_short_text_is_told_with_its_share_of_confidence_and_a_longer_one_in_full() -> None:
    tagger = load_topic_tagger(shipped("topics"))
    text = "春耕备耕农技下乡"
    once, thrice = tagger.probabilities([TaggingText(title=text * n, body="") for n in (1, 3)])
    assert 0.0 < once.max() <= len(text) / ENOUGH_LETTERS
    assert thrice.max() > once.max()
    (tags,) = tagger.suggest([TaggingText(title=text, body="")])
    assert tags[0].confidence == pytest.approx(float(once.max()), abs=2e-3)
    assert np.argmax(once) == np.argmax(thrice)
