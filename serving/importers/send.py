"""Sending stories to a running service over its public API, with patience."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import httpx

from tianfu.model.errors import StoreUnavailable, TianfuError
from tianfu.serving.importers.rows import ImportRow

BATCH_ROWS = 200
BATCH_BYTES = 8_000_000
MAX_PATIENCE_S = 300.0


class Refused(TianfuError):
    """The service refused a whole batch."""

    code = "import_refused"


@dataclass(slots=True, kw_only=True)
class ImportReport:
    """What became of a file.

    Attributes:
        faults: The first hundred faulty rows: place and why.
    """

    created: int = 0
    revised: int = 0
    unchanged: int = 0
    rejected: int = 0
    seconds: float = 0.0
    faults: list[tuple[int, str]] = field(default_factory=list)

    def fault(self, place: int, why: str) -> None:
        """Note a faulty row."""
        self.rejected += 1
        if len(self.faults) < 100:
            self.faults.append((place, why))


def send_stories(
    rows: Iterable[ImportRow],
    *,
    client: httpx.Client,
    defaults: dict[str, Any],
    progress: Callable[[int], None] = lambda _rows: None,
) -> ImportReport:
    """Send rows in batches; a batch that got no answer is sent again, which is safe.

    Args:
        rows: As read from a file.
        client: With the service's address and key.
        defaults: Fields for rows that lack them, such as ``outlet_id``.
        progress: Told how many rows were dealt with, batch by batch.

    Raises:
        Refused: The service refuses the key or the whole batch, or nothing can be sent as it is.
        StoreUnavailable: The service did not answer for five minutes.
    """
    report = ImportReport()
    began = time.monotonic()
    for batch in _batches(rows):
        good: list[ImportRow] = []
        for row in batch:
            why = _fault_of(row)
            if why is None:
                good.append(row)
            else:
                report.fault(row.place, why)
        if good:
            stories = [{**defaults, **(row.story or {})} for row in good]
            for row, result in zip(good, _post(client, stories)["results"], strict=True):
                if result["error"] is not None:
                    report.fault(row.place, result["error"]["detail"])
                else:
                    name = result["outcome"]
                    setattr(report, name, getattr(report, name) + 1)
        progress(len(batch))
    report.seconds = time.monotonic() - began
    return report


def _fault_of(row: ImportRow) -> str | None:
    """Why a row cannot be sent: it was not read, or what was read is nothing that JSON in UTF-8 can say."""
    if row.story is None:
        return row.why
    try:
        json.dumps(row.story, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        return "a text holds half a character, such as an emoji that was cut in two"
    except ValueError:
        return "a number is not finite"
    return None


def _batches(rows: Iterable[ImportRow]) -> Iterator[list[ImportRow]]:
    stream = iter(rows)
    while batch := list(islice(stream, BATCH_ROWS)):
        part: list[ImportRow] = []
        size = 0
        for row in batch:
            weight = 4 * len((row.story or {}).get("body") or "")
            if part and size + weight > BATCH_BYTES:
                yield part
                part, size = [], 0
            part.append(row)
            size += weight
        yield part


def _post(client: httpx.Client, stories: list[dict[str, Any]]) -> dict[str, Any]:
    patience_ends = time.monotonic() + MAX_PATIENCE_S
    pause_s = 0.5
    while True:
        try:
            answer = client.post("/v1/stories", json={"stories": stories})
        except (httpx.LocalProtocolError, httpx.UnsupportedProtocol) as unsendable:
            raise Refused(
                "Nothing can be sent to that address with that key.",
                advice="The address begins with http:// or https://, the key holds no blanks.",
            ) from unsendable
        except httpx.TransportError as away:
            if time.monotonic() > patience_ends:
                raise StoreUnavailable(
                    "The service does not answer.", advice="Start it, then repeat."
                ) from away
            retry_after_s = 0.0
        else:
            if answer.status_code in (200, 201):
                found: dict[str, Any] = answer.json()
                return found
            if answer.status_code not in (429, 502, 503, 504) or time.monotonic() > patience_ends:
                raise Refused(detail_of(answer), advice="Check the key, the outlet and the address.")
            retry_after_s = float(answer.headers.get("Retry-After", "0") or 0)
        time.sleep(max(pause_s, min(retry_after_s, 60.0)))
        pause_s = min(10.0, pause_s * 2)


def detail_of(answer: httpx.Response) -> str:
    """What an answer that refuses says of the reason."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"The service answered {answer.status_code}."
