"""Workers as jobs of SLURM, PBS, LSF or SGE, through dask-jobqueue; the scheduler is in this process."""

# mypy: allow-untyped-calls
# (most of distributed is untyped)

from __future__ import annotations

import contextlib
import shlex
import shutil
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from bridge.places import plugin_variable
from bridge.run.clusters import tls
from bridge.run.clusters.embedded import WORKER_ENVIRONMENT, threads
from bridge.run.clusters.errors import ClusterError
from bridge.run.clusters.file import ClusterFile
from bridge.run.clusters.jobs import Jobs
from bridge.run.clusters.started import Started, keep_nannies

#: The class of dask-jobqueue, and the command that submits a job.
_CLASSES = {
    "slurm": ("SLURMCluster", "sbatch"),
    "pbs": ("PBSCluster", "qsub"),
    "lsf": ("LSFCluster", "bsub"),
    "sge": ("SGECluster", "qsub"),
}
#: An idle worker of an adaptive cluster keeps its place for a minute: a job given up must queue again.
_ADAPT = {"interval": "5s", "wait_count": 12}


def offer(file: ClusterFile) -> dict[str, float]:
    """What each worker has to give, known before any job begins."""
    memory = {"memory": float(file.memory)} if file.memory else {}
    return {"closure": 1, "cpus": file.cores or 1, **memory, **file.resources}


def start(file: ClusterFile, home: Path) -> Started:
    """A scheduler here, and jobs submitted for its workers.

    Raises ClusterError when dask-jobqueue is missing, or the queue refuses the jobs.
    """
    import dask
    from distributed import Client
    from distributed.core import Status

    kind = _class(file)
    folder = _folder(file, home)
    certificates: Path | None = None
    if file.tls:
        security = tls.given(str(file), file.tls)
    else:
        security, certificates = tls.temporary(folder)
    cluster: Any = None

    def close() -> None:
        try:
            if cluster is not None:
                for job in list(cluster._created):
                    job.status = Status.closed  # asserted of every job that an error's traceback still holds
                cluster.close(timeout=20)  # cancels its jobs
        finally:
            if certificates is not None:
                shutil.rmtree(certificates, ignore_errors=True)

    try:
        # plain HTTP is served even without a dashboard: on loopback, with nothing to be read there
        with dask.config.set({"distributed.scheduler.http.routes": []}):
            cluster = kind(**described(file, folder, security))
        keep_nannies(cluster)
        jobs = Jobs(cluster, file.kind, folder / "jobs")
        jobs.ask_for(_how_many(file))
        if file.adaptive:
            cluster.adapt(
                minimum_jobs=-(-file.adaptive["min"] // file.workers_per_job),
                maximum_jobs=-(-file.adaptive["max"] // file.workers_per_job),
                **_ADAPT,
            )
        client = Client(cluster, set_as_default=False)
    except BaseException as reason:
        with contextlib.suppress(Exception):
            close()
        if isinstance(reason, ClusterError) or not isinstance(reason, Exception):
            raise
        raise ClusterError(f"cannot start cluster {file}: {' '.join(str(reason).split())}") from None
    return Started(client, cluster, close, jobs.tend, jobs.awaited)


def described(file: ClusterFile, folder: Path, security: Any) -> dict[str, Any]:
    """What dask-jobqueue is told; a worker runs one stage at a time, with the cores and the memory of the file."""
    cores, several = file.cores or 1, file.workers_per_job
    scratch = shlex.quote(file.scratch) if file.scratch else '"${TMPDIR:-/tmp}"'
    offered = ",".join(f"{name}={much:g}" if much < 1e6 else f"{name}={much:.0f}" for name, much in offer(file).items())
    found: dict[str, Any] = {
        "cores": cores * several,
        "memory": f"{(file.memory or 0) * several}B",
        "processes": several,
        "security": security,
        "protocol": "tls://",
        "interface": file.interface,
        "python": shlex.quote(file.python or sys.executable),
        "job_name": "scalebridge",
        "log_directory": str(folder / "jobs"),
        "local_directory": scratch,
        "job_script_prologue": _prologue(file, folder),
        "job_extra_directives": list(file.extra),
        "worker_extra_args": [
            "--nthreads", "1",  # the last word counts: dask-jobqueue has said the cores,
            "--memory-limit", str(file.memory),  # and a rounded memory
            "--resources", offered,
            "--preload", "bridge.run.worker_process",
            "--no-dashboard", "--dashboard-address", "127.0.0.1:0",
        ],
        "scheduler_options": {"dashboard": False, "dashboard_address": "127.0.0.1:0"},
        "silence_logs": False,  # they go to a file
        "queue": file.queue,
        "walltime": file.walltime,
    }  # fmt: skip
    if file.host:
        found["scheduler_options"]["host"] = file.host
    if file.account:
        found["account" if file.kind in ("slurm", "pbs") else "project"] = file.account
    return found


def _prologue(file: ClusterFile, folder: Path) -> list[str]:
    """Lines of the job before its workers start: the user's own, and what numerical libraries read when loaded."""
    variables = {
        **WORKER_ENVIRONMENT,
        **threads(file.cores or 1),
        **plugin_variable(),
        "NUMBA_CACHE_DIR": str(folder.parent / "numba"),
        "DASK_DISTRIBUTED__WORKER__HTTP__ROUTES": "[]",
        **file.environment,
    }
    return ["umask 077", *file.prologue, *(f"export {name}={shlex.quote(value)}" for name, value in variables.items())]


def _class(file: ClusterFile) -> Any:
    name, submit = _CLASSES[file.kind]
    try:
        dask_jobqueue = _imported()
    except ImportError:
        raise ClusterError(
            f'{file}: a cluster of kind {file.kind!r} needs dask-jobqueue: pip install "scalebridge[jobqueue]".'
        ) from None
    if shutil.which(submit) is None:
        raise ClusterError(
            f"{file}: there is no {submit} here, which submits the jobs of {file.kind}. Start from a machine of that"
            " queue, or put its commands on PATH."
        )
    return getattr(dask_jobqueue, name)


def _imported() -> Any:
    """dask-jobqueue, without what it does to Ctrl-C when imported (dask_jobqueue/runner.py, 0.9), in any thread."""
    before = signal.signal

    def unless_theirs(number: int, handler: Any) -> Any:
        return None if getattr(handler, "__module__", "") == "dask_jobqueue.runner" else before(number, handler)

    signal.signal = unless_theirs  # type: ignore[assignment]
    try:
        return import_module("dask_jobqueue")
    finally:
        signal.signal = before


def _folder(file: ClusterFile, home: Path) -> Path:
    folder = (Path(file.folder).expanduser() if file.folder else home / "dask").absolute()
    if any(letter.isspace() for letter in str(folder)):  # job scripts do not quote their directives
        raise ClusterError(f"{file}: job scripts cannot name {str(folder)!r}. Write folder = '/a/path/without/spaces'.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "jobs").mkdir(mode=0o700, exist_ok=True)
    return folder


def _how_many(file: ClusterFile) -> int:
    """Jobs to submit at the start."""
    workers = file.adaptive["min"] if file.adaptive else file.workers or 1
    return max(1, -(-workers // file.workers_per_job))
