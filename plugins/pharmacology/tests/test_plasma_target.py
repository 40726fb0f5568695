"""Target-mediated disposition: the published stress test, its limits, drug-free steady states, and mass balance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bridge_pharmacology.dosing.regimen import regimen
from bridge_pharmacology.plasma import closed
from bridge_pharmacology.plasma.quasi_steady_state import quasi_steady_state
from bridge_pharmacology.plasma.target_mediated import target_mediated
from bridge_pharmacology.quadratic import bound, unbound
from bridge_pharmacology.systems.failing import Unsolved

from bridge.errors import BridgeError
from bridge.models import model_of
from bridge.testing import arguments, check_model

#: kDa of the antibody of the stress test; 1 mg/L is 6.872852 nM.
MASS = 145.5
#: Two compartments of A. Betts et al., mAbs 10, 751 (2018).
BETTS = {
    "clearance": 0.252,
    "central_volume": 3.2417,
    "intercompartmental_clearance": 0.4536,
    "peripheral_volume": 2.2029,
}
EVERY_THREE_WEEKS = regimen(210.0, 21.0, until=84.0).doses


def stressed(problem, **settings):
    """The stress test's patients through the registered model."""
    clearance, central, _, _, _, _, target, _, internalisation = problem.parameters.T
    return target_mediated(
        EVERY_THREE_WEEKS,
        MASS,
        clearance=clearance,
        central_volume=central,
        target=target,
        internalisation_rate=internalisation,
        duration=84.0,
        **settings,
    )


# The stress test


def test_the_first_patient_of_the_stress_test_ends_where_lsoda_has_it(stress):
    """At 84 d, by LSODA at 1e-11: C .00292630695, R 11.6523805, RC .190178825 nM."""
    problem = stress(1)
    assert problem.parameters[0, [0, 1, 6, 8]] == pytest.approx([0.41504843, 5.26585671, 11.67955673, 0.89068001])
    found = stressed(problem)
    ends = [found.trough[0] * 1e3 / MASS, found.target_free[0, -1], found.complex[0, -1]]
    assert ends == pytest.approx([0.00292630695, 11.6523805, 0.190178825], rel=1e-6)
    assert found.balance <= 1e-12


def test_by_default_the_error_of_the_stress_test_is_below_1e_5(stress, lsoda):
    """Of 2 patients at all 337 rows, over (what LSODA at 1e-11 has + 1e-3 nM)."""
    problem = stress(2)
    truth = lsoda(problem.system, problem.parameters, problem.start, problem.times, problem.instants)
    found = stressed(problem)
    rows = np.isin(found.time, problem.times)
    assert rows.sum() == 337
    for course, state in ((found.concentration * 1e3 / MASS, 0), (found.target_free, 2), (found.complex, 3)):
        off = np.abs(course[:, rows] - truth[:, :, state]) / (np.abs(truth[:, :, state]) + 1e-3)
        assert off.max() <= 1e-5


def test_hundreds_of_patients_are_balanced_and_converged(stress):
    """At the default tolerance all 300 are within 1e-5 of a solution at a hundredth of it."""
    problem = stress(300)
    found, finer = stressed(problem), stressed(problem, tolerance=1e-8)
    assert found.balance <= 1e-12
    for name in ("concentration", "target_free", "complex"):
        scale = 1e3 / MASS if name == "concentration" else 1.0
        course, truth = getattr(found, name) * scale, getattr(finer, name) * scale
        assert (np.abs(course - truth) / (np.abs(truth) + 1e-3)).max() <= 1e-5


# Limits


@pytest.mark.parametrize("without", [{"target": 0.0}, {"on_rate": 0.0}])
def test_without_a_target_that_binds_there_are_two_compartments(without):
    given = {name: np.array([value]) for name, value in without.items()}
    found = target_mediated(EVERY_THREE_WEEKS, MASS, **given, duration=84.0, tolerance=1e-9)
    at = np.arange(4) * 21.0
    truth = closed.superposed(closed.two_compartment_iv, found.time, at, np.full(4, 210.0), **BETTS)
    assert found.concentration[0] == pytest.approx(truth, rel=1e-8, abs=1e-9)
    assert found.complex.max() == 0.0


def test_quasi_steady_state_without_a_target_is_two_compartments():
    given = {name: np.array([value]) for name, value in BETTS.items()}
    found = quasi_steady_state(EVERY_THREE_WEEKS, MASS, **given, target=np.zeros(1), duration=84.0, tolerance=1e-9)
    at = np.arange(4) * 21.0
    truth = closed.superposed(closed.two_compartment_iv, found.time, at, np.full(4, 210.0), **BETTS)
    assert found.concentration[0] == pytest.approx(truth, rel=1e-8, abs=1e-9)


def test_the_full_model_goes_to_quasi_steady_state_as_binding_gets_fast():
    """At Kss = (koff + kint)/kon of 0.2157 nM, they differ in proportion to 1/kon, but right after doses."""
    steady, internalisation = 0.2157, 1.0
    given = {name: np.array([value]) for name, value in BETTS.items()}
    limit = quasi_steady_state(
        EVERY_THREE_WEEKS,
        MASS,
        **given,
        target=np.array([10.0]),
        steady_state_constant=np.array([steady]),
        turnover_rate=np.array([5.0]),
        internalisation_rate=np.array([internalisation]),
        duration=84.0,
        tolerance=1e-9,
    )
    after = limit.time % 21.0 > 0.1
    apart = []
    for on in (1e2, 1e3, 1e4, 1e5):
        found = target_mediated(
            EVERY_THREE_WEEKS,
            MASS,
            on_rate=np.array([on]),
            dissociation_constant=np.array([steady - internalisation / on]),
            duration=84.0,
            tolerance=1e-9,
        )
        off = np.abs(found.target_free - limit.target_free)[0, after] / 10.0
        apart.append(float(off.max()))
    assert apart[-1] < 1e-4
    ratios = np.array(apart[:-1]) / apart[1:]
    assert ratios == pytest.approx([10.0] * 3, rel=0.35)


# Before and beside the drug


def test_free_vegf_stays_at_its_baseline_until_the_first_dose():
    """0.0053 nM, 212 ng/L at 40 kDa: E. Panoilia et al., Cancer Chemother. Pharmacol. 75, 791 (2015)."""
    late = regimen(350.0, 21.0, until=42.0).doses
    late = type(late)(**vars(late) | {"time": late.time + 14.0})
    found = quasi_steady_state(late, 149.0, duration=42.0)
    before = found.time < 14.0
    assert found.target_free[0, before] == pytest.approx(0.0053, rel=1e-12)
    assert found.target_free[0, 0] * 40e3 == pytest.approx(212.0, rel=1e-12)
    assert found.concentration[0, before].max() == 0.0
    assert found.target_free[0, ~before].max() < 0.0053


def test_the_target_of_the_full_model_stays_at_its_baseline_without_a_dose():
    found = target_mediated(regimen(0.0, 21.0, until=84.0).doses, MASS, duration=84.0)
    assert found.target_free[0] == pytest.approx(10.0, rel=1e-12)
    assert (found.peak[0], found.exposure[0], found.balance) == (0.0, 0.0, 0.0)


def test_under_a_long_infusion_target_and_drug_settle_where_the_algebra_has_it():
    """R' = RC' = C' = A2' = 0: kint RC = kon C R - koff RC, and what is infused is cleared or internalised."""
    rate = 200.0
    found = target_mediated(regimen(rate * 600, 1e4, infusion=600.0).doses, MASS, duration=600.0, sampling=10.0)
    free, target, complex = found.trough[0] * 1e3 / MASS, found.target_free[0, -1], found.complex[0, -1]
    assert complex * (0.864 + 1.0) == pytest.approx(8.64 * free * target, rel=1e-6)
    assert 5.0 * (10.0 - target) == pytest.approx(1.0 * complex, rel=1e-5)
    assert 0.252 * free + 3.2417 * 1.0 * complex == pytest.approx(rate * 1e3 / MASS, rel=1e-6)
    assert found.occupancy[0, -1] == pytest.approx(complex / (complex + target), rel=1e-12)
    assert found.total[0, -1] == pytest.approx((free + complex) * MASS / 1e3, rel=1e-12)


def test_every_model_with_a_target_is_balanced():
    """What the target takes counts as well: without it, a tenth of the dose would be missing."""
    doses = regimen(20.0, 7.0, infusion=0.1, until=28.0).doses
    full = target_mediated(doses, MASS, duration=28.0)
    quasi = quasi_steady_state(doses, MASS, target=np.array([10.0]), duration=28.0)
    assert full.balance <= 1e-12
    assert quasi.balance <= 1e-12
    linear = 0.252 * full.exposure[0]
    body = full.total[0, -1] * 3.2417 + full.concentration[0, -1] * 2.2029
    assert 80.0 - linear - body > 8.0


@pytest.mark.parametrize("model", [target_mediated, quasi_steady_state])
def test_a_depot_under_the_skin_is_counted_too(model):
    """Without a target, two compartments and a depot in closed form; with one, all of the dose is accounted for."""
    given = {name: np.array([value]) for name, value in BETTS.items()}
    skin = {"absorption_rate": 0.28, "bioavailability": 0.74, "lag": 0.1}
    entry = {name: np.array([value]) for name, value in skin.items()} | {"absorption": "first order"}
    doses = regimen(160.0, 1e4).doses
    bare = model(doses, MASS, **given, **entry, target=np.zeros(1), duration=28.0, tolerance=1e-9)
    truth = closed.two_compartment_oral(bare.time, 160.0, **BETTS, **skin)
    assert bare.concentration[0] == pytest.approx(truth, rel=1e-7, abs=1e-8)
    full = model(doses, MASS, **given, **entry, target=np.array([10.0]), duration=28.0)
    assert full.balance <= 1e-12
    assert full.peak[0] < 0.99 * bare.peak[0]


@pytest.mark.parametrize(("model", "mass"), [(target_mediated, MASS), (quasi_steady_state, 149.0)])
def test_endless_dosing_begins_where_many_doses_end(model, mass):
    """SS 1 of a system that is not linear: the same trough as after 60 weekly doses."""
    weekly = regimen(140.0, 7.0, infusion=0.02, until=420.0).doses
    endless = replace(weekly, steady=np.array([1]), additional=np.array([0]))
    found, truth = model(endless, mass, duration=7.0), model(weekly, mass, duration=420.0, sampling=7.0)
    for name in ("trough", "target_free", "complex"):
        assert getattr(found, name)[..., -1] == pytest.approx(getattr(truth, name)[..., -1], rel=1e-5)
    assert found.balance <= 1e-12


def test_endless_dosing_that_only_just_fills_its_target_is_found():
    """Newton's method gets there although its first steps leave the target further from periodic than before."""
    patient = {"clearance": 0.134497, "central_volume": 4.13501, "target": 0.398583, "internalisation_rate": 0.868355}
    patient = {name: np.array([value]) for name, value in patient.items()}
    daily = regimen(1.0, 0.7, until=1050.0).doses
    endless = replace(daily, steady=np.array([1]), additional=np.array([0]))
    found = target_mediated(endless, MASS, **patient, duration=0.7)
    truth = target_mediated(daily, MASS, **patient, duration=1050.0, sampling=350.0)
    assert found.trough == pytest.approx(truth.trough, rel=1e-5)
    assert found.target_free[0, -1] == pytest.approx(truth.target_free[0, -1], rel=1e-5)


@pytest.mark.parametrize(("drug", "target", "constant"), [(10.0, 10.0, 0.1), (1e-6, 1e4, 0.1), (1e4, 1e-6, 1e-3)])
def test_the_complex_is_the_root_of_its_quadratic(drug, target, constant):
    """10, 10 and 0.1 nM bind 9.048751 nM; nothing cancels where one is rare."""
    complex = bound(drug, target, constant)
    assert (drug - complex) * (target - complex) == pytest.approx(constant * complex, rel=1e-9)
    assert unbound(drug, target, constant) * unbound(target, drug, constant) == pytest.approx(constant * complex)
    if drug == target:
        assert complex == pytest.approx(9.048751, abs=1e-6)


def test_free_drug_is_told_however_little_a_tight_target_leaves():
    given = regimen(100.0, 7.0, until=7.0).doses
    found = quasi_steady_state(
        given, 149.0, target=np.array([1e5]), steady_state_constant=np.array([1e-12]), duration=7.0
    )
    free, taken = found.concentration * 1e3 / 149, found.complex > 1e-3
    assert taken.any()
    assert (free * found.target_free)[taken] == pytest.approx(1e-12 * found.complex[taken], rel=1e-9, abs=0)


# What is refused, and what fails


def test_a_patient_whose_solver_fails_is_named_with_its_time():
    on = np.array([8.64, 1e60, 8.64])
    doses = regimen(100.0, 7.0, until=14.0).doses
    with pytest.raises(Unsolved, match=r"patient 1 at [0-9.e+-]+ d: "):
        target_mediated(doses, MASS, on_rate=on, duration=14.0)
    found = target_mediated(doses, MASS, on_rate=on, duration=14.0, on_failure="leave out")
    assert found.patient.tolist() == [0, 2]
    assert found.left_out.startswith("patient 1 at ")


@pytest.mark.parametrize("model", [target_mediated, quasi_steady_state])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, r"molecular_mass is float \[kDa\] and was not given"),
        ({"molecular_mass": "145.5"}, r"Write molecular_mass='145.5 kDa'"),
        ({"molecular_mass": "145500 kDa"}, r"valid between 0.05 and 2000 kDa"),
        ({"molecular_mass": "145.5 kDa", "target": "-1 nM"}, r"target was given -1 nM"),
        ({"molecular_mass": "145.5 kDa", "target": "1 mg/L"}, r"target"),
    ],
)
def test_absurd_parameters_are_refused_by_the_ports(model, given, said):
    with pytest.raises(BridgeError, match=said):
        arguments(model_of(model), {"doses": EVERY_THREE_WEEKS, **given})


@pytest.mark.parametrize("model", [target_mediated, quasi_steady_state])
def test_an_antibody_in_da_instead_of_kda_is_refused(model):
    with pytest.raises(ValueError, match=r"0.1455 kDa makes 4.*e\+05 nM .* molecular_mass='145.5 kDa'"):
        model(EVERY_THREE_WEEKS, 0.1455, duration=84.0)


def test_the_models_keep_their_promises():
    for model in (target_mediated, quasi_steady_state):
        check_model(
            model, doses=EVERY_THREE_WEEKS, molecular_mass="145500 Da", turnover_rate="0.2 1/h", duration="4 week"
        )
