"""Runs of small chains in this process, with records and artifacts as a driver and its workers leave them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import bridge.code
from bridge.errors import BridgeError
from bridge.run.check import check_with
from bridge.run.order import Order, perform
from bridge.run.provenance import provenance
from bridge.store.keys import plan_key
from bridge.store.runlog import RunLog
from bridge.store.runs import Run
from bridge.store.store import Store

LAW = "FACTOR = 2.0\n"
MODELS = '''
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from bridge import File, Scale, Within, model
from toys import law


@dataclass(frozen=True)
class Fine:
    y: Annotated[float, "m"]
    field: Annotated[NDArray[np.float64], "K", ("x",)]
    count: int


@model("toy.fine", scale=Scale("atomistic", length="1 angstrom .. 1 nm"))
def fine(
    x: Annotated[float, "m"], temperature: Annotated[float, "K"] = 300.0, *, steps: int = 8, mode: str = ""
) -> Fine:
    """A length, and a field that follows it."""
    if mode == "fail":
        raise OSError("no more paper")
    return Fine(law.FACTOR * round(x, 3), temperature + x * np.arange(200.0), steps)


@dataclass(frozen=True)
class Rate:
    rate: Annotated[float, "mm/s"]


@model("toy.rate", scale=Scale("continuum", length="1 um .. 1 m"), depends=["numpy"])
def rate(
    length: Annotated[float, "mm", Within(0, 1e6)],
    field: Annotated[NDArray[np.float64], "K", ("x",)] = np.zeros(3),
    *,
    seed: int = 5,
) -> Rate:
    """A rate from a length."""
    return Rate(length + seed)


@dataclass(frozen=True)
class Sum:
    total: Annotated[float, "m"]


@model("toy.gather", scale=Scale("continuum", length="1 um .. 1 m"))
def gather(lengths: Annotated[NDArray[np.float64], "cm", ("n",)]) -> Sum:
    """A sum of lengths."""
    return Sum(float(lengths.sum()) / 100)


@dataclass(frozen=True)
class Things:
    atoms: Atoms
    table: File
    name: str
    flag: bool


@model("toy.things", scale=Scale("atomistic", length="1 angstrom .. 1 nm"))
def things(shift: Annotated[float, "angstrom"], *, flag: bool = False) -> Things:
    """Atoms at a distance, and what was written about them."""
    atoms = Atoms("Cu2", positions=[[0, 0, 0], [0, 0, 2 + shift]])
    return Things(atoms, File(f"{shift}".encode(), "text/plain"), f"at {shift}", flag)


@dataclass(frozen=True)
class Inner:
    length: Annotated[float, "m"]
    count: int


@dataclass(frozen=True)
class Outer:
    inner: Inner


@model("toy.nested", scale=Scale("atomistic", length="1 angstrom .. 1 nm"))
def nested(x: Annotated[float, "m"]) -> Outer:
    """A record in a record."""
    return Outer(Inner(x, 3))


@model("toy.take", scale=Scale("continuum", length="1 um .. 1 m"))
def take(inner: Inner, *, seed: int = 0) -> Inner:
    """The same record."""
    return inner
'''


class Bench:
    """A store and a package of models that may be edited between two runs."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "store")
        self._package = folder / "toys"
        self._package.mkdir()
        (self._package / "__init__.py").touch()
        (self._package / "models.py").write_text(MODELS)
        self.models: ModuleType = self.edit(LAW)

    def edit(self, law: str) -> ModuleType:
        """Change a module that the models import, and be a new process to it."""
        (self._package / "law.py").write_text(law)
        for name in [name for name in sys.modules if name.split(".")[0] == "toys"]:
            del sys.modules[name]
        bridge.code._read.clear()
        importlib.invalidate_caches()
        with _without_bytecode():
            self.models = importlib.import_module("toys.models")
        return self.models

    def run(self, body: Callable[..., Any], **parameters: Any) -> Run:
        """Run a flow's body, a stage after the other."""
        chain = check_with(body, parameters)
        log = RunLog(self.store, provenance(body, parameters, chain, "this process"))
        plans: dict[str, str] = {}
        keys: dict[str, str] = {}
        for stage in chain.stages.values():
            plans[stage.name] = plan_key(stage, plans)
            order = Order(stage, plans[stage.name], log.id, self.store)
            if any(before not in keys for before in stage.upstream):
                log.event(stage.name, "not run", error="a stage before it failed")
                continue
            planned = self.store.planned(order.plan_key)
            if planned:
                keys[stage.name] = planned
                log.event(stage.name, "found", key=planned)
                continue
            log.event(stage.name, "running", attempt=1)
            order.upstream = {before: keys[before] for before in stage.upstream}
            try:
                receipt = perform(order)
            except BridgeError as reason:
                log.event(stage.name, "failed", error=str(reason))
                continue
            keys[stage.name] = receipt.key
            log.event(stage.name, "found" if receipt.found else "computed", key=receipt.key, **receipt.cost)
        log.end("completed" if len(keys) == len(chain.stages) else "failed")
        return Run(self.store, log.id)

    def forget(self, name: str) -> None:
        """Remove a folder of the store: a run's record, or an artifact."""
        self.store.space.remove_tree(name)


class _without_bytecode:
    """Python tells bytecode of another source by whole seconds and size; an edit here takes less."""

    def __enter__(self) -> None:
        self._before, sys.dont_write_bytecode = sys.dont_write_bytecode, True

    def __exit__(self, *_: object) -> None:
        sys.dont_write_bytecode = self._before
