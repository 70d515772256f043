"""What a command says that failed for a reason which can be foreseen: a code, and what to do about it."""

import httpx

from tianfu.model.errors import TianfuError
from tianfu.serving.importers.send import detail_of

FORESEEN = (TianfuError, OSError, httpx.HTTPError)
"""Whatever else is raised is a fault of the program, and shows where."""


def told(failure: TianfuError | OSError | httpx.HTTPError) -> tuple[str, str]:
    """A stable code, and plain sentences: what is wrong, and what to do."""
    match failure:
        case TianfuError():
            return failure.code, f"{_ended(failure.message)} {failure.advice}".rstrip()
        case httpx.HTTPStatusError():
            return "service_refused", f"{_ended(detail_of(failure.response))} Check the address and the key."
        case httpx.HTTPError():
            return "service_unavailable", "The service does not answer. Start it, or check its address."
    if failure.filename is None:
        return "system_refused", _ended(failure.strerror or str(failure))
    why = f"{failure.filename}: {failure.strerror}"
    return "system_refused", f"{_ended(why)} Check the path, and who may read and write there."


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?", "!", "。")) else f"{sentence}."
