"""Runs under way: the record of a run while this process drives it, and the wish that it end."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from bridge.run.stopping import Stop, watch, wish
from bridge.store.runlog import Listener, RunLog
from bridge.store.store import Store


class Underway:
    """A run that this process drives, from its first event to its end; ``resume`` names one to go on with."""

    def __init__(
        self,
        store: Store,
        about: Mapping[str, Any],
        listener: Listener | None = None,
        *,
        resume: str | None = None,
        stop: Stop | None = None,
    ) -> None:
        self.stop = stop or Stop()
        if resume:
            self.log = RunLog.again(store, resume, about, listener)
            store.space.remove(wish(resume))
        else:
            self.log = RunLog(store, about, listener)
        self._over = threading.Event()
        threading.Thread(target=watch, args=(store.space, self.log.id, self.stop, self._over), daemon=True).start()

    def close(self, state: str, **facts: Any) -> None:
        """Close the record as ``state``, unless the run was asked to end otherwise."""
        self._over.set()
        self.log.end(self.stop.why or state, **facts)
