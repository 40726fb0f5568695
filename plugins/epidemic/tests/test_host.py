"""An infection within a person: published numbers, closed forms, conservation, and another integrator."""

import numpy as np
import pytest
from bridge_epidemic.host.dynamics import Infection, final_share, growth_rate, solved
from bridge_epidemic.host.published import published
from bridge_epidemic.host.target_cells import target_cells_pfu, target_cells_rna, target_cells_tcid50
from scipy.integrate import solve_ivp
from scipy.special import lambertw

from bridge import BridgeError, Q
from bridge.testing import check_model

#: Influenza A with an eclipse phase; a load to begin with, of which the published fit has 0.075.
START = {"initial_load": 0.075}
#: The same in the words of `Infection`.
FLU = Infection(3.2e-5, 4.0, 5.2, 0.046, 5.2, 4e8, 0.075)


def share(value):
    return np.array([float(value)])


@pytest.fixture(scope="module")
def influenza():
    return target_cells_tcid50(**START, limit=1.0)


@pytest.fixture(scope="module")
def coronavirus():
    return target_cells_rna(**parameters(), limit=1e6)


def parameters(**ratio):
    return {name: value for name, value in vars(published(**ratio)).items() if name != "source"}


def test_baccams_reproduction_number(influenza):
    """p beta T0/(c delta) = 21.78 of Baccam's parameters, to 0.1 %."""
    assert influenza.reproduction_number == pytest.approx(21.78, rel=1e-3)
    assert influenza.effective_reproduction_number == influenza.reproduction_number


def test_cells_are_conserved(influenza, coronavirus):
    """Targets, eclipse, productive and the dead: rounding only."""
    assert influenza.balance < 1e-12
    assert coronavirus.balance < 1e-12
    full = target_cells_tcid50(
        **START, interferon="refractory cells", refractory_rate=1e-6, reversion_rate=0.1, adaptive="killing",
        adaptive_onset=4.0, adaptive_killing=3.0,
    )  # fmt: skip
    assert full.balance < 1e-12
    assert full.refractory_cells.max() > 1e6


@pytest.mark.parametrize("neutralised", [0.0, 0.5, 0.9, 0.99])
def test_a_small_infection_grows_or_fades_at_the_dominant_eigenvalue(neutralised):
    """T0 is as good as whole for so small a beginning; after the transients the slope of ln V is the eigenvalue.

    0.99 leaves R = 0.22: it fades. Tolerance: the next eigenvalue's part has fallen below 1e-3 by then.
    """
    end = 1.2 if neutralised < 0.9 else 4.0
    found = target_cells_tcid50(
        initial_load=1e-3, neutralisation=share(neutralised), duration=end, sampling=0.01, tolerance=1e-11
    )
    late = found.time >= 0.75 * end
    slope = np.polyfit(found.time[late], np.log(found.load[late]), 1)[0]
    assert slope == pytest.approx(found.growth_rate, rel=2e-3)
    assert (found.growth_rate < 0) == (found.effective_reproduction_number < 1)


def test_the_growth_rate_is_a_root_of_its_cubic():
    """(k + r)(delta + r)(c + r) = k p b T0."""
    r = growth_rate(FLU)
    assert (4 + r) * (5.2 + r) * (5.2 + r) == pytest.approx(4 * 0.046 * 3.2e-5 * 4e8, rel=1e-12)


@pytest.mark.parametrize("neutralised", [0.0, 0.7, 0.9])
def test_the_target_cells_that_are_left_are_those_of_the_final_size(neutralised):
    """s = exp(-R (1 - s) - b V0/c), solved by Lambert's W beside the equations followed until nothing is left."""
    found = target_cells_tcid50(**START, neutralisation=share(neutralised), duration=120.0, sampling=1.0)
    reach = found.effective_reproduction_number
    begin = 3.2e-5 * (1 - neutralised) * 0.075 / 5.2
    by_lambert = float((-lambertw(-reach * np.exp(-reach - begin)) / reach).real)
    assert final_share(FLU, 1 - neutralised) == pytest.approx(by_lambert, rel=1e-9)
    assert found.uninfected_share == pytest.approx(by_lambert, rel=1e-5)


def test_infected_cells_begin_an_infection_as_virus_does():
    """One cell of 1.33e5 and no virus: R i0 more in the exponent of the final size."""
    small = Infection(2e-6, 4.0, 1.0, 50.0, 10.0, 1.33e5, 0.0, 1.0)
    reach = 2e-6 * 50 * 1.33e5 / 10
    assert small.reproduction_number == pytest.approx(reach)
    left = solved(small, 400.0, 1.0, 1e-10).states["target"][-1] / 1.33e5
    assert left == pytest.approx(final_share(small), rel=1e-6)
    assert final_share(small) == pytest.approx(np.exp(-reach * (1 - final_share(small) + 1 / 1.33e5)), rel=1e-12)


def test_the_area_is_what_each_infected_cell_makes(influenza):
    """c * area = V0 + p (T0 - T)/delta when all is over."""
    gone = 4e8 * (1 - influenza.uninfected_share)
    assert influenza.load_area == pytest.approx((0.075 + 0.046 * gone / 5.2) / 5.2, rel=1e-6)


def test_nothing_but_clearance_where_all_virus_is_neutralised():
    found = target_cells_tcid50(initial_load=1e3, neutralisation=share(1.0), duration=3.0)
    np.testing.assert_allclose(found.load, 1e3 * np.exp(-5.2 * found.time), rtol=1e-6)
    assert found.uninfected_share == 1.0
    assert (found.infected_cells == 0).all()
    assert found.time_of_peak == 0.0


def test_an_independent_integrator_agrees(influenza):
    """scipy's DOP853 on ln T, and E, I, V per cell, at 1e-11; ours at 1e-8."""

    def rates(t, y):
        target = np.exp(y[0])
        return [-3.2e-5 * y[3], 3.2e-5 * y[3] * target - 4 * y[1], 4 * y[1] - 5.2 * y[2], 0.046 * y[2] - 5.2 * y[3]]

    start = [np.log(4e8), 0.0, 0.0, 0.075]
    at = influenza.time[influenza.time <= 8]
    found = solve_ivp(rates, (0, 8), start, method="DOP853", t_eval=at, rtol=1e-11, atol=[1e-12, 1e-6, 1e-6, 1e-12])
    np.testing.assert_allclose(influenza.load[: at.size], found.y[3], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(influenza.infected_cells[: at.size], found.y[2], rtol=1e-5, atol=1e-3)


def test_the_peak_is_where_production_and_clearance_balance(influenza):
    fine = target_cells_tcid50(**START, sampling=0.001, duration=4.0)
    assert influenza.peak_load == pytest.approx(fine.load.max(), rel=3e-6)
    assert influenza.time_of_peak == pytest.approx(fine.time[fine.load.argmax()], abs=1e-3)


def test_days_above_a_limit():
    """A load that only falls: ln(V0/limit)/c days, exact for an exponential."""
    found = target_cells_tcid50(initial_load=1e3, neutralisation=share(1.0), limit=10.0, duration=3.0, sampling=0.07)
    assert found.duration_above == pytest.approx(np.log(100) / 5.2, rel=1e-5)


def test_a_course_of_neutralisation_is_what_its_pieces_are():
    """0.4 throughout as a number and as a course; and one that rises to 1 at day 3 stops new infections."""
    one = target_cells_tcid50(**START, neutralisation=share(0.4))
    same = target_cells_tcid50(**START, neutralisation=np.full(3, 0.4), neutralisation_time=np.array([0.0, 2.0, 5.0]))
    np.testing.assert_allclose(same.load, one.load, rtol=1e-5, atol=1e-6)
    stopped = target_cells_tcid50(
        **START, neutralisation=np.array([0.9, 0.9, 1.0]), neutralisation_time=np.array([0.0, 2.9, 3.0])
    )
    after = stopped.time >= 3.0
    targets = stopped.target_cells[after]
    np.testing.assert_allclose(targets, targets[0], rtol=1e-9)
    assert targets[0] < 4e8


def test_made_antibody_and_antibody_that_was_there_multiply():
    """At the onset half is neutralised by the new antibody: R there is half of what the old one leaves."""
    late = target_cells_tcid50(**START, adaptive="antibody", adaptive_onset=900.0, antibody_growth=1.0)
    none = target_cells_tcid50(**START)
    np.testing.assert_allclose(late.load, none.load, rtol=1e-5, atol=1e-6)
    now = target_cells_tcid50(
        **START, neutralisation=share(0.2), adaptive="antibody", adaptive_onset=1e-9, antibody_growth=1e-6
    )
    same = target_cells_tcid50(**START, neutralisation=share(0.6))
    assert now.effective_reproduction_number == pytest.approx(same.effective_reproduction_number, rel=1e-6)
    np.testing.assert_allclose(now.load, same.load, rtol=1e-3, atol=1e-6)


def test_killing_begins_at_its_onset():
    """Before it nothing changes; long after it, infected cells die at delta + the rate added (no targets are left)."""
    killed = target_cells_tcid50(
        **START, adaptive="killing", adaptive_onset=5.0, adaptive_killing=1.0, eclipse_rate=50.0, loss_rate=2.0,
        tolerance=1e-10, sampling=0.01, duration=7.0,
    )  # fmt: skip
    plain = target_cells_tcid50(**START, eclipse_rate=50.0, loss_rate=2.0, tolerance=1e-10, sampling=0.01, duration=7.0)
    early = killed.time < 5.0
    np.testing.assert_allclose(killed.load[early], plain.load[early], rtol=1e-6)
    late = killed.time > 5.6
    slope = np.polyfit(killed.time[late], np.log(killed.infected_cells[late]), 1)[0]
    assert slope == pytest.approx(-3.0, rel=1e-3)


def test_interferon_lowers_the_peak_and_leaves_cells():
    plain = target_cells_tcid50(**START)
    refuge = target_cells_tcid50(**START, interferon="refractory cells", refractory_rate=1e-6)
    less = target_cells_tcid50(
        **START, interferon="reduced production", production_effect=1e-7, interferon_clearance=1.0
    )
    for found in (refuge, less):
        assert found.peak_load < plain.peak_load
        assert found.uninfected_share > plain.uninfected_share
    assert refuge.refractory_cells[-1] == pytest.approx(refuge.refractory_cells.max(), rel=1e-9)


def test_marcs_typical_case(coronavirus):
    """A. Marc et al., eLife 10, e69302 (2021): R0 13.6; median peak 9.4 (8.0-10.0) log10 copies/mL at the onset of
    symptoms, 5 d; above 1e6 copies/mL for a median of 12 d (9-15). The typical person stands for the median: 0.15
    decades, 0.25 d and 1 d are asked."""
    assert coronavirus.reproduction_number == pytest.approx(13.6, rel=1e-12)
    assert np.log10(coronavirus.peak_load) == pytest.approx(9.4, abs=0.15)
    assert coronavirus.time_of_peak == pytest.approx(5.0, abs=0.25)
    assert coronavirus.duration_above == pytest.approx(12.0, abs=1.0)


def test_more_production_grows_faster_with_the_same_infectivity():
    twice = target_cells_rna(**parameters(production_ratio=2.0))
    assert twice.reproduction_number == pytest.approx(27.2, rel=1e-12)


def test_a_reproduction_number_changes_by_a_million_with_the_unit_of_virus():
    """The trap of published fits: beta per TCID50 with production in RNA copies. One model takes one unit."""
    own = parameters()
    mixed = own | {"infection_rate": own["infection_rate"] * 1e6}
    assert target_cells_rna(**mixed, duration=1.0).reproduction_number == pytest.approx(13.6e6)
    per_mL = {"initial_load": "0.1 tcid50/mL"}
    assert check_model(target_cells_tcid50, **per_mL, duration="2 d")["reproduction_number"] == pytest.approx(
        21.775, rel=1e-4
    )
    for wrong in ({"initial_load": "0.1 rna_copy/mL"}, {**per_mL, "production": "0.046 pfu/(mL*d)"}):
        with pytest.raises(BridgeError, match="tcid50"):
            check_model(target_cells_tcid50, **wrong)


def test_rates_in_any_unit_of_time():
    """mL/(tcid50 h), 1/h and per day."""
    hourly = check_model(
        target_cells_tcid50,
        initial_load="0.075 tcid50/mL",
        infection_rate=Q(3.2e-5 / 24, "mL/(tcid50*h)"),
        clearance=Q(5.2 / 24, "1/h"),
        duration="14 d",
    )
    assert hourly["reproduction_number"] == pytest.approx(21.775, rel=1e-4)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"initial_load": 0.0}, "nothing begins the infection"),
        ({"interferon": "refractory cells"}, "refractory_rate was not given"),
        ({"interferon": "reduced production", "production_effect": 1e-6}, "interferon_clearance was not given"),
        ({"adaptive": "killing", "adaptive_onset": 5.0}, "adaptive_killing was not given"),
        ({"adaptive": "antibody", "antibody_growth": 1.0}, "adaptive_onset='… d'"),
        ({"adaptive_killing": 1.0}, "nothing takes it. Write adaptive='killing'"),
        ({"reversion_rate": 1.0}, "interferon='refractory cells'"),
        ({"neutralisation": np.zeros(2)}, "2 values at 1 times"),
        ({"neutralisation": np.zeros(2), "neutralisation_time": np.array([3.0, 1.0])}, "must rise, got 3, 1"),
        ({"sampling": 9.0, "duration": 5.0}, "shorter sampling"),
    ],
)
def test_what_cannot_be_meant_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        target_cells_tcid50(**START | wrong)


def test_only_influenza_has_defaults():
    for model in (target_cells_rna, target_cells_pfu):
        with pytest.raises(BridgeError, match=r"infection_rate|eclipse_rate"):
            check_model(model)
    for name, value in {"neutralisation": "1.2", "initial_load": "-1 tcid50/mL", "loss_rate": "0 1/d"}.items():
        with pytest.raises(BridgeError, match=name):
            check_model(target_cells_tcid50, **{"initial_load": "1 tcid50/mL", name: value})
