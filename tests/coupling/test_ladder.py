"""Ladders of scales, in process and as stages of a flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pytest

from bridge import Q, Scale, ladder, model, stage
from bridge.chain.chain import Chain, Literal, Wire
from bridge.chain.trace import trace_into
from bridge.coupling.fixed import fixed_point
from bridge.coupling.stepper import coarse_stepper
from bridge.errors import ContractError, MissingInput
from bridge.scales.blocks import block_mean, haar


@dataclass(frozen=True)
class Fit:
    velocity: Annotated[float, "m/s"]
    depth: Annotated[float, "m"]


@model("ladder.fit", scale=Scale("seismic", length="10 m .. 10 km"))
def fit(
    velocity: Annotated[float, "m/s"],
    frequency: Annotated[float, "Hz"],
    depth: Annotated[float, "m"] = 1.0,
    *,
    largest_step: Annotated[float, "s"] = 1.0,
) -> Fit:
    """Half of the velocity, and one metre deeper."""
    return Fit(velocity / 2, depth + 1)


RUNGS = [{"frequency": "2 Hz"}, {"frequency": "5 Hz"}, {"frequency": "10 Hz"}]
QUARTER = {"largest_step": lambda rung: 0.25 / rung["frequency"]}


def traced(*args: Any, **more: Any) -> tuple[Chain, list[Any]]:
    with trace_into(Chain()) as chain:
        return chain, ladder.down(*args, **more)


def test_in_a_flow_every_rung_is_a_stage_that_takes_the_state_of_the_one_before() -> None:
    chain, states = traced({"velocity": "2 km/s"}, RUNGS, stage(fit), carry="velocity", step_cap=QUARTER)
    names = ["ladder.fit at 2 Hz", "ladder.fit at 5 Hz", "ladder.fit at 10 Hz"]
    assert list(chain.stages) == names
    first, second, third = (chain.stages[name].sources for name in names)
    assert first["velocity"] == Literal(2000.0)
    for sources, before in ((second, names[0]), (third, names[1])):
        wire = sources["velocity"]
        assert isinstance(wire, Wire)
        assert (wire.stage, wire.path) == (before, ("velocity",))
    assert "ladder.fit at 10 Hz.velocity" in str(states[-1].velocity)


def test_the_cap_on_the_steps_follows_from_the_rung() -> None:
    chain, _ = traced({"velocity": "2 km/s"}, RUNGS, stage(fit), carry="velocity", step_cap=QUARTER)
    caps = [s.sources["largest_step"] for s in chain.stages.values()]
    assert caps == [Literal(0.125), Literal(0.05), Literal(0.025)]


def test_a_longer_ladder_has_the_stages_of_the_shorter_one() -> None:
    """Stages of equal inputs have equal plan keys: the store finds the rungs it has."""
    from bridge.store.keys import plan_key

    def keys(count: int) -> list[Any]:
        chain, _ = traced({"velocity": "2 km/s"}, RUNGS[:count], stage(fit), carry="velocity", step_cap=QUARTER)
        known: dict[str, Any] = {}
        for name, added in chain.stages.items():
            known[name] = plan_key(added, known)
        return list(known.values())

    assert keys(3)[:2] == keys(2)


def test_options_and_a_name_of_the_stage_are_kept_on_every_rung() -> None:
    chain, _ = traced({"velocity": "2 km/s"}, RUNGS[:2], stage(fit, name="alone", retries=2), carry="velocity")
    assert list(chain.stages) == ["alone at 2 Hz", "alone at 5 Hz"]
    assert all(s.options["retries"] == 2 for s in chain.stages.values())


def test_a_rung_whose_values_do_not_fit_a_name_is_named_by_its_number() -> None:
    chain, _ = traced(
        {"velocity": "2 km/s"}, [{"frequency": "2 1/s"}, {"frequency": "5 1/s"}], stage(fit), carry="velocity"
    )
    assert list(chain.stages) == ["ladder.fit rung 1", "ladder.fit rung 2"]


def test_several_outputs_are_carried_and_names_may_differ() -> None:
    states = ladder.down(
        {"speed": 8.0, "level": 0.0},
        [{"frequency": 1.0}, {"frequency": 2.0}],
        lambda speed, level, frequency: fit(speed, frequency, level),
        carry={"speed": "velocity", "level": "depth"},
    )
    assert states == [Fit(4.0, 1.0), Fit(2.0, 2.0)]


def test_in_process_quantities_stay_quantities_for_the_cap() -> None:
    seen = []

    def solve(guess: float, frequency: Any, largest_step: Any) -> float:
        seen.append(largest_step)
        return guess + 1

    states = ladder.down({"guess": 0.0}, RUNGS, solve, carry="guess", step_cap=QUARTER)
    assert states == [1.0, 2.0, 3.0]
    assert [float(cap.to("s").magnitude) for cap in seen] == [0.125, 0.05, 0.025]


def test_continuation_in_any_parameter_is_the_same_verb() -> None:
    """The logistic map's fixed point, carried from a growth of 2 to 3.8 where it is far from stable."""

    def solve(guess: Any, growth: float) -> Any:
        return fixed_point(coarse_stepper(None, lambda x, _: growth * x * (1 - x), time=1.0), guess)

    growths = np.linspace(2.0, 3.8, 7)
    points = ladder.down({"guess": [0.5]}, [{"growth": g} for g in growths], solve, carry={"guess": "state"})
    assert [p.state[0] for p in points] == pytest.approx(1 - 1 / growths, abs=1e-7)
    assert [p.stable for p in points] == [bool(g < 3) for g in growths]


def test_up_restricts_rung_by_rung() -> None:
    field = np.arange(16.0)
    states = ladder.up(field, [block_mean(2), block_mean(2), haar(1)])
    assert [state.shape for state in states] == [(8,), (4,), (2,)]
    assert states[1] == pytest.approx(field.reshape(4, 4).mean(axis=1))


def test_up_keeps_units() -> None:
    (state,) = ladder.up(Q(np.arange(4.0), "K"), [block_mean(2)])
    assert str(state.units) == "kelvin"


def test_up_in_a_flow_is_a_stage_a_rung_as_well() -> None:
    with trace_into(Chain()) as chain:
        ladder.up({"velocity": "1 m/s", "frequency": "1 Hz"}, [{}, {}], stage(fit), carry="velocity")
    assert list(chain.stages) == ["ladder.fit rung 1", "ladder.fit rung 2"]


def test_what_a_rung_raises_says_which_rung_it_was() -> None:
    def solve(guess: float, frequency: str) -> float:
        if frequency == "5 Hz":
            raise ArithmeticError("lost")
        return guess

    with pytest.raises(ArithmeticError, match="lost") as caught:
        ladder.down({"guess": 1.0}, RUNGS, solve, carry="guess")
    assert caught.value.__notes__ == ["at rung 2 of 3 of the ladder: 5 Hz"]


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"solve": "waves.invert"}, ContractError, r"a stage or a function .* Write stage\('waves.invert'\)"),
        ({"problem": "2 km/s"}, ContractError, r"given as inputs by name, got '2 km/s'"),
        ({"rungs": []}, ContractError, r"a list of rungs, one at least, got \[\]"),
        ({"rungs": {"frequency": "2 Hz"}}, ContractError, r"a list of rungs"),
        ({"rungs": ["2 Hz"]}, ContractError, r"rung 1 is '2 Hz'. Write the inputs of the rung by name"),
        ({"carry": ()}, ContractError, r"carries nothing from rung to rung"),
        ({"problem": {}}, MissingInput, r"nothing to begin with for 'velocity'"),
        ({"rungs": [{"velocity": "1 m/s"}]}, ContractError, r"rung 1 gives 'velocity', which is carried"),
        ({"step_cap": {"largest_step": "T/4"}}, ContractError, r"cap on 'largest_step' is 'T/4', and is to follow"),
        ({"solve": lambda velocity, frequency: {}}, ContractError, r"state of rung 1 is of type dict and has no 'velo"),
    ],
)
def test_a_ladder_that_cannot_be_meant_is_refused(given: dict[str, Any], error: Any, message: str) -> None:
    usual: dict[str, Any] = {"problem": {"velocity": 1.0}, "rungs": RUNGS, "solve": fit, "carry": "velocity"}
    usual.update(given)
    with pytest.raises(error, match=message):
        ladder.down(usual.pop("problem"), usual.pop("rungs"), usual.pop("solve"), **usual)


def test_rungs_that_cannot_restrict_are_refused() -> None:
    with pytest.raises(ContractError, match=r"rung 1 is 2, which cannot restrict. Write transfers"):
        ladder.up(np.zeros(4), [2])


def test_an_output_the_stage_does_not_have_is_refused_while_the_flow_is_traced() -> None:
    with pytest.raises(ContractError, match="speed"):
        traced({"velocity": "2 km/s"}, RUNGS, stage(fit), carry={"velocity": "speed"})
