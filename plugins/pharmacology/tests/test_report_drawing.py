"""The report's pictures hold the numbers that they were given, on axes with units."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_pharmacology.report import drawing
from bridge_pharmacology.report.quantiles import Spread

from bridge import Picture

TIME = np.linspace(0, 168, 25)
VALUES = np.outer(np.arange(21), TIME)


def one(**changes: object) -> drawing.Course:
    return drawing.Course("plasma (mg/L)", TIME, VALUES, (TIME, 7 * TIME), "linear")._replace(**changes)


def test_a_panel_shows_median_ribbon_and_the_typical_patient() -> None:
    (axes,) = drawing.courses([one()]).axes
    median, typical = (line.get_ydata() for line in axes.lines)
    assert median == pytest.approx(10 * TIME)
    assert typical == pytest.approx(7 * TIME)
    (ribbon,) = axes.collections
    edges = ribbon.get_paths()[0].vertices
    at_end = edges[edges[:, 0] == 168][:, 1]
    assert (at_end.min(), at_end.max()) == pytest.approx((168.0, 19 * 168.0))
    assert axes.get_ylabel() == "plasma (mg/L)"
    assert axes.get_xlabel() == "time (d)"


def test_without_a_typical_patient_there_is_no_such_line() -> None:
    (axes,) = drawing.courses([one(typical=None)]).axes
    assert [line.get_label() for line in axes.lines] == ["median"]


def test_logarithmic_panels_leave_out_what_is_zero_and_shares_end_at_one() -> None:
    free, share = drawing.courses(
        [one(scale="logarithmic"), one(values=VALUES / VALUES.max(), typical=None, scale="share")]
    ).axes
    assert free.get_yscale() == "log"
    low, high = free.get_ylim()
    assert 0 < low < 7.0 < 19 * 168 < high  # the lowest ribbon is 7 on the first day with drug
    assert share.get_yscale() == "linear"
    assert share.get_ylim() == pytest.approx((0, 1.04))


@pytest.mark.parametrize("largest", [0.0, 0.03, 40.0])
def test_linear_panels_show_all_of_what_is_small_or_large_or_nothing(largest: float) -> None:
    (axes,) = drawing.courses([one(values=VALUES * largest / VALUES.max(), typical=None)]).axes
    low, high = axes.get_ylim()
    assert low == 0
    assert 0.95 * largest < high < max(1.1 * largest, 1.01)
    assert high < 1.1 * largest or largest == 0


def test_a_typical_patient_beyond_the_ribbon_is_shown() -> None:
    (axes,) = drawing.courses([one(values=VALUES / 100, typical=(TIME, 7 * TIME))]).axes
    assert axes.get_ylim()[1] > 7 * 168


def test_effects_above_one_are_shown_on_a_linear_axis_too() -> None:
    figure = drawing.dose_response(
        np.array([1.0, 2.0]), [("effect", np.array([0.0, 30.0]), "share")], (1.0, [Spread(0.0, 5.0, 50.0)])
    )
    assert figure.axes[0].get_ylim()[1] > 50


def test_doses_are_sorted_and_the_population_stands_at_its_own() -> None:
    figure = drawing.dose_response(
        np.array([4.0, 0.5, 2.0]),
        [("occupancy", np.array([0.9, 0.1, 0.5]), "share"), ("V/V₀", np.array([0.3, 4.0, 0.5]), "logarithmic")],
        (2.0, [Spread(0.2, 0.7, 0.99), Spread(0.06, 0.71, 4.6)]),
    )
    for axes, expected in zip(figure.axes, ([0.1, 0.5, 0.9], [4.0, 0.5, 0.3]), strict=True):
        assert axes.lines[0].get_xdata() == pytest.approx([0.5, 2.0, 4.0])
        assert axes.lines[0].get_ydata() == pytest.approx(expected)
        assert axes.get_xscale() == "log"
        assert axes.get_xlabel() == "maintenance dose (mg/kg)"
    assert figure.axes[1].get_yscale() == "log"
    low, high = figure.axes[1].get_ylim()
    assert low < 0.06 < 4.6 < high
    (bar,) = figure.axes[1].containers
    ends = bar.lines[2][0].get_segments()[0][:, 1]
    assert sorted(ends) == pytest.approx([0.06, 4.6])


def test_profiles_are_of_the_last_instant_and_of_earlier_ones() -> None:
    radius, time = np.linspace(8, 75, 10), np.linspace(0, 10, 11)
    free = np.outer(np.exp(-radius / 20), 1 + time)
    figure = drawing.krogh(time, radius, free, free / free.max())
    field, profiles = figure.axes[0], next(axes for axes in figure.axes if "nM" in axes.get_ylabel())
    assert field.collections[0].get_array().reshape(10, 11)[0, -1] == 1.0
    assert "µm" in field.get_ylabel()
    assert profiles.lines[-1].get_ydata() == pytest.approx(free[:, -1])
    assert profiles.lines[-1].get_label() == "10 d"
    assert len(profiles.lines) == 3  # 2 % and 10 % of ten days are one row


def test_the_same_numbers_give_the_same_bytes() -> None:
    def drawn(typical: object) -> bytes:
        return Picture.drawn(drawing.courses([one(typical=typical)])).content

    assert drawn(None) == drawn(None)
    assert drawn(None) != drawn((TIME, TIME))
