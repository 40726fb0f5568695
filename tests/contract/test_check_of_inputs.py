"""Inputs that each fit their port and do not fit one another: a model's check refuses them before it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from bridge import Scale, check, model, stage
from bridge.errors import ContractError, DeclarationError
from bridge.models import model_of

SCALE = Scale("continuum", length="1 mm .. 1 m")


@dataclass(frozen=True)
class Width:
    width: Annotated[float, "m"]


def ordered(inner: float, outer: float) -> None:
    """A tube has a wall."""
    if not inner < outer:
        raise ValueError(f"inner is {inner:g} m, to be below outer, which is {outer:g} m.")


def tube(check: Callable[..., None] | None = ordered) -> Any:
    @model("tube.wall", scale=SCALE, check=check)
    def wall(inner: Annotated[float, "m"], outer: Annotated[float, "m"] = 0.02) -> Width:
        """The wall of a tube: w = b - a."""
        return Width(outer - inner)

    return wall


def test_what_does_not_fit_together_is_refused_in_units_of_the_ports() -> None:
    one = tube()
    assert list(check(lambda: stage(one, name="a").submit(inner="1 cm", outer="15 mm")).stages) == ["a"]
    with pytest.raises(ContractError, match=r"^a: inner is 0\.03 m, to be below outer, which is 0\.02 m\."):
        check(lambda: stage(one, name="a").submit(inner="3 cm"))


def test_what_waits_for_a_stage_is_left_to_the_model() -> None:
    one = tube()

    def flow() -> None:
        first = stage(one).submit(inner="1 cm")
        stage(one).submit(inner=first.width, outer="0 m")

    assert len(check(flow).stages) == 2


def test_a_check_of_what_is_no_input_is_refused_when_it_is_declared() -> None:
    def asks(inner: float, outher: float) -> None:
        """Misspelled."""

    with pytest.raises(
        DeclarationError, match=r"tube\.wall: check asks for 'outher', no input of it\. Did you mean 'outer'"
    ):
        model_of(tube(asks))
