"""One and two compartments as registered models: closed forms, published figures, steady states, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_pharmacology.dosing.doses import Doses
from bridge_pharmacology.dosing.regimen import regimen
from bridge_pharmacology.plasma import closed
from bridge_pharmacology.plasma.compartments import one_compartment, two_compartment
from bridge_pharmacology.plasma.disposition import disposition, rate_constants
from bridge_pharmacology.systems.failing import Unsolved

from bridge.errors import BridgeError
from bridge.models import model_of
from bridge.testing import arguments, check_model

#: A typical human antibody at 70 kg: A. Betts et al., mAbs 10, 751 (2018).
BETTS = {
    "clearance": 0.252,
    "central_volume": 3.2417,
    "intercompartmental_clearance": 0.4536,
    "peripheral_volume": 2.2029,
}
#: Trastuzumab: R. Bruno et al., Cancer Chemother. Pharmacol. 56, 361 (2005), with Q = k12 V1 and V2 = Q/k21.
BRUNO = {
    "clearance": 0.225,
    "central_volume": 2.95,
    "intercompartmental_clearance": 0.164 * 2.95,
    "peripheral_volume": 0.164 * 2.95 / 0.101,
}


def arrays(given):
    return {name: np.array([value]) for name, value in given.items()}


# Against closed forms


def test_two_compartments_under_infusions_are_their_closed_form():
    weekly = regimen(140.0, 7.0, loading=280.0, infusion=0.5 / 24, loading_infusion=1.5 / 24, until=56.0)
    found = two_compartment(weekly.doses, **arrays(BRUNO), duration=56.0)
    at, amount = np.arange(8) * 7.0, np.array([280.0, *[140.0] * 7])
    lasts = np.array([1.5, *[0.5] * 7]) / 24
    truth = closed.superposed(closed.two_compartment_iv, found.time, at, amount, **BRUNO, duration=lasts)
    assert found.concentration[0] == pytest.approx(truth, rel=1e-7, abs=1e-8)
    assert found.trough[0] == pytest.approx(truth[-1], rel=1e-7)
    assert found.peak[0] == pytest.approx(truth.max(), rel=1e-7)
    assert found.balance <= 1e-12


def test_the_depot_of_one_compartment_has_lag_and_bioavailability_of_each_individual():
    daily = regimen(100.0, 1.0, until=10.0)
    given = {
        "clearance": np.array([2.0, 3.5]),
        "volume": np.array([30.0, 22.0]),
        "absorption_rate": np.array([34.0, 12.0]),
        "bioavailability": np.array([1.0, 0.6]),
        "lag": np.array([0.0, 0.031]),
    }
    found = one_compartment(daily.doses, **given, absorption="first order", duration=10.0)
    for p in range(2):
        alone = {name: value[p] for name, value in given.items()}
        truth = closed.superposed(closed.one_compartment_oral, found.time, np.arange(10.0), np.full(10, 100.0), **alone)
        assert found.concentration[p] == pytest.approx(truth, rel=1e-6, abs=1e-7)
    assert found.balance <= 1e-12


def test_the_depot_of_two_compartments_is_its_closed_form():
    given = BETTS | {"absorption_rate": 0.3, "bioavailability": 0.7, "lag": 0.1}
    found = two_compartment(regimen(210.0, 30.0).doses, **arrays(given), absorption="first order", duration=30.0)
    truth = closed.two_compartment_oral(found.time, 210.0, **given)
    assert found.concentration[0] == pytest.approx(truth, rel=1e-7, abs=1e-8)


@pytest.mark.parametrize(("absorption", "compartment"), [("none", 1), ("first order", 2)])
def test_compartments_are_numbered_as_in_nonmem(absorption, compartment):
    """The central compartment is 1 without a depot (ADVAN1, ADVAN3) and 2 with one (ADVAN2, ADVAN4)."""
    one = regimen(100.0, 50.0, compartment=compartment).doses
    spread = two_compartment(one, **arrays(BETTS), absorption=absorption, duration=20.0)
    assert spread.concentration[0] == pytest.approx(closed.two_compartment_iv(spread.time, 100.0, **BETTS), rel=1e-7)
    single = one_compartment(one, absorption=absorption, duration=20.0)
    assert single.peak[0] == pytest.approx(100 / 7.74, rel=1e-9)
    side = regimen(100.0, 50.0, compartment=compartment + 1).doses
    assert two_compartment(side, absorption=absorption, duration=1.0).concentration[0, 0] == 0.0


def test_exposure_is_an_integral_and_no_sum_over_rows():
    """Rows a fortnight apart know nothing of the area in between; the exact one is known from the closed form."""
    bolus = regimen(210.0, 500.0).doses
    found = two_compartment(bolus, **arrays(BETTS), duration=28.0, sampling=14.0)
    left = 0.0
    for share, rate in zip(*_shares(BETTS), strict=True):
        left += share / rate * np.exp(-rate * 28.0)
    assert found.exposure[0] == pytest.approx(210 * (1 / 0.252 - left), rel=1e-9)


def _shares(given):
    """Share over central volume and rate constant of both phases, from two values of the closed form's derivatives."""
    rates = np.array(closed.rate_constants(*given.values()))
    cl, v1, q, _ = given.values()
    starts = np.array([1 / v1, -(cl + q) / v1**2])
    return np.linalg.solve(np.array([[1.0, 1.0], -rates]), starts), rates


# Published figures


def test_betts_antibody_has_its_volume_half_life_and_area():
    """5.445 L, 16.53 d and, at 1 mg/kg in 70 kg, 277.8 mg*d/L: closed forms of the published parameters."""
    known = disposition(**arrays(BETTS))
    assert known.steady_state_volume[0] == pytest.approx(5.445, rel=1e-3)
    assert known.terminal_half_life[0] == pytest.approx(16.53, rel=1e-3)
    found = two_compartment(regimen(70.0, 1e4).doses, **arrays(BETTS), duration=600.0, sampling=10.0)
    assert found.exposure[0] == pytest.approx(277.8, rel=1e-4)
    assert known.mean_residence_time[0] == pytest.approx(_first_moment(BETTS), rel=1e-10)


def _first_moment(given):
    shares, rates = _shares(given)
    return (shares / rates**2).sum() / (shares / rates).sum()


def test_betts_antibody_every_three_weeks_averages_what_dose_over_clearance_has():
    """3 mg/kg every 21 d in 70 kg: 39.7 mg/L over an interval at steady state."""
    doses = regimen(210.0, 21.0, until=420.0).doses
    late, early = (two_compartment(doses, **arrays(BETTS), duration=end, sampling=7.0) for end in (420.0, 399.0))
    average = (late.exposure[0] - early.exposure[0]) / 21
    assert average == pytest.approx(39.7, rel=1e-3)
    assert average == pytest.approx(210 / (0.252 * 21), rel=1e-6)


def test_trastuzumab_has_its_terminal_half_life():
    """28.5 d in the paper."""
    assert disposition(**arrays(BRUNO)).terminal_half_life[0] == pytest.approx(28.5, rel=1e-2)
    found = two_compartment(regimen(140.0, 1e4).doses, **arrays(BRUNO), duration=200.0)
    late = found.time > 100
    slope = np.polyfit(found.time[late], np.log(found.concentration[0, late]), 1)[0]
    assert np.log(2) / -slope == pytest.approx(disposition(**arrays(BRUNO)).terminal_half_life[0], rel=1e-4)


def test_weekly_trastuzumab_settles_between_its_peak_and_its_trough():
    """2 mg/kg weekly in 70 kg: 118.8 and 71.3 mg/L, by the matrix exponential of the same parameters."""
    found = two_compartment(regimen(140.0, 7.0, until=420.0).doses, **arrays(BRUNO), duration=420.0)
    assert found.peak[0] == pytest.approx(118.8, rel=1e-3)
    assert found.trough[0] == pytest.approx(71.3, rel=1e-3)


def test_endless_dosing_begins_where_weekly_dosing_ends():
    """SS 1: the same peak and trough at once as after a year of doses."""
    week = {name: np.array([0 if name != "event" else 1]) for name in Doses.__dataclass_fields__}
    week |= {"amount": np.array([140.0]), "compartment": np.array([1]), "interval": np.array([7.0])}
    week |= {"steady": np.array([1]), "time": np.zeros(1), "duration": np.zeros(1)}
    found = two_compartment(Doses(**week), **arrays(BRUNO), duration=7.0)
    assert found.peak[0] == pytest.approx(118.8, rel=1e-3)
    assert found.trough[0] == pytest.approx(71.3, rel=1e-3)
    assert found.balance <= 1e-12


def test_a_long_infusion_settles_at_rate_over_clearance():
    """Css = R/CL: 50 mg/d for 800 d, over 60 half-lives."""
    drip = regimen(40_000.0, 1e4, infusion=800.0).doses
    for found in (
        two_compartment(drip, **arrays(BETTS), duration=800.0, sampling=20.0),
        one_compartment(drip, clearance=np.array([0.252]), duration=800.0, sampling=20.0),
    ):
        assert found.trough[0] == pytest.approx(50 / 0.252, rel=1e-8)
        assert found.balance <= 1e-12


def test_rate_constants_and_clearances_say_the_same():
    """k12 0.164/d and k21 0.101/d with V1 2.95 L: Q 0.4838 L/d and V2 4.790 L."""
    exchange = rate_constants(np.array([2.95]))
    assert exchange.intercompartmental_clearance[0] == pytest.approx(0.4838, rel=1e-4)
    assert exchange.peripheral_volume[0] == pytest.approx(4.790, rel=1e-4)
    back = disposition(np.array([0.225]), np.array([2.95]), *vars(exchange).values())
    assert (back.k12[0], back.k21[0]) == pytest.approx((0.164, 0.101), rel=1e-12)
    assert (back.k10[0], back.area_per_dose[0]) == pytest.approx((0.225 / 2.95, 1 / 0.225), rel=1e-12)


# Many patients


def test_a_patient_in_a_crowd_is_a_patient_alone():
    rng = np.random.default_rng(1)
    clearance, volume = 0.225 * np.exp(0.4 * rng.standard_normal(20)), 2.95 * np.exp(0.3 * rng.standard_normal(20))
    doses = regimen(140.0, 7.0, until=28.0).doses
    crowd = two_compartment(doses, clearance, volume, duration=28.0)
    assert crowd.patient.tolist() == list(range(20))
    for p in (0, 19):
        alone = two_compartment(doses, clearance[p : p + 1], volume[p : p + 1], duration=28.0)
        assert crowd.concentration[p] == pytest.approx(alone.concentration[0], rel=1e-13)


def test_a_patient_that_cannot_be_solved_is_named_and_the_others_go_on():
    """The second patient's clearance overflows: no number can be given, and none is."""
    doses, clearance = regimen(100.0, 7.0, until=14.0).doses, np.array([0.2, 1e308, 0.3])
    with pytest.raises(Unsolved, match=r'patient 1 at 0 d: .*on_failure="leave out"'):
        two_compartment(doses, clearance, duration=14.0)
    found = two_compartment(doses, clearance, duration=14.0, on_failure="leave out")
    assert found.patient.tolist() == [0, 2]
    assert found.left_out.startswith("patient 1 at 0 d")
    assert found.concentration.shape == (2, found.time.size)
    truth = two_compartment(doses, np.array([0.3]), duration=14.0)
    assert found.concentration[1] == pytest.approx(truth.concentration[0], rel=1e-13)
    assert found.exposure[1] == pytest.approx(truth.exposure[0], rel=1e-13)


# What is refused, before anything is solved


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"central_volume": "-3 L"}, r"central_volume was given -3 L; it is valid above 0 L"),
        ({"central_volume": "0 L"}, r"it is valid above 0 L"),
        ({"clearance": "0.2"}, r"Write clearance='0.2 L/d'"),
        ({"clearance": "0.2 L/d/kg"}, r"clearance"),
        ({"bioavailability": "1.2"}, r"bioavailability"),
        ({"absorption": "zero order"}, r"first order"),
        ({"duration": "0 d"}, r"duration"),
    ],
)
def test_absurd_parameters_are_refused_by_the_ports(given, said):
    with pytest.raises(BridgeError, match=said):
        arguments(model_of(two_compartment), {"doses": regimen(100.0, 7.0).doses, **given})


@pytest.mark.parametrize(
    ("absorption", "compartment", "said"),
    [
        ("none", 3, r"1 \(central\), 2 \(peripheral\)"),
        ("first order", 4, r"1 \(depot\), 2 \(central\), 3 \(peripheral\)"),
    ],
)
def test_a_compartment_that_the_model_has_not_is_refused(absorption, compartment, said):
    with pytest.raises(ValueError, match=said):
        two_compartment(regimen(100.0, 7.0, compartment=compartment).doses, absorption=absorption, duration=7.0)


@pytest.mark.parametrize("given", [{"lag": np.array([0.0, 0.1])}, {"bioavailability": np.array([0.8])}])
def test_what_says_nothing_without_absorption_is_refused(given):
    with pytest.raises(ValueError, match=r"nothing is absorbed: .* absorption='first order'"):
        one_compartment(regimen(100.0, 7.0).doses, duration=7.0, **given)
    assert one_compartment(regimen(100.0, 7.0).doses, absorption="first order", duration=7.0, **given).balance < 1e-9


def test_the_models_keep_their_promises():
    doses = regimen(140.0, 7.0, until=14.0).doses
    for model in (one_compartment, two_compartment):
        found = check_model(model, doses=doses, clearance="9.4 mL/h", duration="2 week", sampling="12 h")
        assert found["time"][-1] == 14.0
    assert check_model(disposition)["steady_state_volume"][0] == pytest.approx(7.74, rel=1e-3)
    assert check_model(rate_constants, k12="6.83e-3 1/h")["peripheral_volume"][0] == pytest.approx(4.79, rel=1e-3)
