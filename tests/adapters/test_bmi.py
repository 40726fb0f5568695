"""Steppers with the Basic Model Interface: their variables are ports, in the units that they state themselves."""

from __future__ import annotations

import json
from typing import Annotated, Any

import numpy as np
import pytest
from heat_bmi import ENDED, HeatRod

from bridge import File, wrap_stepper
from bridge.adapters.bmi import unit_as_written
from bridge.errors import DeclarationError, ValueRefused
from bridge.models import model_of
from bridge.testing import check_model
from bridge.units import compatible

CONFIG = {"config": Annotated[File, "application/json"]}
NAMES = {"temperature": "rod__temperature", "conductance": "rod__conductance", "mean": "rod__mean", "odd": "rod__odd"}
ROD = wrap_stepper(
    HeatRod,
    inputs={**CONFIG, "conductance": "mW/cm^2/K"},
    state={"temperature": ("K", ("place",))},
    outputs={"mean": "degF"},
    variables={name: NAMES[name] for name in ("temperature", "conductance", "mean")},
    name="rod.heat",
)


def config(**settings: Any) -> File:
    return File(json.dumps({"cells": 6, **settings}).encode(), "application/json")


def by_hand(steps: int, conductance: float = 0.3) -> Any:
    rod = HeatRod()
    rod.settings, rod.time = {}, 0.0
    rod.values = {name: np.zeros(1) for name in rod.units}
    rod.values |= {"rod__temperature": np.linspace(0, 100, 6), "rod__conductance": np.array([conductance])}
    for _ in range(steps):
        rod.update()
    return rod.values


def test_variables_come_and_go_in_the_units_that_were_written() -> None:
    got = check_model(ROD, config=config(), conductance="0.3 W/m^2/K", duration="2 min")
    expected = by_hand(4)
    assert got["temperature"] == pytest.approx(expected["rod__temperature"] + 273.15, rel=1e-12)
    assert got["mean"] == pytest.approx(expected["rod__mean"][0] * 9 / 5 + 32, rel=1e-12)


def test_it_goes_on_from_what_it_left() -> None:
    named = {"temperature": "rod__temperature"}
    same = wrap_stepper(HeatRod, CONFIG, {"temperature": ("degC", ("place",))}, variables=named, name="same")
    half = model_of(same).call({"config": config(), "duration": 60.0})
    on = model_of(same.resumed).call({"config": config(), "duration": 90.0, **half})
    at_once = model_of(same).call({"config": config(), "duration": 150.0})
    assert on["temperature"].tobytes() == at_once["temperature"].tobytes()


def test_its_own_time_step_counts_the_steps() -> None:
    with pytest.raises(ValueRefused, match=r"rod\.heat\.duration is 45 s, which is 1\.5 steps of 30 s"):
        model_of(ROD).call({"config": config(), "conductance": 1.0, "duration": 45.0})


def test_it_is_finalised_whatever_happens() -> None:
    before = len(ENDED)
    with pytest.raises(RuntimeError, match="the rod melted"):
        model_of(ROD).call({"config": config(fails=True), "conductance": 1.0, "duration": 60.0})
    assert ENDED[before:] == ["finalize"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"outputs": {"mean": "Pa"}}, r"mean is in Pa, and the stepper says that 'rod__mean' is in degC: .* is not"),
        ({"outputs": {"odd": "m"}}, r"says that 'rod__odd' is in 'furlongs\?', which is no unit"),
        ({"outputs": {"rod__meen": "K"}}, r"no variable 'rod__meen'\. Did you mean 'rod__mean'"),
        ({"outputs": {"temperature": "K"}}, r"'rod__temperature' has 6 values\. Write \('K', \('x',\)\)"),
    ],
)
def test_what_the_stepper_itself_says_otherwise_is_refused_before_it_steps(written: dict[str, Any], said: str) -> None:
    ports = {**NAMES} if "rod__meen" not in written["outputs"] else {}
    known = {port: variable for port, variable in ports.items() if port in written["outputs"]}
    made = wrap_stepper(HeatRod, CONFIG, **written, variables=known, name="wrong")
    with pytest.raises(ValueRefused, match=said):
        model_of(made).call({"config": config(fails="rod__temperature" not in said), "duration": 0.0})


def test_a_state_of_another_size_is_refused() -> None:
    given = {"config": config(), "conductance": 1.0, "duration": 30.0, "temperature": np.full(5, 300.0)}
    with pytest.raises(ValueRefused, match=r"temperature has 5 values, and 'rod__temperature' has 6"):
        model_of(ROD.resumed).call(given)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"outputs": {"mean": str}}, r"mean is str: a variable has a unit"),
        ({"inputs": {"config": str}, "outputs": {"mean": "K"}}, "config is the file to begin with"),
        ({"outputs": {"mean": "K"}, "variables": {"maen": "rod__mean"}}, "Did you mean 'mean'"),
        ({"outputs": {"mean": "K"}, "time_step": "m"}, "is no time"),
    ],
)
def test_what_no_variable_can_be_is_refused_where_it_is_declared(written: dict[str, Any], said: str) -> None:
    with pytest.raises(DeclarationError, match=said):
        wrap_stepper(HeatRod, **written, name="wrong")


@pytest.mark.parametrize(
    ("udunits", "unit"),
    [("W m-2 K-1", "W/m^2/K"), ("m s-1", "m/s"), ("m3 s-1", "m^3/s"), ("kg m^-3", "kg/m^3"), ("1", "1"), ("-", "1"),
     ("m2", "m^2"), ("K", "K"), ("mm h-1", "mm/h"), ("m/s", "m/s")],
)  # fmt: skip
def test_units_as_udunits_spells_them_are_read(udunits: str, unit: str) -> None:
    assert compatible(unit_as_written(udunits), unit)
