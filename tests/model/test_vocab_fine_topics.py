"""The words that speak for Media Topics."""

from tianfu.model.vocab.fine_topics import load_cued_topics
from tianfu.model.vocab.media_topics import load_media_topics


def test_every_topic_with_words_is_in_use_and_stands_once() -> None:
    tree, cued = load_media_topics(), load_cued_topics()

    assert len(cued.all) >= 350
    assert len({topic.code for topic in cued.all}) == len(cued.all)
    for topic in cued.all:
        assert tree.by_code[topic.code].retired_on is None
        assert topic.name == tree.by_code[topic.code].name


def test_no_word_both_names_a_topic_and_merely_hints_at_it() -> None:
    for topic in load_cued_topics().all:
        words = topic.sure + topic.hints
        assert topic.sure
        assert len(set(words)) == len(words), topic.name


def test_a_phrase_that_looks_like_a_word_holds_none_of_its_own_kind_alone() -> None:
    cued = load_cued_topics()
    words = {word for topic in cued.all for word in topic.sure + topic.hints}

    assert any(any(word in phrase for word in words) for phrase in cued.lookalikes)
    assert all(len(phrase) > 1 for phrase in cued.lookalikes)
