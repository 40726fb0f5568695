"""Pictures of stored outputs: from Python and from the command line, of one run and of several."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from bridge.chain.values import UnknownPort
from bridge.errors import ContractError, UnknownName
from bridge.inspect.commands.contract import show
from bridge.inspect.pictures.fields import block_means, field_plot, map_panel
from bridge.inspect.pictures.of_run import drawn, plots_of
from bridge.inspect.pictures.outputs import output_plot
from bridge.inspect.pictures.plot import Band, Cells, Line, Plot
from bridge.inspect.pictures.svg import svg


def marks(plot: Plot, kind: type) -> list[Any]:
    return [mark for panel in plot.panels for mark in panel.marks if isinstance(mark, kind)]


def test_a_series_stands_over_the_output_named_like_its_dimension(make: Any) -> None:
    plot = make("2 m").plot("toy.drawn.energy")
    (line,) = marks(plot, Line)
    assert line.x == pytest.approx(np.linspace(0, 5, 40))
    assert line.y == pytest.approx(2 * np.linspace(0, 5, 40))
    assert line.errors == pytest.approx(np.full(40, 0.1))  # 100 meV
    assert (plot.panels[0].x.label, plot.panels[0].y.label) == ("t (ps)", "energy (eV)")
    assert plot.panels[0].note == "bars: standard errors"
    walk = make().plot("toy.drawn.walk")
    assert walk.panels[0].x.label == "step (counted from 0)"
    assert "3 at 0, 1 at 1, 2 at 2" in walk.alt
    assert make().plot("toy.drawn.inner.profile").panels[0].x.label == "x (µm)"  # beside it in its record


def test_errors_of_many_points_are_a_band(make: Any) -> None:
    plot = make(points=200).plot("toy.drawn.energy")
    (band,) = marks(plot, Band)
    assert band.high - band.low == pytest.approx(np.full(200, 0.2))
    assert plot.panels[0].note == "bands: standard errors"


def test_several_runs_are_drawn_over_one_another(make: Any) -> None:
    runs = [("a = 1 m", make("1 m")["toy.drawn"]), ("a = 2 m", make("2 m")["toy.drawn"])]
    plot = output_plot(runs, "energy")
    assert [line.label for line in marks(plot, Line)] == ["a = 1 m", "a = 2 m"]
    assert [line.colour for line in marks(plot, Line)] == [0, 1]
    assert "a = 2 m: 40 points, from 0 at 0 to 10 at 5" in plot.alt
    numbers = output_plot(runs, "rate")
    (points,) = marks(numbers, Line)
    assert points.y == pytest.approx([1e-9, 2e-9])
    assert points.errors == pytest.approx([1e-10, 1e-10])  # 1e-13 1/ms
    assert numbers.panels[0].x.words == ("a = 1 m", "a = 2 m")
    with pytest.raises(ContractError, match="2, 2 dimensions: series and numbers are drawn over one another"):
        output_plot(runs, "field")
    with pytest.raises(ContractError, match="no run was given"):
        output_plot([], "field")


def test_runs_of_other_units_are_drawn_in_the_unit_of_the_first(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = make("1 m")["toy.drawn"], make("2 m")["toy.drawn"]
    two._artifact.ports["energy"]["unit"] = "meV"
    plot = output_plot([("one", one), ("two", two)], "energy")
    assert marks(plot, Line)[1].y[-1] == pytest.approx(0.01)
    assert marks(plot, Line)[1].errors[-1] == pytest.approx(0.1)  # which says meV itself
    two._artifact.ports["energy"]["unit"] = "m"
    with pytest.raises(ContractError, match="is in m, not in eV"):
        output_plot([("one", one), ("two", two)], "energy")


def test_a_field_is_a_map_over_its_coordinates(make: Any) -> None:
    outputs = make()["toy.drawn"]
    plot = field_plot(outputs, "field")
    (cells,) = marks(plot, Cells)
    assert cells.values.shape == (12, 24)
    assert cells.y == pytest.approx(np.arange(12) * 2.0)  # which fell, and rises on the picture
    assert cells.values == pytest.approx(outputs.field.magnitude[::-1])
    assert (plot.panels[0].y.label, plot.panels[0].x.label) == ("y (µm)", "x (counted from 0)")
    assert "12 × 24 cells, lowest 0 at (0, 22), highest 34 at (23, 0)" in plot.alt
    cube = field_plot(outputs, "cube")
    assert cube.panels[0].note == "z 1 of 0..1"  # the middle of two
    assert marks(cube, Cells)[0].values == pytest.approx(2 * cells.values)
    with pytest.raises(ContractError, match="has 1 dimensions: a map is drawn of two or more"):
        field_plot(outputs, "energy")


def test_a_large_field_is_coarsened_by_means_and_says_so(make: Any) -> None:
    outputs = make(size=300)["toy.drawn"]
    plot = output_plot([("", outputs)], "field")
    (cells,) = marks(plot, Cells)
    assert cells.values.shape == (150, 200)
    assert plot.panels[0].note == "means of 2 × 3 points"
    whole = outputs.field.magnitude[::-1]
    assert cells.values[3, 5] == pytest.approx(whole[6:8, 15:18].mean())
    assert cells.x[5] == 16.0
    assert len(svg(plot)) < 300_000


def test_means_of_blocks_leave_out_what_is_missing() -> None:
    values = np.arange(35.0).reshape(5, 7)
    values[0, 0] = values[1, 1] = np.nan
    values[4] = np.nan
    found = block_means(values, (2, 3))
    assert found.shape == (3, 3)
    assert found[0, 0] == pytest.approx(np.nanmean(values[:2, :3]))
    assert found[1, 2] == pytest.approx(np.mean(values[2:4, 6:]))
    assert np.isnan(found[2]).all()


def test_places_that_turn_are_counted() -> None:
    panel = map_panel(np.eye(3), (np.array([0.0, 1.0, 0.5]), "loop (V)"), (np.arange(3.0), "x (m)"), "polarisation")
    assert panel.y.label == "loop (counted from 0)"
    (cells,) = (mark for mark in panel.marks if isinstance(mark, Cells))
    assert cells.y.tolist() == [0, 1, 2]


def test_complex_numbers_are_drawn_by_their_modulus(make: Any) -> None:
    plot = make().plot("toy.drawn.waves")
    assert plot.panels[0].y.label == "|waves| (V)"
    assert marks(plot, Line)[0].y == pytest.approx(np.ones(40))


def test_a_stage_is_drawn_with_a_panel_for_each_array(make: Any) -> None:
    plot = make().plot("toy.drawn")
    assert [panel.y.label for panel in plot.panels][:2] == ["energy (eV)", "walk (nm)"]
    assert [panel.marks[0].label for panel in plot.panels if isinstance(panel.marks[0], Cells)] == [
        "field (K)",
        "cube (K)",
    ]
    assert len(plot.panels) == 6  # no coordinates, no standard errors, no single numbers
    assert plot._repr_svg_().startswith("<svg")
    assert len(plot.figure().axes) == 6 + 2  # colour bars


def test_what_is_asked_for_wrongly_is_told_what_there_is(make: Any) -> None:
    run = make()
    with pytest.raises(UnknownName, match=r"no stage 'toy\.drown'.*toy\.drawn"):
        run.plot("toy.drown")
    with pytest.raises(UnknownPort, match=r"no port 'enrgy'.*energy"):
        run.plot("toy.drawn.enrgy")
    with pytest.raises(ContractError, match="is no number but of kind str"):
        run.plot("toy.drawn.name")


# The command


def told(run: Any, *words: str, **environment: str) -> Any:
    return CliRunner().invoke(show, [run.id, *words], env={"SCALEBRIDGE_STORE": str(run.store.address)} | environment)


def test_show_draws_a_file_by_its_suffix(make: Any, tmp_path: Path) -> None:
    run = make()
    done = told(run, "toy.drawn.field", "--plot", str(tmp_path / "a.svg"))
    assert (done.exit_code, done.output) == (0, f"picture: {tmp_path / 'a.svg'}\n")
    assert ET.parse(tmp_path / "a.svg").getroot().get("aria-label", "").startswith("y (µm) over x")
    done = told(run, "toy.drawn", f"--plot={tmp_path / 'b.png'}", "--json")
    assert json.loads(done.output)["pictures"] == [str(tmp_path / "b.png")]
    assert (tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")
    done = told(run, "--plot", str(tmp_path / "c.jpg"))
    assert isinstance(done.exception, ContractError)
    assert "not as 'c.jpg'" in str(done.exception)


def test_show_draws_into_the_state_folder_without_a_file(make: Any, tmp_path: Path) -> None:
    run = make()
    done = told(run, "--plot", SCALEBRIDGE_HOME=str(tmp_path / "home"))
    path = tmp_path / "home" / "shown" / run.id / "toy.drawn.png"
    assert done.output == f"picture: {path}\n"
    assert path.read_bytes().startswith(b"\x89PNG")


def test_several_pictures_lie_beside_the_file_and_a_name_is_no_path(
    make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make()
    ((_, plot),) = plots_of(run)
    names = ("one", "../../a\\b\0", "c" * 999)
    monkeypatch.setattr("bridge.inspect.pictures.of_run.plots_of", lambda *_: [(name, plot) for name in names])
    paths = drawn(run, None, tmp_path / "a.svg")
    assert [path.name for path in paths] == ["a.one.svg", "a..._.._a_b�.svg", f"a.{'c' * 150}.svg"]
    assert {path.parent for path in paths} == {tmp_path}


def test_single_numbers_are_drawn_where_they_are_named(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make()
    assert "2 × 10⁻⁹" in run.plot("toy.drawn.rate").alt
    monkeypatch.setattr("bridge.inspect.pictures.of_run.is_own_picture", lambda leaf: False)
    with pytest.raises(ContractError, match=r"has no arrays to draw. A single number is drawn where it is named"):
        drawn(run, None, None)
    with pytest.raises(ContractError, match=r"name one, toy\.drawn\.PORT"):
        run.plot("toy.drawn")
