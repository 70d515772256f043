"""The suites by name."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tianfu.eval import duplicates, headlines, reprints, retrieval, sts
from tianfu.eval.core import Subject, SuiteResult
from tianfu.model.errors import NotFound

SUITES: Mapping[str, Callable[[Sequence[Path], Subject], SuiteResult]] = {
    retrieval.NAME: retrieval.run,
    headlines.NAME: headlines.run,
    sts.NAME: sts.run,
    duplicates.NAME: duplicates.run,
    reprints.NAME: reprints.run,
}


def run_suite(name: str, files: Sequence[Path], subject: Subject) -> SuiteResult:
    """Run a suite on files.

    Raises:
        NotFound: No suite of that name.
        UnreadableFile: A file is missing or not in the suite's form.
    """
    if name not in SUITES:
        raise NotFound("suite", name)
    return SUITES[name](files, subject)
