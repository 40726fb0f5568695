"""The command as a user types it, in a home where one flow has run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `small_runs`, which importlib mode does not find
from small_runs import Bench

COMMAND = str(Path(sys.executable).with_name("scalebridge"))
Command = Callable[..., subprocess.CompletedProcess[str]]
FLOW = '''
import warnings
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from prefect import flow

from bridge import File, Picture, Scale, model, runner, stage


@dataclass(frozen=True)
class Shape:
    length: Annotated[float, "um"]
    field: Annotated[NDArray[np.float64], "K", ("x",)]
    picture: Picture


@model("toy.shape", scale=Scale("atomistic", length="1 nm .. 1 um"))
def shape(size: Annotated[float, "um"], *, broken: bool = False) -> Shape:
    """A shape of a size."""
    if broken:
        raise ZeroDivisionError("nothing to divide by")
    return Shape(2 * size, np.linspace(1, 2, 200), Picture(b"<svg/>", "image/svg+xml"))


@dataclass(frozen=True)
class Name:
    name: str
    page: Annotated[File, "text/html"]


@model("toy.name", scale=Scale("continuum", length="1 mm .. 1 m"))
def name(length: Annotated[float, "m"]) -> Name:
    """A name."""
    for _ in range(3):
        warnings.warn("a name is but a name", stacklevel=2)
    return Name(f"{length:g} m →", File(b"<p>a page", "text/html"))


@flow(task_runner=runner())
def toy(size: str = "50 um", broken: bool = False):
    return stage(name).submit(length=stage(shape).submit(size=size, broken=broken).length)


@flow(task_runner=runner())
def wrong(size: str = "50 K"):
    return stage(shape).submit(size=size)


@flow(task_runner=runner())
def raising():
    return {}["nothing"]
'''


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the user works."""
    place = tmp_path_factory.mktemp("user")
    (place / "flows").mkdir()
    (place / "flows" / "toy.py").write_text(FLOW)
    return place


@pytest.fixture(scope="session")
def variables(folder: Path) -> Iterator[dict[str, str]]:
    """The user's environment; the server that the command starts ends with the tests."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SCALEBRIDGE_", "PREFECT_"))}
    home = str(folder / "home")
    environment = kept | {"HOME": str(folder), "SCALEBRIDGE_HOME": home, "TERM": "xterm", "COLUMNS": "100"}
    yield environment
    subprocess.run([sys.executable, "-m", "bridge.run.server", "stop"], env=environment, check=False, timeout=280)


@pytest.fixture(scope="session")
def scalebridge(folder: Path, variables: dict[str, str]) -> Command:
    """Run the command in the user's folder, its output off a terminal."""

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *words],
            cwd=folder,
            env=variables | more,
            capture_output=True,
            text=True,
            timeout=280,
        )

    return run


@pytest.fixture(scope="session")
def ran(scalebridge: Command) -> subprocess.CompletedProcess[str]:
    """What the command said that ran the flow for the first time."""
    done = scalebridge("run", "flows/toy.py", "-p", "size=0.05 mm")
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Runs of small chains in this process, their models in a package of the test's own."""
    monkeypatch.syspath_prepend(tmp_path)
    yield Bench(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == "toys"]:
        del sys.modules[name]
