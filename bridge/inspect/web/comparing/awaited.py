"""Comparisons of fields, made beside the pages that wait for them, once: a large one takes seconds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from bridge.inspect.explain.by_scale import Apart

#: Comparisons that are kept: they are numbers and words, no fields.
KEPT = 64


class Comparisons:
    """What has been compared, and what is being compared; a comparison that was refused is tried again."""

    def __init__(self) -> None:
        self._made: OrderedDict[Hashable, Future[Apart]] = OrderedDict()
        self._lock = threading.Lock()
        self._workers = ThreadPoolExecutor(1, "comparison")

    def soon(self, what: Hashable, make: Callable[[], Apart], seconds: float) -> Apart | None:
        """The comparison; None if it takes longer than so many seconds, and is still being made.

        Raises what making it raises.
        """
        waiting = self._begun(what, make)
        wait([waiting], seconds)
        if not waiting.done():
            return None
        with self._lock:
            if waiting.exception() is not None and self._made.get(what) is waiting:
                del self._made[what]
            for one in [one for one, other in self._made.items() if other.done()][:-KEPT]:
                del self._made[one]
        return waiting.result()

    def _begun(self, what: Hashable, make: Callable[[], Apart]) -> Future[Apart]:
        with self._lock:
            if what not in self._made:
                self._made[what] = self._workers.submit(make)
            self._made.move_to_end(what)
            return self._made[what]


COMPARISONS = Comparisons()
