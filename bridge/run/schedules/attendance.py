"""Who serves the schedules of a state folder: one process at a time, under a lock that the kernel lets go of."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bridge.errors import BridgeError
from bridge.run.server_files import exclusive, place


class AlreadyServed(BridgeError):
    """Another process serves the schedules of this state folder."""


def _file() -> Path:
    return place() / "serve.lock"


@contextmanager
def on_duty() -> Iterator[None]:
    """Be the one who serves. Raises AlreadyServed, saying who does."""
    with exclusive(_file()) as descriptor:
        if descriptor is None:
            who = who_serves() or {}
            raise AlreadyServed(
                f"the schedules of {place().parent} are served already: by process {who.get('pid', '?')} on"
                f" {who.get('host', '?')} since {who.get('since', '?')}. End it first: kill {who.get('pid', 'PID')}"
            )
        since = datetime.now(UTC).isoformat(timespec="seconds")
        about = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(about).encode(), 0)
        yield
        os.ftruncate(descriptor, 0)


def who_serves() -> dict[str, Any] | None:
    """Process, host and start of who serves the schedules here; None if nobody does."""
    path = _file()
    if not path.exists():
        return None
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            written = file.read()
            return dict(json.loads(written)) if written else {}
        return None
