"""Pictures of viral loads, and what they compare."""

import numpy as np
import pytest
from bridge_epidemic.host.drawing import loads
from bridge_epidemic.host.trajectories import trajectories_pfu, trajectories_rna, trajectories_tcid50

from bridge import BridgeError, Q
from bridge.testing import check_model

DAYS = np.linspace(0.0, 10.0, 101)
#: A hill in logarithms, highest at day 4.
HILL = 1e8 * np.exp(-np.abs(DAYS - 4))


def test_how_far_two_courses_are_apart():
    """A tenth of the load, a day later: one decade, 1 d; the area follows."""
    later = 1e7 * np.exp(-np.abs(DAYS - 5))
    for trajectories in (trajectories_rna, trajectories_pfu, trajectories_tcid50):
        course = trajectories.__annotations__["reference"]
        found = trajectories(DAYS, later, course(DAYS, HILL), 1e5)
        assert found.peak_reduction == pytest.approx(1.0, rel=1e-12)
        assert found.peak_delay == pytest.approx(1.0)
        assert found.area_ratio == pytest.approx(np.trapezoid(later, DAYS) / np.trapezoid(HILL, DAYS), rel=1e-12)
        assert found.picture.content.startswith(b"\x89PNG")


def test_both_courses_and_the_limit_are_on_a_logarithmic_axis():
    axes = loads(DAYS, HILL / 10, DAYS, HILL, 1e5, "RNA copies/mL").axes[0]
    assert axes.get_yscale() == "log"
    reference, course, limit = axes.get_lines()
    np.testing.assert_array_equal(course.get_ydata(), HILL / 10)
    np.testing.assert_array_equal(reference.get_ydata(), HILL)
    assert limit.get_ydata()[0] == 1e5
    low, high = axes.get_ylim()
    assert low < (HILL / 10).min()
    assert high > HILL.max()
    assert "RNA copies/mL" in axes.get_ylabel()


def test_alone_it_is_compared_to_nothing():
    found = check_model(trajectories_tcid50, time=Q(DAYS, "d"), load=Q(HILL, "tcid50/mL"))
    assert (found["peak_reduction"], found["peak_delay"], found["area_ratio"]) == (0.0, 0.0, 1.0)


def test_no_virus_is_no_picture():
    with pytest.raises(ValueError, match="no virus in it"):
        trajectories_rna(DAYS, np.zeros(101))


def test_a_limit_in_another_unit_is_refused():
    with pytest.raises(BridgeError, match="limit"):
        check_model(trajectories_rna, time=Q(DAYS, "d"), load=Q(HILL, "rna_copy/mL"), limit="100 pfu/mL")
