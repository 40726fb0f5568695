"""Programs that others wrote, held against themselves and against published numbers."""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from real_programs import argon, diamond, ranks_of
from small_programs import bar_of, decayed

from bridge import File, external
from bridge.external import ProgramFailed
from bridge.testing import check_model

pytestmark = [pytest.mark.science, pytest.mark.timeout(1200)]

SILICON = Path("/usr/share/abinit/psp/Pseudodojo_nc_sr_04_pw_standard_psp8/Si.psp8")
EV_PER_A3 = 160.21766208  # GPa


@pytest.fixture
def silicon(home: Path) -> File:
    if shutil.which("abinit") is None or not SILICON.is_file():
        pytest.fail("not shown: ABINIT is not here; `make programs`, as root")
    return File.read(SILICON)


def test_the_stress_of_silicon_is_the_derivative_of_its_energy(silicon: File, record_property: Any) -> None:
    """Hellmann and Feynman: at a fixed cutoff, smeared by ecutsm, sigma is dE/dV, to the order of the step squared."""
    edge, step = 5.3, 0.02
    lower, at, upper = (diamond(a, silicon) for a in (edge - step, edge, edge + step))
    assert [one.converged for one in (lower, at, upper)] == [True] * 3
    volumes = [(edge + d) ** 3 / 4 for d in (-step, step)]
    slope = (upper.energy - lower.energy) / (volumes[1] - volumes[0]) * EV_PER_A3
    record_property("asked", "stress of silicon at 5.30 A equals dE/dV by differences, within 0.05 GPa")
    record_property("reached", f"{at.stress:.4f} GPa, {slope:.4f} GPa")
    assert at.stress == pytest.approx(slope, abs=0.05)
    assert at.stress < -1  # compressed: it wants to expand
    assert b"ABINIT" in at.log.content


def test_silicon_has_the_lattice_constant_of_its_functional(silicon: File, record_property: Any) -> None:
    """5.40 A in the local density approximation, at converged settings; measured is 5.43 A."""
    edges = np.linspace(5.3, 5.5, 5)
    energies = [diamond(float(a), silicon, kpoints=4, cutoff=14.0).energy for a in edges]
    c2, c1, _ = np.polyfit(edges - 5.4, energies, 2)
    found = 5.4 - c1 / (2 * c2)
    record_property("asked", "lattice constant of silicon, LDA: 5.40 A within 0.5 %")
    record_property("reached", f"{found:.4f} A")
    assert found == pytest.approx(5.40, rel=0.005)


def test_a_calculation_that_does_not_converge_says_so(silicon: File, record_property: Any) -> None:
    cut, whole = diamond(5.4, silicon, steps=3), diamond(5.4, silicon)
    record_property("asked", "silicon by ABINIT, 3 cycles instead of up to 30: converged is false, and true with 30")
    record_property("reached", "; ".join(f"{one.converged} after {one.cycles} cycles" for one in (cut, whole)))
    assert (cut.converged, cut.cycles) == (False, 3)
    assert whole.converged
    assert whole.cycles > 3


def test_abinit_is_told_off_for_a_broken_pseudopotential_in_its_own_words(silicon: File, record_property: Any) -> None:
    record_property(
        "asked", "a pseudopotential cut off at 2000 bytes: exit status, ABINIT's last words, place of files"
    )
    with pytest.raises(ProgramFailed, match=r"(?s)abinit ended with exit status \d+ .*last words.*kept in") as told:
        diamond(5.4, File(silicon.content[:2000]))
    first, *words, _ = str(told.value).splitlines()
    record_property(
        "reached", f"{first.partition(': ')[2].partition('. ')[0]}, {len(words)} lines of its own, the place"
    )


def test_abinit_keeps_what_its_declaration_promises(silicon: File, record_property: Any) -> None:
    found = check_model(diamond, lattice_constant="5.4 angstrom", pseudopotential=silicon, cutoff="8 hartree")
    record_property("asked", "silicon by ABINIT, run twice: outputs as declared and equal to the last bit")
    record_property("reached", f"{found['energy']!r} eV and {found['stress']!r} GPa, twice; {len(found)} outputs equal")


def test_liquid_argon_diffuses_as_in_rahmans_simulation(home: Path, record_property: Any) -> None:
    """A. Rahman, Phys. Rev. 136, A405 (1964): 864 atoms at 94.4 K and 1.374 g/cm^3, D = 2.43e-5 cm^2/s.

    His box has an edge of 10.229 diameters and the potential ends at 2.25. One origin of time and 864 atoms leave 3 %
    of noise here, and his own is no smaller. D changes by 4 % a kelvin, so that a thermostat (1 ps) is kept on.
    """
    found = argon(94.4, 864 / (10.229 * 0.34) ** 3)
    record_property("asked", "D of liquid argon 2.43e-9 m^2/s (Rahman 1964) within 10 %, with LAMMPS")
    record_property("reached", f"{found.diffusivity:.3e} m^2/s at {found.temperature:.1f} K")
    assert found.temperature == pytest.approx(94.4, abs=0.5)
    assert found.diffusivity == pytest.approx(2.43e-9, rel=0.10)
    later = found.time > found.time[-1] / 4
    slope = np.polyfit(found.time[later], found.displacement[later], 1)[0] / 6  # nm^2/ps = 1e-6 m^2/s
    assert slope * 1e-6 == pytest.approx(found.diffusivity, rel=0.15)


def test_heat_converges_to_the_equation_with_the_square_of_the_cells(heat: Path, record_property: Any) -> None:
    """exp(-pi^2 D t / L^2), the solution of the equation itself; time steps shrink with the cells squared."""
    bar, errors = bar_of(), []
    for cells in (25, 50, 100):
        found = bar(
            0.1, 1e-6, cells=cells - cells % 2, step=0.5 * (50 / cells) ** 2, steps=round(1000 * (cells / 50) ** 2)
        )
        exact = math.exp(-(math.pi**2) * 1e-6 * 500 / 0.01)
        errors.append(abs(found.amplitude - exact))
    order = math.log(errors[1] / errors[2]) / math.log(2)
    record_property("asked", "error of explicit steps falls with the square of the cells: order 2 within 0.1")
    record_property("reached", f"{order:.3f}")
    assert order == pytest.approx(2, abs=0.1)
    assert decayed(0.1, 1e-6) > 0


# On several processors


@pytest.fixture
def ranks(home: Path, programs: Callable[[str], None], tmp_path: Path) -> Path:
    """The MPI program, compiled for MPICH, whose mpirun is named for this machine."""
    compiler, launcher = shutil.which("mpicc.mpich"), shutil.which("mpirun.mpich")
    if compiler is None or launcher is None:
        pytest.fail("not shown: MPICH is not here; `make programs`, as root")
    made = tmp_path / "ranks"
    subprocess.run([compiler, "-O2", "-o", str(made), str(Path(__file__).with_name("ranks.c"))], check=True)
    programs(f'[ranks]\ncommand = ["{made}"]\nlauncher = ["{launcher}", "-n", "{{ranks}}"]\n')
    return made


def test_a_program_runs_on_as_many_ranks_as_its_model_says(ranks: Path, record_property: Any) -> None:
    found = [ranks_of(external.Mpi(many))() for many in (1, 2, 3)]  # type: ignore[operator]
    off = max(abs(one.integral / math.pi - 1) for one in found)
    record_property("asked", "1, 2 and 3 ranks of MPICH, pi from all of them within 1e-12")
    record_property("reached", f"{', '.join(str(one.ranks) for one in found)} ranks; pi at most {off:.0e} off")
    assert [one.ranks for one in found] == [1, 2, 3]
    assert off < 1e-12  # the rule's own error is 1e-13


def test_a_walltime_ends_every_rank(ranks: Path, record_property: Any) -> None:
    import psutil

    begun = time.monotonic()
    with pytest.raises(ProgramFailed, match="its walltime"):
        ranks_of(external.Mpi(2), "2 s")(pause=300.0)  # type: ignore[operator]
    taken = time.monotonic() - begun
    left = [one.pid for one in psutil.process_iter(["exe"]) if one.info["exe"] == str(ranks)]
    record_property("asked", "2 ranks of MPICH that sleep for 300 s, a walltime of 2 s: an error, no rank left")
    record_property("reached", f"an error after {taken:.1f} s, {len(left)} ranks left")
    assert left == []


sys.path.insert(0, str(Path(__file__).parents[1] / "machines"))  # for the SLURM that is started there


@pytest.fixture(scope="module")
def queue() -> Any:
    import slurm

    if absent := slurm.missing():
        pytest.fail(f"not shown: SLURM is not here ({', '.join(absent)}); `make slurm`, as root ({slurm.PACKAGES})")
    with slurm.slurm() as started:
        yield started


@pytest.fixture
def in_queue(queue: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("PATH", "SLURM_CONF"):
        monkeypatch.setenv(name, queue.environment[name])
    return queue


def test_a_stage_is_a_job_of_its_own(
    ranks: Path, in_queue: Any, programs: Callable[[str], None], record_property: Any
) -> None:
    """``srun`` starts MPICH's launcher on the node of the job, which starts the ranks there."""
    inside = f'#!/bin/sh\nexec {shutil.which("mpirun.mpich")} -launcher fork -n 2 {ranks} "$@"\n'
    wrapper = ranks.with_name("in-job")
    wrapper.write_text(inside)
    wrapper.chmod(0o755)
    programs(f'[ranks]\ncommand = ["{wrapper}"]\n')
    before = in_queue.jobs("all")
    job = external.Srun(nodes=1, ranks=1, time="5:00", partition="tests", options=["--cpus-per-task=2"])
    found = ranks_of(job)()  # type: ignore[operator]
    state = in_queue.jobs("all").get(found.job)
    record_property("asked", "2 ranks by srun in a SLURM of one node: a job that was not there before, completed")
    record_property(
        "reached", f"job {found.job} {state}, {found.ranks} ranks, pi {found.integral / math.pi - 1:.0e} off"
    )
    assert (found.ranks, found.integral) == (2, pytest.approx(math.pi, rel=1e-12))
    assert found.job not in before
    assert state == "COMPLETED"


def test_a_job_that_is_given_up_leaves_the_queue(
    ranks: Path, in_queue: Any, programs: Callable[[str], None], record_property: Any
) -> None:
    programs(f'[ranks]\ncommand = ["{ranks}"]\n')
    begun = time.monotonic()
    with pytest.raises(ProgramFailed, match="its walltime"):
        ranks_of(external.Srun(ranks=1), "3 s")(pause=300.0)  # type: ignore[operator]
    taken, left = time.monotonic() - begun, in_queue.jobs("PENDING,RUNNING,SUSPENDED")
    record_property(
        "asked", "a job of SLURM that sleeps for 300 s, a walltime of 3 s: an error, no job left in the queue"
    )
    record_property("reached", f"an error after {taken:.1f} s, {len(left)} jobs left")
    assert left == {}


def test_a_job_whose_worker_is_killed_leaves_the_queue(
    ranks: Path, in_queue: Any, home: Path, record_property: Any
) -> None:
    import signal

    start = (
        "import sys; sys.path.insert(0, sys.argv[1]); from real_programs import ranks_of; from bridge import external; "
        "ranks_of(external.Srun(ranks=1))(pause=300.0)"
    )
    (home / "programs.toml").write_text(f'[ranks]\ncommand = ["{ranks}"]\n')
    worker = subprocess.Popen([sys.executable, "-c", start, str(Path(__file__).parent)])

    def until(condition: Callable[[], object]) -> None:
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end, in_queue.said()
            time.sleep(0.1)

    until(lambda: "RUNNING" in in_queue.jobs().values())
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    begun = time.monotonic()
    record_property("asked", "SIGKILL for the process that waits for a job of SLURM: no job left within 60 s")
    until(lambda: in_queue.jobs() == {})
    record_property("reached", f"none left after {time.monotonic() - begun:.1f} s")
