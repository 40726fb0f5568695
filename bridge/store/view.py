"""Outputs of a stored stage as people use them: pint quantities, xarray, files."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.chain.values import UnknownPort
from bridge.errors import did_you_mean
from bridge.kinds.base import Kind
from bridge.store.artifact import Artifact
from bridge.units import Q

if TYPE_CHECKING:
    import xarray

    from bridge.store.runs import Run

#: Numbers of an array that are written out where a literal is told; of larger ones shape and range are said.
WHOLE = 12


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
        A dimension has the record's name before its own where another of that name has another size, and
        ``_dim`` after it where an output of that name is no coordinate. A text that ends in a zero byte is spelled
        as in Python, with the attribute ``spelled``.
        """
        import xarray

        found = [leaf for leaf in leaves(self) if leaf.spec["kind"] not in ("file", "atoms")]
        held = [_as_array(leaf) for leaf in found]
        dims = _dimensions(found, [value for value, _ in held])
        variables = {
            leaf.name: xarray.Variable(names, value, attributes)
            for leaf, names, (value, attributes) in zip(found, dims, held, strict=True)
        }
        coords = {name for name, variable in variables.items() if variable.dims == (name,)}
        return xarray.Dataset(
            {k: v for k, v in variables.items() if k not in coords},
            coords={k: variables[k] for k in coords},
            attrs={"stage": self._at, "model": self._artifact.about.get("model", ""), "artifact": self._artifact.key},
        )

    def _repr_html_(self) -> str:
        from bridge.store.html import html_of_outputs

        return html_of_outputs(self)

    def __repr__(self) -> str:
        lines = [f"{name} = {brief(self[name], self._fields[name].get('unit'))}" for name in self]
        return f"<{self._at}: {'; '.join(lines)}>"


@dataclass(frozen=True)
class Leaf:
    """One output that is no record: ``name`` and ``path`` count from the outputs it was asked of."""

    path: tuple[str, ...]
    spec: dict[str, Any]
    _artifact: Artifact
    _above: tuple[str, ...]

    @property
    def name(self) -> str:
        """The port, or ``record.field``."""
        return ".".join(self.path)

    def value(self) -> Any:
        """The value without its unit, as it was stored."""
        return self._artifact.value((*self._above, *self.path))

    def kind(self) -> Kind:
        """The kind of the port or field."""
        return self._artifact.kind((*self._above, *self.path))


def leaves(outputs: Outputs) -> Iterator[Leaf]:
    """Every output that is no record, fields of records after the record's own place; nothing is read yet."""

    def walk(fields: dict[str, Any], path: tuple[str, ...]) -> Iterator[Leaf]:
        for name, spec in fields.items():
            if spec["kind"] == "record":
                yield from walk(spec["fields"], (*path, name))
            else:
                yield Leaf((*path, name), spec, outputs._artifact, outputs._path)

    return walk(outputs._fields, ())


def _as_array(leaf: Leaf) -> tuple[np.ndarray, dict[str, str]]:
    """A value as xarray holds it, and its attributes."""
    value = leaf.value()
    if isinstance(value, str) and value.endswith("\0"):  # numpy's texts lose zeros at their end
        return np.asarray(value.encode("unicode_escape").decode()), {"spelled": "unicode_escape"}
    return np.asarray(value), attributes_of(leaf.spec, leaf.path[:-1])


def attributes_of(spec: Mapping[str, Any], above: tuple[str, ...] = ()) -> dict[str, str]:
    """What a variable says of itself: its units, and the variable (in the same record) whose standard error it is."""
    said = {"units": str(spec["unit"])} if "unit" in spec else {}
    if "standard_error_of" in spec:
        said["standard_error_of"] = ".".join((*above, str(spec["standard_error_of"])))
    return said


def _dimensions(found: list[Leaf], values: list[np.ndarray]) -> list[tuple[str, ...]]:
    """Names of the dimensions of each value, such that a name has one size and no output of another shape."""
    sizes: dict[str, int] = {}
    shapes = {leaf.name: tuple(leaf.spec.get("dims", ())) for leaf in found}

    def name(dim: str, size: int, leaf: Leaf) -> str:
        if sizes.setdefault(dim, size) != size:  # records agree within themselves, and not with one another
            dim = ".".join((*leaf.path[:-1], dim))
        while dim in shapes and shapes[dim] != (dim.rpartition(".")[2],):
            dim += "_dim"
        return dim

    return [
        tuple(name(dim, size, leaf) for dim, size in zip(shapes[leaf.name], value.shape, strict=True))
        for leaf, value in zip(found, values, strict=True)
    ]


def datatree(run: Run, stages: Collection[str] | None = None) -> xarray.DataTree:
    """A run as a tree, a child for each stage that has outputs, with what the run was as attributes of its root.

    ``stages`` names those wanted, if not all. Parameters and versions are JSON in attributes. What a tree
    refuses in a name, such as ``/``, becomes ``_``; the stage's own name is the child's attribute ``stage``.
    """
    import xarray

    children: dict[str, xarray.DataTree] = {}
    for stage, facts in run.stages.items():
        if "key" in facts and (stages is None or stage in stages):
            name = stage.replace("/", "_")
            name = "_" * len(name) if name in ("", ".", "..") else name
            while name in children:
                name += "_"
            children[name] = xarray.DataTree(run[stage].to_xarray())
    about = {
        "id": run.id,
        "flow": run.flow,
        "state": run.state,
        "parameters": json.dumps(run.parameters),
        "versions": json.dumps(run.about.get("versions", {})),
    }
    if run.about.get("name"):
        about["name"] = str(run.about["name"])
    return xarray.DataTree(xarray.Dataset(attrs=about), children=children)


def in_words(value: Any) -> Any:
    """A literal as records tell it to people; its digest stands beside it, or in the key."""
    value = getattr(value, "value", value)  # of a choice
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.ndarray):
        return f"{value.tolist()}" if value.size <= WHOLE else brief(value)
    return repr(value)[:200]


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
    return re.sub(r"\s*(?:\^|\*\*)\s*(-?\d+)(?![\d.])", lambda found: found[1].translate(powers), unit)
