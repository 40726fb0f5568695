"""The chain: stages, what each of their ports receives, and the wires between them.

A chain is built by one method, ``add``, whether a flow is traced or runs; everything the
contract refuses is refused there, before the stage exists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bridge.chain.values import AxisValue, NotYet, Output, Stack, Unknown
from bridge.errors import ContractError, DeclarationError
from bridge.kinds.base import Kind
from bridge.kinds.discrete import Integer
from bridge.kinds.measured import Array
from bridge.kinds.record import Port
from bridge.models import Model
from bridge.scale import direction

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.=+ -]{0,63}")


@dataclass(frozen=True)
class Literal:
    """A value written in the flow, read in the unit of its port."""

    value: Any


@dataclass(frozen=True)
class Wire:
    """A value that another stage computes."""

    stage: str
    path: tuple[str, ...]
    kind: Kind
    molar_mass: str | None = None

    def __str__(self) -> str:
        return ".".join((self.stage, *self.path))


@dataclass(frozen=True)
class Stacked:
    """Several values, some of them computed by stages, as one array along ``dim``."""

    parts: tuple[Literal | Wire, ...]
    dim: str
    element: Kind
    kind: Kind
    coord: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unplanned:
    """A value that a task of Prefect's own will give; known only while running."""

    task: str


@dataclass(frozen=True)
class Varied:
    """A value that each point of a sweep has for itself: that of an axis, handed to a port as it is."""

    axis: str


Source = Literal | Wire | Stacked | Unplanned | Varied


@dataclass(frozen=True)
class Stage:
    """One use of a model in a chain."""

    name: str
    model: Model
    sources: Mapping[str, Source]
    options: Mapping[str, Any] = field(default_factory=dict)

    def wires(self) -> Iterator[tuple[str, Wire]]:
        """Every wire that enters, with the port it enters."""
        for port, source in self.sources.items():
            for part in source.parts if isinstance(source, Stacked) else (source,):
                if isinstance(part, Wire):
                    yield port, part

    @property
    def upstream(self) -> list[str]:
        """Names of the stages this one waits for, each once."""
        return list(dict.fromkeys(wire.stage for _, wire in self.wires()))


@dataclass(frozen=True)
class Edge:
    """A wire as people read it: both ends, both units, and which way it runs between scales."""

    source: str
    source_unit: str | None
    target: str
    target_unit: str | None
    direction: str


class Chain:
    """The stages of one flow, in the order in which its body submits them."""

    def __init__(self) -> None:
        self.stages: dict[str, Stage] = {}

    def add(
        self,
        model: Model,
        given: Mapping[str, Any],
        *,
        name: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Stage:
        """Add a stage after checking everything that enters it.

        Raises ContractError (unit, type, dimensions, range, bare number), UnknownName or
        MissingInput, each naming both ends and what to write.
        """
        from bridge.chain.closed import close

        label = self._label(name, model)
        model, given = close(model, given, label)
        model.require(given)
        sources = {
            port.name: self._source(port, given[port.name], label)
            if port.name in given
            else Literal(port.kind.leave(port.default, f"{label}.{port.name}"))
            for port in model.inputs.values()
        }
        model.refuse({port: one.value for port, one in sources.items() if isinstance(one, Literal)}, label)
        stage = Stage(label, model, sources, dict(options or {}))
        self.stages[label] = stage
        return stage

    def edges(self) -> list[Edge]:
        """Every wire of the chain with its direction."""
        found = []
        for stage in self.stages.values():
            for port, wire in stage.wires():
                way = direction(self.stages[wire.stage].model.scale, stage.model.scale)
                unit = stage.model.inputs[port].kind.unit
                found.append(Edge(str(wire), wire.kind.unit, f"{stage.name}.{port}", unit, way))
        return found

    def _label(self, name: str | None, model: Model) -> str:
        if name is not None:
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise DeclarationError(f"{name!r} is no stage name: write letters, digits and '_.=+- ', at most 64.")
            if name in self.stages:
                raise ContractError(f"two stages are named {name!r}: give each its own name=….")
            return name
        label, count = model.name, 1
        while label in self.stages:
            count += 1
            label = f"{model.name}#{count}"
        return label

    def _source(self, port: Port, value: Any, label: str) -> Source:
        at = f"{label}.{port.name}"
        if isinstance(value, AxisValue):
            return Varied(value._axis)
        if isinstance(value, (Output, Stack, Unknown)) and port.setting:
            raise ContractError(
                f"cannot wire {value!s} to {at}: it is a setting, part of the numerics. Write its value in the flow, "
                f"or declare {port.name} before the star."
            )
        if isinstance(value, Unknown):
            return Unplanned(value._at)
        if isinstance(value, Stack):
            return self._stacked(port, value, at)
        if isinstance(value, Output):
            return self._wire(port.kind, value, at)
        if isinstance(value, (list, tuple)) and any(isinstance(part, NotYet) for part in value):
            raise ContractError(f"{at} was given a list of values not computed yet. Write stack([…], dim='…').")
        return Literal(port.kind.literal(value, at))

    def _wire(self, kind: Kind, value: Output, at: str) -> Wire:
        if value._chain is not self:
            raise ContractError(f"cannot wire {value!s} to {at}: it belongs to another run of a flow.")
        reason = kind.admit(value._kind, value._molar_mass)
        if reason:
            raise ContractError(f"cannot wire {value._at}{_unit(value._kind)} to {at}{_unit(kind)}: {reason}")
        return Wire(value._stage, value._path, value._kind, value._molar_mass)

    def _stacked(self, port: Port, value: Stack, at: str) -> Stacked:
        element: Any = value._element
        kind: Any = value._kind
        if isinstance(port.kind, Array):  # every part is converted by itself, straight to the port's unit and range
            here: dict[str, Any] = {"unit": port.kind.unit, "valid": port.kind.valid}
            if isinstance(element, Integer):
                element, kind = replace(element, valid=None), replace(kind, valid=None)
            else:
                element, kind = replace(element, **here), replace(kind, **here)
        reason = port.kind.admit(kind)
        if reason:
            raise ContractError(f"cannot wire {value._at}{_unit(value._kind)} to {at}{_unit(port.kind)}: {reason}")
        if isinstance(element, Array) and isinstance(port.kind, Array):
            element = replace(element, dtype=port.kind.dtype)
        parts = tuple(
            self._wire(element, part, f"{at}[{i}]")
            if isinstance(part, Output)
            else Literal(element.literal(part, f"{at}[{i}]"))
            for i, part in enumerate(value._parts)
        )
        coord = () if value._coord is None else tuple(str(c) for c in value._coord)
        return Stacked(parts, value._dim, element, kind, coord)


def _unit(kind: Kind) -> str:
    return f" [{kind.unit}]" if kind.unit not in (None, "1", "") else f" ({kind})" if kind.unit is None else ""


def deliver(source: Source, port: Port, at: str, fetch: Any) -> Any:
    """Bring a value to its port: fetch what stages computed, convert, check the range.

    ``fetch(wire)`` gives the stored value of a wire in the unit it left with. Raises
    ValueRefused, naming stage, port and index.
    """
    if isinstance(source, Literal):
        return source.value
    if isinstance(source, Wire):
        return port.kind.deliver(fetch(source), source.kind, at, source.molar_mass)
    if isinstance(source, Stacked):
        parts = [
            part.value
            if isinstance(part, Literal)
            else source.element.deliver(fetch(part), part.kind, f"{at}[{i}]", part.molar_mass)
            for i, part in enumerate(source.parts)
        ]
        shapes = {np.shape(part) for part in parts}
        if len(shapes) > 1:
            from bridge.errors import ValueRefused

            raise ValueRefused(f"{at}: the stacked values have the shapes {sorted(shapes)}; they must be equal.")
        return port.kind.deliver(np.stack([np.asarray(part) for part in parts]), source.kind, at)
    what = f"axis {source.axis!r}, whose value" if isinstance(source, Varied) else f"task {source.task!r}, whose result"
    raise ContractError(f"{at} waits for {what} is not there.")
