"""Gradient coefficients: how the long-wave transverse modes of a cubic crystal fluctuate in molecular dynamics."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric import voigt
from bridge_ferroelectric.constants import ELEMENTARY_CHARGE, IN_C_PER_M2
from bridge_ferroelectric.interfaces import Gradient, Hamiltonian
from bridge_ferroelectric.landau import fluctuations, settling, wells
from bridge_ferroelectric.landau.settling import Schedule
from bridge_ferroelectric.lattice import crystal, dynamics, interaction

Array = NDArray[np.float64]

HARMONICS = (1, 2, 3)
BRANCHES = {
    "axis": fluctuations.axis_branch(),
    "upright": fluctuations.upright_branch(),
    "diagonal": fluctuations.diagonal_branch(),
}
EVERY = 10
BLOCKS = 10
CUBIC = 0.25
"""Root mean square of the mean mode, against the tetragonal well at 0 K, above which the crystal is polar."""


def measure(
    hamiltonian: Hamiltonian, temperature: float, pressure: float, cells: int, schedule: Schedule
) -> dict[str, Any]:
    """The outputs of `ferroelectric.gradients`, on cells³; raises what it raises."""
    box = crystal.Crystal(hamiltonian, (cells,) * 3, pressure)
    squares = _fluctuate(box, temperature, pressure, schedule)
    volume = box.cells * box.volume * 1e-30
    per_mode = (hamiltonian.effective_charge / box.volume) ** 2 * IN_C_PER_M2**2
    measured = {at: fluctuations.stiffness(per_mode * s, volume, temperature) for at, s in squares.items()}
    bare = {at: harmonic(hamiltonian, _phase(at, cells), _polar(at)) for at in squares}
    k2 = {at: (_phase(at, cells) ** 2).sum() / (hamiltonian.lattice_constant * 1e-10) ** 2 for at in bare}
    shift = {at: measured[at][0] - bare[at] for at in bare}
    solution, error = _slopes(k2, shift, {at: measured[at][1] for at in bare})
    bare_G44, bare_shear = (long_wave_slope(hamiltonian, name) for name in ("axis", "diagonal"))
    G44, shear = bare_G44 + solution[1], bare_shear + solution[2]
    _demand_positive(hamiltonian.name, G44, shear)
    listed = [[(name, m) for m in HARMONICS] for name in BRANCHES]
    return {
        "gradient": Gradient(G11=float(2 * shear), G12=0.0, G44=float(G44)),
        "G44_error": float(error[1]),
        "shear": float(shear),
        "shear_error": float(error[2]),
        "harmonic_G44": bare_G44,
        "harmonic_shear": bare_shear,
        "inverse_susceptibility": float(solution[0] + harmonic(hamiltonian, np.zeros(3), np.array([0.0, 0, 1]))),
        "inverse_susceptibility_error": float(error[0]),
        "wavenumber": np.sqrt([[k2[at] for at in row] for row in listed]) * 1e-10,
        "stiffness": np.array([[measured[at][0] for at in row] for row in listed]),
        "stiffness_error": np.array([[measured[at][1] for at in row] for row in listed]),
    }


def _slopes(
    k2: dict[tuple[str, int], float], shift: dict[tuple[str, int], float], error: dict[tuple[str, int], float]
) -> tuple[Array, Array]:
    """A constant common to all, and slopes in k² of G44 and of the diagonal branch, with errors: (3,) each."""
    rows = [[1.0, 0.0, k2[at]] if at[0] == "diagonal" else [1.0, k2[at], 0.0] for at in k2]
    weight = np.array([1 / error[at] for at in k2])
    matrix = np.array(rows) * weight[:, None]
    scale = np.linalg.norm(matrix, axis=0)
    covariance = np.linalg.inv((matrix / scale).T @ (matrix / scale)) / np.outer(scale, scale)
    target = np.array([shift[at] for at in k2]) * weight
    return covariance @ matrix.T @ target, np.sqrt(np.diag(covariance))


def harmonic(hamiltonian: Hamiltonian, phase: Array, polar: Array) -> float:
    """Stiffness n·Φ(k)·n V/Z*² of the record's own quadratic energy, J m/C², at k a0 = `phase`."""
    matrix = sum(interaction.quadratic(hamiltonian, phase[None]).values())[0]
    along = float(matrix @ (voigt.TWICE * voigt.products(polar)))
    return along * hamiltonian.lattice_constant**3 / hamiltonian.effective_charge**2 * 1e-10 / ELEMENTARY_CHARGE


def long_wave_slope(hamiltonian: Hamiltonian, name: str) -> float:
    """dA/dk² of the record's own quadratic energy at k → 0, J m³/C², Richardson's extrapolation of two wavevectors."""
    polar = _polar((name, 1))
    zero = harmonic(hamiltonian, np.zeros(3), polar)
    slopes = []
    for size in (0.05, 0.1):
        phase = BRANCHES[name].wavevectors[0]
        phase = size * phase / np.linalg.norm(phase)
        slopes.append(
            (harmonic(hamiltonian, phase, polar) - zero) / (size / (hamiltonian.lattice_constant * 1e-10)) ** 2
        )
    return float((4 * slopes[0] - slopes[1]) / 3)


def _phase(at: tuple[str, int], cells: int) -> Array:
    """k a0 of a harmonic of a branch; all zero for the uniform mode."""
    name, harmonic_number = at
    return 2 * np.pi * harmonic_number / cells * BRANCHES[name].wavevectors[0]


def _polar(at: tuple[str, int]) -> Array:
    return BRANCHES[at[0]].polarizations[0]


def _fluctuate(
    box: crystal.Crystal, temperature: float, pressure: float, schedule: Schedule
) -> dict[tuple[str, int], Array]:
    """|u_k|² of (blocks, modes) in Å² a branch and harmonic; harmonic 0 of the first is the uniform mode."""
    kept: dict[tuple[str, int], list[Array]] = {("axis", 0): []}
    kept |= {(name, m): [] for name in BRANCHES for m in HARMONICS}

    def watch(step: int, modes: Array) -> None:
        transform = np.fft.fftn(modes, axes=(1, 2, 3)) / box.cells
        kept["axis", 0].append(transform[:, 0, 0, 0].real ** 2)
        for name, branch in BRANCHES.items():
            for m in HARMONICS:
                kept[name, m].append(np.abs(fluctuations.amplitudes(transform, branch, m)) ** 2)

    settings = {"temperature": temperature, "timestep": schedule.timestep, "seed": schedule.seed}
    u = np.zeros((*box.shape, 3))
    v = dynamics.maxwell(box, 2 * temperature, schedule.seed)
    run = settling.settle(box, u, v, steps=schedule.equilibrate, **settings)
    dynamics.run(
        box, run.u, run.v, steps=schedule.sample, first_step=run.steps, watch=watch, every=EVERY, **settings
    )  # fmt: skip
    _demand_cubic(box, temperature, pressure, np.array(kept["axis", 0]))
    length = len(kept["axis", 0]) // BLOCKS
    return {
        at: np.array(series)[: length * BLOCKS].reshape(BLOCKS, length, -1).mean(axis=1) for at, series in kept.items()
    }


def _demand_cubic(box: crystal.Crystal, temperature: float, pressure: float, square: Array) -> None:
    size = float(np.sqrt(square.sum(axis=1).mean()))
    well = wells.well(box.hamiltonian, np.array([0.0, 0.0, 1.0]), pressure).size
    if size > CUBIC * well:
        raise ArithmeticError(
            f"{box.hamiltonian.name} is not cubic at {temperature:g} K: its mean mode is {size:.4f} Å, of {well:.4f} Å "
            "in the well at 0 K. Gradient coefficients are measured above the transition: raise the temperature."
        )


def _demand_positive(name: str, G44: float, shear: float) -> None:
    if not (G44 > 0 and shear > 0):
        raise ArithmeticError(
            f"{name} has G44 = {G44:.3g} and ½ (G11 - G12) = {shear:.3g} J m³/C²: a negative gradient coefficient "
            "means that the lattice prefers a modulation, and no gradient energy of second order describes it."
        )
