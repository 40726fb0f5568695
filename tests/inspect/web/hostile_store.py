"""A store that means ill: names, values, errors and files that a browser, a template or a terminal would act on."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2] / "store"))  # for `small_store`, which importlib mode does not find
from small_store import begun, folder_of, key_of

from bridge import File, Picture
from bridge.axes.points import Column, alone, product
from bridge.kinds.record import Port, Record
from bridge.ports import record_of
from bridge.store.runlog import RunLog
from bridge.store.store import Store
from bridge.store.sweeps import COMPUTED, FAILED, keep, tables_of

#: What is written wherever a record lets one write.
SCRIPT, IMAGE, TEMPLATE, PEN = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=1>',
    "{{7*7}}${7*7}",
    "\x1b[31m\u202eX\0",
)
HOSTILE = (SCRIPT, IMAGE, TEMPLATE, PEN, "javascript:alert(1)", "' OR 1=1 --", "../../etc/passwd", "]]></svg><!--")
PAGE = b"<script>alert(1)</script><body onload=alert(2)><img src=http://evil.example/x>"
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>'


@dataclass(frozen=True)
class Inner:
    length: Annotated[float, "m"]
    said: str


@dataclass(frozen=True)
class Looks:
    number: Annotated[float, "K"]
    said: str
    count: int
    inner: Inner
    x: Annotated[NDArray[np.float64], "m", ("x",)]
    line: Annotated[NDArray[np.float64], "K", ("x",)]
    field: Annotated[NDArray[np.float64], "kg/m^3", ("x", "y")]
    volume: Annotated[NDArray[np.float32], "1", ("u", "v", "w")]
    wave: Annotated[NDArray[np.complex128], "V", ("x", "y")]
    page: Annotated[File, "text/html"]
    picture: Picture
    other: File


@dataclass(frozen=True)
class Hostile:
    """What there is to ask for."""

    runs: tuple[str, ...]
    sweep: str
    keys: tuple[str, ...]
    damaged: str
    stages: tuple[str, ...] = HOSTILE
    ports: tuple[str, ...] = tuple(Looks.__dataclass_fields__)


def looks(seed: int) -> Looks:
    """Outputs of every kind."""
    draw = np.random.default_rng(seed)
    field = draw.random((96, 160))
    return Looks(
        300.0 + seed, SCRIPT + IMAGE + TEMPLATE + PEN, seed, Inner(0.5, IMAGE), np.linspace(0, 1, 96), draw.random(96),
        field, draw.random((8, 16, 24)).astype(np.float32), field + 1j * field,
        File(PAGE, "text/html"), Picture(DRAWING, "image/svg+xml"), File(PAGE, f"text/plain;{IMAGE}"),
    )  # fmt: skip


def write(store: Store) -> Hostile:
    """Fill a store."""
    runs, keys = [], []
    for seed in range(2):
        log = _begin(store, name=SCRIPT, tags=[IMAGE, PEN])
        for number, stage in enumerate(HOSTILE):
            key = _commit(store, log, stage, seed, number, keys[-1:])
            log.event(stage, "running", attempt=1)
            log.event(stage, "computed", key=key, seconds=1.0, cpu_seconds=1.0, peak_memory_bytes=1)
            keys.append(key)
        log.end("completed")
        runs.append(log.id)
    failed = _begin(store)
    failed.event(SCRIPT, "failed", error=IMAGE + PEN, traceback=f'File "{SCRIPT}", line 1\n{TEMPLATE}\n')
    failed.event(IMAGE, "not run", error=SCRIPT)
    failed.end("failed")
    running = _begin(store)
    running.event(SCRIPT, "running", attempt=1)
    return Hostile((*runs, failed.id, running.id), _swept(store), tuple(keys), _damaged(store, running))


def _begin(store: Store, **about: Any) -> RunLog:
    stages = [
        {"name": name, "model": name, "scale": SCRIPT, "length": "1 nm .. 1 um", "time": IMAGE} for name in HOSTILE
    ]
    edge = {"source": f"{SCRIPT}.number", "source_unit": IMAGE, "target": f"{IMAGE}.line", "target_unit": SCRIPT}
    given = {"parameters": {SCRIPT: IMAGE, TEMPLATE: PEN, "plain": "1 K"}, "stages": stages, "flow": IMAGE}
    more = {
        "edges": [edge | {"direction": PEN}],
        "host": SCRIPT,
        "versions": {SCRIPT: IMAGE},
        "revision": {"commit": IMAGE},
    }
    return begun(store, **given, **more, plugins=[{"distribution": SCRIPT, "version": IMAGE, "in_place": PEN}], **about)


def _commit(store: Store, log: RunLog, stage: str, seed: int, number: int, before: list[str]) -> str:
    """An artifact of every kind of output; every third has a port whose name is none."""
    record, key = record_of(Looks), key_of(stage, seed)
    values = record.leave(looks(seed), "stage")
    values["field"][20:30, 40:60] = np.nan  # no model may return it, and no store is to be trusted
    if number % 3 == 1:
        record = Record((*record.ports, Port(SCRIPT, replace(record.ports[0].kind, unit="K"))))
        values[SCRIPT] = 1.0
    inputs = {f"{TEMPLATE}{i}": {"artifact": one, "unit": IMAGE, "from": SCRIPT} for i, one in enumerate(before)}
    inputs[IMAGE] = {"literal": SCRIPT, "unit": PEN, "value": key_of(1)}
    about = {"model": stage, "run": log.id, "stage": stage, "plan": key_of("plan", key), "inputs": inputs}
    more = {
        "warnings": [SCRIPT, PEN],
        "cost": {"seconds": 1.0, "cpu_seconds": 1.0},
        "made": IMAGE,
        "code": {SCRIPT: IMAGE},
    }
    verdict = {"name": SCRIPT, "ok": False, "ratio": 0.5, "limit": 0.1, "accepted": True, "fine": IMAGE, "coarse": PEN}
    assert store.commit(key, record, values, about | more | {"separation": [verdict], "code": {SCRIPT: IMAGE}})
    store.alias(about["plan"], key)
    return key


def _swept(store: Store) -> str:
    """A sweep of six points over two axes, one of hostile texts; two points failed."""
    texts = np.array([SCRIPT, IMAGE, PEN], dtype=object)
    points = product([alone(Column("temperature", np.array([1.0, 2.0]), "K")), alone(Column("label", texts))])
    sweep = {"points": 6, "axes": points.describe(), "executions": {"a": 6}, "found": {"a": 0}, "failures": 10}
    log = begun(store, flow="swept", stages=[{"name": "a", "model": SCRIPT, "scale": IMAGE}], sweep=sweep)
    keys = [key_of("swept", i) for i in range(6)]
    record = record_of(Inner)
    for number, key in enumerate(keys[:4]):
        about = {"model": SCRIPT, "run": log.id, "stage": "a", "plan": key_of("plan", key), "inputs": {}}
        assert store.commit(key, record, record.leave(Inner(float(number), IMAGE), "a"), about)
        store.alias(key_of("plan", key), key)
    plans = [key_of("plan", key) for key in keys]
    tables, axes = tables_of(points, _bytes(plans), [np.arange(6, dtype=np.int32)])
    keep(store.space, log.id, "plan", tables, {"stages": ["a"], "axes": axes})
    states = np.array([COMPUTED] * 4 + [FAILED] * 2, np.uint8)
    result = {
        "keys": _bytes(keys),
        "states": states,
        "failed": np.array([4, 5], np.int32),
        "errors": np.zeros(2, np.int32),
    }
    keep(store.space, log.id, "result-0", result, {"errors": [SCRIPT + PEN]})
    log.end("completed")
    return log.id


def _bytes(keys: list[str]) -> NDArray[np.uint8]:
    return np.array([list(bytes.fromhex(key)) for key in keys], np.uint8)


def _damaged(store: Store, log: RunLog) -> str:
    """An artifact one of whose chunks was written over."""
    key = _commit(store, log, "damaged", 9, 0, [])
    folder = Path(store.address) / folder_of(key)
    chunk = max(
        (path for path in folder.rglob("*") if path.is_file() and path.name != "zarr.json"),
        key=lambda p: p.stat().st_size,
    )
    chunk.chmod(0o644)
    chunk.write_bytes(bytes(reversed(chunk.read_bytes())))
    return key
