"""The fit: distorted cells to the lattice constant and the on-site, elastic and coupling terms.

Energy per cell at the cubic lattice constant, E = κu² + αu⁴ + γ(ux²uy² + uy²uz² + uz²ux²), with clamped
strain: these are the bare coefficients of the effective Hamiltonian (W. Zhong, D. Vanderbilt and K. M. Rabe,
Phys. Rev. B 52, 6301 (1995)); the strain and its coupling are separate terms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from bridge_ferroelectric import voigt
from bridge_ferroelectric.quantum import distortions, force_constants, reading
from bridge_ferroelectric.quantum.reading import Cell

Vector = NDArray[np.float64]

AGREEMENT = 0.03
"""Part by which the two ways to the curvature of the soft mode may differ."""


@dataclass(frozen=True)
class Fit:
    """What one series of structures gives; `errors` are standard errors of the fit, in the unit of each value.

    `eigenvalue` is the lowest of the force constants at Γ and `curvature` d²E/du² of the frozen mode at u = 0, both
    in eV/Å²: one number by two ways. `onsite` is the quartic polynomial over the sampled amplitudes; its 2κ differs
    from the curvature by what terms of sixth order do there.
    `u` (mode, 3) Å, `energy`, `force` (mode,) are the frozen modes, energies against the cubic cell.
    """

    lattice_constant: float
    edge: float
    bulk_modulus: float
    elastic: dict[str, float]
    eigenvector: Vector
    eigenvalue: float
    curvature: float
    onsite: dict[str, float]
    coupling: dict[str, float]
    errors: dict[str, float]
    u: Vector
    energy: Vector
    force: Vector
    edges: Vector
    volume_energies: Vector
    unused: tuple[str, ...]

    @property
    def disagreement(self) -> float:
        """By how much of itself the curvature of the frozen mode differs from the eigenvalue."""
        return abs(self.curvature / self.eigenvalue - 1)

    def modelled(self, u: Vector) -> Vector:
        """Energy of the fit at modes u (…, 3) Å, eV."""
        return onsite_energy(self.onsite, u)


def onsite_energy(onsite: dict[str, float], u: Vector) -> Vector:
    """κu² + αu⁴ + γ(ux²uy² + …) at u (…, 3)."""
    square = u**2
    total = square.sum(-1)
    mixed = (total**2 - (square**2).sum(-1)) / 2
    energy: Vector = onsite["kappa"] * total + onsite["alpha"] * total**2 + onsite["gamma"] * mixed
    return energy


def fit(structures: list[Atoms], material: str) -> Fit:
    """Fit everything from one series of structures.

    Raises ValueError naming the structures that are missing, ArithmeticError for an E(a) without a minimum
    inside its range and for a cubic phase that has no soft mode.
    """
    found = reading.sort(structures, material)
    edge = _reference_edge(found)
    reference = [c for c in found.cubic if abs(c.edge - edge) < 2e-5]
    _complete(found, edge, reference)
    edges = np.array([c.edge for c in found.cubic])
    energies = np.array([c.energy for c in found.cubic])
    lattice_constant, edge_error, bulk = force_constants.equation_of_state(edges, energies)
    if abs(lattice_constant / edge - 1) > 2e-3:
        raise ValueError(
            f"the distorted cells have the edge {edge:.4f} Å, but E(a) has its minimum at {lattice_constant:.4f} Å: "
            "distort the cell of the minimum."
        )
    shift = np.array([c.displacement[:, 2] for c in found.displaced])
    pulls = np.array([c.forces[:, 2] for c in found.displaced])
    eigenvalue, eigenvector = force_constants.soft_mode(
        force_constants.matrix(np.where(np.abs(shift) > reading.STILL, shift, 0), pulls)
    )
    if eigenvalue >= 0:
        raise ArithmeticError(
            f"cubic {material} is stable against every polar displacement at Γ (lowest force constant "
            f"{eigenvalue:+.3f} eV/Å²): it has no soft mode to build an effective Hamiltonian on."
        )
    frozen, u = _along(found, eigenvector)
    _three_directions(u)
    force = _on_mode(frozen, u, eigenvector)
    onsite, errors = _onsite(u, force)
    elastic = _elastic(found.strained, reference[0])
    coupling, coupling_errors = _coupling(frozen, u, reference[0])
    return Fit(
        lattice_constant=lattice_constant,
        edge=edge,
        bulk_modulus=bulk,
        elastic=elastic,
        eigenvector=eigenvector,
        eigenvalue=eigenvalue,
        curvature=_curvature(u, force),
        onsite=onsite,
        coupling=coupling,
        errors={"lattice_constant": edge_error, **errors, **coupling_errors},
        u=u,
        energy=np.array([c.energy - reference[0].energy for c in frozen]),
        force=force,
        edges=edges,
        volume_energies=energies,
        unused=tuple(found.unused),
    )


def _reference_edge(found: reading.Sorted) -> float:
    edges = np.array([c.edge for c in found.displaced + found.modes])
    if not len(edges):
        raise ValueError("no structure has displaced atoms: neither force constants nor frozen modes are there.")
    if np.ptp(edges) > 2e-5:
        raise ValueError(
            f"displaced structures have cells between {edges.min():.4f} and {edges.max():.4f} Å: all need the edge of "
            "the minimum of E(a). Write functional=, cutoff= and kpoints= if the file holds several series."
        )
    return float(edges.mean())


def _complete(found: reading.Sorted, edge: float, reference: list[Cell]) -> None:
    """Raise ValueError naming every structure that the fit lacks."""
    lacks = []
    volumes = len({round(c.edge, 3) for c in found.cubic})
    if volumes < 5:
        lacks.append(f"five cubic cells of different edges (there are {volumes})")
    if not reference:
        lacks.append(f"the undistorted cubic cell of edge {edge:.4f} Å")
    cubic = edge * np.eye(3)
    strains = [np.abs(c.deformation - cubic) > 1e-5 for c in found.strained]
    if not any(s[2, 2] and s.sum() == 1 for s in strains):
        lacks.append("a uniaxial strain along z at the edge of the minimum")
    if not any(s[1, 2] and not s[0, 1] and not s[0, 2] for s in strains):
        lacks.append("a shear strain yz at the edge of the minimum")
    for atom, name in enumerate(distortions.ATOMS[:4]):
        sizes = {round(abs(c.displacement[atom, 2]), 3) for c in found.displaced if c.moved[atom]}
        if len(sizes) < 2:
            lacks.append(f"{name} displaced along z by two amplitudes (there are {len(sizes)})")
    if lacks:
        raise ValueError(f"the fit lacks {'; '.join(lacks)}.")


def _along(found: reading.Sorted, eigenvector: Vector) -> tuple[list[Cell], Vector]:
    """Frozen modes along the eigenvector and their u (mode, 3) in Å; others are listed as unused."""
    patterns = distortions.pattern(eigenvector)
    kept, amplitudes = [], []
    for cell in found.modes:
        u = np.einsum("ac,dac->d", cell.displacement, patterns)
        rest = cell.displacement - np.einsum("d,dac->ac", u, patterns)
        if np.linalg.norm(rest) > 0.03 * np.linalg.norm(cell.displacement):
            found.unused.append(f"{cell.name}: displaced by other than the soft mode")
        else:
            kept.append(cell)
            amplitudes.append(u)
    return kept, np.array(amplitudes).reshape(-1, 3)


def _three_directions(u: Vector) -> None:
    """Raise ValueError unless 001 is there with two amplitudes, 011 and 111 with one at least."""
    small = np.abs(u) < 1e-3
    lacks = []
    for name, still, number in (("001", 2, 2), ("011", 1, 1), ("111", 0, 1)):
        there = len(np.unique(np.round(np.linalg.norm(u[small.sum(1) == still], axis=1), 3)))
        if there < number:
            lacks.append(f"the soft mode frozen in along {name} at {number} amplitudes or more (there are {there})")
    if lacks:
        raise ValueError(f"the fit lacks {'; '.join(lacks)}.")


def _on_mode(frozen: list[Cell], u: Vector, eigenvector: Vector) -> Vector:
    """Force on the mode along itself, -∂E/∂|u| (mode,), eV/Å."""
    patterns = distortions.pattern(eigenvector)
    units = u / np.linalg.norm(u, axis=1)[:, None]
    forces: Vector = np.einsum("mac,dac,md->m", np.array([c.forces for c in frozen]), patterns, units)
    return forces


def _curvature(u: Vector, force: Vector) -> float:
    """d²E/du² at u = 0 along 001, from -F/u = 2κ + 4αu² + 6k u⁴; without the last for two amplitudes."""
    along = (np.abs(u) < 1e-3).sum(1) == 2
    size = np.linalg.norm(u[along], axis=1)
    order = 2 if len(np.unique(np.round(size, 3))) > 2 else 1
    return float(np.polynomial.Polynomial.fit(size**2, -force[along] / size, order)(0))


def _onsite(u: Vector, force: Vector) -> tuple[dict[str, float], dict[str, float]]:
    """κ, α and γ by least squares of F/u over all frozen modes: 2κ + 4 [α + γ Σ ûi²ûj²] u² = -F/u.

    So each amplitude counts alike; the forces themselves would leave κ, the least of them, to the largest u.
    """
    size = np.linalg.norm(u, axis=1)
    mixed = (1 - ((u / size[:, None]) ** 4).sum(1)) / 2
    rows = np.column_stack([2 * np.ones_like(size), 4 * size**2, 4 * mixed * size**2])
    found, errors = _least_squares(rows, -force / size)
    names = ("kappa", "alpha", "gamma")
    return dict(zip(names, found, strict=True)), dict(zip(names, errors, strict=True))


def _least_squares(rows: Vector, values: Vector) -> tuple[list[float], list[float]]:
    """Coefficients and their standard errors, zero where there is no degree of freedom left."""
    found, *_ = np.linalg.lstsq(rows, values, rcond=None)
    free = len(values) - rows.shape[1]
    spread = float(((rows @ found - values) ** 2).sum() / free) if free > 0 else 0.0
    covariance = np.linalg.inv(rows.T @ rows) * spread
    return found.tolist(), np.sqrt(np.diag(covariance)).tolist()


def _work(cell: Cell, reference: Cell) -> Vector:
    """dE/dη per cell in eV (Voigt, engineering shear) at fixed displacements in Å, against the cubic cell.

    First Piola–Kirchhoff stress times volume, V σ F⁻ᵀ. A stress moves atoms with the cell; displacements in Å, of
    which u is one, stay if the virial Σ F d is added. The Pulay stress of a finite cutoff is isotropic, its V σ
    the same in every cell of one cutoff: the reference's is subtracted as such.
    """
    pulay = reference.volume * np.trace(reference.stress) / 3 * np.eye(3)
    strain = cell.deformation / reference.edge
    work = (cell.volume * cell.stress - pulay) @ np.linalg.inv(strain).T + cell.forces.T @ cell.displacement
    return voigt.components((work + work.T) / 2)


def _elastic(strained: list[Cell], reference: Cell) -> dict[str, float]:
    """B11, B12 and B44 in eV from the stresses under small strains: B η, and a square term where two signs are."""
    axial, shear = [], []
    for cell in strained:
        strain = cell.deformation / reference.edge - np.eye(3)
        if abs(strain[1, 2]) > 1e-5:
            shear.append((2 * strain[1, 2], _work(cell, reference)[3]))
        else:
            axial.append((strain[2, 2], *_work(cell, reference)[[2, 0]]))
    eta, along, across = np.array(axial).T
    terms = np.column_stack([eta, eta**2]) if len(np.unique(np.sign(eta))) > 1 else eta[:, None]
    b11, b12 = np.linalg.lstsq(terms, np.column_stack([along, across]), rcond=None)[0][0]
    twist, work = np.array(shear).T
    return {"B11": float(b11), "B12": float(b12), "B44": float(twist @ work / (twist @ twist))}


def _coupling(frozen: list[Cell], u: Vector, reference: Cell) -> tuple[dict[str, float], dict[str, float]]:
    """B1xx, B1yy and B4yz in eV/Å² from the stresses of the frozen modes.

    dE/dη1 = ½ [B1xx ux² + B1yy (uy² + uz²)], dE/dη4 = B4yz uy uz.
    """
    rows, values = [], []
    for cell, v in zip(frozen, u, strict=True):
        work = _work(cell, reference)
        for axis in range(3):
            rows.append([v[axis] ** 2 / 2, (v @ v - v[axis] ** 2) / 2, 0.0])
            values.append(work[axis])
            rows.append([0.0, 0.0, v[(axis + 1) % 3] * v[(axis + 2) % 3]])
            values.append(work[3 + axis])
    table, right = np.array(rows), np.array(values)
    names = ("B1xx", "B1yy", "B4yz")
    normal, shear = table[:, 2] == 0, table[:, 2] != 0
    (b1xx, b1yy), (e1xx, e1yy) = _least_squares(table[normal][:, :2], right[normal])
    (b4yz,), (e4yz,) = _least_squares(table[shear][:, 2:], right[shear])
    return dict(zip(names, (b1xx, b1yy, b4yz), strict=True)), dict(zip(names, (e1xx, e1yy, e4yz), strict=True))
