"""Pure numbers where a unit is needed: the error names the place where people wrote them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bridge import table
from bridge.errors import ContractError
from bridge.run.flowfile import load_flow
from bridge.run.sweeps.templates import templates
from bridge.run.sweeps.written import read_python

CREEP = str(Path(__file__).parents[3] / "flows/creep.py")


def refused(said: str, *designs: Any, **axes: Any) -> None:
    flow = load_flow(CREEP)
    points, fixed = read_python(flow, designs, axes)
    with pytest.raises(ContractError, match=re.escape(said)):
        templates(flow, points, fixed)


def test_a_column_of_a_file_without_its_unit_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("stress [MPa],temperature\n20,600\n40,900\n")
    refused(
        "points.csv, column 'temperature': its numbers have no unit, and kmc.random_walk.temperature is in K. "
        "Write the header as 'temperature [K]'.",
        table(tmp_path / "points.csv"),
    )


def test_an_axis_without_its_unit_is_written_again_with_it() -> None:
    refused("Write their unit: stress='1.5 MPa, 2 MPa'.", stress="1.5, 2")
    refused("temperature='600 .. 1200 : 7' has pure numbers", temperature="600 .. 1200 : 7")


def test_other_mistakes_are_told_in_their_own_words() -> None:
    refused("no model is named '0'", temperature="600 K, 900 K", walk="0..1")


def test_numbers_that_need_no_unit_are_let_through(tmp_path: Path) -> None:
    flow = load_flow(CREEP)
    (tmp_path / "points.csv").write_text("temperature [K],stress\n600,20 MPa\n900,40 MPa\n")
    points, fixed = read_python(flow, [table(tmp_path / "points.csv")], {})
    (found,) = templates(flow, points, fixed)
    assert found.points.tolist() == [0, 1]
