"""Starts a service over a database as ``tianfu serve`` does, and tells what took how long.

    python benchmarks/start_child.py URL FOLDER

Run by ``benchmarks.start_cost``, by file, so that the code it starts may be that of another tree.  Imports
nothing but ``tianfu``.
"""

import functools
import json
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

BEGAN = time.perf_counter()


def main() -> None:
    url, folder = sys.argv[1:]
    from fastapi import FastAPI  # noqa: F401 - counted as imports, as serving does

    from tianfu.serving import process, wiring
    from tianfu.serving.app import create_app
    from tianfu.serving.services import event_stream, library, meaning
    from tianfu.serving.settings import ServiceSettings
    from tianfu.serving.store import database

    spent: dict[str, float] = {"imports": time.perf_counter() - BEGAN}
    facts: dict[str, Any] = {}

    def timed(owner: Any, name: str, step: str) -> None:
        inner: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(inner)
        def outer(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return inner(*args, **kwargs)
            finally:
                spent[step] = spent.get(step, 0.0) + time.perf_counter() - began

        setattr(owner, name, outer)

    timed(wiring, "load_parts", "models")
    timed(database.Database, "open", "connect, look for migrations")
    timed(meaning.Meaning, "load", "vector index")
    timed(library.Library, "_load_copies", "index of copies")
    timed(library, "load_cards", "cards from the database")
    timed(library, "_fill", "cards into the table")
    timed(library.Shelf, "refresh", "view")
    timed(event_stream.EventStream, "load", "events of three days")
    create_app(ServiceSettings(data_dir=Path(folder), database_url=url))
    spent["application"] = time.perf_counter() - BEGAN - spent["imports"]
    process.one_thread_each()
    with getattr(process, "loading", nullcontext)():  # an older tree has none
        room = wiring.build_newsroom(ServiceSettings(data_dir=Path(folder), database_url=url))
        room.start()
    whole = time.perf_counter() - BEGAN
    cpu = time.process_time()
    facts = {"stories": len(room.library.view), "indexed": room.library.index.size}
    room.stop()
    print(json.dumps({"whole": whole, "cpu": cpu, "steps": spent, **facts}))


if __name__ == "__main__":
    main()
