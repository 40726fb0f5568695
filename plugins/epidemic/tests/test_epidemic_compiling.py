"""Compiled functions are those of the files as they are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import bridge_epidemic
import pytest

PROGRAM = """
import numpy as np
from bridge_epidemic.population.kernel_rows import doubled
print(doubled(np.ones(1)))
"""


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the package with one compiled function that calls another, of another file."""
    package = tmp_path / "bridge_epidemic"
    population = package / "population"
    population.mkdir(parents=True)
    own = Path(bridge_epidemic.__file__).parent / "population" / "compiling.py"
    shutil.copy(own, population)
    for folder in (package, population):
        (folder / "__init__.py").touch()
    head = "from bridge_epidemic.population.compiling import compiled\n"
    (population / "kernel.py").write_text(head + "@compiled\ndef factor():\n    return 2.0\n")
    (population / "kernel_rows.py").write_text(
        head + "from bridge_epidemic.population.kernel import factor\n"
        "@compiled\ndef doubled(x):\n    return x[0] * factor()\n"
    )
    return tmp_path


def test_a_function_that_changed_in_another_file_is_compiled_anew(copied: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(copied), "NUMBA_CACHE_DIR": str(copied / "kept")}

    def told() -> str:
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
        )
        return run.stdout.strip()

    assert [told(), told()] == ["2.0", "2.0"]
    assert list((copied / "kept").rglob("*doubled*.nbc"))
    called = copied / "bridge_epidemic" / "population" / "kernel.py"
    called.write_text(called.read_text().replace("2.0", "3.0"))
    assert told() == "3.0"
