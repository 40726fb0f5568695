"""Rows of blocks: every key finds its row, wherever it is and whatever became of the index; many are a Dataset."""

from __future__ import annotations

import multiprocessing
import pickle
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray
from block_results import IDENTITY, MANY, PAIR, key, looked_up, many, opened, pairs
from checked import damage_of_all

from bridge.errors import BridgeError
from bridge.store.index import database
from bridge.store.rows.blocks import adopt, journals
from bridge.store.rows.dataset import to_xarray
from bridge.store.rows.lookup import Rows
from bridge.store.rows.writer import BlockWriter
from bridge.store.spaces.disk import Disk
from bridge.store.spaces.space import Space
from bridge.store.store import Store

# Looking up


def test_a_lookup_finds_what_the_index_does_not_know_yet(space: Disk) -> None:
    rows = looked_up(space)
    known = pairs(space, 3)
    assert len(rows.find(known)) == 3
    later = pairs(space, 3, first=3)
    assert len(rows.find(known + later)) == 6
    assert rows.planned([key("plan 4"), key("plan 40")]) == {key("plan 4"): key(4)}
    assert rows.open(key(77)) is None


def test_a_lost_or_damaged_index_is_made_again(space: Disk) -> None:
    keys = pairs(space, 300)
    assert len(looked_up(space).find(keys)) == 300
    path = database.place(IDENTITY)
    for harm in (lambda: path.unlink(), lambda: path.write_bytes(b"x" * 9000), lambda: _scramble(path)):
        harm()
        assert len(looked_up(space).find(keys)) == 300
        assert looked_up(space).planned([key("plan 7")]) == {key("plan 7"): key(7)}


def _scramble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = random.Random(1).randbytes(len(content) - 4096)
    path.write_bytes(content)


def test_an_index_that_is_damaged_while_it_is_open_is_made_again(space: Disk) -> None:
    keys = pairs(space, 300)
    rows = looked_up(space)
    assert len(rows.find(keys[:1])) == 1
    connection = database.connect(IDENTITY)
    connection.execute("DROP TABLE row_key")
    connection.commit()
    assert len(rows.find(keys)) == 300


def test_an_index_that_names_wrong_rows_is_not_believed(space: Disk) -> None:
    keys = pairs(space, 20)
    assert len(looked_up(space).find(keys)) == 20
    connection = database.connect(IDENTITY)
    connection.execute("UPDATE row_key SET at = at + 3")
    connection.commit()
    connection.close()
    rows = looked_up(space)
    assert {content: opened(rows, content).value(("other",)) for content in keys} == {
        key(i): -1.0 * i for i in range(20)
    }


def test_an_index_of_a_copied_or_cleaned_store_finds_what_is_there(space: Disk) -> None:
    first = pairs(space, 5)
    shutil.copytree(space.address, f"{space.address}-copy")
    second = pairs(space, 5, first=5)
    copy = looked_up(Disk(f"{space.address}-copy"))
    original = looked_up(space)
    assert original.find(first + second).keys() == {*first, *second}
    assert copy.find(first + second).keys() == set(first)
    assert original.find(first + second).keys() == {*first, *second}
    name = original.find(second)[second[0]].block
    space.remove_tree(f"blocks/{name}")
    assert looked_up(space).find(first + second).keys() == set(first)


def test_rows_are_found_without_a_place_for_the_index(space: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = pairs(space, 5)
    monkeypatch.setenv("SCALEBRIDGE_HOME", space.where(f"blocks/{space.children('blocks')[0]}zarr.json"))
    assert len(looked_up(space).find(keys)) == 5


def test_rows_go_along_to_another_process(space: Disk) -> None:
    keys = pairs(space, 5)
    store = Store(space)
    store.prepare()
    rows = Rows(space, store._found)
    assert len(rows.find(keys)) == 5
    assert len(pickle.loads(pickle.dumps(rows)).find(keys)) == 5
    store.rows = rows  # type: ignore[attr-defined]
    assert len(pickle.loads(pickle.dumps(store)).rows.find(keys)) == 5
    with multiprocessing.get_context("fork").Pool(1) as pool:
        more = pairs(space, 3, first=5)
        assert pool.apply(_found_in_child, (rows, more)) == 3


def test_processes_that_find_new_blocks_at_once_enter_them_once(space: Disk) -> None:
    keys = pairs(space, 500) + pairs(space, 500, first=500)
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert pool.starmap(_found_in_child, [(looked_up(space), keys)] * 4, chunksize=1) == [1000] * 4
    connection = database.connect(IDENTITY)
    assert connection.execute("SELECT count(*) FROM row_block").fetchone() == (2,)
    assert connection.execute("SELECT count(*) FROM row_key").fetchone() == (1000,)
    connection.close()


def _found_in_child(rows: Rows, keys: list[str]) -> int:
    return len(rows.find(keys))


# Datasets


def test_rows_are_one_dataset_with_units_and_inputs_as_coordinates(space: Disk) -> None:
    keys = pairs(space, 4) + pairs(space, 3, first=4)
    pairs(space, 2, first=1000, model="test.other")
    dataset = to_xarray(looked_up(space), keys[::-1])
    assert dict(dataset.sizes) == {"point": 7}
    assert dataset["one"].attrs == {"units": "m"}
    assert dataset["other"].values.tolist() == [-1.0 * i for i in range(6, -1, -1)]
    assert dataset["temperature"].values.tolist() == [300.0 + i for i in range(6, -1, -1)]
    assert dataset["temperature"].attrs == {"units": "K"}
    assert (dataset["pressure"].dims, float(dataset["pressure"])) == ((), 1e5)
    assert float(dataset["one_input"]) == 7.5  # an input named like an output
    assert dataset["key"].values.tolist() == keys[::-1]
    everything = to_xarray(looked_up(space), model="test.pair").sortby("temperature")
    xarray.testing.assert_identical(everything, dataset.sortby("temperature"))


def test_a_dataset_has_texts_records_and_arrays_of_all_points(space: Disk) -> None:
    with BlockWriter(space, MANY, {"model": "test.many"}) as into:
        for i in range(1, 7, 2):
            into.add(key(i), many(i) | {"text": f"t{i}"})
        part = to_xarray(looked_up(space), [key(1)])  # from the journal
    dataset = to_xarray(looked_up(space), model="test.many")
    assert dataset["text"].values.tolist() == ["t1", "t3", "t5"]
    assert dataset["phase"].values.tolist() == ["bcc"] * 3
    assert dataset["small"].dims == ("point", "atom", "xyz")
    assert dataset["inner.curve"].dims == ("point", "strain")
    assert dataset["empty"].shape == (3, 0, 3)
    assert np.array_equal(dataset["wave"][1], many(3)["wave"])
    xarray.testing.assert_identical(part, dataset.isel(point=[0]))


def test_a_point_that_two_blocks_hold_is_there_once(space: Disk) -> None:
    pairs(space, 3)
    pairs(space, 4)
    assert sorted(to_xarray(looked_up(space))["other"].values) == [-3.0, -2.0, -1.0, 0.0]


def test_rows_that_are_no_dataset_are_refused(space: Disk) -> None:
    with pytest.raises(BridgeError, match="there are no rows of x in"):
        to_xarray(looked_up(space), model="x")
    with pytest.raises(BridgeError, match=f"no row has the key {key('none')}"):
        to_xarray(looked_up(space), [key("none")])
    pairs(space, 1)
    with BlockWriter(space, MANY, {"model": "test.many"}) as into:
        into.add(key("a"), many(1, curve=3))
        into.add(key("b"), many(1, curve=4))
    with pytest.raises(BridgeError, match=r"inner\.curve has the shape"):
        to_xarray(looked_up(space), [key("a"), key("b")])
    with pytest.raises(BridgeError, match="Choose rows of one model"):
        to_xarray(looked_up(space), [key("a"), key(0)])


# In a bucket


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Space]:
    pytest.importorskip("obstore")
    from s3_server import moto, new_bucket, settings, use

    from bridge.store.spaces.bucket import Bucket

    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    with moto() as endpoint:
        use(monkeypatch, settings(endpoint, tmp_path))
        yield Bucket(f"s3://{new_bucket(endpoint)}/some")


def test_rows_in_a_bucket_are_found_before_and_after_they_are_sealed(bucket: Space) -> None:
    rows = looked_up(bucket)
    with BlockWriter(bucket, PAIR, {"model": "test.pair"}) as into:
        for i in range(50):
            into.add(key(i), {"one": float(i), "other": 0.5}, plan=key(-i - 1))
        into.flush()
        assert len(rows.find(map(key, range(50)))) == 50
        assert 1 <= len(list(bucket.walk("journal"))) < 10  # not an object a row
    assert list(bucket.walk("journal")) == []
    assert len(looked_up(bucket).find(map(key, range(50)))) == 50
    assert rows.planned([key(-8)]) == {key(-8): key(7)}
    assert opened(rows, key(7)).value(("one",)) == 7.0
    assert damage_of_all(bucket) == []
    assert np.array_equal(to_xarray(rows)["one"], np.arange(50.0))


def test_the_journal_of_a_dead_writer_in_a_bucket_is_read_and_sealed(bucket: Space) -> None:
    into = BlockWriter(bucket, PAIR, {"model": "test.pair"})
    for i in range(5):
        into.add(key(i), {"one": float(i), "other": 0.5})
    assert adopt(bucket) == []
    into.flush()
    into._held.close()  # what its death would do
    assert [(journal.state, journal.rows) for journal in journals(bucket)] == [("abandoned", 5)]
    assert len(adopt(bucket)) == 1
    assert journals(bucket) == []
    assert len(looked_up(bucket).find(map(key, range(5)))) == 5
    assert damage_of_all(bucket) == []
