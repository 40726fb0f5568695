"""The commuting defect of a coarse model against a fine one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge import Q, Scale, model
from bridge.errors import ContractError, ValueRefused
from bridge.scales.blocks import block_mean, injection
from bridge.scales.defect import defect, step


def _diffusion(number: float) -> Callable[[Any], Any]:
    return lambda u: u + number * (np.roll(u, 1) - 2 * u + np.roll(u, -1))


def test_models_that_commute_with_restricting_have_no_defect() -> None:
    """Decay is the same on every lattice."""
    found = defect(block_mean(4), lambda u: 0.9 * u, lambda u: 0.9 * u, np.random.default_rng(0).normal(size=(3, 16)))
    assert found.absolute.shape == (3,)
    assert found.relative.max() < 1e-15


@pytest.mark.parametrize("waves", [1, 2, 5])
def test_the_defect_of_diffusion_on_a_coarser_lattice_is_that_of_its_symbols(waves: int) -> None:
    """Every second point of a wave: fine and coarse step multiply it by 1 - 4 s sin²(q/2) and 1 - s sin²(q)."""
    x = 2 * np.pi * np.arange(64) / 64
    found = defect(injection(2), _diffusion(0.2), _diffusion(0.05), [np.cos(waves * x)])
    q = 2 * np.pi * waves / 64
    fine, coarse = 1 - 0.8 * np.sin(q / 2) ** 2, 1 - 0.2 * np.sin(q) ** 2
    assert found.relative[0] == pytest.approx(abs(fine - coarse) / fine, rel=1e-12)
    assert found.absolute[0] == pytest.approx(abs(fine - coarse) * np.sqrt(0.5), rel=1e-12)
    assert found.largest[0] == pytest.approx(abs(fine - coarse), rel=1e-12)


def test_the_defect_falls_with_the_square_of_the_spacing() -> None:
    """Second differences are of second order: twice the points, a quarter of the defect of a unit of diffusion time."""

    def of(points: int) -> float:
        field = np.sin(2 * np.pi * np.arange(points) / points)
        time = 1e-4
        found = defect(injection(2), _diffusion(time * points**2), _diffusion(time * (points / 2) ** 2), [field])
        return float(found.absolute[0])

    assert of(32) / of(64) == pytest.approx(4.0, rel=0.01)


def test_the_defect_is_in_the_unit_of_the_state_and_names_the_worst() -> None:
    states = [Q(np.full(8, value), "K") for value in (300.0, 600.0, 400.0)]
    found = defect(block_mean(2), lambda u: u, lambda u: u + Q(1.0, "K") * (u.m.max() > 500), states)
    assert found.absolute.m_as("mK").tolist() == [0, 1000, 0]
    assert found.relative.tolist() == [0, pytest.approx(1 / 600), 0]
    assert found.worst == 1


# Declared models


@dataclass(frozen=True)
class Profile:
    temperature: Annotated[NDArray[np.float64], "K", ("x",)]


@dataclass(frozen=True)
class Later:
    after: Annotated[NDArray[np.float64], "degC", ("x",)]


@model("test.fine_heat", scale=Scale("fine", length="1 um .. 10 um"))
def fine_heat(
    temperature: Annotated[NDArray[np.float64], "K", ("x",)],
    diffusivity: Annotated[float, "m^2/s"],
    spacing: Annotated[float, "m"],
    *,
    steps: int = 4,
    interval: Annotated[float, "s"] = 1e-3,
) -> Profile:
    """Heat over a short time, in small steps."""
    for _ in range(steps):
        temperature = _diffusion(diffusivity * interval / spacing**2 / steps)(temperature)
    return Profile(temperature)


@model("test.coarse_heat", scale=Scale("coarse", length="10 um .. 1 mm"))
def coarse_heat(
    before: Annotated[NDArray[np.float64], "degC", ("x",)],
    diffusivity: Annotated[float, "mm^2/s"],
    spacing: Annotated[float, "mm"],
) -> Later:
    """Heat over the same time, in one step."""
    return Later(_diffusion(diffusivity * 1e-3 / spacing**2)(before))


def test_declared_models_are_compared_by_the_names_of_their_ports_in_any_units() -> None:
    fine = step(fine_heat, state="temperature", diffusivity="1 mm^2/s", spacing="0.1 mm")
    coarse = step(coarse_heat, state="before", result="after", diffusivity="1e-6 m^2/s", spacing="200 um")
    wave = Q(300 + 10 * np.cos(2 * np.pi * np.arange(64) / 64), "K")
    found = defect(injection(2), fine, coarse, [wave])
    q = 2 * np.pi / 64
    symbols = (1 - 4 * 0.025 * np.sin(q / 2) ** 2) ** 4 - (1 - 4 * 0.025 * np.sin(q) ** 2)
    assert found.largest[0].m_as("K") == pytest.approx(10 * abs(symbols), rel=1e-6)  # 300 K of rounding beside it


@pytest.mark.parametrize(
    ("ask", "error", "said"),
    [
        (lambda: defect(block_mean(2), np.copy, np.copy, []), ContractError, r"given no state. Write states=\[state\]"),
        (
            lambda: defect(block_mean(2), np.copy, lambda u: u[1:], [np.ones(8)]),
            ContractError,
            r"state 0: the restricted fine step has shape \(4,\), the coarse step \(3,\)",
        ),
        (
            lambda: defect(block_mean(2), lambda u: u, lambda u: u * Q(1, "s"), [Q(np.ones(8), "K")]),
            ContractError,
            "state 0, fine and coarse step: .* does not convert to",
        ),
        (
            lambda: defect(block_mean(2), np.copy, lambda u: u * np.inf, [np.ones(8)]),
            ValueRefused,
            "state 0: what the steps returned.* is inf",
        ),
        (lambda: step(fine_heat, state="temperatur"), ContractError, "Did you mean 'temperature'"),
        (lambda: step(fine_heat, state="temperature", result="heat"), ContractError, "Write result='temperature'"),
        (lambda: step(fine_heat, state="temperature", spacing="1 um"), ContractError, "diffusivity was not given"),
        (
            lambda: step(fine_heat, state="temperature", diffusivity="1 m", spacing="1 um"),
            ContractError,
            r"\[length\] is not \[diffusivity\]",
        ),
        (
            lambda: step(fine_heat, "temperature", diffusivity="1 m^2/s", spacing="1 um")(np.ones(4)),
            ContractError,
            "is in K, got bare numbers",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(ask: Callable[[], Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        ask()
