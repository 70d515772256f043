"""The shipped, versioned weights, each folder with its card."""

from importlib.resources import files
from pathlib import Path


def shipped(kind: str) -> Path:
    """Folder of the artefact that serves for a kind: ``encoder``, ``topics``, ``pairs``, …"""
    return Path(str(files("tianfu.model.artifacts"))) / kind
