"""The page of a run: its chain, its parameters, what each stage gave and cost, and what is to be done."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hostile_store import write
from made_fields import commit, series, sheet
from reading import Reader
from small_runs import Bench
from small_store import begun, folder_of
from test_artifact import HOSTILE, inert, things

from bridge import stage
from bridge.inspect.web.stages.given import IN_ALL, LARGE, Reading, curve
from bridge.inspect.web.stages.told import anchor
from bridge.store.runs import Run
from bridge.store.store import Store


def flow(bench: Bench) -> Any:
    models = bench.models

    def body(x: str = "2 m", mode: str = "") -> Any:
        fine = stage(models.fine).submit(x=x, mode=mode)
        return stage(models.rate).submit(length=fine.y, field=fine.field)

    return body


def section(page: str, name: str) -> str:
    """The part of a page that tells of a stage."""
    found = re.search(rf'<section class="stage" id="{re.escape(anchor(name))}".*?</section>', page, re.DOTALL)
    assert found, name
    return found[0]


def shown(run: Run) -> str:
    answer = Reader(run.store).get(f"/runs/{run.id}")
    assert answer.status_code == 200, answer.text
    inert(answer.text)
    for graph in re.findall(r"<svg.*?</svg>", answer.text, re.DOTALL):
        ElementTree.fromstring(graph)
    return answer.text


def test_a_run_shows_its_chain_parameters_and_outputs_with_units(bench: Bench) -> None:
    run = bench.run(flow(bench), x="2 m")
    page = shown(run)
    assert "<bdi>body</bdi>" in page
    assert re.search(r"<bdi>x</bdi></th><td><bdi>2 m</bdi>", page)
    assert 'class="plot graph"' in page
    assert "y m" in page  # quantity and unit on a wire
    fine = section(page, "toy.fine")
    key = run.stages["toy.fine"]["key"]
    assert "/models/toy.fine" in fine
    assert re.search(r"<bdi>y</bdi></th>\s*<td><bdi>4</bdi></td>\s*<td class=.unit.>m</td>", fine)
    assert f"/artifacts/{key}/port?run={run.id}&amp;stage=toy.fine&amp;path=field" in fine
    assert "300 … 698" in fine
    assert 'class="spark"' in fine
    assert f"/runs/{run.id}/lineage?of=toy.fine" in fine
    assert f"/runs/{run.id}/logs?stage=toy.fine" in fine
    assert re.search(
        r"<bdi>rate</bdi></th>\s*<td><bdi>4005</bdi></td>\s*<td class=.unit.>mm/s</td>", section(page, "toy.rate")
    )


def test_stages_say_what_they_cost_and_whose_share_is_largest(bench: Bench) -> None:
    run = bench.run(flow(bench))
    page = shown(run)
    shares = [int(one) for one in re.findall(r'<span class="quiet">(\d+) %</span>', page)]
    assert len(shares) == 2
    assert 99 <= sum(shares) <= 101
    assert page.count('<svg class="bar"') == 2
    assert len(re.findall(r"\d+(?:\.\d)? [MG]iB", page)) >= 2  # GiB: in a process that has run many tests


def test_a_found_stage_says_which_run_computed_it(bench: Bench) -> None:
    first = bench.run(flow(bench))
    second = bench.run(flow(bench))
    page = shown(second)
    assert f'computed by</span> <a href="/runs/{first.id}"' in section(page, "toy.fine")
    assert page.count("computed before") == 2
    assert "↺ found in the store" in page
    assert 'stroke-dasharray="5 3"' in page


def test_a_failed_run_says_why_and_what_to_type(bench: Bench) -> None:
    run = bench.run(flow(bench), mode="fail")
    page = shown(run)
    assert f"<code>scalebridge resume {run.id}</code>" in page
    assert "no more paper" in section(page, "toy.fine")
    assert re.search(
        r'<p class="remark wrong"><a href="#stage-toy.fine"><bdi>toy.fine</bdi></a> failed: .*no more', page
    )
    assert "a stage before it failed" in section(page, "toy.rate")
    assert "✗ failed" in page
    assert "download?to=" not in page


def test_running_and_interrupted_runs_say_so(store: Store, reader: Reader) -> None:
    log = begun(store, stages=[{"name": "a", "model": "m", "scale": "s"}, {"name": "b", "model": "m", "scale": "s"}])
    log.event("a", "running", attempt=2)
    page = reader.get(f"/runs/{log.id}").text
    assert f'data-live="/runs/{log.id}/live?since=' in page
    assert '<script src="/static/live.js" defer>' in page
    assert f'data-headway="{log.id}"' in page
    assert f'<a href="/runs/{log.id}">Draw again</a>' in page
    assert "at attempt 2" in section(page, "a")
    for part in ("run-head", "run-chain", "run-stages", "run-outputs"):
        assert f'id="{part}" data-fresh' in page
    inert(page)


def test_a_run_whose_driver_died_says_how_to_go_on(store: Store, reader: Reader) -> None:
    script = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parents[2] / "store")!r})
from small_store import begun
from bridge.store.store import Store
log = begun(Store({store.address!r}), stages=[{{"name": "a", "model": "m", "scale": "s"}}])
log.event("a", "running", attempt=1)
print(log.id, flush=True)
os._exit(9)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    name = done.stdout.strip()
    page = reader.get(f"/runs/{name}").text
    assert "interrupted" in page
    assert f"scalebridge resume {name}" in page
    assert "data-live" not in page


def test_many_stages_of_a_model_are_folded_and_each_can_be_reached(store: Store, reader: Reader) -> None:
    names = [f"point {i}" for i in range(300)]
    log = begun(store, stages=[{"name": name, "model": "toy.point", "scale": "s"} for name in names])
    _, key = commit(store, series())
    for name in names:
        log.event(name, "computed", key=key, seconds=0.5, cpu_seconds=0.4, peak_memory_bytes=2**20)
    log.end("completed")
    page = reader.get(f"/runs/{log.id}").text
    assert "<bdi>toy.point</bdi> × 300" in page
    assert "toy.point × 300" in page  # in the chain
    assert page.count("<tr id=") == 300
    assert len(set(re.findall(r'id="([^"]*)"', page))) == len(re.findall(r'id="([^"]*)"', page))
    assert "outputs of the first are read here" in page
    inert(page)


def test_stages_beyond_the_first_dozen_are_folded_with_their_first_numbers(store: Store, reader: Reader) -> None:
    names = [f"step {i}" for i in range(15)]
    log = begun(store, stages=[{"name": name, "model": f"toy.{name}", "scale": "s"} for name in names])
    _, key = commit(store, series())
    for name in names:
        log.event(name, "computed", key=key, seconds=0.5)
    log.end("completed")
    page = reader.get(f"/runs/{log.id}").text
    folded = re.findall(r'<details class="stage folded" id="([^"]*)">\s*<summary>(.*?)</summary>', page, re.S)
    assert [anchor for anchor, _ in folded] == ["stage-step%2012", "stage-step%2013", "stage-step%2014"]
    assert page.count('<section class="stage"') == 12
    assert all("<i><bdi>" in words and "<a " not in words for _, words in folded)
    assert f'href="/compare?a={log.id}"' in page


def test_verdicts_warnings_and_closures_are_told(store: Store, reader: Reader) -> None:
    verdict = {
        "name": "binding/diffusion", "what": "time", "fine": {"value": 4.8, "unit": "s", "how": "given"},
        "coarse": {"value": 85.0, "unit": "s", "how": "given"}, "ratio": 0.056, "limit": 0.1, "ok": True,
        "error": "about the ratio", "checks": 1,
    }  # fmt: skip
    worse = verdict | {"name": "slow/fast", "ratio": 0.5, "ok": False, "accepted": True}
    said = {
        "calls": 9160, "model": "heat.cell", "runs": 50, "again": 188, "surrogate": 8922, "largest_bound": 0.01,
        "held_out_error": 0.0004,
    }  # fmt: skip
    run, _ = commit(
        store, series(), separation=[verdict, worse], warnings=["a name is but a name"], closures={"flux": said},
        inputs={"flux": {"calls": "ab" * 32, "literal": "closure heat.cell", "unit": None, "setting": False}},
    )  # fmt: skip
    page = section(reader.get(f"/runs/{run}").text, "stage")
    assert re.search(r'remark good"><bdi>binding/diffusion: separated: times 4.8 s / 85 s = 0.056', page)
    assert re.search(r'remark warn"><bdi>slow/fast: not separated, accepted by name', page)
    assert '<p class="remark warn"><bdi>a name is but a name' in page
    assert "9160 calls of heat.cell: 50 fine runs, 188 asked before, 8922 by the surrogate; largest bound 0.01" in page
    assert f"/runs/{run}/calls?of=stage.flux" in page


def test_pictures_reports_and_files_are_there_to_look_at(store: Store, reader: Reader) -> None:
    run, key = commit(store, things())
    page = reader.get(f"/runs/{run}").text
    assert f'<img class="paper" src="/artifacts/{key}/file?path=drawn" alt="stage: picture drawn"' in page
    assert f'<iframe sandbox src="/artifacts/{key}/file?path=page"' in page
    assert "text/html" in page
    assert f"/runs/{run}/download?to=files" in page
    assert "8 atoms" not in page
    assert "4 atoms, Cu4" in page
    inert(page)


def test_a_damaged_artifact_is_a_remark_and_not_the_end(store: Store, reader: Reader) -> None:
    log = begun(store, stages=[{"name": name, "model": "m", "scale": "s"} for name in ("good", "cut", "gone")])
    _, good = commit(store, series(), "good")
    _, cut = commit(store, sheet(60, 40), "cut")
    for name, key in (("good", good), ("cut", cut), ("gone", "0" * 64)):
        log.event(name, "computed", key=key)
    log.end("completed")
    folder = Path(store.address) / folder_of(cut)
    chunk = max((p for p in folder.rglob("*") if p.is_file() and p.name != "zarr.json"), key=lambda p: p.stat().st_size)
    chunk.chmod(0o644)
    chunk.write_bytes(bytes(reversed(chunk.read_bytes())))
    page = reader.get(f"/runs/{log.id}").text
    assert "changed after it was committed" in section(page, "cut")
    assert 'remark wrong"' in section(page, "gone")
    assert 'remark wrong"' not in section(page, "good")
    inert(page)


def test_a_damaged_record_is_a_page_that_says_so(store: Store, reader: Reader) -> None:
    run, _ = commit(store, series())
    record = Path(store.address) / "runs" / run / "run.json"
    record.write_bytes(record.read_bytes().replace(b'"flow"', b'"flaw"'))
    page = reader.get(f"/runs/{run}")
    assert page.status_code == 200
    assert "damaged" in page.text
    assert re.search(r'<p class="remark wrong"><bdi>[^<]*run.json', page.text)


def test_a_store_that_means_ill_is_only_looked_at(store: Store, reader: Reader) -> None:
    hostile = write(store)
    for run in hostile.runs:
        answer = reader.get(f"/runs/{run}")
        assert answer.status_code == 200
        inert(answer.text)
        assert "onerror" not in re.sub(r'"[^"]*"|&lt;[^<]*|<bdi>[^<]*', "", answer.text)
        for graph in re.findall(r"<svg.*?</svg>", answer.text, re.DOTALL):
            ElementTree.fromstring(graph)


@pytest.mark.parametrize("name", [*HOSTILE, "%2e%2e", "x" * 300, "20261122-000000-000000"])
def test_what_is_no_run_is_not_found(reader: Reader, name: str) -> None:
    from urllib.parse import quote

    for tail in ("", "/lineage", "/lineage.svg", "/calls", "/logs", "/download"):
        answer = reader.get(f"/runs/{quote(name, safe='')}{tail}")
        assert answer.status_code == 404, (name, tail)
        inert(answer.text)


def test_one_page_reads_no_more_of_arrays_than_it_may() -> None:
    reading = Reading()
    small = {"shape": [LARGE // 8], "dtype": "float64"}
    assert not reading.allows({"shape": [LARGE // 8 + 1], "dtype": "float64"})
    assert sum(reading.allows(small) for _ in range(20)) == IN_ALL // LARGE
    assert not reading.allows({"shape": [2], "dtype": "float64"})


def test_a_small_curve_keeps_lowest_and_highest() -> None:
    series = np.zeros(10_000)
    series[777], series[5000] = 3.0, -2.0
    heights = [float(one.split(",")[1]) for one in re.findall(r"[\d.]+,[\d.]+", curve(series))]
    assert (min(heights), max(heights)) == (1.0, 21.0)
    for nothing in (
        np.ones(9),
        np.array([1.0, np.nan, 2.0]),
        np.array([0.0, 1.0]),
        np.zeros((3, 3)),
        np.array([1j] * 4),
    ):
        assert curve(nothing) == ""
    assert curve(np.array([-1e308, 0.0, 1e308])) == ""  # its range is no number


def test_anchors_are_as_different_as_stages() -> None:
    names = ["a b", "a%20b", "a+b", 'a"b', "a\udcffb", "ä", "a", "", "#"]
    assert len({anchor(name) for name in names}) == len(names)
    assert all(re.fullmatch(r"stage-[A-Za-z0-9%._~-]*", anchor(name)) for name in names)


def test_the_page_of_a_run_is_drawn_without_what_files_are_drawn_with(store: Store, tmp_path: Path) -> None:
    run, _ = commit(store, series())
    script = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from reading import Reader
from bridge.store.store import Store
assert Reader(Store({store.address!r})).get("/runs/{run}").status_code == 200
print([name for name in ("matplotlib", "xarray", "prefect", "distributed") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"HOME": str(tmp_path)},
    )
    assert done.stdout.strip() == "[]", done.stderr
