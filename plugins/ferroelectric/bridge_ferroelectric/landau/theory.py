"""Landau theory from lattice points: selection, regression, spread, closure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric import polynomial
from bridge_ferroelectric.interfaces import Hamiltonian, Landau
from bridge_ferroelectric.landau import electrostriction, free_energy, free_energy_picture, separation
from bridge_ferroelectric.landau.models import Coefficients
from bridge_ferroelectric.phases import DIRECTIONS, NAMES

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Points:
    """What `ferroelectric.constrained` found, stacked over temperature: see the ports of `ferroelectric.landau`."""

    temperature: Array
    polarization: Array
    field: Array
    field_error: Array
    strain: Array
    distortion_error: Array
    volume_error: Array

    def __post_init__(self) -> None:
        if len(np.unique(self.temperature)) < 4:
            raise ValueError(
                f"a free energy linear in T takes four temperatures or more, two of them above the transition; got "
                f"{np.unique(self.temperature)} K. Run ferroelectric.constrained at more of them."
            )
        unit = self.polarization / self.size[..., None]
        if not np.allclose(unit, DIRECTIONS[None, :, None, :], atol=1e-3):
            raise ValueError(
                "points run along [001], [011] and [111] in this order; those given have P along "
                f"{unit[0, :, 0].round(3).tolist()} at the first temperature."
            )

    @property
    def size(self) -> Array:
        """|P| (temperature, direction, amplitude)."""
        return np.linalg.norm(self.polarization, axis=-1)

    @property
    def longitudinal(self) -> Array:
        """The field along P (temperature, direction, amplitude)."""
        return (self.field * self.polarization).sum(axis=-1) / self.size


def build(
    hamiltonian: Hamiltonian, points: Points, rung: Array, lattice_polarization: Array, closing: float
) -> dict[str, Any]:
    """The outputs of `ferroelectric.landau`; raises what it raises."""
    keep = np.stack(
        [
            separation.single_phase(*one)
            for one in zip(points.size, points.strain, points.distortion_error, points.volume_error, strict=True)
        ]
    )
    rejected = separation.report(keep, points.temperature, points.size, points.strain)
    reference = float(points.temperature.mean())
    which = np.nonzero(keep)[0]
    chosen = points.polarization[keep], points.temperature[which] - reference
    weighted = points.longitudinal[keep], points.field_error[keep]
    all_fits = {name: free_energy.regress(*chosen, *weighted, name) for name in free_energy.CHOICES}
    best = all_fits[free_energy.ANSWER]
    free_energy.demand_stability(best)
    squeezed = np.unique(which, return_inverse=True)[1]
    strains = electrostriction.regress(points.polarization[keep], points.strain[keep], squeezed)
    theory = _record(hamiltonian, points, best, strains, reference)
    transition = free_energy.transition(theory, float(points.temperature.min()))
    _demand_both_sides(points.temperature, transition)
    fitted = _close(theory, rung, lattice_polarization, closing)
    lattice = np.linalg.norm(lattice_polarization, axis=1)
    curie = reference - best.value("alpha1") / best.value("alpha1_slope")
    lowest, highest = _spread(all_fits, strains)
    return {
        "landau": theory,
        "errors": Coefficients(**{f.name: _error(f.name, best, strains) for f in fields(Coefficients)}),
        "lowest": lowest,
        "highest": highest,
        "polynomials": _table(all_fits, reference),
        "chi2_per_degree": best.chi2 / best.degrees,
        "kept": keep,
        "rejected": rejected,
        "rejected_points": int((~keep).sum()),
        "curie_weiss_temperature": curie,
        "curie_weiss_temperature_error": _curie_error(best, curie - reference),
        "transition_temperature": transition,
        "thermal_strain": strains.offset,
        "strain_scatter": strains.scatter,
        "spontaneous_polarization": fitted,
        "closing_error": fitted / lattice - 1,
        "picture": free_energy_picture.draw(theory, points, keep),
    }


def _record(
    hamiltonian: Hamiltonian,
    points: Points,
    fit: free_energy.Regression,
    strains: electrostriction.Electrostriction,
    reference: float,
) -> Landau:
    names = [f.name for f in fields(Landau) if f.name.startswith("alpha")]
    C11, C12, C44 = electrostriction.stiffness(hamiltonian)
    return Landau(
        name=hamiltonian.name,
        source=f"constrained molecular dynamics of {hamiltonian.name} ({hamiltonian.functional}) at "
        f"{', '.join(f'{t:g}' for t in points.temperature)} K; {free_energy.ANSWER}",
        reference_temperature=reference,
        **{name: fit.value(name) for name in names},
        **dict(zip(("Q11", "Q12", "Q44"), map(float, strains.Q), strict=True)),
        C11=C11,
        C12=C12,
        C44=C44,
    )


def _demand_both_sides(temperature: Array, transition: float) -> None:
    kelvin = np.unique(temperature)
    above = int((kelvin > transition).sum())
    if above < 2:
        raise ValueError(
            f"{above} of the temperatures {kelvin} K lie above the transition, which the fit puts at "
            f"{transition:.0f} K: α1(T) takes two or more there. Add {transition + 20:.0f} K and "
            f"{transition + 60:.0f} K."
        )
    if above == len(kelvin):
        raise ValueError(
            f"all temperatures {kelvin} K lie above the transition, which the fit puts at {transition:.0f} K: "
            f"add {0.85 * transition:.0f} K and {0.95 * transition:.0f} K."
        )


def _close(theory: Landau, rung: Array, lattice: Array, closing: float) -> Array:
    """|P| of the fit at the temperatures of the lattice's own runs. Raises ArithmeticError where they disagree."""
    fitted = []
    for kelvin, vector in zip(rung, lattice, strict=True):
        size = float(np.linalg.norm(vector))
        if size == 0:
            raise ValueError(f"lattice_polarization is zero at {kelvin:g} K: give that of a ferroelectric run.")
        nearest = int(np.argmax(DIRECTIONS @ np.sort(np.abs(vector))))
        well = polynomial.at(theory, float(kelvin)).spontaneous(DIRECTIONS[nearest])
        if abs(well / size - 1) > closing:
            raise ArithmeticError(
                f"at {kelvin:g} K the fit's polarization along {NAMES[nearest]} is {well:.4f} C/m², the "
                f"lattice's {size:.4f} C/m²: they differ by {abs(well / size - 1):.1%}, more than {closing:.0%}. "
                "Move temperatures or amplitudes towards those of the wells, or lengthen the runs."
            )
        fitted.append(well)
    return np.array(fitted)


def _error(name: str, fit: free_energy.Regression, strains: electrostriction.Electrostriction) -> float:
    if name.startswith("Q"):
        return float(strains.error[("Q11", "Q12", "Q44").index(name)])
    return fit.error(name)


def _curie_error(fit: free_energy.Regression, shift: float) -> float:
    """Error of T0 = reference - α1/slope: shift = -α1/slope, dT0 = -(dα1 + shift d slope)/slope."""
    i, j = fit.names.index("alpha1"), fit.names.index("alpha1_slope")
    c = fit.covariance
    variance = c[i, i] + 2 * shift * c[i, j] + shift**2 * c[j, j]
    return float(np.sqrt(variance) / abs(fit.values[j]) * fit.scale)


def _spread(
    fits: dict[str, free_energy.Regression], strains: electrostriction.Electrostriction
) -> tuple[Coefficients, Coefficients]:
    """Lowest and highest of each coefficient over the polynomials that have it; Q has one law, its fitted value."""
    ends: list[dict[str, float]] = [{}, {}]
    for f in fields(Coefficients):
        if f.name.startswith("Q"):
            found = [float(strains.Q[("Q11", "Q12", "Q44").index(f.name)])]
        else:
            found = [fit.value(f.name) for fit in fits.values() if f.name in fit.names]
        ends[0][f.name], ends[1][f.name] = min(found), max(found)
    return Coefficients(**ends[0]), Coefficients(**ends[1])


def _table(fits: dict[str, free_energy.Regression], reference: float) -> str:
    lines = []
    for name, fit in fits.items():
        curie = reference - fit.value("alpha1") / fit.value("alpha1_slope")
        lines.append(
            f"{name}: χ²/dof {fit.chi2 / fit.degrees:.2f} ({fit.degrees} dof), dα1/dT {fit.value('alpha1_slope'):.3g} "
            f"± {fit.error('alpha1_slope'):.1g} J m/C²/K, T0 {curie:.0f} K, α11 {fit.value('alpha11'):.3g}, "
            f"α12 {fit.value('alpha12'):.3g} J m⁵/C⁴, α111 {fit.value('alpha111'):.3g}, α112 "
            f"{fit.value('alpha112'):.3g}, α123 {fit.value('alpha123'):.3g} J m⁹/C⁶"
        )
    return "\n".join(lines)
