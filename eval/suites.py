"""The suites by name: how each is run, which kind of model it measures, and what its figures mean."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tianfu.eval import duplicates, headlines, recommendation, reprints, retrieval, sts, tagging
from tianfu.eval.core import Subject, SuiteResult
from tianfu.model.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One suite.

    Attributes:
        kind: Of the artefacts it measures: ``encoder``, ``topics``, ``pairs`` or ``ranker``.
        question: What it answers.
        run: Takes files and subject.
    """

    kind: str
    question: str
    run: Callable[[Sequence[Path], Subject], SuiteResult]


SUITES: Mapping[str, Suite] = {
    retrieval.NAME: Suite(kind="encoder", question="Does a headline find its own story?", run=retrieval.run),
    headlines.NAME: Suite(
        kind="encoder", question="Can classes be read from the vectors of headlines?", run=headlines.run
    ),
    sts.NAME: Suite(
        kind="encoder", question="Do cosines follow people's judgement of likeness?", run=sts.run
    ),
    tagging.NAME: Suite(
        kind="topics", question="Are the suggested classes those that people gave?", run=tagging.run
    ),
    duplicates.NAME: Suite(
        kind="pairs",
        question="Are reprint, same event, same topic and unrelated told apart?",
        run=duplicates.run,
    ),
    recommendation.NAME: Suite(
        kind="ranker",
        question="Was a story near the top just before a reader first clicked it?",
        run=recommendation.run,
    ),
    reprints.NAME: Suite(
        kind="pairs", question="Are edited copies found among many stories?", run=reprints.run
    ),
}


def run_suite(name: str, files: Sequence[Path], subject: Subject) -> SuiteResult:
    """Run a suite on files.

    Raises:
        NotFound: No suite of that name.
        UnreadableFile: A file is missing or not in the suite's form.
    """
    if name not in SUITES:
        raise NotFound("suite", name)
    return SUITES[name].run(files, subject)
