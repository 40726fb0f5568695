"""Records that hold other things than they should: anybody may have made them, and every page is an answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from reading import Reader
from small_store import record, write_record

from bridge.store.store import Store

#: What a record says in place of what it should.
CROOKED: tuple[dict[str, Any], ...] = (
    {"flow": 5}, {"flow": "x" * 5000}, {"name": 5}, {"name": "a" * 5000}, {"tags": "x"}, {"tags": [1, {}]},
    {"parameters": [1]}, {"parameters": {"a": {"b": [1]}, "c": None}},
    {"stages": [{}]}, {"stages": "x"}, {"stages": [{"name": "a"}]}, {"stages": [{"name": 5, "model": 6, "scale": 7}]},
    {"stages": [{"name": "a", "model": "m", "scale": "s", "length": 5, "time": "x .. y"}]},
    {"edges": [{}]}, {"edges": "x"}, {"edges": [{"source": "a.b", "target": 5}]},
    {"revision": "abc"}, {"revision": [1]}, {"revision": {"dirty": 5}}, {"versions": [1]}, {"versions": {"a": 1}},
    {"plugins": [1]}, {"plugins": {"a": 1}}, {"plugins": [{}]}, {"cost": "x"}, {"cost": {"cpu_seconds": "x"}},
    {"started": "soon"}, {"started": 5}, {"ended": 5}, {"ended": "soon"}, {"ended": "2026-01-01"},
    {"state": 5}, {"state": "weird"}, {"failure": 5}, {"failure": {"a": 1}}, {"schema": 1}, {"schema": 3},
    {"sweep": "x"}, {"sweep": {}}, {"sweep": {"points": "x"}}, {"sweep": {"points": 5, "axes": [{}]}},
    {"sweep": {"points": 5, "axes": "x", "executions": 5}}, {"imported": "x"}, {"imported": {}},
    {"closures": "x"}, {"closures": [{}]}, {"accept": "x"}, {"seeds": [1]}, {"seeds": {"a": {}}}, {"resumed": "x"},
    {"host": {"a": 1}}, {"schedule": 5}, {"due": "x"}, {"prefect": "x"}, {"python": 5}, {"file": 5}, {"events": "x"},
)  # fmt: skip
PARTS = ("", "/lineage", "/lineage.svg", "/calls", "/logs", "/points", "/points/0", "/download?to=csv")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("bridge.inspect.web.looking.LOOKING._last", None)
    monkeypatch.setattr("bridge.inspect.web.looking.entries", dict)  # plugins are looked at in other tests


def test_crooked_records_are_shown_or_refused(store: Store, reader: Reader) -> None:
    place = Path(store.address)
    straight = write_record(place, record(0))
    for number, crooked in enumerate(CROOKED, 1):
        name = write_record(place, record(number, **crooked))
        for address in (*(f"/runs/{name}{part}" for part in PARTS), f"/compare?a={straight}&b={name}"):
            assert reader.get(address).status_code in (200, 400, 404), f"{address}: {crooked}"


def test_lists_hold_crooked_records_beside_straight_ones(store: Store, reader: Reader) -> None:
    place = Path(store.address)
    names = [write_record(place, record(number, **crooked)) for number, crooked in enumerate(({}, *CROOKED))]
    lists = ("/", "/?sort=cost", "/?sort=-name", "/?words=x", "/models", "/models/model.1", "/compare")
    for address in (*lists, f"/runs/{names[0]}"):
        assert reader.get(address).status_code == 200, address
    assert f"/runs/{names[0]}" in reader.get("/").text
