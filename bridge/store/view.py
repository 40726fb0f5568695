"""Outputs of a stored stage as people use them: pint quantities, xarray, files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.chain.values import UnknownPort
from bridge.errors import did_you_mean
from bridge.store.artifact import Artifact
from bridge.units import Q

if TYPE_CHECKING:
    import xarray


class Outputs:
    """The outputs of a stage; each port is an attribute, a number with a unit being a pint quantity."""

    def __init__(self, artifact: Artifact, at: str, path: tuple[str, ...] = ()) -> None:
        self._artifact, self._at, self._path = artifact, at, path

    @property
    def _fields(self) -> dict[str, Any]:
        spec: dict[str, Any] = {"fields": self._artifact.ports}
        for name in self._path:
            spec = spec["fields"][name]
        return dict(spec["fields"])

    def __getitem__(self, name: str) -> Any:
        fields = self._fields
        if name not in fields:
            raise UnknownPort(f"{self._at} has no port {name!r}. {did_you_mean(name, fields)}")
        path = (*self._path, name)
        if fields[name]["kind"] == "record":
            return Outputs(self._artifact, f"{self._at}.{name}", path)
        value = self._artifact.value(path)
        return Q(value, fields[name]["unit"]) if "unit" in fields[name] else value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __dir__(self) -> list[str]:
        return [*self._fields, "to_xarray"]

    def spec(self, name: str) -> dict[str, Any]:
        """How the port is described in the store: kind, unit, dimensions, validity range."""
        return dict(self._fields[name])

    def to_xarray(self) -> xarray.Dataset:
        """Numbers, texts and arrays as one Dataset with ``units`` attributes; files and atoms stay behind.

        An output named like a dimension is its coordinate; fields of records are named ``record.field``.
        """
        import xarray

        variables: dict[str, Any] = {}
        for name, spec in self._fields.items():
            if spec["kind"] == "record":
                inner = self[name].to_xarray()
                variables |= {f"{name}.{key}": inner.variables[key] for key in inner.variables}
            elif spec["kind"] not in ("file", "atoms"):
                attributes = {"units": spec["unit"]} if "unit" in spec else {}
                value = np.asarray(self._artifact.value((*self._path, name)))
                variables[name] = xarray.Variable(tuple(spec.get("dims", ())), value, attributes)
        coords = {name for name, variable in variables.items() if variable.dims == (name,)}
        return xarray.Dataset(
            {k: v for k, v in variables.items() if k not in coords},
            coords={k: variables[k] for k in coords},
            attrs={"stage": self._at, "model": self._artifact.about.get("model", ""), "artifact": self._artifact.key},
        )

    def __repr__(self) -> str:
        lines = [f"{name} = {brief(self[name], self._fields[name].get('unit'))}" for name in self]
        return f"<{self._at}: {'; '.join(lines)}>"


def brief(value: Any, unit: str | None = None) -> str:
    """A value on one line: a number to six digits with its unit, an array by its shape and range."""
    magnitude = getattr(value, "magnitude", value)
    spelled = pretty(unit if unit is not None else str(getattr(value, "units", "")))
    if isinstance(magnitude, np.ndarray):
        span = (
            f"{magnitude.min():.4g} … {magnitude.max():.4g}" if magnitude.size and magnitude.dtype.kind in "iuf" else ""
        )
        return f"array {'×'.join(map(str, magnitude.shape))}" + (f", {span} {spelled}".rstrip() if span else "")
    if isinstance(magnitude, float):
        return f"{magnitude:.6g} {spelled}".strip()
    if isinstance(value, Outputs):
        return f"record of {', '.join(value)}"
    if hasattr(value, "get_chemical_formula"):
        return f"{len(value)} atoms, {value.get_chemical_formula()}"
    return str(value) if isinstance(value, str) else repr(value)


def pretty(unit: str) -> str:
    """A unit as its port declares it, with real exponents: ``m²/s``."""
    if unit in ("1", "dimensionless"):
        return ""
    powers = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
    return re.sub(r"\s*(?:\^|\*\*)\s*(-?\d+)", lambda found: found[1].translate(powers), unit)
