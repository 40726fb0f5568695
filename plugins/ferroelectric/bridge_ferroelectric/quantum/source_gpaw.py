"""The live source: GPAW, plane waves, one new calculator for every structure.

Runs by itself too, to fill a file that survives an interruption:
``python -m bridge_ferroelectric.quantum.source_gpaw batio3.extxyz --cutoff 600 --kpoints 8``.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import read, write

from bridge_ferroelectric.quantum import distortions, force_constants

LIBXC = {"LDA": "LDA", "PBE": "PBE", "PBEsol": "PBEsol", "Wu-Cohen": "GGA_X_WC+GGA_C_PBE"}
"""GPAW's names of the functionals."""

OWN_SETUPS = ("LDA", "PBE")
"""Functionals that GPAW ships atomic setups for; the others are given the PBE setups."""

CONVERGENCE = {"energy": 1e-6, "density": 1e-5, "eigenstates": 1e-8, "forces": 1e-4}
"""eV, electrons and eV² a valence electron, eV/Å."""

SMEARING = 0.01
"""Fermi–Dirac width in eV: far below the gap, so that occupations are whole numbers."""

MISSING = (
    'source="gpaw" runs GPAW, which is not installed here. `make dft` installs it with its libraries, or, on Debian, '
    'apt-get install gcc libxc-dev libfftw3-dev libopenblas-dev, then pip install "scalebridge-ferroelectric[gpaw]" '
    'with GPAW_CONFIG naming a siteconfig.py (see plugins/ferroelectric/README.md). source="dataset" needs none of it.'
)


@dataclass(frozen=True)
class Settings:
    """Numerics of one series of calculations: cutoff in eV, n × n × n Monkhorst–Pack points."""

    functional: str = "LDA"
    cutoff: float = 600.0
    kpoints: int = 8


def calculate(atoms: Atoms, settings: Settings, iterations: int = 200) -> Atoms:
    """Energy (eV), forces (eV/Å) and stress (eV/Å³) of one structure, with its settings in `info`.

    Monkhorst–Pack points: for an even n none of them is Γ, which converges faster here than a mesh
    centred at Γ. Raises RuntimeError without GPAW, and when self-consistency is not reached in `iterations`.
    """
    try:
        from gpaw import GPAW, PW, KohnShamConvergenceError
    except ModuleNotFoundError:
        raise RuntimeError(MISSING) from None

    atoms = atoms.copy()
    n = settings.kpoints
    started = time.process_time()
    atoms.calc = GPAW(  # a new one each time: symmetry is fixed when a calculator is built
        mode=PW(settings.cutoff),
        xc=LIBXC[settings.functional],
        setups=_setups(atoms, settings.functional),
        kpts={"size": (n, n, n), "gamma": False},
        occupations={"name": "fermi-dirac", "width": SMEARING},
        convergence=CONVERGENCE,
        maxiter=iterations,
        txt=None,
    )
    try:
        energy, forces, stress = atoms.get_potential_energy(), atoms.get_forces(), atoms.get_stress()
    except KohnShamConvergenceError:
        raise RuntimeError(
            f"no self-consistency for {atoms.symbols} with the cell {np.round(atoms.cell.lengths(), 4)} Å and the "
            f"fractional positions {np.round(atoms.get_scaled_positions(), 4).tolist()} in {iterations} iterations. "
            f"Write iterations={2 * iterations}, or a larger cutoff than {settings.cutoff:g} eV."
        ) from None
    done = Atoms(atoms.symbols, positions=atoms.positions, cell=atoms.cell, pbc=True)
    done.calc = SinglePointCalculator(done, energy=energy, forces=forces, stress=stress)
    done.info.update(provenance(settings), seconds=round(time.process_time() - started, 1))
    return done


def _setups(atoms: Atoms, functional: str) -> Any:
    """GPAW's own setups, or, for a functional that it ships none for, those of PBE under its name."""
    if functional in OWN_SETUPS:
        return "paw"
    from gpaw.setup_data import SetupData
    from gpaw.xc import XC

    setups = {}
    for symbol in set(atoms.symbols):
        setups[symbol] = SetupData(symbol, "PBE", readxml=True)
        setups[symbol].setupname = XC(LIBXC[functional]).get_setup_name()
    return setups


def provenance(settings: Settings) -> dict[str, Any]:
    """What is written beside every structure: units, settings, versions."""
    from gpaw import get_libraries

    setups = settings.functional if settings.functional in OWN_SETUPS else "PBE, redirected"
    return {
        "energy_unit": "eV",
        "length_unit": "angstrom",
        "functional": settings.functional,
        "cutoff": settings.cutoff,
        "kpoints": settings.kpoints,
        "mesh": "Monkhorst-Pack, not centred at Gamma",
        "smearing": f"Fermi-Dirac {SMEARING:g} eV",
        "convergence": " ".join(f"{name}={value:g}" for name, value in CONVERGENCE.items()),
        "setups": f"gpaw-data {version('gpaw-data')} {setups}",
        "code": f"GPAW {version('gpaw')} libxc {get_libraries()['libxc']} "
        f"ase {version('ase')} numpy {version('numpy')}",
        "computed_by": "bridge_ferroelectric.quantum.source_gpaw",
        "computed_on": f"{datetime.date.today()} {_processor()}",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def series(
    material: str, settings: Settings, guess: float, done: Iterable[Atoms] = (), iterations: int = 200
) -> Iterator[Atoms]:
    """Compute all distortions of one perovskite, each yielded as it comes; what `done` holds is not run again.

    E(a) comes first, since all other cells have its edge; then strains and displacements, whose forces give
    the eigenvector; then that mode frozen in. `guess` is the edge in angstrom about which E(a) is sampled.
    """
    have = [atoms for atoms in done if _same_settings(atoms, settings)]

    def each(wanted: list[Atoms]) -> Iterator[Atoms]:
        for atoms in wanted:
            found = next((old for old in have if _same_structure(old, atoms)), None)
            yield found if found is not None else calculate(atoms, settings, iterations)

    cubic = []
    for atoms in each(distortions.volumes(material, guess)):
        cubic.append(atoms)
        yield atoms
    energies = np.array([atoms.get_potential_energy() for atoms in cubic])
    edge, *_ = force_constants.equation_of_state(np.array([a.cell[0, 0] for a in cubic]), energies)
    edge = round(edge, 4)
    yield from each(distortions.strains(material, edge))
    moved = []
    for atoms in each(distortions.displacements(material, edge)):
        moved.append(atoms)
        yield atoms
    shift = np.array([(a.positions - distortions.cell(material, edge).positions)[:, 2] for a in moved])
    forces = np.array([a.get_forces()[:, 2] for a in moved])
    _, eigenvector = force_constants.soft_mode(force_constants.matrix(np.round(shift, 6), forces))
    yield from each(distortions.modes(material, edge, np.round(eigenvector, 5)))


def _same_settings(atoms: Atoms, settings: Settings) -> bool:
    kept = tuple(atoms.info.get(name) for name in ("functional", "cutoff", "kpoints"))
    return kept == (settings.functional, settings.cutoff, settings.kpoints)


def _same_structure(one: Atoms, other: Atoms) -> bool:
    return (
        list(one.symbols) == list(other.symbols)
        and np.allclose(one.cell, other.cell, atol=1e-6)
        and np.allclose(one.positions, other.positions, atol=1e-6)
    )


def main(arguments: list[str] | None = None) -> None:
    """Append one series to an extxyz file, skipping what stands there."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--material", default="BaTiO3", choices=list(distortions.GUESS))
    parser.add_argument("--functional", default="LDA", choices=list(LIBXC))
    parser.add_argument("--cutoff", type=float, default=600.0)
    parser.add_argument("--kpoints", type=int, default=8)
    parser.add_argument("--guess", type=float, default=0.0, help="edge in angstrom about which E(a) is sampled")
    asked = parser.parse_args(arguments)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    settings = Settings(asked.functional, asked.cutoff, asked.kpoints)
    guess = asked.guess or distortions.known_edge(asked.material, asked.functional)
    done = list(read(asked.file, ":")) if asked.file.exists() else []
    known = set(map(id, done))
    for count, atoms in enumerate(series(asked.material, settings, guess, done), 1):
        if id(atoms) not in known:
            write(asked.file, atoms, format="extxyz", append=True)
        print(count, settings, f"{atoms.get_potential_energy():.6f} eV", atoms.info["seconds"], "s", flush=True)


if __name__ == "__main__":
    main()
