"""Protection by an antibody in plasma, and its potency: published numbers, closed forms, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_epidemic.neutralisation.antibodies import Antibodies
from bridge_epidemic.prophylaxis.potency import cocktail, potency
from bridge_epidemic.prophylaxis.protection import Folds, combined, logistic, protection

WEEKS = np.linspace(0, 400, 401)
HALF_LIFE = 90.0


def protected(peak: float, ic50: float = 10.0, **given: float):
    """One patient whose antibody decays from a peak (mg/L) at a single rate."""
    return protection(np.arange(1), WEEKS, peak * 2.0 ** (-WEEKS / HALF_LIFE)[None], ic50, **given)


def test_half_is_protected_at_96_fold() -> None:
    """E. Stadler et al., Nat. Commun. 14, 4545 (2023), figure 2."""
    found = protection(np.arange(1), np.zeros(1), np.array([[96.2 * 0.01]]), 10.0)  # mg/L over 10 ng/mL
    assert found.fold[0, 0] == pytest.approx(96.2, rel=1e-12)
    assert found.protection[0, 0] == pytest.approx(0.5, abs=1e-12)


def test_the_slope_is_per_log10() -> None:
    """Ten times the half: 1 / (1 + exp(-1.3)) = 0.786; by the natural logarithm it would be 0.952."""
    assert logistic(np.array([962.0]), 96.2, 1.3)[0] == pytest.approx(0.78583, abs=1e-5)
    assert logistic(np.array([0.0]), 96.2, 1.3)[0] == 0


def test_one_exponential_protects_as_its_closed_form_says() -> None:
    """P(t) = 1 / (1 + (half/x0)^m 2^(m t/T)), m = slope / ln 10."""
    found = protected(30.0)
    power = 1.3 / np.log(10)
    told = 1 / (1 + (96.2 / 3000) ** power * 2 ** (power * WEEKS / HALF_LIFE))
    assert found.mean_protection == pytest.approx(told, abs=1e-12)
    assert (found.mean_protection_low <= found.mean_protection).all()
    assert (found.mean_protection <= found.mean_protection_high).all()
    low = 1 / (1 + (285.2 / 3000) ** power * 2 ** (power * WEEKS / HALF_LIFE))
    assert found.mean_protection_low == pytest.approx(low, abs=1e-12)


def test_it_protects_for_as_many_half_lives_as_it_is_above_the_half() -> None:
    """log2(500 / 96.2) half-lives; linear between days, which are short beside a half-life: 0.01 d."""
    assert protected(5.0).protected == pytest.approx(HALF_LIFE * np.log2(500 / 96.2), abs=0.01)
    assert protected(0.9).protected == 0


def test_twice_the_dose_protects_for_one_half_life_longer() -> None:
    once, twice = protected(5.0), protected(10.0)
    assert twice.protected - once.protected == pytest.approx(HALF_LIFE, abs=0.01)
    assert twice.mean_protection[90:] == pytest.approx(once.mean_protection[:-90], abs=1e-12)


def test_no_potency_protects_from_nothing_and_a_boundless_one_from_everything() -> None:
    assert protected(30.0, 1e30).mean_protection.max() < 1e-13
    assert protected(30.0, 1e-60).mean_protection.min() > 1 - 1e-13


def test_the_mean_is_over_patients() -> None:
    levels = np.array([[0.0], [0.962], [96200.0]])
    found = protection(np.arange(3), np.zeros(1), levels, 10.0)
    assert found.mean_protection[0] == pytest.approx(found.protection[:, 0].mean())
    assert found.protected == 0


def test_potencies_of_a_mixture_add() -> None:
    """Half of each: 2 / (1/a + 1/b); a part that does nothing dilutes; one part alone is itself."""
    halves = cocktail(np.array([10.0, 40.0]), np.array([0.5, 0.5])).ic50
    assert halves == pytest.approx(16.0)
    assert cocktail(np.array([10.0, 1e30]), np.array([0.25, 0.75])).ic50 == pytest.approx(40.0)
    assert cocktail(np.array([10.0]), np.array([1.0])).ic50 == pytest.approx(10.0)


def test_two_courses_of_one_clearance_are_a_cocktail() -> None:
    one, other = protected(20.0, 10.0), protected(20.0, 40.0)
    both = combined(Folds(one.patient, one.time, one.fold), Folds(other.patient, other.time, other.fold))
    mixed = protected(40.0, cocktail(np.array([10.0, 40.0]), np.array([0.5, 0.5])).ic50)
    assert both.mean_protection == pytest.approx(mixed.mean_protection, abs=1e-12)
    with pytest.raises(ValueError, match="same patients and times"):
        combined(Folds(one.patient, one.time, one.fold), Folds(other.patient, other.time + 1, other.fold))


def pool(values: list[float]) -> Antibodies:
    """Antibodies of two sources in turn, measured against the second of two variants."""
    count = len(values)
    return Antibodies(
        variants="D614G\nBA.1",
        sources="convalescents\nvaccinees",
        studies="one",
        antibody=np.arange(count),
        variant=np.ones(count, dtype=np.int64),
        ic50=np.array(values),
        source=np.arange(count) % 2,
        study=np.zeros(count, dtype=np.int64),
        lower_limit=0.001,
        upper_limit=10.0,
    )


def test_a_potency_is_a_quantile_of_what_was_measured() -> None:
    values = [*np.linspace(0.01, 0.8, 80), *[10.0] * 20]
    found = potency(pool(values), "BA.1", quantile=0.25)
    assert found.ic50 == pytest.approx(1000 * np.quantile(values, 0.25))
    assert (found.counted, found.censored) == (100, 0.2)
    one = potency(pool(values), "BA.1", "vaccinees", 0.5)
    assert one.ic50 == pytest.approx(1000 * np.quantile(values[1::2], 0.5))


@pytest.mark.parametrize(
    ("values", "given", "said"),
    [
        ([0.1] * 60 + [10.0] * 60, {"quantile": 0.6}, "> 10 ug/mL, as is 50%"),
        ([0.0005] * 60 + [1.0] * 60, {"quantile": 0.1}, "< 0.001 ug/mL, as is 50%"),
        ([0.1] * 49, {}, "49 antibodies"),
        ([0.1] * 9 + [10.0] * 60, {"quantile": 0.01}, "9 of them between the limits"),
        ([0.1] * 60, {"variant": "BA.2"}, "'BA.2' is no variant"),
        ([0.1] * 60, {"sources": "convalescent"}, "Did you mean 'convalescents'"),
    ],
)
def test_potencies_that_were_not_measured_are_refused(values: list[float], given: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        potency(**({"antibodies": pool(values), "variant": "BA.1"} | given))


def test_mixtures_and_intervals_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shares add up to 0\.9"):
        cocktail(np.array([10.0, 40.0]), np.array([0.5, 0.4]))
    with pytest.raises(ValueError, match="2 potencies and 1 shares"):
        cocktail(np.array([10.0, 40.0]), np.array([1.0]))
    with pytest.raises(ValueError, match=r"half_fold is 10, outside of 32\.4 to 285\.2"):
        protected(30.0, half_fold=10.0)
    one = protected(30.0)
    with pytest.raises(ValueError, match=r"half_fold is 1000, outside of 32\.4 to 285\.2"):
        combined(Folds(one.patient, one.time, one.fold), Folds(one.patient, one.time, one.fold), half_fold=1000.0)
    with pytest.raises(ValueError, match="no patient"):
        protection(np.zeros(0, dtype=np.int64), WEEKS, np.zeros((0, WEEKS.size)), 10.0)
