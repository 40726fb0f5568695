"""The models of the lattice: phases, disorder, rung, hysteresis, ladder, tetragonal."""

import dataclasses

import numpy as np
import pytest
from bridge_ferroelectric.interfaces import LatticeState
from bridge_ferroelectric.lattice import crystal, dynamics, models, rungs, transitions
from bridge_ferroelectric.records import FILES, published

WU_COHEN = published("BaTiO3 Wu-Cohen")
ZVR = published("BaTiO3 ZVR")
PRESSURE = -4.8


@pytest.fixture(scope="module")
def tetragonal():
    """6³ cells of Wu and Cohen's BaTiO3, tetragonal at 300 K and −2 GPa."""
    lattice = crystal.Crystal(WU_COHEN, (6, 6, 6), -2.0)
    u = np.random.default_rng(0).normal(0.0, 0.03, (6, 6, 6, 3))
    u[..., 2] += 0.15
    return LatticeState(u, dynamics.maxwell(lattice, 300.0, 0), lattice.relaxed_strain(u), 0)


def test_wu_cohen_tetragonal_well_is_ferams():
    # feram: −17.409 meV, 0.1597 Å, (−5.228, −5.228, 22.096)e-3, equal to feram to
    # seven digits; 0.5 %
    found = models.phases(WU_COHEN)
    assert found.enthalpy[0] == pytest.approx(-17.409, rel=5e-3)
    assert found.displacement[0] == pytest.approx(0.1597, rel=5e-3)
    assert found.strain[0] == pytest.approx(np.array([-5.228, -5.228, 22.096, 0, 0, 0]) * 1e-3, rel=5e-3, abs=1e-12)


@pytest.mark.parametrize(
    ("material", "ground"),
    [
        ("BaTiO3 Wu-Cohen", "rhombohedral"),
        ("BaTiO3 ZVR", "rhombohedral"),
        ("PbTiO3", "tetragonal"),
        ("KNbO3 Wu-Cohen", "rhombohedral"),
    ],
)
def test_every_record_has_the_ground_state_of_its_material(material, ground):
    found = models.phases(published(material))
    assert found.ground == ground
    assert found.minimum.sum() == 1
    lattice = crystal.Crystal(published(material), (1, 1, 1))
    size, axis = found.displacement[2], np.ones(3) / np.sqrt(3)
    assert 1e3 * lattice.energy((size * axis).reshape(1, 1, 1, 3)) == pytest.approx(found.enthalpy[2], rel=1e-9)


def test_wells_under_pressure_are_those_of_the_crystal():
    lattice = crystal.Crystal(ZVR, (1, 1, 1), PRESSURE)
    found = models.phases(ZVR, PRESSURE)
    cubic = lattice.energy(np.zeros((1, 1, 1, 3)))
    for axis, size, depth, strain in zip(
        ([0, 0, 1], [0, 1, 1], [1, 1, 1]), found.displacement, found.enthalpy, found.strain, strict=True
    ):
        u = (size * np.array(axis) / np.linalg.norm(axis)).reshape(1, 1, 1, 3)
        assert 1e3 * (lattice.energy(u) - cubic) == pytest.approx(depth, rel=1e-9)
        assert lattice.relaxed_strain(u) == pytest.approx(strain, abs=1e-12)
        assert np.abs(lattice.force(u)).max() < 1e-9


def test_a_record_without_a_minimum_is_refused():
    with pytest.raises(ValueError, match=r"no ferroelectric minimum at 0 GPa.*curvature 2\.96.*κ2"):
        models.phases(dataclasses.replace(WU_COHEN, kappa2=WU_COHEN.kappa2 + 3.0))
    with pytest.raises(ValueError, match="falls without bound"):
        models.phases(dataclasses.replace(ZVR, alpha=40.0))
    with pytest.raises(ValueError, match="falls without bound"):
        models.phases(dataclasses.replace(WU_COHEN, k4=-1.0))


def test_disorder_has_no_order_and_the_temperature_asked():
    state = models.disorder(ZVR, 400.0, cells=8).lattice
    assert state.steps == 0
    assert np.abs(state.displacement.mean(axis=(0, 1, 2))).max() < 5 * 0.03 / np.sqrt(512)
    kinetic = 0.5 * crystal.Crystal(ZVR, (1, 1, 1)).mass * (state.velocity**2).mean() / (0.5 * 8.617333e-5)
    assert kinetic == pytest.approx(400.0, rel=5 * np.sqrt(2 / (3 * 512)))


def test_a_rung_goes_on_where_another_stopped(tetragonal):
    one = models.rung(WU_COHEN, tetragonal, 300.0, -2.0, equilibrate=0, sample=200)
    half = models.rung(WU_COHEN, tetragonal, 300.0, -2.0, equilibrate=60, sample=40)
    rest = models.rung(WU_COHEN, half.lattice, 300.0, -2.0, equilibrate=0, sample=100)
    assert rest.lattice.steps == 200
    assert np.array_equal(rest.lattice.displacement, one.lattice.displacement)
    assert np.array_equal(rest.lattice.velocity, one.lattice.velocity)


def test_a_tetragonal_rung_says_so(tetragonal):
    # the first trial, fallback: tetragonal 190–370 K, P 0.385 C/m² at 300 K; 10 % for 6³
    found = models.rung(WU_COHEN, tetragonal, 300.0, -2.0, equilibrate=1000, sample=2000)
    assert found.phase == "tetragonal"
    assert found.polarization[2] == pytest.approx(0.385, rel=0.10)
    stretched = (1 + found.strain[:3]).prod()
    assert found.polarization_strained[2] == pytest.approx(found.polarization[2] / stretched, rel=2e-3)
    assert found.strain[2] > found.strain[0] + 5e-3
    assert found.kinetic_temperature == pytest.approx(300.0, rel=0.05)
    assert found.time[0] == pytest.approx(0.002 * 1010)
    assert len(found.time) == len(found.polarization_trajectory) == 200


def test_susceptibility_of_a_harmonic_crystal():
    # N cells with the curvature 2κ each: ⟨ū²⟩ = kT/2κN, so that χ = Z*²/(ε0 V 2κ); 40,000 draws: 1 % and its error
    cells, kappa, kelvin = 64, 3.0, 300.0
    width = np.sqrt(8.617333e-5 * kelvin / (2 * kappa * cells))
    mean = np.random.default_rng(0).normal(0.0, width, (40_000, 3))
    found = rungs.susceptibility(ZVR, mean, kelvin, cells)
    exact = ZVR.effective_charge**2 / (5.526349e-3 * ZVR.lattice_constant**3 * 2 * kappa)
    assert np.diag(found) == pytest.approx([exact] * 3, rel=0.03)
    assert found[0, 1] == pytest.approx(0.0, abs=0.03 * exact)


@pytest.mark.parametrize("timestep", [12.0, 40.0])
def test_a_time_step_too_large_is_refused_with_one_that_does(tetragonal, timestep):
    with pytest.raises(ArithmeticError, match=r"too large.*Write timestep='[\d.]+ fs' or less") as refused:
        models.rung(WU_COHEN, tetragonal, 300.0, -2.0, timestep=timestep)
    advised = float(str(refused.value).split("timestep='")[1].split(" fs")[0])
    assert 3.0 < advised < timestep
    lattice = crystal.Crystal(WU_COHEN, (6, 6, 6), -2.0)
    assert rungs.conserves(lattice, tetragonal, 300.0, advised)
    assert rungs.conserves(lattice, tetragonal, 300.0, 2.0)


def test_transitions_lie_between_rungs_and_may_be_absent():
    kelvins = np.array([400.0, 300.0, 200.0, 100.0, 200.0, 300.0, 400.0])
    polar = np.zeros((7, 3))
    polar[1:6, 2] = 0.3
    polar[2:5, 1] = 0.3
    found = models.hysteresis(ZVR, kelvins, polar, np.zeros((7, 6)), PRESSURE)
    assert found.cooling == pytest.approx([350.0, 250.0, 0.0])
    assert found.heating == pytest.approx([350.0, 250.0, 0.0])
    assert found.cooling_half_step == pytest.approx([50.0, 50.0, 0.0])
    assert found.cooling_seen.tolist() == [True, True, False]
    assert found.tetragonal == pytest.approx([300.0, 300.0])
    assert found.spontaneous.tolist() == [0, 1, 2, 2, 2, 1, 0]
    assert found.picture.content.startswith(b"\x89PNG")


def test_a_ladder_out_of_order_is_refused():
    with pytest.raises(ValueError, match="down, up, or down and then up"):
        transitions.legs(np.array([300.0, 200.0, 250.0, 240.0]))
    with pytest.raises(ValueError, match="Write coldest below hottest"):
        models.ladder(ZVR, 100.0, 200.0)


def test_a_phase_that_is_not_tetragonal_is_named_with_the_transitions():
    cooling, heating = np.array([310.0, 250.0, 190.0]), np.array([350.0, 270.0, 0.0])
    assert models.tetragonal(300.0, "tetragonal", cooling, heating).temperature == 300.0
    with pytest.raises(ValueError, match=r"is cubic.*310 K \(cubic–tetragonal\).*none.*between 270 and 310 K"):
        models.tetragonal(400.0, "cubic", cooling, heating)


def test_a_ladder_is_its_rungs_one_after_the_other():
    settings = {"equilibrate": 40, "sample": 40}
    whole = models.ladder(ZVR, 400.0, 380.0, PRESSURE, cells=4, seed=5, heating=False, **settings)
    state = models.disorder(ZVR, 400.0, cells=4, seed=5).lattice
    for n, kelvin in enumerate((400.0, 380.0)):
        one = models.rung(ZVR, state, kelvin, PRESSURE, seed=5, record_every=40, **settings)
        state = one.lattice
        assert np.array_equal(whole.strain[n], one.strain)
    assert np.array_equal(whole.lattice.displacement, state.displacement)


@pytest.mark.parametrize("material", FILES)
def test_every_record_runs(material):
    of = published(material)
    start = models.disorder(of, 300.0, cells=4).lattice
    found = models.rung(of, start, 300.0, equilibrate=50, sample=50)
    assert found.lattice.steps == 100
    assert found.energy_error > 0
