"""Fine topics by words, with the shipped words, names and encoder."""

import json
from functools import cache
from pathlib import Path

import pytest

from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.embeddings.tagging.evidence import Source
from tianfu.embeddings.tagging.fine.cues import CueFinder
from tianfu.embeddings.tagging.fine.loading import load_fine_topic_tagger
from tianfu.embeddings.tagging.fine.tagger import MAX_TOPICS, FineTopicTagger
from tianfu.embeddings.tagging.fine.zero_shot import OPENING_CHARS, score_cues
from tianfu.embeddings.text.normalise import normalise
from tianfu.model.artifacts import shipped
from tianfu.model.ports import TaggingText
from tianfu.model.tag import TagKind, TagSuggestion, TextField
from tianfu.model.vocab.fine_topics import CuedTopic, load_cued_topics

STORIES = Path(__file__).with_name("fine_stories.jsonl")
THEATRE, MARATHON, FOREST_FIRE, FIRE = "20000029", "20000988", "20001202", "20000150"


@cache
def tagger() -> FineTopicTagger:
    return load_fine_topic_tagger(load_encoder(shipped("encoder")), shipped("pairs"))


def suggest(title: str, body: str = "") -> dict[str, TagSuggestion]:
    found = tagger().suggest([TaggingText(title=title, body=body)])[0]
    return {one.code.removeprefix("medtop:"): one for one in found}


def test_on_stories_of_sichuan_nine_in_ten_suggestions_are_right_and_seven_in_ten_topics_found() -> None:
    """Labels were written with the stories, before any tagger had read them.

    ``also`` are topics that an editor would let stand: neither asked for nor wrong.
    """
    rows = [json.loads(line) for line in STORIES.read_text(encoding="utf-8").splitlines()]
    right = let_stand = wrong = found = asked = 0
    for row in rows:
        codes = {f"medtop:{code}" for code in suggest(row["title"], row["body"])}
        wanted, also = set(row["fine"]), set(row["also"])
        right += len(codes & wanted)
        let_stand += len(codes & also)
        wrong += len(codes - wanted - also)
        found += len(codes & wanted)
        asked += len(wanted)
    assert len(rows) >= 40
    assert (right + let_stand) / (right + let_stand + wrong) >= 0.9
    assert found / asked >= 0.72


def test_a_story_of_no_topic_gets_none() -> None:
    assert suggest("一把旧钥匙找到了主人", "清洁工在长椅下捡到一把系着红绳的铜钥匙，守了两个下午。") == {}
    assert suggest("", "") == {}
    assert suggest("！！！", "……") == {}


@pytest.mark.parametrize(
    ("title", "body", "code"),
    [
        ("这场马拉松式谈判终于有了结果", "谈了十一个小时，双方在凌晨签了字。", MARATHON),
        ("四川剧场今晚座无虚席", "讲座从八点开到十点，四川剧场里坐满了听众。", THEATRE),
    ],
)
def test_words_cut_out_of_other_words_say_nothing(title: str, body: str, code: str) -> None:
    assert code not in suggest(title, body)


def test_of_a_topic_and_the_one_above_it_only_the_narrower_stands() -> None:
    body = "凉山州一处林区发生森林火灾，扑火队开设隔离带，消防员用水泵灭火，火灾现场无人伤亡。"
    found = suggest("木里森林火灾明火扑灭 消防员转入清理", body)
    assert FOREST_FIRE in found
    assert FIRE not in found


def test_no_story_gets_more_than_three_and_the_surest_comes_first() -> None:
    title = "川剧、非遗、马拉松、高考、防汛、地震、禁毒一日看完"
    for body in ("", "文化馆的川剧团、防汛队、禁毒宣讲队、马拉松跑者、高考考生都来了。" * 3):
        found = tagger().suggest([TaggingText(title=title, body=body)])[0]
        assert len(found) <= MAX_TOPICS
        assert [s.confidence for s in found] == sorted((s.confidence for s in found), reverse=True)


def test_a_word_weighs_more_in_the_title_than_at_the_top_and_more_there_than_far_down() -> None:
    finder = CueFinder([CuedTopic(code="medtop:1", name="戏剧", sure=("川剧",), hints=("唱腔",))])

    def score(field: TextField, text: str) -> float:
        return score_cues(finder.find(Source.of(field, text)))["medtop:1"].score

    far = "今" * OPENING_CHARS
    scores = [
        score(TextField.TITLE, "川剧"),
        score(TextField.BODY, "川剧"),
        score(TextField.BODY, f"{far}川剧"),
    ]
    assert scores == sorted(set(scores), reverse=True)
    assert score(TextField.BODY, "唱腔") < scores[1]


def test_evidence_points_at_the_callers_own_characters() -> None:
    title, body = "資陽　川劇團下鄉，三天七場", "　　記者　報道：\n川劇演員唱起折子戲，戲台下坐滿了人。"
    one = suggest(title, body)[THEATRE]
    own = {TextField.TITLE: title, TextField.BODY: body}
    assert one.kind is TagKind.FINE_TOPIC
    assert one.label == "戏剧"
    assert {span.text for span in one.evidence} >= {"川劇", "折子戲"}
    for span in one.evidence:
        assert own[span.field][span.start : span.end] == span.text
        assert span.weight > 0


def test_words_are_kept_the_way_texts_are_read() -> None:
    cued = load_cued_topics()
    for word in (*cued.lookalikes, *(w for topic in cued.all for w in topic.sure + topic.hints)):
        assert normalise(word) == word
