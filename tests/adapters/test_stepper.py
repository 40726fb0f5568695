"""Steppers as models: n steps and m from there are n + m, durations are whole steps, and the end is called."""

from __future__ import annotations

import functools
from typing import Annotated, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import File, check, coarse_stepper, stage, wrap_stepper
from bridge.adapters.clock import times, whole
from bridge.errors import ContractError, DeclarationError, ValueRefused
from bridge.models import model_of
from bridge.testing import check_model

ENDED: list[str] = []
FIELD = ("K", ("place",))


class Rod:
    """Heat in a rod that is warmed as it goes."""

    def __init__(self, length, diffusivity=1e-4, *, cells=9):
        self.spacing, self.diffusivity, self.clock = length / cells, diffusivity, 0.0
        self.temperature = np.linspace(300.0, 400.0, cells)
        self.steps_done = 0

    def step(self, dt):
        t = self.temperature
        t[1:-1] += self.diffusivity * dt / self.spacing**2 * (t[2:] - 2 * t[1:-1] + t[:-2])
        t += np.sin(self.clock)
        self.clock += dt
        self.steps_done += 1

    def mean(self):
        return self.temperature.mean()

    def explode(self):
        raise RuntimeError("it exploded")

    def close(self):
        ENDED.append("closed")


class Chaos:
    """The logistic map, with the methods of a stepper by other names."""

    def initialise(self, x, growth=3.9):
        self._x, self.growth = x, growth

    def advance(self):
        self._x = self.growth * self._x * (1 - self._x)

    def dump(self):
        return {"x": self._x}

    def load(self, x):
        self._x = x

    def finalise(self):
        ENDED.append("finalised")


ROD = wrap_stepper(
    Rod,
    inputs={"length": "m", "diffusivity": "m^2/s"},
    state={"temperature": FIELD, "clock": "s"},
    outputs={"mean": "K", "steps_done": int},
    settings={"cells": int},
    time_step="0.1 s",
    finalise="close",
    name="rod.heating",
)
SEEN = wrap_stepper(
    Rod,
    inputs={"length": "m"},
    state={"clock": "s"},
    series={"mean": "K", "temperature": FIELD},
    time_step="0.1 s",
    name="rod.seen",
)
CHAOS = wrap_stepper(
    Chaos,
    inputs={"x": "1", "growth": "1"},
    state={"x": "1"},
    step="advance",
    read="dump",
    write="load",
    name="chaos",
)


def run(model: Any, **given: Any) -> dict[str, Any]:
    return model_of(model).call(given)


@settings(max_examples=40)
@given(st.integers(0, 30), st.integers(0, 30))
def test_steps_and_more_from_there_are_all_of_them_at_once_bit_for_bit(first: int, more: int) -> None:
    half = run(ROD, length=1.0, duration=first * 0.1)
    state = {"temperature": half["temperature"], "clock": half["clock"]}
    on = run(ROD.resumed, length=1.0, duration=more * 0.1, **state)
    whole_way = run(ROD, length=1.0, duration=(first + more) * 0.1)
    assert on["temperature"].tobytes() == whole_way["temperature"].tobytes()
    assert (on["clock"], on["mean"]) == (whole_way["clock"], whole_way["mean"])
    assert whole_way["steps_done"] == first + more


@given(st.integers(0, 50), st.integers(0, 50))
def test_a_state_that_methods_read_and_write_goes_on_as_well(first: int, more: int) -> None:
    half = run(CHAOS, x=0.3, steps=first)["x"]
    assert run(CHAOS.resumed, x=half, steps=more) == run(CHAOS, x=0.3, steps=first + more)


def test_state_that_was_not_declared_is_lost_and_the_law_shows_it() -> None:
    """Without its clock the rod begins to be warmed from the start."""
    forgets = wrap_stepper(Rod, {"length": "m"}, {"temperature": FIELD}, time_step="0.1 s", name="forgets")
    half = run(forgets, length=1.0, duration=1.0)["temperature"]
    on = run(forgets.resumed, length=1.0, duration=1.0, temperature=half)["temperature"]
    assert not np.array_equal(on, run(forgets, length=1.0, duration=2.0)["temperature"])


def test_a_stepper_keeps_what_a_model_promises() -> None:
    given = {"length": "1 m", "duration": "1 s"}
    first = check_model(ROD, **given)
    state = {"temperature": first["temperature"], "clock": f"{first['clock']} s"}
    check_model(ROD.resumed, **given, temperature=[f"{t} K" for t in first["temperature"]], clock=state["clock"])


def test_what_a_stepper_leaves_is_wired_on_by_name() -> None:
    def flow(unit: str) -> Any:
        first = stage(ROD).submit(length="1 m", duration="1 s")
        return stage(ROD.resumed).submit(first, length="1 m", duration=f"100 {unit}")

    assert list(check(lambda: flow("ms")).stages) == ["rod.heating", "rod.heating.resumed"]
    with pytest.raises(Exception, match=r"rod\.heating\.resumed\.duration is float \[s\]"):
        check(lambda: flow("m"))


def test_a_series_has_a_row_for_every_so_many_steps_and_the_times() -> None:
    seen = run(SEEN, length=1.0, duration=1.0, every=3)
    assert seen["times"].tolist() == [0.0, 0.3, 0.6, 0.9]
    assert seen["temperature"].shape == (4, 9)
    for row, after in enumerate((0.0, 0.3, 0.6, 0.9)):
        assert np.array_equal(seen["temperature"][row], run(ROD, length=1.0, duration=after)["temperature"])
        assert seen["mean"][row] == run(ROD, length=1.0, duration=after)["mean"]


def test_a_series_that_is_read_more_often_ends_in_the_same_state() -> None:
    assert run(SEEN, length=1.0, duration=1.0)["clock"] == run(ROD, length=1.0, duration=1.0)["clock"]


def test_a_duration_that_is_no_whole_number_of_steps_is_refused_with_those_that_are() -> None:
    made = len(ENDED)
    with pytest.raises(ValueRefused, match=r"1\.05 s, which is 10\.5 steps of 0\.1 s.*duration='1\.0 s' or '1\.1 s'"):
        run(ROD, length=1.0, duration=1.05)
    assert len(ENDED) == made, "nothing was begun"


def test_a_flow_that_writes_a_duration_of_no_whole_number_of_steps_is_refused_before_it_runs() -> None:
    def flow(duration: str) -> None:
        stage(ROD, name="hot").submit(length="1 m", duration=duration)

    assert list(check(lambda: flow("1.1 s")).stages) == ["hot"]
    with pytest.raises(ContractError, match=r"^hot\.duration is 1\.05 s, which is 10\.5 steps of 0\.1 s"):
        check(lambda: flow("1050 ms"))


def test_a_duration_is_checked_where_the_time_step_is_written_too() -> None:
    free = wrap_stepper(
        Free, {"x": "m", "dt": "ms"}, {"x": "m"}, {"n": int}, time_step="dt", name="freed", settings={"power": int}
    )
    given = {"x": "1 m", "dt": "0.2 s", "power": 1}
    assert check(lambda: stage(free).submit(**given, duration="1 s"))
    with pytest.raises(ContractError, match=r"^freed\.duration is 1100 ms, which is 5\.5 steps of 200 ms"):
        check(lambda: stage(free).submit(**given, duration="1.1 s"))


@given(st.integers(0, 10**6), st.sampled_from([0.1, 0.3, 1 / 3, 1e-15, 0.7, 2.5e9]))
def test_products_of_a_step_are_whole_numbers_of_it(count: int, step: float) -> None:
    assert whole(count * step, step, "s", "a") == count


def test_times_do_not_drift() -> None:
    assert times(10**5, 10**5, 0.1)[-1] == 10**4


def test_the_time_step_may_be_an_input() -> None:
    free = wrap_stepper(
        Free, {"x": "m", "dt": "ms"}, {"x": "m"}, {"n": int}, time_step="dt", name="free", settings={"power": int}
    )
    assert run(free, x=0.0, dt=500.0, duration=2000.0)["n"] == 4
    assert check_model(free, x="0 m", dt="0.5 s", duration="2 s", power=3)["n"] == 4


class Free:
    """Counts."""

    def __init__(self, x, dt, *, power=2):
        self.x, self.dt, self.n = x, dt, 0

    def step(self):
        self.n += 1


@pytest.mark.parametrize("where", ["step", "read"])
def test_the_end_is_called_whatever_happens(where: str) -> None:
    hooks = {"step": "explode"} if where == "step" else {}
    outputs = {"explode": "K"} if where == "read" else {"mean": "K"}
    bad = wrap_stepper(Rod, {"length": "m"}, {}, outputs, time_step="1 s", finalise="close", name="bad", **hooks)
    before = len(ENDED)
    with pytest.raises(RuntimeError, match="it exploded"):
        run(bad, length=1.0, duration=1.0)
    assert ENDED[before:] == ["closed"]


def test_an_error_of_the_run_is_told_and_not_one_of_the_end() -> None:
    bad = wrap_stepper(Rod, {"length": "m"}, {}, {"nothing": "K"}, time_step="1 s", finalise="explode", name="bad")
    with pytest.raises(ValueRefused, match="the stepper has no 'nothing' to read"):
        run(bad, length=1.0, duration=1.0)
    alone = wrap_stepper(Rod, {"length": "m"}, {}, {"mean": "K"}, time_step="1 s", finalise="explode", name="bad")
    with pytest.raises(RuntimeError, match="it exploded"):
        run(alone, length=1.0, duration=1.0)


def test_what_is_read_is_not_changed_by_later_steps() -> None:
    class Shared(Rod):
        """A rod."""

        def initial(self):
            return self.temperature

    seen = wrap_stepper(Shared, {"length": "m"}, series={"initial": FIELD}, time_step="0.1 s", name="shared")
    rows = run(seen, length=1.0, duration=0.2)["initial"]
    assert not np.array_equal(rows[0], rows[-1])


def test_a_stepper_is_the_fine_model_of_a_coarse_stepper() -> None:
    def fine(state: Any, duration: float) -> Any:
        return CHAOS.resumed(x=float(state[0]), steps=round(duration)).x * np.ones(1)

    stepping = coarse_stepper(None, fine, time=2.0)
    assert stepping([0.3])[0] == run(CHAOS, x=0.3, steps=2)["x"]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing to read": ({"state": {}}, "with something to read"),
    "a method that is not there": ({"step": "stepp"}, r"Rod has no method 'stepp' to advance\. Did you mean 'step'"),
    "an end that is not there": ({"finalise": "clos"}, "Did you mean 'close'"),
    "a time step that is none": ({"time_step": "3 m"}, "is no time and none of its inputs"),
    "a time step below zero": ({"time_step": "-1 s"}, "is no time and none of its inputs"),
    "an input that is no time": ({"time_step": "length"}, "is no time and none of its inputs"),
    "a name that is read twice": ({"outputs": {"clock": "s"}}, "'clock' is named twice"),
    "a port that steppers have": ({"outputs": {"times": "s"}}, "a port that every stepper has"),
    "an input that it does not take": ({"inputs": {"lenght": "m"}}, r"takes no 'lenght'\. Did you mean 'length'"),
    "an input that it needs": ({"inputs": {}}, "takes length as well"),
    "a series of texts": ({"series": {"name": str}}, "a series is of numbers or arrays"),
    "a unit that is none": ({"outputs": {"mean": "kelvins?"}}, "is not a unit"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_meant_is_refused_where_it_is_declared(what: str) -> None:
    written, said = REFUSED[what]
    usual: dict[str, Any] = {"inputs": {"length": "m"}, "state": {"clock": "s"}, "time_step": "1 s", "name": "wrong"}
    with pytest.raises(DeclarationError, match=said):
        wrap_stepper(Rod, **(usual | written))


def test_a_state_that_cannot_be_written_is_refused_with_what_to_do() -> None:
    shy = wrap_stepper(Rod, {"length": "m"}, {"mean": "K"}, time_step="1 s", name="shy")
    with pytest.raises(ValueRefused, match=r"'mean' cannot be written\. .* set_mean\(value\)"):
        run(shy.resumed, length=1.0, mean=300.0, duration=1.0)


def test_a_step_that_asks_for_more_than_the_time_step_is_refused() -> None:
    class Odd(Rod):
        """A rod."""

        def step(self, dt, force):
            raise AssertionError

    odd = wrap_stepper(Odd, {"length": "m"}, {"clock": "s"}, time_step="1 s", name="odd")
    with pytest.raises(
        DeclarationError, match=r"step takes dt, force; it is called as step\(\), or as step\(time_step\)"
    ):
        run(odd, length=1.0, duration=1.0)


def test_a_part_of_the_constructor_may_be_bound() -> None:
    bound = wrap_stepper(
        functools.partial(Rod, 1.0, cells=5), {}, {"temperature": FIELD}, time_step="0.1 s", name="five"
    )
    assert run(bound, duration=0.1)["temperature"].shape == (5,)


def test_a_file_may_be_an_input() -> None:
    class Reader:
        """Reads."""

        def __init__(self, start: File) -> None:
            self.x = float(start.content)

        def step(self) -> None:
            self.x += 1

    made = wrap_stepper(Reader, {"start": Annotated[File, "text/plain"]}, {"x": "m"}, name="reader")
    assert run(made, start=File(b"3", "text/plain"), steps=2) == {"x": 5.0}
