"""Two runs side by side: where they part, and how far apart their outputs are."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from click.testing import CliRunner
from small_runs import Bench

import bridge.store.keys
from bridge import File, stage
from bridge.inspect.commands.explain import diff as command
from bridge.inspect.explain.diff import diff
from bridge.inspect.explain.diff_text import percent, text
from bridge.inspect.explain.values import array_change, atoms_change, number_change, value_apart


@pytest.fixture
def pair(bench: Bench) -> Any:
    def pair(x: str = "1 m", shift: str = "0 angstrom", flag: bool = False, extra: bool = False) -> None:
        stage(bench.models.things).submit(shift=shift, flag=flag)
        first = stage(bench.models.fine).submit(x=x)
        stage(bench.models.rate).submit(length=first.y, field=first.field)
        if extra:
            stage(bench.models.fine, name="another").submit(x="9 m")

    return pair


# Runs


def test_a_run_does_not_differ_from_itself(bench: Bench, pair: Any) -> None:
    run = bench.run(pair)
    document = diff(run, bench.run(pair))
    assert (document["first"], document["parameters"], document["versions"]) == (None, {}, {})
    words = text(document)
    assert "no stage of both runs differs" in words
    assert "the same in both, 3 of 3 stages: toy.things, toy.fine, toy.rate" in words


def test_two_runs_part_at_the_first_stage_of_the_chain_that_differs_and_it_says_why(bench: Bench, pair: Any) -> None:
    document = diff(bench.run(pair), bench.run(pair, x="2 m"))
    assert document["first"] == "toy.fine"
    assert document["parameters"] == {"x": {"a": "1 m", "b": "2 m"}}
    words = text(document)
    assert "they part at toy.fine: x 1 m → 2 m" in words
    assert "the same in both, 1 of 3 stages: toy.things" in words


def test_numbers_are_told_with_their_unit_and_relative_change_and_fields_with_norms(bench: Bench, pair: Any) -> None:
    document = diff(bench.run(pair), bench.run(pair, x="2 m"))
    outputs = {one["name"]: one.get("outputs") for one in document["stages"]}["toy.fine"]
    assert outputs["y"] == {
        "kind": "float",
        "old": 2.0,
        "new": 4.0,
        "unit": "m",
        "equal": False,
        "difference": 2.0,
        "relative": 1.0,
    }
    here, there = (300 + x * np.arange(200.0) for x in (1, 2))
    assert outputs["field"]["max"] == 199
    assert outputs["field"]["relative_l2"] == pytest.approx(np.linalg.norm(there - here) / np.linalg.norm(here), 1e-14)
    assert outputs["count"]["equal"] is True
    words = text(document)
    assert "2 → 4 m" in words
    assert "+100 %" in words
    assert "max |Δ| 199 K, relative L2 norm 0.285" in words
    assert "equal: count" in words


def test_stages_of_one_run_alone_and_versions_and_code_are_told(
    bench: Bench, pair: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bench.run(pair, extra=True)
    monkeypatch.setattr(bridge.store.keys, "_version", lambda name: "0.0.1")
    bench.edit("FACTOR = 3.0\n")
    document = diff(first, bench.run(pair))
    assert (document["only_in_a"], document["only_in_b"]) == (["another"], [])
    why = {one["name"]: [said["text"] for said in one.get("why", [])] for one in document["stages"]}
    assert why["toy.fine"] == ["code of toys.law changed"]
    assert f"numpy {np.__version__} → 0.0.1" in why["toy.rate"]
    assert "only in A  another" in text(document)


def test_files_atoms_texts_and_switches_are_compared_each_in_its_way(bench: Bench, pair: Any) -> None:
    document = diff(bench.run(pair), bench.run(pair, shift="0.5 angstrom", flag=True))
    outputs = document["stages"][0]["outputs"]
    assert outputs["table"] == {
        "kind": "file",
        "equal": False,
        "size": [3, 3],
        "media_type": ["text/plain", "text/plain"],
    }
    assert list(outputs["atoms"]["parts"]) == ["positions"]
    assert outputs["atoms"]["parts"]["positions"]["max"] == 0.5
    assert (outputs["name"]["old"], outputs["name"]["new"]) == ("at 0.0", "at 0.5")
    assert (outputs["flag"]["old"], outputs["flag"]["new"]) == (False, True)
    words = text(document)
    assert "atoms: positions 2×3 max |Δ| 0.5, relative L2 norm 0.25" in words
    assert "other bytes: 3 → 3" in words


def test_a_stage_that_failed_in_one_run_is_where_they_part(bench: Bench) -> None:
    def one(mode: str) -> None:
        stage(bench.models.fine).submit(x="1 m", mode=mode)

    words = text(diff(bench.run(one, mode=""), bench.run(one, mode="fail")))
    assert "they part at toy.fine: computed in A, failed in B" in words


def test_an_artifact_that_is_gone_is_told_of_and_the_rest_is_compared(bench: Bench, pair: Any) -> None:
    first, second = bench.run(pair), bench.run(pair, x="2 m")
    key = first.stages["toy.fine"]["key"]
    bench.forget(f"artifacts/{key[:2]}/{key}")
    words = text(diff(first, second))
    assert "they part at toy.fine: there is no artifact at" in words
    assert "toy.rate\n    because length 2000 mm → 4000 mm" not in words  # what it came from cannot be read any more
    assert "rate  2005 → 4005 mm/s  +99.8 %" in words


def test_the_command_prints_words_or_json(bench: Bench, pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first, last = bench.run(pair), bench.run(pair, x="2 m")
    monkeypatch.setenv("SCALEBRIDGE_STORE", bench.store.address)
    assert "they part at toy.fine" in CliRunner().invoke(command, [first.id, "last"]).output
    document = json.loads(CliRunner().invoke(command, [first.id, last.id, "--json"]).output)
    assert (document["a"]["id"], document["b"]["id"], document["first"]) == (first.id, last.id, "toy.fine")


# Values


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "uint8", "complex128"])
def test_the_norm_is_that_of_numpy(dtype: str) -> None:
    random = np.random.default_rng(3)
    here, there = ((random.random((7, 5)) * 100).astype(dtype) for _ in range(2))
    wide = np.complex128 if dtype == "complex128" else np.float64
    delta = there.astype(wide) - here.astype(wide)
    found = array_change(here, "K", there, "K")
    assert found["max"] == pytest.approx(np.abs(delta).max(), 1e-15)
    expected = np.linalg.norm(delta) / np.linalg.norm(here.astype(wide))
    assert found["relative_l2"] == pytest.approx(expected, 1e-14)


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_squares_of_very_small_and_very_large_numbers_have_room(size: float) -> None:
    found = array_change(np.full(4, size), "m", np.full(4, 1.5 * size), "m")
    assert found["relative_l2"] == pytest.approx(0.5, 1e-14)


def test_whole_numbers_at_the_ends_of_their_type_do_not_wrap() -> None:
    low, high = np.array([-(2**63), 0]), np.array([2**63 - 1, 0])
    assert array_change(low, None, high, None)["max"] == 2.0**64
    close = array_change(np.array([2**62]), None, np.array([2**62 + 1]), None)
    assert (close["equal"], close["max"]) == (False, 1.0)


def test_a_change_from_zero_has_no_relative_size() -> None:
    assert array_change(np.zeros(3), "K", np.ones(3), "K")["relative_l2"] is None
    assert number_change(0.0, "K", 1.0, "K")["relative"] is None
    assert number_change(0, None, 2**5000, None)["relative"] is None
    assert number_change(1, None, 2**5000, None)["relative"] is None  # larger than any float


def test_switches_are_counted_and_shapes_and_types_are_told() -> None:
    found = array_change(np.array([True, False, True]), None, np.array([True, True, False]), None)
    assert (found["differ"], found["of"], "max" in found) == (2, 3, False)
    assert array_change(np.zeros(3), "K", np.zeros(4), "K")["shape"] == [[3], [4]]
    assert array_change(np.zeros(3), "K", np.zeros(3, np.float32), "K")["equal"] is False
    assert array_change(np.zeros((0, 3)), "K", np.zeros((0, 3)), "K")["equal"] is True


def test_values_in_two_units_are_compared_in_the_new_one() -> None:
    assert number_change(1.0, "m", 1000.0, "mm")["equal"] is True
    assert array_change(np.array([1.0, 2.0]), "m", np.array([1000.0, 2500.0]), "mm")["max"] == 500
    assert number_change(1.0, "m", 1.0, "K")["old_unit"] == "m"


def test_a_port_of_another_kind_and_a_file_of_the_same_bytes() -> None:
    assert value_apart(1, {"kind": "int"}, "1", {"kind": "str"}) == {"equal": False, "kind": ["int", "str"]}
    file = {"kind": "file"}
    assert value_apart(File(b"a"), file, File(b"a"), file)["equal"] is True


def test_atoms_are_compared_part_by_part() -> None:
    one = Atoms("Cu2", positions=[[0, 0, 0], [0, 0, 2]], cell=[3, 3, 3], pbc=True)
    assert atoms_change(one, one.copy()) == {}
    other = Atoms("CuAg", positions=[[0, 0, 0], [0, 0, 2]], cell=[3, 3, 4], pbc=True)
    other.info["note"] = "b"
    assert set(atoms_change(one, other)) == {"formula", "numbers", "cell", "info"}


def test_relative_changes_are_read_as_people_say_them() -> None:
    assert [percent(x) for x in (0.5, -0.25, 1e-9, 99.0)] == ["+50 %", "-25 %", "+1e-07 %", "× 100"]
