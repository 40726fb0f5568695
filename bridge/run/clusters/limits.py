"""Work that may take only so long: it says when it begins, for only then its time runs, not while it waits its turn."""

# mypy: allow-untyped-calls
# (most of distributed is untyped)

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bridge.literals import duration

if TYPE_CHECKING:
    from distributed import Client

#: What beginnings are published under, on the scheduler.
TOPIC = "scalebridge-began"


class Announced:
    """A call that says where and that it begins before it does; picklable."""

    def __init__(self, fn: Callable[[Any], Any], key: str) -> None:
        self.fn, self.key = fn, key

    def __call__(self, order: Any) -> Any:
        """Say so, then do it: the word is out before a model can keep the interpreter's lock to itself."""
        from distributed import get_worker
        from distributed.utils import sync

        worker = get_worker()
        told = {"key": self.key, "worker": worker.address}
        sync(worker.loop, worker.scheduler.log_event, topic=TOPIC, msg=told, callback_timeout=10)
        return self.fn(order)


class Limits:
    """How long each piece of work may take, and since when it runs where; for one client."""

    def __init__(self) -> None:
        self._limits: dict[str, float] = {}
        self._began: dict[str, tuple[float, str]] = {}
        self._listening = False

    def expect(self, client: Client, key: str, limit: float) -> None:
        """Limit a piece of work, in seconds, from when it begins."""
        if not self._listening:
            self._listening = True
            client.subscribe_topic(TOPIC, self._heard)
        self._began.pop(key, None)
        self._limits[key] = limit

    def over(self, key: str) -> str | None:
        """The address of the worker on which this work has taken longer than it may."""
        limit, began = self._limits.get(key), self._began.get(key)
        return began[1] if limit and began and time.monotonic() - began[0] > limit else None

    def forget(self, key: str) -> None:
        """The work is done, or nobody waits for it."""
        self._limits.pop(key, None)
        self._began.pop(key, None)

    def told(self, key: str) -> str:
        """The limit of a piece of work, for people."""
        return duration(self._limits[key])

    def _heard(self, event: tuple[float, Any]) -> None:
        told = event[1]
        if told["key"] in self._limits:
            self._began[told["key"]] = (time.monotonic(), told["worker"])
