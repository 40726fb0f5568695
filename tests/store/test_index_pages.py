"""Pages of the list of runs follow one another whatever begins, ends or is removed between them."""

from __future__ import annotations

import base64
import contextlib
import json
import random
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from small_store import many_runs, record, write_record

from bridge.errors import ContractError
from bridge.store.index import database
from bridge.store.index.catalogue import Catalogue
from bridge.store.index.conditions import Conditions
from bridge.store.index.lookup import Page, find_runs, known_of, models_used, page_after, page_of
from bridge.store.index.order import SORTS, Order, Place
from bridge.store.store import Store

ORDERS = [Order(by, descending) for by in SORTS for descending in (True, False)]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def varied(number: int) -> dict[str, Any]:
    """A record with ties and gaps in everything that runs are sorted by."""
    about = record(number, name=(None, "b", "a", "ä", "B")[number % 5])
    if number % 7:
        about["cost"] = {"cpu_seconds": float(number % 4), "peak_memory_bytes": 2**20}
    if number % 11 == 0:
        del about["ended"]
        del about["state"]
    return about


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = Store(tmp_path / "store")
    found.prepare()
    for number in range(97):
        write_record(tmp_path / "store", varied(number))
    return found


def ids(page: Page) -> list[str]:
    return [line.id for line in page.lines]


def walk(store: Store, order: Order, asked: Conditions | None = None, limit: int = 10) -> list[Page]:
    pages = [page_after(store, asked or Conditions(), order, None, limit)]
    while pages[-1].onward:
        pages.append(page_after(store, asked or Conditions(), order, pages[-1].onward, limit))
    return pages


def expected(store: Store, order: Order) -> list[str]:
    """The same order, by Python."""
    lines = sorted(page_of(store, Conditions(), None).lines, key=lambda line: line.id, reverse=True)
    values = {
        "started": lambda line: line.id,
        "flow": lambda line: line.flow,
        "state": lambda line: line.state,
        "took": lambda line: line.seconds,
        "cost": lambda line: line.cpu_seconds,
        "name": lambda line: line.name,
    }
    value = values[order.by]
    there = sorted((line for line in lines if value(line) is not None), key=value, reverse=order.descending)
    return [line.id for line in (*there, *(line for line in lines if value(line) is None))]


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_pages_in_every_order_hold_every_run_once_there_and_back(store: Store, order: Order) -> None:
    pages = walk(store, order)
    assert [name for page in pages for name in ids(page)] == expected(store, order)
    assert [len(page.lines) for page in pages] == [10] * 9 + [7]
    assert {page.total for page in pages} == {97}
    assert (pages[0].back, pages[-1].onward) == (None, None)
    at, back = pages[-1], []
    while at.back:
        at = page_after(store, Conditions(), order, at.back, 10)
        back.append(at)
    assert [ids(page) for page in back] == [ids(page) for page in pages[-2::-1]]
    assert back[-1].back is None


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_no_run_is_left_out_or_shown_twice_while_runs_come_and_go(store: Store, order: Order) -> None:
    chance = random.Random(7)
    before, gone, shown = expected(store, order), set[str](), list[str]()
    after = None
    for step in range(200):
        page = page_after(store, Conditions(), order, after, 8)
        shown += ids(page)
        after = page.onward
        if after is None:
            break
        for number in range(3):  # among those shown already, and among those that are yet to come
            write_record(
                Path(store.address), varied(chance.randrange(97)) | {"id": f"20260101-{step:06d}-{number:03d}new"}
            )
        name = chance.choice([one for one in before if one not in gone])
        shutil.rmtree(Path(store.address) / "runs" / name)
        gone.add(name)
    assert len(set(shown)) == len(shown)
    assert set(before) - gone <= set(shown)
    assert [name for name in shown if name in before] == [name for name in before if name in shown]


def test_going_back_beyond_the_beginning_shows_a_whole_first_page(store: Store) -> None:
    first = page_after(store, Conditions(), None, None, 10)
    second = page_after(store, Conditions(), None, first.onward, 10)
    for name in ids(first)[:4]:
        shutil.rmtree(Path(store.address) / "runs" / name)
    again = page_after(store, Conditions(), None, second.back, 10)
    assert ids(again) == [*ids(first)[4:], *ids(second)[:4]]
    assert again.back is None


def test_pages_keep_to_what_was_asked(store: Store) -> None:
    for asked in (
        Conditions(flow="wall"),
        Conditions(state="interrupted"),
        Conditions(name="ä"),
        Conditions(where={"temperature": "620 K .. 640 K"}),
        Conditions(words="cu WALL"),
        Conditions(model="model.2", state="completed"),
    ):
        pages = walk(store, Order("cost", descending=False), asked, 4)
        found = [name for page in pages for name in ids(page)]
        assert sorted(found, reverse=True) == [line.id for line in page_of(store, asked, None).lines]
        assert pages[0].total == len(found) > 0


def test_layers_are_merged_in_every_order_and_a_run_of_both_comes_once(tmp_path: Path, store: Store) -> None:
    mine = Store(tmp_path / "mine", shared=store.address)
    mine.prepare()
    both = record(50)["id"]
    write_record(tmp_path / "mine", record(50, flow="zebra", name="mine"))
    for number in range(60, 70):
        write_record(tmp_path / "mine", varied(number) | {"id": f"20260101-0{number}000-mine00"})
    for order in ORDERS:
        pages = walk(mine, order)
        found = [line for page in pages for line in page.lines]
        assert len({line.id for line in found}) == len(found) == pages[0].total == 107
        assert [line.id for line in found] == expected(mine, order)
        assert [line.store for line in found if line.id == both] == [mine.address]
    assert page_of(mine, Conditions(flow="zebra"), None).total == 1
    assert page_of(mine, Conditions(), 3, 2).total == 107
    assert models_used(mine)["model.1"] == (107, record(96)["id"])


# Places


def place(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


RUN = "20260101-000000-000000"
BAD = {
    "nothing": "x",
    "no text of ours": "n=abc",
    "not ascii": "é" * 10,
    "too long": "A" * 10_000,
    "a number": base64.urlsafe_b64encode(b"7").decode(),
    "too few": place("started", True, False, RUN),
    "no such order": place("id; DROP TABLE run_record", True, False, RUN, RUN),
    "a list for an order": place(["started"], True, False, RUN, RUN),
    "no flag": place("started", 1, 0, RUN, RUN),
    "a number for a text": place("started", True, False, 1.0, RUN),
    "half a character": place("started", True, False, "\ud800", RUN),
    "a run elsewhere": place("started", True, False, RUN, "../../etc/passwd"),
    "a run that is none": place("started", True, False, RUN, None),
    "deep": base64.urlsafe_b64encode(b"[" * 400).decode(),
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_is_no_place_is_refused(store: Store, text: str) -> None:
    with pytest.raises(ContractError, match="is no place in a list of runs"):
        page_after(store, Conditions(), Order(), text)


@pytest.mark.parametrize("key", [float("nan"), 10**400, True, "1", None])
def test_a_key_that_is_no_number_is_refused(store: Store, key: Any) -> None:
    with pytest.raises(ContractError, match="is no place in a list of runs"):
        page_after(store, Conditions(), Order("took"), place("took", True, False, key, RUN))


def test_a_place_in_another_order_is_refused(store: Store) -> None:
    onward = page_after(store, Conditions(), Order("took"), None, 10).onward
    for other in (Order("cost"), Order("took", descending=False)):
        with pytest.raises(ContractError, match="in another order"):
            page_after(store, Conditions(), other, onward, 10)
    with pytest.raises(ContractError, match=r"not sorted by 'id'\. Write one of started, flow"):
        Order("id")


def test_any_text_may_stand_in_a_place_and_stays_a_value(store: Store) -> None:
    odd = "'); DROP TABLE run_record; --"
    found = page_after(store, Conditions(), Order("name"), str(Place(Order("name"), False, odd, RUN)), 100)
    assert found.total == len(find_runs(store)) == 97
    assert all((line.name or "") <= odd for line in found.lines)


# Words


def test_every_word_must_occur_and_none_is_a_pattern(tmp_path: Path) -> None:
    store = many_runs(tmp_path / "store", 6)
    name = write_record(
        tmp_path / "store",
        record(
            6, flow="creep", name="Figure 3", tags=["50%_done", "PAPER"], parameters={"element": "Straße", "T": "9 K"}
        ),
    )
    for words in ("figure", "FIGURE paper", "50%_", "t=9", "strasse", "STRASSE creep 3", name[:12], ""):
        assert name in find_runs(store, words=words), words
    for words in ("figure wall", "50__done", "%", "_", "x' OR '1'='1", "t=9K", '"'):
        assert name not in find_runs(store, words=words) or words in ("%", "_"), words
    assert find_runs(store, words="%") == [name]
    with pytest.raises(ContractError, match="write 16 at most"):
        find_runs(store, words="a " * 17)


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_pages_go_on_though_a_run_is_forgotten_between_any_two_statements(
    store: Store, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that lacked one for it would look like the last."""
    names = expected(store, order)
    doomed, gone = names[2::2], list[str]()
    connect = sqlite3.connect

    class Beside(sqlite3.Connection):
        """Before each statement, another process forgets a run of about where the pages are."""

        def execute(self, query: str, *rest: Any) -> sqlite3.Cursor:
            if doomed and query.lstrip().startswith(("SELECT", "WITH")):
                with contextlib.closing(connect(index)) as other, other:
                    gone.append(doomed.pop(0))
                    other.execute("DELETE FROM run_record WHERE id = ?", gone[-1:])
            return super().execute(query, *rest)

    index = database.place(str(store._found()))
    monkeypatch.setattr(Catalogue, "refresh", lambda *_: None)
    monkeypatch.setattr(sqlite3, "connect", partial(connect, factory=Beside))
    found = [name for page in walk(store, order, limit=10) for name in ids(page)]
    assert len(gone) > 30
    assert set(names) - set(gone) <= set(found)
    assert len(set(found)) == len(found)


def test_many_may_ask_at_once_while_runs_come_and_go(store: Store) -> None:
    whole = set(find_runs(store))

    def ask(number: int) -> set[str]:
        order = ORDERS[number % len(ORDERS)]
        return {name for page in walk(store, order, limit=40) for name in ids(page)}

    def write(number: int) -> set[str]:
        name = write_record(Path(store.address), record(200 + number))
        if number % 2:
            shutil.rmtree(Path(store.address) / "runs" / name)
        return whole

    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda n: (ask if n % 3 else write)(n), range(60)))
    assert all(whole <= names for names in found)
    assert set(find_runs(store)) == whole | {record(200 + n)["id"] for n in range(0, 60, 6)}


# What lists know of a run


def test_a_line_says_what_a_run_cost_and_how_many_points_it_has(tmp_path: Path) -> None:
    store = many_runs(tmp_path / "store", 1)
    sweep = {
        "points": 14,
        "axes": [{"dim": "x", "columns": [{"name": "x", "values": ["1 m", "2 m"], "distinct": 2}]}],
        "executions": {"fine": 7, "coarse": 14},
        "found": {"fine": 2, "coarse": 0},
        "status": {"done": 12, "failed": 2},
    }
    cost = {"cpu_seconds": 12.5, "peak_memory_bytes": 3 * 2**20}
    write_record(tmp_path / "store", record(1, cost=cost, sweep=sweep))
    swept, plain = page_of(store, Conditions(), None).lines
    assert (swept.cpu_seconds, swept.peak_memory_bytes, swept.stages) == (12.5, 3 * 2**20, 4)
    assert (swept.points, swept.done, swept.failed, swept.executions, swept.found) == (14, 12, 2, 21, 2)
    assert swept.parameters["x"] == "1 m … 2 m (2)"
    assert (plain.cpu_seconds, plain.points, plain.done, plain.stages) == (None, None, None, 4)


@pytest.mark.parametrize(
    "about",
    [
        {"cost": "much"},
        {"cost": {"cpu_seconds": "1", "peak_memory_bytes": 2**70}},
        {"cost": {"cpu_seconds": True, "peak_memory_bytes": -1}},
        {"sweep": 7},
        {"sweep": {"points": 2**70, "executions": {"a": "b"}, "status": {"done": None}, "found": [1]}},
        {"sweep": {"axes": {"a": 1}, "status": []}},
        {"closures": [{"models": {"a": 1}}, 5, {"models": [1, "toy.asked"]}]},
        {"closures": "x", "stages": [{"name": "a", "model": ["b"]}]},
        {"tags": {"a": 1}},
    ],
)
def test_a_record_that_is_sealed_but_built_in_another_way_is_listed_all_the_same(
    tmp_path: Path, about: dict[str, Any]
) -> None:
    store = many_runs(tmp_path / "store", 1)
    name = write_record(tmp_path / "store", record(1, **about))
    for order in ORDERS:
        assert name in ids(page_after(store, Conditions(), order))


def test_runs_are_found_by_the_models_they_used_the_newest_first(tmp_path: Path) -> None:
    store = many_runs(tmp_path / "store", 4)
    closures = [{"port": "stage.0.flux", "models": ["fine.cell", "fine.other"], "options": {}, "scales": []}]
    asked = write_record(tmp_path / "store", record(4, closures=closures))
    assert find_runs(store, model="fine.cell") == [asked]
    assert find_runs(store, model="model.3") == find_runs(store)
    used = models_used(store)
    assert (used["fine.other"], used["model.0"]) == ((1, asked), (5, asked))
    assert known_of(store, "model", "flow")["flow"] == {"creep", "wall"}
    shutil.rmtree(tmp_path / "store" / "runs" / asked)
    assert "fine.cell" not in models_used(store)
