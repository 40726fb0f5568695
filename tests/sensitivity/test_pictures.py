"""Pictures of sweeps: the one that suits each, written as PNG, the same bytes for the same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

from bridge.errors import ContractError
from bridge.inspect.pictures.drawing import label, spaced_by_ratio
from bridge.inspect.pictures.indices import bars, index_plots
from bridge.inspect.pictures.lines import over_one, over_two
from bridge.inspect.pictures.maps import over_plane
from bridge.inspect.pictures.sweeps import picture_of
from bridge.inspect.pictures.swept import swept
from bridge.inspect.sensitivity import text
from bridge.sensitivity.analysis import Output, analyse
from bridge.sensitivity.design import design
from bridge.sensitivity.wiring import Seen, Wiring, sets_of

KELVIN = np.linspace(600, 1200, 7)
MPA = np.array([1.0, 2.0, 5.0, 10.0])


def data(
    axes: Mapping[str, tuple[Any, str]], outputs: Mapping[str, tuple[Any, Mapping[str, str]]], failed: Any = ()
) -> xarray.Dataset:
    """A sweep's Dataset over the product of axes."""
    sizes = [len(values) for values, _ in axes.values()]
    status = np.full(sizes, "done", "U8")
    for place in failed:
        status[place] = "failed"
    variables: dict[str, Any] = {"status": (tuple(axes), status)}
    for name, (values, attributes) in outputs.items():
        filled = np.where(status == "done", np.broadcast_to(values, sizes), np.nan)
        variables[name] = (tuple(axes), filled, dict(attributes))
    coords = {name: (name, np.asarray(v), {"units": unit} if unit else {}) for name, (v, unit) in axes.items()}
    return xarray.Dataset(variables, coords)


def one_axis(failed: Any = ()) -> xarray.Dataset:
    outputs = {
        "strain_rate": (np.exp(-2e4 / KELVIN), {"units": "1/s"}),
        "diffusivity": (1e-12 * KELVIN, {"units": "m^2/s"}),
        "diffusivity_error": (1e-9 * KELVIN, {"units": "mm^2/s", "standard_error_of": "diffusivity"}),
    }
    return data({"temperature": (KELVIN, "K")}, outputs, failed)


def test_one_axis_is_drawn_as_lines_with_units_and_error_bars() -> None:
    found = swept(one_axis(failed=[2]))
    assert [result.name for result in found.results] == ["strain_rate", "diffusivity"]  # the error is no panel
    assert found.results[1].errors == pytest.approx(1e-15 * np.where(np.arange(7) == 2, np.nan, KELVIN), nan_ok=True)
    rate, diffusivity = over_one(found).figure().axes
    assert rate.get_xlabel() == "temperature (K)"
    assert rate.get_ylabel() == "strain rate (1/s)"
    assert (rate.get_yscale(), diffusivity.get_yscale()) == ("log", "linear")
    assert len(diffusivity.containers) == 1
    assert rate.get_title(loc="right") == "× 1 without a result"


def test_an_axis_of_names_has_points_and_no_line() -> None:
    named = swept(data({"element": (["Cu", "Ag"], "")}, {"energy": ([1.0, 2.0], {"units": "eV"})}))
    (panel,) = over_one(named).figure().axes
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["Cu", "Ag"]
    assert panel.lines[0].get_linestyle() == "None"


def test_two_axes_are_a_map_and_names_are_lines_of_their_own(tmp_path: Path) -> None:
    rate = {"rate": (np.outer(KELVIN, MPA), {"units": "1/s"})}
    plane = swept(data({"temperature": (KELVIN, "K"), "stress": (MPA, "MPa")}, rate, failed=[(1, 1)]))
    panel = over_plane(plane).figure().axes[0]
    assert (panel.get_xlabel(), panel.get_ylabel(), panel.get_xscale()) == ("stress (MPa)", "temperature (K)", "log")
    named = swept(data({"temperature": (KELVIN, "K"), "element": (list("abcd"), "")}, rate))
    drawn = over_two(named, 0).figure()
    assert [said.get_text() for said in drawn.legends[0].get_texts()] == list("abcd")
    assert drawn.axes[0].get_xlabel() == "temperature (K)"
    names = data({"element": (["Cu", "Ag"], ""), "method": (["emt", "dft"], "")}, {"e": (np.eye(2), {"units": "eV"})})
    (file,) = picture_of(names, tmp_path)
    assert file.read_bytes().startswith(b"\x89PNG")


def test_samples_and_more_axes_are_pairs(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    kelvin, mpa = rng.normal(900, 10, 300), rng.uniform(1, 2, 300)
    status = np.where(kelvin > 915, "failed", "done")
    rate = np.where(status == "done", np.exp(kelvin / 5) * mpa, np.nan)
    samples = xarray.Dataset(
        {"rate": ("sample", rate, {"units": "1/s"}), "status": ("sample", status)},
        {"temperature": ("sample", kelvin, {"units": "K"}), "stress": ("sample", mpa, {"units": "MPa"})},
    )
    (file,) = picture_of(samples, tmp_path)
    assert file.name == "pairs.png"
    cube = data({"a": ([1, 2, 3], "m"), "b": ([1, 2], "s"), "c": (["u", "v"], "")}, {"y": (1.0, {})})
    assert [path.name for path in picture_of(cube, tmp_path)] == ["pairs.png"]


def test_replicates_are_averaged_with_their_standard_error() -> None:
    values = np.array([[1.0, 3.0, 5.0], [2.0, 2.0, 2.0]])
    axes = {"temperature": ([1.0, 2.0], "K"), "seed": ([0, 1, 2], "")}
    found = swept(data(axes, {"y": (values, {})}, failed=[(0, 2)]))
    assert found.averaged == "seed"
    assert found.results[0].values == pytest.approx([2.0, 2.0])
    assert found.results[0].errors == pytest.approx([1.0, 0.0])
    assert not found.failed.any()


def test_the_same_numbers_give_the_same_bytes(tmp_path: Path) -> None:
    (first,), (second,) = picture_of(one_axis(), tmp_path / "a"), picture_of(one_axis(), tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()


def test_nothing_to_draw_is_no_picture(tmp_path: Path) -> None:
    assert picture_of(data({"temperature": (KELVIN, "K")}, {}), tmp_path) == []


def test_points_without_any_result_can_be_drawn(tmp_path: Path) -> None:
    everywhere = [(i, j) for i in range(7) for j in range(4)]
    none = data({"t": (KELVIN, "K"), "s": (MPA, "MPa")}, {"y": (1.0, {})}, failed=everywhere)
    assert len(picture_of(none, tmp_path)) == 1


def test_axes_that_are_spaced_by_ratios_are_logarithmic() -> None:
    assert spaced_by_ratio([1, 10, 100])
    assert spaced_by_ratio([1, 2, 4, 8])
    assert not spaced_by_ratio([1, 2, 3, 4])
    assert not spaced_by_ratio([-1, 1, 100])
    assert not spaced_by_ratio([600, 900, 1200])


def test_labels_have_their_units_as_people_write_them() -> None:
    assert label("grain_size", "um") == "grain size (µm)"
    assert label("diffusivity", "m^2/s") == "diffusivity (m²/s)"
    assert label("share", "1") == "share"


def test_without_matplotlib_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plot = over_one(swept(one_axis()))
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(ContractError, match=r"pip install 'scalebridge\[pictures\]'"):
        plot.save(tmp_path / "sweep.png")
    assert plot.save(tmp_path / "sweep.svg").read_text().startswith("<svg")  # needs nothing


def analysed(second: bool = False) -> dict[str, Any]:
    stages = (Seen("fine", "atomistic", (), (0.0, 0.0)), Seen("coarse", "continuum", ("fine",), (1.0, 0.0)))
    wiring = Wiring(stages, {"a": (("fine", "a"),), "b": (("coarse", "b"),)})
    drawn = design(["a", "b"], 128, sets=sets_of(wiring, ["coarse"]), second=second)
    u = drawn.unit_cube()
    outputs = [
        Output("coarse.y", "coarse", "m", u[:, 0] * u[:, 1], np.full(len(u), 0.01)),
        Output("coarse.same", "coarse", "m", np.full(len(u), 2.0)),
    ]
    return analyse(drawn, wiring, outputs, second=second) | {"texts": {"a": "uniform(0, 1)", "b": "uniform(0, 1)"}}


def test_indices_are_drawn_as_bars_with_intervals() -> None:
    document = analysed()
    above, below = bars(document, document["outputs"][0]).figure().axes
    assert {tick.get_text() for tick in above.get_yticklabels()} == {"a", "b"}
    names = [tick.get_text() for tick in below.get_yticklabels()]
    assert names == ["noise", "together (interactions)", "continuum", "atomistic"]  # from below
    assert [name for name, _ in index_plots(document)] == ["sensitivity.coarse.y"]


def test_indices_are_told_in_words() -> None:
    said = text(analysed(second=True))
    for words in ("a  uniform(0, 1)  enters fine.a", "by scale", "through stages before it: a", "a and b", "noise"):
        assert words in said
    assert "coarse.same = 2 m at every point: no input changes it." in said
