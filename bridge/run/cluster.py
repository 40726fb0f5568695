"""Where models run: an embedded Dask cluster sized to this machine, or a running scheduler given by its address.

Nothing starts, and Dask is not imported, before the first submission: a run whose results are all in the store
never gets here. Workers need neither Prefect nor its server.
"""

# mypy: allow-untyped-calls
# (most of distributed is untyped)

from __future__ import annotations

import atexit
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.errors import BridgeError, did_you_mean
from bridge.places import home

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

KNOWN = ("local",)  # deploy/clusters/*.toml will add to it
CONNECT = 10.0  # s

# Set before a worker's Python starts, for numpy's BLAS reads them when it is loaded. One thread a worker, and no
# spinning while it waits: that cost one solver a factor of 50. A worker has no screen.
WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "MPLBACKEND": "Agg",
}


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
                _log_to(self._home / "dask.log")
                if self.name == "local":
                    self._local, self._client = _start(self._home)
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
        """
        client: Any = self.client()
        with self._submitting:  # Client.submit looks a key up and adds it, in two steps
            failed = retry and client.sync(client.scheduler.get_task_status, keys=[key])[key] == "erred"
            future: Future[Any] = client.submit(fn, order, key=key, retries=retries, resources=resources)
            if failed:
                end = time.monotonic() + 5  # the old error arrives on another connection than our request to retry
                while future.status != "error" and time.monotonic() < end:
                    time.sleep(0.002)
                future.retry()
        return future

    def wait(self, future: Future[Any], poll: float = 0.25) -> Any:
        """The result, or the model's own error; looks up every `poll` seconds, for Prefect to interrupt.

        Work whose worker was killed runs again by itself. Raises WorkerDied when that happened too often and
        SchedulerLost when the cluster went away.
        """
        from distributed.client import FutureCancelledError
        from distributed.scheduler import KilledWorker

        client = self.client()
        while True:
            done = threading.Event()
            future.add_done_callback(lambda _, done=done: done.set())
            while not done.wait(poll):
                if client.status in ("closing", "closed"):
                    raise SchedulerLost(self._lost(future))
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


def _start(home: Path) -> tuple[LocalCluster, Client]:
    """An embedded cluster: a worker a core, each with one thread and its share of the memory, TLS, loopback, no pages.

    Cores and memory are counted by Dask, within CPU affinity and control groups.
    """
    import dask
    from dask.system import CPU_COUNT
    from distributed import Client, LocalCluster
    from distributed.security import Security

    folder = home / "dask"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    variables = WORKER_ENVIRONMENT | {
        "NUMBA_CACHE_DIR": str(home / "numba"),
        "DASK_LOGGING": repr(_worker_logging(home / "dask.log")),
    }
    settings: dict[str, Any] = {
        "distributed.nanny.pre-spawn-environ": variables,
        # Scheduler and workers serve plain HTTP even without a dashboard: nothing is left to be read there.
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
        # Compiled code that keeps the interpreter's lock for 5 min sends no heartbeat and would be taken for dead,
        # and run four times; here a worker's death shows in its closed connection.
        "distributed.scheduler.worker-ttl": None,
    }
    _start_without_main()
    with dask.config.set(settings), _unset(variables):
        local = LocalCluster(
            n_workers=CPU_COUNT,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            security=Security.temporary(),
            dashboard_address=None,
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
            local_directory=str(folder),
            resources={"closure": 1},
            preload=["bridge.run.worker_process"],
            silence_logs=False,  # they go to a file
        )
        return local, Client(local, set_as_default=False)


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


@contextmanager
def _unset(variables: Mapping[str, str]) -> Iterator[None]:
    """Take variables out of the environment for a while.

    Dask prefers what it finds there to what it is told, such as the OMP_NUM_THREADS=32 of a batch job, and leaves
    what workers get in the driver's own environment.
    """
    names = [*variables, "PYTHONHASHSEED"]
    before = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        for name in names:
            os.environ.pop(name, None)
        os.environ.update(before)


def _start_without_main() -> None:
    """Keep workers from running the user's script again.

    A spawned process imports the main module of its parent, so that a script without `if __name__ == "__main__"`
    starts its flow once more in every worker, which fails. Dask pickles what main defines by value and needs none.
    """
    from multiprocessing import spawn

    original = spawn.get_preparation_data
    if getattr(original, "without_main", False):
        return

    def get_preparation_data(name: str) -> dict[str, Any]:
        data = original(name)
        if name.startswith("Dask Worker process"):
            data.pop("init_main_from_name", None)
            data.pop("init_main_from_path", None)
        return data

    get_preparation_data.without_main = True  # type: ignore[attr-defined]
    spawn.get_preparation_data = get_preparation_data


def _worker_logging(path: Path) -> dict[str, Any]:
    """What a worker's loggers do, for `logging.config`: warnings of all, and Dask's from INFO, go to a file."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "%(asctime)s %(process)d %(name)s %(levelname)s %(message)s"}},
        "handlers": {"file": {"class": "logging.FileHandler", "filename": str(path), "formatter": "line"}},
        "root": {"handlers": ["file"], "level": "WARNING"},
        "loggers": {"distributed": {"level": "INFO"}, "tornado": {"level": "CRITICAL"}},
    }


def _log_to(path: Path, limit: int = 5_000_000) -> None:
    """Send what Dask says in this process to a file, and to nothing else; a file over `limit` bytes is put aside."""
    import distributed.config  # noqa: F401  installs handlers on the terminal

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > limit:
        path.replace(path.with_suffix(".log.old"))
    target = logging.FileHandler(path)
    target.setFormatter(logging.Formatter("%(asctime)s %(process)d %(name)s %(levelname)s %(message)s"))
    for name in ("distributed", "tornado"):
        logger = logging.getLogger(name)
        for handler in logger.handlers[:]:
            logger.removeHandler(handler)
            handler.close()
        logger.addHandler(target)
        logger.propagate = False
