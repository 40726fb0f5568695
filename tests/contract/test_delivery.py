"""What conversion, casting and stacking of values on their way may not hide."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
import pytest
from kinds_of_port import KINDS, Floats, copper, sink, source

from bridge import Q, Within
from bridge.chain.chain import Literal, Stacked, Wire, deliver
from bridge.errors import ContractError, ValueRefused
from bridge.models import Model, model_of


def arriving(annotation: Any, from_: Any, value: Any) -> Any:
    kind = model_of(source(from_)).outputs.ports[0].kind
    port = model_of(sink(annotation)).inputs["x"]
    return deliver(Wire("fine.source", ("x",), kind), port, "coarse.sink.x", lambda _: value)


@pytest.mark.parametrize(
    ("annotation", "from_", "value"),
    [
        (Annotated[float, "nm"], Annotated[float, "m"], 1e305),
        (Annotated[Floats, "nm", ("x",)], Annotated[Floats, "m", ("x",)], np.array([1.0, 1e305])),
        (Annotated[np.ndarray[Any, np.dtype[np.float32]], ("x",)], Annotated[Floats, ("x",)], np.array([1.0, 1e39])),
    ],
)
def test_an_overflow_on_the_way_in_is_refused(annotation: Any, from_: Any, value: Any) -> None:
    with pytest.raises(ValueRefused, match=r"coarse\.sink\.x"):
        arriving(annotation, from_, value)


@pytest.mark.parametrize(
    ("dtype", "given", "message"),
    [
        (np.int8, np.array([1, 300]), r"fine\.source\.x\[1\] left its model as 300, which no int8 holds"),
        (np.int64, np.array([2**63], np.uint64), r"fine\.source\.x\[0\] .* which no int64 holds"),
        (np.float32, np.array([1e300]), r"fine\.source\.x\[0\] left its model as 1e\+300, which no float32 holds"),
    ],
)
def test_a_narrower_dtype_never_wraps_around(dtype: Any, given: Any, message: str) -> None:
    annotation = Annotated[np.ndarray[Any, np.dtype[dtype]], ("x",)]
    with pytest.raises(ValueRefused, match=message):
        model_of(source(annotation, given)).call({})


def test_a_masked_element_does_not_pass_as_a_number() -> None:
    masked = np.ma.masked_array([1.0, 2.0], [False, True])
    with pytest.raises(ValueRefused, match=r"fine\.source\.x left its model as an array with masked elements"):
        model_of(source(Annotated[Floats, ("x",)], masked)).call({})


def test_momenta_of_atoms_are_checked_too() -> None:
    atoms = copper()
    atoms.set_momenta([[0, 0, 0], [0, math.nan, 0]])
    with pytest.raises(ValueRefused, match=r"fine\.source\.x\.momenta\[1, 1\] is not finite"):
        model_of(source(KINDS["Atoms"].annotation, atoms)).call({})


def stacked(element: Any, values: list[Any], fetch: Callable[[Any], Any]) -> Any:
    model: Model = model_of(sink(Annotated[Floats, "K", ("t",), Within(0, 10)]))
    kind = model_of(source(element)).outputs.ports[0].kind
    parts = tuple(Literal(v) if isinstance(v, float) else Wire(v, ("x",), kind) for v in values)
    array = model.inputs["x"].kind
    return deliver(Stacked(parts, "t", kind, array), model.inputs["x"], "coarse.sink.x", fetch)


def test_a_stacked_value_outside_the_range_is_named_by_its_index() -> None:
    element = Annotated[float, "K"]
    assert stacked(element, [1.0, "a"], lambda _: 2.0).tolist() == [1.0, 2.0]
    with pytest.raises(ValueRefused, match=r"coarse\.sink\.x\[1\] was handed 11 K; it is valid between 0 and 10 K"):
        stacked(element, [1.0, "a"], lambda _: 11.0)


def test_stacked_arrays_of_unequal_shape_are_refused() -> None:
    element = Annotated[Floats, "K", ("site",)]
    with pytest.raises(ValueRefused, match=r"coarse\.sink\.x: the stacked values have the shapes \[\(2,\), \(3,\)\]"):
        stacked(element, ["a", "b"], lambda wire: np.ones(2 if wire.stage == "a" else 3))


def test_a_zero_dimensional_array_is_a_number_and_minus_zero_is_zero() -> None:
    model = model_of(source(Annotated[float, "K"], np.array(-0.0)))
    assert math.copysign(1, model.call({})["x"]) == 1.0


def test_a_model_receives_the_class_it_declared_not_the_one_that_was_sent() -> None:
    held = model_of(sink(KINDS["record"].annotation)).inputs["x"].kind
    delivered = held.literal({"edge": "0.36 nm", "sites": Q(np.zeros((1, 3)), "nm"), "charges": Q([1.0], "e")}, "s.x")
    assert type(held.argument(delivered)) is KINDS["record"].annotation
    assert held.argument(delivered).edge == 3.6


@pytest.mark.parametrize("given", [[Q(1, "km"), Q(2, "m")], (Q(1, "km"), "2 m"), ["1 km", Q(200, "cm")]])
@pytest.mark.parametrize("dims", [("x",), ("x|1",)])
def test_a_list_of_quantities_is_an_array_each_in_its_own_unit(given: Any, dims: Any) -> None:
    kind = model_of(sink(Annotated[Floats, "m", dims])).inputs["x"].kind
    np.testing.assert_array_equal(kind.literal(given, "s.x"), [1000.0, 2.0])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([Q(1, "km"), 2.0], r"s\.x\[1\] is .* got 2\.0"),
        ([Q(1, "km"), Q(2, "K")], r"s\.x\[1\] is .*\[temperature\] is not \[length\]"),
        ([Q([1, 2], "km"), Q([2, 3], "m")], r"s\.x\[0\] is"),
        ([[Q(1, "km")], [Q(2, "m")]], r"rows of quantities: .* Write x=Q"),
        ([["1 km"], [Q(2, "m")]], r"s\.x is"),
        ([[1.0], [2.0, 3.0]], "rows have different lengths"),
    ],
)
def test_a_list_that_is_no_array_of_quantities_is_refused_in_words(given: Any, message: str) -> None:
    kind = model_of(sink(Annotated[Floats, "m", ("x",)])).inputs["x"].kind
    with pytest.raises(ContractError, match=message):
        kind.literal(given, "s.x")
