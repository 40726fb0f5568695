"""A state folder for each test, and programs that are made here, which importlib mode finds only on the path."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder, and places outside of it, are of this test alone."""
    for name, folder in (("SCALEBRIDGE_HOME", "state"), ("HOME", "user"), ("TMPDIR", "scratch")):
        (tmp_path / folder).mkdir()
        monkeypatch.setenv(name, str(tmp_path / folder))
    monkeypatch.setattr("tempfile.tempdir", None)  # where it was is remembered there
    return tmp_path / "state"


@pytest.fixture
def programs(home: Path) -> Callable[[str], None]:
    """Write what this machine says of programs."""
    return lambda text: (home / "programs.toml").write_text(text)  # type: ignore[return-value]


@pytest.fixture(scope="session")
def heat_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The heat equation in C, compiled here."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("apt-get install gcc libc6-dev")
    made = tmp_path_factory.mktemp("compiled") / "heat"
    subprocess.run([compiler, "-O2", "-o", str(made), str(HERE / "heat.c"), "-lm"], check=True)
    return made


@pytest.fixture
def heat(heat_program: Path, programs: Callable[[str], None]) -> Path:
    """The heat equation, found where `programs.toml` says."""
    programs(f'[heat]\ncommand = ["{heat_program}"]\n')
    return heat_program
