"""From doses to the volume of a tumour, for the typical patient of the default flow: the numbers that it must have."""

import numpy as np
import pytest
from bridge_pharmacology.dosing.doses import Doses
from bridge_pharmacology.plasma.compartments import two_compartment
from bridge_pharmacology.response.binding import kinetic
from bridge_pharmacology.response.effect import tumour_growth
from bridge_pharmacology.response.signal import transit
from bridge_pharmacology.tissue.coupled import tumour_coupled
from bridge_pharmacology.tissue.krogh import krogh
from bridge_pharmacology.tissue.tumour import tumour

NANOMOLAR = 1000 / 145.5  # of 1 mg/L


def weekly(dose, weeks=24):
    """Twice the dose (mg/kg) over 90 min, then the dose over 30 min every week, 70 kg."""
    none = np.zeros(weeks, dtype=np.int64)
    return Doses(
        individual=none,
        time=7.0 * np.arange(weeks),
        amount=70 * dose * np.array([2.0] + [1.0] * (weeks - 1)),
        duration=np.array([1.5] + [0.5] * (weeks - 1)) / 24,
        event=none + 1,
        compartment=none + 1,
        additional=none,
        interval=np.zeros(weeks),
        steady=none,
    )


@pytest.fixture(scope="module")
def typical():
    return tumour_coupled(weekly(2.0), 145.5)


def test_the_typical_patient_ends_where_an_independent_solver_has_it(typical):
    """LSODA at 1e-9 over all equations at once: occupancy 0.72213, third transit 0.84485, V/V0 0.52578 at 168 d."""
    signal = transit(typical.patient, typical.time, typical.occupancy)
    grown = tumour_growth(signal.patient, signal.time, signal.signal)
    assert typical.trough[0] == pytest.approx(67.8275, rel=1e-3)
    assert typical.occupancy[0, -1] == pytest.approx(0.72213, rel=1e-3)
    assert signal.signal[0, -1] == pytest.approx(0.84485, rel=1e-3)
    assert grown.effect[0, -1] == pytest.approx(0.52578, rel=1e-3)


def test_binding_driven_by_the_free_drug_ends_the_same(typical):
    """The chain in stages, on rows every 6 h and at the turns of infusions: at most 1e-3 apart in 168 d."""
    held = kinetic(typical.patient, typical.time, typical.concentration)
    signal = transit(held.patient, held.time, held.occupancy)
    grown = tumour_growth(signal.patient, signal.time, signal.signal)
    assert np.abs(held.occupancy - typical.occupancy).max() <= 1e-3
    assert held.occupancy[0, -1] == pytest.approx(typical.occupancy[0, -1], abs=1e-5)
    assert grown.effect[0, -1] == pytest.approx(0.52578, rel=1e-3)
    assert held.balance <= 1e-6


@pytest.mark.parametrize(("dose", "volume"), [(0.5, 4.33), (1.0, 1.79), (2.0, 0.525), (4.0, 0.335)])
def test_more_drug_leaves_less_tumour(dose, volume):
    """V/V0 at 168 d by maintenance dose with a double loading dose, to the three digits that are told."""
    course = tumour_coupled(weekly(dose), 145.5)
    signal = transit(course.patient, course.time, course.occupancy)
    grown = tumour_growth(signal.patient, signal.time, signal.signal)
    assert grown.effect[0, -1] == pytest.approx(volume, rel=3e-3)


def test_without_the_uptake_in_plasma_the_chain_ends_elsewhere():
    """LSODA: occupancy 0.74867, third transit 0.86980, V/V0 0.50733 at 168 d."""
    plasma = two_compartment(weekly(2.0))
    tissue = tumour(plasma.patient, plasma.time, NANOMOLAR * plasma.concentration)
    signal = transit(tissue.patient, tissue.time, tissue.occupancy)
    grown = tumour_growth(signal.patient, signal.time, signal.signal)
    assert tissue.occupancy[0, -1] == pytest.approx(0.74867, rel=1e-3)
    assert signal.signal[0, -1] == pytest.approx(0.86980, rel=1e-3)
    assert grown.effect[0, -1] == pytest.approx(0.50733, rel=1e-3)
    assert tissue.balance <= 1e-6


def test_the_resolved_tumour_of_the_typical_patient_is_near_the_lumped_one(typical):
    """Free antibody crosses 67 um in 5 min, walls let in as much as antigen takes in a day: mixing is nearly perfect.

    The difference in occupancy over 168 d stays below 3 %, and nothing is lost on the way.
    """
    plasma = NANOMOLAR * typical.plasma_concentration
    found = krogh(typical.patient, typical.time, plasma)
    lumped = tumour(typical.patient, typical.time, plasma, krogh_radius=np.array([np.sqrt(75**2 - 8**2)]))
    assert 1e-4 < np.abs(found.occupancy - lumped.occupancy).max() < 0.03
    assert found.balance <= 1e-6
