"""A process that runs many flows keeps none of them: objects, memory, files and threads stay where they were."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

ELSEWHERE = """
from distributed import LocalCluster
if __name__ == "__main__":
    settings = {"dashboard": False, "dashboard_address": "127.0.0.1:0"}
    cluster = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, scheduler_kwargs=settings)
    print(cluster.scheduler_address, flush=True)
    input()
"""


@pytest.fixture
def elsewhere(surroundings: dict[str, str], tmp_path: Any) -> Iterator[str]:
    """A scheduler in a process of its own: what it remembers of its tasks is not ours."""
    (tmp_path / "cluster.py").write_text(ELSEWHERE)
    pipe = subprocess.PIPE
    command = [sys.executable, str(tmp_path / "cluster.py")]
    cluster = subprocess.Popen(command, env=surroundings, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
    assert cluster.stdout is not None
    yield cluster.stdout.readline().strip()
    cluster.communicate("end\n", timeout=200)


def census() -> Counter[str]:
    """Living objects by type, once all garbage is gone."""
    for _ in range(3):
        gc.collect()
    return Counter(f"{type(one).__module__}.{type(one).__qualname__}" for one in gc.get_objects())


class Standing:
    """What this process has now."""

    def __init__(self) -> None:
        self.types, process = census(), psutil.Process()
        self.objects, self.memory = sum(self.types.values()), process.memory_info().rss
        self.files, self.threads = process.num_fds(), process.num_threads()

    def __str__(self) -> str:
        memory = f"{self.memory / 2**20:.0f} MiB"
        return f"{self.objects} objects, {memory}, {self.files} files, {self.threads} threads"


def kept(before: Counter[str], after: Counter[str], runs: int) -> dict[str, int]:
    """Types of this project of which so many runs left as many as every other run makes, or more.

    A few sessions stay for half a minute in the contexts of Prefect's event client, whose timers were set during a
    run: two were seen at most, and a leak would leave one a run, or one a computed run.
    """
    more = {name: count - before[name] for name, count in after.items() if name.startswith("bridge.")}
    return {name: count for name, count in more.items() if 2 * count >= runs}


def after_runs(driver: Any, tag: str, address: str, first: int, last: int) -> tuple[Standing, Standing]:
    """How this process stands after so many runs, and after so many; every other run finds what the last computed."""
    from bridge.run.launch import launch_with

    flow, standing = driver.flow("pair"), []
    for number in range(1, last + 1):
        run = launch_with(flow, {"tag": f"{tag}-{(number - 1) // 2}"}, cluster=address)
        assert run.state == "completed"
        assert {facts["state"] for facts in run.stages.values()} == {"computed" if number % 2 else "found"}
        del run
        if number in (first, last):
            standing.append(Standing())
    return standing[0], standing[1]


def flat(before: Standing, after: Standing, runs: int) -> None:
    """What one run makes is some 2000 objects: its session, chain, orders, futures, Prefect's flow and task runs.

    The events that Prefect's client keeps until they are acknowledged, and timers of its event loops, come and go by
    some hundred, hence 50 a run; memory in pieces that cannot be given back, hence a quarter of a megabyte a run.
    """
    assert kept(before.types, after.types, runs) == {}
    assert after.objects - before.objects < 50 * runs, (after.types - before.types).most_common(20)
    assert after.memory - before.memory < runs * 2**18
    assert (after.files, after.threads) <= (before.files + 2, before.threads + 2)


def test_a_few_runs_leave_nothing_of_ours_in_the_process(driver: Any, tag: str, elsewhere: str) -> None:
    before, after = after_runs(driver, tag, elsewhere, 4, 14)
    assert kept(before.types, after.types, 10) == {}
    assert (after.files, after.threads) <= (before.files + 2, before.threads + 2)


@pytest.mark.science  # 1 min
def test_fifty_runs_in_one_process_take_the_room_of_ten(
    driver: Any, tag: str, elsewhere: str, record_property: Any
) -> None:
    record_property(
        "asked", "from run 10 to 50: no object of ours for every other run, < 50 in all and < 1/4 MiB a run"
    )
    before, after = after_runs(driver, tag, elsewhere, 10, 50)
    record_property("reached", f"after 10: {before}; after 50: {after}")
    flat(before, after, 40)


@pytest.mark.science  # 1 min
def test_embedded_clusters_end_with_their_runs(driver: Any, tag: str, record_property: Any) -> None:
    """Each run starts one in this process, with its scheduler, and closes it."""
    record_property("asked", "from run 3 to run 11: no object of ours for every other run, no file and no thread more")
    before, after = after_runs(driver, tag, "local", 3, 11)
    record_property("reached", f"after 3: {before}; after 11: {after}")
    assert kept(before.types, after.types, 8) == {}
    assert (after.files, after.threads) <= (before.files + 2, before.threads + 2)
