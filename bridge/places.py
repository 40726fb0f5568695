"""Places: where scalebridge keeps its state and its artifacts. Nothing but places is set by the environment."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
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


def use_in_place(folders: Iterable[str]) -> None:
    """Use the plugins of these folders in place, beside those named already; workers started from here do too."""
    named = dict.fromkeys([*(Path(one).absolute() for one in folders), *plugin_folders()])
    os.environ["SCALEBRIDGE_PLUGINS"] = os.pathsep.join(map(str, named))


def plugin_variable() -> dict[str, str]:
    """What the environment of another process must say for it to use the same plugins in place; usually nothing."""
    folders = plugin_folders()
    return {"SCALEBRIDGE_PLUGINS": os.pathsep.join(map(str, folders))} if folders else {}


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


_careful = False
_told: Callable[[str], None] | None = None


def look_first(told: Callable[[str], None] | None = None) -> None:
    """Have this process look at a plugin in another one before it loads it: what a command of scalebridge does.

    ``told`` is given a plugin that takes more than two seconds to be looked at.
    """
    global _careful, _told
    _careful, _told = True, told


def looks_with() -> Callable[[str], None] | None:
    """What is told of a plugin that takes its time."""
    return _told


def looks_first() -> bool:
    """Whether this process looks before it loads."""
    return _careful
