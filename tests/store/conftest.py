"""A store of its own for every test, and artifacts of every kind of value to put into it."""

from __future__ import annotations

import enum
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from ase import Atoms
from ase.constraints import FixAtoms
from numpy.typing import NDArray

from bridge import File, Picture, Within
from bridge.ports import record_of
from bridge.store.artifact import Artifact
from bridge.store.spaces.disk import Disk
from bridge.store.store import Store

sys.path.insert(0, str(Path(__file__).parent))  # for `processes`, which importlib mode does not find

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
KEY = "ab" + "0" * 62


class Phase(enum.Enum):
    fcc = "fcc"
    bcc = "bcc"


@dataclass(frozen=True)
class Inner:
    rate: Annotated[float, "1/s"]
    curve: Annotated[NDArray[np.float64], "Pa", ("strain",)]


@dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner


@dataclass(frozen=True)
class Everything:
    number: Annotated[float, "eV", Within(low=-5)]
    count: int
    flag: bool
    text: str
    phase: Phase
    small: Annotated[NDArray[np.float32], "angstrom", ("atom", "xyz=3")]
    field: Annotated[NDArray[np.float64], "K", ("x", "y")]
    empty: Annotated[NDArray[np.float64], "m", ("nothing", "xyz=3")]
    mask: Annotated[NDArray[np.bool_], "1", ("x",)]
    wave: Annotated[NDArray[np.complex128], "1", ("k",)]
    outer: Outer
    atoms: Atoms
    table: File
    picture: Picture


def atoms() -> Atoms:
    """Atoms with all that they may carry."""
    made = Atoms(
        "Cu200", positions=np.random.default_rng(0).random((200, 3)), cell=[3, 4, 5.5], pbc=(True, False, True)
    )
    made.set_constraint(FixAtoms([0, 2]))
    made.set_celldisp([0.1, 0.2, 0.3])
    made.set_array("../residue", np.array(["ALA", "GLY"] * 100))
    made.set_array("../../spins", np.arange(600.0).reshape(200, 3))
    made.info = {
        "energy": np.float64(-1.5),
        "bound": float("inf"),
        "stress": np.arange(6, dtype=np.float32),
        "note": ("a", 1, None),
        5: {"nested": [1 + 2j]},
        "!odd": True,
    }
    return made


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index of one's own for every test."""
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))


@pytest.fixture
def space(tmp_path: Path) -> Disk:
    """A folder that is there, and nothing in it."""
    disk = Disk(tmp_path / "store")
    disk.prepare()
    return disk


@pytest.fixture
def everything() -> Everything:
    random = np.random.default_rng(1)
    return Everything(
        number=0.1 + 0.2,
        count=2**70,
        flag=True,
        text="Å → 'quoted' \udcff",
        phase=Phase.bcc,
        small=random.random((2, 3), np.float32),
        field=random.random((40, 50)),
        empty=np.empty((0, 3)),
        mask=random.random(40) > 0.5,
        wave=random.random(3) + 1j,
        outer=Outer("a", Inner(5e-324, random.random(300))),
        atoms=atoms(),
        table=File(b"a,b\n1,2\n", "text/csv"),
        picture=Picture(PNG, "image/png"),
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def put(store: Store, thing: Any, key: str = KEY) -> tuple[Artifact, dict[str, Any]]:
    """Commit a dataclass as a stage would; the artifact, and what went into it."""
    record = record_of(type(thing))
    values = record.leave(thing, "stage")
    assert [p.name for p in record.ports] == [f.name for f in fields(thing)]
    assert store.commit(key, record, values, {"model": "test.model"})
    return store.open(key), values


@pytest.fixture
def stored(store: Store, everything: Everything) -> tuple[Artifact, dict[str, Any]]:
    return put(store, everything)


@pytest.fixture(name="put")
def _put() -> Any:
    return put
