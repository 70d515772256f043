"""An application that stands for all tests of a module."""

from dataclasses import dataclass

from fastapi.testclient import TestClient


@dataclass(frozen=True)
class Standing:
    """One application for tests that leave nothing behind for each other, and an operator's key."""

    client: TestClient
    headers: dict[str, str]
