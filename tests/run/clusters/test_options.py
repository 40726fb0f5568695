"""What stages say of how they run: read strictly, kept to, refused before work starts where nobody can keep it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge import stage
from bridge.errors import ContractError, UnknownName
from bridge.run.clusters.errors import ClusterError
from bridge.run.flowfile import load_flow
from bridge.run.launch import launch_with
from bridge.run.options import read_options, tags

FLOWS = Path(__file__).with_name("limited.py")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"timeout": "soon"}, r"timeout='soon': it is no number with a unit\. Write timeout=600 \(seconds\)"),
        ({"timeout": 0}, r"timeout=0: it is no positive number"),
        ({"timeout": "3 kg"}, r"'kg' is no unit of it: ms, s"),
        ({"cpus": 1.5}, r"cpus=1\.5: it is no whole number from 1\. Write cpus=2"),
        ({"cpus": 0}, r"cpus=0: it is no whole number from 1"),
        ({"memory": "much"}, r"memory='much'.*Write memory='4 GB'"),
        ({"gpu": True}, r"gpu=True: it is no whole number from 1"),
        ({"retries": -1}, r"retries=-1: it is no whole number from 0\. Write retries=2"),
        ({"retry_delay": "-1 s"}, r"retry_delay='-1 s'"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        stage("kmc.random_walk", **options)


def test_an_unknown_option_says_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"no option 'time_out'\. Did you mean 'timeout'"):
        stage("kmc.random_walk", time_out=3)


def test_options_are_kept_in_seconds_and_bytes() -> None:
    read = read_options("m", {"timeout": "1.5 min", "memory": "2 GB", "retry_delay": 0, "retries": 3, "cpus": 2})
    assert read == {"timeout": 90.0, "memory": 2_000_000_000, "retry_delay": 0.0, "retries": 3, "cpus": 2}
    assert tags(read) == {"cpus=2", "memory=2 GB"}


def run(driver: Any, name: str, cluster: str | None = None, **parameters: Any) -> Any:
    return launch_with(load_flow(f"{FLOWS}:{name}"), parameters, cluster=cluster or driver.address)


def late(driver: Any, tag: str, wanted: int, **parameters: Any) -> tuple[Any, str, int]:
    """A run whose slow stage has called its model so often, its tag and the stage's timeout in seconds.

    On a busy machine time may be up before a model's first line, or while one works that should not be late.
    """
    for seconds in (2, 10, 50):
        mine = f"{tag}-{seconds}"
        done = run(driver, "late", tag=mine, timeout=seconds, **parameters)
        if driver.begun(mine).count("slow") == wanted and done.state == ("completed" if wanted > 1 else "failed"):
            break
    return done, mine, seconds


def test_a_stage_that_takes_too_long_fails_alone(driver: Any, tag: str) -> None:
    done, tag, seconds = late(driver, tag, 1)
    assert done.state == "failed"
    states = {name: told["state"] for name, told in done.stages.items()}
    assert states == {"first": "computed", "slow": "failed", "beside": "computed", "last": "not run"}
    assert "slow" in done.stages["slow"]["error"]
    assert f"longer than {seconds:.1f} s, the timeout of its stage" in done.stages["slow"]["error"]
    assert driver.begun(tag).count("slow") == 1
    assert {one["name"]: one.get("options") for one in done.about["stages"]}["slow"] == {
        "timeout": seconds,
        "retries": 0,
    }


def test_a_stage_that_took_too_long_is_tried_again(driver: Any, tag: str) -> None:
    done, tag, _ = late(driver, tag, 2, mode="sleep once", retries=1)
    assert done.state == "completed"
    assert driver.begun(tag).count("slow") == 2
    assert driver.begun(tag).count("first") == 1


def test_a_stage_that_asks_for_too_much_is_refused_before_anything_runs(driver: Any, tag: str) -> None:
    with pytest.raises(ClusterError, match=r"stage 'large' asks for cpus=2, memory=100 MB, but each worker of cluster "
                       r"local.* has cpus=1, memory=.*Ask for less.*cores = 2"):  # fmt: skip
        run(driver, "asking", cluster="local", tag=tag, cpus=2)
    with pytest.raises(ClusterError, match=r"memory=9000 TB"):
        run(driver, "asking", cluster="local", tag=tag, memory="9000 TB")
    with pytest.raises(ClusterError, match=r"stage 'large' asks for cpus=2.*no worker of tcp://.* has cpus=2: start"):
        run(driver, "asking", tag=tag, cpus=2)
    with pytest.raises(ClusterError, match=r"stage 'large' asks for.*no worker of tcp://.* has gpu=1: start them"):
        run(driver, "asking", tag=tag, gpu=1)
    with pytest.raises(ClusterError, match=r"no worker of tcp://.* has 9000 TB, the largest has"):
        run(driver, "asking", tag=tag, memory="9000 TB")
    assert driver.begun(tag) == []


def test_a_stage_gets_what_it_asks_for(driver: Any, tag: str) -> None:
    done = run(driver, "asking", tag=tag)
    assert done.state == "completed"
    options = {one["name"]: one.get("options") for one in done.about["stages"]}
    assert options == {"first": None, "large": {"cpus": 1, "memory": 100_000_000}}
