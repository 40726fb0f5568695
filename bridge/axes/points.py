"""The points of a sweep: columns of distinct values, grouped by the dimension along which they vary together.

No list of points is ever made: a point is a number, and which value a parameter has there is arithmetic on it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bridge.errors import ContractError

Places = npt.NDArray[np.int32]

#: Points of a sweep that are made without being asked for by their number.
LIMIT = 10**6

_SHOWN = 20  # values of a column that a description lists; more are told by their ends
_LARGEST = 2**31 - 1  # places along one dimension


@dataclass(frozen=True, eq=False)
class Column:
    """The values of one parameter of a flow over its axis, each of them once."""

    name: str
    values: npt.NDArray[Any]  # float64 (with a unit), int64, bool, or objects that are str
    unit: str | None = None  # of floats; "" for pure numbers; None for texts, whole numbers and truth values
    texts: tuple[str, ...] | None = None  # as they were written, where that is the value exactly
    origin: Mapping[str, Any] = field(default_factory=dict)
    gives: Literal["number", "text"] = "number"  # what a flow receives of a number without unit

    def __len__(self) -> int:
        return len(self.values)

    def parameter(self, i: int) -> Any:
        """What the flow's parameter receives for value ``i``: ``"600.0 K"``, a number, a truth value or a text."""
        value = self.values[i]
        if isinstance(value, str):
            return value
        if self.unit:
            return f"{float(value)!r} {self.unit}"
        return repr(value.item()) if self.gives == "text" else value.item()

    def text(self, i: int) -> str:
        """Value ``i`` for people: ``600 K``."""
        return self.texts[i] if self.texts is not None else text_of(self.values[i], self.unit)

    def describe(self) -> dict[str, Any]:
        """What the column holds, as JSON: every value if they are few, else their ends."""
        about: dict[str, Any] = {"name": self.name, "distinct": len(self), "origin": dict(self.origin)}
        if self.unit is not None:
            about["unit"] = self.unit
        if len(self) <= _SHOWN:
            return about | {"values": [self.text(i) for i in range(len(self))]}
        if self.values.dtype == object:
            return about | {"first": self.text(0), "last": self.text(len(self) - 1)}
        low, high = int(np.argmin(self.values)), int(np.argmax(self.values))
        return about | {"lowest": self.text(low), "highest": self.text(high)}


def text_of(value: Any, unit: str | None = None) -> str:
    """One value as people write it: ``600 K``, ``12``, ``true``, ``Cu``."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if not isinstance(value, (float, np.floating)):
        return str(value)
    number = repr(float(value)).removesuffix(".0")
    return f"{number} {unit}" if unit else number


def distinct(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Places]:
    """Every value once, in order of appearance, and which of them stands at each place."""
    if values.dtype == object:
        numbers: dict[Any, int] = {}
        index = np.fromiter((numbers.setdefault(v, len(numbers)) for v in values), np.int32, len(values))
        found = np.empty(len(numbers), object)
        found[:] = list(numbers)
        return found, index
    _, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return values[first[order]], rank[inverse.reshape(-1)]


@dataclass(frozen=True, eq=False)
class Group:
    """Columns that vary together along one dimension of the results."""

    dim: str
    size: int
    columns: tuple[Column, ...]
    index: tuple[Places, ...]  # per column: which of its values stands at each place along the dimension

    def __post_init__(self) -> None:
        if not 1 <= self.size <= _LARGEST:
            raise ContractError(f"axis {self.dim!r} has {self.size} values: give it one to {_LARGEST:,}.")
        if len(self.columns) != len(self.index) or any(len(i) != self.size for i in self.index):
            raise ContractError(f"axis {self.dim!r} has {self.size} places, and columns of other lengths.")

    def describe(self) -> dict[str, Any]:
        """What varies along this dimension, as JSON."""
        return {"dim": self.dim, "size": self.size, "columns": [column.describe() for column in self.columns]}


def alone(column: Column, dim: str | None = None) -> Group:
    """The group of a column that varies by itself."""
    size = len(column)
    return Group(dim or column.name, size, (column,), (np.arange(size, dtype=np.int32),))


@dataclass(frozen=True, eq=False)
class Points:
    """The product of groups; the last one varies fastest.

    Made by ``product``, which counts before anything is made.
    """

    groups: tuple[Group, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Places along each dimension."""
        return tuple(group.size for group in self.groups)

    @functools.cached_property
    def size(self) -> int:
        """Number of points."""
        return math.prod(self.shape)

    def __len__(self) -> int:
        return self.size

    @property
    def dims(self) -> dict[str, int]:
        """Dimensions of the results and their sizes, in order."""
        return {group.dim: group.size for group in self.groups}

    @functools.cached_property
    def columns(self) -> dict[str, Column]:
        """Columns by the flow's parameter."""
        return {column.name: column for group in self.groups for column in group.columns}

    @functools.cached_property
    def _where(self) -> dict[str, tuple[int, int]]:
        return {c.name: (g, i) for g, group in enumerate(self.groups) for i, c in enumerate(group.columns)}

    def places(self, name: str, start: int = 0, stop: int | None = None) -> Places:
        """Which of its distinct values parameter ``name`` has at every point (from ``start`` to ``stop``)."""
        g, i = self._where[name]
        index, inner = self.groups[g].index[i], math.prod(self.shape[g + 1 :])
        if start == 0 and stop is None:
            outer = math.prod(self.shape[:g])
            return np.broadcast_to(index[None, :, None], (outer, len(index), inner)).reshape(-1)
        within = np.arange(start, self.size if stop is None else min(stop, self.size)) // inner % len(index)
        return index[within]

    def at(self, point: int) -> dict[str, Any]:
        """The flow's parameters at one point, as it receives them."""
        return {name: column.parameter(i) for name, (column, i) in self._at(point).items()}

    def texts(self, point: int) -> dict[str, str]:
        """The parameters at one point, for people."""
        return {name: column.text(i) for name, (column, i) in self._at(point).items()}

    def _at(self, point: int) -> dict[str, tuple[Column, int]]:
        if not -self.size <= point < self.size:
            raise IndexError(f"there is no point {point}: the sweep has {self.size}.")
        places = np.unravel_index(point % self.size, self.shape)
        return {
            column.name: (column, int(index[place]))
            for group, place in zip(self.groups, places, strict=True)
            for column, index in zip(group.columns, group.index, strict=True)
        }

    def describe(self) -> list[dict[str, Any]]:
        """What is varied, dimension by dimension, as JSON; the values themselves only where they are few."""
        return [group.describe() for group in self.groups]

    def arrays(self) -> tuple[dict[str, npt.NDArray[Any]], list[dict[str, Any]]]:
        """Everything, as plain arrays and JSON, to be stored; ``points_from`` brings it back exactly."""
        from bridge.axes.stored import arrays_of

        return arrays_of(self)


def points_from(arrays: Mapping[str, npt.NDArray[Any]], about: Sequence[Mapping[str, Any]]) -> Points:
    """The points that ``Points.arrays`` took apart."""
    from bridge.axes.stored import groups_from

    return Points(groups_from(arrays, about))


def product(groups: Iterable[Group], limit: int = LIMIT) -> Points:
    """All combinations of the groups' places. Raises ContractError for too many, and for a name twice."""
    made = Points(tuple(groups))
    check_count(made.dims, limit)
    if not made.groups:
        raise ContractError("nothing is varied. Write an axis, such as -p temperature='600 K .. 1200 K : 7'.")
    for what, names in (
        ("dimension", [group.dim for group in made.groups]),
        ("parameter", [column.name for group in made.groups for column in group.columns]),
    ):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ContractError(f"{what} {twice[0]!r} is varied twice: take it out of one of the axes.")
    return made


def check_count(sizes: Mapping[str, int], limit: int = LIMIT) -> None:
    """Refuse more points than anybody means. Raises ContractError with the count and how it came about."""
    count = math.prod(sizes.values())
    if count <= limit:
        return
    factors = " × ".join(f"{size:,} ({name})" for name, size in sizes.items())
    came = f"{factors} = " if len(sizes) > 1 else ""
    raise ContractError(
        f"{came}{count:,} points are more than {limit:,}. Take fewer values, draw samples (--sampler sobol "
        f"--samples 1024), or confirm the number: --points-limit {count}, in Python points_limit={count}."
    )
