"""What coarse and fine models write into their arrays is theirs alone; failures are told state by state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Protocol

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge import Scale, closure, model
from bridge.errors import ContractError, FineCallFailed
from bridge.testing import check_model

HERE = Scale("here", length="1 um .. 1 mm")
Line = Annotated[NDArray[np.float64], "K", ("x",)]


class Step(Protocol):
    def __call__(self, line: Line) -> Line: ...


class Named(Protocol):
    def __call__(self, source: Annotated[float, "K"], answer: Annotated[float, "K"]) -> Annotated[float, "K"]: ...


@dataclass(frozen=True)
class Stepped:
    line: Line


@dataclass(frozen=True)
class One:
    value: Annotated[float, "K"]


_buffer = np.zeros(2)


@model("apart.buffer", scale=HERE)
def buffer(line: Line) -> Stepped:
    """Twice the line, always in the same array; it also spoils what it was given."""
    _buffer[:] = 2 * line
    line += 100
    return Stepped(_buffer)


@model("apart.coarse", scale=HERE)
def coarse(step: Step) -> Stepped:
    """Asks, and writes into what it asked with and into what it was answered."""
    line, found = np.array([1.0, 2.0]), []
    for _ in range(3):
        answer = step(line=line)
        found.append(answer.copy())
        answer *= 10
        line += 1
    found += list(step.map({"line": np.array([[1.0, 2.0], [5.0, 6.0]])}))  # type: ignore[attr-defined]
    return Stepped(np.concatenate(found))


@model("apart.lift", scale=HERE)
def lift(line: Line, weights: Line) -> Stepped:
    """Weighs, and spoils both."""
    line *= weights
    weights += 1
    return Stepped(line)


@model("apart.named", scale=HERE)
def named(step: Named) -> One:
    """Asks with names that the ledger has for itself."""
    return One(step(source=3.0, answer=4.0))


@model("apart.sum", scale=HERE)
def total(source: Annotated[float, "K"], answer: Annotated[float, "K"]) -> One:
    """The sum."""
    return One(source + answer)


RIGHT = [2.0, 4.0, 4.0, 6.0, 6.0, 8.0, 2.0, 4.0, 10.0, 12.0]


@pytest.mark.parametrize("where", ["process", "threads"])
def test_what_either_model_writes_into_its_arrays_is_its_own(stages: Any, where: str) -> None:
    made = stages.run(coarse, step=closure(buffer, where=where))
    assert made.value(("line",)).tolist() == RIGHT
    calls = stages.store.open(made.about["inputs"]["step"]["calls"])
    assert calls.value(("line",)).tolist() == [[1.0, 2.0], [2.0, 3.0], [3.0, 4.0], [1.0, 2.0], [5.0, 6.0]]
    assert calls.value(("answer",)).ravel().tolist() == RIGHT
    assert check_model(coarse, step=closure(buffer))["line"].tolist() == RIGHT


def test_a_lift_receives_values_of_its_own(stages: Any) -> None:
    from bridge import Q

    made = stages.run(coarse, step=closure(buffer, lift=lift, weights=Q(np.array([1.0, 1.0]), "K")))
    assert made.value(("line",)).tolist() == RIGHT


def test_names_of_the_ledger_may_be_asked_with(stages: Any) -> None:
    made = stages.run(named, step=closure(total))
    calls = stages.store.open(made.about["inputs"]["step"]["calls"])
    assert [calls.value((name,)).tolist() for name in ("asked_source", "asked_answer", "answer", "source")] == [
        [3.0], [4.0], [7.0], [0],
    ]  # fmt: skip


def test_one_name_with_two_meanings_is_refused() -> None:
    @model("apart.other", scale=HERE)
    def other(line: Line, weights: Annotated[float, "m"]) -> Stepped:
        """Weights that are a length."""
        return Stepped(line)

    with pytest.raises(ContractError, match=r"apart.lift.weights: .* and apart.other.weights: .* are different inputs"):
        check_model(coarse, step=closure(other, lift=lift))


class Ask(Protocol):
    def __call__(self, x: Annotated[float, "m"]) -> Annotated[float, "K"]: ...


@dataclass(frozen=True)
class Many:
    values: Annotated[NDArray[np.float64], "K", ("x",)]


@model("apart.fails", scale=HERE)
def fails(x: Annotated[float, "m"]) -> One:
    """Fails at nought."""
    if x == 0:
        raise ArithmeticError("nought")
    return One(x)


@model("apart.asks", scale=HERE)
def asks(ask: Ask, *, count: int = 4) -> Many:
    """Asks at whole numbers from nought."""
    return Many(np.asarray(ask.map({"x": np.arange(float(count))})))  # type: ignore[attr-defined]


def test_the_nearest_answer_is_looked_for_among_all_of_a_batch(stages: Any) -> None:
    made = stages.run(asks, ask=closure(fails, on_failure="nearest"))
    assert made.value(("values",)).tolist() == [1.0, 1.0, 2.0, 3.0]


def test_no_state_is_no_call(stages: Any) -> None:
    made = stages.run(asks, ask=closure(fails), count=0)
    assert made.value(("values",)).shape == (0,)
    assert made.about["closures"]["ask"]["calls"] == 0


@dataclass(frozen=True)
class X:
    x: Annotated[float, "m"]


def test_a_lift_that_fails_is_a_call_that_fails(stages: Any) -> None:
    @model("apart.broken", scale=HERE)
    def broken(x: Annotated[float, "m"]) -> X:
        """Breaks beyond 2 m."""
        if x > 2:
            raise ValueError("too far")
        return X(x + 1)

    with pytest.raises(FineCallFailed, match=r"apart.asks.ask: apart.fails failed for x=3: .*too far"):
        stages.run(asks, ask=closure(fails, lift=broken))
    made = stages.run(asks, ask=closure(fails, lift=broken, on_failure="nearest"))
    assert made.value(("values",)).tolist() == [1.0, 2.0, 3.0, 3.0]
