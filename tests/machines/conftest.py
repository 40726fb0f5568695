"""A user with a warm Prefect server, and a SLURM, for all tests of machines."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `users` and others, which importlib mode does not find
import hosts
import slurm
from distant import SURROUNDINGS, Far, distant
from hosts import Hosts
from slurm import Queue
from users import User, user

SLURM = """
kind = "slurm"
workers = {workers}
cores = 1
memory = "1500 MB"
walltime = "00:20:00"
interface = "lo"
{more}
"""


@pytest.fixture(scope="session")
def queue() -> Iterator[Queue]:
    if absent := slurm.missing():
        pytest.fail(f"not shown: SLURM is not here ({', '.join(absent)}); `make slurm`, as root ({slurm.PACKAGES})")
    with slurm.slurm() as started:
        yield started


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """A user whose Prefect server answers; it ends with the tests."""
    made = user(tmp_path_factory.mktemp("user"))
    start = "from bridge.run import server; server.ensure(wait=False)"
    subprocess.run([sys.executable, "-c", start], env=made.environment, check=True, timeout=120)
    yield made
    made.end()
    stop = [sys.executable, "-m", "bridge.run.server", "stop"]
    subprocess.run(stop, env=made.environment, check=False, timeout=60)


@pytest.fixture
def queued(settled: User, queue: Queue, tmp_path: Path) -> Iterator[User]:
    """The same user before a queue, with an empty store; every job must end with the command that asked for it."""
    taken = {name: queue.environment[name] for name in ("PATH", "SLURM_CONF")}
    made = settled.over(tmp_path / "store", **taken)
    yield made
    made.end()


@pytest.fixture
def describe(queued: User) -> Callable[..., str]:
    """Describe a cluster of the queue."""

    def described(name: str = "slurm", workers: int = 2, more: str = "", text: str = SLURM) -> str:
        return queued.cluster(name, text.format(workers=workers, more=more))

    return described


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hosts, User]]:
    """Three hosts, with a Prefect server on the first."""
    if absent := hosts.missing():
        pytest.fail(f"not shown: hosts need {', '.join(absent)}; `make hosts`, as root ({hosts.PACKAGES})")
    folder = tmp_path_factory.mktemp("network")
    with hosts.hosts(folder / "hosts", "front", "one", "two") as made:
        who = user(folder / "user", **SURROUNDINGS)
        start = "from bridge.run import server; server.ensure(wait=False)"
        made["front"].run([sys.executable, "-c", start], who.environment)
        yield made, who


@pytest.fixture
def far(network: tuple[Hosts, User], tmp_path: Path) -> Iterator[Far]:
    """A scheduler and two workers on them."""
    with distant(*network, tmp_path) as made:
        yield made
