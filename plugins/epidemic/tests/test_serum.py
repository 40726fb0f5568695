"""Sera of virtual persons: closed forms, an independent numpy, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bridge_epidemic.neutralisation.antibodies import Antibodies
from bridge_epidemic.neutralisation.cells import pairs
from bridge_epidemic.neutralisation.drawn import counted, resampled
from bridge_epidemic.neutralisation.persons import GRID, SerumFolds, persons, potencies
from bridge_epidemic.neutralisation.published import published
from bridge_epidemic.protection.logistic import level_of, mean_protection
from bridge_epidemic.protection.sera import sera
from scipy.stats import chisquare

from bridge.testing import check_model

PUBLISHED = published().antibodies
BOTH = "WT convalescents, WT vaccinees"
#: Steepness, half level and spread of D. S. Khoury et al., Nat. Med. 27, 1205 (2021), per log10.
KHOURY = (3.0, float(np.log10(0.202)), 0.44)
AFTER = mean_protection(-GRID, *KHOURY)


def antibodies(reference: Any, variant: Any) -> Antibodies:
    """Antibodies of one source against two variants R and V; limits 0.001 and 10 ug/mL."""
    ic50 = np.column_stack([reference, variant])
    none = np.zeros(len(ic50), dtype=np.int64)
    at, which = np.repeat(np.arange(len(ic50)), 2), np.tile([0, 1], len(ic50))
    return Antibodies("R\nV", "people", "own", at, which, ic50.ravel(), none, none, 0.001, 10.0)


def of(reference: Any, variant: Any, **told: Any) -> SerumFolds:
    return persons(antibodies(reference, variant), "R", "V", "people", **({"draws": 0} | told))


def folds(found: SerumFolds) -> Any:
    """Single folds that give the mean protections of persons at the mean level of convalescents."""
    return 10 ** -level_of(found.persons_share @ AFTER, *KHOURY)


# Closed forms


def test_one_antibody_gives_its_own_ratio() -> None:
    for told in ({"small_cells": "bound"}, {"small_cells": "bound", "draw": 3}):
        found = of([0.02], [0.3], **told)
        assert found.persons_share.sum() == found.persons_share.max() == 1
        assert found.log10_fold[found.persons_share[0].argmax()] == pytest.approx(np.log10(15), abs=0.005)
        assert (found.antibody_count, found.uncensored, found.leading_share) == (1, 1, 1)


def test_persons_say_whose_they_are() -> None:
    """So that what is refused further on names it."""
    found = of(np.full(60, 0.02), np.r_[np.full(12, 9.0), np.full(48, 10.0)], clonotypes=1)
    assert found.cell == "V against R, people"
    with pytest.raises(
        ValueError, match=r"^V against R, people: the mean protection is .* of the persons have nothing"
    ):
        sera(found.log10_fold, found.persons_share, found.escaped, *KHOURY, mean_level=-4.0, cell=found.cell)


def test_equal_potency_gives_a_fold_of_one() -> None:
    found = of(np.geomspace(0.002, 9, 60), np.geomspace(0.002, 9, 60), draws=3)
    assert found.persons_share[:, GRID == 0].tolist() == [[1.0]] * 4
    assert not found.escaped.any()


def test_many_clonotypes_give_the_pooled_fold() -> None:
    """Ratio of sums of 1/IC50; 200,000 clonotypes leave 2 % of spread to each person."""
    found = persons(PUBLISHED, clonotypes=200_000, persons=10, draws=0)
    cell = pairs(PUBLISHED, "D614G", "BA.1", BOTH, "refuse")
    pooled = potencies(cell.reference, cell.variant, 10.0).sum(axis=0)
    assert found.persons_share[0] @ GRID == pytest.approx(np.log10(pooled[0] / pooled[1]), abs=0.01)


def test_persons_escape_and_are_left_out_as_often_as_chance_says() -> None:
    """Two of three antibodies lose the variant, a half of all do not know the reference: (1/2)^n are left out, and
    (1/2 + 1/2 · 2/3)^n - (1/2)^n escape. Four standard errors of 200,000 persons."""
    reference = np.tile([0.1, 10.0], 120)
    variant = np.where(np.arange(240) % 6 < 4, 10.0, 1.0)
    variant[1::2] = 10.0
    kept = (variant[::2] < 10).mean()
    found = of(reference, variant, clonotypes=3)
    left_out, all_lost = 0.5**3, (1 - 0.5 * kept) ** 3
    escaped = (all_lost - left_out) / (1 - left_out)
    assert kept == pytest.approx(1 / 3)
    assert found.persons_without[0] == pytest.approx(left_out, abs=4 * (left_out * (1 - left_out) / 2e5) ** 0.5)
    assert found.escaped[0] == pytest.approx(escaped, abs=4 * (escaped * (1 - escaped) / 1.75e5) ** 0.5)
    assert found.persons_share.sum() + found.escaped[0] == pytest.approx(1, abs=1e-12)


def test_nobody_is_left_who_neutralises_what_no_antibody_does() -> None:
    share, escaped, without = counted(np.column_stack([np.ones(60), np.zeros(60)]), -1, 1000, 20, 1, GRID)
    assert (share.sum(), escaped, without) == (0, 1, 0)
    with pytest.raises(ValueError, match="none of 1000 persons neutralises the reference"):
        counted(np.zeros((60, 2)), -1, 1000, 20, 1, GRID)
    rare = np.where(np.arange(60_000) < 10, 0.1, 10.0)
    with pytest.raises(ValueError, match=r"people, 1 clonotypes: .* Write more clonotypes or another reference"):
        of(rare, rare, clonotypes=1, persons=1, draw=0)


def test_the_way_back_is_the_mirror_image() -> None:
    cell = pairs(PUBLISHED, "D614G", "BA.1", BOTH, "refuse")
    known = (cell.reference < 10) & (cell.variant < 10)
    there = of(cell.reference[known], cell.variant[known])
    back = of(cell.variant[known], cell.reference[known])
    assert back.persons_share == pytest.approx(there.persons_share[:, ::-1], abs=2e-5)  # but for ties of rounding


def test_folds_beyond_the_grid_are_counted_at_its_ends() -> None:
    found = of(np.full(60, 1e-9), np.full(60, 9.0))
    assert found.persons_share[0, -1] == 1
    assert of(np.full(60, 9.0), np.full(60, 1e-9)).persons_share[0, 0] == 1


# The counter and the bins


def mixed(z: Any) -> Any:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # arithmetic modulo 2^64 is meant
def test_persons_are_those_of_an_independent_numpy_and_bins_keep_the_mean() -> None:
    """Place for place; the mean protection of binned persons is that of persons to 1e-4."""
    cell = pairs(PUBLISHED, "D614G", "BA.1", BOTH, "refuse")
    potency = potencies(cell.reference, cell.variant, 10.0)
    count, clonotypes, seed = 20_000, 7, 5
    golden, root = np.uint64(0x9E3779B97F4A7C15), np.uint64(0x6A09E667F3BCC909)
    with np.errstate(over="ignore"):
        begin = mixed(mixed(np.uint64(seed) + root))
        key = mixed(begin + np.arange(count, dtype=np.uint64) * root)
        words = mixed(key[:, None] + np.arange(1, 5, dtype=np.uint64) * golden)
    halves = np.stack([words >> np.uint64(32), words & np.uint64(0xFFFFFFFF)], axis=2).reshape(count, -1)
    places = (halves[:, :clonotypes] * np.uint64(len(potency)) >> np.uint64(32)).astype(int)
    one, other = potency[places].sum(axis=1).T
    kept = one > 0
    with np.errstate(divide="ignore"):
        log10_fold = np.log10(one[kept] / other[kept])
    share, escaped, without = counted(potency, -1, count, clonotypes, seed, GRID)
    assert without == pytest.approx(1 - kept.mean(), abs=1e-12)
    assert escaped == pytest.approx(np.isinf(log10_fold).mean(), abs=1e-12)
    edges = np.append(GRID - 0.005, GRID[-1] + 0.005)
    expected = np.histogram(log10_fold, edges)[0] / kept.sum()
    assert np.abs(share - expected).sum() < 1e-3  # those at the edge of a bin
    assert share @ AFTER == pytest.approx(mean_protection(-log10_fold, *KHOURY).mean(), abs=1e-4)
    assert chisquare(np.bincount(places.ravel(), minlength=len(potency))).pvalue > 1e-3


def test_a_resample_is_a_bootstrap_and_its_own_stream() -> None:
    """A share of 1/e is not drawn at all; each place as often as any other."""
    drawn = np.array([resampled(663, draw, 1) for draw in range(200)])
    absent = np.mean([1 - np.unique(each).size / 663 for each in drawn])
    assert absent == pytest.approx(np.exp(-1), abs=0.005)
    assert chisquare(np.bincount(drawn.ravel(), minlength=663)).pvalue > 1e-3
    assert not (resampled(663, 3, 1) == resampled(663, 3, 2)).all()


def test_a_resample_alone_is_its_row_whatever_is_asked_beside_it() -> None:
    small = {"persons": 500, "sources": "WT vaccinees"}
    many = persons(PUBLISHED, draws=12, **small)
    few = persons(PUBLISHED, draws=5, **small)
    assert (few.persons_share == many.persons_share[:6]).all()
    for draw in (0, 4, 11):
        alone = persons(PUBLISHED, draw=draw, **small)
        assert alone.persons_share.shape == (1, GRID.size)
        assert (alone.persons_share[0] == many.persons_share[draw + 1]).all()
        assert alone.escaped[0] == many.escaped[draw + 1]
    assert not (persons(PUBLISHED, draws=1, seed=1, **small).persons_share == few.persons_share[:2]).all()


def test_a_small_cell_is_refused_or_a_bound_is_given() -> None:
    """30 antibodies of which 20 lose the variant: counted at their limit, they leave nobody without and less of a
    fold than counted as nothing."""
    reference, variant = np.full(30, 0.1), np.repeat([1.0, 10.0], [10, 20])
    with pytest.raises(ValueError, match=r"people: 30 antibodies were measured .* or small_cells='bound' for a bound"):
        of(reference, variant)
    bound = of(reference, variant, small_cells="bound")
    assert (bound.fold_bound, bound.escaped[0], bound.uncensored) == (1, 0, 10)
    many = of(np.tile(reference, 2), np.tile(variant, 2))
    assert (many.fold_bound, many.uncensored) == (0, 20)
    assert bound.persons_share[0] @ GRID < many.persons_share[0] @ GRID / many.persons_share.sum()
    assert folds(bound)[0] < folds(many)[0]


def test_the_model_keeps_what_it_declares() -> None:
    found = check_model(persons, antibodies=PUBLISHED, persons=200, draws=3)
    assert found["persons_share"].shape == (4, GRID.size)
    assert found["persons_share"].sum(axis=1) + found["escaped"] == pytest.approx(1, abs=1e-12)
