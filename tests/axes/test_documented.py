"""What docs/sweeps.md says of texts is what they mean."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import bridge
from bridge.axes.distributions import Distribution
from bridge.axes.read import read_axes
from bridge.axes.uncertain import distribution_in

PAGE = (Path(__file__).parents[2] / "docs/sweeps.md").read_text(encoding="utf-8")
ROWS = [
    [re.findall(r"`([^`]*)`", cell) for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| `")
]
LISTED = [(row[0][0], row[1][0]) for row in ROWS if len(row) == 2]
UNCERTAIN = [(text, row[1][0]) for row in ROWS if len(row) == 3 for text in row[0]]


def test_the_page_has_both_its_tables() -> None:
    assert len(LISTED) >= 11
    assert len(UNCERTAIN) >= 13


@pytest.mark.parametrize(("written", "values"), LISTED)
def test_an_axis_has_the_values_that_the_page_lists(written: str, values: str) -> None:
    points, _ = read_axes({"x": written})
    assert ", ".join(points.texts(i)["x"] for i in range(points.size)) == values


@pytest.mark.parametrize(("written", "python"), UNCERTAIN)
def test_a_distribution_is_that_of_python(written: str, python: str) -> None:
    meant: Any = eval(python, {name: getattr(bridge, name) for name in bridge.__all__ if name[0].isupper()})
    assert _drawn(written) == _drawn(meant)
    if isinstance(meant, Distribution):
        assert distribution_in(written, "x") in (meant, None)


def _drawn(value: Any) -> dict[str, Any]:
    """What is recorded of a parameter that samples are drawn of."""
    points, _ = read_axes({"x": value}, samples=4)
    return dict(points.columns["x"].origin)
