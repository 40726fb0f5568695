"""The effect of a signal: direct, cooperative, with receptors to spare, or on the growth of a tumour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_pharmacology.ports import (
    PER_INDIVIDUAL,
    Array,
    Effect,
    NotNegative,
    Patients,
    Positive,
    Signal,
    Time,
    constant,
    of_patients,
)
from bridge_pharmacology.scales import CELL, LESION

Hill = Within(0.1, 20)


@dataclass(frozen=True)
class Direct:
    """An effect that follows its signal at once."""

    patient: Patients
    time: Time
    effect: Effect


@dataclass(frozen=True)
class Operational:
    """An effect with receptors to spare.

    `ceiling` is the effect of all receptors, which is below the system's own where these do not suffice;
    `half_occupancy` is the signal at half of it, `half_concentration` (EC50) the agonist's that occupies so many at
    equilibrium.
    """

    patient: Patients
    time: Time
    effect: Effect
    ceiling: Annotated[Array, "1", ("patient",)]
    half_occupancy: Annotated[Array, "1", ("patient",)]
    half_concentration: Annotated[Array, "nM", ("patient",)]


@dataclass(frozen=True)
class Growth:
    """A tumour's volume relative to its first."""

    patient: Patients
    time: Time
    effect: Effect


@model("effect.emax", scale=CELL)
def emax(
    patient: Patients,
    time: Time,
    signal: Signal,
    largest_effect: Annotated[Array, "1", PER_INDIVIDUAL, NotNegative] = constant(1.0),
    half_signal: Annotated[Array, "1", PER_INDIVIDUAL, Positive] = constant(0.5),
    baseline: Annotated[Array, "1", PER_INDIVIDUAL, NotNegative] = constant(0.0),
) -> Direct:
    """Effect that saturates with its signal: E = E0 + Emax S/(S50 + S)."""
    return Direct(patient, time, _hill(patient, signal, largest_effect, half_signal, constant(1.0), baseline))


@model("effect.sigmoid_emax", scale=CELL)
def sigmoid_emax(
    patient: Patients,
    time: Time,
    signal: Signal,
    largest_effect: Annotated[Array, "1", PER_INDIVIDUAL, NotNegative] = constant(1.0),
    half_signal: Annotated[Array, "1", PER_INDIVIDUAL, Positive] = constant(0.5),
    hill: Annotated[Array, "1", PER_INDIVIDUAL, Hill] = constant(2.0),
    baseline: Annotated[Array, "1", PER_INDIVIDUAL, NotNegative] = constant(0.0),
) -> Direct:
    """Effect that sets in and saturates with its signal: E = E0 + Emax Sⁿ/(S50ⁿ + Sⁿ).

    A. V. Hill, J. Physiol. 40, iv (1910); N. H. G. Holford and L. B. Sheiner, Clin. Pharmacokinet. 6, 429 (1981).
    """
    return Direct(patient, time, _hill(patient, signal, largest_effect, half_signal, hill, baseline))


def _hill(patient: Patients, signal: Array, largest: Array, half: Array, power: Array, baseline: Array) -> Array:
    most, middle, steep, rest = (
        of_patients(parameter, patient, name)[:, None]
        for name, parameter in (
            ("largest_effect", largest),
            ("half_signal", half),
            ("hill", power),
            ("baseline", baseline),
        )
    )
    return np.asarray(rest + most * _share(signal, middle, steep))


def _share(signal: Array, half: Array, power: Array) -> Array:
    """Sⁿ/(S50ⁿ + Sⁿ) without powers of large numbers."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(1 / (1 + (half / signal) ** power))


@model("effect.operational", scale=CELL)
def operational(
    patient: Patients,
    time: Time,
    signal: Signal,
    largest_effect: Annotated[Array, "1", PER_INDIVIDUAL, NotNegative] = constant(1.0),
    transducer_ratio: Annotated[Array, "1", PER_INDIVIDUAL, Positive] = constant(10.0),
    hill: Annotated[Array, "1", PER_INDIVIDUAL, Hill] = constant(1.0),
    dissociation_constant: Annotated[Array, "nM", PER_INDIVIDUAL, Positive] = constant(0.1),
) -> Operational:
    """Effect of occupied receptors of which there may be more than needed: E = Em (τ S)ⁿ/(1 + (τ S)ⁿ).

    S is the occupied share, S = A/(KA + A) at equilibrium with the agonist A (`binding.equilibrium`): then
    E = Em (τ A)ⁿ/((KA + A)ⁿ + (τ A)ⁿ), the operational model of J. W. Black and P. Leff, Proc. R. Soc. Lond. B 220,
    141 (1983). τ is the transducer ratio, receptors over those that give half of Em. Of all receptors the effect is
    Em τⁿ/(1 + τⁿ), and the agonist gives half of that at KA/((2 + τⁿ)^(1/n) - 1), which is far below KA where τ is
    large. `dissociation_constant` is KA; nothing but `half_concentration` depends on it.
    """
    most, ratio, steep, kd = (
        of_patients(parameter, patient, name)
        for name, parameter in (
            ("largest_effect", largest_effect),
            ("transducer_ratio", transducer_ratio),
            ("hill", hill),
            ("dissociation_constant", dissociation_constant),
        )
    )
    spare = ratio**steep
    over = (2 + spare) ** (1 / steep) - 1
    return Operational(
        patient=patient,
        time=time,
        effect=most[:, None] * _share(signal, 1 / ratio[:, None], steep[:, None]),
        ceiling=most * spare / (1 + spare),
        half_occupancy=1 / (1 + over),
        half_concentration=kd / over,
    )


@model("effect.tumour_growth", scale=LESION)
def tumour_growth(
    patient: Patients,
    time: Time,
    signal: Signal,
    growth_rate: Annotated[Array, "1/d", PER_INDIVIDUAL, Within(-10, 10)] = constant(0.011552453),
    kill_rate: Annotated[Array, "1/d", PER_INDIVIDUAL, Within(0, 10)] = constant(0.023104906),
    half_signal: Annotated[Array, "1", PER_INDIVIDUAL, Positive] = constant(0.5),
    hill: Annotated[Array, "1", PER_INDIVIDUAL, Hill] = constant(2.0),
) -> Growth:
    """Volume of a tumour that grows, and whose cells a signal kills: d ln V/dt = λ - kmax Sⁿ/(S50ⁿ + Sⁿ).

    The logarithm is integrated, by Gauss's rule of five points in every interval of `time`, in which the signal is
    a monotone cubic. The law is illustrative, as are its constants: by default the volume doubles in 60 d, and the
    largest rate of killing is twice that of growth.
    """
    from bridge_pharmacology.systems.interpolation import between, cubics

    grow, kill, half, power = (
        of_patients(parameter, patient, name)[:, None]
        for name, parameter in (
            ("growth_rate", growth_rate),
            ("kill_rate", kill_rate),
            ("half_signal", half_signal),
            ("hill", hill),
        )
    )
    killed = np.zeros(signal.shape)
    pieces, steps = cubics(time, signal[:, :, None])[:, :, 0], np.diff(time)
    for point, weight in zip(*np.polynomial.legendre.leggauss(5), strict=True):
        inside = np.maximum(between(pieces, (point + 1) / 2 * steps), 0.0)
        killed[:, 1:] += weight / 2 * steps * _share(inside, half, power)
    logarithm = grow * (time - time[0]) - kill * np.cumsum(killed, axis=1)
    too_large = logarithm.max(axis=1, initial=0.0) > 700
    if too_large.any():
        raise ValueError(
            f"the tumour of patient {patient[too_large][0]} grows by more than any number, e^{logarithm.max():.0f}: "
            f"growth_rate is per day (1/week is another 7 times less), so write e.g. growth_rate='0.0116 1/d'."
        )
    return Growth(patient, time, np.exp(logarithm))
