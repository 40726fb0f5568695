"""An output of a stage as a picture needs it: its numbers in a unit, its errors, and where along each dimension."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.chain.values import UnknownPort
from bridge.errors import ContractError, did_you_mean
from bridge.inspect.pictures.drawing import label
from bridge.inspect.pictures.plot import Floats
from bridge.store.view import Leaf, Outputs, leaves
from bridge.units import Conversion, compatible, to_root

#: Kinds of outputs that are numbers.
NUMBERS = ("float", "int", "bool", "array")


@dataclass(frozen=True)
class Drawn:
    """Numbers of an output with what is told of them; complex ones by their modulus."""

    name: str
    values: Floats
    unit: str | None
    dims: tuple[str, ...]
    errors: Floats | None
    coordinates: dict[str, tuple[Floats, str | None]]

    @property
    def label(self) -> str:
        """The output with its unit."""
        return label(self.name, self.unit)

    def along(self, number: int) -> tuple[Floats, str]:
        """Places along a dimension and what they are: its coordinate, or numbers counted from nought."""
        dim = self.dims[number]
        if dim in self.coordinates:
            places, unit = self.coordinates[dim]
            return places, label(dim, unit)
        return np.arange(self.values.shape[number], dtype=float), f"{dim.replace('_', ' ')} (counted from 0)"


def leaf_of(outputs: Outputs, port: str) -> Leaf:
    """The output named ``port`` or ``record.field``. Raises UnknownPort."""
    known = {leaf.name: leaf for leaf in leaves(outputs)}
    if port not in known:
        raise UnknownPort(f"{outputs._at} has no port {port!r}. {did_you_mean(port, known)}")
    return known[port]


def read(outputs: Outputs, port: str, unit: str | None = None) -> Drawn:
    """An output's numbers, in ``unit`` if one is given. Raises UnknownPort, ContractError for what is no number."""
    leaf = leaf_of(outputs, port)
    if not is_drawn(leaf.spec):
        kind = leaf.spec.get("dtype", leaf.spec["kind"])
        raise ContractError(f"{outputs._at}.{port} is no number but of kind {kind}: no picture is drawn of it.")
    beside = {one.path: one for one in leaves(outputs) if one.path[:-1] == leaf.path[:-1]}
    value = np.asarray(leaf.value())
    modulus = value.dtype.kind == "c"
    own, errors = _unit(leaf), _errors(leaf, beside)
    values = np.abs(value) if modulus else value.astype(float)
    if unit is not None and own != unit:
        if not compatible(own or "1", unit):
            raise ContractError(f"{outputs._at}.{port} is in {own or '1'}, not in {unit}: they have no axis in common.")
        values = np.asarray(Conversion(own or "1", unit).array(values))
        errors = None if errors is None else errors * _slope(own, unit)
        own = unit
    dims = tuple(str(dim) for dim in leaf.spec.get("dims", ()))
    found = {}
    for dim, size in zip(dims, value.shape, strict=True):
        other = beside.get((*leaf.path[:-1], dim))
        if other is not None and other is not leaf and _is_coordinate(other.spec, dim, size):
            found[dim] = (np.asarray(other.value(), float), _unit(other))
    return Drawn(f"|{port}|" if modulus else port, values, own, dims, None if modulus else errors, found)


def is_drawn(spec: dict[str, Any]) -> bool:
    """Whether an output is made of numbers."""
    return spec["kind"] in NUMBERS and ("dtype" not in spec or np.dtype(spec["dtype"]).kind in "biufc")


def is_own_picture(leaf: Leaf) -> bool:
    """Whether an output is drawn by itself: an array that is no coordinate, and no standard error of another one."""
    spec = leaf.spec
    several = spec["kind"] == "array" and int(np.prod(spec["shape"])) > 1
    beside = list(spec.get("dims", ())) == [leaf.path[-1]] or "standard_error_of" in spec
    return several and is_drawn(spec) and not beside


def _unit(leaf: Leaf) -> str | None:
    return str(leaf.spec["unit"]) if "unit" in leaf.spec else None


def _is_coordinate(spec: dict[str, Any], dim: str, size: int) -> bool:
    return (
        list(spec.get("dims", ())) == [dim] and list(spec["shape"]) == [size] and np.dtype(spec["dtype"]).kind in "iuf"
    )


def _errors(leaf: Leaf, beside: dict[tuple[str, ...], Leaf]) -> Floats | None:
    """Standard errors, in the unit of what they are errors of."""
    for other in beside.values():
        same = other.spec.get("shape") == leaf.spec.get("shape")
        if other.spec.get("standard_error_of") == leaf.path[-1] and same and is_drawn(other.spec):
            return np.asarray(other.value(), float) * _slope(_unit(other), _unit(leaf))
    return None


def _slope(unit: str | None, target: str | None) -> float:
    return 1.0 if unit == target else float(to_root(unit or "1")[0] / to_root(target or "1")[0])
