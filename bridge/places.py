"""Places: where scalebridge keeps its state and its artifacts. Nothing but places is set by the environment."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextvars import ContextVar
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


def plugin_folders() -> list[Path]:
    """Folders whose plugins are used in place: ``SCALEBRIDGE_PLUGINS``, separated as in ``PATH``; usually none."""
    return [Path(part).absolute() for part in os.environ.get("SCALEBRIDGE_PLUGINS", "").split(os.pathsep) if part]


_computed: ContextVar[str | None] = ContextVar("bridge_computed", default=None)


@contextlib.contextmanager
def computing(key: str | None) -> Iterator[None]:
    """Say which artifact is computed in this block, by its content key."""
    token = _computed.set(key)
    try:
        yield
    finally:
        _computed.reset(token)


def computed() -> str | None:
    """Content key of the artifact that is computed right here; None outside of the platform.

    Whoever must find again what an earlier attempt left, such as restart files, keeps it by this name.
    """
    return _computed.get()
