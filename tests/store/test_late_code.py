"""Modules that a model imports when it runs belong to its code, and are not imported to be read."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.code import code_of, still

MODEL = '''
from dataclasses import dataclass
from typing import Annotated
from bridge import Scale, model

@dataclass(frozen=True)
class Out:
    y: Annotated[float, "m"]

@model("late.one", scale=Scale("a"))
def one(x: Annotated[float, "m"]) -> Out:
    """As the kernel has it."""
    from late_kernels.kernel import compute
    return Out(compute(x))
'''
KERNEL = "def compute(x):\n    return {factor} * x\n"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "late_kernels"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "models.py").write_text(MODEL)
    (folder / "kernel.py").write_text(KERNEL.format(factor=2))
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [n for n in sys.modules if n.startswith("late_kernels")]:
        del sys.modules[name]


@pytest.fixture
def one(package: Path) -> Any:
    return importlib.import_module("late_kernels.models").one


def test_a_late_module_counts_and_is_not_imported(one: Any) -> None:
    code = code_of(one)
    assert "late_kernels.kernel" in dict(code.sources)
    assert code.late == {"late_kernels.kernel"}
    assert "late_kernels.kernel" not in sys.modules


def test_an_edit_before_the_import_is_other_code(one: Any, package: Path) -> None:
    before = code_of(one)
    (package / "kernel.py").write_text(KERNEL.format(factor=3))
    after = code_of(one)
    assert before.digest != after.digest
    assert still(after)
    assert one(1.0).y == 3


def test_an_edit_after_the_import_leaves_the_process_stale(one: Any, package: Path) -> None:
    before = code_of(one)
    assert one(1.0).y == 2
    (package / "kernel.py").write_text(KERNEL.format(factor=3))
    assert code_of(one).digest == before.digest  # what this process executes
    assert not still(code_of(one))  # what it says so to whoever ordered
    assert one(1.0).y == 2


def test_a_comment_leaves_it_fresh(one: Any, package: Path) -> None:
    one(1.0)
    (package / "kernel.py").write_text("# twice\n" + KERNEL.format(factor=2))
    assert still(code_of(one))
