"""What earlier versions stored still opens: a committed store of every schema, written by the code of its time."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from checked import damage

from bridge.ports import record_of
from bridge.store.keys import value_digest
from bridge.store.runs import run_of
from bridge.store.store import Store
from bridge.store.upkeep.verify import verify

SCHEMAS = sorted(Path(__file__).with_name("fixtures").iterdir())
KEY, PLAN = "ab" + "0" * 62, "cd" + "0" * 62


@pytest.fixture(params=SCHEMAS, ids=lambda path: path.name)
def old(request: Any, tmp_path: Path) -> Store:
    return Store(shutil.copytree(request.param, tmp_path / "store"))


def test_every_kind_of_value_comes_back_bit_for_bit(old: Store, everything: Any) -> None:
    artifact, record = old.open(KEY), record_of(type(everything))
    values = record.leave(everything, "stage")
    for port in record.ports:
        back = port.kind.deliver(artifact.value((port.name,)), port.kind, "next.port")
        assert value_digest(port.kind, back) == value_digest(port.kind, values[port.name]), port.name
    assert damage(artifact) == []
    assert old.planned(PLAN) == KEY


def test_a_run_opens_with_its_outputs(old: Store) -> None:
    run = run_of("last", old.address)
    assert (run.flow, run.state, len(run)) == ("creep", "completed", 4)
    assert run["vacancy.emt"].migration_energy.units == "electron_volt"
    assert run["kmc.random_walk"].displacement.shape[1] == 3
    assert [event["seq"] for event in run.events] == list(range(1, 9))


def test_it_can_be_written_to(old: Store, everything: Any) -> None:
    record = record_of(type(everything))
    assert old.commit("ef" + "0" * 62, record, record.leave(everything, "stage"), {"model": "test.model"})
    old.alias("12" + "0" * 62, "ef" + "0" * 62)
    assert old.planned("12" + "0" * 62) == "ef" + "0" * 62


@pytest.mark.parametrize("old", SCHEMAS[1:], ids=lambda path: path.name, indirect=True)  # schema 1 had no blocks
def test_rows_of_a_block_come_back(old: Store) -> None:
    row = old.open("03" * 32)
    assert (row.value(("rate",)), row.value(("phase",)), row.value(("curve",)).tolist()) == (0.5, "bcc", [0, 2, 4])
    assert row.about["inputs"]["temperature"] == {"literal": 302.0, "unit": "K"}
    assert old.planned(f"{103:02x}" * 32) == "03" * 32


def test_every_bit_of_it_is_as_it_was_committed(old: Store) -> None:
    assert verify(old).damaged == []
