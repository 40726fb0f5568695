"""What a pyramid is of: an output of an artifact, its axes and where their points are."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.errors import ContractError
from bridge.store.artifact import Artifact
from bridge.store.pyramids.axes import Coordinate, halved_axes, is_field, spacing_of
from bridge.store.pyramids.ome import stored_order
from bridge.store.sealed import blake3_of, digest

#: First point, step (None if uneven) and unit along dimensions.
Measured = dict[str, tuple[float, float | None, str | None]]
#: Levels are kept until every halved side is no longer than this.
COARSEST = 64


@dataclass(frozen=True, eq=False)
class Subject:
    """A stored field; nothing of it is read before it is asked for."""

    artifact: Artifact
    path: tuple[str, ...]
    name: str
    dims: tuple[str, ...]
    unit: str | None
    shape: tuple[int, ...]
    dtype: str
    halved: tuple[int, ...]
    #: The coordinates among the outputs beside it, with their units.
    beside: tuple[tuple[str, str | None], ...]
    #: Digest of the numbers: a key says what was asked, and what is lost and computed again may come out otherwise.
    content: str

    def values(self) -> np.ndarray:
        """The field, of a complex one the modulus. Raises Damaged."""
        found: np.ndarray = self.artifact.value(self.path)
        return np.abs(found) if found.dtype.kind == "c" else found

    @property
    def counts(self) -> np.dtype[Any]:
        """The type in which points are counted."""
        return np.dtype(np.uint32 if math.prod(self.shape) < 2**32 else np.uint64)

    @property
    def order(self) -> tuple[int, ...]:
        """The order of the axes in which levels are stored: indices first."""
        return stored_order(self.dims, self.halved)

    @functools.cached_property
    def shapes(self) -> list[tuple[int, ...]]:
        """Shapes of the levels that are kept."""
        shapes = [self.shape]
        while any(shapes[-1][axis] > COARSEST for axis in self.halved):
            shapes.append(tuple(-(-n // 2) if axis in self.halved else n for axis, n in enumerate(shapes[-1])))
        return shapes

    def document(self) -> dict[str, Any]:
        """What is said of it in the pyramid."""
        return {
            "artifact": self.artifact.key,
            "path": list(self.path),
            "dims": list(self.dims),
            "unit": self.unit,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "halved": list(self.halved),
            "content": self.content,
        }

    def measured(self) -> Measured:
        """First point, step and unit along every dimension that has a coordinate of finite points. Raises Damaged."""
        found: Measured = {}
        for dim, unit in self.beside:
            values = self._along(dim)
            if np.isfinite(values[0]):
                found[dim] = (float(values[0]), spacing_of(values), unit)
        return found

    def coordinates(self, measured: Measured) -> dict[str, Coordinate]:
        """Coordinates as one uses them; their points are read when asked for."""
        return {
            dim: Coordinate(first, step, unit, functools.partial(self._along, dim))
            for dim, (first, step, unit) in measured.items()
        }

    def _along(self, dim: str) -> np.ndarray:
        return np.asarray(self.artifact.value((*self.path[:-1], dim)), np.float64)


def subject_of(artifact: Artifact, path: Sequence[str]) -> Subject:
    """The field at ``path`` of an artifact. Raises ContractError if there is none."""
    name = ".".join(path)
    fields: Any = artifact.ports
    for above in path[:-1]:
        fields = fields.get(above, {}).get("fields", {})
    spec = fields.get(path[-1]) if path else None
    if spec is None:
        raise ContractError(f"{artifact.key[:12]}… has no output {name!r}; it has {', '.join(fields) or 'none'}.")
    if not is_field(spec):
        sides = "×".join(map(str, spec.get("shape", ()))) or "no array"
        raise ContractError(
            f"{name} is {spec.get('kind')} ({sides}). A field is an array of numbers of two dimensions or more."
        )
    dims: tuple[str, ...] = tuple(map(str, spec["dims"]))
    shape: tuple[int, ...] = tuple(spec["shape"])
    beside = tuple(
        (dim, fields[dim].get("unit"))
        for dim, n in zip(dims, shape, strict=True)
        if dims.count(dim) == 1 and _is_coordinate(fields.get(dim), dim, n)
    )
    halved = halved_axes(dims, shape)
    content = digest([_content(artifact, (*path[:-1], one), fields[one]) for one in (path[-1], *dict(beside))])
    return Subject(artifact, tuple(path), name, dims, spec.get("unit"), shape, spec["dtype"], halved, beside, content)


def _content(artifact: Artifact, path: tuple[str, ...], spec: Mapping[str, Any]) -> Any:
    """What tells an array from any other: digests of its objects; of one that has none, being small, of its numbers."""
    if "object" not in spec:
        return blake3_of(np.ascontiguousarray(artifact.value(path)).tobytes())
    name = str(spec["object"])
    return {found[len(name) :]: entry for found, entry in artifact.objects.items() if found.startswith(f"{name}/")}


def _is_coordinate(spec: Any, dim: str, length: int) -> bool:
    """Whether an output is where the points along a dimension are: named like it, real, a number for each."""
    return (
        isinstance(spec, dict)
        and spec.get("kind") == "array"
        and spec.get("shape") == [length]
        and list(spec.get("dims", ())) == [dim]
        and str(spec.get("dtype")).startswith(("float", "int", "uint"))
    )
