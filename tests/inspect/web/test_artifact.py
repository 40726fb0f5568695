"""The page of an artifact and of one of its outputs: everything it holds, harmless, and never a blank page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import ase.build
import numpy as np
import pytest
from ase import Atoms
from made_fields import Sheet, commit, series, sheet, told
from reading import Reader
from small_store import begun

from bridge import File, Picture
from bridge.inspect.web.fields import opened
from bridge.inspect.web.pages import port_field
from bridge.store.runs import Run
from bridge.store.store import Store

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=1>',
    "{{7*7}}",
    "\x1b[31mred",
    "\u202egnp.exe",
    "'; DROP--",
)
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000000020001e5"
    "27de fc0000000049454e44ae426082".replace(" ", "")
)


@dataclass(frozen=True)
class Things:
    body: Atoms
    drawn: Picture
    page: Annotated[File, "text/html"]
    text: str
    large: int


def things(text: str = "two\nlines") -> Things:
    """One of every kind that is no number."""
    body = ase.build.bulk("Cu", cubic=True)
    return Things(body, Picture(_PNG, "image/png"), File(b"<h1>hello</h1>", "text/html"), text, 2**70)


def inert(page: str) -> None:
    """Nothing in a page that somebody else wrote does anything."""
    for tag in re.findall(r"<[^>]*>", page):
        assert not re.search(r"\son\w+\s*=(?![^\"]*\"[^\"]*$)", re.sub(r'"[^"]*"', '""', tag)), tag
        assert not re.search(r"\sstyle=", re.sub(r'"[^"]*"', '""', tag)), tag
        assert not tag.startswith("<style"), tag
    assert all(
        re.fullmatch(r'<script src="/static/[a-z]+\.js" defer>', tag) for tag in re.findall(r"<script[^>]*>", page)
    )
    assert not set(page) & {"\x1b", "\u202e", "\0"}


def test_an_artifact_tells_what_made_it_and_every_number_with_its_error(store: Store, reader: Reader) -> None:
    run, key = commit(store, series())
    page = reader.get(f"/artifacts/{key}").text
    assert f"/runs/{run}" in page
    assert "/models/toy.model" in page
    assert "1.5 s" in page
    row = re.search(r'<tr id="inner.rate">.*?</tr>', page, re.DOTALL)
    assert row
    assert "3.2 × 10⁷" in row[0]
    assert "± 150000" in row[0]
    assert "1/s" in row[0]
    assert "between 0 and 1e+09" in row[0]
    assert "inner.rate_error" not in re.findall(r'<tr id="([^"]*)"', page)
    assert page.count("<svg") == 1
    assert "current" in page
    assert "<span>0</span><span>1</span><span>2</span>" in page
    assert "a note" in page
    inert(page)


def test_every_kind_of_output_has_its_place(store: Store, reader: Reader) -> None:
    _, key = commit(store, things())
    page = reader.get(f"/artifacts/{key}").text
    assert "Cu4" in page
    assert "3.61 × 3.61 × 3.61 Å" in page
    assert page.count('<th scope="row">Cu</th>') == 4
    assert f'<img class="paper" src="/artifacts/{key}/file?path=drawn"' in page
    assert f'<iframe class="report" sandbox src="/artifacts/{key}/file?path=page"' in page
    assert "two\nlines" in page
    assert str(2**70) in page
    inert(page)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_only_texts(store: Store, reader: Reader, text: str) -> None:
    inputs = {
        text: {"unit": text, "literal": text, "value": "0", "setting": False, "default": False},
        "other": {"unit": None, "from": f"{text}.x", "artifact": "ab" * 32, "value": "0", "setting": True},
    }
    made = things(f"{text}\n{text}")
    run, key = commit(
        store, made, text, {text: text}, inputs=inputs, model=text, scale=text, warnings=[text], distribution=text
    )
    for address in (f"/artifacts/{key}", f"/artifacts/{key}/port"):
        page = reader.get(address, params={"run": run, "stage": text, "path": "text"}, follow_redirects=True)
        assert page.status_code == 200
        assert "{{7*7}}" in page.text or "{" not in text
        inert(page.text)
    _, other = commit(store, series(), text, {text: 1})
    inert(reader.get(f"/artifacts/{other}/port?path=current").text)
    _, field = commit(store, sheet(40, 40), text, {text: 1})
    inert(reader.get(f"/artifacts/{field}/port?path=temperature").text)
    for name in ("run", "stage", "path", "with", "across", "level", "map"):
        for kind, at in ((other, "current"), (field, "temperature")):
            answer = reader.get(f"/artifacts/{kind}/port", params={"path": at} | {name: text})
            assert answer.status_code in (200, 400, 404)
            inert(answer.text)


@pytest.mark.parametrize("said", [None, 3, "text", [1], {"a": 1}, {"a": {"from": [1], "artifact": 2, "at": 3}}])
def test_whatever_an_artifact_says_of_its_making_its_outputs_are_shown(store: Store, reader: Reader, said: Any) -> None:
    facts = dict.fromkeys(("inputs", "cost", "warnings", "separation", "made", "scale", "distribution", "run"), said)
    _, key = commit(store, series(), **facts)
    page = reader.get(f"/artifacts/{key}")
    assert page.status_code == 200
    assert "inner.rate" in page.text
    assert reader.get(f"/artifacts/{key}/port?path=current").status_code == 200


def test_inputs_lead_to_the_artifacts_they_came_from(store: Store, reader: Reader) -> None:
    _, before = commit(store, sheet(3, 3), "before")
    inputs = {
        "field": {"unit": "K", "from": "before.temperature", "artifact": before, "value": "0", "setting": False},
        "gone": {"unit": "K", "from": ["a.x", "b.x"], "artifact": ["cd" * 32, before], "value": "0", "setting": False},
        "steps": {"unit": None, "literal": 8, "default": True, "value": "0", "setting": True},
    }
    _, key = commit(store, series(), "after", inputs=inputs)
    page = reader.get(f"/artifacts/{key}").text
    assert f'<a href="/artifacts/{before}"><bdi>before.temperature</bdi></a>' in page
    assert "<bdi>a.x</bdi>" in page
    assert f"/artifacts/{'cd' * 32}" not in page
    assert "default setting" in page


def test_an_artifact_outlives_the_run_that_made_it(store: Store, reader: Reader) -> None:
    run, key = commit(store, series())
    store.space.remove_tree(f"runs/{run}")
    for page in (f"/artifacts/{key}", f"/artifacts/{key}/port?path=current"):
        answer = reader.get(page)
        assert answer.status_code == 200
        assert f"/runs/{run}" not in answer.text
    assert reader.get(f"/artifacts/{key}?run={run}").status_code == 404


def test_the_result_of_a_point_is_shown_within_its_sweep(store: Store, reader: Reader) -> None:
    sweep = begun(store, flow="flow", sweep={"points": 2}, stages=[{"name": "stage", "model": "toy.model"}])
    sweep.end("completed")
    _, key = commit(store, series(), parameters={"of": "a point"}, run=sweep.id)
    for page in (
        f"/artifacts/{key}",
        f"/artifacts/{key}?run={sweep.id}&stage=stage",
        f"/artifacts/{key}/port?path=current",
    ):
        assert f"/runs/{sweep.id}" in reader.get(page).text
    assert reader.get(f"/artifacts/{key}?run={sweep.id}&stage=other").status_code == 404


def test_a_stage_of_another_run_is_not_this_artifact(store: Store, reader: Reader) -> None:
    _, key = commit(store, series())
    other, _ = commit(store, sheet(3, 3), "other")
    for query in (f"run={other}&stage=other", f"run={other}&stage=nothing", "run=../../etc", "run=%00"):
        assert reader.get(f"/artifacts/{key}?{query}").status_code in (400, 404), query


def test_what_cannot_be_read_is_named_and_the_rest_is_shown(store: Store, reader: Reader) -> None:
    _, key = commit(store, series())
    chunk = next(path for path in Path(store.address).glob(f"artifacts/*/{key}/**/current/c/0"))
    chunk.write_bytes(b"nothing")
    page = reader.get(f"/artifacts/{key}")
    assert page.status_code == 200
    assert "was changed" in page.text
    assert "3.2 × 10⁷" in page.text
    answer = reader.get(f"/artifacts/{key}/port?path=current")
    assert answer.status_code == 404
    assert "was changed" in answer.text


def test_an_artifact_that_is_damaged_whole_says_so(store: Store, reader: Reader) -> None:
    _, key = commit(store, series())
    document = next(Path(store.address).glob(f"artifacts/*/{key}/zarr.json"))
    document.write_text(document.read_text().replace("toy.model", "toy.modal"))
    for page in ("", "/port?path=current"):
        assert reader.get(f"/artifacts/{key}{page}").status_code == 404


# Lines


def test_a_line_is_laid_over_those_of_other_runs_by_what_tells_them_apart(store: Store, reader: Reader) -> None:
    keys = [commit(store, series(a), parameters={"slope": f"{a} A", "seed": 1})[1] for a in (1.0, 2.0, 3.0)]
    address = f"/artifacts/{keys[0]}/port?path=current"
    page = reader.get(address).text
    assert page.count('type="checkbox"') == 2
    assert "seed=1" not in page
    both = reader.get(f"{address}&with={keys[1]}&with={keys[2]}&with={keys[0]}").text
    assert both.count(" checked") == 2
    for legend in ("slope=1.0 A", "slope=2.0 A", "slope=3.0 A"):
        assert legend in re.findall(r"<svg.*?</svg>", both, re.DOTALL)[0]
    inert(both)


def test_an_output_that_is_no_more_there_is_a_remark_on_the_picture(store: Store, reader: Reader) -> None:
    _, key = commit(store, series())
    page = reader.get(f"/artifacts/{key}/port?path=current&with={'ab' * 32}")
    assert page.status_code == 200
    assert "there is no artifact abab" in page.text
    assert "<svg" in page.text


def test_what_has_no_axis_in_common_is_refused_in_words(store: Store, reader: Reader) -> None:
    _, key = commit(store, series())
    _, other = commit(store, sheet(3, 3))
    answer = reader.get(f"/artifacts/{key}/port?path=current&with={other}")
    assert answer.status_code in (200, 400, 404)
    assert "current" in answer.text


def test_numbers_of_a_line_stand_below_it_with_their_places_and_errors(store: Store, reader: Reader) -> None:
    _, key = commit(store, series())
    page = reader.get(f"/artifacts/{key}/port?path=current&across=log&up=log").text
    assert "step (ms)" in page
    assert "current_error (A)" in page
    body = page[page.index("<tbody>") :]
    assert body.count("<tr>") == 200
    assert "The first 200 of 300 numbers" in page
    assert '<td class="number">39.8</td><td class="number">199</td><td class="number">0.1</td>' in body


@pytest.mark.parametrize("query", ["with=x", "with=" + "&with=".join(["ab" * 32] * 9), "across=cube", "up=1"])
def test_what_no_line_can_be_drawn_of_is_refused(store: Store, reader: Reader, query: str) -> None:
    _, key = commit(store, series())
    assert reader.get(f"/artifacts/{key}/port?path=current&{query}").status_code == 400


def test_an_output_that_is_no_array_is_found_on_the_page_of_its_artifact(store: Store, reader: Reader) -> None:
    run, key = commit(store, series())
    answer = reader.get(f"/artifacts/{key}/port?path=inner.rate")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"/artifacts/{key}?run={run}&stage=stage#inner.rate"


# Fields


def test_the_page_of_a_field_is_whole_without_its_script(store: Store, reader: Reader) -> None:
    _, key = commit(store, sheet(700, 900))
    page = reader.get(f"/artifacts/{key}/port?path=temperature").text
    still = page[page.index('class="still"') : page.index('data-part="bar"')]
    addresses = re.findall(r'<img src="([^"]*)"', still)
    assert len(addresses) == 1  # the finest level that one tile holds
    assert reader.get(addresses[0].replace("&amp;", "&")).headers["content-type"] == "image/png"
    fine = reader.get(f"/artifacts/{key}/port?path=temperature&level=0").text
    assert len(re.findall(r'<img src="[^"]*tile', fine)) == 4
    for name in ("axes", "level", "what", "map", "scale", "range", "low", "high"):
        assert f'name="{name}"' in page
    assert '<button type="submit">' in page
    assert "energy" in page
    assert "in K" in page
    inert(page)


def test_levels_tell_their_extremes_and_what_is_missing(store: Store, reader: Reader) -> None:
    values = sheet(200, 200).temperature
    values[:10, :10] = np.nan
    _, key = commit(store, Sheet(values, np.arange(200.0), np.arange(200.0)))
    page = reader.get(f"/artifacts/{key}/port?path=temperature").text
    rows = re.findall(r"<tr><th scope=\"row\" class=\"number\">.*?</tr>", page, re.DOTALL)
    assert len(rows) == 3
    assert all('<td class="number">100</td>' in row for row in rows)
    low = reader.get(re.findall(r'href="([^"]*low=[^"]*)"', rows[2])[0].replace("&amp;", "&"))
    assert low.status_code == 200
    assert 'value="own" selected' in low.text


def test_a_view_that_is_sent_is_seen_by_whoever_opens_it(store: Store, reader: Reader) -> None:
    _, key = commit(store, sheet(300, 400))
    asked = "path=temperature&axes=1,0&level=1&what=maximum&map=grey&scale=symmetric&low=-3&high=5&cx=10.5&cy=7&z=3"
    page = reader.get(f"/artifacts/{key}/port?{asked}").text
    known = told(page)
    query = {name: value[0] for name, value in parse_qs(urlsplit(known["tile"]).query).items()}
    assert (query["axes"], query["what"], query["map"], query["low"], query["high"]) == (
        "1,0",
        "maximum",
        "grey",
        "-5.0",
        "5.0",
    )
    assert (known["fixed"], known["shape"], known["up"]) == (1, [400, 300], True)
    assert known["aspect"] == pytest.approx(2.0)  # 0.5 µm across, 0.25 µm up, drawn the other way round
    for name, value in (("cx", "10.5"), ("cy", "7.0"), ("z", "3.0")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in page


def test_a_field_that_is_not_ready_says_so_at_once_and_asks_again(
    store: Store, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    gate, real = threading.Event(), opened.levels_of

    def slow(*args: Any) -> Any:
        assert gate.wait(60)
        return real(*args)

    monkeypatch.setattr(opened, "levels_of", slow)
    monkeypatch.setattr(port_field, "PATIENCE", (0.05, 60.0))
    _, key = commit(store, sheet(30, 30))
    first = reader.get(f"/artifacts/{key}/port?path=temperature")
    assert first.status_code == 200
    again_at = first.headers["refresh"].removeprefix("0; url=")
    assert "being made ready" in first.text
    gate.set()
    again = reader.get(again_at)
    assert "refresh" not in again.headers
    assert 'data-field="' in again.text


def test_the_same_field_of_other_runs_is_one_click_away(store: Store, reader: Reader) -> None:
    here, key = commit(store, sheet(30, 30), parameters={"t": 1})
    there, other = commit(store, sheet(31, 30), parameters={"t": 2})
    begun(store, flow="flow", stages=[{"name": "stage"}])  # one that is running has none yet
    page = reader.get(f"/artifacts/{key}/port?path=temperature").text
    assert f"/artifacts/{other}/port?path=temperature&amp;run={there}&amp;stage=stage" in page
    assert f"/compare?a={here}&amp;b={there}&amp;port=stage.temperature" in page
    assert Run(store, there).parameters == {"t": 2}
    assert "<bdi>t=2</bdi>" in page


def test_arrays_without_numbers_have_a_page_too(store: Store, reader: Reader) -> None:
    _, key = commit(store, Sheet(np.zeros((0, 3)), np.arange(3.0), np.zeros(0)))
    page = reader.get(f"/artifacts/{key}")
    assert page.status_code == 200
    assert "none" in page.text
    assert "no number" in reader.get(f"/artifacts/{key}/port?path=y").text
    assert reader.get(f"/artifacts/{key}/port?path=temperature").status_code == 400
