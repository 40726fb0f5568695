"""Antibody in a tumour: kinetics, plasma, the clocks, and when binding may be taken to be fast."""

import numpy as np
import pytest
from bridge_transport import tumour, tumour_binding, tumour_comparison, tumour_criteria, tumour_march, tumour_plasma
from scipy.integrate import quad
from scipy.linalg import expm

from bridge import NotSeparated
from bridge.testing import plain

CELLS = {"antigen": 500.0, "on_rate": 1e-4, "dissociation_constant": 1.0, "internalisation_half_life": 3.0}
STEADY = {"fast_half_life": 1e6, "slow_half_life": 1e6}
COARSE = {"layers": 30, "steps": 100}
BATH = {"permeability": 1e3}
ANYWAY = {"limit": 1e9}


def closed(**changed):
    """The fine model as a closure, its local answer fast enough for tests: closed form instead of a linear solve."""
    told = {**CELLS, **changed}
    rate = np.log(2) / (told["internalisation_half_life"] * 3600)
    steady = told["dissociation_constant"] + rate / told["on_rate"]

    class Law:
        def __call__(self, concentration):
            return self.map({"concentration": concentration})

        def map(self, states):
            c = np.asarray(states["concentration"])
            bound = told["antigen"] * c / (c + steady)
            return tumour.Local(bound, rate * bound, told["on_rate"] * told["antigen"])

    return Law()


# The cells


@pytest.mark.parametrize("concentration", [0.0, 0.1, 1.0, 30.0, 1e4])
def test_cells_bind_what_the_closed_form_has(concentration):
    found = tumour_binding.binding(concentration, **CELLS)
    rate = np.log(2) / (3 * 3600)
    steady = 1.0 + rate / 1e-4
    assert found.bound == pytest.approx(500 * concentration / (concentration + steady), rel=1e-10)
    assert found.uptake == pytest.approx(rate * found.bound, rel=1e-12)
    assert found.relaxation_time == pytest.approx(1 / (1e-4 * concentration + 1e-4 + rate), rel=1e-10)


def test_without_internalisation_the_dissociation_constant_binds_half():
    found = tumour_binding.binding(1.0, **{**CELLS, "internalisation_half_life": 1e12})
    assert found.occupancy == pytest.approx(0.5, rel=1e-6)


def test_the_relaxation_time_is_that_of_the_kinetics():
    """From bare cells, the matrix exponential has bound 1 - 1/e of the steady amount after it."""
    found = tumour_binding.binding(5.0, **CELLS)
    rate = np.log(2) / (3 * 3600)
    matrix = tumour_binding.kinetics(5.0, 1e-4, 1e-4, rate)
    steady = np.linalg.solve(matrix, [-rate * 500.0, 0.0])
    after = steady + expm(matrix * found.relaxation_time) @ (np.array([500.0, 0.0]) - steady)
    assert after[1] / steady[1] == pytest.approx(1 - np.exp(-1), rel=1e-10)
    assert after.sum() == pytest.approx(500.0)


# Plasma


def test_trastuzumab_leaves_plasma_as_published():
    """Terminal half-life 28.5 d: the set of Bruno et al. 2005; 1 %."""
    found = tumour_plasma.plasma(4.0)
    assert found.slow_half_life / 24 == pytest.approx(28.5, rel=0.01)


def test_the_area_under_the_curve_is_dose_over_clearance():
    found = tumour_plasma.plasma(1.0)
    blood = (found.plasma, found.fast_fraction, found.fast_half_life, found.slow_half_life)
    area = tumour_plasma.mean_concentration(blood, 0.0, 1e10) * 1e10 / 86400
    assert area == pytest.approx(70.0 / 145.5 * 1e3 / 0.225, rel=1e-9)


def test_one_milligram_a_litre_is_the_published_molar_concentration():
    """6.87285 nM at 145.5 kDa."""
    assert tumour_plasma.plasma(1.0, weight=1.0, volume=1.0).plasma == pytest.approx(6.87285, rel=1e-6)


def test_the_mean_over_a_step_is_the_integral():
    blood = (100.0, 0.6, 5.0, 200.0)

    def at(t):
        return 100 * (0.6 * 2 ** (-t / 18000) + 0.4 * 2 ** (-t / 720000))

    assert tumour_plasma.mean_concentration(blood, 1e3, 5e4) == pytest.approx(quad(at, 1e3, 5e4)[0] / 4.9e4, rel=1e-9)


# The clocks

PUBLISHED = [(3.0, 24.0, 15_581, 17.2, 3.96), (3.0, 2.4, 15_581, 165, 38.2), (100.0, 24.0, 519_370, 17.2, 0.119),
             (3.0, 240.0, 15_581, 1.72, 0.398)]  # fmt: skip


@pytest.mark.parametrize(("half_life", "surface", "internalised", "retarded", "thiele"), PUBLISHED)
def test_the_thiele_modulus_is_the_published_one(half_life, surface, internalised, retarded, thiele):
    """φ² = ke R² (antigen/ε) / (D (surface + Kd)) of Thurber, Schmidt and Wittrup 2008, at R 100 µm, D 14 µm²/s,
    antigen 500 nM, ε 0.24, Kd 0.1 nM; 0.5 %."""
    found = tumour_criteria.criteria(
        500.0, 1e-4, 0.1, half_life, surface, **STEADY, diffusivity=14.0, capillary_radius=8.0, krogh_radius=108.0
    )
    assert found.free_diffusion == pytest.approx(714, rel=0.001)
    assert found.internalisation == pytest.approx(internalised, rel=0.001)
    assert found.retarded_diffusion / 3600 == pytest.approx(retarded, rel=0.005)
    assert found.thiele_diffusion == pytest.approx(thiele, rel=0.005)


def test_the_wall_fills_the_tissue_in_the_time_that_the_criteria_say():
    """Where cells hold all that comes in: amount 99 % of linear growth up to a third of the filling time."""
    cells = {**CELLS, "internalisation_half_life": 1e6, "on_rate": 1e-2, "dissociation_constant": 1e-3}
    clocks = tumour_criteria.criteria(**cells, plasma=1000.0, **STEADY)
    third = clocks.filling / 3
    found = tumour.resolved(**cells, plasma=1000.0, **STEADY, duration=third / 3600, **COARSE)
    assert found.mean_bound[-1] == pytest.approx(500.0 / 3, rel=0.03)


# The tissue


def both(plasma, wall, **changed):
    given = {"plasma": plasma, **STEADY, **wall, **COARSE}
    fast = tumour.tissue(closed(**changed), **given, **ANYWAY)
    return fast, tumour.resolved(**{**CELLS, **changed}, **given)


def test_the_tissue_asks_the_fine_model_as_it_does_its_closed_form():
    fine = plain(lambda concentration: tumour.Local(**{
        name: getattr(tumour_binding.binding(float(concentration), **CELLS), name)
        for name in ("bound", "uptake", "capture_rate")
    }))  # fmt: skip
    given = {"plasma": 1000.0, **STEADY, "layers": 8, "steps": 20, **ANYWAY}
    asked, known = tumour.tissue(fine, **given), tumour.tissue(closed(), **given)
    assert asked.bound == pytest.approx(known.bound, rel=1e-8, abs=1e-12)
    assert fine.calls > 8 * 20


@pytest.mark.parametrize("wall", [BATH, {}], ids=["bathed", "behind a wall"])
@pytest.mark.parametrize("plasma", [1.0, 30.0, 1000.0])
def test_fast_binding_is_wrong_by_no_more_than_the_ratio_says(plasma, wall):
    """The amount bound at the rise time by the ratio, the profile by its square root, with constants of up to 1.6."""
    fast, slow = both(plasma, wall)
    risen = int(np.argmax(slow.time >= slow.rise_time * (1 - 1e-12)))
    off = tumour_comparison.profiles_apart(fast.radius, fast.bound, slow.bound)
    assert abs(fast.mean_bound / slow.mean_bound - 1)[risen] <= 1.6 * fast.closure_ratio
    assert off[risen] <= 1.6 * fast.closure_ratio**0.5
    assert off[-1] < 0.01  # once steady, both are the same: the law of fast binding has Kss in it
    assert abs(fast.imbalance) < 1e-8
    assert abs(slow.imbalance) < 1e-8


def test_the_verdict_on_fast_binding_flips_with_the_dose():
    """Little antibody stays where it comes in, and is not captured faster than it diffuses over that depth."""

    def given(dose):
        p = tumour_plasma.plasma(dose)
        blood = {"fast_half_life": p.fast_half_life, "slow_half_life": p.slow_half_life}
        return {"plasma": p.plasma, "fast_fraction": p.fast_fraction, **blood, **COARSE}

    with pytest.raises(NotSeparated, match="binding/diffusion"):
        tumour.tissue(closed(), **given(1.0))
    assert tumour.tissue(closed(), **given(10.0)).closure_ratio == pytest.approx(0.06, abs=0.02)


def test_the_verdict_on_fast_binding_flips_with_the_affinity_of_the_cells():
    assert tumour.tissue(closed(on_rate=1e-2), plasma=100.0, **STEADY, **COARSE).closure_ratio < 0.1
    with pytest.raises(NotSeparated):
        tumour.tissue(closed(on_rate=1e-5), plasma=100.0, **STEADY, **COARSE)


def test_low_doses_stay_at_the_capillary_and_high_doses_reach_the_outside():
    low, high = (tumour.resolved(**CELLS, plasma=p, **STEADY, **COARSE) for p in (100.0, 4000.0))
    assert low.bound[-1, -1] < 0.01 * low.bound[-1, 0]
    assert high.bound[-1, -1] > 0.5 * high.bound[-1, 0]


def test_a_capillary_wider_than_its_tissue_is_refused():
    with pytest.raises(ValueError, match="Write a Krogh radius"):
        tumour.resolved(**CELLS, plasma=1.0, **STEADY, krogh_radius=5.0)


def test_the_picture_is_the_same_bytes_for_the_same_numbers():
    fast = slow = tumour.resolved(**CELLS, plasma=1000.0, **STEADY, **COARSE)
    drawn = [
        tumour_comparison.comparison(
            fast.time, fast.radius, fast.bound, fast.mean_bound, 0.1, slow.bound, slow.mean_bound, slow.rise_time, 500.0
        )
        for _ in range(2)
    ]
    assert drawn[0].picture == drawn[1].picture
    assert drawn[0].amount_error == drawn[0].profile_error == 0.0
    assert drawn[0].picture.content.startswith(b"\x89PNG")


def test_layers_start_at_the_wall():
    assert tumour_march.krogh_cylinder(8.0, 75.0, 5).faces[[0, -1]] == pytest.approx([0.0, 67.0])


def test_answers_below_zero_by_a_surrogates_tolerance_count_as_none():
    class Rough:
        def __init__(self):
            self.law = closed()

        def __call__(self, concentration):
            return self.law(concentration)

        def map(self, states):
            found = self.law.map(states)
            return tumour.Local(found.bound - 1e-4, found.uptake - 1e-8, found.capture_rate)

    found = tumour.tissue(Rough(), plasma=1000.0, **STEADY, **COARSE)
    assert found.bound.min() >= 0.0
    assert found.bound[-1] == pytest.approx(
        tumour.tissue(closed(), plasma=1000.0, **STEADY, **COARSE).bound[-1], abs=0.1
    )
