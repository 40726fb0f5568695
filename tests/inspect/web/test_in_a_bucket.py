"""Pages of a store in a bucket: the same as of one on a disk, and nothing asked of the bucket twice for one page."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_fields import commit as committed
from made_fields import picture, series, told
from made_runs import Plate, Rate, axis, field, plate, ran, swept
from reading import Reader
from s3_server import line_to, moto, new_bucket, settings, use
from small_store import begun, chain
from test_live import STAGES, Listening, at_rest, count, last, reached

from bridge.inspect.web.app import application
from bridge.inspect.web.comparing import looked
from bridge.inspect.web.fields.opened import OpenFields
from bridge.inspect.web.pages import live, port_field
from bridge.store.runs import Run
from bridge.store.store import Store

SIDE = 600


class Line:
    """A line to a bucket, which writes down what is asked."""

    def __init__(self) -> None:
        self.endpoint = ""
        self.asked: list[str] = []

    def fate(self, method: str, path: str) -> str:
        if ".lease/" not in path:  # a run that goes on shows that it does, now and then
            self.asked.append(f"{method} {path}")
        return "pass"


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    found = Line()
    with moto() as server, line_to(server, found.fate) as endpoint:
        found.endpoint = endpoint
        yield found


@pytest.fixture(autouse=True)
def home(line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(live, "PAUSE_AFAR", 0.05)
    for page in (port_field, looked):
        monkeypatch.setattr(page, "PATIENCE", (60.0, 60.0))
    use(monkeypatch, settings(line.endpoint, tmp_path))


class Made:
    """A store in a bucket with something of everything in it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.runs = [ran(store, plate(field(SIDE) + n), {"temperature": f"{300 + n} K"}) for n in range(2)]
        self.keys = [run.stages["heat"]["key"] for run in self.runs]
        self.lines, self.line = committed(store, series())
        self.chain, _ = chain(store, "chain", 4)
        groups = [axis("temperature", [300.0, 310.0]), axis("pressure", [1.0, 2.0, 3.0], "Pa")]
        self.sweep = swept(store, groups, lambda at: Rate(at["temperature"], 2.0)).id
        self.log = begun(store, stages=STAGES)

    def pages(self) -> dict[str, str]:
        """Addresses, and a word of what each shows."""
        (a, b), port = (run.id for run in self.runs), f"/artifacts/{self.keys[0]}"
        return {
            "/": a,
            f"/runs/{a}": "temperature",
            f"/runs/{self.chain}": "stage3",
            f"/runs/{self.log.id}": "coarse",
            f"/runs/{self.chain}/logs?of=stage3": "stage3",
            port: "toy.heat",
            f"{port}/port?path=heat": a,
            f"{port}/tile?path=heat&level=1": "PNG",
            f"{port}/values?path=heat&row=3&column=5": '"unit":"K"',
            f"/artifacts/{self.line}/port?path=current": "step",
            f"/compare?a={a}&b={b}": "temperature",
            f"/compare?a={a}&b={b}&port=heat.heat": "lowest B − A",
            f"/runs/{self.sweep}": "pressure",
            f"/runs/{self.sweep}/points": "pressure",
            f"/runs/{self.sweep}/points/3": "first",
            f"/runs/{a}/download?to=csv": "mean",
            f"/runs/{a}/download?to=netcdf": "HDF",
            f"/runs/{self.sweep}/download?to=csv": "lifetime",
            f"{port}/download?to=npy&path=heat": "NUMPY",
            f"{port}/download?to=png&path=heat": "PNG",
            f"/artifacts/{self.line}/download?to=csv": "scalars.csv",
        }


@pytest.fixture(scope="module")
def made(line: Line, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        folder = tmp_path_factory.mktemp("made")
        monkeypatch.setenv("SCALEBRIDGE_HOME", str(folder))
        use(monkeypatch, settings(line.endpoint, folder))
        store = Store(f"s3://{new_bucket(line.endpoint)}/pages")
        store.prepare()
        found = Made(store)
        yield found
        found.log.end("completed")


def settled(store: Store, key: str) -> None:
    """Wait until the levels of a field are in the store."""
    OpenFields(store).open(key, ("heat",)).levels.settle()


def test_every_page_is_drawn_of_a_bucket_and_asks_it_for_nothing_twice(made: Made, line: Line) -> None:
    reader = Reader(made.store)
    for key in made.keys:
        settled(made.store, key)
    for address, word in made.pages().items():
        for _ in range(2):  # what is kept from page to page is asked for by the first
            line.asked.clear()
            answer = reader.get(address)
            assert answer.status_code == 200, (address, answer.text[:500])
            assert word.encode() in answer.content, (address, answer.text[:500])
        # of two fields, which stay open for the next page, coordinates are read by these and by the page; rows are
        # looked for by whoever misses some, for they may have come meanwhile
        most = 2 if "compare" in address else 1
        objects = [asked for asked in line.asked if not asked.endswith(("%2Fjournal%2F", "%2Fblocks%2F"))]
        twice = {asked: times for asked, times in Counter(objects).items() if times > most}
        assert not twice, (address, twice)
        looked_for = {asked.partition(" ")[2] for asked in line.asked if asked.startswith("HEAD")}
        read = {asked.partition(" ")[2] for asked in line.asked if asked.startswith("GET")}
        assert not looked_for & read, (address, looked_for & read)


def test_levels_of_a_field_are_written_into_the_bucket_and_tiles_read_from_it(line: Line) -> None:
    store = Store(f"s3://{new_bucket(line.endpoint)}/pages")
    run = ran(store, plate(field(SIDE)))
    key = run.stages["heat"]["key"]
    reader = Reader(store)
    page = reader.get(f"/artifacts/{key}/port?path=heat")
    assert page.status_code == 200
    reader.app.state.fields.open(key, ("heat",)).levels.settle()
    assert any(name.endswith("/zarr.json") for name, _ in store.space.walk("pyramids"))
    line.asked.clear()
    entries, _ = picture(Reader(store).get(f"{told(page.text)['tile']}&level=1&x=0&y=0").content)
    assert entries.shape == (SIDE // 2, SIDE // 2)
    assert any("pyramids/" in asked for asked in line.asked)
    assert not any("/heat/" in asked for asked in line.asked)  # of the artifact itself
    given = np.load(io.BytesIO(reader.get(f"/artifacts/{key}/download?to=npy&path=heat").content))
    assert (given == field(SIDE)).all()


def test_a_shared_bucket_below_a_store_of_ones_own_is_seen_through_it(made: Made, line: Line, tmp_path: Path) -> None:
    store = Store(tmp_path / "mine", made.store.address)
    store.prepare()
    mine = ran(store, plate(field(SIDE) + 2, Plate), {"temperature": "302 K"})
    reader = Reader(store)
    line.asked.clear()
    for address, word in made.pages().items():
        answer = reader.get(address)
        assert answer.status_code == 200, (address, answer.text[:500])
        assert word.encode() in answer.content, (address, answer.text[:500])
    assert not [asked for asked in line.asked if not asked.startswith(("GET", "HEAD"))]  # it is only read
    listed = reader.get("/").text
    assert mine.id in listed
    assert made.chain in listed
    both = reader.get(f"/compare?a={mine.id}&b={made.runs[0].id}&port=heat.heat")
    assert "lowest B − A" in both.text


def test_a_page_hears_what_becomes_of_a_run_in_a_bucket_and_reads_no_part_of_its_log_twice(line: Line) -> None:
    store = Store(f"s3://{new_bucket(line.endpoint)}/pages")
    store.prepare()
    log = begun(store, stages=STAGES)

    async def go(path: str) -> None:
        app = application(store)
        page = Listening(app, path)
        await page.until(count("headway"))
        log.event("fine", "computed", key="a", seconds=1.0, cpu_seconds=75.0)
        events = await page.until(reached(log.id, 1))
        assert last(events, "headway")[log.id]["text"] == "1 of 2 stages"
        page.leave()
        await page.ended()
        await at_rest(app)  # or its last look reads what the next page reads

    for path in ("/live", f"/runs/{log.id}/live"):
        line.asked.clear()
        asyncio.run(go(path))
        parts = Counter(asked for asked in line.asked if asked.startswith("GET") and "events.jsonl/" in asked)
        assert parts
        assert set(parts.values()) == {1}, parts
    log.end("completed")

    async def end() -> list[Any]:
        page = Listening(application(store), f"/runs/{log.id}/live")
        await page.ended()
        return page.events

    assert "over" in dict(asyncio.run(end()))
    assert Run(store, log.id).state == "completed"
