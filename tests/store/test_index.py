"""The index finds runs and artifacts as the store has them, whatever became of its own file."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from s3_server import moto, new_bucket, settings, use
from small_store import begun, key_of, make, many_runs, record, write_record

from bridge.errors import ContractError
from bridge.store import runs as stored
from bridge.store.index import database
from bridge.store.index.artifacts import artifacts_of
from bridge.store.index.conditions import Conditions
from bridge.store.index.lookup import find_runs, named, page_of
from bridge.store.runlog import RunLog
from bridge.store.runs import runs
from bridge.store.spaces.space import Damaged
from bridge.store.store import Store
from bridge.units import Q

MANY = 10_000


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return many_runs(tmp_path_factory.mktemp("many") / "store", MANY)


@pytest.fixture(scope="module")
def indexed(many: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder whose index knows all of them."""
    place = tmp_path_factory.mktemp("indexed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCALEBRIDGE_HOME", str(place))
        assert len(find_runs(many)) == MANY
    return place


@pytest.fixture
def of_many(many: Store, indexed: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(indexed))
    return many


def fitting(store: Store, fits: Callable[[dict[str, Any]], bool]) -> list[str]:
    """The same question, asked of every record."""
    return [about["id"] for about in map(record, range(MANY - 1, -1, -1)) if fits(about)]


def kelvin(about: dict[str, Any]) -> int:
    return int(about["parameters"]["temperature"].split()[0])


QUESTIONS: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]] = {
    "flow": ({"flow": "wall"}, lambda r: r["flow"] == "wall"),
    "state": ({"state": "failed"}, lambda r: r["state"] == "failed"),
    "equal text": ({"where": {"element": "Cu"}}, lambda r: r["parameters"]["element"] == "Cu"),
    "equal flag": ({"where": {"quick": True}}, lambda r: r["parameters"]["quick"]),
    "equal flag as text": ({"where": {"quick": "False"}}, lambda r: not r["parameters"]["quick"]),
    "equal number": ({"where": {"steps": "42"}}, lambda r: r["parameters"]["steps"] == 42),
    "equal in another unit": ({"where": {"temperature": "626.85 degC"}}, lambda r: kelvin(r) == 900),
    "equal quantity": ({"where": {"grain_size": Q(0.02, "mm")}}, lambda r: r["parameters"]["grain_size"] == "20 um"),
    "range": ({"where": {"temperature": "800 K .. 1 kK"}}, lambda r: 800 <= kelvin(r) <= 1000),
    "at least": ({"where": {"temperature": "1.2 kK .."}}, lambda r: kelvin(r) >= 1200),
    "at most": ({"where": {"temperature": ".. 610 K"}}, lambda r: kelvin(r) <= 610),
    "a day": ({"since": "2026-02-01", "until": "2026-02-01"}, lambda r: r["started"].startswith("2026-02-01")),
    "a moment": ({"since": "2026-03-31T12:00+02:00"}, lambda r: r["started"] >= "2026-03-31T10:00"),
    "all at once": (
        {"flow": "creep", "state": "completed", "where": {"element": "Ni", "temperature": "650 K .. 700 K"}},
        lambda r: (
            r["flow"] == "creep"
            and r["state"] == "completed"
            and r["parameters"]["element"] == "Ni"
            and 650 <= kelvin(r) <= 700
        ),
    ),
}


@pytest.mark.parametrize(("asked", "fits"), QUESTIONS.values(), ids=QUESTIONS)
def test_it_finds_what_reading_every_record_finds(
    of_many: Store, asked: dict[str, Any], fits: Callable[[dict[str, Any]], bool]
) -> None:
    expected = fitting(of_many, fits)
    assert 0 < len(expected) < MANY
    assert find_runs(of_many, **asked) == expected


def test_pages_follow_one_another_from_the_newest_on(of_many: Store) -> None:
    pages = [page_of(of_many, Conditions(flow="creep"), 50, number) for number in (1, 2, 100, 101)]
    whole = find_runs(of_many, flow="creep")
    assert [line.id for page in pages for line in page.lines] == whole[:100] + whole[99 * 50 : 5000]
    assert {page.total for page in pages} == {MANY // 2}


REFUSED = {
    "800 J ..": r"temperature is \[temperature\] in these runs, '800 J' is \[energy\]",
    "800 .. 900": r"temperature is \[temperature\] in these runs, '800' is a pure number. Write it like",
    "900 K .. hot": "'hot' is no quantity",
    "5 m": r"temperature is \[temperature\] in these runs, '5 m' is \[length\]",
    "5 nonsense .. 6 nonsense": "'5 nonsense' has no unit that is known",
}


@pytest.mark.parametrize("given", REFUSED)
def test_a_unit_that_does_not_fit_is_refused(of_many: Store, given: str) -> None:
    with pytest.raises(ContractError, match=REFUSED[given]):
        find_runs(of_many, where={"temperature": given})


@pytest.mark.parametrize("asked", [{"state": "done"}, {"since": "yesterday"}, {"until": "2026-13-01"}])
def test_a_state_or_time_that_is_none_is_refused(of_many: Store, asked: dict[str, str]) -> None:
    with pytest.raises(ContractError, match=r"no run is ever 'done'|is no time\. Write a day"):
        find_runs(of_many, **asked)


def test_asking_imports_nothing_heavy_once_the_units_are_known(of_many: Store) -> None:
    asked = {"temperature": "800 K .. 1000 K"}
    find_runs(of_many, where=asked)
    source = (
        "import sys, json\n"
        "from bridge.store.index.lookup import find_runs\n"
        "from bridge.store.store import Store\n"
        f"found = find_runs(Store({of_many.address!r}), where={asked!r})\n"
        "heavy = {'numpy', 'pint', 'zarr', 'xarray', 'rich', 'prefect'} & sys.modules.keys()\n"
        "print(json.dumps([len(found), sorted(heavy)]))\n"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [len(find_runs(of_many, where=asked)), []]


# Its own file


def small(tmp_path: Path, count: int = 5) -> Store:
    return many_runs(tmp_path / "store", count)


def index_file(home: Path) -> Path:
    (path,) = (home / "index").glob("*.sqlite")
    return path


def spoilt(path: Path, how: str) -> None:
    size = path.stat().st_size
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    if how == "removed":
        path.unlink()
    elif how == "no database":
        path.write_bytes(b"x" * size)
    elif how == "cut off":
        os.truncate(path, size // 2)
    elif how == "overwritten inside":
        with open(path, "r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * (size - 4096))
    elif how == "of another version":
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA user_version = 999")
        connection.close()


@pytest.mark.parametrize("how", ["removed", "no database", "cut off", "overwritten inside", "of another version"])
def test_a_lost_or_damaged_index_is_made_anew(tmp_path: Path, home: Path, how: str) -> None:
    store = small(tmp_path, 50)
    expected = find_runs(store)
    assert len(expected) == 50
    spoilt(index_file(home), how)
    assert find_runs(store) == expected
    copper = {record(i)["id"] for i in range(0, 50, 3)}
    assert find_runs(store, where={"element": "Cu"}) == [name for name in expected if name in copper]


def test_without_a_place_for_the_index_runs_are_listed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "file"))
    assert len(find_runs(small(tmp_path))) == 5


def test_a_store_without_identity_or_without_anything_leaves_no_index_behind(tmp_path: Path, home: Path) -> None:
    assert find_runs(Store(tmp_path / "nothing")) == []
    write_record(tmp_path / "old", record(0))
    assert len(find_runs(Store(tmp_path / "old"))) == 1
    assert not list(home.rglob("*.sqlite"))


# What happens in the store meanwhile


def test_runs_that_begin_end_and_go_are_seen_at_once(tmp_path: Path) -> None:
    store = small(tmp_path)
    log = begun(store, flow="creep", parameters={"temperature": "900 K"})
    assert find_runs(store)[0] == log.id
    assert find_runs(store, state="running") == [log.id]
    log.event("", "note")
    log.note(tags=["late"])
    assert find_runs(store, tag="late") == [log.id]
    log.end("failed")
    assert (find_runs(store, state="running"), find_runs(store, state="failed")[0]) == ([], log.id)
    shutil.rmtree(Path(store.address) / "runs" / log.id)
    assert len(find_runs(store)) == 5
    assert find_runs(store, tag="late") == []


def test_a_run_that_is_resumed_is_read_again(tmp_path: Path) -> None:
    store = small(tmp_path)
    log = begun(store)
    log.end("cancelled")
    assert find_runs(store, state="cancelled") == [log.id]
    again = RunLog.again(store, log.id, {})
    assert find_runs(store, state="running") == [log.id]
    again.end("completed")
    assert find_runs(store, state="cancelled") == []
    assert log.id in find_runs(store, state="completed")


def test_completed_records_are_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, read = small(tmp_path, 30), []
    find_runs(store)
    honest = stored.record_of_run
    monkeypatch.setattr(stored, "record_of_run", lambda space, name: read.append(name) or honest(space, name))
    write_record(Path(store.address), record(30))
    assert len(find_runs(store)) == 31
    assert read == [record(30)["id"]]


def test_a_run_whose_driver_died_is_interrupted(tmp_path: Path) -> None:
    store = small(tmp_path)
    endless = record(77)
    for fact in ("state", "ended", "events"):
        del endless[fact]
    name = write_record(Path(store.address), endless)
    assert find_runs(store, state="interrupted") == [name]
    assert page_of(store, Conditions(), 1).lines[0].state == "interrupted"


def test_a_damaged_record_is_listed_as_damaged_until_it_is_mended(tmp_path: Path) -> None:
    store = small(tmp_path)
    name = find_runs(store)[0]
    path = Path(store.address) / "runs" / name / "run.json"
    content = path.read_bytes()
    index = find_runs(store)
    path.write_bytes(b"{" + content)
    write_record(Path(store.address), record(9))
    spoilt(index_file(Path(os.environ["SCALEBRIDGE_HOME"])), "removed")
    assert find_runs(store, state="damaged") == [name]
    path.write_bytes(content)
    assert find_runs(store, state="damaged") == []
    assert set(index) < set(find_runs(store))


def test_it_says_the_same_as_the_records_of_all_runs(tmp_path: Path) -> None:
    store = small(tmp_path, 20)
    lines = page_of(store, Conditions(), None).lines
    for line, run in zip(lines, runs(store.address), strict=True):
        assert (line.id, line.flow, line.state, line.parameters) == (run.id, run.flow, run.state, run.parameters)
        assert line.seconds == pytest.approx(run.seconds)


def test_runs_are_found_by_the_name_and_tags_people_gave_them(tmp_path: Path) -> None:
    store = small(tmp_path)
    first, second = (begun(store, name="paper figure 3", tags=["paper", f"try {n}"]) for n in (1, 2))
    assert named(store, "paper figure 3") == [second.id, first.id]
    assert named(store, "paper") == []
    assert find_runs(store, tag="try 1") == [first.id]
    assert find_runs(store, tag="paper", limit=1) == [second.id]
    for log in (first, second):
        log.end("completed")


def test_runs_of_a_shared_store_are_among_the_others_and_nothing_is_written_there(tmp_path: Path) -> None:
    shared = small(tmp_path, 5)
    mine = Store(tmp_path / "mine", shared=shared.address)
    mine.prepare()
    write_record(tmp_path / "mine", record(2, id="20260101-003000-mine00"))
    before = {path: path.stat().st_mtime_ns for path in Path(shared.address).rglob("*")}
    page = page_of(mine, Conditions(), 4)
    assert [line.id for line in page.lines] == [
        record(4)["id"],
        record(3)["id"],
        "20260101-003000-mine00",
        record(2)["id"],
    ]
    assert page.total == 6
    assert [line.store == mine.address for line in page.lines] == [False, False, True, False]
    assert {path: path.stat().st_mtime_ns for path in Path(shared.address).rglob("*")} == before


def test_runs_in_a_bucket_are_found_as_they_come_end_and_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with moto() as endpoint:
        use(monkeypatch, settings(endpoint, tmp_path))
        store = Store(f"s3://{new_bucket(endpoint)}/some")
        logs = [begun(store, parameters={"temperature": f"{900 + i} K"}) for i in range(3)]
        assert find_runs(store, state="running") == [log.id for log in logs[::-1]]
        logs[0].end("cancelled")
        again = RunLog.again(store, logs[0].id, {})
        assert find_runs(store, state="cancelled") == []
        for log in (again, logs[1], logs[2]):
            log.end("completed")
        assert find_runs(store, where={"temperature": "901 K .."}, state="completed") == [logs[2].id, logs[1].id]
        store.space.remove_tree(f"runs/{logs[2].id}")
        assert find_runs(store) == [logs[1].id, logs[0].id]
        make(store, key_of("one"), logs[0].id, model="m")
        assert artifacts_of(store, "m") == [key_of("one")]


def test_several_processes_may_make_the_index_at_once(tmp_path: Path) -> None:
    store = small(tmp_path, 700)
    source = (
        "from bridge.store.index.lookup import find_runs\n"
        "from bridge.store.store import Store\n"
        f"print(*find_runs(Store({store.address!r}), where={{'temperature': '600 K ..'}}))\n"
    )
    many = [subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate(timeout=120)[0].split() for process in many]
    assert said == [[record(i)["id"] for i in range(699, -1, -1)]] * 3


def test_text_that_no_database_takes_is_listed_all_the_same(tmp_path: Path) -> None:
    store = small(tmp_path, 1)
    odd = "\udcff is no text"
    write_record(tmp_path / "store", record(1, flow=odd, name=odd, tags=[odd], parameters={odd: odd, "n": 10**400}))
    (line, _) = page_of(store, Conditions(), None).lines
    assert line.tags == [r"\udcff is no text"]
    assert find_runs(store, tag=odd, name=odd, flow=odd, where={odd: odd}) == [line.id]


def test_an_identity_that_was_changed_is_no_name_of_an_index(tmp_path: Path) -> None:
    store = small(tmp_path)
    store.space.put("scalebridge.json", b'{"schema": 2, "id": "../../x"}')
    with pytest.raises(Damaged, match=r"scalebridge\.json was changed"):
        find_runs(store)
    with pytest.raises(Damaged, match="is no identity"):
        database.connect("../../x")
