"""Run records: what a run was, written while it happens. Order is by sequence; times are for people."""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bridge.errors import ContractError
from bridge.store.events import line_of, read_events
from bridge.store.recorded import SCHEMA
from bridge.store.sealed import INDENT, sealed, unsealed
from bridge.store.spaces.space import StoreUnusable
from bridge.store.upkeep.cleaning import undisturbed

if TYPE_CHECKING:
    from bridge.store.store import Store

Listener = Callable[[dict[str, Any]], None]
#: The millisecond in which this process named a run last; one names at a time.
_NAMED: list[str] = []
_NAMING = threading.Lock()


def now() -> str:
    """UTC, to the millisecond, for people."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class RunLog:
    """The record of one run, held by the process that drives it."""

    def __init__(self, store: Store, about: Mapping[str, Any], listener: Listener | None = None) -> None:
        self._begin(store, listener)
        space = self.space
        while True:
            self.id = _fresh()
            self.about = {"schema": SCHEMA, "id": self.id, "started": now(), **_here(), **about}
            self._held.enter_context(space.claim(f"runs/{self.id}/lock"))  # free without an end: it was cut off
            if space.create(f"runs/{self.id}/run.json", sealed(self.about, INDENT)):
                undisturbed(space)
                return
            self._held.close()

    def _begin(self, store: Store, listener: Listener | None) -> None:
        if store.identity is None:
            store.prepare()  # what cannot be stored is not computed
        self.space, self._listener = store.space, listener
        self._held, self._lock = contextlib.ExitStack(), threading.RLock()
        self._sequence, self._start, self._unsure = 0, b"", False

    @classmethod
    def again(cls, store: Store, run: str, about: Mapping[str, Any], listener: Listener | None = None) -> RunLog:
        """Go on with the record of a run that was cut off, was cancelled, or failed.

        Raises ContractError if it is running elsewhere.
        """
        log = cls.__new__(cls)
        log._begin(store, listener)
        space = log.space
        log.id = run
        name = f"runs/{run}/run.json"
        try:
            log._held.enter_context(space.claim(f"runs/{run}/lock", patience=20.0))
        except StoreUnusable:
            raise ContractError(
                f"run {run} is running: wait for it, or end it with scalebridge cancel {run}."
            ) from None
        undisturbed(space)
        before = unsealed(space.read(name), space.where(name), INDENT)
        for passed in ("state", "ended", "failure", "events"):
            before.pop(passed, None)
        log.about = {**before, **_here(), **about, "schema": SCHEMA, "resumed": before.get("resumed", 0) + 1}
        log._unsure = True
        log._catch_up()
        log._save()
        log.event("", "resumed")
        return log

    def note(self, **facts: Any) -> None:
        """Add facts to the record."""
        with self._lock:
            self.about |= facts
            self._save()

    def event(self, stage: str, state: str, **facts: Any) -> None:
        """Append what happened to a stage, or to the run ("" for a stage), and tell who listens."""
        with self._lock:
            self._catch_up()
            entry = {"seq": self._sequence + 1, "stage": stage, "state": state, **facts, "at": now()}
            self._unsure = True  # until it is written: what a full disk leaves of it is not known
            self.space.append(self._log, self._start + line_of(entry))
            self._sequence, self._start, self._unsure = entry["seq"], b"", False
        if self._listener and stage:
            self._listener(entry)

    @property
    def _log(self) -> str:
        return f"runs/{self.id}/events.jsonl"

    def _catch_up(self) -> None:
        """Go on from the events that are in the log; a line that was cut off stays behind as one."""
        if self._unsure:
            raw = self.space.read_log(self._log)
            self._sequence = max((event["seq"] for event in read_events(raw)), default=0)
            self._start = b"\n" if raw and not raw.endswith(b"\n") else b""
            self._unsure = False

    def end(self, state: str, **facts: Any) -> None:
        """Close the record."""
        with self._lock:
            try:
                self._catch_up()
                self.about |= {"state": state, "ended": now(), "events": self._sequence, **facts}
                self._save()
            finally:
                self._held.close()

    def _save(self) -> None:
        self.space.put(f"runs/{self.id}/run.json", sealed(self.about, INDENT))


def _here() -> dict[str, Any]:
    return {"host": platform.node(), "pid": os.getpid(), "python": platform.python_version()}


def _fresh() -> str:
    """A name that sorts by time: date, time, then milliseconds and three random digits.

    No two of a process are of one millisecond: they sort as they were made.
    """
    with _NAMING:
        while (at := f"{(here := datetime.now(UTC)):%Y%m%d-%H%M%S}-{here.microsecond // 1000:03d}") in _NAMED:
            time.sleep(0.0005)
        _NAMED[:] = [at]
    return f"{at}{secrets.token_hex(2)[:3]}"
