"""A sweep in a queue: what its points share is computed once, there as here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from slurm import Queue
from users import CREEP, FAR, User, told, until

pytestmark = [pytest.mark.science, pytest.mark.timeout(900)]


def executed(sweep: dict[str, Any], what: str) -> dict[str, int]:
    """How many executions of each stage were `computed`, `found` or `failed`."""
    return {stage["name"]: stage.get(what, 0) for stage in sweep["stages"]}


def test_twenty_points_in_a_queue_share_their_stages(
    queue: Queue, queued: User, describe: Callable[..., str], record_property: Any
) -> None:
    record_property("asked", "20 points of creep by --cluster slurm: shared stages once; found again on this machine")
    words = ["sweep", str(CREEP), "-p", "temperature=600 K, 900 K", "-p", "stress=1 MPa .. 10 MPa : 10"]
    there = queued.json(*words, "--cluster", describe())
    until(lambda: not queue.jobs(), 20, "an empty queue")
    assert (there["state"], there["points"]) == ("completed", {"done": 20})
    computed = executed(there, "computed")
    record_property("reached", f"{sum(computed.values())} executions for 100 stages: {computed}")
    assert computed == {
        "ase.vacancy": 1,
        "kmc.random_walk": 2,
        "creep.nabarro_herring": 20,
        "creep.coble": 20,
        "creep.deformation_map": 20,
    }
    again = queued.json(*words)
    assert (executed(again, "found"), sum(executed(again, "computed").values())) == (computed, 0)


def test_a_sweep_whose_only_job_is_cancelled_goes_on_in_another_one(
    queue: Queue, queued: User, describe: Callable[..., str], record_property: Any
) -> None:
    record_property("asked", "scancel in mid-sweep: completes; each execution is brought to its end once")
    words = ["sweep", f"{FAR}:fork", "-p", "seconds=0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7", "-p", "long=1"]
    begun = queued.begin(*words, "--cluster", describe(workers=1), "--json")
    until(lambda: sum(queued.calls("end").values()) >= 6, 400, "six stages")
    queue.cancel(*queue.jobs())
    done = told(begun)
    assert (done["state"], done["points"]) == ("completed", {"done": 8})
    began, ended = queued.calls(), queued.calls("end")
    record_property("reached", f"brought to an end {dict(ended)}, cut off {dict(began - ended)}")
    assert ended == Counter(a=8, b=1, c=1, d=8, e=8)  # b and c get the same from every a, whatever time that took
    assert sum((began - ended).values()) <= 1
    until(lambda: not queue.jobs(), 20, "an empty queue")
