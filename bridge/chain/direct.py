"""Answering a closure in place: lift, fine model, restrict, one state after another; nothing is kept."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.errors import BridgeError, ContractError, StageFailed
from bridge.kinds.base import Kind, own
from bridge.kinds.closure import Closure, fields
from bridge.kinds.measured import Array, Number
from bridge.kinds.record import Record
from bridge.models import Model

if TYPE_CHECKING:
    from bridge.chain.closed import Closed


class Direct:
    """A closure as a model asks it: ``flux(gradient=…)`` for one state, ``flux.map({"gradient": […]})`` for many."""

    def __init__(self, closed: Closed, fixed: Mapping[str, Any], at: str) -> None:
        self.closed, self.fixed, self.at = closed, fixed, at

    def __call__(self, *given: Any, **state: Any) -> Any:
        """The answer to one state, in the units of the Protocol."""
        kind = self.closed.kind
        (answer,) = self.answers([kind.state(kind.named(given, state, self.at), self.at)])
        return kind.argument_of(answer)

    def map(self, states: Mapping[str, Any] | None = None, /, **columns: Any) -> Any:
        """Answers to n states, given as arrays whose first size is n: one array, or a record of arrays.

        A single number among the arrays is the same for all states.
        """
        kind = self.closed.kind
        given = columns if states is None else {**states, **columns} if isinstance(states, Mapping) else states
        return gathered(kind, self.answers(rows(kind, given, self.at)))

    def answers(self, states: list[dict[str, Any]]) -> list[Any]:
        """Answers to checked states."""
        return [self._answer(state) for state in states]

    def _answer(self, state: Mapping[str, Any]) -> Any:
        entering = entered(self.closed, state, self.fixed, self.at)
        outputs = self.closed.model.call(
            {n: own(v) for n, v in entering.items()}, f"{self.at} ({self.closed.model.name})"
        )
        return own(left(self.closed, outputs, self.fixed, self.at))


def rows(kind: Closure, states: Mapping[str, Any], at: str) -> list[dict[str, Any]]:
    """Arrays of states as a list of checked states. Raises ContractError where they differ in length."""
    if not isinstance(states, Mapping):
        raise ContractError(f"{at}.map takes arrays by name, got {type(states).__name__}: {{'x': [1.0, 2.0], …}}.")
    columns: dict[str, Any] = {
        name: column if isinstance(column, list) else np.asarray(column) for name, column in states.items()
    }
    sizes = {name: len(column) for name, column in columns.items() if isinstance(column, list) or np.ndim(column)}
    if len(set(sizes.values())) != 1:
        raise ContractError(
            f"{at}.map: {sizes or 'no array'} of states were given; every array has one element a state."
        )
    count = next(iter(sizes.values()))
    return [
        kind.state({name: column[i] if name in sizes else column[()] for name, column in columns.items()}, at)
        for i in range(count)
    ]


def gathered(kind: Closure, answers: list[Any]) -> Any:
    """Answers to many states as one array, or as the record of arrays."""
    if not isinstance(kind.answer, Record):
        return _column(kind.answer, answers)
    columns = {part.name: _column(part.kind, [answer[part.name] for answer in answers]) for part in kind.answer.ports}
    return kind.answer.holder(**columns) if kind.answer.holder else columns


def _column(kind: Kind, answers: list[Any]) -> np.ndarray:
    """Answers of one kind, the first size being their number, also where that is none."""
    if answers or not isinstance(kind, (Number, Array)):
        return np.asarray(answers)
    sizes = dict(kind.sizes) if isinstance(kind, Array) else {}
    return np.zeros((0, *(sizes.get(dim, 0) for dim in kind.dims)), getattr(kind, "dtype", "float64"))


def entered(closed: Closed, state: Mapping[str, Any], fixed: Mapping[str, Any], at: str) -> dict[str, Any]:
    """The inputs of the fine model for one state: delivered as they are, or lifted."""
    asked = {
        port.name: closed.first.inputs[port.name].kind.deliver(state[port.name], port.kind, f"{at}.{port.name}")
        for port in closed.kind.asked
    }
    if closed.lift is None:
        return asked | {name: fixed[name] for name in closed.model.inputs if name not in asked}
    given = {name: own(value) for name, value in asked.items()}
    given |= {name: own(fixed[name]) for name in closed.lift.inputs if name not in asked}
    lifted = _called(closed.lift, given, at)
    entering = {
        port.name: closed.model.inputs[port.name].kind.deliver(own(lifted[port.name]), port.kind, f"{at}.{port.name}")
        for port in closed.lift.outputs.ports
    }
    return entering | {name: fixed[name] for name in closed.model.inputs if name not in entering}


def _called(model: Model, given: Mapping[str, Any], at: str) -> dict[str, Any]:
    """Call a model between the scales. Raises StageFailed for an error of its own."""
    try:
        return model.call(given, f"{at} ({model.name})")
    except BridgeError:
        raise
    except Exception as reason:
        raise StageFailed(f"{model.name}: {type(reason).__name__}: {reason}", traceback.format_exc()) from None


def left(closed: Closed, outputs: Mapping[str, Any], fixed: Mapping[str, Any], at: str) -> Any:
    """The answer made from the outputs of the fine model: restricted, in the units of the Protocol."""
    if closed.restrict is not None:
        model = closed.restrict
        taken = {port.name: port for port in closed.model.outputs.ports if port.name in model.inputs}
        given = {
            name: model.inputs[name].kind.deliver(own(outputs[name]), port.kind, f"{at}.{name}")
            for name, port in taken.items()
        }
        given |= {name: own(fixed[name]) for name in model.inputs if name not in given}
        outputs = _called(model, given, at)
    there = {port.name: port.kind for port in closed.last.outputs.ports}
    parts = {
        part.name: part.kind.deliver(outputs[closed.answers[part.name]], there[closed.answers[part.name]], at)
        for part in fields(closed.kind.answer)
    }
    return parts if isinstance(closed.kind.answer, Record) else parts[""]
