"""What notebooks show of outputs, runs and lists of runs: all of it there, people's texts as texts, on any ground."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from ase import Atoms
from numpy.typing import NDArray

from bridge import File, Picture, Within
from bridge.ports import record_of
from bridge.store import html
from bridge.store.html import html_of_outputs, html_of_run, html_of_runs
from bridge.store.runlog import RunLog
from bridge.store.runs import Run, run_of
from bridge.store.store import Store
from bridge.store.view import pretty

HOSTILE = "<script>alert('x')</script><img src=x onerror=\"alert(1)\">& \udcff"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(2)"></svg>'
STAGE = "cooling <b>400 K"
#: Elements that what is shown may be made of, and those that have no end.
ELEMENTS = {"div", "span", "strong", "table", "thead", "tbody", "tr", "th", "td", "br", "img", "svg", "polyline"}
EMPTY = {"br", "img", "polyline"}


@dataclass(frozen=True)
class Inner:
    rate: Annotated[float, "1/s"]


@dataclass(frozen=True)
class Everything:
    diffusivity: Annotated[float, "m^2/s", Within(low=0)]
    share: Annotated[float, "1", Within(0, 1)]
    count: int
    text: str
    small: Annotated[NDArray[np.float64], "angstrom", ("atom", "xyz=3")]
    series: Annotated[NDArray[np.float64], "Pa", ("time",)]
    flat: Annotated[NDArray[np.float64], "Pa", ("place",)]
    field: Annotated[NDArray[np.float64], "K", ("x", "y")]
    mask: Annotated[NDArray[np.bool_], "1", ("x",)]
    wave: Annotated[NDArray[np.complex128], "1", ("k",)]
    empty: Annotated[NDArray[np.float64], "1", ("none",)]
    inner: Inner
    atoms: Atoms
    table: File
    picture: Picture


def everything(text: str = HOSTILE) -> Everything:
    return Everything(
        diffusivity=5.40599e-17,
        share=0.25,
        count=12,
        text=text,
        small=np.arange(6.0).reshape(2, 3),
        series=np.sin(np.arange(500.0)),
        flat=np.ones(30),
        field=np.linspace(300, 400, 2000).reshape(40, 50),
        mask=np.arange(40) < 7,
        wave=np.array([1 + 2j, 3j]),
        empty=np.empty(0),
        inner=Inner(3.5),
        atoms=Atoms("Cu4"),
        table=File(b"a,b\n", "text/csv"),
        picture=Picture(SVG, "image/svg+xml"),
    )


Made = Callable[..., Run]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A run whose stages gave these things, or failed where there is none."""

    def make(stages: dict[str, Any], state: str = "completed", **about: Any) -> Run:
        store = Store(tmp_path / "store")
        listed = [{"name": name, "model": HOSTILE, "scale": "atomistic"} for name in stages]
        facts = {"flow": f"toy {HOSTILE}", "parameters": {"size": "50 um", "note": HOSTILE}, "edges": []}
        log = RunLog(store, facts | {"stages": listed} | about)
        for n, (name, thing) in enumerate(stages.items()):
            if thing is None:
                log.event(name, "failed", error=f"ValueError: {HOSTILE}")
                continue
            record, key = record_of(type(thing)), f"{n:064x}"
            made = {"model": HOSTILE, "warnings": [HOSTILE], "cost": {"seconds": 200.0}, "made": "2026-01-02T03:04:05"}
            store.commit(key, record, record.leave(thing, "stage"), made)
            log.event(name, "computed", key=key, seconds=200.0)
        log.end(state)
        return run_of(log.id, tmp_path / "store")

    return make


@pytest.fixture
def run(made: Made) -> Run:
    return made({STAGE: everything(), "broken": None}, state="failed", name=HOSTILE, tags=[HOSTILE])


class Page(HTMLParser):
    """The elements of a page, which must all end in order, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def cells(page: str) -> dict[str, list[str]]:
    """The rows of a table by their first cell, as text."""
    rows = [[Page(cell).text for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)] for row in page.split("<tr")[2:]]
    return {row[0]: row[1:] for row in rows}


def test_outputs_show_every_port_with_value_unit_and_range(run: Run) -> None:
    rows = cells(run[STAGE]._repr_html_())
    assert list(rows) == [
        *("diffusivity", "share", "count", "text", "small", "series", "flat", "field", "mask", "wave", "empty"),
        *("inner.rate", "atoms", "table", "picture"),
    ]
    assert rows["diffusivity"] == ["5.40599e-17", "m²/s", "at least 0"]
    assert rows["share"] == ["0.25", "", "between 0 and 1"]
    assert rows["inner.rate"] == ["3.5", "1/s", ""]
    assert rows["small"][0].startswith("0 1 23 4 5")  # a line each row
    assert rows["field"][:2] == ["(x, y) 40×50 float64, 300 … 400", "K"]
    assert rows["mask"][0] == "(x) 40 bool, 7 of 40 true"
    assert rows["empty"][0] == "(none) 0 float64"
    assert (rows["atoms"][0], rows["table"][0]) == ("4 atoms, Cu4", "file, text/csv, 4 B")


def test_a_series_is_drawn_and_a_constant_is_not(run: Run) -> None:
    page = run[STAGE]._repr_html_()
    (curve,) = [attributes["points"] for tag, attributes in Page(page).elements if tag == "polyline"]
    ends = [tuple(map(float, point.split(","))) for point in (curve or "").split()]
    assert (ends[0][0], ends[-1][0]) == (0.0, 120.0)
    assert (min(y for _, y in ends), max(y for _, y in ends)) == (1.0, 19.0)  # the highest on top


def test_pictures_are_embedded_as_images_whose_scripts_do_not_run(run: Run) -> None:
    elements = Page(run[STAGE]._repr_html_()).elements
    (image,) = [attributes for tag, attributes in elements if tag == "img"]
    assert (image["src"] or "").startswith("data:image/svg+xml;base64,")
    assert not any("onload" in attributes for _, attributes in elements)


def shown(run: Run) -> list[str]:
    return [html_of_runs([run]), html_of_run(run), html_of_outputs(run[STAGE])]


def test_texts_of_people_are_texts_and_nothing_else(run: Run) -> None:
    spelled = HOSTILE.replace("\udcff", "\\udcff")
    for page in shown(run):
        page.encode()  # half a character would stop the notebook
        read = Page(page)
        assert {tag for tag, _ in read.elements} <= ELEMENTS
        assert not any(name.startswith("on") for _, attributes in read.elements for name in attributes)
        assert spelled in read.text
    assert Page(html_of_run(run)).text.count(spelled) >= 5  # flow, name, tag, parameter, model, error
    assert f"ValueError: {spelled}" in Page(html_of_run(run)).text
    assert Page(html_of_outputs(run[STAGE])).text.count(spelled) == 3  # model, warning, value


def test_colours_are_those_of_the_page_and_nothing_is_loaded(run: Run) -> None:
    for page in shown(run):
        for tag, attributes in Page(page).elements:
            style = attributes.get("style") or ""
            fixed = re.findall(r"(?<![\w-])(?:color|background)\s*:\s*(?:#fff|#000|white|black)", style)
            assert fixed == (["background:#fff"] if tag == "img" else [])  # pictures are drawn for paper
            assert {"href", "srcset", "class"} & set(attributes) <= {"class"}
        assert "url(" not in page


def test_a_run_shows_its_stages_and_first_outputs(run: Run) -> None:
    rows = cells(html_of_run(run))
    _, scale, state, took, outputs = rows[STAGE]
    assert (scale, state, took) == ("atomistic", "● computed", "3 min 20 s")
    assert outputs.replace("\xa0", " ").startswith("diffusivity = 5.40599e-17 m²/s   share = 0.25   count = 12")
    assert outputs.endswith("and 11 more")
    assert rows["broken"][2] == "● failed"


def test_of_many_stages_the_first_and_the_failed_are_shown(made: Made) -> None:
    names = [f"rung {n}" for n in range(60)]
    run = made({name: Inner(1.0) if name != "rung 55" else None for name in names})
    rows = cells(html_of_run(run))
    assert list(rows) == [*names[: html.STAGES - 1], "rung 55"]
    assert "and 20 more stages" in html_of_run(run)


def test_a_damaged_stage_is_named_in_its_row(made: Made, tmp_path: Path) -> None:
    run = made({"well": Inner(2.0), "ill": Inner(3.0)})
    (document,) = (tmp_path / "store").glob(f"artifacts/00/{1:064x}/zarr.json")
    document.chmod(0o644)
    document.write_bytes(document.read_bytes().replace(b"3.0", b"4.0"))
    rows = cells(html_of_run(run))
    assert rows["well"][-1].replace("\xa0", " ") == "rate = 2 1/s"
    assert "was changed after it was committed" in rows["ill"][-1]


def test_what_is_large_is_described_and_not_read(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made({STAGE: everything(text="x" * 1000)})
    monkeypatch.setattr(html, "LARGE", 1000)
    monkeypatch.setattr(html, "PICTURE", 10)
    page = html_of_outputs(run[STAGE])
    rows = cells(page)
    assert rows["field"][0] == "(x, y) 40×50 float64, not read: it is large"
    assert "too large to show here" in rows["picture"][0]
    assert "<img" not in page + html_of_run(run)
    assert rows["text"][0] == "x" * html.TEXT + "… (1000 characters)"


def test_lists_of_runs_are_a_line_each(made: Made) -> None:
    found = [made({STAGE: everything()}), made({}, state="cancelled")]
    rows = cells(html_of_runs(found))
    assert list(rows) == [run.id for run in found]
    assert [row[1] for row in rows.values()] == ["● completed", "● cancelled"]
    assert "size\xa0=" in rows[found[0].id][-1].replace(" =", "\xa0=")
    assert "no runs" in html_of_runs([])


@pytest.mark.parametrize(
    ("unit", "shown"), [("m^2/s", "m²/s"), ("angstrom ** 3", "angstrom³"), ("1/m^-2", "1/m⁻²"), ("K**0.5", "K**0.5")]
)
def test_units_have_real_exponents(unit: str, shown: str) -> None:
    assert pretty(unit) == shown
