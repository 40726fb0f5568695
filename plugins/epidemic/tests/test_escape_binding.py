"""Quantiles of censored numbers against published ones and an independent code; apparent changes of binding."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bridge_epidemic.neutralisation import drawing
from bridge_epidemic.neutralisation.antibodies import Antibodies
from bridge_epidemic.neutralisation.binding import GAS_CONSTANT, binding
from bridge_epidemic.neutralisation.cells import pairs
from bridge_epidemic.neutralisation.censoring import PROBABILITY, logarithms, most_likely, quantiles
from bridge_epidemic.neutralisation.published import published
from bridge_epidemic.neutralisation.table import table
from matplotlib.figure import Figure
from scipy.stats import CensoredData, ecdf

from bridge import File
from bridge.testing import check_model

PUBLISHED = published().antibodies
INF = np.inf


@pytest.fixture(autouse=True)
def _small_picture(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture takes a second: tests of numbers draw an empty one."""
    if "drawn" not in request.node.name:
        monkeypatch.setattr(drawing, "distributions", lambda *_: Figure(figsize=(0.1, 0.1)))


def antibodies(reference: Any, variant: Any, source: Any = None) -> Antibodies:
    """Antibodies against two variants R and V, of one source unless said; limits 0.001 and 10 ug/mL."""
    ic50 = np.column_stack([reference, variant])
    count = len(ic50)
    return Antibodies(
        variants="R\nV",
        sources="people\nothers",
        studies="own",
        antibody=np.repeat(np.arange(count), 2),
        variant=np.tile([0, 1], count),
        ic50=ic50.ravel(),
        source=np.zeros(count, np.int64) if source is None else np.asarray(source),
        study=np.zeros(count, np.int64),
        lower_limit=0.001,
        upper_limit=10.0,
    )


def of(given: Antibodies, **told: Any) -> Any:
    return binding(given, "R", "V", **({"sources": "people"} | told))


# Quantiles


def test_right_censored_quantiles_are_kaplan_and_meiers() -> None:
    """Remission in weeks under 6-mercaptopurine (E. J. Freireich et al., Blood 21, 699, 1963): the median is 23."""
    weeks = np.array([6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35.0])
    censored = np.isin(np.arange(21), [3, 5, 7, 8, 11, 12, 13, 16, 17, 18, 19, 20])
    found = quantiles(weeks, np.where(censored, INF, weeks), np.array([0.1, 0.25, 0.4, 0.5, 0.6]))
    assert found.value == pytest.approx([6, 13, 22, 23, 19])  # beyond 23 nothing but what holds for all limits
    assert found.bound.tolist() == [0, 0, 0, 0, 1]


def test_doubly_censored_distribution_is_turnbulls() -> None:
    """First use of marijuana (B. W. Turnbull, L. Weiss, Biometrics 34, 367, 1978).

    Shares who had not, by age, as in J. P. Klein and M. L. Moeschberger, Survival Analysis, 2nd edition, Springer
    2003, table 5.2, to the digits printed there.
    """
    age = np.arange(10.0, 20.0)
    exact, later = [4, 12, 19, 24, 20, 13, 3, 1, 0, 4], [0, 0, 2, 15, 24, 18, 14, 6, 0, 0]
    earlier = [0, 0, 0, 1, 2, 3, 2, 3, 1, 0]
    low = np.concatenate([np.repeat(age, exact), np.repeat(age, later), np.full(sum(earlier), -INF)])
    high = np.concatenate([np.repeat(age, exact), np.full(sum(later), INF), np.repeat(age, earlier)])
    _, end, mass = most_likely(low, high)
    without = [1 - mass[end <= each].sum() for each in age]
    assert without == pytest.approx([0.977, 0.906, 0.794, 0.651, 0.516, 0.392, 0.345, 0.308, 0.308, 0], abs=5.1e-4)


def test_right_censored_quantiles_are_scipys() -> None:
    rng = np.random.default_rng(1)
    for size in (3, 20, 200):
        number, limit = rng.normal(size=size), rng.normal(0.5, 1, size)
        censored = number > limit
        low = np.minimum(number, limit)
        expected = ecdf(CensoredData(uncensored=low[~censored], right=low[censored])).cdf
        found = quantiles(low, np.where(censored, INF, low), PROBABILITY)
        for value, bound, probability in zip(found.value, found.bound, PROBABILITY, strict=True):
            reached = expected.quantiles[expected.probabilities >= probability - 1e-9]
            assert bound == (reached.size == 0)
            assert reached.size == 0 or value == reached[0]


def test_the_distribution_found_is_the_most_likely_one() -> None:
    """No shift of mass raises the likelihood: its derivative is n where there is mass, and nowhere above (Gentleman
    and Geyer, Biometrika 81, 618, 1994)."""
    rng = np.random.default_rng(2)
    number, below = rng.normal(size=300), rng.normal(-1, 0.5, 300)
    above = below + 2
    low = np.where(number < below, -INF, np.minimum(number, above))
    high = np.where(number > above, INF, np.maximum(number, below))
    start, end, mass = most_likely(low, high)
    within = (start >= low[:, None]) & (end <= high[:, None])
    slope = (within / (within @ mass)[:, None]).sum(axis=0)
    assert slope.max() == pytest.approx(300, abs=0.01)
    assert slope[mass > 1e-4] == pytest.approx(300, abs=0.01)


def test_the_true_quantile_lies_between_the_lowest_and_the_highest() -> None:
    """Whatever hides the numbers, limits that depend on them included; sample quantiles, so that no chance is left."""
    rng = np.random.default_rng(3)
    seen = {-1: 0, 0: 0, 1: 0}
    for _ in range(60):
        number = rng.normal(size=40)
        hidden = np.where(rng.random(40) < rng.random(), np.sign(rng.normal(rng.normal(), 1, 40)), 0)
        limit = number - hidden * rng.exponential(1, 40)
        low, high = np.where(hidden < 0, -INF, limit), np.where(hidden > 0, INF, limit)
        found = quantiles(low, high, PROBABILITY)
        true = np.quantile(number, PROBABILITY, method="inverted_cdf")
        for j, opened in enumerate(found.open.tolist()):
            seen[opened] += 1
            assert opened == -1 or found.lowest[j] <= true[j]
            assert opened == 1 or true[j] <= found.highest[j]
            inside = found.lowest[j] - 1e-12 <= found.value[j] <= found.highest[j] + 1e-12
            assert opened or inside
            assert found.bound[j] == 0 or (found.bound[j] == opened and inside)
    assert min(seen.values()) > 20


# Apparent changes


def test_a_change_is_the_logarithm_of_a_ratio() -> None:
    """RT = 0.59248 kcal/mol at 298.15 K; one log10 is 1.3642, at 310.15 K 1.4192."""
    assert pytest.approx(0.59248, abs=5e-6) == GAS_CONSTANT * 298.15
    reference = np.geomspace(0.002, 0.9, 60)
    found = of(antibodies(reference, 10 * reference))
    assert found.apparent_change == pytest.approx(np.full((1, 5), 1.3642), abs=5e-5)
    assert not found.apparent_change_bound.any()
    assert of(antibodies(reference, 10 * reference), temperature=310.15).apparent_change[0, 2] == pytest.approx(
        1.4192, abs=5e-5
    )
    assert of(antibodies(reference, reference)).apparent_change == pytest.approx(np.zeros((1, 5)), abs=1e-12)


def test_both_ways_of_censoring_give_bounds_and_nothing_known_is_left_out() -> None:
    """In 100 antibodies: 20 measured, 40 known from below two ways, 25 from above two ways, 15 not at all."""
    reference = np.repeat([0.1, 0.1, 0.001, 10, 1, 10, 0.001], [20, 30, 10, 20, 5, 10, 5])
    variant = np.repeat([1.0, 10, 5, 1, 0.001, 10, 0.001], [20, 30, 10, 20, 5, 10, 5])
    found = of(antibodies(reference, variant))
    assert (found.pairs.tolist(), found.left_out.tolist()) == ([100], [15])
    assert found.lower_bound_share == pytest.approx(40 / 85)
    assert found.upper_bound_share == pytest.approx(25 / 85)
    # 25/85 lie below -RT ln 10, the measured ones are at RT ln 10, and the 40/85 lie anywhere above RT ln 100
    kcal = GAS_CONSTANT * 298.15 * np.log(10)
    assert found.apparent_change[0] == pytest.approx(kcal * np.array([-1, -1, 1, 2, 3.69897]), abs=1e-5)
    assert found.apparent_change_bound[0].tolist() == [-1, -1, 0, 1, 1]
    assert found.apparent_change_open[0].tolist() == [-1, -1, 0, 1, 1]


def test_sorting_censored_changes_at_their_limits_would_be_too_low() -> None:
    """Uniform changes to 4 RT ln 10, hidden above 2 of them or so: the median is 2, the sorted one below 1.8."""
    rng = np.random.default_rng(4)
    reference = 10 ** rng.uniform(-2.9, -0.1, 4000)
    variant = np.minimum(reference * 10 ** rng.uniform(0, 4, 4000), 10)
    found = of(antibodies(reference, variant))
    kcal = GAS_CONSTANT * 298.15 * np.log(10)
    assert found.apparent_change[0, 2] / kcal == pytest.approx(2, abs=0.1)  # three standard errors
    assert found.apparent_change_lowest[0, 2] / kcal < 1.8
    assert found.apparent_change_highest[0, 2] / kcal > 2.05


def test_the_published_antibodies_against_ba1() -> None:
    """10, 25 and 50 %: 0.44, 2.34 and censored for convalescents, 0, 0.62 and 1.97 for vaccinees (pairs of the raw
    files; the committed table leaves out nine of them), between the lowest and the highest to 0.06 kcal/mol."""
    found = binding(PUBLISHED)
    assert found.binding_sources == "WT convalescents\nWT vaccinees"
    assert found.pairs.tolist() == [429, 234]
    low, high = found.apparent_change_lowest - 0.06, found.apparent_change_highest + 0.06
    for row, page in ((0, (0.44, 2.34)), (1, (0, 0.62, 1.97))):
        for column, value in enumerate(page):
            assert low[row, column] <= value <= high[row, column]
    assert found.apparent_change_bound.tolist() == [[0, 0, 1, 1, 1], [0, 0, 0, 1, 1]]
    assert found.lower_bound_share == pytest.approx([0.704, 0.399], abs=1e-3)


def test_one_mutation_pairs_are_measured() -> None:
    """Few are censored, and one mutation does little to most: medians are those of plainly measured pairs to 0.06."""
    for source in ("BA.5 + JN.1 infection", "BA.5 BTI + JN.1 infection"):
        for one, other in (("JN.1", "JN.1+F456L"), ("KP.3", "KP.3+A475V")):
            found = binding(PUBLISHED, one, other, source)
            cell = pairs(PUBLISHED, one, other, source, "refuse")
            measured = (np.maximum(cell.reference, cell.variant) < 10) & (
                np.minimum(cell.reference, cell.variant) > 0.001
            )
            ratio = np.log(cell.variant[measured] / cell.reference[measured])
            assert found.apparent_change[0, 2] == pytest.approx(GAS_CONSTANT * 298.15 * np.median(ratio), abs=0.06)
            assert found.apparent_change_bound[0, :4].tolist() == [0, 0, 0, 0]
            assert abs(found.apparent_change[0, 2]) < 0.2
            assert found.apparent_change_highest[0, 2] - found.apparent_change_lowest[0, 2] < 0.01


def test_a_small_cell_is_refused_or_bounded() -> None:
    reference = np.full(30, 0.1)
    given = antibodies(reference, np.repeat([1.0, 10.0], 15))
    said = (
        "people: 30 antibodies were measured against both R and V, of which 30 and 15 have an IC50 below the upper "
        "limit; 50, and 10 against each, are needed. Take another source or reference, or small_cells='bound' for a "
        "bound."
    )
    with pytest.raises(ValueError, match=re.escape(said)):
        of(given)
    found = of(given, small_cells="bound")
    kcal = GAS_CONSTANT * 298.15 * np.log(10)
    assert found.apparent_change[0] == pytest.approx(kcal * np.array([1, 1, 1, 2, 2]))
    assert found.apparent_change_bound[0].tolist() == [1] * 5
    with pytest.raises(ValueError, match=r"100 antibodies .* of which 100 and 9 have"):
        of(antibodies(np.full(100, 0.1), np.repeat([1.0, 10.0], [9, 91])))
    with pytest.raises(ValueError, match=r"100 antibodies .* of which 9 and 100 have"):
        of(antibodies(np.repeat([1.0, 10.0], [9, 91]), np.full(100, 0.1)))


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"variant": "BA1"}, "'BA1' is no variant of these data. Did you mean 'BA.1'?"),
        ({"variant": "XBB.1.5"}, "Did you mean 'XBB'?"),
        (
            {"reference": "JN.1", "variant": "JN.1+F456L"},
            "Write sources='BA.5 + JN.1 infection' or 'BA.5 BTI + JN.1 infection' or 'BA.5 BTI + HK.3 infection'.",
        ),
        ({"sources": "WT vaccinee"}, "'WT vaccinee' is no source of these data. Did you mean 'WT vaccinees'?"),
        ({"sources": "WT vaccinees, WT vaccinees"}, "source 'WT vaccinees' is written twice"),
        ({"variant": "BA.1, BA.2"}, "reference and variant are one variant each, got 'D614G' and 'BA.1, BA.2'"),
        ({"variant": "JN.1"}, "Write variant='BA.1' or 'BA.2' or 'BA.2.75' or 'BA.5' or 'BQ.1.1' or 'XBB'."),
        ({"sources": "BA.5 + JN.1 infection"}, "0 antibodies were measured against both D614G and BA.1"),
    ],
)
def test_unknown_names_are_refused_with_known_ones(told: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        binding(PUBLISHED, **told)


def test_nothing_known_of_any_antibody_is_refused() -> None:
    given = antibodies(np.full(60, 10.0), np.full(60, 10.0))
    with pytest.raises(ValueError, match="people, V against R: nothing is known of the change of any antibody"):
        of(given, small_cells="bound")


def test_where_all_are_censored_there_are_bounds_still() -> None:
    """Half below -RT ln 100, half above RT ln 100."""
    found = of(antibodies(np.repeat([0.1, 10.0], 30), np.repeat([10.0, 0.1], 30)))
    kcal = GAS_CONSTANT * 298.15 * np.log(10)
    assert found.apparent_change[0] == pytest.approx(kcal * np.array([-2, -2, -2, 2, 2]))
    assert found.apparent_change_bound[0].tolist() == [-1, -1, -1, 1, 1]


def test_what_is_drawn_is_what_is_told() -> None:
    """The line ends where nothing but a lower bound is told; the band ends at the shares censored and not."""
    rng = np.random.default_rng(5)
    number, limit = rng.normal(1, 1, 200), rng.normal(1.5, 0.5, 200)
    low = np.minimum(number, limit)
    high = np.where(number > limit, INF, low)
    figure = drawing.distributions([drawing.Changes("people", low, high)], GAS_CONSTANT * 298.15, "V against R")
    (axes,) = figure.axes
    x, y = np.asarray(axes.lines[0].get_xdata()), np.asarray(axes.lines[0].get_ydata())
    found = quantiles(low, high, PROBABILITY)
    for value, bound, probability in zip(found.value, found.bound, PROBABILITY, strict=True):
        reached = x[y >= probability - 1e-7]
        assert bound == 1 if reached.size == 0 else value == reached[0]
    band = axes.collections[0].get_paths()[0].vertices
    assert band[:, 1].max() == 1
    assert band[band[:, 0] == band[:, 0].max(), 1].min() == pytest.approx(np.isfinite(high).mean())
    assert figure.axes[0].get_title() == f"people\n{np.isinf(high).mean():.0%} known from below only"


def test_the_model_keeps_what_it_declares_and_its_picture_is_drawn() -> None:
    assert check_model(binding, antibodies=PUBLISHED, temperature="25 degC")["pairs"].tolist() == [429, 234]


@pytest.mark.science
def test_raw_pairs_give_the_quantiles_of_the_page(record_property: Any) -> None:
    """With the reference measured, and a censored change above all others: the highest that quantiles can be.

    0.02 kcal/mol: between an order statistic and an interpolated one.
    """
    raw = Path(os.environ["SCALEBRIDGE_DATA"])
    found = table(File.read(raw / "antibody_ic50_rbd.csv"), File.read(raw / "antibody_sources_rbd.csv")).antibodies
    reached = {}
    for source, page in (("WT convalescents", (0.44, 2.34)), ("WT vaccinees", (0, 0.62, 1.97))):
        cell = pairs(found, "D614G", "BA.1", source, "refuse")
        known = cell.reference < 10
        low, high = logarithms(cell.variant[known], 0.0, 10.0)
        change = [GAS_CONSTANT * 298.15 * (each - np.log(cell.reference[known])) for each in (low, high)]
        told = quantiles(*change, np.array([0.1, 0.25, 0.5]))
        reached[source] = (told.highest.round(3).tolist(), told.open.tolist())
        assert told.highest[: len(page)] == pytest.approx(page, abs=0.02)
        assert told.open.tolist() == [0, 0, int(len(page) == 2)]
    record_property("asked", "10/25/50 %: 0.44, 2.34, censored; 0, 0.62, 1.97 kcal/mol")
    record_property("reached", str(reached))
    replaced = binding(replace(found, lower_limit=0.0))
    assert replaced.lower_bound_share == pytest.approx([0.676, 0.384], abs=0.005)
