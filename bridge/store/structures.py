"""Atoms taken apart: arrays, and whatever else they carry (constraints, info) as JSON that reads back as it was."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bridge.errors import ContractError

_MARK = "!"  # a key that JSON has no type for; keys of people's own that begin like it are told apart
_ROOM = 2**28  # bytes of an array that stands in JSON


def parts_of(atoms: Any) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Part atoms into arrays of numbers and JSON. Raises ContractError, naming what no store holds."""
    arrays, rest = {}, {}
    for name, value in atoms.todict().items():
        if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
            arrays[name] = value
        else:
            rest[name] = _written(value, name)
    return arrays, rest


def atoms_from(arrays: dict[str, np.ndarray], rest: dict[str, Any]) -> Any:
    """Put atoms together again."""
    from ase import Atoms

    return Atoms.fromdict(arrays | {name: _read(value) for name, value in rest.items()})


def _written(thing: Any, name: str) -> Any:
    if isinstance(thing, np.generic):
        thing = thing.item()
    if thing is None or isinstance(thing, (bool, int, str)):
        return thing
    if isinstance(thing, float):
        return thing if math.isfinite(thing) else {_MARK + "float": repr(thing)}
    if isinstance(thing, complex):
        return {_MARK + "complex": [_written(thing.real, name), _written(thing.imag, name)]}
    if isinstance(thing, list):
        return [_written(one, name) for one in thing]
    if isinstance(thing, tuple):
        return {_MARK + "tuple": [_written(one, name) for one in thing]}
    if isinstance(thing, dict):
        if all(isinstance(key, str) and not key.startswith(_MARK) for key in thing):
            return {key: _written(value, f"{name}.{key}") for key, value in thing.items()}
        return {_MARK + "dict": [[_written(key, name), _written(value, name)] for key, value in thing.items()]}
    if isinstance(thing, np.ndarray) and thing.dtype.kind in "biufcU":
        flat = [_written(one, name) for one in thing.ravel().tolist()]
        return {_MARK + "array": [thing.dtype.str, list(thing.shape), flat]}
    if hasattr(thing, "todict"):
        return _written(thing.todict(), name)
    raise ContractError(f"Atoms carry {name!r} with a {type(thing).__name__}, which no store holds: remove it.")


def _read(thing: Any) -> Any:
    if isinstance(thing, list):
        return [_read(one) for one in thing]
    if not isinstance(thing, dict):
        return thing
    mark = next(iter(thing), "")
    if not mark.startswith(_MARK):
        return {key: _read(value) for key, value in thing.items()}
    value = thing[mark]
    match mark[len(_MARK) :]:
        case "float":
            return float(value)
        case "complex":
            return complex(*_read(value))
        case "tuple":
            return tuple(_read(value))
        case "dict":
            return {_read(key): _read(one) for key, one in value}
        case "array":
            return _array(*value)
    raise ContractError(f"Atoms were stored with {mark!r}, which is unknown here: a newer scalebridge wrote it.")


def _array(dtype: str, shape: list[int], flat: list[Any]) -> np.ndarray:
    """An array that was written as JSON; nothing of a type that holds objects, nothing that JSON has no room for."""
    kind = np.dtype(dtype) if isinstance(dtype, str) else np.dtype(object)
    if kind.kind not in "biufcU" or kind.itemsize * len(flat) > _ROOM:
        raise ContractError(f"Atoms were stored with {len(flat)} of {dtype!r}, which no store holds.")
    return np.array(_read(flat), dtype=kind).reshape(shape)
