"""Results that are rows of blocks, for the tests of blocks and of looking them up."""

from __future__ import annotations

import enum
import hashlib
import struct
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from bridge.media import File
from bridge.ports import record_of
from bridge.store.rows.lookup import Rows
from bridge.store.rows.table import Row
from bridge.store.rows.writer import BlockWriter
from bridge.store.spaces.space import Space

IDENTITY = "0123456789abcdef"


class Phase(enum.Enum):
    fcc = "fcc"
    bcc = "bcc"


@dataclass(frozen=True)
class Inner:
    point: float
    curve: Annotated[NDArray[np.float64], "Pa", ("strain",)]


@dataclass(frozen=True)
class Many:
    number: Annotated[float, "eV"]
    count: int
    flag: bool
    text: str
    phase: Phase
    small: Annotated[NDArray[np.float32], "angstrom", ("atom", "xyz=3")]
    wave: Annotated[NDArray[np.complex128], "1", ("k",)]
    mask: Annotated[NDArray[np.bool_], "1", ("k",)]
    empty: Annotated[NDArray[np.float64], "m", ("nothing", "xyz=3")]
    inner: Inner


@dataclass(frozen=True)
class Pair:
    one: Annotated[float, "m"]
    other: Annotated[float, "s"]


@dataclass(frozen=True)
class Table:
    number: float
    table: File


@dataclass(frozen=True)
class Holder:
    inner: Table


MANY, PAIR = record_of(Many), record_of(Pair)


def key(i: int | str) -> str:
    return hashlib.sha256(str(i).encode()).hexdigest()


def many(seed: int = 0, curve: int = 4) -> dict[str, Any]:
    draw = np.random.default_rng(seed)
    made = Many(
        number=draw.random(),
        count=seed if seed % 2 else 2**70 + seed,
        flag=bool(seed % 3),
        text=f"Å → '{seed}' \udcff\0",
        phase=list(Phase)[seed % 2],
        small=draw.random((2, 3), np.float32),
        wave=draw.random(3) + 1j,
        mask=draw.random(3) > 0.5,
        empty=np.empty((0, 3)),
        inner=Inner(5e-324, draw.random(curve)),
    )
    return MANY.leave(made, "stage")


def same(a: Any, b: Any) -> bool:
    """Whether two values are the same to the last bit, and of one type."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, float):
        return type(b) is float and struct.pack("d", a) == struct.pack("d", b)
    return type(a) is type(b) and a == b


def plain(values: Any) -> Any:
    """Values as they are read back: choices are texts."""
    if isinstance(values, dict):
        return {name: plain(value) for name, value in values.items()}
    return values.value if isinstance(values, enum.Enum) else values


def looked_up(space: Space) -> Rows:
    return Rows(space, partial(str, IDENTITY))


def pairs(space: Space, count: int, first: int = 0, model: str = "test.pair") -> list[str]:
    """Commit points of a sweep over the temperature at one pressure."""
    about = {
        "model": model,
        "inputs": {
            "temperature": {"unit": "K", "setting": False},
            "pressure": {"unit": "Pa", "setting": False},
            "one": {"unit": "m", "setting": False, "literal": 7.5},
        },
    }
    keys = [key(i) for i in range(first, first + count)]
    with BlockWriter(space, PAIR, about) as into, into.together():
        for i, content in enumerate(keys, first):
            facts = {"inputs.temperature.literal": 300.0 + i, "inputs.pressure.literal": 1e5, "cost.seconds": i * 1e-3}
            facts["inputs.temperature.value"] = key(f"t{i}")
            into.add(content, {"one": i * 0.1, "other": -1.0 * i}, facts, plan=key(f"plan {i}"))
    return keys


def opened(rows: Rows, content: str) -> Row:
    row = rows.open(content)
    assert row is not None
    return row
