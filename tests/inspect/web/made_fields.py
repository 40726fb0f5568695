"""Artifacts with fields and lines in them, committed as a worker would, and pictures read back."""

from __future__ import annotations

import json
import struct
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2] / "store"))
from small_store import begun, key_of

from bridge import Within
from bridge.kinds.base import StandardErrorOf
from bridge.ports import record_of
from bridge.store.store import Store

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sheet:
    temperature: Annotated[Floats, "K", ("y", "x")]
    x: Annotated[Floats, "um", ("x",)]
    y: Annotated[Floats, "um", ("y",)]


@dataclass(frozen=True)
class Block:
    density: Annotated[NDArray[np.float32], "kg/m^3", ("time", "x", "y", "z")]


@dataclass(frozen=True)
class Wave:
    psi: Annotated[NDArray[np.complex128], "1", ("y", "x")]


@dataclass(frozen=True)
class Inner:
    rate: Annotated[float, "1/s", Within(0, 1e9)]
    rate_error: Annotated[float, "1/s", StandardErrorOf("rate")]


@dataclass(frozen=True)
class Series:
    current: Annotated[Floats, "A", ("step",)]
    current_error: Annotated[Floats, "A", ("step",), StandardErrorOf("current")]
    step: Annotated[Floats, "ms", ("step",)]
    few: Annotated[Floats, "J", ("a", "b")]
    inner: Inner
    note: str


def commit(
    store: Store, value: Any, stage: str = "stage", parameters: dict[str, Any] | None = None, **about: Any
) -> tuple[str, str]:
    """Commit a result, checked or not, and the run that made it; the run's id and the content key."""
    run = begun(store, flow="flow", parameters=parameters or {}, stages=[{"name": stage, "model": "toy.model"}])
    key = key_of(stage, parameters, type(value).__name__)
    run.event(stage, "running", attempt=1)
    said = {"model": "toy.model", "run": run.id, "stage": stage, "plan": key_of("p", key), "inputs": {}}
    store.commit(key, record_of(type(value)), _values(value), said | {"cost": {"seconds": 1.5}} | about)
    run.event(stage, "computed", key=key)
    run.end("completed")
    return run.id, key


def _values(value: Any) -> dict[str, Any]:
    return {name: _values(one) if isinstance(one, Inner) else one for name, one in vars(value).items()}


def sheet(rows: int, columns: int) -> Sheet:
    """Rising from left to right by 1 K a column, and from the first row to the last by 1000 K a row."""
    values = 1000.0 * np.arange(rows)[:, None] + np.arange(columns)[None, :]
    return Sheet(values, 0.5 * np.arange(columns), 0.25 * np.arange(rows))


def series(slope: float = 1.0, count: int = 300) -> Series:
    """A line that rises from nought."""
    steps = np.arange(count, dtype=float)
    few = np.arange(6.0).reshape(2, 3)
    return Series(slope * steps, 0.1 + 0 * steps, 0.2 * steps, few, Inner(3.2e7, 1.5e5), "a note")


def picture(content: bytes) -> tuple[NDArray[np.uint8], bytes]:
    """Entries and palette of a PNG as we write it; every checksum is looked at."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    parts, at = {}, 8
    while at < len(content):
        (size,) = struct.unpack(">I", content[at : at + 4])
        name, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        assert struct.unpack(">I", content[at + 8 + size : at + 12 + size]) == (zlib.crc32(name + body),)
        parts[name], at = body, at + 12 + size
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    assert (depth, colour, rest) == (8, 3, [0, 0, 0])
    assert parts[b"tRNS"] == b"\0"
    assert b"IEND" in parts
    lines = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(height, width + 1)
    assert not lines[:, 0].any()
    return lines[:, 1:], parts[b"PLTE"]


def told(page: str) -> dict[str, Any]:
    """What the page of a field tells its script."""
    import html

    begin = page.index('data-field="') + len('data-field="')
    found: dict[str, Any] = json.loads(html.unescape(page[begin : page.index('"', begin)]))
    return found
