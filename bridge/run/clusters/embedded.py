"""The embedded cluster: a scheduler in this process and its worker processes, private, silent and one-threaded."""

# mypy: allow-untyped-calls
# (most of distributed is untyped)

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bridge.places import plugin_variable
from bridge.run.clusters.file import ClusterFile
from bridge.run.clusters.started import Started, keep_nannies

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


def threads(cores: int) -> dict[str, str]:
    """What numerical libraries are told of the cores of a worker, which runs one stage at a time."""
    return {name: str(cores) for name in WORKER_ENVIRONMENT if name.endswith("_THREADS")}


def offer(file: ClusterFile) -> dict[str, float]:
    """What each worker of an embedded cluster has to give, known before any is started."""
    from dask.system import CPU_COUNT
    from distributed.worker_memory import parse_memory_limit

    cores = file.cores or 1
    count = file.workers or max(1, CPU_COUNT // cores)
    memory = file.memory or parse_memory_limit("auto", 1, count, logger=logging.getLogger("distributed")) or 0
    return {"closure": 1, "cpus": cores, **({"memory": memory} if memory else {}), **file.resources}


def start(file: ClusterFile, home: Path) -> Started:
    """An embedded cluster: a worker a core, each with one thread and its share of the memory, TLS, loopback, no pages.

    Cores and memory are counted by Dask, within CPU affinity and control groups, unless the cluster file says
    otherwise.
    """
    import dask
    from dask.system import CPU_COUNT
    from distributed import Client, LocalCluster
    from distributed.security import Security

    folder = home / "dask"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    cores = file.cores or 1
    variables = {
        **WORKER_ENVIRONMENT,
        **threads(cores),
        **plugin_variable(),
        "NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR") or str(home / "numba"),
        "DASK_LOGGING": repr(_worker_logging(home / "dask.log")),
        **file.environment,
    }
    settings: dict[str, Any] = {
        "distributed.nanny.pre-spawn-environ": variables,
        # Scheduler and workers serve plain HTTP even without a dashboard: nothing is left to be read there.
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
        # Nobody looks at what Dask's sampling of stacks finds, a hundred times a second.
        "distributed.worker.profile.enabled": False,
        # Compiled code that keeps the interpreter's lock for 5 min sends no heartbeat and would be taken for dead,
        # and run four times; here a worker's death shows in its closed connection.
        "distributed.scheduler.worker-ttl": None,
    }
    _start_without_main()
    with dask.config.set(settings), _unset(variables):
        local = LocalCluster(
            n_workers=file.workers or max(1, CPU_COUNT // cores),
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            security=Security.temporary(),
            dashboard_address=None,
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
            local_directory=str(folder),
            memory_limit=offer(file).get("memory", 0),
            resources=offer(file),
            preload=["bridge.run.worker_process"],
            silence_logs=False,  # they go to a file
            worker_class=_nanny(),
        )

        keep_nannies(local)

        def close() -> None:
            local.close(timeout=10)

        return Started(Client(local, set_as_default=False), local, close)


def _nanny() -> type[Any]:
    """Dask's keeper of a worker process, which leaves the driver's environment alone also when it starts one again."""
    from distributed import Nanny

    class Keeper(Nanny):
        async def instantiate(self) -> Any:
            with _unset(self.pre_spawn_env):
                return await super().instantiate()

    return Keeper


#: How many workers are being started, and what the environment said of their variables before the first of them.
_counting = threading.Lock()
_starting = 0
_before: dict[str, str | None] = {}


@contextmanager
def _unset(variables: Mapping[str, str]) -> Iterator[None]:
    """Take variables out of the environment for a while.

    Dask prefers what it finds there to what it is told, such as the OMP_NUM_THREADS=32 of a batch job, and leaves
    what workers get in the driver's own environment. Workers are started side by side: the last one puts back.
    """
    global _starting
    with _counting:
        for name in [*variables, "PYTHONHASHSEED"]:
            if name not in _before:
                _before[name] = os.environ.pop(name, None)
        _starting += 1
    try:
        yield
    finally:
        with _counting:
            _starting -= 1
            if not _starting:
                for name, value in _before.items():
                    os.environ.pop(name, None)
                    os.environ.update({name: value} if value is not None else {})
                _before.clear()


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


def log_to(path: Path, limit: int = 5_000_000) -> None:
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
