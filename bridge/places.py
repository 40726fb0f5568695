"""Places: where scalebridge keeps its state and its artifacts. Nothing but places is set by the environment."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """State folder of the project, on a local disk: ``SCALEBRIDGE_HOME``, or ``.scalebridge`` in the working folder."""
    return Path(os.environ.get("SCALEBRIDGE_HOME") or ".scalebridge").absolute()


def store_address() -> str:
    """Where the store is: ``SCALEBRIDGE_STORE``, a path or ``s3://bucket/prefix``, or ``store`` in the state folder."""
    return os.environ.get("SCALEBRIDGE_STORE") or str(home() / "store")


def shared_address() -> str | None:
    """A store that others fill and this one only reads: ``SCALEBRIDGE_SHARED``, or none."""
    return os.environ.get("SCALEBRIDGE_SHARED") or None
