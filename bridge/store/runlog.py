"""Run records: what a run was, written while it happens. Order is by sequence; times are for people."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bridge.store.disk import locked, replace_file

SCHEMA = 1
Listener = Callable[[dict[str, Any]], None]


def now() -> str:
    """UTC, to the millisecond, for people."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class RunLog:
    """The record of one run, held by the process that drives it."""

    def __init__(self, root: Path, about: Mapping[str, Any], listener: Listener | None = None) -> None:
        self.folder = _fresh(root / "runs")
        self.id = self.folder.name
        self._held = contextlib.ExitStack()
        self._held.enter_context(locked(self.folder / "lock"))  # a run whose lock is free and has no end was cut off
        self._listener, self._sequence, self._lock = listener, 0, threading.Lock()
        self.about = {
            "schema": SCHEMA,
            "id": self.id,
            "started": now(),
            "host": platform.node(),
            "pid": os.getpid(),
            "python": platform.python_version(),
            **about,
        }
        self._save()

    def note(self, **facts: Any) -> None:
        """Add facts to the record."""
        with self._lock:
            self.about |= facts
            self._save()

    def event(self, stage: str, state: str, **facts: Any) -> None:
        """Append what happened to a stage, and tell who listens."""
        with self._lock:
            self._sequence += 1
            entry = {"seq": self._sequence, "stage": stage, "state": state, **facts, "at": now()}
            with open(self.folder / "events.jsonl", "a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
        if self._listener:
            self._listener(entry)

    def end(self, state: str, **facts: Any) -> None:
        """Close the record."""
        with self._lock:
            self.about |= {"state": state, "ended": now(), **facts}
            self._save()
        self._held.close()

    def _save(self) -> None:
        text = json.dumps(self.about, ensure_ascii=False, indent=1)
        replace_file(self.folder / "run.json", text.encode(errors="backslashreplace"))


def _fresh(runs: Path) -> Path:
    """A new folder, named so that names sort by time: date, time, then milliseconds and three random digits."""
    runs.mkdir(parents=True, exist_ok=True)
    while True:
        at = datetime.now(UTC)
        folder = runs / f"{at:%Y%m%d-%H%M%S}-{at.microsecond // 1000:03d}{secrets.token_hex(2)[:3]}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            return folder
