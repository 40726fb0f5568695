"""Places: where scalebridge keeps its state and its artifacts. Nothing but places is set by the environment."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """State folder of the project: ``SCALEBRIDGE_HOME``, or ``.scalebridge`` in the working folder."""
    return Path(os.environ.get("SCALEBRIDGE_HOME") or ".scalebridge").absolute()


def store_path() -> Path:
    """Folder of the store: ``SCALEBRIDGE_STORE``, or ``store`` in the state folder."""
    return Path(os.environ.get("SCALEBRIDGE_STORE") or home() / "store").absolute()
