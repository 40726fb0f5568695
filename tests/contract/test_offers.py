"""Outputs of whole stages offered to another one, and arrays that may be one value for all."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge import Q, Scale, Within, check, model, stack, stage, via
from bridge.chain.chain import Literal, Wire, deliver
from bridge.errors import ContractError, DeclarationError, ValueRefused
from bridge.models import model_of
from bridge.ports import kind_of
from bridge.store.spec import kind_from, spec_of

BODY = Scale("body", length="1 m .. 2 m")
Array = NDArray[np.float64]
Each = Annotated[Array, "L/d", ("person|1",), Within(0, strict=True)]


@dataclass(frozen=True)
class People:
    clearance: Annotated[Array, "L/d", ("person",)]
    weight: Annotated[float, "kg"]


@dataclass(frozen=True)
class Blood:
    time: Annotated[Array, "d", ("time",)]
    concentration: Annotated[Array, "mg/L", ("person", "time")]


@dataclass(frozen=True)
class Tissue:
    time: Annotated[Array, "d", ("time",)]
    mean: Annotated[float, "nM"]


@model("test.people", scale=BODY)
def people(clearance: Annotated[Array, "L/d", ("person",)], weight: Annotated[float, "kg"] = 70.0) -> People:
    """Some people."""
    return People(clearance, weight)


THREE, ONE = np.array([3.0]), np.array([1.0])


@model("test.blood", scale=BODY)
def blood(clearance: Each, volume: Annotated[Array, "L", ("person|1",)] = THREE, *, weight: int = 3) -> Blood:
    """Their blood."""
    rate = clearance / volume
    return Blood(np.array([0.0, 1.0]), np.stack([np.ones_like(rate), np.exp(-rate)], axis=1))


@model("test.tissue", scale=BODY)
def tissue(
    time: Annotated[Array, "d", ("time",)],
    concentration: Annotated[Array, "nM", ("person", "time")],
    clearance: Each = ONE,
) -> Tissue:
    """What it does."""
    return Tissue(time, float(concentration.mean()))


def wires(flow: Any, of: str, **given: Any) -> dict[str, Any]:
    return dict(check(flow, **given).stages[of].sources)


def test_what_inputs_are_named_like_is_wired() -> None:
    def flow() -> None:
        some = stage(people).submit(clearance="1 L/d, 2 L/d")
        seen = stage(blood).submit(some, volume="4 L")
        stage(tissue).submit(some, via(seen, molar_mass="148 kDa"))

    found = wires(flow, "test.blood")
    assert isinstance(found["clearance"], Wire)
    assert isinstance(found["weight"], Literal)  # a setting is not wired
    assert isinstance(found["volume"], Literal)
    found = wires(flow, "test.tissue")
    assert {name: source.stage for name, source in found.items()} == {
        "time": "test.blood",
        "concentration": "test.blood",
        "clearance": "test.people",
    }
    port = model_of(tissue).inputs["concentration"]
    given = deliver(found["concentration"], port, "test.tissue.concentration", lambda _: np.array([[1.0]]))
    assert given == pytest.approx(float(Fraction(1000, 148)), rel=2e-9)  # Da in pint: to 1e-9 of g/mol


def test_an_input_that_is_given_is_not_taken_from_an_offer() -> None:
    def flow() -> None:
        stage(blood).submit(stage(people).submit(clearance="1 L/d, 2 L/d"), clearance="3 L/d")

    assert wires(flow, "test.blood")["clearance"] == Literal(np.array([3.0]))


@pytest.mark.parametrize(
    ("offers", "message"),
    [
        (
            lambda some, seen: (some, some),
            r"test\.tissue\.clearance is offered twice, by test\.people\.clearance and by test\.people\.clearance\. "
            r"Write which: clearance=…",
        ),
        (
            lambda some, seen: (seen.time,),
            r"test\.tissue was offered .*outputs of whole stages are handed over\. Write the input's name",
        ),
        (lambda some, seen: ("1 d",), r"test\.tissue was offered '1 d' \(str\): without a name"),
        (
            lambda some, seen: (stage(tissue).submit(some, via(seen, molar_mass="148 kDa")).mean,),
            r"was offered",
        ),
    ],
)
def test_offers_that_say_nothing_or_too_much_are_refused(offers: Any, message: str) -> None:
    def flow() -> None:
        some = stage(people).submit(clearance="1 L/d, 2 L/d")
        stage(tissue).submit(*offers(some, stage(blood).submit(some)))

    with pytest.raises(ContractError, match=message):
        check(flow)


def test_an_offer_of_which_nothing_is_taken_is_refused() -> None:
    def flow() -> None:
        some = stage(people).submit(clearance="1 L/d")
        stage(people).submit(stage(tissue).submit(some, via(stage(blood).submit(some), molar_mass="1 kDa")))

    with pytest.raises(
        ContractError, match=r"test\.people takes nothing of what it was offered, time, mean: its inputs are"
    ):
        check(flow)


def test_an_offer_of_another_unit_is_refused_as_a_wire_is() -> None:
    def flow() -> None:
        some = stage(people).submit(clearance="1 L/d")
        stage(tissue).submit(stage(blood).submit(some))

    with pytest.raises(ContractError, match=r"\[density\] is not \[concentration\].*via\(VALUE"):
        check(flow)


# One for all


@pytest.mark.parametrize("given", ["0.2 L/d", Q(0.2, "L/d"), ["0.2 L/d"], Q([0.2], "L/d"), "200 mL/d"])
def test_one_value_stands_for_all(given: Any) -> None:
    def flow() -> None:
        stage(blood).submit(clearance=given)

    assert wires(flow, "test.blood")["clearance"] == Literal(np.array([0.2]))


def test_a_number_is_wired_to_one_for_all() -> None:
    kind = kind_of(Annotated[Array, "g", ("person|1",), Within(1)], "x")
    source = kind_of(Annotated[float, "kg", Within(0, 1)], "y")
    assert kind.admit(source) is None
    np.testing.assert_array_equal(kind.deliver(0.5, source, "x"), [500.0])
    with pytest.raises(ValueRefused, match=r"x was handed 0\.5 g; it is valid at least 1 g"):
        kind.deliver(0.0005, source, "x")
    assert "is not" in str(kind.admit(kind_of(Annotated[float, "K"], "z")))
    alone = kind_of(Annotated[Array, "g", ("person",)], "x")
    assert alone.admit(source) == "float [kg] is not float64 array [g] (person)."


@pytest.mark.parametrize(
    ("given", "message"), [(0.2, "bare number 0.2"), ("0.2 K", "is not"), ("-1 L/d", "valid above")]
)
def test_one_for_all_is_checked_like_a_number(given: Any, message: str) -> None:
    def flow() -> None:
        stage(blood).submit(clearance=given)

    with pytest.raises(ContractError, match=message):
        check(flow)


def test_sizes_agree_but_for_one_for_all() -> None:
    call = model_of(blood).call
    three = np.array([1.0, 2.0, 3.0])
    settings = {"weight": 3}
    assert call({"clearance": three, "volume": np.array([3.0])} | settings)["concentration"].shape == (3, 2)
    with pytest.raises(ValueRefused, match=r"dimension 'person' has 3 elements in .*clearance, but 2 in .*volume"):
        call({"clearance": three, "volume": np.array([3.0, 4.0])} | settings)


def test_stacked_numbers_are_one_for_each() -> None:
    def flow() -> None:
        some = [stage(people).submit(clearance="1 L/d", weight=f"{w} kg").weight for w in (60, 70)]
        stage(mass).submit(weight=stack(some, dim="person"))

    @model("test.mass", scale=BODY)
    def mass(weight: Annotated[Array, "kg", ("person|1",)]) -> People:
        """Weights."""
        return People(weight, 1.0)

    check(flow)


def test_one_for_all_is_told_and_kept() -> None:
    kind = kind_of(Each, "x")
    assert str(kind) == "float64 array [L/d] (person|1)"
    assert kind_from(spec_of(kind)) == kind


@dataclass(frozen=True)
class Out:
    clearance: Each


def test_an_output_has_the_size_it_has() -> None:
    def f() -> Out:
        """Nothing."""
        raise NotImplementedError

    with pytest.raises(DeclarationError, match=r"'person\|1' is for inputs; an output is given for each: 'person'"):
        model_of(model("test.out", scale=BODY)(f))
    with pytest.raises(DeclarationError, match="one for all is for floats"):
        kind_of(Annotated[NDArray[np.int64], ("person|1",)], "x")
    with pytest.raises(DeclarationError, match="is not a dimension here"):
        kind_of(Annotated[Array, ("xyz=3|1",)], "x")
