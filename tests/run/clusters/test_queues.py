"""Workers as jobs: the same for SLURM, PBS, LSF and SGE, whose commands a stand-in carries out on this machine."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import until

from bridge.run.cluster import connect
from bridge.run.clusters import tls
from bridge.run.clusters.errors import ClusterError
from bridge.run.clusters.file import ClusterFile
from bridge.run.clusters.queue import described

#: The commands of all four queues: jobs are processes, in a folder that has a file for each.
STAND_IN = """#!{python}
import fcntl, os, signal, subprocess, sys
from pathlib import Path

queue, command = Path({home!r}), Path(sys.argv[0]).name
with open(queue / "said", "a") as file:
    file.write(" ".join([command, *sys.argv[1:]]) + "\\n")


def alive(pid):
    try:
        return Path(f"/proc/{{pid}}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


alone = open(queue / "alone", "w")
fcntl.flock(alone, fcntl.LOCK_EX)  # the commands of several threads have a number, and read a file, one by one
jobs = {{path.name: int(path.read_text()) for path in (queue / "jobs").iterdir()}}
if command in ("sbatch", "qsub", "bsub"):
    if (queue / "refuses").exists():
        sys.exit("no such partition")
    script = sys.stdin.read() if command == "bsub" and len(sys.argv) < 2 else Path(sys.argv[-1]).read_text()
    number = str(100 + len(jobs))
    (queue / number).write_text(script)
    log = open(queue / f"log-{{number}}", "wb")
    begun = subprocess.Popen(["/bin/bash", str(queue / number)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                             start_new_session=True, cwd=queue)
    (queue / "jobs" / number).write_text(str(begun.pid))
    print({{"sbatch": f"Submitted batch job {{number}}", "bsub": f"Job <{{number}}> is submitted to queue <q>."}}.get(
        command, f"{{number}}.server"))
elif command in ("scancel", "qdel", "bkill"):
    for word in sys.argv[1:]:
        try:
            os.killpg(jobs[word], signal.SIGTERM)
        except ProcessLookupError:
            pass
else:
    for number, pid in jobs.items():
        if alive(pid):
            print(number, "RUNNING", "None")
"""


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put the stand-in on the path under the names of all commands; the folder it works in."""
    (tmp_path / "jobs").mkdir()
    (tmp_path / "bin").mkdir()
    for name in ("sbatch", "squeue", "scancel", "qsub", "qstat", "qdel", "bsub", "bjobs", "bkill"):
        path = tmp_path / "bin" / name
        path.write_text(STAND_IN.format(python=sys.executable, home=str(tmp_path)))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCALEBRIDGE_CLUSTERS", str(tmp_path))
    yield tmp_path
    for path in (tmp_path / "jobs").iterdir():
        try:
            os.killpg(int(path.read_text()), signal.SIGKILL)
        except ProcessLookupError:
            continue


def write(queue: Path, kind: str, more: str = "") -> str:
    walltime = "00:20" if kind == "lsf" else "00:20:00"
    text = f"kind = '{kind}'\ncores = 1\nmemory = '500 MB'\nwalltime = '{walltime}'\ninterface = 'lo'\n{more}"
    (queue / f"{kind}.toml").write_text(text)
    return kind


def gone(pid: int) -> bool:
    """Whether a process has ended, though nobody may have asked how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def lost_and_replaced(queue: Path, kind: str) -> None:
    def long(path: str) -> int:
        with open(path, "a") as file:
            file.write(f"{os.getpid()}\n")
        if len(Path(path).read_text().split()) < 2:
            time.sleep(600)  # until its job is killed
        return os.getpid()

    said: list[str] = []
    with connect(write(queue, kind)) as cluster:
        cluster.ready(said.append)
        address = cluster.client().scheduler_info()["address"]
        assert address.startswith("tls://127.0.0.1:")
        (known,) = cluster.client().scheduler_info(n_workers=-1)["workers"].values()
        assert (known["nthreads"], known["memory_limit"]) == (1, 500_000_000)
        assert known["resources"] == {"closure": 1, "cpus": 1, "memory": 5e8}
        keys = [*(queue / "home" / "dask").glob("tls-*/key.pem")]
        assert [path.stat().st_mode & 0o777 for path in keys] == [0o600]
        future = cluster.submit(long, str(queue / "calls"), key="long")
        until(lambda: (queue / "calls").exists() and (queue / "calls").read_text().endswith("\n"))
        first = next((queue / "jobs").iterdir())
        os.killpg(int(first.read_text()), signal.SIGKILL)
        assert cluster.wait(future) > 0
        assert len(list((queue / "jobs").iterdir())) == 2
    assert len((queue / "calls").read_text().split()) == 2
    assert list((queue / "home" / "dask").glob("tls-*")) == []
    second = int(sorted((queue / "jobs").iterdir())[1].read_text())
    until(lambda: gone(second))


def test_a_lost_job_is_submitted_again_and_all_end_with_the_cluster(queue: Path) -> None:
    lost_and_replaced(queue, "slurm")


@pytest.mark.science
@pytest.mark.parametrize("kind", ["pbs", "lsf", "sge"])
def test_a_lost_job_is_submitted_again_to(queue: Path, kind: str) -> None:
    lost_and_replaced(queue, kind)


def test_a_queue_that_refuses_is_quoted(queue: Path) -> None:
    (queue / "refuses").touch()
    refused = pytest.raises(ClusterError, match="slurm refuses the job: no such partition")
    with connect(write(queue, "slurm")) as cluster, refused:
        cluster.client()
    assert list((queue / "home" / "dask").glob("tls-*")) == []


def test_jobs_that_end_before_a_worker_comes_are_given_up_with_their_last_words(queue: Path) -> None:
    expected = r"3 jobs of slurm ended before a worker came of them, the last one 10\d"
    with (
        connect(write(queue, "slurm", "prologue = ['exit 3']")) as cluster,
        pytest.raises(ClusterError, match=expected),
    ):
        cluster.ready()
    assert len(list((queue / "jobs").iterdir())) == 3


def test_a_queue_without_its_commands_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCALEBRIDGE_CLUSTERS", str(tmp_path))
    with connect(write(tmp_path, "lsf")) as cluster, pytest.raises(ClusterError, match="there is no bsub here"):
        cluster.client()


def test_a_job_says_what_its_file_says(tmp_path: Path) -> None:
    import dask_jobqueue

    file = ClusterFile(
        "s", "slurm", cores=4, memory=2 * 10**9, workers_per_job=3, queue="short", account="me", walltime="01:00:00",
        environment={"LICENSE": "it's here"}, prologue=("module load gcc",), extra=("--exclusive",), interface="lo",
    )  # fmt: skip
    security, place = tls.temporary(tmp_path)
    cluster = dask_jobqueue.SLURMCluster(**described(file, tmp_path, security))
    script = cluster.job_script()
    cluster.close()
    for line in (
        "#SBATCH -p short", "#SBATCH -A me", "#SBATCH --cpus-per-task=12", "#SBATCH --mem=6G", "#SBATCH -t 01:00:00",
        "#SBATCH --exclusive", "umask 077\nmodule load gcc\n", "export OMP_NUM_THREADS=4\n",
        "export OMP_WAIT_POLICY=PASSIVE\n", "export LICENSE='it'\"'\"'s here'\n", "--nworkers 3", "--nthreads 1 ",
        "--resources closure=1,cpus=4,memory=2000000000 ", "--preload bridge.run.worker_process --no-dashboard",
        f"--tls-key {place}/key.pem",
    ):  # fmt: skip
        assert line in script, script
    assert "BEGIN" not in script  # the secret stays in its file


# Certificates


def test_certificates_of_dead_processes_are_removed_and_those_of_living_ones_kept(tmp_path: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    _, mine = tls.temporary(tmp_path)
    left = mine.with_name(mine.name.replace(f"-{os.getpid()}-", f"-{gone.pid}-"))
    left.mkdir()
    _, second = tls.temporary(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([mine, second])
    assert {path.stat().st_mode & 0o777 for path in mine.iterdir()} == {0o600}
    assert mine.stat().st_mode & 0o777 == 0o700


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    _, place = tls.temporary(tmp_path)
    paths = {name: str(place / f"{name}.pem") for name in ("ca", "cert", "key")}
    assert tls.given("c", paths).require_encryption
    (place / "key.pem").chmod(0o640)
    with pytest.raises(ClusterError, match=r"key\.pem has mode 0640, others may read it\. chmod 600 "):
        tls.given("c", paths)
    with pytest.raises(ClusterError, match=r"tls\.ca = .*no\.pem' cannot be read: No such file"):
        tls.given("c", paths | {"ca": str(place / "no.pem")})
