"""Inputs as distributions: what a person wrote for each parameter, and the values at quantiles of it.

Beside distributions, an input may be a range (equal chances between its ends) or a list of values (equal chances of
each), such as ``0..9999`` for a seed or ``Cu, Al`` for an element.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.axes.bounded import LogUniform, Uniform
from bridge.axes.distributions import Distribution
from bridge.axes.grids import Axis
from bridge.axes.points import Column, Group, Points, product
from bridge.axes.samplers import group_from_unit_cube
from bridge.axes.text import Fixed, Range
from bridge.axes.uncertain import Fetch
from bridge.axes.values import plain, read_value
from bridge.errors import ContractError, UnknownName, did_you_mean
from bridge.sensitivity.design import Floats

Uncertain = Distribution | Axis

#: Values of a list, of which each may be drawn.
_MOST = 10**6


@dataclass(frozen=True)
class Inputs:
    """The uncertain parameters of a flow, and those that have one value."""

    uncertain: Mapping[str, Uncertain]
    fixed: Mapping[str, Any]
    as_text: frozenset[str] = frozenset()  # whose pure numbers the flow takes as texts

    @property
    def texts(self) -> dict[str, str]:
        """Each input for people."""
        return {
            name: value.text if isinstance(value, Distribution) else f"any of {value.size:,} values"
            for name, value in self.uncertain.items()
        }

    def points(self, cube: Floats, limit: int) -> Points:
        """The points at these quantiles, points by inputs, along one dimension. Raises ContractError."""
        groups = [
            _drawn(name, value, cube[:, [i]], name in self.as_text)
            for i, (name, value) in enumerate(self.uncertain.items())
        ]
        dim = "sample_dim" if "sample" in self.uncertain else "sample"
        columns = tuple(group.columns[0] for group in groups)
        return product([Group(dim, len(cube), columns, tuple(group.index[0] for group in groups))], limit)


def read_inputs(
    written: Mapping[str, Any], annotations: Mapping[str, Any] | None = None, fetch: Fetch | None = None
) -> Inputs:
    """Read what was written for the parameters of a flow: texts, or values of Python's.

    ``annotations`` are the flow's parameters and their types (None: any is known); ``fetch`` finds the values that
    ``empirical(…)`` names. Raises ContractError and UnknownName.
    """
    uncertain: dict[str, Uncertain] = {}
    fixed: dict[str, Any] = {}
    for name, value in written.items():
        if annotations is not None and name not in annotations:
            raise UnknownName(f"the flow has no parameter {name!r}. {did_you_mean(name, annotations)}")
        read = read_value(name, value, plain((annotations or {}).get(name)), fetch)
        if isinstance(read, Fixed):
            fixed[name] = read.value
        elif isinstance(read, Range):
            ends = read.low.text, read.high.text
            uncertain[name] = LogUniform(*ends) if read.log else Uniform(*ends)
        elif isinstance(read, Distribution) or 2 <= read.size <= _MOST:
            uncertain[name] = read
        else:
            raise ContractError(f"{name} has {read.size:,} values: an uncertain input has 2 to {_MOST:,}.")
    if not uncertain:
        raise ContractError("no input is uncertain. Write a distribution, such as -p temperature='900 K ± 10 K'.")
    as_text = frozenset(name for name in uncertain if plain((annotations or {}).get(name)) is str)
    return Inputs(uncertain, fixed, as_text)


def _drawn(name: str, value: Uncertain, quantiles: Floats, as_text: bool) -> Group:
    """One input at its quantiles."""
    if isinstance(value, Distribution):
        return group_from_unit_cube(quantiles, {name: value}, as_text=[name] if as_text else [])
    column, places = value.placed(name)
    chosen = places[np.minimum((quantiles[:, 0] * value.size).astype(np.int64), value.size - 1)]
    used, index = np.unique(chosen, return_inverse=True)
    texts = None if column.texts is None else tuple(column.texts[i] for i in used)
    kept = Column(name, column.values[used], column.unit, texts, {**column.origin, "each": value.size}, column.gives)
    return Group("sample", len(quantiles), (kept,), (index.reshape(-1).astype(np.int32),))
