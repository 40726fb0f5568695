"""SLURM on one machine: munge, a controller and a node with two processors, on the loopback in a folder of its own.

The programs are Debian's ``slurm-wlm`` and ``munge``; nothing of theirs is kept or left running. By itself it starts
one, says how to reach it, and stops it with the end of its input.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol")
PACKAGES = "slurm-wlm munge"
SBIN = "/usr/sbin:/sbin"  # a user's own PATH may lack where Debian puts daemons

# Nothing confines a job to its processors and memory: that wants control groups of a machine of one's own. A job that
# asks for more than the node has is refused all the same. One that is cancelled has 2 s to end by itself.
CONFIGURATION = """
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1
ReturnToService=2
KillWait=2
MinJobAge=300
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 SocketsPerBoard=1 CoresPerSocket=2 ThreadsPerCore=1 RealMemory={memory}
PartitionName=tests Nodes={host} Default=YES MaxTime=01:00:00 State=UP
"""


@dataclass(frozen=True)
class Queue:
    """A SLURM that takes jobs, and what was asked of it."""

    folder: Path
    environment: dict[str, str]

    def ask(self, program: str, *arguments: str) -> str:
        """What one of SLURM's commands prints."""
        command = [program, *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def jobs(self, states: str = "PENDING,RUNNING,COMPLETING,SUSPENDED") -> dict[str, str]:
        """State of every job by its number; those that ended are known for five minutes."""
        lines = self.ask("squeue", "--noheader", "--states", states, "--format", "%A %T").splitlines()
        return dict(line.split() for line in lines)

    def cancel(self, *jobs: str) -> None:
        """Cancel jobs, as their owner or the walltime would."""
        if jobs:
            self.ask("scancel", *jobs)

    def said(self) -> str:
        """The ends of the daemons' logs."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-1500:]}" for log in logs)


def missing() -> list[str]:
    """Programs that are not installed."""
    return [program for program in PROGRAMS if not shutil.which(program, path=_path())]


@contextlib.contextmanager
def slurm() -> Iterator[Queue]:
    """A queue that answers, and is gone afterwards with all its jobs."""
    with tempfile.TemporaryDirectory(prefix="slurm-") as name, contextlib.ExitStack() as running:
        folder = Path(name)
        folder.chmod(0o755)  # munge wants its socket where all may look for it; the key is readable by its owner alone
        environment = os.environ | {"PATH": _path(), "SLURM_CONF": f"{folder}/slurm.conf"}
        queue = Queue(folder, environment)
        _configure(folder)
        _start_munge(queue, running)
        running.callback(_end_steps, str(folder))
        _start(queue, running, "slurmctld", "-D", "-i", "-f", f"{folder}/slurm.conf")
        _start(queue, running, "slurmd", "-D", "-f", f"{folder}/slurm.conf")
        running.callback(_empty, queue)
        _wait_for(queue)
        yield queue


def _configure(folder: Path) -> None:
    ports = _free_ports(2)
    settings = {"host": platform.node().partition(".")[0], "user": getpass.getuser(), "folder": folder}
    settings |= {"controller_port": ports[0], "node_port": ports[1]}
    settings["memory"] = psutil.virtual_memory().total // 2**20 - 1  # MiB; a node that has less than it says is drained
    (folder / "slurm.conf").write_text(CONFIGURATION.format(**settings))
    (folder / "state").mkdir(mode=0o700)
    (folder / "spool").mkdir(mode=0o755)


def _start_munge(queue: Queue, running: contextlib.ExitStack) -> None:
    folder = queue.folder
    key = os.open(folder / "munge.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(key, "wb") as file:
        file.write(os.urandom(1024))
    places = {"key-file": "munge.key", "socket": "munge.socket", "pid-file": "munge.pid", "seed-file": "munge.seed"}
    places |= {"log-file": "munge.log"}
    _start(queue, running, "munged", "--foreground", *(f"--{what}={folder}/{name}" for what, name in places.items()))
    _until(lambda: (folder / "munge.socket").exists(), queue, "munge's socket")


def _start(queue: Queue, running: contextlib.ExitStack, program: str, *arguments: str) -> None:
    """Start a daemon in the foreground; it is ended by its number."""
    found = shutil.which(program, path=_path())
    assert found, f"{program} is not here"
    with open(queue.folder / f"{program}.out.log", "ab") as log:
        daemon = subprocess.Popen([found, *arguments], env=queue.environment, stdout=log, stderr=log)

    def end() -> None:
        daemon.terminate()
        try:
            daemon.wait(timeout=10)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()

    running.callback(end)


def _wait_for(queue: Queue) -> None:
    """Wait until a job was run and its output came back."""
    idle = ("sinfo", "--noheader", "--states", "idle", "--format", "%D")

    def answers() -> bool:
        done = subprocess.run(idle, env=queue.environment, capture_output=True, text=True, timeout=60)
        return done.returncode == 0 and done.stdout.strip() == "1"

    _until(answers, queue, "an idle node")
    assert queue.ask("srun", "hostname"), queue.said()


def _empty(queue: Queue) -> None:
    """Cancel what is left; waits until the node has ended it."""
    with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
        queue.cancel(*queue.jobs())
        _until(lambda: not queue.jobs(), queue, "an empty queue")


def _end_steps(folder: str) -> None:
    """End what the node started apart from itself, a process for each step of a job, if any outlived its job."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name() == "slurmstepd" and process.environ().get("SLURM_CONF", "").startswith(folder):
                process.kill()


def _until(condition: object, queue: Queue, what: str, seconds: float = 30) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"no {what} within {seconds:g} s\n{queue.said()}"
        time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as probes:
        found = [probes.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(probe.getsockname()[1]) for probe in found]


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:{SBIN}"


if __name__ == "__main__":
    if absent := missing():
        raise SystemExit(f"SLURM is not here ({', '.join(absent)}); as root: make slurm, or apt-get install {PACKAGES}")
    with slurm() as started:
        print(f"export SLURM_CONF={started.environment['SLURM_CONF']}", flush=True)
        sys.stdin.read()
