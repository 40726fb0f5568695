"""Models wherever they come from run on workers, and workers never run other code than was planned."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import bridge.code
from bridge import registry
from bridge.errors import StageFailed
from bridge.run.flowfile import load_flow
from bridge.run.launch import launch_with
from bridge.store.runs import runs

MODEL = '''
from dataclasses import dataclass
from typing import Annotated
from bridge import Scale, model
from bridge_stale_{number}.shared import FACTOR

@dataclass(frozen=True)
class Out:
    y: Annotated[float, "m"]

@model("stale{number}.{name}", scale=Scale("atomistic"))
def {name}(x: Annotated[float, "m"]) -> Out:
    """A multiple."""
    return Out(FACTOR * x)
'''
FLOW = """
from prefect import flow
from bridge import runner, stage

@flow(task_runner=runner())
def multiply(name: str):
    return stage(name).submit(x="1 m")
"""


class Plugin:
    """A distribution that the workers can import, with two models that share a module."""

    def __init__(self, home: Path, number: int) -> None:
        self.number, self.folder = number, home / "plugins" / f"bridge_stale_{number}"
        self.flow, self.edits = home / "multiply.py", 0
        self.flow.write_text(FLOW)
        self.folder.mkdir()
        (self.folder / "__init__.py").touch()
        for name in ("one", "two"):
            (self.folder / f"{name}.py").write_text(MODEL.format(number=number, name=name))
        self.edit(2)
        info = self.folder.with_name(f"stale{number}-1.0.dist-info")
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: stale{number}\nVersion: 1.0\n")
        points = [f"stale{number}.{name} = bridge_stale_{number}.{name}:{name}\n" for name in ("one", "two")]
        (info / "entry_points.txt").write_text("[bridge.models]\n" + "".join(points))

    def edit(self, factor: int) -> None:
        path = self.folder / "shared.py"
        path.write_text(f"FACTOR = {factor}\n")
        self.edits += 1  # Python tells bytecode of another source by whole seconds and size
        later = path.stat().st_mtime + 10 * self.edits
        os.utime(path, (later, later))


def new_driver(plugin: Plugin) -> None:
    """Forget what this process imported of a plugin, as a new process would not know it."""
    for name in [name for name in sys.modules if name.startswith(plugin.folder.name)]:
        del sys.modules[name]
    bridge.code._read.clear()
    registry.refresh()


def everywhere(driver: Any, source: str) -> None:
    """Have every worker do something."""
    from distributed import Client

    driver.whole()  # one that is on its way would not have done it
    with Client(driver.address, set_as_default=False) as client:
        assert len(client.run(exec, source)) == 2


def test_workers_that_hold_older_code_restart(driver: Any, surroundings: dict[str, str]) -> None:
    plugin = Plugin(Path(surroundings["SCALEBRIDGE_HOME"]), 1)

    def run(name: str) -> tuple[float, list[str]]:
        new_driver(plugin)
        run = launch_with(load_flow(str(plugin.flow)), {"name": f"stale1.{name}"}, cluster=driver.address)
        assert run.state == "completed", run.stages
        return run[f"stale1.{name}"].y.magnitude, list(dict.fromkeys(event["state"] for event in run.events))

    restarting = ["running", "restarting a worker with older code", "computed"]

    everywhere(driver, "from bridge.registry import entries; entries()")
    assert run("one") == (2, ["running", "computed"])  # though workers had looked before it was installed
    everywhere(driver, "from bridge.registry import find, refresh; refresh(); find('stale1.one')")
    plugin.edit(3)
    assert run("one") == (3, restarting)
    everywhere(driver, "from bridge.registry import find; find('stale1.one')")
    plugin.edit(4)  # what they have imported for another model
    assert run("two") == (4, restarting)
    plugin.edit(2)
    assert run("one") == (2, ["found"])


@pytest.mark.science  # 15 s: a driver that stays while its plugin is edited, and workers that do not
def test_a_driver_that_holds_older_code_is_told_to_start_again(driver: Any, surroundings: dict[str, str]) -> None:
    plugin = Plugin(Path(surroundings["SCALEBRIDGE_HOME"]), 2)
    script = plugin.flow.with_name("stays.py")
    script.write_text(
        "import sys, pathlib\n"
        "from bridge import registry\n"
        "from bridge.run.flowfile import load_flow\n"
        "from bridge.run.launch import launch_with\n"
        "registry.find('stale2.one')\n"
        f"pathlib.Path({str(plugin.folder / 'shared.py')!r}).write_text('FACTOR = 5')\n"
        f"run = launch_with(load_flow({str(plugin.flow)!r}), {{'name': 'stale2.one'}})\n"
        "print(run.stages['stale2.one']['error'])\n"
    )
    done = subprocess.run([sys.executable, str(script)], env=surroundings, capture_output=True, text=True, timeout=120)
    assert "the plugin was edited after this process imported it. Start the flow in a new process." in done.stdout


@pytest.mark.science  # 8 s for a cluster of its own
def test_models_of_a_script_run_on_workers(driver: Any, tag: str, surroundings: dict[str, str], tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    source = Path(__file__).with_name("chains.py").read_text()
    (tmp_path / "constants_of_ours.py").write_text("FACTOR = 3.0\n")
    source = source.replace("import numpy as np", "import constants_of_ours\nimport numpy as np", 1)
    source = source.replace("else 2 * x", "else constants_of_ours.FACTOR * x")
    script.write_text(
        f"{source}\n"
        "if __name__ == '__main__':\n"
        "    import sys\n"
        "    from bridge import launch\n"
        f"    run = launch(pair, tag={tag!r})\n"
        "    print(run['chain.coarse'].rate)\n"
    )
    done = subprocess.run([sys.executable, str(script)], env=surroundings, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "3.0 meter / second\n"), done.stderr
    assert driver.begun(tag) == ["fine", "coarse"]


def test_a_flow_under_prefects_own_dask_runner_is_recorded_the_same(driver: Any, tag: str) -> None:
    from prefect.exceptions import FailedRun
    from prefect_dask import DaskTaskRunner

    flow = driver.flow("pair").with_options(task_runner=DaskTaskRunner(address=driver.address))
    for state in ("computed", "found"):
        assert flow(tag).result().rate == bridge.Q(2, "m/s")
        run = runs()[0]
        assert (run.state, run.flow) == ("completed", "pair")
        assert [stage["state"] for stage in run.stages.values()] == [state, state]
    assert sorted(driver.begun(tag)) == ["coarse", "fine"]
    with pytest.raises((StageFailed, FailedRun), match="fine cannot go on"):  # Prefect's own, where that is gone
        flow(tag, mode="fail")
    assert [stage["state"] for stage in runs()[0].stages.values()] == ["failed", "not run"]
