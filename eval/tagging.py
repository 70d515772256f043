"""Suite ``tagging``: topic classes against those that people gave."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tianfu.embeddings.text.html import html_to_text
from tianfu.eval.baselines.topics import majority_tags, story_groups, svm_tags
from tianfu.eval.bootstrap import compare
from tianfu.eval.core import Subject, SuiteResult, TopicModel, needed, record
from tianfu.eval.pictures import Example
from tianfu.eval.rows import Row, parsed_rows, text_of
from tianfu.eval.tagging_measures import NONE, TagAnswers, TagTruth, tagging_measure
from tianfu.eval.tagging_pictures import f1_bars, reliability
from tianfu.model.errors import InvalidInput
from tianfu.model.ports import TaggingText
from tianfu.model.tag import TagKind
from tianfu.model.vocab.topics import load_topics

NAME = "tagging"
RESAMPLES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedStory:
    """A story with the classes that people gave it, the primary one first."""

    text: TaggingText
    labels: tuple[str, ...]


def run(files: Sequence[Path], subject: Subject) -> SuiteResult:
    """Measure a tagger; rows are ``{"title", "body"?, "labels": ["14", …]}``, ``lead`` for ``body`` too.

    Metrics: see :func:`~tianfu.eval.tagging_measures.tagging_measure`.  Baselines ``majority`` and
    ``tfidf_svm`` learn from these very rows, cross-validated: each row is judged by what the other
    folds taught.

    Raises:
        UnreadableFile: A file is missing or a row breaks its form.
    """
    return measure(parsed_rows(files, tagged_story_of, limit=subject.limit), subject)


def measure(stories: Sequence[TaggedStory], subject: Subject) -> SuiteResult:
    """Measure a tagger on stories; see :func:`run`."""
    began = time.perf_counter()
    texts, truth = [story.text for story in stories], truth_of(stories)
    said = tagger_answers(needed(subject.tagger, "topics"), texts)
    others = _baselines(texts, truth) if subject.baselines else {}
    comparison = compare(
        len(stories),
        tagging_measure(truth, said),
        {name: tagging_measure(truth, answers) for name, answers in others.items()},
        resamples=RESAMPLES,
    )
    methods = {"model": said} | {name: others[name] for name in ("tfidf_svm",) if name in others}
    return record(
        NAME,
        subject,
        len(stories),
        comparison,
        began=began,
        pictures=(reliability(truth, methods), f1_bars(truth, methods)),
        examples=_examples(stories, truth, said),
    )


def tagged_story_of(row: Row) -> TaggedStory:
    """Read one row; the body is cleaned.

    Raises:
        InvalidInput: ``field`` names what is missing or wrong.
    """
    labels = row.get("labels")
    if not isinstance(labels, list) or not labels:
        raise InvalidInput(field="labels", why="must be a list of at least one class code, the primary first")
    for code in labels:
        if code not in load_topics().codes:
            raise InvalidInput(
                field="labels",
                why=f"there is no class {code!r} in GB/T 20093",
                advice='Codes are two digits in quotes, as in "14".',
            )
    body = row.get("body") or row.get("lead") or ""
    if not isinstance(body, str):
        raise InvalidInput(field="body", why="must be text")
    return TaggedStory(
        text=TaggingText(title=text_of(row, "title"), body=html_to_text(body)), labels=tuple(labels)
    )


def truth_of(stories: Sequence[TaggedStory]) -> TagTruth:
    """Cells and primary columns, in the standard's order of classes."""
    codes = load_topics().codes
    return TagTruth(
        labels=np.array([[code in story.labels for code in codes] for story in stories]),
        primary=np.array([codes.index(story.labels[0]) for story in stories], dtype=np.int64),
    )


def tagger_answers(tagger: TopicModel, texts: Sequence[TaggingText]) -> TagAnswers:
    """What the product would suggest, and the probabilities behind it, in the standard's order."""
    codes = load_topics().codes
    columns = {code: column for column, code in enumerate(codes)}
    probabilities = np.zeros((len(texts), len(codes)))
    probabilities[:, [columns[code] for code in tagger.classes]] = tagger.probabilities(texts)
    given = np.zeros(probabilities.shape, dtype=np.bool_)
    first = np.full(len(texts), NONE, dtype=np.int64)
    for row, suggestions in enumerate(tagger.suggest(texts)):
        for tag in suggestions:
            if tag.kind is TagKind.TOPIC:
                given[row, columns[tag.code]] = True
                first[row] = columns[tag.code] if tag.primary else first[row]
    return TagAnswers(probabilities=probabilities, given=given, first=first)


def _baselines(texts: Sequence[TaggingText], truth: TagTruth) -> Mapping[str, TagAnswers]:
    groups = story_groups(texts)
    return {"majority": majority_tags(truth, groups), "tfidf_svm": svm_tags(texts, truth, groups)}


def _examples(stories: Sequence[TaggedStory], truth: TagTruth, said: TagAnswers) -> list[Example]:
    """Stories whose first class is none of theirs, the most confident mistakes first."""
    names = [topic.name for topic in load_topics().all]
    wrong = [
        (-said.probabilities[row, first], row, first)
        for row, first in enumerate(said.first.tolist())
        if first != NONE and not truth.labels[row, first]
    ]
    return [
        Example(
            titles=(stories[row].text.title,),
            truth="、".join(load_topics().by_code[code].name for code in stories[row].labels),
            said=f"{names[first]} ({-minus:.2f})",
        )
        for minus, row, first in sorted(wrong)
    ]
