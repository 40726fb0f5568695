"""Work from inside a stage: on the same Dask cluster, in threads, and within a time limit.

A stage that hands out work leaves its worker's thread to it for the rest of its life, so that coarse stages that wait
do not keep the fine ones from running, not even one that waits for another to finish the same. How many of them run at
once is limited by the resource ``closure`` of workers.
"""

# mypy: allow-untyped-calls
# (most of distributed is untyped)

from __future__ import annotations

import contextlib
import contextvars
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from bridge.errors import BridgeError, OverTime

T = TypeVar("T")


class OnCluster:
    """The Dask cluster that the stage around runs on."""

    def __init__(self, worker: Any) -> None:
        from distributed import get_client

        self.address, self._client = worker.address, get_client()
        leave()
        workers = list(self._client.scheduler_info(n_workers=-1)["workers"])
        self.width = max(1, len(workers))
        # Naming the workers keeps Dask from holding pieces back until one has a place free: stages that wait there for
        # their turn to ask take all places, and would for ever.
        self._where = {"workers": workers, "allow_other_workers": True} if workers else {}

    def each(self, work: Callable[[Any], T], orders: Iterator[tuple[str, Any]], ahead: int = 2) -> Iterator[T]:
        """Have workers do ``work(order)``, each by its Dask key; results come as they are ready.

        Orders are taken when there is room for them, ``ahead`` for every worker. Raises what the work raises.
        """
        from distributed import as_completed
        from distributed.scheduler import KilledWorker

        from bridge.run.submitting import Located

        ready: Any = as_completed([])
        waiting = 0
        try:
            while True:
                while waiting < ahead * self.width and (following := next(orders, None)) is not None:
                    key, order = following
                    ready.add(self._client.submit(Located(work), order, key=key, priority=1, **self._where))
                    waiting += 1
                if not waiting:
                    return
                future = next(ready)
                waiting -= 1
                try:
                    yield future.result()
                except KilledWorker as error:
                    raise BridgeError(
                        f"{future.key}: {error.allowed_failures + 1} workers died running it. Most often memory ran "
                        "out: give the fine model a smaller problem, or use fewer, larger workers."
                    ) from None
        finally:
            ready.clear()


class InThreads:
    """Threads of this process, where there is no cluster."""

    address = ""

    def __init__(self, width: int) -> None:
        self.width = width

    def each(self, work: Callable[[Any], T], orders: Iterator[tuple[str, Any]], ahead: int = 2) -> Iterator[T]:
        """Do ``work(order)`` in threads; results come as they are ready."""
        with ThreadPoolExecutor(self.width) as threads:
            waiting: set[Future[T]] = set()
            try:
                while True:
                    while len(waiting) < ahead * self.width and (following := next(orders, None)) is not None:
                        waiting.add(threads.submit(work, following[1]))
                    if not waiting:
                        return
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield future.result()
            finally:
                for future in waiting:
                    future.cancel()


def leave() -> None:
    """Leave this worker's thread to others, for as long as the task runs: before it waits for anybody."""
    if here() is None:
        return
    from distributed import secede

    with contextlib.suppress(KeyError, AttributeError):  # it has left already, or is in a thread of its own
        secede()


def here() -> Any:
    """The Dask worker that this thread runs a task of; None elsewhere."""
    if "distributed" not in sys.modules:
        return None
    from distributed import get_worker

    try:
        return get_worker()
    except ValueError:
        return None


def within(limit: float | None, work: Callable[[], T], what: str) -> T:
    """Do something that may take ``limit`` seconds. Raises OverTime; the thread that it is in goes on until it ends."""
    if limit is None:
        return work()
    done: Future[T] = Future()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            done.set_result(context.run(work))
        except BaseException as reason:
            done.set_exception(reason)

    threading.Thread(target=run, daemon=True, name="a call with a time limit").start()
    try:
        return done.result(limit)
    except TimeoutError:
        if done.done():  # just now, or it is the work's own
            return done.result()
        raise OverTime(f"{what}: it took longer than {limit:g} s, the timeout of its closure.") from None
