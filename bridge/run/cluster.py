"""Where models run: an embedded Dask cluster sized to this machine, or a running scheduler given by its address.

Nothing starts, and Dask is not imported, before the first submission: a run whose results are all in the store
never gets here. Workers need neither Prefect nor its server.
"""

# mypy: allow-untyped-calls
# (most of distributed is untyped)

from __future__ import annotations

import atexit
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bridge.errors import BridgeError, did_you_mean
from bridge.places import home
from bridge.run.local_cluster import log_to, start

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

KNOWN = ("local",)  # deploy/clusters/*.toml will add to it
CONNECT = 10.0  # s
DESERTED = 60.0  # s without any worker; a killed one is replaced within 4 s


class ClusterError(BridgeError):
    """No cluster of this name or address, or it cannot do what it was asked."""


class WorkerDied(ClusterError):
    """Every worker that ran this task died."""


class SchedulerLost(ClusterError):
    """The connection to the scheduler broke, or the cluster was closed, while work was under way."""


class Cluster:
    """A Dask cluster that starts when it is first asked for work; all its methods may be called from any thread."""

    def __init__(self, name: str = "local") -> None:
        if name not in KNOWN and not re.fullmatch(r"(tcp|tls)://.+:\d+", name):
            raise ClusterError(
                f"no cluster is called {name!r}. {did_you_mean(name, KNOWN)} A running Dask scheduler is given by its"
                " address, tls://host:8786 or tcp://host:8786."
            )
        self.name = name
        self._client: Client | None = None
        self._local: LocalCluster | None = None
        self._closed = False
        self._home = home()  # the working directory may change
        self._lock = threading.RLock()
        self._submitting = threading.Lock()

    @property
    def started(self) -> bool:
        """Whether anything was started or connected to."""
        return self._client is not None

    def client(self) -> Client:
        """The Dask client, starting or connecting at first use.

        Raises ClusterError when nothing answers at the address, and SchedulerLost after `close()`.
        """
        with self._lock:
            if self._closed:
                raise SchedulerLost(f"the cluster {self.name!r} is closed. Connect again.")
            if self._client is None:
                log_to(self._home / "dask.log")
                if self.name == "local":
                    self._local, self._client = start(self._home)
                else:
                    self._client = _connect(self.name)
                atexit.register(self.close)
            return self._client

    def submit(
        self,
        fn: Callable[[Any], Any],
        order: Any,
        *,
        key: str,
        retries: int = 0,
        resources: Mapping[str, float] | None = None,
        retry: bool = False,
    ) -> Future[Any]:
        """Have a worker call `fn(order)`; equal keys share one call for as long as somebody holds its future.

        Dask answers a known key with what it has, a model's own error included: with `retry=True` what failed runs
        again. `retries` are Dask's own, without asking. `resources` are what the call takes of its worker, such as
        `{"closure": 1}`. Clients of one scheduler share its keys, so a key must say which store it writes to.

        Raises ClusterError when no worker of a running cluster has these resources.
        """
        client: Any = self.client()
        if resources and self._local is None:
            self._require(client, resources)
        with self._submitting:  # Client.submit looks a key up and adds it, in two steps
            failed = retry and client.sync(client.scheduler.get_task_status, keys=[key])[key] == "erred"
            future: Future[Any] = client.submit(fn, order, key=key, retries=retries, resources=resources)
            if failed:
                end = time.monotonic() + 5  # the old error arrives on another connection than our request to retry
                while future.status != "error" and time.monotonic() < end:
                    time.sleep(0.002)
                future.retry()
        return future

    def wait(self, future: Future[Any], poll: float = 0.25, check: Callable[[], None] = lambda: None) -> Any:
        """The result, or the model's own error; looks up every `poll` seconds, for Prefect to interrupt.

        `check` is called as often; what it raises ends the wait, and work that has not begun is forgotten with its
        future. Work whose worker was killed runs again by itself. Raises WorkerDied when that happened too often and
        SchedulerLost when the cluster went away.
        """
        from distributed.client import FutureCancelledError
        from distributed.scheduler import KilledWorker

        client = self.client()
        served = time.monotonic()
        while True:
            done = threading.Event()
            future.add_done_callback(lambda _, done=done: done.set())
            while not done.wait(poll):
                check()
                if client.status in ("closing", "closed"):
                    raise SchedulerLost(self._lost(future))
                served = time.monotonic() if self._staffed() else served
                if time.monotonic() - served > DESERTED:
                    raise WorkerDied(
                        f"{future.key}: no worker of the embedded cluster is left, and none has come back for"
                        f" {DESERTED:g} s. What they said: {self._home / 'dask.log'}"
                    )
            try:
                return future.result(timeout=60)
            except TimeoutError:
                if future.status == "error":
                    raise  # the model's own
                # else its worker died before it handed the result over, and it runs again
            except KilledWorker as error:
                raise WorkerDied(
                    f"{future.key}: {error.allowed_failures + 1} workers died running it, the last one"
                    f" {error.last_worker.address}. Most often memory ran out: give it a smaller problem or fewer,"
                    f" larger workers. What they said: {self._home / 'dask.log'}"
                ) from None
            except FutureCancelledError:
                raise SchedulerLost(self._lost(future)) from None

    def _staffed(self) -> bool:
        """Whether somebody can do the work; a cluster that is not ours may be waiting for its queue."""
        local = self._local
        return local is None or bool(local.scheduler_info["workers"])

    def running_on(self, future: Future[Any]) -> str | None:
        """The address of the worker that has this work, None while it has none."""
        for address, keys in self.client().processing().items():
            if future.key in keys:
                return str(address)
        return None

    def workers(self) -> list[str]:
        """The addresses of all workers."""
        return list(self.client().scheduler_info(n_workers=-1)["workers"])

    def restart_worker(self, address: str, timeout: float = 30.0) -> None:
        """Replace a worker by a new process, for it holds older code, or work that took too long.

        What it ran or had waiting runs elsewhere, and counts as one death. A worker that is gone already is no
        error. Raises ClusterError when nobody is there to start it again.
        """
        if address not in self.workers():
            return
        try:
            self.client().restart_workers([address], timeout=timeout)
        except (ValueError, TimeoutError, OSError) as error:
            raise ClusterError(
                f"cannot restart worker {address} of cluster {self.name!r}: {error or f'not within {timeout:g} s'}."
                " Workers must be started with a nanny (dask worker --nanny)."
            ) from None

    def close(self) -> None:
        """End the embedded cluster with all its processes, or leave a running one alone; may be called twice."""
        with self._lock:
            client, local = self._client, self._local
            self._client = self._local = None
            self._closed = True
        if client is not None:
            atexit.unregister(self.close)
            client.close(timeout=5)
        if local is not None:
            local.close(timeout=10)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _require(self, client: Any, resources: Mapping[str, float]) -> None:
        """Refuse what no worker can take: Dask would leave it waiting, without a word."""
        known = client.scheduler_info(n_workers=-1)["workers"].values()
        enough = [all(w["resources"].get(name, 0) >= much for name, much in resources.items()) for w in known]
        if known and not any(enough):
            wanted = ",".join(f"{name}={much:g}" for name, much in resources.items())
            raise ClusterError(f"no worker of {self.name} has {wanted}: start them with --resources {wanted!r}.")

    def _lost(self, future: Future[Any]) -> str:
        return (
            f"{future.key}: lost the Dask scheduler of cluster {self.name!r}. Check that it runs, then run again:"
            " what had finished is in the store."
        )


def connect(name: str = "local") -> Cluster:
    """The cluster of this name, `local`, or at this address, `tls://host:port` or `tcp://host:port`; starts nothing.

    Raises ClusterError for any other name.
    """
    return Cluster(name)


def _connect(address: str) -> Client:
    """A client of a running scheduler."""
    from distributed import Client
    from distributed.security import Security

    security: Any = None
    if address.startswith("tls://"):
        security = Security()
        if not (security.tls_ca_file and security.tls_client_cert):
            raise ClusterError(
                f"{address} needs certificates. Put their paths into ~/.config/dask/tls.yaml under"
                " distributed.comm.tls: ca-file, client.cert and client.key."
            )
    try:
        return Client(address, security=security, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {address} within {CONNECT:g} s. Check that it runs there, that this machine"
            f" may reach the port, and whether it speaks tls:// or tcp://. ({type(error).__name__}: {error})"
        ) from None
