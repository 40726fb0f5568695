"""Asking for many keys at once gives what asking one by one gives, wherever the results are."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from block_results import MANY, PAIR, key, many, pairs, plain, same

from bridge.store.many import facts_many
from bridge.store.spaces.space import Damaged
from bridge.store.store import Store

NOWHERE = [hashlib.sha256(b"nowhere %d" % i).hexdigest() for i in range(300)]
PATHS = [("number",), ("count",), ("flag",), ("text",), ("phase",), ("small",), ("wave",), ("mask",), ("empty",)]
PATHS += [("inner",), ("inner", "point"), ("inner", "curve"), ()]


def single(store: Store, i: int) -> str:
    """Commit a result as an artifact of its own, with an alias."""
    store.commit(key(i), MANY, many(i), {"model": "test.many"})
    store.alias(key(f"plan {i}"), key(i))
    return key(i)


def rows(store: Store, numbers: range, *, curve: int = 4) -> list[str]:
    """Commit results as rows."""
    with store.block(MANY, {"model": "test.many"}) as into:
        for i in numbers:
            into.add(key(i), many(i, curve), {"cost.seconds": float(i)}, plan=key(f"plan {i}"))
    return [key(i) for i in numbers]


@pytest.fixture
def both(tmp_path: Path) -> tuple[Store, list[str]]:
    """A store over a shared one, with rows, rows of two shapes and artifacts of their own in each; and their keys."""
    below = Store(tmp_path / "below")
    keys = rows(below, range(20)) + [single(below, i) for i in range(100, 104)]
    store = Store(tmp_path / "store", shared=below.address)
    keys += rows(store, range(200, 220)) + rows(store, range(220, 225), curve=9) + rows(store, range(300, 304))
    keys += [single(store, i) for i in range(400, 404)]
    return store, keys


def test_many_keys_are_there_where_each_is(both: tuple[Store, list[str]]) -> None:
    store, keys = both
    asked = [*keys[::2], *NOWHERE, *keys[:3], key("plan 3")]
    assert store.has_many(asked) == {one for one in asked if store.has(one)} == {*keys[::2], *keys[:3]}
    assert store.has_many(iter(keys)) == set(keys)
    assert store.has_many([]) == set()


def test_many_plans_lead_where_each_leads(both: tuple[Store, list[str]]) -> None:
    store, keys = both
    plans = [key(f"plan {i}") for i in (3, 102, 201, 222, 303, 403)]
    asked = [*NOWHERE, *plans, plans[0], keys[0]]
    assert store.planned_many(asked) == {one: led for one in asked if (led := store.planned(one)) is not None}
    assert store.planned_many(plans) == {
        plan: key(i) for plan, i in zip(plans, (3, 102, 201, 222, 303, 403), strict=True)
    }
    assert store.planned_many([]) == {}


def test_a_plan_whose_result_is_gone_leads_nowhere(both: tuple[Store, list[str]]) -> None:
    store, _ = both
    gone = key(400)
    store.alias(key("to a row"), key(201))
    store.space.remove_tree(f"artifacts/{gone[:2]}/{gone}")
    assert store.planned_many([key("plan 400"), key("plan 401"), key("to a row")]) == {
        key("plan 401"): key(401),
        key("to a row"): key(201),
    }


def test_a_damaged_alias_leads_nowhere(both: tuple[Store, list[str]]) -> None:
    store, _ = both
    plan = key("plan 400")
    store.space.put(f"plans/{plan[:2]}/{plan}.json", b'{"content": "../../etc"}')
    assert store.planned_many([plan, key("plan 401")]) == {key("plan 401"): key(401)}


@pytest.mark.parametrize("path", PATHS, ids=".".join)
def test_values_of_many_are_those_of_each_to_the_last_bit(both: tuple[Store, list[str]], path: tuple[str, ...]) -> None:
    store, keys = both
    asked = [*reversed(keys), keys[5], keys[-1]]
    found = store.values_many(asked, path)
    assert len(found) == len(asked)
    assert all(same(value, store.open(one).value(path)) for value, one in zip(found, asked, strict=True))


def test_values_are_those_that_were_committed(both: tuple[Store, list[str]]) -> None:
    store, _ = both
    for value, i in zip(store.values_many([key(403), key(3), key(219)], ()), (403, 3, 219), strict=True):
        assert same(value, plain(many(i)))


def test_rows_that_are_in_no_block_yet_are_found_and_read(store: Store) -> None:
    with store.block(PAIR, {"model": "test.pair"}) as into:
        for i in range(50):
            into.add(key(i), {"one": float(i), "other": 0.5}, {}, plan=key(f"plan {i}"))
        into.alias(key("another plan"), key(7))
        asked = [key(i) for i in range(60)]
        assert store.has_many(asked) == set(asked[:50])
        assert store.planned_many([key("plan 9"), key("another plan")]) == {
            key("plan 9"): key(9),
            key("another plan"): key(7),
        }
        assert store.values_many(asked[49::-1], ("one",)) == [float(i) for i in range(49, -1, -1)]
    assert store.values_many(asked[:50], ("one",)) == [float(i) for i in range(50)]


def test_a_key_that_nobody_committed_has_no_value(both: tuple[Store, list[str]]) -> None:
    store, keys = both
    with pytest.raises(Damaged, match=NOWHERE[0]):
        store.values_many([*keys, NOWHERE[0]], ("number",))


def test_a_damaged_result_is_never_read_as_something_else(store: Store) -> None:
    """Every object of a block is changed in turn: its rows are as they were, or an error."""
    store.prepare()
    keys = pairs(store.space, 40)
    expected = store.values_many(keys, ("other",))
    refused = 0
    for path in sorted(Path(store.address, "blocks").rglob("*")):
        if not path.is_file():
            continue
        sound = path.read_bytes()
        path.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
        try:
            found: list[Any] = Store(store.address).values_many(keys, ("other",))
        except Damaged:
            refused += 1
        else:
            assert found == expected
        path.write_bytes(sound)
    assert refused > 2
    assert store.values_many(keys, ("other",)) == expected


def test_what_is_asked_of_an_empty_store_is_nothing(tmp_path: Path) -> None:
    empty = Store(tmp_path / "nothing", shared=tmp_path / "nothing below")
    assert empty.has_many(NOWHERE) == set()
    assert empty.planned_many(NOWHERE) == {}
    assert empty.values_many([], ("number",)) == []
    assert not Path(empty.address).exists()


def test_a_fact_of_many_is_that_of_each_in_a_journal_and_in_blocks(both: tuple[Store, list[str]]) -> None:
    store, keys = both
    mine = [key(i) for i in range(500, 512)]
    with store.block(MANY, {"model": "test.many", "stage": "one"}) as into:
        for i, one in enumerate(mine):
            into.add(one, many(i), {"separation": [{"name": "a/b", "ratio": i / 10}]} if i % 3 else {})
        waiting = facts_many(store, mine, "separation")
    said = {one: store.open(one).about.get("separation") for one in [*mine, *keys]}
    assert facts_many(store, [*mine, *keys], "separation") == said
    assert waiting == {one: said[one] for one in mine}
    assert [said[one] for one in mine[:3]] == [None, *([{"name": "a/b", "ratio": r}] for r in (0.1, 0.2))]
    assert set(facts_many(store, mine, "stage").values()) == {"one"}
    assert facts_many(store, keys[-1:], "model") == {keys[-1]: "test.many"}
    assert facts_many(store, [], "model") == {}
