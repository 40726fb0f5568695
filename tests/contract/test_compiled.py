"""Compiled functions are those of the files as they are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.compiling import root, stamp

PROGRAM = "import numpy as np; from mine.outer.caller import doubled; print(doubled(np.ones(1)))"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with a compiled function that calls another, of another file and folder."""
    outer = tmp_path / "mine" / "outer"
    outer.mkdir(parents=True)
    for folder in (tmp_path / "mine", outer):
        (folder / "__init__.py").touch()
    (tmp_path / "mine" / "called.py").write_text(
        "from bridge import compiled\n@compiled(error_model='numpy')\ndef factor():\n    return 2.0\n"
    )
    (outer / "caller.py").write_text(
        "from bridge import compiled\nfrom mine.called import factor\n"
        "@compiled\ndef doubled(x):\n    return x[0] * factor()\n"
    )
    return tmp_path


def told(package: Path, **environment: str) -> str:
    given = os.environ | {"PYTHONPATH": str(package), "NUMBA_CACHE_DIR": str(package / "kept")} | environment
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, env=given, capture_output=True, text=True, check=True).stdout.strip()


def test_a_function_that_changed_in_another_file_is_compiled_anew(package: Path) -> None:
    assert [told(package), told(package)] == ["2.0", "2.0"]
    assert list((package / "kept").rglob("*doubled*.nbc"))
    called = package / "mine" / "called.py"
    called.write_text(called.read_text().replace("2.0", "3.0"))
    assert told(package) == "3.0"


def test_without_a_compiler_functions_are_what_was_written(package: Path) -> None:
    assert told(package, NUMBA_DISABLE_JIT="1") == "2.0"


def test_a_package_is_the_outermost_and_a_script_is_itself(package: Path) -> None:
    assert root(package / "mine" / "outer" / "caller.py") == package / "mine"
    script = package / "script.py"
    script.write_text("x = 1\n")
    assert root(script) == script
    before = stamp(script)
    script.write_text("x = 2\n")
    stamp.cache_clear()
    assert stamp(script) != before
