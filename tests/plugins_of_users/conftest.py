"""A user with a state folder of their own; plugins used in place are forgotten after each test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `user_plugins`, which importlib mode does not find

from bridge import registry
from bridge.registry.sources import digest_here, surroundings

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Use folders in place in this process, as if it had just begun."""
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    known = set(sys.modules)

    def forget() -> None:
        for name in [name for name in sys.modules if name.startswith("bridge_") and name not in known]:
            del sys.modules[name]
        for cached in (digest_here, surroundings):
            cached.cache_clear()
        registry.refresh()

    def place(*folders: Path) -> None:
        monkeypatch.setenv("SCALEBRIDGE_PLUGINS", os.pathsep.join(map(str, folders)))
        forget()

    yield place
    monkeypatch.delenv("SCALEBRIDGE_PLUGINS", raising=False)
    forget()
    registry.entries()  # which takes the folders off the path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the user works."""
    return tmp_path_factory.mktemp("user")


@pytest.fixture(scope="module")
def scalebridge(home: Path) -> Iterator[Command]:
    """Run the command in the user's folder; the Prefect server it may start ends with the module."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SCALEBRIDGE_", "PREFECT_"))}
    surroundings = kept | {"HOME": str(home), "SCALEBRIDGE_HOME": str(home / "state"), "COLUMNS": "100"}
    command = str(Path(sys.executable).with_name("scalebridge"))

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [command, *words], cwd=home, env=surroundings | more, capture_output=True, text=True, timeout=240
        )

    yield run
    subprocess.run([sys.executable, "-m", "bridge.run.server", "stop"], env=surroundings, check=False, timeout=60)
