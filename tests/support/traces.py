"""Looking for a name everywhere: in every table a database has, and in everything a newsroom holds."""

import dataclasses
import zlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine, inspect, make_url, text

from tianfu.serving.services.newsroom import Newsroom


def traces(room: Newsroom, name: str) -> list[str]:
    """Where a name stands: in columns of tables, and in anything the newsroom holds in memory."""
    return [*in_tables(room.database.url, name), *dict.fromkeys(held(room, name, "newsroom", set()))]


def in_tables(url: str, name: str) -> list[str]:
    """Columns that hold a name, of whatever tables the database says it has, packed records opened."""
    engine = create_engine(url)
    found: list[str] = []
    with engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            rows = connection.execute(text(f'SELECT * FROM "{table}"')).mappings().all()  # noqa: S608
            found += [
                f"table {table}.{column}"
                for row in rows
                for column, value in row.items()
                if name in spelled_out(value)
            ]
    engine.dispose()
    return list(dict.fromkeys(found))


def in_file(room: Newsroom) -> bytes:
    """Every byte of a box's database: free pages, and what was written ahead."""
    path = make_url(room.database.url).database
    return b"".join(
        Path(f"{path}{end}").read_bytes() for end in ("", "-wal") if Path(f"{path}{end}").exists()
    )


def spelled_out(value: object) -> str:
    """A value as text, a packed record opened."""
    if isinstance(value, bytes | memoryview):
        value = bytes(value)
        if value.startswith(b"\x78"):
            value = zlib.decompress(value)
        return value.decode("utf-8", "replace")
    return str(value)


def held(thing: object, name: str, path: str, met: set[int]) -> Iterator[str]:
    """Paths to strings that hold a name, through everything of ours that can be reached."""
    if isinstance(thing, str):
        if name in thing:
            yield path
        return
    if id(thing) in met or isinstance(thing, int | float | bytes | type):
        return
    met.add(id(thing))
    if isinstance(thing, dict):
        for key, value in list(thing.items()):
            yield from held(key, name, path, met)
            yield from held(value, name, path, met)
    elif isinstance(thing, list | tuple | set | frozenset):
        for value in list(thing):
            yield from held(value, name, path, met)
    elif dataclasses.is_dataclass(thing) or type(thing).__module__.startswith("tianfu"):
        for base in type(thing).__mro__:
            for slot in getattr(base, "__slots__", ()):
                yield from held(getattr(thing, slot, None), name, f"{path}.{slot}", met)
        for attribute, value in list(getattr(thing, "__dict__", {}).items()):
            yield from held(value, name, f"{path}.{attribute}", met)
