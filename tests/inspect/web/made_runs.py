"""Runs and sweeps of toy stages, put into a store as drivers and workers leave them, without running anything."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2] / "store"))  # for `small_store`, which importlib mode does not find
from small_store import begun, key_of

from bridge import StandardErrorOf
from bridge.axes.points import Column, Group, alone, product
from bridge.kinds.record import Record
from bridge.ports import record_of
from bridge.store.runs import Run
from bridge.store.store import Store
from bridge.store.sweeps import BLOCKED, COMPUTED, FAILED, keep, tables_of


@dataclass(frozen=True)
class Plate:
    x: Annotated[NDArray[np.float64], "um", ("x",)]
    y: Annotated[NDArray[np.float64], "um", ("y",)]
    heat: Annotated[NDArray[np.float64], "K", ("y", "x")]
    profile: Annotated[NDArray[np.float64], "K", ("x",)]
    mean: Annotated[float, "K"]
    count: int


@dataclass(frozen=True)
class Celsius:
    x: Annotated[NDArray[np.float64], "um", ("x",)]
    y: Annotated[NDArray[np.float64], "um", ("y",)]
    heat: Annotated[NDArray[np.float64], "degC", ("y", "x")]
    profile: Annotated[NDArray[np.float64], "degC", ("x",)]
    mean: Annotated[float, "degC"]
    count: int


@dataclass(frozen=True)
class Measured:
    value: Annotated[float, "m"]
    spread: Annotated[float, "mm", StandardErrorOf("value")]


@dataclass(frozen=True)
class Stack:
    cube: Annotated[NDArray[np.float64], "K", ("time", "y", "x")]


@dataclass(frozen=True)
class Rate:
    rate: Annotated[float, "1/s"]
    lifetime: Annotated[float, "ms"]


#: Logs of this process: a run is running while its log is there.
_UNDERWAY: list[Any] = []


def field(side: int = 64) -> NDArray[np.float64]:
    """A wave as long as the plate."""
    places = (np.arange(side) + 0.5) / side
    return 300 + 50 * np.sin(2 * np.pi * places)[:, None] * np.cos(2 * np.pi * places)[None, :]


def plate(heat: NDArray[np.float64], kind: Any = Plate) -> Any:
    """A plate of half a micrometre a cell."""
    x, y = 0.5 * np.arange(heat.shape[1]), 0.5 * np.arange(heat.shape[0])
    return kind(x, y, heat, heat[len(heat) // 3], float(np.nanmean(heat)), len(heat))


def ran(
    store: Store, value: Any, parameters: Mapping[str, Any] | None = None, stage: str = "heat", **about: Any
) -> Run:
    """A completed run of one stage."""
    parameters = dict(parameters or {})
    log = begun(store, parameters=parameters, stages=[{"name": stage, "model": "toy.heat"}], **about)
    key = key_of(stage, log.id)
    record = record_of(type(value))
    inputs = {name: {"literal": given, "value": key_of(given)} for name, given in parameters.items()}
    making = {"model": "toy.heat", "run": log.id, "stage": stage, "plan": key_of("plan", key), "inputs": inputs}
    making |= {"code": {}, "depends": {}, "cost": {"seconds": 1.0}, "made": "2026-11-22T06:00:00+00:00"}
    store.commit(key, record, _left(record, value), making)
    log.event(stage, "running", attempt=1)
    log.event(stage, "computed", key=key)
    log.end("completed")
    return Run(store, log.id)


def _left(record: Record, value: Any) -> dict[str, Any]:
    """The values of a record as they are stored, NaN among them."""
    return {port.name: getattr(value, port.name) for port in record.ports}


def axis(name: str, values: Sequence[Any], unit: str | None = "K") -> Group:
    """A parameter that is varied by itself."""
    if isinstance(values[0], str):
        given = np.empty(len(values), object)
        given[:] = values
        return alone(Column(name, given))
    return alone(Column(name, np.array(values, float), unit))


def swept(
    store: Store,
    groups: Sequence[Group],
    evaluate: Callable[[dict[str, Any]], Any],
    *,
    done: int | None = None,
    ended: bool = True,
    **about: Any,
) -> Run:
    """A sweep of one stage, ``second`` after ``first``; an exception is a failed point, of the first stage if its
    text begins so. ``done`` points have been looked at, the others are missing."""
    points = product(groups)
    told = {"points": points.size, "axes": points.describe(), "executions": {"first": points.size}, "failures": 10}
    stages = [{"name": name, "model": f"toy.{name}"} for name in ("first", "second")]
    log = begun(store, sweep=told, flow="swept", stages=stages, **about)
    count = points.size
    keys = [key_of(stage, log.id, n) for stage in ("first", "second") for n in range(count)]
    states, errors = np.zeros(2 * count, np.uint8), dict[int, str]()
    for number in range(count if done is None else done):
        column = {name: one.values[points.places(name)[number]] for name, one in points.columns.items()}
        states[number] = COMPUTED
        _give(store, keys[number], log.id, "first", Rate(1.0, 1.0))
        try:
            value = evaluate(column)
        except ArithmeticError as reason:
            at = number if str(reason).startswith("first") else count + number
            states[at], errors[at] = FAILED, f"toy: {reason}"
            if at == number:
                states[count + number] = BLOCKED
            continue
        states[count + number] = COMPUTED
        _give(store, keys[count + number], log.id, "second", value)
    at_points = [np.arange(count, dtype=np.int32), np.arange(count, 2 * count, dtype=np.int32)]
    plans = [key_of("plan", key) for key in keys]
    tables, axes = tables_of(points, _bytes(plans), at_points)
    keep(store.space, log.id, "plan", tables, {"stages": ["first", "second"], "axes": axes})
    for key, plan, state in zip(keys, plans, states, strict=True):
        if state == COMPUTED:
            store.alias(plan, key)
    _UNDERWAY.append(log)
    if ended:
        texts = list(dict.fromkeys(errors.values()))
        codes = np.array([texts.index(said) for said in errors.values()], np.int32)
        result = {"keys": _bytes(keys), "states": states, "failed": np.array(list(errors), np.int32), "errors": codes}
        keep(store.space, log.id, "result-0", result, {"errors": texts})
        log.end("failed" if errors else "completed")
    return Run(store, log.id)


def _give(store: Store, key: str, run: str, stage: str, value: Rate) -> None:
    record = record_of(Rate)
    store.commit(key, record, _left(record, value), _making(run, stage, key))


def _making(run: str, stage: str, key: str) -> dict[str, Any]:
    about = {"model": f"toy.{stage}", "run": run, "stage": stage, "plan": key_of("plan", key), "inputs": {}}
    return about | {"code": {}, "depends": {}, "cost": {"seconds": 1.0}, "made": "2026-11-22T06:00:00+00:00"}


def _bytes(keys: Sequence[str]) -> NDArray[np.uint8]:
    return np.frombuffer(bytes.fromhex("".join(keys)), np.uint8).reshape(-1, 32)
