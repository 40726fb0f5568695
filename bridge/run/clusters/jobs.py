"""Jobs of a queue that are Dask workers: submitted, watched, and submitted again when the queue has lost them."""

# mypy: allow-untyped-calls
# (most of distributed is untyped)

from __future__ import annotations

import getpass
import re
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from bridge.run.clusters.errors import ClusterError

#: Seconds between looks at the queue, which many users share.
LOOK = 5.0
#: Seconds without its worker after which a job is given up, where the queue does not say how it is.
ABSENT = 60.0
#: Jobs that may end without a worker having come of them, before that is taken for a fault of their own.
WASTED = 3
_ASK = {
    "slurm": ["squeue", "--me", "--noheader", "--format=%i %T %r"],
    "pbs": ["qstat", "-u", getpass.getuser()],
    "lsf": ["bjobs", "-noheader", "-o", "jobid stat"],
    "sge": ["qstat"],
}


class Jobs:
    """The jobs of one cluster of dask-jobqueue."""

    def __init__(self, cluster: Any, kind: str, logs: Path) -> None:
        self._cluster, self._kind, self._logs = cluster, kind, logs
        self._came: set[str] = set()
        self._wasted: list[str] = []
        self._since: dict[str, float] = {}  # when a job was first seen without its worker
        self._next = 0.0
        self._lock = threading.Lock()

    def ask_for(self, count: int) -> None:
        """Submit jobs. Raises ClusterError with the words of the queue that refuses them."""
        cluster = self._cluster

        async def submit() -> None:
            # not by cluster.scale(), which submits in the background and keeps what the queue said to itself
            while len(cluster.worker_spec) < count:
                cluster.worker_spec.update(cluster.new_worker_spec())
            await cluster._correct_state()

        try:
            cluster.sync(submit)
        except Exception as reason:
            raise ClusterError(f"{self._kind} refuses the job: {_said(str(reason))}") from None

    def tend(self) -> None:
        """Submit again what the queue no longer knows: jobs that were cancelled, ran out of time or lost their host.

        Raises ClusterError when jobs end again and again before a worker comes of them.
        """
        with self._lock:
            if time.monotonic() < self._next:
                return
            self._next = time.monotonic() + LOOK
            cluster = self._cluster
            names = {str(worker["name"]) for worker in cluster.scheduler_info["workers"].values()}
            absent = {}
            for name, job in list(cluster.workers.items()):
                if any(one == name or one.startswith(f"{name}-") for one in names):
                    self._came.add(str(job.job_id))
                elif job.job_id:
                    absent[name] = job
            if names:
                self._wasted.clear()
            gone = self._gone(absent)
            self._wasted += [str(job.job_id) for job in gone.values() if str(job.job_id) not in self._came]
            if len(self._wasted) >= WASTED:
                raise ClusterError(
                    f"{len(self._wasted)} jobs of {self._kind} ended before a worker came of them, the last one"
                    f" {self._wasted[-1]}. {self._last_words(self._wasted[-1])}"
                )
            if gone or len(cluster.workers) < len(cluster.worker_spec):
                self._again(gone)

    def _gone(self, absent: dict[str, Any]) -> dict[str, Any]:
        """Of the jobs without a worker, those that the queue no longer has, or that have been without for long."""
        now = time.monotonic()
        self._since = {str(job.job_id): self._since.get(str(job.job_id), now) for job in absent.values()}
        queued = self._queued() if absent else {}
        if queued is None:  # it does not say
            late = {job for job, since in self._since.items() if job in self._came and now - since > ABSENT}
            return {name: job for name, job in absent.items() if str(job.job_id) in late}
        return {name: job for name, job in absent.items() if str(job.job_id) not in queued}

    def awaited(self) -> str:
        """What the queue says of the jobs."""
        jobs = [str(job.job_id) for job in list(self._cluster.workers.values()) if job.job_id]
        queued = self._queued()
        if queued is None:
            return f"{self._kind} does not say how jobs {', '.join(jobs)} are"
        return ", ".join(f"job {job} {queued.get(job, 'is no longer in the queue')}" for job in jobs)

    def _again(self, gone: dict[str, Any]) -> None:
        cluster = self._cluster

        async def submit() -> None:
            from distributed.core import Status

            for name, job in gone.items():
                cluster.workers.pop(name, None)
                job.status = Status.closed  # what SpecCluster asks of jobs when it closes
            await cluster._correct_state()

        try:
            cluster.sync(submit)
        except Exception as reason:
            raise ClusterError(f"{self._kind} refuses a job in place of a lost one: {_said(str(reason))}") from None

    def _queued(self) -> dict[str, str] | None:
        """State of every job of this user by its number; None if the queue does not answer."""
        try:
            done = subprocess.run(_ASK[self._kind], capture_output=True, text=True, timeout=30, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return None
        if done.returncode != 0:
            return None
        found = {}
        for line in done.stdout.splitlines():
            if number := re.match(r"\s*(\d+)\S*\s+(.*)", line):
                found[number[1]] = " ".join(number[2].split())
        return found

    def _last_words(self, job: str) -> str:
        for path in sorted(self._logs.glob(f"*{job}*"), key=lambda path: path.stat().st_size, reverse=True):
            lines = [line for line in path.read_text(errors="replace").splitlines() if line.strip()]
            return f"Its log {path} ends: " + " | ".join(lines[-3:])
        return f"It left no log in {self._logs}: can the machines of its workers write there? Set folder in its file."


def _said(text: str) -> str:
    """The words of a command that failed, out of what dask-jobqueue tells of it."""
    told = re.search(r"stderr:\n(.*)", text, re.DOTALL)
    return " ".join((told[1] if told and told[1].strip() else text).split())
