"""Logs of models, a text a stage, kept with the run that ran it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Self

from bridge.store.spaces.space import Space

#: Bytes kept of one attempt at a stage; a model that logs in a loop must not fill the store.
KEPT = 8 * 2**20
#: Seconds that words may wait where a write costs a request.
PATIENCE = 2.0


def log_of(run: str, stage: str) -> str:
    """Name of a stage's log."""
    return f"runs/{run}/logs/{stage.replace('#', '@')}.log"


class StageLog:
    """A stage's log while its model runs; a line is in the store as soon as it is written, on a disk."""

    def __init__(self, space: Space, run: str, stage: str, heading: str) -> None:
        self._space, self._name = space, log_of(run, stage)
        self._waiting = [f"--- {heading}\n".encode()]  # goes with the first line: a silent model has no log
        self._size, self._last, self._lock = 0, time.monotonic(), threading.Lock()
        self._slow = space.remote

    def write(self, level: str, text: str) -> None:
        """Add what was said; a text of several lines stays together."""
        at = datetime.now(UTC).strftime("%H:%M:%S.%f")[:-3]
        line = f"{at} {level:<7} {text}\n".encode(errors="backslashreplace")
        with self._lock:
            if self._size > KEPT:
                return
            self._size += len(line)
            self._waiting.append(line if self._size <= KEPT else b"--- more was said than is kept\n")
            if not self._slow or time.monotonic() - self._last > PATIENCE:
                self._flush()

    def _flush(self) -> None:
        content, self._waiting, self._last = b"".join(self._waiting), [], time.monotonic()
        self._space.append(self._name, content, sync=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._size and self._waiting:
                self._flush()


def read_log(space: Space, run: str, stage: str) -> str | None:
    """What the models of a stage said, all attempts; None if they said nothing."""
    raw = space.read_log(log_of(run, stage))
    return raw.decode(errors="replace") or None
