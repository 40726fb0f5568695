"""The report's pictures hold the numbers that they were given, on axes that people read."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_epidemic.report import drawing, escape_pictures, wave_pictures
from matplotlib.dates import date2num

TIME = np.arange(101.0)
#: Odds of the second strain grow by e in ten days from 1/99: a straight line on a logit axis.
ODDS = np.exp((TIME - 50) / 10)
TOTAL = 1e4
INCIDENCE = TOTAL * np.stack([1 / (1 + ODDS), ODDS / (1 + ODDS)], axis=1)


def wave(**changes: object) -> wave_pictures.Wave:
    replicates = INCIDENCE[None] * np.linspace(0.8, 1.2, 41)[:, None, None]
    reproduction = np.broadcast_to([1.2, 2.4], replicates.shape)
    return wave_pictures.Wave("2021-11-15", ("D614G", "BA.1"), 1e6, TIME, replicates, reproduction, INCIDENCE)._replace(
        **changes
    )


def test_incidence_is_a_day_and_for_100_000_people_on_the_calendar() -> None:
    top, below = wave_pictures.incidence(wave()).axes
    lines = {line.get_label(): line for line in top.lines}
    assert lines["BA.1"].get_ydata() == pytest.approx(INCIDENCE[:, 1] / 10)  # 1e6 people
    ends = date2num(lines["BA.1"].get_xdata())[[0, -1]]
    assert ends == pytest.approx(date2num(np.array(["2021-11-15", "2022-02-23"], dtype="datetime64[D]")))
    assert [line.get_ydata()[0] for line in below.lines[:2]] == pytest.approx([1.2, 2.4])
    edges = top.collections[1].get_paths()[0].vertices[:, 1]
    assert edges.max() == pytest.approx(1.19 * INCIDENCE[:, 1].max() / 10)  # 97.5 % of 0.8 to 1.2


def test_a_constant_advantage_is_a_straight_line_on_a_logit_axis() -> None:
    (axes,) = wave_pictures.share(wave()).axes
    assert axes.get_yscale() == "logit"
    median = next(line for line in axes.lines if "median" in line.get_label())
    shown = axes.transData.transform(np.column_stack([date2num(median.get_xdata()), median.get_ydata()]))
    slopes = np.diff(shown[:, 1]) / np.diff(shown[:, 0])
    assert slopes == pytest.approx(slopes[0], rel=1e-6)


def test_shares_of_next_to_nobody_are_not_drawn() -> None:
    few = INCIDENCE.copy()
    few[60:] *= 19 / TOTAL
    (axes,) = wave_pictures.share(wave(incidence=np.stack([few, few]), expected=few)).axes
    median = next(line for line in axes.lines if "median" in line.get_label())
    drawn = np.isfinite(np.asarray(median.get_ydata()))
    assert drawn[:60].all()
    assert not drawn[60:].any()


def test_shares_are_nan_where_nobody_was_infected() -> None:
    shares = wave_pictures.shares(np.array([[0.0, 0.0], [3.0, 1.0]]))
    assert np.isnan(shares[0])
    assert shares[1] == 0.25


def test_days_count_from_the_date_across_years_and_by_parts() -> None:
    found = drawing.days("2021-12-31", np.array([0.0, 1.5]))
    assert found.tolist() == np.array(["2021-12-31T00:00:00", "2022-01-01T12:00:00"], dtype="datetime64[s]").tolist()


def test_quantiles_leave_out_replicates_without_a_value() -> None:
    values = np.array([[1.0, np.nan], [2.0, np.nan], [np.nan, np.nan]])
    low, middle, high = drawing.quantiles(values, (0.0, 0.5, 1.0))
    assert (low[0], middle[0], high[0]) == (1.0, 1.5, 2.0)
    assert np.isnan([low[1], middle[1], high[1]]).all()


LEVEL = np.linspace(-4, 2, 301)


def logistic(level: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-3 * (level + 0.7)))


def test_the_arrow_goes_along_one_protection_from_the_titre_to_the_titre_over_the_fold() -> None:
    fold = 10.0
    draws = np.stack([logistic(LEVEL - 1), logistic(LEVEL - 0.9), logistic(LEVEL - 1.1)])
    curves = [escape_pictures.Curves("infection", LEVEL, logistic(LEVEL), draws)]
    (axes,) = escape_pictures.protection(curves, ("D614G", "BA.1"), 0.0, fold).axes
    arrow = next(text for text in axes.texts if text.get_text() == "")
    begin, end = arrow.xyann, arrow.xy
    assert begin[1] == end[1]
    assert begin[0] / end[0] == pytest.approx(fold)
    assert logistic(np.log10(end[0])) == pytest.approx(begin[1], abs=1e-3)  # the reference's curve at the arrow's head
    assert any(text.get_text() == "÷ 10" for text in axes.texts)


def test_ratios_are_drawn_with_the_runs_own_where_its_panel_is() -> None:
    fraction = np.linspace(0, 1, 11)
    surface = 1 + np.arange(6).reshape(3, 2, 1) * fraction / 5
    figure = escape_pictures.landscape(
        fraction,
        np.array([0.0, 90.0]),
        np.array([1.0, 2.0, 3.9]),
        (surface, surface, surface),
        (0.7, 2.0, 1.6),
        [escape_pictures.Published("one", 1.5, 1.5), escape_pictures.Published("two", 1.8, 2.2)],
    )
    panels = figure.axes
    for row, axes in enumerate(panels):
        lines = {line.get_label(): line.get_ydata() for line in axes.lines}
        assert lines["immune 90 d ago"] == pytest.approx(surface[row, 1])
        assert ("this run" in lines) == (row == 1)
    assert {text.get_text() for text in panels[-1].texts} == {"one", "two"}
