"""Programs as stages: keyed by their version, sent to workers, retried from where they were, and never half stored."""

from __future__ import annotations

import os
import pickle
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from small_programs import PYTHON, bar_of, decayed, script

from bridge.chain.chain import Chain
from bridge.errors import BridgeError, ContractError
from bridge.external import ProgramFailed
from bridge.models import model_of
from bridge.run.order import Order, perform
from bridge.store.artifact import Artifact
from bridge.store.keys import plan_key
from bridge.store.store import Store

FLOW = """

from prefect import flow

from bridge import runner, stage

bar = bar_of(walltime="1.5 s")


@flow(task_runner=runner())
def conducting(length: str = "10 cm", pause: str = "30 ms"):
    first = stage(bar, name="first", retries=9).submit(length=length, diffusivity="1e-6 m^2/s", pause=pause)
    return first
"""


class Stages:
    """Stages computed here, into one store."""

    def __init__(self, home: Path) -> None:
        self.store = Store(home / "store")
        self.store.prepare()

    def order(self, function: Any, **given: Any) -> Order:
        stage = Chain().add(model_of(function), given)
        return pickle.loads(pickle.dumps(Order(stage, plan_key(stage, {}), "20261122-000000-000aaa", self.store)))  # type: ignore[no-any-return]

    def run(self, function: Any, **given: Any) -> Artifact:
        return self.store.open(perform(self.order(function, **given)).key)

    def stored(self) -> int:
        return len(list(self.store.artifacts()))


@pytest.fixture
def stages(home: Path) -> Stages:
    return Stages(home)


@pytest.fixture
def by_value(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What `small_programs` defines travels as what a flow file defines."""
    monkeypatch.setattr("bridge.code.BY_VALUE", {"small_programs"})
    import cloudpickle
    import small_programs

    cloudpickle.register_pickle_by_value(small_programs)
    monkeypatch.setattr("bridge.code._codes", {})
    yield
    cloudpickle.unregister_pickle_by_value(small_programs)


@pytest.mark.usefixtures("by_value")
def test_the_version_is_on_record_and_what_is_there_is_found(heat: Path, stages: Stages) -> None:
    bar = bar_of()
    first = stages.run(bar, length="10 cm", diffusivity="1 mm^2/s")
    assert first.value(("amplitude",)) == pytest.approx(decayed(0.1, 1e-6), rel=1e-12)
    assert first.about["depends"] == {"heat": "1.4.2"}
    assert perform(stages.order(bar, length="100 mm", diffusivity="1e-6 m^2/s")).by == "content"
    assert any("small_programs" in name for name in first.about["code"])


def test_a_model_of_a_module_that_workers_import_is_the_one_that_was_ordered(heat: Path, stages: Stages) -> None:
    found = stages.run(bar_of(), length="10 cm", diffusivity="1 mm^2/s")
    assert found.value(("steps",)) == 1000


@pytest.mark.usefixtures("by_value")
def test_another_version_is_another_key(
    heat: Path, home: Path, stages: Stages, programs: Callable[[str], None]
) -> None:
    bar, given = bar_of(), {"length": "10 cm", "diffusivity": "1 mm^2/s"}
    before = stages.order(bar, **given).plan_key
    newer = home / "newer"
    newer.write_text(f'#!/bin/sh\ntest "$1" = --version && echo heat 1.5 || exec {heat} "$@"\n')
    newer.chmod(0o755)
    programs(f'[heat]\ncommand = ["{newer}"]\n')
    assert stages.order(bar, **given).plan_key != before
    assert stages.run(bar, **given).about["depends"] == {"heat": "1.5"}


@pytest.mark.usefixtures("by_value")
@pytest.mark.parametrize(
    ("there", "error", "said"),
    [
        ("command = ['no-heat']", ContractError, rf"heat is not on {platform.node()}: there is no program 'no-heat'\. Install it: make heat"),  # noqa: E501
        ("command = ['OTHER']", BridgeError, rf"heat is 1\.7 on the worker {platform.node()}, but the stage was planned with 1\.4\.2"),  # noqa: E501
        ("command = ['OLD']", ContractError, rf"heat on {platform.node()} is 1\.0 \(.*\); wanted is at least 1\.4"),
    ],
)  # fmt: skip
def test_a_worker_with_another_program_or_none_says_so_and_stores_nothing(
    heat: Path,
    home: Path,
    stages: Stages,
    programs: Callable[[str], None],
    there: str,
    error: type[Exception],
    said: str,
) -> None:
    order = stages.order(bar_of(), length="10 cm", diffusivity="1 mm^2/s")
    for name, version in (("OTHER", "1.7"), ("OLD", "1.0")):
        (home / name).write_text(f"#!/bin/sh\necho heat {version}\n")
        (home / name).chmod(0o755)
        there = there.replace(name, str(home / name))
    programs(f"[heat]\n{there}\n")  # as it is on the machine of the worker
    with pytest.raises(error, match=rf"heat\.bar: {said}"):
        perform(order)
    assert stages.stored() == 0


@pytest.mark.usefixtures("by_value")
def test_a_failure_stores_nothing_and_the_next_attempt_goes_on(heat: Path, home: Path, stages: Stages) -> None:
    bar, given = bar_of(walltime="0.7 s"), {"length": "10 cm", "diffusivity": "1 mm^2/s", "pause": "20 ms"}
    with pytest.raises(ProgramFailed, match=r"walltime.*\n?.*"):
        perform(stages.order(bar, **given))
    assert stages.stored() == 0
    for _ in range(20):
        try:
            found = stages.run(bar, **given)
            break
        except ProgramFailed:
            assert stages.stored() == 0
    assert b"went on from step" in found.value(("said",)).content
    assert list((home / "external").iterdir()) == []


@pytest.mark.usefixtures("by_value")
def test_warnings_are_on_record(heat: Path, stages: Stages) -> None:
    found = stages.run(bar_of("warn"), length="10 cm", diffusivity="1 mm^2/s", step="3 s")
    assert found.about["warnings"] == ["heat.bar: the time step is too long for the cells"]


@pytest.mark.usefixtures("by_value")
def test_what_crashes_after_its_output_was_written_stores_nothing(stages: Stages) -> None:
    crashing = script("open('y.txt', 'w').write('y = 1\\n')\nimport os\nos.abort()")
    for _ in range(2):
        with pytest.raises(ProgramFailed, match="SIGABRT"):
            perform(stages.order(crashing, x="1 m"))
    assert stages.stored() == 0
    assert PYTHON.version().startswith("3.")


@pytest.mark.science
def test_a_walltime_of_a_stage_is_mended_by_retries(home: Path, heat: Path, record_property: Any) -> None:
    """By the command line: the flow's file and its models are sent to worker processes, and stages retried there."""
    source = Path(__file__).with_name("small_programs.py").read_text()
    (home / "conducting.py").write_text(source + FLOW)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("SCALEBRIDGE_", "PREFECT_"))}
    environment = clean | {"SCALEBRIDGE_HOME": str(home), "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(Path(sys.executable).with_name("scalebridge")), "run", str(home / "conducting.py")]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        subprocess.run([sys.executable, "-m", "bridge.run.server", "stop"], env=environment, check=False, timeout=60)
    assert "was ended after" in done.stdout + done.stderr
    assert " completed in " in done.stdout
    assert list((home / "external").iterdir()) == []
    record_property("asked", "a stage whose program needs longer than its walltime completes by retries on workers")
    record_property("reached", done.stdout.splitlines()[0])
