"""Minimal physiology and the tumour coupled to plasma: published figures, steady states, and mass balance."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_pharmacology.dosing.regimen import regimen
from bridge_pharmacology.plasma.compartments import one_compartment, two_compartment
from bridge_pharmacology.plasma.minimal_pbpk import MINIMAL_PBPK, minimal_pbpk
from bridge_pharmacology.plasma.quasi_steady_state import quasi_steady_state
from bridge_pharmacology.plasma.target_mediated import target_mediated
from bridge_pharmacology.tissue.coupled import tumour_coupled

from bridge.errors import BridgeError
from bridge.models import model_of
from bridge.testing import arguments, check_model

BOLUS = regimen(100.0, 1e4).doses
#: Trastuzumab at 70 kg: 280 mg over 90 min, then 140 mg over 30 min weekly, for 168 d.
WEEKLY = regimen(140.0, 7.0, loading=280.0, infusion=0.5 / 24, loading_infusion=1.5 / 24, until=168.0).doses


# Minimal physiology: Y. Cao, J. P. Balthasar and W. J. Jusko, J. Pharmacokinet. Pharmacodyn. 40, 597 (2013)


def test_visilizumab_has_its_half_life():
    """10.98 d: the slowest eigenvalue of the linear system, and the slope of the model's own course."""
    isf = 15.6 * 0.8
    flows = (0.33 * 2.9, 0.67 * 2.9)
    given = (
        0.3648,
        2.6,
        0.65 * isf,
        0.35 * isf,
        2.6,
        flows[0] * 0.051,
        flows[1] * 0.166,
        *(f * 0.8 for f in flows),
        2.9,
    )
    columns = [MINIMAL_PBPK.rates(*np.eye(4)[k], 0.0, *given)[:4] for k in range(4)]
    slowest = np.linalg.eigvals(np.array(columns).T).real.max()
    assert np.log(2) / -slowest == pytest.approx(10.98, rel=1e-3)
    found = minimal_pbpk(BOLUS, duration=300.0)
    late = found.time > 200
    slope = np.polyfit(found.time[late], np.log(found.concentration[0, late]), 1)[0]
    assert slope == pytest.approx(slowest, rel=1e-5)


def test_visilizumab_has_its_area():
    """100 mg leave 274.12 mg*d/L behind: dose over clearance."""
    found = minimal_pbpk(BOLUS, duration=400.0, sampling=10.0)
    assert found.exposure[0] == pytest.approx(274.12, rel=1e-4)
    assert found.balance <= 1e-12


def test_interstitial_fluid_settles_at_its_share_of_plasma():
    """0.0638 of plasma in tight tissues and 0.2075 in leaky ones, and what is infused is cleared: Css = R/CL."""
    found = minimal_pbpk(regimen(20.0 * 600, 1e4, infusion=600.0).doses, duration=600.0, sampling=20.0)
    assert found.tight_ratio[0] == pytest.approx(0.0638, rel=1e-3)
    assert found.leaky_ratio[0] == pytest.approx(0.2075, rel=1e-3)
    assert found.trough[0] == pytest.approx(20 / 0.3648, rel=1e-8)
    assert found.tight[0, -1] / found.trough[0] == pytest.approx(found.tight_ratio[0], rel=1e-8)
    assert found.leaky[0, -1] / found.trough[0] == pytest.approx(found.leaky_ratio[0], rel=1e-8)
    assert found.lymph[0, -1] == pytest.approx(0.8 * (0.33 * found.tight[0, -1] + 0.67 * found.leaky[0, -1]), rel=1e-8)
    assert found.balance <= 1e-12


def test_vessels_that_reflect_everything_leave_the_drug_in_plasma():
    found = minimal_pbpk(BOLUS, tight_reflection=np.ones(1), leaky_reflection=np.ones(1), duration=30.0)
    truth = 100 / 2.6 * np.exp(-0.3648 / 2.6 * found.time)
    assert found.concentration[0] == pytest.approx(truth, rel=1e-7)
    assert found.tight.max() == 0.0


# The tumour


def test_the_typical_patient_is_where_an_independent_solution_has_it():
    """At day 168, by LSODA at 1e-9 with an uptake of 0.737/d: 111.755 and 67.8275 mg/L, occupancy 0.72213."""
    found = tumour_coupled(WEEKLY, 145.5)
    assert found.plasma_concentration[0, np.searchsorted(found.time, 161.25)] == pytest.approx(111.755, rel=1e-4)
    assert found.trough[0] == pytest.approx(67.8275, rel=1e-4)
    assert found.occupancy[0, -1] == pytest.approx(0.72213, rel=1e-3)
    assert found.balance <= 1e-11


def test_two_hundred_virtual_patients_are_where_lsoda_has_them():
    """Medians within 2 % and 5-95 % within 5 % of scipy's LSODA on the same draws, seed 20260105.

    Clearance, volume and antigen are lognormal with CV 43, 29 and 50 %, omega² = ln(1 + CV²); at day 168.
    """
    normal = np.random.default_rng(20260105).normal(size=(200, 5))
    clearance, volume, antigen = (
        typical * np.exp(np.sqrt(np.log(1 + cv**2)) * normal[:, k])
        for k, (typical, cv) in enumerate([(0.225, 0.43), (2.95, 0.29), (500.0, 0.50)])
    )
    found = tumour_coupled(WEEKLY, 145.5, clearance=clearance, central_volume=volume, antigen=antigen)
    peak = found.plasma_concentration[:, np.searchsorted(found.time, 161.25)]
    for course, median, low, high in (
        (found.trough, 66.6, 24.7, 141.0),
        (peak, 111.0, 68.0, 195.0),
        (found.occupancy[:, -1], 0.72, 0.21, 0.999),
    ):
        assert np.median(course) == pytest.approx(median, rel=0.02)
        assert np.percentile(course, [5, 95]) == pytest.approx([low, high], rel=0.05)
    assert found.balance <= 1e-11


@pytest.mark.parametrize("model", [minimal_pbpk, tumour_coupled])
def test_a_depot_under_the_skin_loses_nothing(model):
    """All of 300 mg that is absorbed is cleared in the end, or in the body; and none of the quarter that is not."""
    given = {"molecular_mass": 145.5, "tumour_volume": np.zeros(1)} if model is tumour_coupled else {}
    depot = {"absorption": "first order", "bioavailability": np.array([0.75]), "lag": np.array([0.5])}
    found = model(regimen(300.0, 1e4).doses, **given, **depot, duration=900.0, sampling=10.0)
    assert found.exposure[0] == pytest.approx(225 / (0.225 if given else 0.3648), rel=1e-6)
    assert found.balance <= 1e-12


def test_plasma_loses_what_the_tumour_takes():
    """The trough is 70.45 mg/L if plasma does not feel the tumour; the cleared amount falls by the uptake."""
    coupled, alone = tumour_coupled(WEEKLY, 145.5), two_compartment(WEEKLY)
    assert alone.trough[0] == pytest.approx(70.446, rel=1e-4)
    assert coupled.trough[0] < alone.trough[0]
    lost = (alone.exposure[0] - coupled.exposure[0]) * 0.225
    held = (alone.trough[0] - coupled.trough[0]) * 2.95
    assert held + lost < coupled.uptake[0] * 145.5e-3
    assert held + lost > 0.8 * coupled.uptake[0] * 145.5e-3


@pytest.mark.parametrize("gone", [{"tumour_volume": np.zeros(1)}, {"permeability": np.full(1, 1e-9)}])
def test_without_a_tumour_plasma_is_two_compartments(gone):
    found = tumour_coupled(WEEKLY, 145.5, **gone, tolerance=1e-9)
    alone = two_compartment(WEEKLY, tolerance=1e-9)
    assert found.plasma_concentration == pytest.approx(alone.concentration, rel=1e-7, abs=1e-8)
    assert found.exposure == pytest.approx(alone.exposure, rel=1e-7)


def test_the_loss_of_plasma_grows_with_the_tumour():
    volumes = np.array([0.1, 1.0, 10.0, 100.0, 300.0])
    found = tumour_coupled(WEEKLY, 145.5, tumour_volume=volumes)
    assert (np.diff(found.trough) < 0).all()
    small = (two_compartment(WEEKLY).trough[0] - found.trough[:2]) / volumes[:2]
    assert small[0] == pytest.approx(small[1], rel=0.01)


def test_without_internalisation_the_tumour_comes_to_equilibrium_with_plasma():
    """Under a long infusion, F/eps is plasma's concentration and A (F/eps) = Kd B, with A at its baseline."""
    drip = regimen(1.0 * 2000, 1e4, infusion=2000.0).doses
    found = tumour_coupled(
        drip,
        145.5,
        dissociation_constant=np.full(1, 100.0),
        internalisation_rate=np.zeros(1),
        duration=2000.0,
        sampling=100.0,
    )
    outside = found.concentration[0, -1]
    assert outside == pytest.approx(found.trough[0] * 1e3 / 145.5, rel=1e-6)
    assert found.antigen_free[0, -1] == pytest.approx(500.0, rel=1e-6)
    assert found.bound[0, -1] == pytest.approx(500.0 * outside / 100.0, rel=1e-6)


def test_each_patient_has_a_tumour_of_its_own():
    antigen = np.array([100.0, 500.0, 2500.0])
    found = tumour_coupled(WEEKLY, 145.5, antigen=antigen, duration=28.0)
    assert found.antigen_free[:, 0] == pytest.approx(antigen)
    assert (np.diff(found.occupancy[:, -1]) < 0).all()
    assert found.balance <= 1e-12


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, r"molecular_mass is float \[kDa\] and was not given"),
        ({"molecular_mass": "145.5 kDa", "tumour_volume": "-1 mL"}, r"tumour_volume was given -1 mL"),
        ({"molecular_mass": "145.5 kDa", "void_fraction": "0"}, r"void_fraction"),
        ({"molecular_mass": "145.5 kDa", "k12": "0.164 L/d"}, r"k12"),
    ],
)
def test_absurd_parameters_are_refused_by_the_ports(given, said):
    with pytest.raises(BridgeError, match=said):
        arguments(model_of(tumour_coupled), {"doses": WEEKLY, **given})


def test_a_capillary_wider_than_its_tissue_and_da_for_kda_are_refused():
    with pytest.raises(ValueError, match="Krogh radius"):
        tumour_coupled(WEEKLY, 145.5, krogh_radius=np.array([75.0, 7.0]))
    with pytest.raises(ValueError, match=r"molecular_mass='145.5 kDa'"):
        tumour_coupled(WEEKLY, 0.1455)


ALL = (one_compartment, two_compartment, target_mediated, quasi_steady_state, minimal_pbpk, tumour_coupled)


@pytest.mark.parametrize("model", ALL)
def test_any_plasma_model_can_take_the_place_of_another(model):
    """Same names and units of outputs; but for doses and, where there are molecules, their mass, nothing is asked."""
    ports = {port.name: str(port.kind) for port in model_of(model).outputs.ports}
    common = {port.name: str(port.kind) for port in model_of(one_compartment).outputs.ports}
    drug = "plasma_concentration" if model is tumour_coupled else "concentration"
    ports["concentration"] = ports[drug]
    assert common.items() <= ports.items()
    asked = {port.name for port in model_of(model).inputs.values() if port.required}
    assert asked <= {"doses", "molecular_mass"}
    found = model(WEEKLY, **({"molecular_mass": 145.5} if "molecular_mass" in asked else {}))
    assert found.time[-1] == 168.0
    assert found.balance <= 1e-11
    course = getattr(found, drug)
    assert found.peak == pytest.approx(course.max(axis=1))
    area = np.trapezoid(course, found.time, axis=1)
    assert found.exposure == pytest.approx(area, rel=0.02)


def test_the_models_keep_their_promises():
    check_model(minimal_pbpk, doses=BOLUS, clearance="15.2 mL/h", duration="3 week")
    check_model(tumour_coupled, doses=WEEKLY, molecular_mass="145.5 kDa", permeability="3e-9 m/s", duration="3 week")
