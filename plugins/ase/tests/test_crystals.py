"""Equation of state, elastic constants and vibrations against one another, lattice sums and closed forms."""

import math

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk
from ase.calculators.emt import EMT
from bridge_ase import birch_murnaghan, stiffness
from bridge_ase.crystal import crystal
from bridge_ase.elastic import elastic
from bridge_ase.energy import energy, stress
from bridge_ase.equation_of_state import equation_of_state
from bridge_ase.phonons import phonons
from bridge_ase.relaxed import relaxed, relaxed_cell

ARGON = (0.0104, 3.4, 20.0)  # epsilon (eV), sigma and cutoff (angstrom); the energy is shifted, not smoothed
LJ = '{"epsilon": 0.0104, "sigma": 3.4, "rc": 20.0}'
COPPER = bulk("Cu", "fcc", 3.58982587)  # where EMT has its least energy


def shells(reach, edge):
    """Vectors from a site of an fcc crystal of unit edge to all sites nearer than `reach` / `edge`."""
    count = math.ceil(reach / edge) + 1
    sites = np.array(list(np.ndindex(*(4 * count + 1,) * 3))) - 2 * count
    sites = sites[(sites.sum(axis=1) % 2 == 0) & (np.abs(sites).sum(axis=1) > 0)] / 2
    return sites[np.linalg.norm(sites, axis=1) * edge < reach]


def lattice_sum(edge, sites, epsilon=ARGON[0], sigma=ARGON[1], cutoff=ARGON[2]):
    """Energy an atom of the crystal of this edge (eV), with the shift of a pair at the cutoff."""
    pair = lambda r: 4 * epsilon * ((sigma / r) ** 12 - (sigma / r) ** 6)  # noqa: E731
    return 0.5 * (pair(np.linalg.norm(sites, axis=1) * edge) - pair(cutoff)).sum()


@pytest.fixture(scope="module")
def argon():
    return relaxed_cell(bulk("Ar", "fcc", 5.26), "lj", LJ, fmax=1e-4, stress_tolerance=1e-5)


@pytest.fixture(scope="module")
def argon_elastic(argon):
    """By strains that carry no shell of neighbours across the cutoff, where the force jumps."""
    return elastic(argon.atoms, "lj", LJ, strain=5e-4)


@pytest.fixture(scope="module")
def copper():
    return elastic(COPPER, "emt")


@pytest.fixture(scope="module")
def copper_state():
    return equation_of_state(COPPER, "emt")


# Copper by effective medium theory


def test_bulk_modulus_of_the_equation_of_state_is_that_of_the_elastic_constants(copper, copper_state):
    c = copper.stiffness
    assert (c[0, 0] + 2 * c[0, 1]) / 3 == pytest.approx(copper_state.bulk_modulus, rel=0.01)
    assert copper.bulk_modulus == pytest.approx((c[0, 0] + 2 * c[0, 1]) / 3, rel=1e-6)


def test_equation_of_state_finds_the_edge_that_stress_finds(copper_state):
    rest = relaxed_cell(bulk("Cu", "fcc", 3.7), "emt", fmax=1e-4, stress_tolerance=1e-4)
    assert copper_state.equilibrium_volume == pytest.approx(rest.volume, rel=1e-4)
    assert rest.lengths[0] * math.sqrt(2) == pytest.approx(3.590, abs=0.001)
    assert copper_state.atoms.cell.volume == pytest.approx(copper_state.equilibrium_volume)


def test_bulk_modulus_of_copper_is_the_one_emt_is_known_for(copper_state):
    # ASE's tutorial "Equation of state" reaches 134.41 GPa for copper (and 103.6 for silver) by effective medium theory
    assert copper_state.bulk_modulus == pytest.approx(134.41, rel=0.002)
    assert 4 < copper_state.pressure_derivative < 5.5


def test_elastic_constants_have_the_symmetry_of_the_cube_although_none_is_imposed(copper):
    c = copper.stiffness
    assert c == pytest.approx(c.T, abs=1e-9)
    assert np.diag(c)[:3] == pytest.approx(c[0, 0], abs=1e-3)
    assert np.diag(c)[3:] == pytest.approx(c[3, 3], abs=1e-3)
    assert c[[0, 0, 1], [1, 2, 2]] == pytest.approx(c[0, 1], abs=1e-3)
    cubic = np.kron([[1, 0], [0, 0]], np.full((3, 3), c[0, 1]))
    cubic[range(6), range(6)] = [c[0, 0]] * 3 + [c[3, 3]] * 3
    assert c == pytest.approx(cubic, abs=1e-3)


def test_a_turned_crystal_has_turned_constants(copper):
    """C44 in axes turned by 45° about z is (C11 - C12)/2 for xy; traces that no rotation changes stay."""
    turned = COPPER.copy()
    turned.rotate(45, "z", rotate_cell=True)
    c, t = copper.stiffness, elastic(turned, "emt").stiffness
    assert t[5, 5] == pytest.approx((c[0, 0] - c[0, 1]) / 2, rel=1e-3)
    assert t[0, 0] == pytest.approx((c[0, 0] + c[0, 1]) / 2 + c[3, 3], rel=1e-3)
    assert t[3, 3] == pytest.approx(c[3, 3], rel=1e-3)


def test_stress_is_the_slope_of_the_energy():
    """All six components, by strains of 1e-4 of a cell without symmetry; the error is of second order."""
    atoms = bulk("Cu", "fcc", 3.55, cubic=True)
    atoms.set_cell(atoms.cell[:] @ [[1, 0.01, 0.02], [0, 1.02, -0.01], [0, 0, 0.99]], scale_atoms=True)
    found = stress(atoms, "emt").stress
    for place in range(6):
        strain, energies = np.zeros(6), []
        for sign in (1, -1):
            strain[place] = sign * 1e-4
            one = atoms.copy()
            one.set_cell(atoms.cell[:] @ (np.eye(3) + stiffness.matrix(strain)), scale_atoms=True)
            energies.append(energy(one, "emt").energy)
        slope = (energies[0] - energies[1]) / 2e-4 / atoms.cell.volume / units.GPa
        assert found[place] == pytest.approx(slope, abs=1e-4)


def test_a_compressed_crystal_pushes():
    """Sign conventions: stress is positive where the crystal pulls, pressure where it pushes."""
    small, large = stress(bulk("Cu", "fcc", 3.5), "emt"), stress(bulk("Cu", "fcc", 3.7), "emt")
    assert small.stress[0] < 0 < small.pressure
    assert large.pressure < 0 < large.stress[0]


def test_a_cell_at_rest_under_pressure_has_that_pressure(copper_state):
    rest = relaxed_cell(COPPER, "emt", "{}", 5.0, stress_tolerance=1e-3)
    assert rest.stress == pytest.approx([-5, -5, -5, 0, 0, 0], abs=1e-3)
    cubic = birch_murnaghan.fit(copper_state.volume, copper_state.energy, 0.02)
    assert cubic.pressure(np.array([rest.volume])) == pytest.approx(5.0, rel=0.01)


def test_relaxation_finds_the_minimum_it_was_shaken_out_of():
    atoms = bulk("Cu", "fcc", 3.59, cubic=True)
    home = energy(atoms, "emt").energy
    atoms.rattle(0.05, seed=3)
    found = relaxed(atoms, "emt", fmax=1e-3)
    assert found.energy == pytest.approx(home, abs=1e-5)
    assert found.largest_force <= 1e-3
    assert found.largest_displacement > 0.05
    assert found.steps_taken > 0


# Argon by Lennard-Jones, against lattice sums


def test_argon_has_the_edge_and_energy_of_a_lattice_sum(argon):
    edge = argon.lengths[0] * math.sqrt(2)
    sites = shells(ARGON[2], edge)
    assert argon.energy == pytest.approx(lattice_sum(edge, sites), rel=1e-9)
    step = 1e-4
    assert lattice_sum(edge, sites) < min(lattice_sum(edge + step, sites), lattice_sum(edge - step, sites))


def test_argon_is_near_the_closed_form_of_an_infinite_cutoff(argon):
    """Sums A12 = 12.13188, A6 = 14.45392 of fcc (Kittel): nearest neighbours at 1.0902 σ, -8.610 ε an atom.

    The cutoff of 5.9 σ leaves out 4π√2/3 (d/r)³ of A6, 0.04, and shifts each of its pairs; both are 1 % of the energy.
    """
    epsilon, sigma, _ = ARGON
    assert argon.lengths[0] / sigma == pytest.approx((2 * 12.13188 / 14.45392) ** (1 / 6), rel=1e-3)
    assert argon.energy / epsilon == pytest.approx(-(14.45392**2) / (2 * 12.13188), rel=0.015)


def test_a_pair_potential_at_rest_has_cauchys_relation(argon_elastic):
    c = argon_elastic.stiffness
    assert c[0, 1] == pytest.approx(c[3, 3], rel=1e-4)
    assert c[0, 0] > c[0, 1]


def test_bulk_modulus_of_argon_is_that_of_the_lattice_sum(argon, argon_elastic):
    """B = V d²E/dV², by differences of the sum over shells, none of which crosses the cutoff."""
    edge, step = argon.lengths[0] * math.sqrt(2), 0.002
    sites = shells(ARGON[2], edge)
    up, here, down = (lattice_sum(edge + x, sites) for x in (step, 0, -step))
    second = (up - 2 * here + down) / step**2  # dV = 3 a² da / 4
    modulus = edge**3 / 4 * second / (0.75 * edge**2) ** 2 / units.GPa
    assert argon_elastic.bulk_modulus == pytest.approx(modulus, rel=1e-3)


# Vibrations


def neighbour_springs(edge):
    """Longitudinal and transverse force constants of nearest neighbours by Lennard-Jones cut behind them."""
    epsilon, sigma, _ = ARGON
    r = edge / math.sqrt(2)
    first = 4 * epsilon * (-12 * sigma**12 / r**13 + 6 * sigma**6 / r**7)
    second = 4 * epsilon * (156 * sigma**12 / r**14 - 42 * sigma**6 / r**8)
    return second, first / r


def test_the_cubic_cell_at_gamma_vibrates_as_the_zone_boundary_of_the_crystal():
    """X folds onto Γ of the cubic cell: with nearest neighbours at their distance of least energy, ω² is known.

    Then only the longitudinal spring k is left, and M ω² = 8 k (longitudinal) and 4 k (both transverse) at X: every
    fcc crystal of nearest neighbours (C. Kittel, chapter 4; three X points give nine modes).
    """
    edge = 3.4 * 2 ** (1 / 6) * math.sqrt(2)
    springs = neighbour_springs(edge)
    assert springs[1] == pytest.approx(0, abs=1e-15)
    near = '{"epsilon": 0.0104, "sigma": 3.4, "rc": 4.5}'
    found = phonons(bulk("Ar", "fcc", edge, cubic=True), "lj", near, displacement=1e-3)
    mass = bulk("Ar").get_masses()[0]
    expected = np.sqrt(np.repeat([4, 8], [6, 3]) * springs[0] / mass) / (2 * np.pi) * units.fs * 1e3
    assert found.frequencies == pytest.approx(expected, rel=1e-4)
    assert found.imaginary == 0
    quanta = 4.135667696e-15 * expected * 1e12 / 2  # h in eV s
    assert found.zero_point_energy == pytest.approx(quanta.sum(), rel=1e-4)


def test_a_rigid_shift_costs_nothing():
    found = phonons(bulk("Cu", "fcc", 3.59, cubic=True), "emt")
    assert found.acoustic_residual < 1e-6
    assert len(found.frequencies) == 3 * 4 - 3
    assert found.force_constants == pytest.approx(found.force_constants.T)


def test_a_crystal_that_wants_to_be_another_names_its_imaginary_modes():
    """Copper as simple cubic falls apart by its shears."""
    atoms = Atoms("Cu8", cell=[4.8] * 3, pbc=True, scaled_positions=[np.array(s) / 2 for s in np.ndindex(2, 2, 2)])
    with pytest.warns(
        UserWarning, match=r"\d+ of 21 modes are imaginary, so this is no minimum: [\d.]+i THz, .* Cu \d"
    ):
        found = phonons(atoms, "emt")
    assert found.imaginary == (found.frequencies < -0.05).sum() > 0
    assert np.linalg.norm(found.softest_mode) == pytest.approx(1)
    moved = atoms.copy()
    moved.positions += 0.05 * found.softest_mode
    moved.calc, atoms.calc = EMT(), EMT()
    assert moved.get_potential_energy() < atoms.get_potential_energy()


# Refusals


def test_an_unstable_crystal_has_no_moduli_and_the_strain_is_named():
    unstable = np.diag([100.0, 100, 100, 30, 30, 30]) + np.kron(
        [[1, 0], [0, 0]], np.full((3, 3), 120.0) - 120 * np.eye(3)
    )
    with pytest.raises(ArithmeticError, match=r"along the strain .*xx.* its energy falls \(eigenvalue -20 GPa\)"):
        stiffness.averages(unstable)


def test_averages_of_an_isotropic_solid_are_its_own_moduli():
    bulk_modulus, shear = 120.0, 45.0
    c = np.diag([2 * shear] * 3 + [shear] * 3)
    c[:3, :3] += bulk_modulus - 2 * shear / 3
    found = stiffness.averages(c)
    assert found.bulk_modulus == pytest.approx(bulk_modulus)
    assert found.shear_modulus == pytest.approx(shear)
    assert found.anisotropy == pytest.approx(0, abs=1e-12)
    assert found.poisson_ratio == pytest.approx((3 * bulk_modulus - 2 * shear) / (6 * bulk_modulus + 2 * shear))


def test_averages_of_copper_are_those_of_the_textbook():
    """C11, C12, C44 = 168.4, 121.4, 75.4 GPa (Kittel): Voigt 54.6, Reuss 40.0 GPa (Hirth and Lothe's formulas)."""
    c = np.diag([168.4 - 121.4] * 3 + [75.4] * 3)
    c[:3, :3] += 121.4
    found = stiffness.averages(c)
    assert found.shear_modulus_voigt == pytest.approx((168.4 - 121.4 + 3 * 75.4) / 5)
    assert found.shear_modulus_reuss == pytest.approx(5 * 47.0 * 75.4 / (4 * 75.4 + 3 * 47.0))
    assert found.bulk_modulus_voigt == pytest.approx((168.4 + 2 * 121.4) / 3)
    assert found.bulk_modulus_reuss == pytest.approx(found.bulk_modulus_voigt)


@pytest.mark.parametrize(
    ("ask", "error", "says"),
    [
        (lambda: equation_of_state(bulk("Cu", "fcc", 3.9), "emt"), ArithmeticError, "Give smaller volumes"),
        (lambda: equation_of_state(bulk("Cu", "fcc", 3.3), "emt"), ArithmeticError, "Give larger volumes"),
        (
            lambda: elastic(bulk("Cu", "fcc", 3.6), "emt"),
            ValueError,
            "a stress of 1.12 GPa, more than 0.1.*relaxed_cell",
        ),
        (lambda: elastic(COPPER, "emt", strain=0.04, tolerance=1e-4), ArithmeticError, "strain_error of"),
        (lambda: phonons(bulk("Cu"), "emt"), ValueError, "one atom in a cell .* supercell"),
        (lambda: phonons(shaken(), "emt"), ValueError, "vibrations are about a rest. Take the atoms of ase.relaxed"),
        (lambda: relaxed(shaken(), "emt", steps=1), RuntimeError, "did not relax to .* in 1 steps. Write steps=2"),
        (
            lambda: relaxed_cell(shaken(), "emt", steps=2),
            RuntimeError,
            "cell did not relax .* in 2 steps. Write steps=4",
        ),
        (lambda: crystal("NaCl", "fcc", 5.6), ValueError, "there is no primitive cell of NaCl as fcc"),
        (lambda: crystal("Mg", "hcp", 3.2, cell="cubic"), ValueError, "there is no cubic cell of Mg as hcp"),
    ],
)
def test_what_is_not_converged_or_cannot_be_meant_is_refused_with_what_to_write(ask, error, says):
    with pytest.raises(error, match=says):
        ask()


def shaken():
    atoms = bulk("Cu", "fcc", 3.59, cubic=True)
    atoms.rattle(0.1, seed=1)
    return atoms


def test_energies_that_are_noise_make_no_equation_of_state():
    volume = np.linspace(9, 13, 9)
    noise = np.random.default_rng(1).normal(size=9) * 0.05 + (volume - 11) ** 2 * 0.02
    with pytest.raises(ArithmeticError, match=r"off a Birch-Murnaghan curve, more than 0\.02 of their span"):
        birch_murnaghan.fit(volume, noise, 0.02)


def test_the_fit_returns_the_parameters_a_curve_was_drawn_with():
    v0, b0, prime, e0 = 11.7, 140.0 * units.GPa, 5.2, -3.7
    volume = np.linspace(0.9, 1.1, 9) * v0
    f = (v0 / volume) ** (2 / 3) - 1
    found = birch_murnaghan.fit(volume, e0 + 9 * v0 * b0 / 16 * (2 * f**2 + (prime - 4) * f**3), 0.02)
    assert (found.volume, found.energy, found.modulus, found.derivative) == pytest.approx(
        (v0, e0, 140.0, prime), rel=1e-9
    )


def test_errors_of_the_fit_are_the_scatter_between_draws():
    v0, b0, prime = 11.7, 140.0 * units.GPa, 5.2
    volume = np.linspace(0.94, 1.06, 15) * v0
    f = (v0 / volume) ** (2 / 3) - 1
    curve = 9 * v0 * b0 / 16 * (2 * f**2 + (prime - 4) * f**3)
    rng = np.random.default_rng(2)
    fits = [birch_murnaghan.fit(volume, curve + rng.normal(scale=1e-4, size=15), 0.2) for _ in range(400)]
    for of, error, meant in (("volume", "volume_error", v0), ("modulus", "modulus_error", 140.0)):
        found = np.array([getattr(one, of) for one in fits])
        told = np.sqrt(np.mean([getattr(one, error) ** 2 for one in fits]))
        assert found.std() == pytest.approx(told, rel=0.15)  # 4 / sqrt(2 x 400)
        assert abs(found.mean() - meant) < 5 * told / 20
