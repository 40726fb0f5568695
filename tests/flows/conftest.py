"""One state folder for all flow tests: what one has computed, the next finds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Environment of a user who has nothing yet; the Prefect server it starts ends with the tests."""
    home = tmp_path_factory.mktemp("home")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SCALEBRIDGE_", "PREFECT_"))}
    environment |= {"SCALEBRIDGE_HOME": str(home), "HOME": str(home)}
    yield environment
    subprocess.run([sys.executable, "-m", "bridge.run.server", "stop"], env=environment, check=False, timeout=60)


@pytest.fixture(scope="session")
def scalebridge(surroundings: dict[str, str]) -> Command:
    """Run the command in a folder, with more environment where a test needs it; output off a terminal."""

    def run(*words: str, cwd: Path = ROOT, timeout: float = 240, **more: str) -> subprocess.CompletedProcess[str]:
        executable = str(Path(sys.executable).with_name("scalebridge"))
        return subprocess.run(
            [executable, *words], cwd=cwd, env=surroundings | more, capture_output=True, text=True, timeout=timeout
        )

    return run
