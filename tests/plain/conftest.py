"""Chains in plain YAML are held against the same catalogue of ports as flows, which lies beside its own tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "contract")]  # importlib mode finds neither

Known = dict[str, Callable[..., Any]]


@pytest.fixture(scope="session", autouse=True)
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let prefect, unless a test imported it before, write to a folder that goes away."""
    if "prefect" not in sys.modules:
        os.environ.setdefault("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
        os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
        os.environ.setdefault("DO_NOT_TRACK", "1")


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[Known], None]:
    """Have just these models installed."""
    from bridge import registry
    from bridge.models import model_of

    def only(known: Known) -> None:
        monkeypatch.setattr(registry, "_entries", lambda: known)
        monkeypatch.setattr(registry, "_load", lambda name: model_of(known[name]))

    return only


@pytest.fixture
def chain_file(tmp_path: Path) -> Callable[[str], Path]:
    """A file ``test.yaml`` that holds a text."""

    def write(text: str) -> Path:
        path = tmp_path / "test.yaml"
        path.write_text(text)
        return path

    return write


@pytest.fixture(scope="session")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Environment of a user who has nothing yet; the Prefect server it starts ends with the tests."""
    home = tmp_path_factory.mktemp("home")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SCALEBRIDGE_", "PREFECT_"))}
    environment |= {"SCALEBRIDGE_HOME": str(home), "HOME": str(home)}
    yield environment
    subprocess.run([sys.executable, "-m", "bridge.run.server", "stop"], env=environment, check=False, timeout=60)


@pytest.fixture(scope="session")
def scalebridge(surroundings: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command in a folder; output off a terminal."""

    def run(*words: str, cwd: Path = ROOT, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        executable = str(Path(sys.executable).with_name("scalebridge"))
        return subprocess.run(
            [executable, *words], cwd=cwd, env=surroundings, capture_output=True, text=True, timeout=timeout
        )

    return run
