"""Polarization under an alternating field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from bridge import Picture, Within, model
from bridge_ferroelectric.interfaces import CONTINUUM, Gradient, Landau, Positive

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Loop:
    """A hysteresis loop of its frequency: means over the box along the field, from the start through all cycles.

    `coercive_field` is half the distance between the fields at which P passes zero in the last cycle,
    `remanent_polarization` half that between its values at zero field, `loss` the area ∮ E dP. `intrinsic_field` is
    the closed form at which the uniform polarization loses its balance, the largest −∂f/∂P of the stress-free
    polynomial between 0 and Ps: a slow loop switches there, or earlier where there is another way.
    """

    time: Annotated[Array, "ps", ("time",)]
    electric_field: Annotated[Array, "MV/m", ("time",)]
    polarization: Annotated[Array, "C/m^2", ("time",)]
    frequency: Annotated[float, "GHz", Positive]
    coercive_field: Annotated[float, "MV/m", Within(0)]
    remanent_polarization: Annotated[float, "C/m^2", Within(0)]
    loss: Annotated[float, "MJ/m^3"]
    intrinsic_field: Annotated[float, "MV/m", Positive]
    remark: str
    picture: Picture


@model("ferroelectric.loop", scale=CONTINUUM, depends=["numba", "pyfftw", "matplotlib"])
def loop(
    landau: Landau,
    gradient: Gradient,
    temperature: Annotated[float, "K", Positive],
    amplitude: Annotated[float, "MV/m", Positive],
    period: Annotated[float, "ps", Positive] = 100.0,
    background_permittivity: Annotated[float, "1", Within(1)] = 7.0,
    boundary: Literal["twin", "free", "clamped"] = "free",
    direction: Literal["x", "y"] = "x",
    mobility: Annotated[float, "C^2/(J*m*s)", Positive] = 4e4,
    *,
    cells: Annotated[int, Within(8, 1024)] = 32,
    spacing: Annotated[float, "nm", Positive] = 0.125,
    cycles: Annotated[int, Within(2, 20)] = 2,
    noise: Annotated[float, "C/m^2", Positive] = 0.05,
    records: Annotated[int, Within(20, 2000)] = 200,
    seed: Annotated[int, Within(0)] = 0,
) -> Loop:
    """P–E loop of a periodic, in-plane box under E = amplitude × sin(2πt/period), by the phase field.

    Time-dependent Ginzburg–Landau as in `ferroelectric.phasefield`, from noise. There is nothing in the box at which a
    domain could start, so that the coercive field is near the intrinsic one: 10 to 100 times what is measured. Its
    frequency is that of the clock that `mobility` sets, gigahertz and above.

    Raises ValueError as `ferroelectric.phasefield` does, and ArithmeticError where the field does not switch the
    box, with the amplitude to write.
    """
    from bridge_ferroelectric.phasefield import evolution, pattern, pictures, simulation  # late: numba, pyfftw

    state = pattern.minima(landau, temperature, 2)[0]
    directions = pattern.variants(state, 2)[1]
    width = pattern.narrowest(landau, gradient, temperature, state.phase, background_permittivity) * 1e9
    simulation.demand_fine(spacing, width, cells)
    twin = pattern.average_strain(landau, state, directions)
    strain = {"free": None, "clamped": np.zeros(6), "twin": twin}[boundary]
    of = evolution.medium(landau, gradient, temperature, background_permittivity, strain=strain)
    box = evolution.Evolution(of, (cells, cells), spacing, 2)
    box.start(pattern.noise((cells, cells), 2, spacing, width, noise, seed))

    p = state.size * np.linspace(0, 1, 2001)[:, None] * state.polarization / state.size
    intrinsic = float(-(of.landau.slope(p) @ state.polarization).min() / state.size) / 1e6
    inertia = 0.55 * of.curvature(1.25 * state.size, 2)
    between = max(1, int(np.ceil(period * 1e-12 * mobility * inertia / records)))
    step = period / (records * between)
    axis = np.eye(3)["xy".index(direction)]
    time = np.arange(cycles * records + 1) * period / records
    field = amplitude * np.sin(2 * np.pi * time / period)
    along = np.empty(len(time))
    for i in range(len(time)):
        along[i] = box.polarization["xy".index(direction)].mean()
        for n in range(between if i < len(time) - 1 else 0):
            box.field = axis * amplitude * 1e6 * np.sin(2 * np.pi * (time[i] + (n + 0.5) * step) / period)
            box.force()
            box.advance(1 / (mobility * step * 1e-12))

    last = slice(len(time) - 1 - records, None)
    e, q = field[last], along[last]
    falling, rising = crossing(e, q, downwards=True), crossing(e, q, downwards=False)
    if falling is None or rising is None:
        raise ArithmeticError(
            f"a field of {amplitude:g} MV/m does not switch the box within half a period of {period:g} ps: P stays "
            f"between {q.min():.3g} and {q.max():.3g} C/m². Write amplitude="
            f"'{2 * max(amplitude, intrinsic):.3g} MV/m', or a longer period."
        )
    remanent = abs(q[records // 2] - q[0]) / 2
    coercive = (rising - falling) / 2
    return Loop(
        time=time,
        electric_field=field,
        polarization=along,
        frequency=1e3 / period,
        coercive_field=coercive,
        remanent_polarization=float(remanent),
        loss=float(np.sum((e[1:] + e[:-1]) / 2 * np.diff(q))),
        intrinsic_field=intrinsic,
        remark=f"a loop of {1e3 / period:.3g} GHz without defects or electrodes: its coercive field is 10 to 100 times "
        "what is measured",
        picture=pictures.loop(
            field, along, len(time) - 1 - records, (falling, rising),
            f"{landau.name}, {temperature:g} K, {1e3 / period:.3g} GHz, {boundary}",
        ),
    )  # fmt: skip


def crossing(field: Array, polarization: Array, downwards: bool) -> float | None:
    """The field at which P first passes zero in a direction, between two records; None where it does not."""
    sign = -1.0 if downwards else 1.0
    p = sign * polarization
    found = np.nonzero((p[:-1] < 0) & (p[1:] >= 0))[0]
    if not len(found):
        return None
    i = int(found[0])
    return float(field[i] + (field[i + 1] - field[i]) * p[i] / (p[i] - p[i + 1]))
