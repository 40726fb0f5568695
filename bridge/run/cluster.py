"""Where models run: an embedded Dask cluster, jobs of a queue, pods, or a running scheduler given by its address.

Nothing starts, and Dask is not imported, before the first submission: a run whose results are all in the store
never gets here. Workers need neither Prefect nor its server.
"""

# mypy: allow-untyped-calls
# (most of distributed is untyped)

from __future__ import annotations

import atexit
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from bridge.places import home
from bridge.run.clusters.errors import ClusterError, Deserted, SchedulerLost, StageTimedOut, WorkerDied
from bridge.run.clusters.file import ClusterFile, cluster_file
from bridge.run.clusters.limits import Announced, Limits
from bridge.run.clusters.needs import Needs, refuse_beyond

if TYPE_CHECKING:
    from distributed import Client, Future

    from bridge.run.clusters.started import Started

__all__ = ["Cluster", "ClusterError", "SchedulerLost", "StageTimedOut", "WorkerDied", "connect"]

DESERTED = 60.0  # s without any worker of the embedded cluster; a killed one is replaced within 4 s
#: Seconds in which a worker that was ended must be gone; a tenth of one suffices where the scheduler is not busy.
GONE = 30.0


def _unchecked() -> None:
    return None


class Cluster:
    """A Dask cluster that starts when it is first asked for work; all its methods may be called from any thread."""

    def __init__(self, file: ClusterFile) -> None:
        self.file, self.name = file, file.name
        self._started: Started | None = None
        self._needs = Needs()
        self._ready = False
        self._fault: ClusterError | None = None
        self._limits = Limits()
        self._ended: Counter[str] = Counter()  # what ran or waited on workers that we ended
        self._closed = False
        self._home = home()  # the working directory may change
        self._lock = threading.RLock()
        self._checking = threading.Lock()
        self._submitting = threading.Lock()

    @property
    def started(self) -> bool:
        """Whether anything was started or connected to."""
        return self._started is not None

    @property
    def embedded(self) -> bool:
        """Whether it lives and dies with this process."""
        return self.file.embedded

    def client(self) -> Client:
        """The Dask client, starting or connecting at first use; nothing is known of its workers yet.

        Raises ClusterError when the cluster cannot be started or nothing answers at the address, and SchedulerLost
        after `close()`.
        """
        return self._running().client

    def _running(self) -> Started:
        with self._lock:
            if self._closed:
                raise SchedulerLost(f"the cluster {self.name!r} is closed. Connect again.")
            if self._started is None:
                from bridge.run.clusters.embedded import log_to

                log_to(self._home / "dask.log")
                self._started = _room(self.file).start(self.file, self._home)
                atexit.register(self.close)
            return self._started

    def expect(self, needed: Needs) -> None:
        """Say what will be asked of the workers, before anything starts.

        Raises ClusterError for a stage that asks for more than the workers of an embedded or queued cluster have.
        """
        if needed != self._needs:
            self._needs, self._ready, self._fault = needed, False, None
        if needed.asked and self.file.kind != "scheduler":
            refuse_beyond(_room(self.file).offer(self.file), needed, str(self.file))

    def ready(self, told: Callable[[str], None] = lambda _: None, check: Callable[[], None] = _unchecked) -> None:
        """Return once a worker has come that can do what is expected; one of an embedded cluster always can.

        ``told`` hears what is waited for, ``check`` is called meanwhile, and what it raises ends the wait. Raises
        ClusterError, the same one for all who ask, for a cluster or workers that will not do.
        """
        if self.embedded or self._ready:
            return
        from bridge.run.clusters.coming import checked

        while not self._checking.acquire(timeout=0.25):
            check()
        try:
            if self._fault is not None:
                raise self._fault
            if not self._ready:
                checked(self._running(), self.file, self._needs, told, check)
                self._ready = True
        except SchedulerLost:
            raise
        except ClusterError as fault:
            self._fault = fault
            raise
        finally:
            self._checking.release()

    def submit(
        self,
        fn: Callable[[Any], Any],
        order: Any,
        *,
        key: str,
        retries: int = 0,
        resources: Mapping[str, float] | None = None,
        retry: bool = False,
        limit: float | None = None,
    ) -> Future[Any]:
        """Have a worker call `fn(order)`; equal keys share one call for as long as somebody holds its future.

        Dask answers a known key with what it has, a model's own error included: with `retry=True` what failed runs
        again. `retries` are Dask's own, without asking. `resources` are what the call takes of its worker, such as
        `{"closure": 1}`; `limit` is how many seconds it may take once it has begun. Clients of one scheduler share
        its keys, so a key must say which store it writes to.

        Raises ClusterError when no worker of a running cluster has these resources.
        """
        self.ready()
        client: Any = self.client()
        where: dict[str, Any] = {}
        if resources:
            where["resources"] = dict(resources)
            if self.file.kind == "scheduler":
                from bridge.run.clusters.coming import placed

                where = placed(client, resources, str(self.file))
        if limit is not None:
            self._limits.expect(client, key, limit)
            fn = Announced(fn, key)
        with self._submitting:  # Client.submit looks a key up and adds it, in two steps
            failed = retry and client.sync(client.scheduler.get_task_status, keys=[key])[key] == "erred"
            future: Future[Any] = client.submit(fn, order, key=key, retries=retries, **where)
            if failed:
                end = time.monotonic() + 5  # the old error arrives on another connection than our request to retry
                while future.status != "error" and time.monotonic() < end:
                    time.sleep(0.002)
                future.retry()
        return future

    def wait(self, future: Future[Any], poll: float = 0.25, check: Callable[[], None] = _unchecked) -> Any:
        """The result, or the model's own error; looks up every `poll` seconds, for Prefect to interrupt.

        `check` is called as often; what it raises ends the wait, and work that has not begun is forgotten with its
        future. Work whose worker was killed runs again by itself. Raises WorkerDied when that happened too often,
        StageTimedOut, with its worker ended, when it took longer than the `limit` it was submitted with, and
        SchedulerLost when the cluster went away.
        """
        from distributed.client import FutureCancelledError
        from distributed.scheduler import KilledWorker

        key = str(future.key)
        try:
            while True:
                self._until_done(future, poll, check)
                try:
                    return future.result(timeout=60)
                except TimeoutError:
                    if future.status == "error":
                        raise  # the model's own
                    # else its worker died before it handed the result over, and it runs again
                except KilledWorker as error:
                    if self._ended[key] <= 0:
                        raise WorkerDied(self._killed(key, error)) from None
                    self._ended[key] -= 1  # we ended workers under it, for older code or other work's sake
                    future.retry()
                except FutureCancelledError:
                    raise SchedulerLost(self._lost(key)) from None
        finally:
            self._limits.forget(key)

    def _until_done(self, future: Future[Any], poll: float, check: Callable[[], None]) -> None:
        started, served = self._running(), time.monotonic()
        key = str(future.key)
        done = threading.Event()
        future.add_done_callback(lambda _: done.set())
        while not done.wait(poll):
            check()
            if started.client.status in ("closing", "closed"):
                raise SchedulerLost(self._lost(key))
            if address := self._limits.over(key):
                self._end(future, address)
            started.tend()
            served = time.monotonic() if self._staffed() else served
            if time.monotonic() - served > DESERTED:
                raise Deserted(
                    f"{key}: no worker of the embedded cluster is left, and none has come back for"
                    f" {DESERTED:g} s. What they said: {self._home / 'dask.log'}"
                )

    def _staffed(self) -> bool:
        """Whether somebody can do the work; a cluster that is not embedded may be waiting for its queue."""
        started = self._started
        return started is None or not self.embedded or bool(started.dask.scheduler_info["workers"])

    def _end(self, future: Future[Any], address: str) -> None:
        """Free the place of work that has taken too long."""
        from bridge.run.clusters.ending import end_worker

        told = self._limits.told(str(future.key))
        client = self.client()
        if self.running_on(future) != address:
            return  # it has just ended, or begins anew elsewhere, which will be announced
        self._ended.update(set(client.processing().get(address, ())) - {future.key})
        future.cancel()  # else it would be the first to run again
        gone = end_worker(client, address, GONE)
        raise StageTimedOut(
            f"{future.key}: it took longer than {told}, the timeout of its stage. "
            + (f"Its worker {address} was ended." if gone else f"Its worker {address} could not be ended: no nanny.")
        )

    def running_on(self, future: Future[Any]) -> str | None:
        """The address of the worker that has this work, None while it has none."""
        for address, keys in self.client().processing().items():
            if future.key in keys:
                return str(address)
        return None

    def workers(self) -> list[str]:
        """The addresses of all workers."""
        return list(self.client().scheduler_info(n_workers=-1)["workers"])

    def restart_worker(self, address: str, timeout: float = 120.0) -> None:
        """Replace a worker by a new process, for it holds older code.

        What it ran or had waiting runs elsewhere. A worker that is gone already is no error. Raises ClusterError
        when nobody is there to start it again.
        """
        if address not in self.workers():
            return
        self._ended.update(self.client().processing().get(address, ()))
        try:
            self.client().restart_workers([address], timeout=timeout)
        except KeyError:
            return  # it went meanwhile, restarted by another thread
        except (ValueError, TimeoutError, OSError) as error:
            raise ClusterError(
                f"cannot restart worker {address} of cluster {self.name!r}: {error or f'not within {timeout:g} s'}."
                " Workers must be started with a nanny (dask worker --nanny)."
            ) from None

    def close(self) -> None:
        """End what was started with all its processes and jobs, or leave a running scheduler alone; more than once."""
        with self._lock:
            started, self._started, self._closed = self._started, None, True
        if started is not None:
            atexit.unregister(self.close)
            started.client.close(timeout=5)
            started.close()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _killed(self, key: str, error: Any) -> str:
        return (
            f"{key}: {error.allowed_failures + 1} workers died running it, the last one"
            f" {error.last_worker.address}. Most often memory ran out: give it a smaller problem or fewer,"
            f" larger workers. What they said: {self._home / 'dask.log'}"
        )

    def _lost(self, key: str) -> str:
        return (
            f"{key}: lost the Dask scheduler of cluster {self.name!r}. Check that it runs, then run again:"
            " what had finished is in the store."
        )


def connect(name: str = "local") -> Cluster:
    """The cluster of a name, of the path of a cluster file, or at the address of a scheduler; starts nothing.

    Raises ClusterError for what is none of these, and for a file that cannot be meant.
    """
    return Cluster(cluster_file(name))


def _room(file: ClusterFile) -> Any:
    """The module that starts clusters of a kind."""
    room = {"local": "embedded", "scheduler": "address", "kubernetes": "kubernetes"}.get(file.kind, "queue")
    return import_module(f"bridge.run.clusters.{room}")
