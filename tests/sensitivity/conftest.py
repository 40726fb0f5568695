"""One home with one Prefect server for all tests that run something."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # for what tests import, which importlib mode does not find
COMMAND = str(Path(sys.executable).with_name("scalebridge"))

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """The command ``scalebridge sensitivity``, or another, on a flow of exact_chains.py."""
    home = tmp_path_factory.mktemp("home")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SCALEBRIDGE_", "PREFECT_"))}
    environment = kept | {"SCALEBRIDGE_HOME": str(home), "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*words: str, to: str = "sensitivity") -> subprocess.CompletedProcess[str]:
        given = [f"{HERE / 'exact_chains.py'}:{words[0]}", *words[1:]] if to == "sensitivity" else [*words]
        where = {"env": environment, "cwd": home, "timeout": 800}
        return subprocess.run([COMMAND, to, *given], capture_output=True, text=True, **where)

    yield run
    subprocess.run([sys.executable, "-m", "bridge.run.server", "stop"], env=environment, check=False, timeout=60)
