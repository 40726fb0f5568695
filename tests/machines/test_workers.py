"""Workers that somebody else started, with what this process has, or with something else."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import psutil
import pytest
from certificates import certificates
from distant import PYTHON
from users import CREEP, User, until

pytestmark = [pytest.mark.science, pytest.mark.timeout(900)]

PLUGIN = "scalebridge-creep"
Start = Callable[..., User]


@pytest.fixture
def started(settled: User, tmp_path: Path) -> Iterator[Start]:
    """Start a scheduler and one worker, as others have installed it; the user they are there for."""
    processes: list[subprocess.Popen[bytes]] = []
    tls = certificates(tmp_path / "tls")
    common = ["--host", "127.0.0.1", "--protocol", "tls", *tls.options()]
    common += ["--no-dashboard", "--dashboard-address", "127.0.0.1:0"]

    def dask(python: str, *words: str, **variables: str) -> Path:
        log = tmp_path / f"{len(processes)}.log"
        with open(log, "ab") as file:
            told = {"env": settled.environment | variables, "cwd": tmp_path, "stdout": file, "stderr": file}
            processes.append(subprocess.Popen([python, "-m", *words, *common], **told))
        return log

    def start(python: str = PYTHON, **variables: str) -> User:
        at = tmp_path / "scheduler.json"
        dask(PYTHON, "distributed.cli.dask_scheduler", "--port", "0", "--scheduler-file", str(at))
        until(at.exists, 300, "the scheduler's start")
        words = ["distributed.cli.dask_worker", "--scheduler-file", str(at), "--nthreads", "1"]
        words += ["--resources", "closure=1", "--local-directory", str(tmp_path)]
        log = dask(python, *words, **variables)
        until(lambda: "Registered to" in log.read_text(), 300, "the worker's registration")
        address = at.read_text().partition('"address": "')[2].partition('"')[0]
        files = "\n".join(f'{what} = "{getattr(tls, what)}"' for what in ("ca", "cert", "key"))
        settled.cluster("others", f'kind = "scheduler"\naddress = "{address}"\n[tls]\n{files}\n')
        return settled.over(tmp_path / "store")

    yield start
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            for one in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
                one.kill()
        process.wait()


def refused(user: User) -> str:
    """What the creep flow is told there, when nothing of it has run."""
    errors = " ".join(user.refused("run", str(CREEP), "--cluster", "others").split())
    assert user.artifacts() == []
    return errors


def older(folder: Path, distribution: str) -> str:
    """A folder for PYTHONPATH in which a distribution says that it is of another version; its code is the same."""
    found = metadata.distribution(distribution)
    described = Path(str(found.locate_file(""))) / f"{distribution.replace('-', '_')}-{found.version}.dist-info"
    target = folder / described.name.replace(found.version, "0.0.9")
    shutil.copytree(described, target)
    text = (target / "METADATA").read_text()
    (target / "METADATA").write_text(text.replace(f"\nVersion: {found.version}\n", "\nVersion: 0.0.9\n", 1))
    return str(folder)


def without(folder: Path, distribution: str) -> str:
    """The Python of an environment that has all of this one but a distribution."""
    venv.create(folder, with_pip=False, symlinks=True)
    inside = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    name = distribution.replace("-", "_")
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if name not in path.name:
            (inside / path.name).symlink_to(path)
    return str(folder / "bin" / Path(sys.executable).name)


def test_a_worker_of_an_older_plugin_is_refused_before_anything_runs(started: Start, tmp_path: Path) -> None:
    errors = refused(started(PYTHONPATH=older(tmp_path / "older", PLUGIN)))
    here = metadata.version(PLUGIN)
    assert f"of {PLUGIN} 0.0.9, this process of {PLUGIN} {here}" in errors
    assert f"Install {PLUGIN}=={here} there" in errors


def test_a_worker_of_an_older_scalebridge_is_refused_before_anything_runs(started: Start, tmp_path: Path) -> None:
    errors = refused(started(PYTHONPATH=older(tmp_path / "older", "scalebridge")))
    assert f"it has scalebridge 0.0.9, this process {metadata.version('scalebridge')}" in errors


def test_a_worker_without_the_plugin_is_refused_before_anything_runs(started: Start, tmp_path: Path) -> None:
    user = started(without(tmp_path / "venv", PLUGIN))
    errors = refused(user)
    assert f"it misses the plugin {PLUGIN} {metadata.version(PLUGIN)}, which brings" in errors
    for model in ("kmc.random_walk", "creep.nabarro_herring", "creep.coble"):
        assert model in errors
    examined = user.begin("doctor", "--cluster", "others")
    out, _ = examined.communicate(timeout=250)
    assert (examined.returncode, PLUGIN in out) == (1, True), out


def test_a_worker_without_scalebridge_is_refused_before_anything_runs(started: Start, tmp_path: Path) -> None:
    python = without(tmp_path / "venv", "scalebridge")
    errors = refused(started(python))
    assert "it has no scalebridge" in errors
    assert f"Install it where {python} finds it" in errors


def test_a_worker_with_the_same_as_here_does_its_work(started: Start) -> None:
    examined = started().json("doctor", "--cluster", "others")
    assert all(finding["good"] for finding in examined["findings"]), examined
