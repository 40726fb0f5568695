"""Templates: a flow traced once for many points, with its axes in place of their values.

A flow's body that only hands its parameters on has one template for all points. An axis that the body looks at, such
as one that names a model, is traced value by value; so are all axes of a body that breaks on what is no value.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.chain.chain import Chain, Stage, Unplanned, Varied
from bridge.chain.trace import trace
from bridge.chain.values import AxisValue
from bridge.errors import BridgeError, ContractError
from bridge.kinds.base import Kind
from bridge.kinds.measured import Number
from bridge.run.check import body_of, check_with, refuse_reversed, validated
from bridge.run.sweeps.bare import refuse_bare_numbers
from bridge.store.keys import value_digest
from bridge.units import Conversion, compatible

if TYPE_CHECKING:
    from bridge.axes.points import Column, Points

_PLAIN = {"str": str, "int": int, "float": float, "bool": bool}


@dataclass(frozen=True)
class Template:
    """A chain whose ports may receive axes, and the points that have it."""

    chain: Chain
    points: np.ndarray


def templates(flow: Any, points: Points, fixed: Mapping[str, Any], whole: bool = False) -> list[Template]:
    """Trace a flow for all points; ``whole`` traces each point by itself.

    Raises what the contract refuses at the first point, or at any that is traced by itself.
    """
    refuse_bare_numbers(flow, points, fixed)
    check_with(flow, {**fixed, **points.at(0)})  # refused in the words of a single run
    axes = set(points.columns)
    looked = axes if whole else set[str]()
    while True:
        found = _traced(flow, points, fixed, looked)
        if isinstance(found, list):
            return found
        looked = looked | found


def _traced(flow: Any, points: Points, fixed: Mapping[str, Any], looked: set[str]) -> list[Template] | set[str]:
    """A template for every combination of the axes that are looked at; or which others are looked at, too."""
    function, name = body_of(flow)
    free = set(points.columns) - looked
    found = []
    for numbers in alike([points.places(axis) for axis in sorted(looked)], points.size):
        given = validated(flow, {**fixed, **points.at(int(numbers[0]))})
        seen: set[str] = set()
        given |= {axis: AxisValue(axis, seen) for axis in free}
        try:
            chain = trace(function, given, name)
        except Exception as reason:
            if seen or free:
                return seen or free
            at = spelled(points.texts(int(numbers[0])))
            if isinstance(reason, BridgeError):
                raise type(reason)(f"{reason} ({at})") from None
            raise ContractError(
                f"the body of flow {name!r} fails at {at}: {type(reason).__name__}: {reason}"
            ) from reason
        if seen:
            return seen
        _runnable(chain)
        found.append(Template(chain, numbers))
    return found


def _runnable(chain: Chain) -> None:
    """Refuse what no run can do, and what only a single one can."""
    refuse_reversed(chain)
    if not chain.stages:
        raise ContractError("the flow submits no stage: write stage('…').submit(…) in its body.")
    for stage in chain.stages.values():
        for port, source in stage.sources.items():
            if isinstance(source, Unplanned):
                raise ContractError(
                    f"{stage.name}.{port} waits for the task {source.task!r}: a sweep runs stages alone. Make the "
                    "task a model, or pass what it returns as a parameter."
                )


def alike(places: Sequence[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """Numbers of the points that agree in all of these axes, group by group in the order of their first."""
    if not places:
        yield np.arange(size)
        return
    codes = compressed(places)
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    groups = np.split(order, starts[1:])
    yield from sorted(groups, key=lambda numbers: int(numbers[0]))


def compressed(places: Sequence[np.ndarray]) -> np.ndarray:
    """One number for every combination of places that there is, from 0 without gaps, in the order of the axes."""
    codes = np.zeros(len(places[0]), np.int64)
    for place in places:
        codes = codes * (int(place.max(initial=0)) + 1) + place
        codes = np.unique(codes, return_inverse=True)[1]
    return codes


def spelled(parameters: Mapping[str, Any]) -> str:
    """Parameters for a message."""
    return ", ".join(f"{name}={value}" for name, value in parameters.items())


# Literals


@dataclass(frozen=True)
class Entry:
    """The values of an axis as a port receives them, and their digests in hexadecimal, an array of bytes."""

    values: Sequence[Any] | np.ndarray
    digests: np.ndarray


def listed(values: Sequence[Any] | np.ndarray) -> Sequence[Any]:
    """Values as Python's own."""
    return values.tolist() if isinstance(values, np.ndarray) else values


class Entries:
    """What the axes of a sweep give to ports. Raises ContractError where a value does not fit one."""

    def __init__(self, flow: Any, points: Points, fixed: Mapping[str, Any]) -> None:
        self._flow, self._points, self._fixed = flow, points, fixed
        self._known: dict[tuple[str, str], tuple[Kind, Entry]] = {}

    def of(self, stage: Stage, port: str) -> Entry:
        """The values of the axis that enters a port."""
        source, kind = stage.sources[port], stage.model.inputs[port].kind
        assert isinstance(source, Varied)
        name = (source.axis, repr(kind))
        known = self._known.get(name)
        if known is None or known[0] != kind:
            values = self._values(self._points.columns[source.axis], kind, f"{stage.name}.{port}")
            digests = np.fromiter((value_digest(kind, value) for value in listed(values)), "S64", len(values))
            known = self._known[name] = kind, Entry(values, digests)
        return known[1]

    def _values(self, column: Column, kind: Kind, at: str) -> Sequence[Any] | np.ndarray:
        read = self._reader(column)
        if isinstance(kind, Number) and column.unit and compatible(column.unit, kind.unit):
            convert = Conversion(column.unit, kind.unit).number
            values = np.fromiter(map(convert, column.values.tolist()), float, len(column.values)) + 0.0
            bad = ~np.isfinite(values) if kind.valid is None else ~np.isfinite(values) | kind.valid.outside(values)
            if not bad.any():
                return np.asarray(values)
        found = []
        for place in range(len(column.values)):
            try:
                found.append(kind.literal(read(place), at))
            except BridgeError as reason:
                raise ContractError(
                    f"axis {column.name}, value {place + 1} of {len(column.values)}: {reason}"
                ) from None
        return found

    def _reader(self, column: Column) -> Callable[[int], Any]:
        """What the flow's body would receive: Prefect coerces parameters to their annotations."""
        function, _ = body_of(self._flow)
        wanted = inspect.signature(function).parameters.get(column.name)
        annotation = wanted.annotation if wanted else inspect.Parameter.empty
        plain = _PLAIN.get(annotation, annotation) if isinstance(annotation, str) else annotation
        if plain is inspect.Parameter.empty or plain is Any or type(column.parameter(0)) is plain:
            return column.parameter
        given = {**self._fixed, **self._points.at(0)}
        return lambda place: validated(self._flow, {**given, column.name: column.parameter(place)})[column.name]
