"""Files of energies, forces and stresses: read, refused where something is unsaid, and sorted by geometry."""

from __future__ import annotations

import gzip
import hashlib
import io
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io import read, write
from numpy.typing import NDArray

from bridge_ferroelectric import voigt
from bridge_ferroelectric.quantum import distortions

Vector = NDArray[np.float64]

UNITS = {"energy_unit": "eV", "length_unit": "angstrom"}
"""What a file must declare in each structure: forces are then eV/Å and stresses eV/Å³, ASE's sign."""

STILL = 2e-4
"""Displacement in angstrom below which an atom counts as at its site."""


@dataclass(frozen=True)
class Cell:
    """One structure as the fit sees it, sites in the order of `distortions.ATOMS`.

    `deformation` (3, 3) is the cell over 1 Å, `displacement` (5, 3) in Å from the sites, `forces` (5, 3) in
    eV/Å, `stress` (3, 3) in eV/Å³.
    """

    name: str
    deformation: Vector
    displacement: Vector
    energy: float
    forces: Vector
    stress: Vector

    @property
    def volume(self) -> float:
        """Å³."""
        return float(abs(np.linalg.det(self.deformation)))

    @property
    def edge(self) -> float:
        """Edge of the cube of this volume, Å."""
        return float(np.cbrt(self.volume))

    @property
    def cubic(self) -> bool:
        """Whether the cell is a cube."""
        return bool(np.allclose(self.deformation, self.edge * np.eye(3), atol=1e-5))

    @property
    def moved(self) -> NDArray[np.bool_]:
        """Which sites are left, (5,)."""
        moved: NDArray[np.bool_] = np.abs(self.displacement).max(1) > STILL
        return moved


@dataclass
class Sorted:
    """Structures by what they tell."""

    cubic: list[Cell] = field(default_factory=list)
    strained: list[Cell] = field(default_factory=list)
    displaced: list[Cell] = field(default_factory=list)
    modes: list[Cell] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)


DATASET = ("batio3_lda.extxyz", "eee1cd838aca780a408a50f174f97e9c572f9ae91e5e5f36053cd42e44b7daa4")
"""The results that come with the plugin, and their SHA-256: a digest here makes them part of a model's code."""


def committed() -> bytes:
    """The results that come with the plugin. Raises RuntimeError if they are not those of this version."""
    name, digest = DATASET
    content = (Path(__file__).parent / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise RuntimeError(
            f"{name} is not the file of this version: its SHA-256 differs from the one in reading.py. Install the "
            "plugin again; give structures of your own as dataset=File.read('…')."
        )
    return content


def frames(content: bytes) -> list[Atoms]:
    """Structures of an extxyz file (gzip or not) or an ASE database. Raises ValueError."""
    if content.startswith(b"SQLite format 3"):
        return _database(content)
    try:
        text = (gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content).decode()
        found = read(io.StringIO(text), index=":", format="extxyz")
    except Exception as reason:
        raise ValueError(f"the file is neither extended XYZ nor an ASE database (SQLite): {reason}.") from None
    if not found:
        raise ValueError("the file holds no structures.")
    return list(found)


def _database(content: bytes) -> list[Atoms]:
    from ase.db import connect

    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "structures.db"
        path.write_bytes(content)
        for row in connect(path).select():
            atoms = row.toatoms()
            atoms.info.update(row.key_value_pairs)
            found.append(atoms)
    if not found:
        raise ValueError("the database holds no structures.")
    return found


def text(structures: list[Atoms]) -> bytes:
    """The structures as an extxyz file."""
    target = io.StringIO()
    write(target, structures, format="extxyz")
    return target.getvalue().encode()


def check(structures: list[Atoms]) -> None:
    """Refuse a structure without declared units, energy, forces or stress. Raises ValueError, naming it."""
    for number, atoms in enumerate(structures):
        name = f"structure {number} ({atoms.symbols})"
        for key, unit in UNITS.items():
            said = atoms.info.get(key)
            if said != unit:
                raise ValueError(
                    f"{name} {'declares no ' + key if said is None else f'has {key}={said}'}. Write {key}={unit} "
                    "beside the properties of every structure (extxyz: its comment line; ASE database: a key), with "
                    "forces in eV/Å and stress in eV/Å³, tension positive."
                )
        results = {} if atoms.calc is None else atoms.calc.results
        lacks = [what for what in ("energy", "forces", "stress") if results.get(what) is None]
        if lacks:
            raise ValueError(f"{name} has no {' and no '.join(lacks)}: energy, forces and stress are all needed.")


def series(structures: list[Atoms], functional: str, cutoff: float, kpoints: int) -> list[Atoms]:
    """Those computed with one functional, cutoff (eV) and mesh; a file that does not say is one series.

    Raises ValueError where none are, naming what there is.
    """
    asked = {"functional": functional, "cutoff": cutoff, "kpoints": kpoints}

    def fits(atoms: Atoms) -> bool:
        return all(key not in atoms.info or _equal(atoms.info[key], value) for key, value in asked.items())

    kept = [atoms for atoms in structures if fits(atoms)]
    if not kept:
        there = "; ".join(f"{f} {c:g} eV {k}×{k}×{k}" for f, c, k in settings(structures))
        raise ValueError(
            f"no structure was computed with {functional}, {cutoff:g} eV and {kpoints}×{kpoints}×{kpoints} points. "
            f"There are: {there}. Write functional=, cutoff= and kpoints= of one of these, or source='gpaw'."
        )
    return kept


def settings(structures: list[Atoms]) -> list[tuple[str, float, int]]:
    """Functional, cutoff and mesh of every series that says all three, in the order of their quality."""
    keys = ("functional", "cutoff", "kpoints")
    found = {tuple(a.info[k] for k in keys) for a in structures if all(k in a.info for k in keys)}
    return sorted(((str(f), float(c), int(k)) for f, c, k in found), key=lambda s: (s[0], s[1], s[2]))


def _equal(one: object, other: object) -> bool:
    if isinstance(other, str):
        return str(one) == other
    return bool(np.isclose(float(str(one)), float(str(other))))


def said(structures: list[Atoms]) -> str:
    """What structures say of their making: code, setups, convergence, who and when."""
    keys = ("code", "setups", "mesh", "smearing", "convergence", "computed_by", "computed_on")
    found = {key: sorted({str(a.info[key]) for a in structures if key in a.info}) for key in keys}
    return "; ".join(f"{key} {' / '.join(values)}" for key, values in found.items() if values) or "no code named"


def by_site(atoms: Atoms, material: str, number: int) -> Cell:
    """Match the atoms with the sites of the perovskite. Raises ValueError where they do not."""
    a, b = distortions.species(material)
    name = f"structure {number} ({atoms.symbols})"
    if sorted(atoms.symbols) != sorted([a, b, "O", "O", "O"]):
        raise ValueError(f"{name} is not one cell of {material}. Write material= as its formula, such as 'BaTiO3'.")
    deformation = np.asarray(atoms.cell, float)
    if np.abs(deformation - deformation.T).max() > 1e-5:
        raise ValueError(
            f"{name}: its cell {np.round(deformation, 5).tolist()} is turned. Write a cell a0 (1 + η) with a symmetric "
            "strain η, the cubic axes along x, y, z."
        )
    fractional = atoms.get_scaled_positions(wrap=False)
    order: list[int] = []
    for site, symbol in zip(distortions.SITES, (a, b, "O", "O", "O"), strict=True):
        off = fractional - site
        far = np.linalg.norm((off - np.round(off)) @ deformation, axis=1)
        far[[i for i, s in enumerate(atoms.symbols) if s != symbol or i in order]] = np.inf
        order.append(int(far.argmin()))
        if far.min() > 0.5:
            raise ValueError(
                f"{name}: no {symbol} within 0.5 Å of the site {site.tolist()} (A at the origin, B centred)."
            )
    off = fractional[order] - distortions.SITES
    displacement = (off - np.round(off)) @ deformation
    stress = voigt.tensor(atoms.get_stress())
    return Cell(name, deformation, displacement, atoms.get_potential_energy(), atoms.get_forces()[order], stress)


def sort(structures: list[Atoms], material: str) -> Sorted:
    """Sort structures by geometry: cubes, strained cells, one atom moved along z, several atoms moved."""
    found = Sorted()
    for number, atoms in enumerate(structures):
        cell = by_site(atoms, material, number)
        moved = int(cell.moved.sum())
        if moved == 0:
            (found.cubic if cell.cubic else found.strained).append(cell)
        elif not cell.cubic:
            found.unused.append(f"{cell.name}: strained and displaced at once")
        elif moved > 1:
            found.modes.append(cell)
        elif np.abs(cell.displacement[:, :2]).max() > STILL:
            found.unused.append(f"{cell.name}: one atom moved, not along z")
        else:
            found.displaced.append(cell)
    return found
