"""Molecular dynamics under shear against closed forms, conservation laws and independent results."""

import itertools
import math

import numpy as np
import pytest
from bridge_transport import sllod_kernel as kernel
from bridge_transport.lennard_jones import ARGON, BOLTZMANN, CUTOFF, SLABS, Fluid, State
from bridge_transport.sllod import sllod, start

FLUID = Fluid.of(*ARGON)
TRIPLE = (0.8442, 0.722)
"""Density and temperature near the triple point, in units of the particles."""


def argon(density, temperature, shear_rate):
    """A state in the units of the ports."""
    return {
        "density": density * FLUID.mass / FLUID.diameter**3,
        "temperature": temperature * FLUID.well_depth / BOLTZMANN,
        "shear_rate": shear_rate / FLUID.time,
    }


def liquid(particles, seed=0, steps=400):
    """Positions, velocities, edge and strain of a molten liquid at the triple point, in shear."""
    state = State(*TRIPLE, 1.0)
    edge = state.edge(particles)
    position, velocity = start(state, particles, np.random.default_rng(seed))
    velocity *= math.sqrt(2.0 * (3 * particles - 4) / (velocity**2).sum())
    strain, _ = kernel.shear(position, velocity, edge, 1.0, 0.0, 0.005, steps, CUTOFF, True, np.zeros((SLABS, 2)))
    velocity *= math.sqrt(TRIPLE[1] * (3 * particles - 4) / (velocity**2).sum())
    return position, velocity, edge, strain


def energy(position, edge, strain, cutoff=CUTOFF):
    """Energy and forces of a configuration."""
    force = np.zeros_like(position)
    strain, *pairs = kernel.near(position, edge, strain, cutoff + kernel.SKIN)
    return kernel.forces(position, force, edge, strain, cutoff, *pairs), force


def one_by_one(position, edge, strain, cutoff=CUTOFF):
    """The truncated and shifted energy by all pairs of particles and 27 images, in another way than the kernel's."""
    apart = position[:, None] - position[None]
    total = 0.0
    for x, y, z in itertools.product((-1, 0, 1), repeat=3):
        square = ((apart + edge * np.array([x + strain * y, y, z])) ** 2).sum(axis=-1)
        near = square[(square > 0) & (square < cutoff**2)]
        total += 0.5 * (4 * (near**-6 - near**-3) - 4 * (cutoff**-12 - cutoff**-6)).sum()
    return total


# Energies and forces


def test_the_energy_of_an_fcc_crystal_is_the_sum_over_its_shells():
    # nearest distance a / sqrt 2; shells of fcc at n times its square hold so many neighbours
    shells = {1: 12, 2: 6, 3: 24, 4: 12, 5: 24, 6: 8}
    position, _ = start(State(1.0, 1.0, 1.0), 500, np.random.default_rng(0))
    edge = 500 ** (1 / 3)
    nearest = edge / 5 / math.sqrt(2)
    squares = {nearest**2 * n: count for n, count in shells.items() if nearest**2 * n < CUTOFF**2}
    assert nearest**2 * 7 > CUTOFF**2
    at_cutoff = CUTOFF**-12 - CUTOFF**-6
    expected = 500 * 2 * sum(count * (square**-6 - square**-3 - at_cutoff) for square, count in squares.items())
    (found, _, shear_virial), force = energy(position, edge, 0.0)
    assert found == pytest.approx(expected, rel=1e-12)
    assert np.abs(force).max() < 1e-10  # a crystal is at rest
    assert abs(shear_virial) < 1e-9


@pytest.mark.parametrize("strain", [0.0, 0.37, -0.49])
def test_cells_find_the_pairs_that_are_found_one_by_one(strain):
    edge = 13.2  # four cells along an edge
    random = np.random.default_rng(3)
    grid = np.stack(np.meshgrid(*[np.arange(9)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    position = (grid / 9 - 0.5) * edge + random.uniform(-0.25, 0.25, (729, 3))
    (found, *_), _ = energy(position, edge, strain)
    assert found == pytest.approx(one_by_one(position, edge, strain), rel=1e-11)


def test_forces_are_the_gradient_of_the_energy():
    position, _, edge, strain = liquid(108, steps=100)
    _, force = energy(position, edge, strain)
    for i, axis in ((3, 0), (50, 1), (107, 2)):
        sides = []
        for step in (1e-5, -1e-5):
            moved = position.copy()
            moved[i, axis] += step
            sides.append(energy(moved, edge, strain)[0][0])
        assert force[i, axis] == pytest.approx((sides[1] - sides[0]) / 2e-5, rel=1e-5, abs=1e-5)


def test_a_list_that_serves_for_several_steps_misses_no_pair():
    for steps in (5, 9, 11, 13, 40):
        position, velocity, edge, strain = liquid(256, steps=50)
        slabs = np.zeros((SLABS, 2))
        strain, rows = kernel.shear(position, velocity, edge, 1.0, strain, 0.005, steps, CUTOFF, True, slabs)
        assert rows[-1, 2] == pytest.approx(energy(position, edge, strain)[0][0], rel=1e-10)


# Conservation laws


def test_momentum_and_kinetic_energy_are_conserved_under_shear():
    position, velocity, edge, strain = liquid(108)
    before = (velocity**2).sum()
    _, rows = kernel.shear(position, velocity, edge, 1.0, strain, 0.005, 500, CUTOFF, True, np.zeros((SLABS, 2)))
    assert np.abs(velocity.sum(axis=0)).max() < 1e-11
    assert rows[:, 3] == pytest.approx(0.5 * before, rel=1e-11)


def wander(position, velocity, edge, strain, step):
    """By how much the energy of a particle at rest and without a thermostat comes and goes within 1.6 units of time."""
    at, moving, slabs = position.copy(), velocity.copy(), np.zeros((SLABS, 2))
    _, rows = kernel.shear(at, moving, edge, 0.0, strain, step, int(1.6 / step), CUTOFF, False, slabs)
    return np.ptp(rows[:, 2] + rows[:, 3]) / len(position)


def test_the_energy_of_a_liquid_is_conserved_without_shear_and_thermostat():
    assert wander(*liquid(108), 0.002) < 3e-3  # of 5: forces jump by 0.04 where pairs cross the cutoff


def test_the_energy_of_a_crystal_is_conserved_to_second_order_in_the_step():
    position, velocity = start(State(*TRIPLE, 1.0), 108, np.random.default_rng(0))  # no pair crosses the cutoff
    cold = position, 0.14 * velocity, (108 / TRIPLE[0]) ** (1 / 3), 0.0
    assert wander(*cold, 0.008) / wander(*cold, 0.004) == pytest.approx(4, rel=0.05)


def test_the_work_of_the_flow_becomes_energy():
    # without a thermostat dE/dt = -γ V P_xy exactly: boundaries, forces and stress belong together
    position, velocity, edge, strain = liquid(256)
    before = energy(position.copy(), edge, strain)[0][0] + 0.5 * (velocity**2).sum()
    _, rows = kernel.shear(position, velocity, edge, 1.0, strain, 0.0025, 400, CUTOFF, False, np.zeros((SLABS, 2)))
    work = -(edge**3) * 0.0025 * (rows[:-1, 0].sum() + 0.5 * rows[-1, 0])
    assert rows[-1, 2:].sum() - before == pytest.approx(work, rel=2e-3)
    assert work > 256  # and it is much: a well depth a particle


# What it finds


def test_viscosity_of_the_liquid_at_a_shear_rate_of_one():
    # LAMMPS, Newton's equations in a sheared box of 500 with a Nosé–Hoover thermostat, 16,000 steps: 2.107 ± 0.009
    found = sllod(**argon(*TRIPLE, 1.0), particles=256, steps=6000, relaxation=1000).reduced
    assert found.viscosity_error < 0.02 * 2.107
    assert found.viscosity == pytest.approx(2.107, abs=3 * math.hypot(found.viscosity_error, 0.009))


def test_the_velocity_of_the_flow_is_linear_and_its_temperature_the_one_asked_for():
    state = argon(*TRIPLE, 1.0)
    found = sllod(**state, particles=108, steps=4000, relaxation=500)
    expected = state["shear_rate"] * found.height * 1e-9
    thermal = FLUID.diameter / FLUID.time * math.sqrt(TRIPLE[1])
    assert found.velocity == pytest.approx(expected, abs=0.25 * thermal)  # ten particles a slab, 400 looks
    assert np.polyfit(found.height * 1e-9, found.velocity, 1)[0] == pytest.approx(state["shear_rate"], rel=0.05)
    assert found.kinetic_temperature == pytest.approx(state["temperature"], rel=1e-10)


def test_units_of_argon_are_those_of_the_tables():
    # M. P. Allen and D. J. Tildesley, Computer Simulation of Liquids, 2nd ed., appendix B: 2.16 ps, 41.9 MPa
    assert pytest.approx(2.156e-12, rel=1e-3) == FLUID.time
    assert pytest.approx(41.9e6, rel=1e-3) == FLUID.pressure
    state = FLUID.state(**argon(*TRIPLE, 0.5))
    assert (state.density, state.temperature, state.shear_rate) == pytest.approx((*TRIPLE, 0.5))


# What it refuses


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"density": 3000.0}, "density = 3000 kg/m\\^3 is 1.785 in units of the particles.*Write density between"),
        ({"temperature": 20.0}, "temperature = 20 K is 0.1669.*59.9 K"),
        ({"shear_rate": 1.0}, "shear_rate = 1 1/s is 2.156e-12"),
        ({"particles": 64}, "64 particles fill a box of 4.23 diameters.*particles=106"),
        ({"steps": 1000}, "1000 steps make 20 blocks of 0.25 units of time.*steps=4000"),
    ],
)
def test_what_cannot_be_simulated_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        sllod(**{**argon(*TRIPLE, 1.0), **given})


def test_particles_that_overlap_are_an_error_and_no_number():
    position, velocity, edge, _ = liquid(108, steps=10)
    position[1] = position[0] + 1e-4
    _, rows = kernel.shear(position, velocity, edge, 1.0, 0.0, 0.005, 50, CUTOFF, True, np.zeros((SLABS, 2)))
    assert np.isnan(rows[-1]).all()
