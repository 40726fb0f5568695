"""Two stored curves of one port side by side: over their own coordinates, and their difference where those agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.errors import ContractError
from bridge.inspect.explain.by_scale import converted
from bridge.inspect.explain.readings import spec_at
from bridge.store.artifact import Artifact
from bridge.units import compatible, to_root

Floats = npt.NDArray[np.float64]
#: Numbers of a curve that are read.
LONGEST = 2**22


@dataclass(frozen=True, eq=False)
class Curve:
    """A row of numbers over its coordinate, or over its own numbering; ``errors`` are its standard errors."""

    values: Floats
    unit: str | None
    along: Floats
    dim: str
    along_unit: str | None
    numbered: bool
    errors: Floats | None = None
    remarks: tuple[str, ...] = ()


def curve(artifact: Artifact, path: tuple[str, ...]) -> Curve:
    """Read a row of numbers, its coordinate and its standard errors. Raises ContractError for what is none."""
    spec = spec_at(artifact, path)
    if spec is None or spec["kind"] != "array" or len(spec["shape"]) != 1:
        raise ContractError(f"{'.'.join(path)} is no row of numbers.")
    if spec["shape"][0] > LONGEST:
        raise ContractError(f"{'.'.join(path)} has {spec['shape'][0]:,} numbers: of a curve {LONGEST:,} are read.")
    values, remarks = _plain(artifact.value(path))
    (dim,) = spec["dims"]
    beside = {**(spec_at(artifact, path[:-1]) or {}).get("fields", {})}
    found = beside.get(dim, {})
    there = found.get("kind") == "array" and found.get("dims") == [dim] and path[-1] != dim
    along = _plain(artifact.value((*path[:-1], dim)))[0] if there else np.arange(len(values), dtype=float)
    return Curve(
        values,
        spec.get("unit"),
        along,
        dim,
        found.get("unit") if there else None,
        not there,
        _errors(artifact, path, beside, spec),
        remarks,
    )


def _plain(values: Any) -> tuple[Floats, tuple[str, ...]]:
    if values.dtype.kind == "c":
        return np.abs(values), ("The modulus of complex numbers is shown.",)
    return values.astype(np.float64), ()


def _errors(artifact: Artifact, path: tuple[str, ...], beside: dict[str, Any], spec: dict[str, Any]) -> Floats | None:
    """Standard errors of a port by another one of its record that says so, in the unit of the port."""
    for name, other in beside.items():
        if other.get("standard_error_of") == path[-1] and other.get("shape") == spec["shape"]:
            slope = to_root(other.get("unit") or "1")[0] / to_root(spec.get("unit") or "1")[0]
            return np.asarray(_plain(artifact.value((*path[:-1], name)))[0] * float(slope))
    return None


def in_units_of(one: Curve, other: Curve) -> Curve:
    """The other curve in the units of the first. Raises ContractError where they are of other dimensions."""
    for here, there, what in ((one.unit, other.unit, "values"), (one.along_unit, other.along_unit, one.dim)):
        if here != there and (here is None or there is None or not compatible(here, there)):
            raise ContractError(f"{what}: in {here or 'no unit'} in A and in {there or 'no unit'} in B.")
    slope = float(to_root(other.unit or "1")[0] / to_root(one.unit or "1")[0])
    return Curve(
        converted(other.values, other.unit, one.unit),
        one.unit,
        converted(other.along, other.along_unit, one.along_unit),
        other.dim,
        one.along_unit,
        other.numbered,
        None if other.errors is None else other.errors * slope,
        other.remarks,
    )


def difference(one: Curve, other: Curve) -> tuple[Floats, str]:
    """B - A at the coordinates of A, and what is to be said of it; nothing where B has no value there.

    Where coordinates differ, B is taken between its neighbours.
    """
    if len(one.along) == len(other.along) and np.allclose(one.along, other.along, rtol=1e-9, atol=0, equal_nan=True):
        return np.asarray(other.values - one.values), ""
    order = np.argsort(other.along, kind="stable")
    x, y = other.along[order], other.values[order]
    if one.numbered or other.numbered or not len(x) or not np.isfinite(x).all() or (np.diff(x) <= 0).any():
        return np.full(len(one.values), np.nan), _unlike(one, other)
    inside = (one.along >= x[0]) & (one.along <= x[-1])
    found = np.where(inside, np.interp(one.along, x, y) - one.values, np.nan)
    said = f"Places of {one.dim} differ: B is taken between its neighbours"
    return np.asarray(found), said + ("." if inside.all() else f", at {int(inside.sum()):,} of {len(inside):,} of A's.")


def _unlike(one: Curve, other: Curve) -> str:
    sizes: Sequence[int] = (len(one.values), len(other.values))
    return f"A has {sizes[0]:,} numbers, B {sizes[1]:,}, and no coordinate says which belong together: no difference."
