"""What plugin authors test with: check_model finds what a flow would stumble over."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pytest
from ase import Atoms
from kinds_of_port import FINE, PNG, Floats, copper

from bridge import File, Picture, Within, model
from bridge.errors import ContractError, MissingInput, UnknownName, ValueRefused
from bridge.testing import ModelFault, check_model

counter = itertools.count()


@dataclass(frozen=True)
class Out:
    x: Annotated[float, "K"]
    path: Annotated[Floats, "m", ("step",)]


@dataclass(frozen=True)
class Things:
    atoms: Atoms
    table: File
    picture: Picture
    nested: Out


def declared(function: Any) -> Any:
    return model("checked", scale=FINE)(function)


@declared
def good(start: Annotated[float, "K", Within(0)], *, seed: int = 0) -> Out:
    """Walk at random."""
    return Out(start, np.random.default_rng(seed).normal(size=5).cumsum())


def test_a_good_model_passes_and_its_outputs_come_back() -> None:
    found = check_model(good, start="26.85 degC")
    assert found["x"] == 300.0
    assert found["path"].shape == (5,)


def test_inputs_are_read_as_a_flow_would_read_them() -> None:
    with pytest.raises(ContractError, match=r"checked\.start is in K, got the bare number 3"):
        check_model(good, start=3)
    with pytest.raises(MissingInput, match=r"checked\.start"):
        check_model(good)
    with pytest.raises(UnknownName, match="Did you mean 'start'"):
        check_model(good, strat="3 K")
    with pytest.raises(UnknownName, match=r"no model is named 'not\.installed'"):
        check_model("not.installed")


def no_docstring(x: float = 1.0) -> Out:
    return Out(x, np.ones(2))


def random_walk(x: float = 1.0) -> Out:
    """Walk."""
    return Out(x, np.random.default_rng().normal(size=2))


def counts_its_calls(x: float = 1.0) -> Out:
    """Count."""
    return Out(float(next(counter)), np.ones(2))


def ignores_its_seed(x: float = 1.0, *, seed: int = 0) -> Out:
    """Walk the same way always."""
    return Out(x, np.random.default_rng(7).normal(size=2))


def gives_nan(x: float = 1.0) -> Out:
    """Divide."""
    return Out(x, np.array([1.0, np.nan]))


def forgets_an_output(x: float = 1.0) -> Out:
    """Forget."""
    return type("Half", (), {"x": x})()


def returns_nothing(x: float = 1.0) -> Out:
    """Return nothing."""
    return None  # type: ignore[return-value]


def nondeterministic_things(x: float = 1.0) -> Things:
    """Move an atom."""
    atoms = copper()
    atoms.positions[0, 0] = next(counter)
    return Things(atoms, File(b"a"), Picture(PNG, "image/png"), Out(x, np.ones(2)))


def nondeterministic_file(x: float = 1.0) -> Things:
    """Write the time."""
    return Things(copper(), File(str(next(counter)).encode()), Picture(PNG, "image/png"), Out(x, np.ones(2)))


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (no_docstring, ModelFault, "checked has no docstring: say in a first sentence what it computes"),
        (
            random_walk,
            ModelFault,
            r"checked\.path differs between two runs on the same inputs: draw random numbers from",
        ),
        (counts_its_calls, ModelFault, r"checked\.x differs between two runs"),
        (ignores_its_seed, ModelFault, "checked does not depend on its seed"),
        (gives_nan, ValueRefused, r"checked\.path\[1\] left its model as nan: only finite numbers"),
        (forgets_an_output, ValueRefused, "checked is record of x, path, but the model returned .* without 'path'"),
        (returns_nothing, ValueRefused, r"checked is record of x, path, but the model returned None"),
        (nondeterministic_things, ModelFault, r"checked\.atoms differs between two runs"),
        (nondeterministic_file, ModelFault, r"checked\.table differs between two runs"),
    ],
)
def test_a_model_that_breaks_its_promise_is_found_out(function: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        check_model(declared(function))


def steady_things(x: float = 1.0) -> Things:
    """Give one of each kind."""
    return Things(copper(), File(b"a"), Picture(PNG, "image/png"), Out(x, np.ones(2)))


def test_every_kind_of_output_may_be_the_same_twice() -> None:
    assert set(check_model(declared(steady_things))) == {"atoms", "table", "picture", "nested"}


def test_a_fault_is_an_assertion_so_that_pytest_shows_it_as_one() -> None:
    with pytest.raises(AssertionError):
        check_model(declared(no_docstring))
