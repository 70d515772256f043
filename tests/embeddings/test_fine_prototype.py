"""What editors' decisions make of a topic: exact, independent of order, and explained by the words."""

import random
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.fakes import FakeEncoder

from tianfu.embeddings.pairs.rarity import BUCKETS, Rarity
from tianfu.embeddings.tagging.evidence import Source
from tianfu.embeddings.tagging.fine.cues import CueFinder
from tianfu.embeddings.tagging.fine.grams import Grams, read_grams
from tianfu.embeddings.tagging.fine.likeness import Likeness
from tianfu.embeddings.tagging.fine.memory import Example, Memory, ScoreTable
from tianfu.embeddings.tagging.fine.prototype import Sums, line_of
from tianfu.embeddings.tagging.fine.spans import shares
from tianfu.embeddings.tagging.fine.tagger import FineTopicTagger
from tianfu.embeddings.tagging.segment import load_segmenter
from tianfu.model.ports import TaggingText, TaughtTopic
from tianfu.model.tag import TagSuggestion, TextField
from tianfu.model.vocab.media_topics import load_media_topics

RARITY = Rarity(np.random.default_rng(5).uniform(1.0, 8.0, BUCKETS).astype(np.float32))
SAUCE = "local:pixian-doubanjiang"
PHRASES = [
    "老师傅清晨翻动晒场上的陶缸",
    "县里举办电商培训班",
    "游客在古街品尝小吃",
    "工厂引进自动化产线",
    "检测人员抽样化验",
    "新农人返乡开办作坊",
    "省级标准开始实施",
    "首批产品出口海外",
    "冬季开缸仪式举行",
    "学校组织研学参观",
]


@cache
def sauce_story(seed: int) -> TaggingText:
    """A story about the county's broad-bean paste that shares only its matter with the others."""
    rng = random.Random(seed)
    first, *rest = rng.sample(PHRASES, 4)
    title = f"{first}，郫县豆瓣香气满街"
    return taught(title, "。".join(rest) + f"。做了{rng.randint(3, 40)}年郫县豆瓣的匠人说，酱要晒足日子。")


def taught(title: str, body: str) -> TaggingText:
    return TaggingText(title=title, body=body, vector=FakeEncoder().encode([f"{title}\n{body[:400]}"])[0])


def new_tagger() -> FineTopicTagger:
    likeness = Likeness(FakeEncoder(), {}, ["医疗卫生医院", "体育比赛运动员", "法院审理案件", "道路交通公交"])
    return FineTopicTagger(
        finder=CueFinder(()),
        likeness=likeness,
        rarity=RARITY,
        tree=load_media_topics(),
        segmenter=load_segmenter(),
    )


def topic(accepted: set[int], rejected: set[int] = frozenset(), label: str = "郫县豆瓣") -> TaughtTopic:  # type: ignore[assignment]
    return TaughtTopic(code=SAUCE, label=label, accepted=frozenset(accepted), rejected=frozenset(rejected))


def suggested(tagger: FineTopicTagger, text: TaggingText) -> TagSuggestion | None:
    return next((s for s in tagger.suggest([text])[0] if s.code == SAUCE), None)


def grams(text: TaggingText) -> Grams:
    sources = Source.of(TextField.TITLE, text.title), Source.of(TextField.BODY, text.body)
    return read_grams(*sources, RARITY)[0]


def total(table: ScoreTable, text: TaggingText) -> float:
    found = table.scores(grams(text)).get(SAUCE)
    return found.total if found else 0.0


def test_five_stories_teach_a_topic_and_the_sixth_gets_it() -> None:
    tagger = new_tagger()
    assert suggested(tagger, sauce_story(6)) is None
    tagger.learn({n: sauce_story(n) for n in range(1, 6)}, [topic({1, 2, 3, 4, 5})])
    one = suggested(tagger, sauce_story(6))
    assert one is not None
    assert one.label == "郫县豆瓣"
    assert (
        suggested(tagger, taught("市运会篮球赛今晚开打", "八支球队分成两组，先打小组循环，再打淘汰赛。"))
        is None
    )


def test_a_topic_whose_name_no_story_says_is_learned_by_what_they_share() -> None:
    tagger = new_tagger()
    tagger.learn({n: sauce_story(n) for n in range(1, 6)}, [topic(set(range(1, 6)), label="川菜之魂")])
    one = suggested(tagger, sauce_story(7))
    assert one is not None
    assert any("豆瓣" in span.text for span in one.evidence)


def test_one_story_or_two_teach_nothing_but_the_name() -> None:
    tagger = new_tagger()
    tagger.learn({1: sauce_story(1), 2: sauce_story(2)}, [topic({1, 2}, label="川菜之魂")])
    assert suggested(tagger, sauce_story(3)) is None


def test_the_label_of_an_own_topic_said_in_a_title_is_enough() -> None:
    tagger = new_tagger()
    tagger.learn({1: sauce_story(1)}, [topic({1}, label="春台戏会")])
    one = suggested(tagger, taught("第三届春台戏会今晚开锣", "八个乡镇的戏班轮流登台。"))
    assert one is not None
    assert [span.text for span in one.evidence] == ["春台戏会"]


def test_rejections_on_stories_like_it_lower_a_topic_until_it_is_gone() -> None:
    tagger = new_tagger()
    texts = {n: sauce_story(n) for n in range(1, 6)}
    like = {
        n: taught(f"豆瓣评分{n}分：贺岁片票房领跑", f"豆瓣评分出炉，郫县豆瓣厂拍的微电影第{n}周票房领跑。")
        for n in range(20, 25)
    }
    tagger.learn(texts, [topic(set(texts))])
    probe = taught("豆瓣评分8分：喜剧片票房领跑", "豆瓣评分出炉，郫县豆瓣厂拍的微电影本周票房领跑。")
    before = total(tagger._memory.table, probe)
    after = []
    for count in range(1, 6):
        rejected = set(list(like)[:count])
        tagger.learn({n: like[n] for n in rejected}, [topic(set(texts), rejected)])
        after.append(total(tagger._memory.table, probe))
    assert after[0] < before
    assert after[-1] < after[0]
    assert suggested(tagger, probe) is None
    assert suggested(tagger, sauce_story(6)) is not None


def test_a_forgotten_topic_is_suggested_no_more_and_its_stories_are_let_go() -> None:
    tagger = new_tagger()
    tagger.learn({n: sauce_story(n) for n in range(1, 6)}, [topic(set(range(1, 6)))])
    assert tagger.knows(3)
    tagger.learn({}, [topic(set())])
    assert not tagger.knows(3)
    assert suggested(tagger, sauce_story(6)) is None


def test_a_new_text_of_a_story_replaces_what_was_learned_from_the_old_one() -> None:
    texts = {n: sauce_story(n) for n in range(1, 6)}
    tagger = new_tagger()
    tagger.learn(
        {**texts, 5: taught("旧标题", "毫不相干的旧稿件正文，讲的是桥梁检修。")}, [topic(set(texts))]
    )
    tagger.learn({5: texts[5]}, [])
    other = new_tagger()
    other.learn(texts, [topic(set(texts))])
    assert state(tagger) == state(other)


Step = tuple[int, bool]


def state(tagger: FineTopicTagger) -> object:
    """Everything that scores depend on, bit for bit."""
    table = tagger._memory.table
    prototypes = {
        code: (
            p.topic,
            [
                (s.stories, s.keys.tolist(), s.counts.tolist(), s.values.tolist())
                for s in (p.accepted, p.rejected)
            ],
            None if p.centre is None else p.centre.tobytes(),
            p.spread,
        )
        for code, p in table.prototypes.items()
    }
    return prototypes, table.codes, table.keys.tolist(), table.weights.tobytes(), table.owners.tolist()


@settings(max_examples=40, deadline=None)
@given(
    decisions=st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=14),
    order=st.randoms(use_true_random=False),
    cuts=st.sets(st.integers(1, 13)),
)
def test_what_is_known_depends_on_the_last_word_on_each_story_and_on_no_order(
    decisions: list[Step], order: random.Random, cuts: set[int]
) -> None:
    """Step by step, with changes of mind, in any batches, against all at once in another order."""
    gradual = new_tagger()
    said: dict[int, bool] = {}
    pending: list[int] = []
    for place, (number, accepted) in enumerate(decisions):
        said[number] = accepted
        pending.append(number)
        if place not in cuts:
            gradual.learn({n: sauce_story(n) for n in pending if not gradual.knows(n)}, [of(said)])
            pending.clear()
    gradual.learn({n: sauce_story(n) for n in pending if not gradual.knows(n)}, [of(said)])
    numbers = list(said)
    order.shuffle(numbers)
    at_once = new_tagger()
    at_once.learn({n: sauce_story(n) for n in numbers}, [of(said)])
    assert state(gradual) == state(at_once)


def of(said: dict[int, bool]) -> TaughtTopic:
    return topic({n for n, yes in said.items() if yes}, {n for n, yes in said.items() if not yes})


@settings(max_examples=40, deadline=None)
@given(added=st.lists(st.integers(1, 12), max_size=8), removed=st.data())
def test_sums_are_exact_whatever_comes_and_goes(added: list[int], removed: st.DataObject) -> None:
    gone = removed.draw(st.lists(st.sampled_from(added), unique=True) if added else st.just([]))
    numbers = sorted(set(added))
    gone = [n for n in gone if n in numbers]
    sums = Sums().changed(added=[grams(sauce_story(n)) for n in numbers])
    sums = sums.changed(removed=[grams(sauce_story(n)) for n in gone])
    fresh = Sums().changed(added=[grams(sauce_story(n)) for n in numbers if n not in gone])
    assert sums.stories == fresh.stories
    for one, other in ((sums.keys, fresh.keys), (sums.counts, fresh.counts), (sums.values, fresh.values)):
        assert np.array_equal(one, other)


@settings(max_examples=30, deadline=None)
@given(accepted=st.sets(st.integers(1, 9), max_size=6), rejected=st.sets(st.integers(10, 15), max_size=4))
def test_the_shares_of_all_characters_add_up_to_the_score(accepted: set[int], rejected: set[int]) -> None:
    said = Sums().changed(added=[grams(sauce_story(n)) for n in sorted(accepted)])
    unsaid = Sums().changed(added=[grams(sauce_story(n)) for n in sorted(rejected)])
    line = line_of(said, unsaid, RARITY)
    text = sauce_story(16)
    sources = Source.of(TextField.TITLE, text.title), Source.of(TextField.BODY, text.body)
    found, occurrences = read_grams(*sources, RARITY)
    at = np.searchsorted(found.keys, line.keys)
    score = sum(
        float(weight * found.values[place])
        for key, weight, place in zip(line.keys, line.weights, at, strict=True)
        if place < len(found.keys) and found.keys[place] == key
    )
    assert shares(line, found, occurrences).sum() == pytest.approx(score, abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(
    accepted=st.sets(st.integers(1, 9), max_size=7),
    rejected=st.sets(st.integers(10, 15), max_size=4),
    number=st.integers(16, 30),
)
def test_rejecting_a_topic_on_a_story_never_makes_it_likelier_there(
    accepted: set[int], rejected: set[int], number: int
) -> None:
    memory = Memory(RARITY)
    numbers = accepted | rejected | {number}
    memory.learn({n: Example.of(grams(sauce_story(n)), None) for n in numbers}, [topic(accepted, rejected)])
    before = total(memory.table, sauce_story(number))
    memory.learn(
        {number: Example.of(grams(sauce_story(number)), None)}, [topic(accepted, rejected | {number})]
    )
    assert total(memory.table, sauce_story(number)) <= before + 1e-9
