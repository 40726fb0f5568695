"""Runs whose outputs are drawn: series over time, fields, numbers with their errors, and what is no number."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge import stage
from bridge.store.runs import Run

sys.path.insert(0, str(Path(__file__).parents[1]))  # for `small_runs`, which importlib mode does not find
import small_runs
from small_runs import Bench

DRAWN = '''


@dataclass(frozen=True)
class Inner:
    x: Annotated[NDArray[np.float64], "um", ("x",)]
    profile: Annotated[NDArray[np.float64], "K", ("x",)]


@dataclass(frozen=True)
class Drawn:
    t: Annotated[NDArray[np.float64], "ps", ("t",)]
    energy: Annotated[NDArray[np.float64], "eV", ("t",)]
    energy_error: Annotated[NDArray[np.float64], "meV", ("t",), StandardErrorOf("energy")]
    walk: Annotated[NDArray[np.float64], "nm", ("step",)]
    y: Annotated[NDArray[np.float64], "um", ("y",)]
    field: Annotated[NDArray[np.float64], "K", ("y", "x")]
    cube: Annotated[NDArray[np.float64], "K", ("z", "y", "x")]
    waves: Annotated[NDArray[np.complex128], "V", ("t",)]
    rate: Annotated[float, "1/s"]
    rate_error: Annotated[float, "1/ms", StandardErrorOf("rate")]
    count: int
    name: str
    inner: Inner


@model("toy.drawn", scale=Scale("atomistic", length="1 nm .. 1 um"))
def drawn(a: Annotated[float, "m"], *, size: int = 12, points: int = 40) -> Drawn:
    """Numbers of all shapes."""
    t = np.linspace(0, 5, points)
    field = np.add.outer(np.arange(size), np.arange(2.0 * size))
    y, walk, cube = np.arange(size)[::-1] * 2.0, np.array([3.0, 1.0, 2.0]), np.stack([field, 2 * field])
    inner = Inner(np.arange(4.0), np.arange(4.0) ** 2)
    return Drawn(
        t, a * t, 100 + 0 * t, walk, y, field, cube, np.exp(1j * t), a * 1e-9, 1e-13, 3, "<script>", inner
    )
'''


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the model of all shapes, with the values given."""
    public = small_runs.MODELS.replace("from bridge import ", "from bridge import StandardErrorOf, ")
    monkeypatch.setattr(small_runs, "MODELS", public + DRAWN)
    monkeypatch.syspath_prepend(tmp_path)
    bench = Bench(tmp_path)
    names = itertools.count()

    def make(a: str = "2 m", name: str = "", **settings: int) -> Run:
        def flow(a: str, number: int) -> None:
            stage(bench.models.drawn, name=name or "toy.drawn").submit(a=a, **settings)

        return bench.run(flow, a=a, number=next(names))

    yield make
    for name in [name for name in sys.modules if name.split(".")[0] == "toys"]:
        del sys.modules[name]


Make = Callable[..., Run]
