"""Sera of measured antibodies: the folds and protections that they are known to give, and what makes no serum."""

from __future__ import annotations

import os
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pytest
from bridge_epidemic.neutralisation.antibodies import Antibodies
from bridge_epidemic.neutralisation.cells import pairs
from bridge_epidemic.neutralisation.drawn import counted
from bridge_epidemic.neutralisation.persons import GRID, SerumFolds, leading, persons, potencies
from bridge_epidemic.neutralisation.published import published
from bridge_epidemic.neutralisation.table import table
from bridge_epidemic.protection.logistic import level_of, mean_protection

from bridge import File

PUBLISHED = published().antibodies
BOTH = "WT convalescents, WT vaccinees"
#: Steepness, half level and spread of D. S. Khoury et al., Nat. Med. 27, 1205 (2021), per log10.
KHOURY = (3.0, float(np.log10(0.202)), 0.44)
UNCHANGED = float(mean_protection(0.0, *KHOURY))
AFTER = mean_protection(-GRID, *KHOURY)


def folds(found: SerumFolds) -> Any:
    """Single folds that give the mean protections of persons at the mean level of convalescents."""
    return 10 ** -level_of(found.persons_share @ AFTER, *KHOURY)


def ratio(protection: float, immune: float = 0.7) -> float:
    return (1 - immune * protection) / (1 - immune * UNCHANGED)


@pytest.mark.parametrize(
    ("variant", "fold", "low", "high"),
    [
        ("BA.1", 13.5, 9.3, 21),
        ("BA.2", 8.5, 6.3, 12),
        ("BA.2.75", 11.5, 7.7, 17),
        ("BA.5", 18.6, 13, 27),
        ("BQ.1.1", 137, 75, 290),
        ("XBB", 300, 124, 1440),
    ],
)
def test_equivalent_folds_of_pooled_antibodies(variant: str, fold: float, low: float, high: float) -> None:
    """Within 15 %; the ends of the 95 % interval within 20 %: of 200 resamples, the upper one comes so near itself."""
    found = folds(persons(PUBLISHED, variant=variant, persons=2000, draws=500))
    assert found[0] == pytest.approx(fold, rel=0.15)
    assert np.percentile(found[1:], [2.5, 97.5]) == pytest.approx([low, high], rel=0.2)


def test_folds_and_protection_by_source() -> None:
    """16 and 9.1 within 20 %; protection at the mean level of convalescents .832 without and .271 with BA.1's
    escape, a ratio of reproduction numbers of 1.95 at 70 % immune."""
    for source, fold in (("WT convalescents", 16), ("WT vaccinees", 9.1)):
        assert folds(persons(PUBLISHED, sources=source, draws=0))[0] == pytest.approx(fold, rel=0.2)
    protection = float((persons(PUBLISHED, draws=0).persons_share @ AFTER)[0])
    assert pytest.approx(0.832, abs=0.01) == UNCHANGED
    assert protection == pytest.approx(0.271, abs=0.005)
    for immune, expected in ((0.5, 1.48), (0.7, 1.95), (0.8, 2.37), (0.9, 3.06)):
        assert ratio(protection, immune) == pytest.approx(expected, abs=0.05)


def test_one_mutation_takes_little() -> None:
    """JN.1+F456L and KP.3+A475V: folds from 0.7 to 4 in each source, whose intervals hold their estimates."""
    for one, other in (("JN.1", "JN.1+F456L"), ("KP.3", "KP.3+A475V")):
        for source in ("BA.5 + JN.1 infection", "BA.5 BTI + JN.1 infection", "BA.5 BTI + HK.3 infection"):
            found = folds(persons(PUBLISHED, one, other, source, persons=2000, draws=50))
            low, high = np.percentile(found[1:], [2.5, 97.5])
            assert 0.7 < low < found[0] < high < 4


def test_pooling_all_antibodies_is_no_serum() -> None:
    """Five of 429 carry 79 % of the potency against BA.1, and without three of them 6.6 becomes 21: a pool tells of
    these. A serum of 20 clonotypes moves by less than half of that, on a scale of logarithms."""
    cell = pairs(PUBLISHED, "D614G", "BA.1", "WT convalescents", "refuse")
    potency = potencies(cell.reference, cell.variant, 10.0)
    assert leading(potency[:, 1]) == pytest.approx(0.79, abs=0.005)
    assert persons(PUBLISHED, sources="WT convalescents", draws=0, persons=10).leading_share == leading(potency[:, 1])
    less = potency[np.argsort(-potency[:, 1])[3:]]
    pool = [each[:, 0].sum() / each[:, 1].sum() for each in (potency, less)]
    assert pool == pytest.approx([6.6, 21], rel=0.01)
    shares = [counted(each, -1, 100_000, 20, 1, GRID)[0] for each in (potency, less)]
    serum = [-float(level_of(share @ AFTER, *KHOURY)) for share in shares]
    assert serum[1] - serum[0] < 0.5 * np.log10(pool[1] / pool[0])


# The raw files, and what takes longer


@pytest.fixture
def raw() -> Antibodies:
    folder = Path(os.environ["SCALEBRIDGE_DATA"])
    return table(File.read(folder / "antibody_ic50_rbd.csv"), File.read(folder / "antibody_sources_rbd.csv")).antibodies


@pytest.mark.science
def test_what_censored_values_and_lower_limits_are_worth(raw: Antibodies, record_property: Any) -> None:
    """Censored counted as 1/10 instead of 0 moves the mean protection from .271 to .274; 0.0003 instead of the lower
    limit 0.001 the ratio of reproduction numbers from 1.94 to 2.01."""
    cell = pairs(raw, "D614G", "BA.1", BOTH, "refuse")

    def protection(reference: Any, bound: bool = False) -> float:
        share, _, _ = counted(potencies(reference, cell.variant, 10.0, bound), -1, 1_000_000, 20, 1, GRID)
        return float(share @ AFTER)

    plain, limit = protection(cell.reference), protection(cell.reference, bound=True)
    lower = protection(np.where(cell.reference == 0.001, 0.0003, cell.reference))
    reached = (plain, limit, ratio(plain), ratio(lower))
    record_property("asked", ".271 -> .274 (difference .003); 1.94 -> 2.01")
    record_property("reached", "{:.3f} -> {:.3f}; {:.3f} -> {:.3f}".format(*reached))
    assert plain == pytest.approx(0.271, abs=0.005)
    assert limit - plain == pytest.approx(0.003, abs=0.0007)
    assert [ratio(plain), ratio(lower)] == pytest.approx([1.94, 2.01], abs=0.01)


@pytest.mark.science
def test_what_does_not_make_a_serum(raw: Antibodies, record_property: Any) -> None:
    """WT convalescents against BA.1: 78 % in five antibodies, 6.6 to 21 without three, a geometric mean of 62."""
    cell = pairs(raw, "D614G", "BA.1", "WT convalescents", "refuse")
    potency = potencies(cell.reference, cell.variant, 10.0)
    less = potency[np.argsort(-potency[:, 1])[3:]]
    known = cell.reference < 10
    reached = [
        leading(potency[:, 1]),
        potency[:, 0].sum() / potency[:, 1].sum(),
        less[:, 0].sum() / less[:, 1].sum(),
        float(np.exp(np.log(cell.variant[known] / cell.reference[known]).mean())),
    ]
    record_property("asked", "0.78, 6.6, 21, 62")
    record_property("reached", ", ".join(f"{each:.3g}" for each in reached))
    assert reached == pytest.approx([0.78, 6.6, 21, 62], rel=0.02)


@pytest.mark.science
def test_a_bootstrap_of_sera_takes_seconds(record_property: Any) -> None:
    """200 resamples of 20,000 persons of 20 clonotypes in 4 CPU-s, and one of them in 0.05."""
    persons(PUBLISHED, draws=0, persons=10)
    begin = process_time()
    persons(PUBLISHED)
    whole = process_time() - begin
    begin = process_time()
    for draw in range(20):
        persons(PUBLISHED, draw=draw)
    one = (process_time() - begin) / 20
    record_property("asked", "4 s; 0.05 s")
    record_property("reached", f"{whole:.2f} s; {one:.4f} s")
    assert whole < 4
    assert one < 0.05
