"""Blocks: every value comes back bit for bit, and what was changed is not believed."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
import zarr
from block_results import MANY, PAIR, Holder, Inner, key, looked_up, many, opened, pairs, plain, same
from checked import damage_of_all
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from bridge.errors import BridgeError
from bridge.ports import record_of
from bridge.store.artifact import Artifact
from bridge.store.rows.columns import DoesNotStack
from bridge.store.rows.dataset import to_xarray
from bridge.store.rows.lookup import Rows
from bridge.store.rows.stored import Block
from bridge.store.rows.writer import BlockWriter
from bridge.store.sealed import digest, spelled
from bridge.store.spaces.disk import Disk
from bridge.store.spaces.space import Damaged, Space
from bridge.store.view import Outputs

# Values


def test_values_of_every_kind_come_back_bit_for_bit_and_so_does_what_was_said_of_them(space: Disk) -> None:
    about = {"model": "test.many", "code": {"a.b": "c"}, "inputs": {"x": {"unit": "K"}}}
    given = {i: many(i) for i in range(6)}
    facts = {i: {"inputs.x.literal": i / 3, "inputs.x.from": ["a", None, {"b": i}], "stage": f"s{i}"} for i in given}
    with BlockWriter(space, MANY, about) as into:
        for i, values in given.items():
            into.add(key(i), values, facts[i], plan=key(-i) if i % 2 else None)
        waiting = {i: opened(looked_up(space), key(i)) for i in given}
    rows = looked_up(space)
    for i, values in given.items():
        for row in (opened(rows, key(i)), waiting[i]):
            assert isinstance(row, Artifact)
            assert row.key == key(i)
            assert same(row.value(()), plain(values))
            assert same(row.value(("inner", "curve")), values["inner"]["curve"])
            assert list(row.ports) == [p.name for p in MANY.ports]
            assert row.kind(("inner",)) == record_of(Inner) or str(row.kind(("inner",))) == str(record_of(Inner))
            x = {"unit": "K", "literal": i / 3, "from": ["a", None, {"b": i}]}
            assert row.about["inputs"] == {"x": x}
            assert (row.about["model"], row.about["stage"]) == ("test.many", f"s{i}")
            assert row.about.get("plan") == (key(-i) if i % 2 else None)
    assert damage_of_all(space) == []


TYPES = st.sampled_from(["float64", "float32", "int8", "uint16", "int64", "bool", "complex64"])
FACT = st.one_of(
    st.floats(), st.integers(), st.booleans(), st.text(max_size=5), st.none(), st.lists(st.text(max_size=3), max_size=2)
)
ROW = st.fixed_dictionaries(
    {
        "number": st.floats(),
        "count": st.integers(),
        "flag": st.booleans(),
        "text": st.text(st.characters(), max_size=8) | st.just("\udc80\0") | st.just("ab" * 32),
        "array": TYPES.flatmap(lambda t: arrays.arrays(t, arrays.array_shapes(min_dims=1, max_dims=1, max_side=3))),
    }
)


@dataclass(frozen=True)
class Drawn:
    number: float
    count: int
    flag: bool
    text: str
    array: Annotated[NDArray[np.float64], "1", ("x",)]


@given(rows=st.lists(st.tuples(ROW, st.dictionaries(st.sampled_from("abc"), FACT)), min_size=1, max_size=6))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_is_added_comes_back(space: Disk, rows: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    shutil.rmtree(space.address)
    space.prepare()
    with BlockWriter(space, record_of(Drawn), {}) as into:
        for i, (values, facts) in enumerate(rows):
            into.add(key(i), values, facts)
        waiting = [opened(Rows(space, lambda: None), key(i)) for i in range(len(rows))]
    sealed = [opened(Rows(space, lambda: None), key(i)) for i in range(len(rows))]
    for i, (values, facts) in enumerate(rows):
        for row in (waiting[i], sealed[i]):
            assert same(row.value(()), values)
            assert same(row.about, facts)
    assert damage_of_all(space) == []


def test_a_row_is_used_like_an_artifact(space: Disk) -> None:
    with BlockWriter(space, MANY, {"model": "test.many"}) as into:
        into.add(key(1), many(1))
    outputs = Outputs(opened(looked_up(space), key(1)), "stage")
    assert str(outputs.number.units) == "electron_volt"
    assert outputs.inner.point == 5e-324
    dataset = outputs.to_xarray()
    assert dataset["inner.curve"].attrs == {"units": "Pa"}
    assert dataset.attrs["artifact"] == key(1)
    assert "number" in repr(outputs)


def test_arrays_of_another_shape_go_to_another_block(space: Disk) -> None:
    with BlockWriter(space, MANY, {}) as into:
        for i in range(6):
            into.add(key(i), many(i, curve=3 + i // 2 % 2))
    names = {looked_up(space).find([key(i)])[key(i)].block for i in range(6)}
    assert len(names) == len(space.children("blocks")) == 2
    assert all(same(opened(looked_up(space), key(i)).value(()), plain(many(i, curve=3 + i // 2 % 2))) for i in range(6))


def test_what_does_not_stack_is_refused_with_the_port_and_what_to_do(space: Disk) -> None:
    with pytest.raises(DoesNotStack, match=r"port 'inner\.table' is File.* Commit such results as artifacts"):
        BlockWriter(space, record_of(Holder), {})
    with BlockWriter(space, MANY, {}) as into:
        with pytest.raises(DoesNotStack, match="text of 70001 bytes is too large"):
            into.add(key(0), many(0) | {"text": "x" * 70000})
        with pytest.raises(DoesNotStack, match=r"a row of \d+ bytes is too large"):
            into.add(key(0), many(0) | {"wave": np.ones(2**17, complex)})
        with pytest.raises(DoesNotStack, match=r"port 'inner\.curve' has had 64 shapes or types"):
            _added(into, 200)
    assert len(looked_up(space).find(map(key, range(200)))) == 64


def _added(into: BlockWriter, count: int) -> None:
    for i in range(count):
        into.add(key(i), many(1, curve=i))


def test_a_key_or_a_fact_that_is_none_is_refused(space: Disk) -> None:
    with BlockWriter(space, PAIR, {}) as into:
        for bad in ("", "AB" * 32, "../" + "a" * 61, "a" * 63):
            with pytest.raises(ValueError, match=r"no key|hexadecimal"):
                into.add(bad, {"one": 1.0, "other": 2.0})
        for bad in ("../x", "a..b", "plan", "key.x"):
            with pytest.raises(BridgeError, match="no place of a fact"):
                into.add(key(1), {"one": 1.0, "other": 2.0}, {bad: 1})
        with pytest.raises(BridgeError, match="must be JSON"):
            into.add(key(1), {"one": 1.0, "other": 2.0}, {"x": object()})
    assert looked_up(space).find([key(1)]) == {}


# A block and other readers


def test_a_block_is_a_zarr_group_that_others_read(space: Disk) -> None:
    pairs(space, 5)
    (name,) = space.children("blocks")
    group = zarr.open_group(space.where(f"blocks/{name}"), mode="r")
    assert group["one"][:].tolist() == [i * 0.1 for i in range(5)]  # type: ignore[index,union-attr]
    assert group["one"].metadata.dimension_names == ("point",)  # type: ignore[union-attr]
    assert group["one"].attrs["units"] == "m"
    assert group["row-inputs.temperature.literal"].attrs["units"] == "K"
    assert bytes(group["row-key"][0]).hex() == key(0)  # type: ignore[index,arg-type]
    assert "row-inputs.pressure.literal" not in group  # the same in all rows: it is said once
    assert group.attrs["scalebridge"]["about"]["inputs"]["pressure"]["literal"] == 1e5  # type: ignore[index,call-overload]


def test_ten_thousand_rows_are_a_few_objects_and_one_dataset(space: Disk) -> None:
    keys = pairs(space, 10_000)
    assert len(list(space.walk("blocks"))) < 30
    rows = looked_up(space)
    assert len(rows.find(keys)) == 10_000
    dataset = to_xarray(rows, keys)
    assert np.array_equal(dataset["one"], np.arange(10_000) * 0.1)
    assert np.array_equal(dataset["temperature"], np.arange(10_000) + 300.0)


# Damage


def test_any_flipped_bit_of_a_block_is_seen_and_the_object_named(space: Disk) -> None:
    pairs(space, 30)
    (name,) = space.children("blocks")
    files = [path for path in Path(space.where(f"blocks/{name}")).rglob("*") if path.is_file()]
    draw = random.Random(3)
    for _ in range(60):
        path = draw.choice(files)
        content = path.read_bytes()
        changed = bytearray(content)
        bit = draw.randrange(8 * len(content))
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        assert [str(path) in line for line in damage_of_all(space)] == [True], path
        path.write_bytes(content)
    assert damage_of_all(space) == []


def test_missing_extra_and_cut_off_objects_of_a_block_are_named(space: Disk) -> None:
    pairs(space, 30)
    (name,) = space.children("blocks")
    folder = Path(space.where(f"blocks/{name}"))
    for path in [folder / "one/c/0", folder / "row-key/zarr.json", folder / "zarr.json"]:
        content = path.read_bytes()
        path.write_bytes(content[:-1])
        assert str(path) in damage_of_all(space)[0]
        path.unlink()
        assert str(folder) in damage_of_all(space)[0]
        path.write_bytes(content)
    (folder / "one/extra").write_bytes(b"")
    Path(space.where("blocks/stray")).write_bytes(b"")
    assert [line.split()[0] for line in damage_of_all(space)] == [
        str(folder / "one/extra"),
        space.where("blocks/stray"),
    ]


def test_rows_of_a_damaged_block_are_not_there_and_can_be_committed_again(space: Disk) -> None:
    keys = pairs(space, 10)
    assert len(looked_up(space).find(keys)) == 10
    (name,) = space.children("blocks")
    Path(space.where(f"blocks/{name}row-key/c/0/0")).write_bytes(b"x" * 324)
    rows = looked_up(space)
    assert rows.find(keys) == {}
    pairs(space, 10)
    assert len(rows.find(keys)) == 10
    assert len(looked_up(space).find(keys)) == 10


def test_a_document_made_to_mislead_is_refused(space: Disk) -> None:
    pairs(space, 3)
    name = space.children("blocks")[0].rstrip("/")
    path = Path(space.where(f"blocks/{name}/zarr.json"))
    content = json.loads(path.read_bytes())["attributes"]["scalebridge"]
    for change in (
        {"rows": 2**40},
        {"rows": -1},
        {"rows": True},
        {"rows": 4},
        {"block": "0" * 32 + "-0"},
        {"columns": [["one", "float", "object", []]]},
        {"columns": [["one", "array", "float64", [2**30, 2**30]]]},
        {"columns": [["one", "pickle", "uint8", []]]},
        {"columns": [["../../../x", "float", "float64", []]]},
        {"texts": [1]},
        {"columns": 5},
    ):
        path.write_bytes(_group(content | change))
        assert damage_of_all(space) != [], change
        with pytest.raises(Damaged):
            _read_all(space, name)


def _read_all(space: Space, name: str) -> None:
    block = Block(space, name)
    for column in block.columns:
        block.cell(column, 0)
    assert len(block.keys) == block.count


def _group(content: dict[str, Any]) -> bytes:
    attributes = {"scalebridge": content, "seal": digest(content)}
    return spelled({"zarr_format": 3, "node_type": "group", "attributes": attributes})
