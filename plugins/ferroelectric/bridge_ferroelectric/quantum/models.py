"""From electrons to an effective Hamiltonian: ports of the quantum stage."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from bridge import File, Picture, Within, model
from bridge_ferroelectric.interfaces import ELECTRONS, Hamiltonian, Positive
from bridge_ferroelectric.records import Material

if TYPE_CHECKING:
    from ase import Atoms

    from bridge_ferroelectric.quantum.fit import Fit

Array = NDArray[np.float64]
Functional = Literal["LDA", "PBE", "PBEsol", "Wu-Cohen"]
NO_FILE = File(b"")


@dataclass(frozen=True)
class Onsite:
    """What one cell decides: E = κu² + αu⁴ + γ(ux²uy² + …) at clamped strain, elasticity and its coupling.

    `kappa` is the total one, half the curvature of a uniform mode: short range and dipoles are in it.
    """

    material: str
    functional: str
    source: str
    lattice_constant: Annotated[float, "angstrom", Positive]
    B11: Annotated[float, "eV", Positive]
    B12: Annotated[float, "eV"]
    B44: Annotated[float, "eV", Positive]
    B1xx: Annotated[float, "eV/angstrom^2"]
    B1yy: Annotated[float, "eV/angstrom^2"]
    B4yz: Annotated[float, "eV/angstrom^2"]
    kappa: Annotated[float, "eV/angstrom^2"]
    alpha: Annotated[float, "eV/angstrom^4"]
    gamma: Annotated[float, "eV/angstrom^4"]


@dataclass(frozen=True)
class Errors:
    """Standard errors of the fit; `kappa` is that of κ with the steps of the convergence ladder in it."""

    lattice_constant: Annotated[float, "angstrom", Within(0)]
    B1xx: Annotated[float, "eV/angstrom^2", Within(0)]
    B1yy: Annotated[float, "eV/angstrom^2", Within(0)]
    B4yz: Annotated[float, "eV/angstrom^2", Within(0)]
    kappa_fit: Annotated[float, "eV/angstrom^2", Within(0)]
    kappa: Annotated[float, "eV/angstrom^2", Within(0)]
    alpha: Annotated[float, "eV/angstrom^4", Within(0)]
    gamma: Annotated[float, "eV/angstrom^4", Within(0)]


@dataclass(frozen=True)
class Convergence:
    """The same fit at every cutoff and n × n × n mesh that the structures hold in full; empty if they state none."""

    cutoff: Annotated[Array, "eV", ("setting",)]
    kpoints: Annotated[NDArray[np.int64], "1", ("setting",)]
    lattice_constant: Annotated[Array, "angstrom", ("setting",)]
    kappa: Annotated[Array, "eV/angstrom^2", ("setting",)]
    curvature: Annotated[Array, "eV/angstrom^2", ("setting",)]
    eigenvalue: Annotated[Array, "eV/angstrom^2", ("setting",)]
    alpha: Annotated[Array, "eV/angstrom^4", ("setting",)]
    gamma: Annotated[Array, "eV/angstrom^4", ("setting",)]
    B1xx: Annotated[Array, "eV/angstrom^2", ("setting",)]


@dataclass(frozen=True)
class Quantum:
    """The on-site terms, what they were fitted to, and how well.

    `eigenvector` is over A, B, O∥, O⊥, O⊥ (atom i of a mode u moves by u ξ_i); `eigenvalue` the lowest force
    constant at Γ, `curvature` d²E/du² of the frozen mode at u = 0, `disagreement` the part by which they differ.
    2κ of `onsite` is that of the quartic polynomial over all amplitudes, which terms of sixth order move. The
    frozen modes: `mode` u, `mode_energy` against the cubic cell, `fitted_energy` of the polynomial. `picture` shows
    the wells with their fit. `structures` are those used, with energy, forces, stress and settings (extxyz).
    """

    onsite: Onsite
    errors: Errors
    eigenvector: Annotated[Array, "1", ("atom=5",)]
    eigenvalue: Annotated[float, "eV/angstrom^2"]
    curvature: Annotated[float, "eV/angstrom^2"]
    disagreement: Annotated[float, "1", Within(0)]
    bulk_modulus: Annotated[float, "eV/angstrom^3", Positive]
    mode: Annotated[Array, "angstrom", ("frozen", "component=3")]
    mode_energy: Annotated[Array, "eV", ("frozen",)]
    fitted_energy: Annotated[Array, "eV", ("frozen",)]
    edge: Annotated[Array, "angstrom", ("volume",)]
    edge_energy: Annotated[Array, "eV", ("volume",)]
    convergence: Convergence
    structures: Annotated[File, "chemical/x-extxyz"]
    picture: Picture
    provenance: str


@dataclass(frozen=True)
class Assembled:
    """The effective Hamiltonian; `remark` says what it was put together from, and what speaks against that."""

    hamiltonian: Hamiltonian
    remark: str
    file: Annotated[File, "application/json"]


@model("ferroelectric.quantum", scale=ELECTRONS, depends=["ase"])
def quantum(
    source: Literal["dataset", "gpaw"] = "dataset",
    material: str = "BaTiO3",
    functional: Functional = "LDA",
    dataset: File = NO_FILE,
    *,
    cutoff: Annotated[float, "eV", Within(200, 2000)] = 600.0,
    kpoints: Annotated[int, Within(2, 16)] = 8,
    guess: Annotated[float, "angstrom", Within(0, 6)] = 0.0,
    iterations: Annotated[int, Within(1)] = 200,
) -> Quantum:
    """On-site terms of a perovskite from energies, forces and stresses of its cell.

    `source="dataset"` fits results that exist: `dataset`, a file of one's own (extxyz or an ASE database,
    each structure with energy, forces, stress, energy_unit=eV and length_unit=angstrom), or those that come
    with the plugin, computed by the live source (BaTiO3, LDA; 600 eV at 4³, 6³ and 8³ points, 800 eV at 4³).
    `source="gpaw"` computes them now, a new GPAW calculator for every structure (about 45 minutes at 8³);
    what `dataset` holds of them is not computed again. `guess` is the edge about which E(a) is sampled, 0 a known
    one; `iterations` bounds the self-consistency. Structures are told apart by their geometry: cubes
    (E(a), a minimum inside), strained cells (B11, B12, B44), single atoms moved along z (force constants
    at Γ, whose softest vector is the mode), the mode frozen in along 001, 011 and 111: κ, α and γ
    from the forces on it, B1xx, B1yy and B4yz from the stresses, at clamped strain and displacements in Å.

    Raises ValueError for structures that are missing or say no units or stress, RuntimeError without GPAW or
    without self-consistency, ArithmeticError for an E(a) without a minimum inside, a cubic phase without
    soft mode, and an eigenvalue that differs from the curvature of the frozen mode by more than 3 %.

    W. Zhong, D. Vanderbilt and K. M. Rabe, Phys. Rev. B 52, 6301 (1995), section III.
    """
    from bridge_ferroelectric.quantum import convergence, fit, picture, reading

    given = reading.frames(dataset.content) if dataset.content else []
    if source == "gpaw":
        every, origin = _live(material, functional, given, (cutoff, kpoints, guess, iterations))
    elif given:
        every, origin = given, f"a file of {len(given)} structures: {reading.said(given)}"
    else:
        every, origin = _committed(material, functional)
    reading.check(every)
    used = reading.series(every, functional, cutoff, kpoints)
    found = fit.fit(used, material)
    if found.disagreement > fit.AGREEMENT:
        raise ArithmeticError(
            f"the softest force constant at Γ is {found.eigenvalue:.3f} eV/Å², the curvature of the frozen mode "
            f"{found.curvature:.3f} eV/Å²: they differ by {found.disagreement:.1%}, more than {fit.AGREEMENT:.0%}. "
            f"Write a finer mesh than kpoints={kpoints} or a higher cutoff than {cutoff:g} eV."
        )
    ladder = convergence.ladder(every, material, functional)
    stated = f"{cutoff:g} eV, {kpoints}×{kpoints}×{kpoints} points" if ladder else "cutoff and k-points not stated"
    spread, said = convergence.uncertainty(found, (cutoff, kpoints), ladder)
    where = (
        f"{material}, {functional}, {stated}; {origin}. "
        f"± of κ from {said} eV/Å². Not used: {'; '.join(found.unused) or 'none'}."
    )
    return Quantum(
        onsite=Onsite(
            material=material,
            functional=functional,
            source=f"{material}, {functional}, {stated}, fitted by ferroelectric.quantum",
            lattice_constant=found.lattice_constant,
            **found.elastic,
            **found.coupling,
            **found.onsite,
        ),
        errors=Errors(
            kappa=spread,
            kappa_fit=found.errors["kappa"],
            **{k: v for k, v in found.errors.items() if k != "kappa"},
        ),
        eigenvector=found.eigenvector,
        eigenvalue=found.eigenvalue,
        curvature=found.curvature,
        disagreement=found.disagreement,
        bulk_modulus=found.bulk_modulus,
        mode=found.u,
        mode_energy=found.energy,
        fitted_energy=found.modelled(found.u),
        edge=found.edges,
        edge_energy=found.volume_energies,
        convergence=_convergence(ladder),
        structures=File(reading.text(used), "chemical/x-extxyz"),
        picture=picture.draw(found, f"{material}, {functional}"),
        provenance=where,
    )


def _live(
    material: str, functional: str, given: list[Atoms], numerics: tuple[float, int, float, int]
) -> tuple[list[Atoms], str]:
    """Structures computed now, except those given, and what to say of their origin."""
    from bridge_ferroelectric.quantum import distortions, reading, source_gpaw

    cutoff, kpoints, guess, iterations = numerics
    distortions.species(material)
    reading.check(given)
    about = guess or distortions.known_edge(material, functional)
    settings = source_gpaw.Settings(functional, cutoff, kpoints)
    every = list(source_gpaw.series(material, settings, about, given, iterations))
    return every, f"computed now by GPAW: {reading.said(every)}"


def _committed(material: str, functional: str) -> tuple[list[Atoms], str]:
    """Structures that come with the plugin, and what to say of their origin."""
    from bridge_ferroelectric.quantum import distortions, reading

    distortions.species(material)
    if material != "BaTiO3" or functional != "LDA":
        raise ValueError(
            f"the results that come with the plugin are BaTiO3 with LDA, not {material} with {functional}. Write "
            "dataset=File.read('structures.extxyz'), or source='gpaw' to compute them."
        )
    every = reading.frames(reading.committed())
    return every, f"results that come with the plugin, SHA-256 {reading.DATASET[1]}: {reading.said(every)}"


def _convergence(ladder: dict[tuple[float, int], Fit]) -> Convergence:
    fits = list(ladder.values())
    return Convergence(
        cutoff=np.array([at[0] for at in ladder], dtype=float),
        kpoints=np.array([at[1] for at in ladder], dtype=np.int64),
        lattice_constant=np.array([f.lattice_constant for f in fits]),
        kappa=np.array([f.onsite["kappa"] for f in fits]),
        curvature=np.array([f.curvature for f in fits]),
        eigenvalue=np.array([f.eigenvalue for f in fits]),
        alpha=np.array([f.onsite["alpha"] for f in fits]),
        gamma=np.array([f.onsite["gamma"] for f in fits]),
        B1xx=np.array([f.coupling["B1xx"] for f in fits]),
    )


@model("ferroelectric.assemble", scale=ELECTRONS)
def assemble(onsite: Onsite, published: Material = "BaTiO3 ZVR") -> Assembled:
    """An effective Hamiltonian of computed on-site terms and a published record's rest.

    From `published` come the mass, Z*, ε∞, j1 … j7 and the pressures; everything else, the lattice constant too, is
    `onsite`'s. κ2 is its total κ without the short range, 2j1 + j2 + 4j3 + 2j4 + 4j6, and the dipoles of a uniform
    mode, -(2π/3) Z*² e²/(4πε0 ε∞ a0³) (no macroscopic field). Terms of sixth and eighth order are zero: those
    of a record belong to the wells that it was fitted to. Warns where the functionals or the
    materials differ, and says so in `remark`. Raises ArithmeticError for terms that have no minimum.

    W. Zhong, D. Vanderbilt and K. M. Rabe, Phys. Rev. B 52, 6301 (1995), eq. (20) and table II.
    """
    from bridge_ferroelectric import records
    from bridge_ferroelectric.quantum import assembly

    record = records.published(published)
    names = ("lattice_constant", "B11", "B12", "B44", "B1xx", "B1yy", "B4yz", "kappa", "alpha", "gamma")
    terms = {name: getattr(onsite, name) for name in names}
    assembly.bounded(terms)
    name = f"{onsite.material}, {onsite.functional} with {record.name}"
    rest = f"mass, Z*, ε∞, j and pressure of {record.name} ({record.source} SHA-256 {records.digest_of(published)})"
    functional = onsite.functional
    if record.functional != functional:
        functional = f"{functional} on site, {record.functional} between sites"
    hamiltonian = assembly.with_onsite(terms, record, name, functional, f"{onsite.source}; {rest}")
    remark = f"On-site terms: {onsite.source}. {rest[0].upper()}{rest[1:]}. κ2 = {hamiltonian.kappa2:.4f} eV/Å²."
    doubts = assembly.doubts(onsite.material, onsite.functional, record)
    if doubts:
        warnings.warn(doubts, stacklevel=2)
        remark = f"Warning: {doubts} {remark}"
    return Assembled(hamiltonian, remark, records.write(hamiltonian))
