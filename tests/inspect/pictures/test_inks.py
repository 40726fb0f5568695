"""One description, two inks: every mark is drawn by both, whatever its numbers and names are."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.errors import BridgeError, ContractError
from bridge.inspect.pictures import shades
from bridge.inspect.pictures.plot import Axis, Band, Bars, Cells, Crosses, Line, Panel, Plot, Rule
from bridge.inspect.pictures.svg import svg

SVG = "{http://www.w3.org/2000/svg}"
X = np.linspace(1.0, 4.0, 7)
MARKS: dict[str, tuple[Any, ...]] = {
    "line": (Line(X, X**2, "squares"),),
    "errors": (Line(X, X**2, errors=X / 4),),
    "gaps": (Line(X, np.where(X == 2, np.nan, X), dashed=True), Line(X, X + 1, joined=False, colour=3)),
    "hollow": (Line(X, X, joined=False, hollow=True, colour=5),),
    "band": (Band(X, X - 1, X + 1, 2, "within"), Line(X, X, marked=False)),
    "cells": (Cells(X, X[:3], np.outer(X[:3], X), "product (m²)", written=True),),
    "few numbers": (Cells(X, X[:3], np.where(np.eye(3, 7) > 0, np.nan, 2.0), log=True, contours=True),),
    "contours": (Cells(np.arange(30.0), np.arange(20.0), np.outer(np.arange(20), np.arange(30)), contours=True),),
    "bars": (Bars([0, 1], [0.2, -0.1], "alone", [0.05, 0.01]), Bars([0.4], [0.3], "in all", pale=True)),
    "crosses": (Line(X, X), Crosses([2.0, 3.0]), Crosses([2.0], [3.0], titles=["no paper"])),
    "rules": (Line(X, X), Rule(2.5), Rule(1.5, False)),
}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\u202eanna\u202c \u2066x",
    "\x1b[31mred\x07\x00",
    "{{7*7}} ${7*7} $\\frac$ $x",
    "half \ud800 of a letter",
    "_under_score",
    "日本語 🎉 ∑ é",
    "",
    "x" * 5000,
)


def plot(*marks: Any, **axes: Any) -> Plot:
    return Plot((Panel(axes.get("x", Axis("time (s)")), axes.get("y", Axis("length (m)")), marks),))


def parsed(drawn: Plot) -> ET.Element:
    return ET.fromstring(svg(drawn))


def numbers_of(root: ET.Element) -> list[float]:
    """Every coordinate of a picture."""
    names = ("d", "x", "y", "width", "height", "transform", "viewBox")
    written = " ".join(element.get(name, "") for element in root.iter() for name in names)
    return [float(one) for one in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", written)]


@pytest.mark.parametrize("name", MARKS)
def test_every_mark_is_drawn_on_pages(name: str) -> None:
    root = parsed(plot(*MARKS[name]))
    empty = parsed(plot(Rule(50.0, False)))
    assert len(list(root.iter())) > len(list(empty.iter()))
    assert root.get("role") == "img"
    assert "nan" not in svg(plot(*MARKS[name]))
    width, height = float(root.get("width", "")), float(root.get("height", ""))
    assert root.get("viewBox") == f"0 0 {width:g} {height:g}"


@pytest.mark.parametrize("name", MARKS)
def test_every_mark_is_drawn_on_files(name: str, tmp_path: Path) -> None:
    axes = plot(*MARKS[name]).figure().axes[0]
    held = (*axes.lines, *axes.collections, *axes.patches, *axes.containers)
    assert len(held) >= len(MARKS[name])
    assert plot(*MARKS[name]).save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_line_goes_through_its_numbers() -> None:
    root = parsed(plot(Line([0.0, 10.0], [0.0, 1.0]), x=Axis(low=0.0, high=10.0), y=Axis(low=0.0, high=2.0)))
    paths = [(path.get("d", ""), path.get("stroke-width")) for path in root.iter(f"{SVG}path")]
    (edges,) = (found for d, _ in paths if (found := re.fullmatch(r"M(\S+) (\S+)V(\S+)H(\S+)", d)))
    left, top, bottom, right = map(float, edges.groups())
    (line,) = (d for d, width in paths if width == "1.6")
    ends = [float(one) for one in re.findall(r"[\d.]+", line)]
    assert ends == pytest.approx([left, bottom, right, (top + bottom) / 2], abs=0.11)


def test_a_gap_is_not_bridged_and_a_lonely_point_is_seen() -> None:
    (line,) = (
        path.get("d", "")
        for path in parsed(plot(Line([0, 1, 2, 3, 4], [1, 1, np.nan, 1, np.nan], marked=False))).iter(f"{SVG}path")
        if path.get("stroke-width") == "1.6"
    )
    assert line.count("M") == 2
    assert line.endswith("h0")


def test_many_points_stay_light_and_keep_their_extremes() -> None:
    x = np.arange(200_000.0)
    y = np.random.default_rng(0).normal(size=x.size)
    y[123_456] = 100.0
    drawn = plot(Line(x, y), Line(x[:5000], y[:5000], joined=False))
    assert len(svg(drawn)) < 100_000
    assert "highest 100 at 123456" in drawn.alt
    heights = [float(path.split()[-1]) for path in re.findall(r"L[\d.]+ [\d.]+", svg(drawn))]
    alone = [float(path.split()[-1]) for path in re.findall(r"L[\d.]+ [\d.]+", svg(plot(Line(x, np.clip(y, -9, 9)))))]
    assert min(heights) < min(alone)  # the spike is there


def test_a_large_map_stays_light() -> None:
    noise = np.random.default_rng(0).normal(size=(256, 256))
    noise[:4] = np.nan
    assert len(svg(plot(Cells(np.arange(256.0), np.arange(256.0), noise)))) < 1_000_000
    smooth = np.add.outer(np.linspace(0, 1, 256), np.linspace(0, 1, 256))
    assert len(svg(plot(Cells(np.arange(256.0), np.arange(256.0) ** 2, smooth)))) < 400_000


def test_shades_of_a_map_are_those_of_viridis() -> None:
    from matplotlib import colormaps

    at = np.linspace(0, 1, 256)
    apart = shades.colours(at) - 255 * np.asarray(colormaps["viridis"](at))[:, :3]
    assert np.abs(apart).max() < 7  # of 255
    assert shades.spelled(shades.colours(0.0)) == "#440154"


@pytest.mark.parametrize("paper", ["#fdfdfb", "#15181c"])
def test_colours_of_lines_are_seen_on_light_pages_and_dark(paper: str) -> None:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    for colour in shades.COLOURS[:-1]:
        low, high = sorted((light(colour), light(paper)))
        assert (high + 0.05) / (low + 0.05) >= 3  # WCAG 2.2, 1.4.11


# Names


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_letters_and_nothing_else(name: str, tmp_path: Path) -> None:
    words = Axis(name, words=(name, name + "2"))
    line = Line([0, 1], [0, 1], name, titles=[name, name], joined=False)
    cells = Panel(words, Axis(), (Cells([0, 1], [0, 1], np.eye(2), name, titles=[name] * 4),))
    panel = Panel(words, Axis(name), (line, Crosses([1], titles=[name])), name, name)
    drawn = Plot((panel, cells), 1, name, name)
    root = parsed(drawn)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "g", "a", "text", "title", "path", "rect"}
    kinds = {attribute for element in root.iter() for attribute in element.attrib}
    assert not any(kind == "style" or kind.startswith("on") for kind in kinds)
    written = svg(drawn)
    assert not re.search("[\x00-\x08\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", written)
    assert len(written) < 200_000
    assert drawn.save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_points_lead_to_pages_of_the_same_site_alone() -> None:
    drawn = plot(Line(X, X, hrefs=[f'/runs/{n}?a="&b=<' for n in range(7)]), Crosses([2.0], hrefs=["?point=3"]))
    root = parsed(drawn)
    found = [link.get("href") for link in root.iter(f"{SVG}a")]
    assert found == [*(f'/runs/{n}?a="&b=<' for n in range(7)), "?point=3"]
    assert all(link.find(f"{SVG}title") is not None for link in root.iter(f"{SVG}a"))
    assert root.get("role") == "group"  # an image has no links inside of it for those who hear it
    for href in ("javascript:alert(1)", "//elsewhere", "https://elsewhere", "data:text/html,", "/\\elsewhere", ""):
        with pytest.raises(ContractError, match="its own site"):
            Line([1], [1], hrefs=[href])


# Numbers


NUMBERS: dict[str, Any] = {
    "30 decades": 10.0 ** np.arange(-15.0, 16.0),
    "a constant": np.full(5, 7.25),
    "nought": np.zeros(4),
    "one point": np.array([3.0]),
    "nothing known": np.full(6, np.nan),
    "nothing at all": np.empty(0),
    "whole numbers": np.arange(5),
    "large whole numbers": np.array([2**62, 2**62 + 1024]),
    "truths": np.array([True, False, True]),
    "huge": np.array([-1e299, 1e299]),
    "tiny": np.array([1e-280, 3e-280]),
    "beyond": np.array([1e308, -1e308, 1.0]),
    "infinite": np.array([np.inf, 1.0, -np.inf, 2.0]),
    "subnormal": np.array([5e-324, 1e-310]),
    "mixed": np.array([-1.0, 0.0, 1e-12, 1e12]),
    "nearly the same": np.array([1.0, 1.0 + 2e-16]),
    "hardly apart": 1e9 + np.arange(4) * 1e-3,
}


@pytest.mark.parametrize("name", NUMBERS)
def test_any_numbers_are_drawn_inside_of_their_panel(name: str, tmp_path: Path) -> None:
    values = NUMBERS[name]
    places = np.arange(len(values))
    with np.errstate(all="ignore"):
        line = Line(places, values, errors=np.abs(values.astype(float)))
        band = Band(places, values.astype(float) * 0.5, values.astype(float) * 2)
    marks = (line, band, Line(values, values, joined=False), Crosses(places))
    panels = [Panel(Axis(log=log), Axis("v", log=log), marks) for log in (False, True)]
    mapped = Cells(places, [0.0, 1.0], np.stack([values, values]), log=True, written=True, contours=True)
    drawn = Plot((*panels, Panel(Axis(), Axis(), (mapped,))), 2)
    root = parsed(drawn)
    assert all(np.isfinite(numbers_of(root)))
    assert max(numbers_of(root)) <= max(float(root.get("width", "")), float(root.get("height", "")))
    assert drawn.save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_panel_without_a_number_says_so() -> None:
    for marks in ((), (Line([1.0], [np.nan]),), (Cells([0.0], [0.0], [[np.nan]]),), (Line([], []),)):
        assert "no numbers" in [text.text for text in parsed(plot(*marks)).iter(f"{SVG}text")]
        assert plot(*marks).alt


# What is said


def test_a_picture_is_told_in_words_with_its_numbers() -> None:
    drawn = plot(Line([600, 900], [1e-9, 2.5e-9], "Cu", errors=[1e-10, 1e-10]), Crosses([700.0]))
    assert drawn.alt == ("length (m) over time (s); Cu: 1 × 10⁻⁹ at 600, 2.5 × 10⁻⁹ at 900; 1 point without a result.")
    assert parsed(drawn).get("aria-label") == drawn.alt
    titles = [title.text for title in parsed(drawn).iter(f"{SVG}title")]
    assert titles == ["Cu: 1 × 10⁻⁹ ± 1 × 10⁻¹⁰ at 600", "Cu: 2.5 × 10⁻⁹ ± 1 × 10⁻¹⁰ at 900"]
    many = plot(Line(np.arange(100), np.arange(100) ** 2))
    assert many.alt.endswith("100 points, from 0 at 0 to 9801 at 99, lowest 0 at 0, highest 9801 at 99.")
    named = plot(Bars([0, 1], [0.25, 0.5], "alone", [0.1, np.nan]), y=Axis(words=("a", "b")))
    assert "alone: b 0.5, a 0.25 ± 0.1" in named.alt
    mapped = plot(Cells([1, 2], [3, 4], [[1, 2], [np.nan, 8]], "rate (1/s)"))
    assert "rate (1/s): 2 × 2 cells, lowest 1 at (1, 3), highest 8 at (2, 4), 1 missing" in mapped.alt


def test_panels_of_one_picture_can_stand_alone() -> None:
    panel = Panel(Axis("x"), Axis("y"), (Line(X, X),), "one")
    drawn = Plot((panel, panel, panel), 3, "three", shared=True)
    labels = [text.text for text in parsed(drawn).iter(f"{SVG}text")]
    assert labels.count("y") == 1  # the first of the row tells for all
    assert labels.count("x") == 3
    assert [one.columns for one in drawn.apart()] == [1, 1, 1]
    assert [text.text for text in parsed(drawn.apart()[2]).iter(f"{SVG}text")].count("y") == 1


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ContractError, match=r"x \(2,\), y \(3,\)"):
        Line([1, 2], [1, 2, 3])
    with pytest.raises(ContractError, match="numbers, not of"):
        Line([1], ["a"])
    with pytest.raises(ContractError, match="do not fit 2 rows of 1"):
        Cells([0], [0, 1], [[1, 2]])
    with pytest.raises(ContractError, match="rising order"):
        Cells([1, 0], [0], [[1, 2]])
    with pytest.raises(ContractError, match="1 points have 2 titles"):
        Line([1], [1], titles=["a", "b"])
    with pytest.raises(ContractError, match="a panel and a column"):
        Plot(())


def test_files_are_told_by_their_suffix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = plot(Line(X, X))
    with pytest.raises(ContractError, match=r"\.svg, \.png or \.pdf, not as 'a\.gif'. Write a\.svg"):
        drawn.save(tmp_path / "a.gif")
    (tmp_path / "file").touch()
    with pytest.raises(BridgeError, match="cannot write the picture"):
        drawn.save(tmp_path / "file" / "a.svg")
    for kind in ("svg", "png", "pdf"):
        made = [drawn.save(tmp_path / f"{n}.{kind}").read_bytes() for n in range(2)]
        assert made[0] == made[1]
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ContractError, match=r"A picture as \.svg needs nothing"):
        drawn.figure()
    assert 'fill="#ffffff"' in drawn.save(tmp_path / "b.svg").read_text()  # paper of its own


def test_pages_are_drawn_without_matplotlib() -> None:
    import subprocess

    code = (
        "import sys; from bridge.inspect.pictures import svg, sweeps, outputs, indices; print(*sys.modules, sep='\\n')"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"matplotlib", "xarray", "zarr", "prefect"} & set(loaded)
