"""Which process is fast in a tumour, when plasma may be solved without it, and what that costs."""

import numpy as np
import pytest
from bridge_pharmacology.dosing.doses import Doses
from bridge_pharmacology.plasma.compartments import two_compartment
from bridge_pharmacology.tissue.coupled import tumour_coupled
from bridge_pharmacology.tissue.criteria import PROCESSES, criteria
from bridge_pharmacology.tissue.krogh import krogh
from bridge_pharmacology.tissue.uncoupled import Levels, comparison, uncoupled

from bridge import NotSeparated

#: R 100 um, D 14 um²/s, antigen 500 nM, ε 0.24, Kd 0.1 nM.
TABLE = {"distance": 100.0, "diffusivity": 14.0, "antigen": 500.0, "void_fraction": 0.24, "dissociation_constant": 0.1}


def of_half_life(hours, **changed):
    return criteria(**{**TABLE, "internalisation_rate": float(np.log(2) / hours * 24), **changed})


# Times and moduli


@pytest.mark.parametrize(
    ("hours", "antibody", "internalised", "retarded", "phi_squared"),
    [
        (3, 100, 15_581, 17.2, 3.96),
        (3, 10, 15_581, 165, 38.2),
        (100, 100, 519_370, 17.2, 0.119),
        (3, 1000, 15_581, 1.72, 0.398),
    ],
)
def test_times_and_thiele_moduli_are_those_of_the_table(hours, antibody, internalised, retarded, phi_squared):
    """Thurber, Schmidt and Wittrup 2008, at the table's own digits: 0.5 %."""
    found = of_half_life(hours, concentration=float(antibody))
    assert found.free_diffusion == pytest.approx(714, rel=5e-3)
    assert found.internalisation == pytest.approx(internalised, rel=5e-3)
    assert found.retarded_diffusion / 3600 == pytest.approx(retarded, rel=5e-3)
    assert found.thiele == pytest.approx(phi_squared, rel=5e-3)


def places(found):
    return dict(zip(PROCESSES, found.rank.tolist(), strict=True))


def test_the_order_turns_round_between_100_and_1000_nanomolar():
    """Free diffusion is 22 times faster than internalisation in both, so it cannot tell them apart."""
    for antibody, first, second in (
        (100.0, "internalisation", "retarded diffusion"),
        (1000.0, "retarded diffusion", "internalisation"),
    ):
        found = of_half_life(3, concentration=antibody)
        assert found.internalisation / found.free_diffusion == pytest.approx(22, rel=0.02)
        assert places(found)[first] < places(found)[second]
        assert found.order.index(f"{first} (") < found.order.index(f"{second} (")
        assert found.reaches == (first == "retarded diffusion")


def test_the_order_turns_round_with_the_half_life():
    assert of_half_life(3, concentration=100.0).limited_by.startswith("internalisation")
    slow = of_half_life(100, concentration=100.0)
    assert places(slow)["retarded diffusion"] < places(slow)["internalisation"]
    assert slow.reaches
    assert not of_half_life(100, concentration=100.0, clearance_time=0.1).reaches
    assert of_half_life(100, concentration=100.0, clearance_time=0.1).clearance_modulus == pytest.approx(7.15, rel=1e-2)


def test_ranks_and_words_are_in_the_order_of_times():
    found = of_half_life(3, concentration=100.0)
    assert (np.sort(found.times) == found.times[np.argsort(found.rank)]).all()
    assert found.order == (
        "binding (4.8 s) < free diffusion (11.9 min) < internalisation (4.33 h) < retarded diffusion (17.2 h) "
        "< clearance (13.1 d)"
    )


def test_walls_hold_up_what_diffusion_would_not():
    """Uptake 0.737 /d of 480 nM is 354 nM/d, and internalisation takes 500: walls limit, the way does not."""
    found = criteria(480.0, permeability=259.2)
    assert found.reaches
    assert found.thiele_wall == pytest.approx(500 / (480 * 0.7373), rel=1e-3)
    assert not found.supplied
    assert found.limited_by == "internalisation, faster than capillary walls let in"
    assert criteria(5000.0).limited_by == "nothing"


def test_the_resolved_front_stops_at_the_depth():
    """In `tissue.krogh` behind a plane without a wall, 100 um deep: 46 um of it are reached at 3 h and 10 nM."""
    rate = float(np.log(2) * 8)
    found = of_half_life(3, concentration=10.0)
    assert found.depth == pytest.approx(45.8, rel=1e-2)
    time, one = np.linspace(0, 3, 25), np.ones(1)
    front = krogh(
        np.array([0]),
        time,
        np.full((1, 25), 10.0),
        turnover_rate=rate * one,
        internalisation_rate=rate * one,
        permeability=1e9 * one,
        capillary_radius=1e5 * one,
        krogh_radius=(1e5 + 100) * one,
        on_rate=86.4 * one,
    )
    assert front.penetration[0, -1] == pytest.approx(found.depth, rel=0.08)


# Plasma without the tumour


def regimen(weeks):
    """4 mg/kg over 90 min, then 2 mg/kg over 30 min weekly, 70 kg."""
    none = np.zeros(weeks, dtype=np.int64)
    return Doses(
        individual=none,
        time=7.0 * np.arange(weeks),
        amount=np.array([280.0] + [140.0] * (weeks - 1)),
        duration=np.array([1.5] + [0.5] * (weeks - 1)) / 24,
        event=none + 1,
        compartment=none + 1,
        additional=none,
        interval=np.zeros(weeks),
        steady=none,
    )


VOLUMES = (3.0, 10.0, 30.0, 100.0)


@pytest.fixture(scope="module")
def compared():
    doses = regimen(24)
    alone = two_compartment(doses)
    found = {}
    for volume in VOLUMES:
        whole = tumour_coupled(doses, 145.5, tumour_volume=np.array([volume]))
        found[volume] = comparison(whole, alone)
    return found


def ratio(volume):
    try:
        return uncoupled(tumour_volume=volume).ratio
    except NotSeparated:
        return uncoupled(tumour_volume=volume, limit=1e9).ratio


def test_leaving_the_tumour_out_of_plasma_costs_what_the_coupled_model_says(compared):
    """Trough at 168 d: 70.446 mg/L without the tumour's uptake, 67.828 with it at 10 mL (LSODA at 1e-9)."""
    assert compared[10.0].trough_error[0] == pytest.approx(70.446 / 67.8275 - 1, rel=5e-3)
    assert compared[100.0].trough_error[0] == pytest.approx(0.41395, rel=5e-3)  # 70.446 and 49.822 mg/L
    assert compared[10.0].largest == compared[10.0].median == pytest.approx(abs(compared[10.0].trough_error[0]))
    assert "median of 1" in compared[10.0].words


def test_the_error_rises_with_the_ratio(compared):
    ratios = [ratio(volume) for volume in VOLUMES]
    errors = [compared[volume].median for volume in VOLUMES]
    exposures = [float(compared[volume].exposure_error[0]) for volume in VOLUMES]
    assert ratios == sorted(ratios)
    assert errors == sorted(errors)
    assert exposures == sorted(exposures)
    # the error that the verdict tells, "about 1.3 times the ratio", bounds what is measured
    assert all(0.8 * r < e < 1.3 * r for r, e in zip(ratios, errors, strict=True)), (ratios, errors)


def test_one_physical_parameter_turns_the_verdict():
    small = uncoupled(tumour_volume=10.0)
    assert small.admissible
    assert small.ratio == pytest.approx(0.7373 * 0.010 / 0.225, rel=1e-3)
    assert "separated" in small.verdict
    for changed in ({"tumour_volume": 100.0}, {"clearance": 0.05}, {"permeability": 1000.0}):
        with pytest.raises(NotSeparated, match="clearance/uptake"):
            uncoupled(**changed)


def test_patients_are_compared_by_their_numbers():
    found = comparison(
        Levels(np.array([0, 1, 3]), np.array([1.0, 2.0, 4.0]), np.array([10.0, 20.0, 40.0])),
        Levels(np.array([3, 1, 2]), np.array([5.0, 2.0, 9.0]), np.array([44.0, 20.0, 9.0])),
    )
    assert found.patient.tolist() == [1, 3]
    np.testing.assert_allclose(found.trough_error, [0, 0.25])
    np.testing.assert_allclose(found.exposure_error, [0, 0.1])
    assert (found.left_out, found.largest, found.median) == (2, 0.25, 0.125)


def test_nothing_to_compare_is_refused():
    level = np.array([1.0])
    with pytest.raises(ValueError, match="no patient is in both"):
        comparison(Levels(np.array([0]), level, level), Levels(np.array([1]), level, level))
    with pytest.raises(ValueError, match="coupled trough of patient 0 is 0"):
        comparison(Levels(np.array([0]), 0 * level, level), Levels(np.array([0]), level, level))
