"""A demo newsroom in a folder, and a service running over it."""

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx


@dataclass(frozen=True)
class Demo:
    """A demo newsroom in a folder, stopped."""

    data_dir: Path
    keys: dict[str, str]
    outlet_id: str
    reader_id: str
    stories: int


@dataclass(frozen=True)
class Live:
    """A running service over the demo."""

    address: str
    demo: Demo

    def post(self, path: str, role: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.demo.keys[role]}"}
        answer = httpx.post(self.address + path, json=body, headers=headers, timeout=60)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
