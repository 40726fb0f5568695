"""How far two stored values of one port are apart: numbers, fields, files, atoms, records."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from bridge.store.artifact import Artifact
from bridge.store.structures import parts_of
from bridge.units import Conversion, compatible

Spec = Mapping[str, Any]


def outputs_apart(old: Artifact, new: Artifact, largest: float = math.inf) -> dict[str, dict[str, Any]]:
    """Compare two artifacts port by port; fields of records are named ``record.field``.

    Arrays of more than ``largest`` numbers are not read: they are told apart by the digests of what is stored.
    """
    return _ports_apart((old, new), old.ports, new.ports, (), largest)


def _ports_apart(
    both: tuple[Artifact, Artifact], here: Spec, there: Spec, at: tuple[str, ...], largest: float
) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name in {**here, **there}:
        path, label = (*at, name), ".".join((*at, name))
        if name not in here or name not in there:
            found[label] = {"equal": False, "only": "B" if name not in here else "A"}
        elif "fields" in here[name] and "fields" in there[name]:
            found |= _ports_apart(both, here[name]["fields"], there[name]["fields"], path, largest)
        elif max(_size(here[name]), _size(there[name])) > largest:
            found[label] = _stored_apart(both[0], here[name], both[1], there[name])
        else:
            found[label] = value_apart(both[0].value(path), here[name], both[1].value(path), there[name])
    return found


def _size(spec: Spec) -> int:
    return math.prod(spec["shape"]) if spec["kind"] == "array" else 0


def _stored_apart(old: Artifact, here: Spec, new: Artifact, there: Spec) -> dict[str, Any]:
    """Whether two arrays are stored as the same bytes; their numbers are not read."""
    layouts = [{**spec, "object": ""} for spec in (here, there)]
    stored = [
        {name.removeprefix(spec["object"]): said for name, said in one.objects.items() if _within(name, spec)}
        for one, spec in ((old, here), (new, there))
    ]
    same = all(stored) and stored[0] == stored[1] and layouts[0] == layouts[1]
    told = {"kind": "array", "shape": [list(here["shape"]), list(there["shape"])], "unit": there.get("unit")}
    return told | {"equal": same, "unread": True}


def _within(name: str, spec: Spec) -> bool:
    return "object" in spec and name.startswith(f"{spec['object']}/")


def value_apart(old: Any, here: Spec, new: Any, there: Spec) -> dict[str, Any]:
    """Compare two values, each with its description in the store; ``equal`` is always told."""
    kind = here["kind"]
    if kind != there["kind"]:
        return {"equal": False, "kind": [kind, there["kind"]]}
    units = (here.get("unit"), there.get("unit"))
    match kind:
        case "float" | "int":
            return {"kind": kind, **number_change(old, units[0], new, units[1])}
        case "array":
            return {"kind": kind, **array_change(old, units[0], new, units[1])}
        case "file":
            facts = {"size": [len(old.content), len(new.content)], "media_type": [old.media_type, new.media_type]}
            return {"kind": kind, "equal": old == new, **facts}
        case "atoms":
            parts = atoms_change(old, new)
            return {"kind": kind, "equal": not parts, "parts": parts}
    return {"kind": kind, "equal": bool(old == new), "old": old, "new": new}


def number_change(old: Any, unit: str | None, new: Any, new_unit: str | None) -> dict[str, Any]:
    """Old and new number in the unit of the new, their difference, and that relative to the old where it is not 0."""
    told: dict[str, Any] = {"old": old, "new": new, "unit": new_unit}
    if unit != new_unit:
        if unit is None or new_unit is None or not compatible(unit, new_unit):
            return told | {"equal": False, "old_unit": unit}
        told["old"] = old = Conversion(unit, new_unit).number(old)
    relative = None
    if old:
        try:
            relative = float((new - old) / abs(old))
        except OverflowError:  # of two whole numbers
            relative = None
        relative = relative if relative is None or np.isfinite(relative) else None
    return told | {"equal": bool(old == new), "difference": new - old, "relative": relative}


def array_change(old: Any, unit: str | None, new: Any, new_unit: str | None) -> dict[str, Any]:
    """Largest |Δ| and relative L2 norm ‖a−b‖/‖a‖ of two arrays of one shape, in the unit of the new.

    The norm is None where the old array is all zeros; switches are counted instead.
    """
    told: dict[str, Any] = {"shape": [list(old.shape), list(new.shape)], "unit": new_unit}
    told["dtype"] = [old.dtype.name, new.dtype.name]
    same = unit == new_unit
    if not same:
        if unit is None or new_unit is None or not compatible(unit, new_unit):
            return told | {"equal": False, "old_unit": unit}
        old = Conversion(unit, new_unit).array(old)
    if old.shape != new.shape:
        return told | {"equal": False}
    if np.array_equal(old, new):
        return told | {"equal": old.dtype == new.dtype, "max": 0.0, "relative_l2": 0.0}
    unlike = int(np.count_nonzero(old != new))
    if old.dtype.kind == new.dtype.kind == "b":
        return told | {"equal": False, "differ": unlike, "of": int(old.size)}
    delta = _distances(old, new)
    norm = _norm(_wide(np.abs(_wide(old))))
    apart = _norm(delta)
    ratio = None if norm == (0.0, 0.0) else _ratio(apart, norm)
    return told | {
        "equal": False,
        "differ": unlike,
        "of": int(old.size),
        "max": float(delta.max()),
        "relative_l2": ratio,
    }


def _wide(values: Any) -> Any:
    """Numbers in which a difference loses nothing that people would see."""
    return values.astype(np.complex128 if values.dtype.kind == "c" else np.float64, copy=False)


def _distances(old: Any, new: Any) -> Any:
    """|a−b|, exactly also for whole numbers near the ends of their type; 0 where both are the same infinity."""
    if old.dtype == new.dtype and old.dtype.kind in "iu":
        size = np.dtype(f"u{old.dtype.itemsize}")
        with np.errstate(over="ignore"):
            one, other = old.astype(size), new.astype(size)
            return np.where(old >= new, one - other, other - one).astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(old == new, 0.0, np.abs(_wide(new) - _wide(old)))


def _norm(values: Any) -> tuple[float, float]:
    """L2 norm as a largest value and the norm of all beside it, so that squares have room."""
    largest = float(values.max(initial=0.0))
    if largest == 0 or not np.isfinite(largest):
        return largest, largest
    return largest, float(np.sqrt(np.sum((values / largest) ** 2)))


def _ratio(one: tuple[float, float], other: tuple[float, float]) -> float | None:
    with np.errstate(all="ignore"):
        found = float(np.float64(one[0]) / other[0] * (np.float64(one[1]) / other[1]))
    return found if np.isfinite(found) else None


def atoms_change(old: Any, new: Any) -> dict[str, Any]:
    """What differs between two sets of atoms, by the name of the part; nothing where they are equal."""
    (here, rest), (there, other) = parts_of(old), parts_of(new)
    found: dict[str, Any] = {}
    if old.get_chemical_formula() != new.get_chemical_formula():
        found["formula"] = {"old": old.get_chemical_formula(), "new": new.get_chemical_formula()}
    for name in {**here, **there}:
        if name not in here or name not in there:
            found[name] = {"only": "B" if name not in here else "A"}
            continue
        change = array_change(here[name], None, there[name], None)
        if not change["equal"]:
            found[name] = change
    for name in {**rest, **other}:
        if rest.get(name) != other.get(name):
            found[name] = {"old": rest.get(name), "new": other.get(name)}
    return found
