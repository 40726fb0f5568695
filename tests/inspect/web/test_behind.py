"""What is behind a run: lineage as picture and words, calls of closures, logs."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from hostile_store import HOSTILE, IMAGE, SCRIPT, write
from reading import Reader
from small_runs import Bench
from small_store import begun
from test_artifact import inert

sys.path.insert(0, str(Path(__file__).parents[2] / "coupling"))  # for `asked`
import asked

from bridge import closure, stage
from bridge.inspect.web.pages import behind
from bridge.store.logs import StageLog
from bridge.store.runs import Run
from bridge.store.store import Store


def chained(bench: Bench) -> Run:
    models = bench.models

    def body(x: str = "2 m") -> Any:
        fine = stage(models.fine).submit(x=x)
        return stage(models.rate).submit(length=fine.y, field=fine.field)

    return bench.run(body)


@pytest.fixture
def closed(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run of which one stage asks a finer model."""
    monkeypatch.setenv("NOTES", str(tmp_path / "notes"))

    def body(length: str = "2 cm") -> Any:
        return stage(asked.macro).submit(flux=closure(asked.cell, conductivity="3 W/(m*K)"), length=length)

    return bench.run(body)


def test_a_lineage_is_a_picture_and_the_same_in_words(bench: Bench) -> None:
    run = chained(bench)
    reader = Reader(run.store)
    page = reader.get(f"/runs/{run.id}/lineage?of=toy.rate.rate").text
    assert "What <bdi>toy.rate.rate</bdi> came from" in page
    assert f'<img src="/runs/{run.id}/lineage.svg?of=toy.rate.rate"' in page
    assert "← toy.fine.y" in page
    assert "4000 mm" in page
    chosen = re.findall(r"<option( selected)?>([^<]*)</option>", page)
    assert [name for _, name in chosen] == [
        "toy.fine", "toy.fine.y", "toy.fine.field", "toy.fine.count", "toy.rate", "toy.rate.rate"
    ]  # fmt: skip
    assert [name for mark, name in chosen if mark] == ["toy.rate.rate"]
    inert(page)
    picture = reader.get(f"/runs/{run.id}/lineage.svg?of=toy.rate.rate")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.headers["content-security-policy"].startswith("sandbox;")
    ElementTree.fromstring(picture.text)
    assert "toy.fine" in picture.text


def test_without_an_output_the_last_stage_is_meant(bench: Bench) -> None:
    run = chained(bench)
    reader = Reader(run.store)
    assert "What <bdi>toy.rate</bdi> came from" in reader.get(f"/runs/{run.id}/lineage").text
    assert reader.get(f"/runs/{run.id}/lineage.svg").status_code == 404
    for wrong in ("nobody", "toy.rate.nothing", "toy.rate.", ".", "' OR 1=1 --", "<script>"):
        for page in ("lineage", "lineage.svg", "calls"):
            answer = reader.get(f"/runs/{run.id}/{page}", params={"of": wrong})
            assert answer.status_code in (400, 404), (wrong, page)
            inert(answer.text)


def test_a_run_without_outputs_has_no_lineage_yet(store: Store, reader: Reader) -> None:
    log = begun(store, stages=[{"name": "a", "model": "m", "scale": "s"}])
    log.end("failed")
    assert "No stage of this run has outputs yet" in reader.get(f"/runs/{log.id}/lineage").text


def test_calls_of_a_closure_are_a_table_with_units(closed: Run) -> None:
    reader = Reader(closed.store)
    answer = reader.get(f"/runs/{closed.id}/calls", params={"of": "asked.macro.flux"})
    assert answer.status_code == 200, answer.text
    page = answer.text
    ledger = closed.calls("asked.macro.flux")
    assert f"{len(ledger.gradient)} calls, in the order" in page
    assert '<bdi>gradient</bdi> <span class="quiet">K/m</span>' in page
    assert '<bdi>answer</bdi> <span class="quiet">W/m²</span>' in page
    rows = re.findall(r"<tr><th scope=\"row\".*?</tr>", page, re.DOTALL)
    assert len(rows) == min(len(ledger.gradient), behind.CALLS)
    assert f"{float(ledger.gradient.magnitude[0]):.6g}" in rows[0]
    assert "fine run" in rows[0]
    assert re.search(r'href="/artifacts/[0-9a-f]{64}"', rows[0])
    assert f"/artifacts/{ledger._artifact.key}/download?to=csv" in page
    inert(page)
    whole = reader.get(f"/runs/{closed.id}").text
    assert f"/runs/{closed.id}/calls?of=asked.macro.flux" in whole
    assert "closure: asks while it runs" in whole


def test_calls_are_paged_and_ordered_by_their_bound(closed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(behind, "CALLS", 2)
    reader = Reader(closed.store)
    count = len(closed.calls("asked.macro.flux").gradient)
    seen = []
    for page in range(1, -(-count // 2) + 1):
        text = reader.get(f"/runs/{closed.id}/calls?of=asked.macro.flux&page={page}").text
        seen += [int(n) for n in re.findall(r'<th scope="row" class="number">(\d+)</th>', text)]
        assert ('rel="next"' in text) == (2 * page < count)
    assert seen == list(range(count))
    bounds = reader.get(f"/runs/{closed.id}/calls?of=asked.macro.flux&order=bound").text
    assert "largest bound first" in bounds
    for wrong in ("page=0", "page=-1", "page=abc", "order=up"):
        assert reader.get(f"/runs/{closed.id}/calls?of=asked.macro.flux&{wrong}").status_code == 400
    assert reader.get(f"/runs/{closed.id}/calls?of=asked.macro.flux&page=999999").status_code == 404
    assert reader.get(f"/runs/{closed.id}/calls").status_code == 404


def test_logs_tell_what_models_said_and_why_they_failed(store: Store, reader: Reader) -> None:
    names = ("loud", "wrong", "silent")
    log = begun(store, stages=[{"name": name, "model": "m", "scale": "s"} for name in names])
    with StageLog(store.space, log.id, "loud", "attempt 1") as said:
        said.write("INFO", f"{SCRIPT} {IMAGE}\n\x1b[31m\u202e")
    log.event("loud", "running", attempt=1)
    log.event("wrong", "failed", error="KeyError: x", traceback=f'File "{SCRIPT}", line 3\nKeyError: x')
    log.end("failed")
    page = reader.get(f"/runs/{log.id}/logs").text
    assert "--- attempt 1" in page
    assert "line 3\nKeyError: x" in page
    assert "Said nothing: <bdi>silent</bdi>" in page
    inert(page)
    one = reader.get(f"/runs/{log.id}/logs?stage=wrong").text
    assert "--- attempt 1" not in one
    assert "<option selected>wrong</option>" in one
    assert reader.get(f"/runs/{log.id}/logs?stage=nobody").status_code == 404


def test_of_a_long_log_the_end_is_shown(store: Store, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(behind, "SAID", 100)
    log = begun(store, stages=[{"name": "a", "model": "m", "scale": "s"}])
    with StageLog(store.space, log.id, "a", "attempt 1") as said:
        for number in range(50):
            said.write("INFO", f"step {number}")
    log.event("a", "running", attempt=1)
    page = reader.get(f"/runs/{log.id}/logs?stage=a").text
    assert "step 49" in page
    assert "step 3\n" not in page
    assert "characters before are left out" in page
    assert "It runs" in page


def test_a_store_that_means_ill_is_only_looked_behind(store: Store, reader: Reader) -> None:
    hostile = write(store)
    for run in hostile.runs:
        for stage_name in ("", *HOSTILE):
            for page in ("lineage?of=", "lineage.svg?of=", "calls?of=", "logs?stage="):
                answer = reader.get(f"/runs/{run}/{page}{quote(stage_name, safe='')}")
                assert answer.status_code in (200, 400, 404), (page, stage_name)
                if answer.headers["content-type"] == "image/svg+xml":
                    ElementTree.fromstring(answer.text)
                else:
                    inert(answer.text)


def test_every_colour_of_a_lineage_is_another_one_on_dark_paper(bench: Bench) -> None:
    run = chained(bench)
    drawn = Reader(run.store).get(f"/runs/{run.id}/lineage.svg?of=toy.rate.rate")
    assert "style-src 'unsafe-inline'" in drawn.headers["content-security-policy"]
    (style,) = re.findall("<style>(.*?)</style>", drawn.text)
    assert style.startswith("@media (prefers-color-scheme: dark){")
    inks = set(re.findall('(fill|stroke)="([^"]+)"', drawn.text.replace(style, ""))) - {("fill", "none")}
    assert len(inks) > 8
    assert {(part, ink) for part, ink in inks if f'[{part}="{ink}"]' not in style} == set()
    assert "<style>" not in run.lineage("toy.rate.rate")._repr_svg_()  # on paper it is light
