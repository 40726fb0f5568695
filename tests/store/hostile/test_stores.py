"""Aliases, records and sizes made to harm whoever reads them are refused, with the reason, in little memory.

Seals and digests have no key: whoever writes an artifact can compute them. So every document here is sealed as it
should be, and what protects the reader is what it asks of the content.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from forging import KEY, PNG, Forger, refused

from bridge.store.artifact import Artifact
from bridge.store.events import line_of
from bridge.store.runs import Run
from bridge.store.sealed import sealed
from bridge.store.store import IDENTITY, Store

# Aliases, records, and what names the store


PLAN = "cd" + "0" * 62


@pytest.mark.parametrize("leads_to", ["../../../../elsewhere", "", 7, None, ["a"], "AB" * 32, KEY + "/.."])
def test_an_alias_that_leads_elsewhere_is_none(artifact: Artifact, store: Store, leads_to: Any) -> None:
    store.alias(PLAN, KEY)
    assert store.planned(PLAN) == KEY
    for document in (sealed({"content": leads_to}), json.dumps({"content": leads_to}).encode(), sealed({"x": 1})):
        store.space.put(f"plans/cd/{PLAN}.json", document)
        assert store.planned(PLAN) is None


@pytest.mark.parametrize("document", [b"{}", b"[]", b"", sealed({}), sealed({"schema": "9"}), b"{" * 4000, b" " * 5000])
def test_a_store_that_does_not_say_which_it_is_is_refused(store: Store, document: bytes) -> None:
    store.prepare()
    store.space.put(IDENTITY, document)
    refused(lambda: Store(store.address).prepare(), rf"{IDENTITY} (cannot be read|was changed|has 5000|does not say)")


RECORD = {"schema": 2, "id": "r", "flow": "f", "parameters": {}, "stages": [], "edges": [], "started": "2026"}
RECORDS: list[tuple[bytes, str]] = [
    (sealed(RECORD | {"id": "../r"}, 1), r"is not the record of run r"),
    (sealed(RECORD | {"parameters": [1]}, 1), r"is not the record of run r"),
    (sealed(RECORD | {"stages": ["a"]}, 1), r"is not the record of run r"),
    (sealed(RECORD | {"stages": {"a": 1}}, 1), r"is not the record of run r"),
    (sealed(RECORD | {"edges": 7}, 1), r"is not the record of run r"),
    (sealed(RECORD | {"schema": "x"}, 1).replace(b'"seal"', b'"sael"'), r"was changed after it was written"),
    (sealed(RECORD, 1).replace(b'"flow"', b'"id": "r", "flow"'), r"the name 'id' stands twice in it"),
    (sealed(RECORD | {"cost": 1.5}, 1).replace(b"1.5", b"NaN"), r"Out of range float values"),
    (b'{"id": ' + b"[" * 10**5, r"recursion"),
]


@pytest.mark.parametrize(("document", "reason"), RECORDS, ids=range(len(RECORDS)))
def test_a_hostile_record_is_a_damaged_run_with_the_reason(store: Store, document: bytes, reason: str) -> None:
    store.prepare()
    store.space.put("runs/r/run.json", document)
    run = Run(store, "r")
    assert run.state == "damaged"
    assert re.search(reason, run.about["failure"])


def test_a_stage_named_like_a_path_shows_its_pictures_in_the_home_alone(
    artifact: Artifact, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bridge.inspect.stored import to_look_at

    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    names = [f"{tmp_path}/canary", "../../../canary", "..", "a/b"]
    store.space.put(
        "runs/r/run.json", sealed(RECORD | {"state": "completed", "stages": [{"name": n} for n in names]}, 1)
    )
    for number, name in enumerate(names, 1):
        entry = {"seq": number, "stage": name, "state": "found", "key": KEY, "at": "2026"}
        store.space.append("runs/r/events.jsonl", line_of(entry))
    shown = to_look_at(Run(store, "r"))["pictures"]
    assert len(shown) == 4
    assert all(Path(path).resolve().parent == tmp_path / "home" / "shown" / "r" for path in shown)
    assert all(Path(path).read_bytes() == PNG for path in shown)


def test_a_stage_whose_key_is_a_path_is_refused(store: Store) -> None:
    store.prepare()
    store.space.put("runs/r/run.json", sealed(RECORD, 1))
    for number, key in enumerate(["../../../../elsewhere", "", KEY + "/..", "/etc", 7, ["a"]], 1):
        entry = {"seq": number, "stage": f"s{number}", "state": "found", "key": key, "at": "2026"}
        store.space.append("runs/r/events.jsonl", line_of(entry))
    for line in (
        b'{"seq": "x", "stage": ["y"], "state": {}}',
        b'{"seq": NaN, "sum": "0"}',
        b"[" * 10**5,
        b"7",
        b"\xff",
    ):
        store.space.append("runs/r/events.jsonl", line + b"\n")
    run = Run(store, "r")
    assert list(run) == ["s1", "s2", "s3", "s4"]  # the others are no events
    for stage in run:
        refused(lambda stage=stage: run[stage], r"is no name of an object in")


# Room

HUNGRY = """
import resource, sys, tracemalloc
from bridge.errors import BridgeError
from bridge.store.artifact import Artifact
from bridge.store.spaces.disk import Disk
from bridge.store.runs import Run
from bridge.store.store import Store
disk, what = Disk(sys.argv[1]), sys.argv[2]
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[3]), int(sys.argv[3])))
try:
    if what == "run":
        raise BridgeError(Run(Store(disk), "r").about["failure"])
    Artifact(disk, what).value(("field",))
except BridgeError as reason:
    print("refused:", reason)
"""


def in_little_room(store: Path, what: str, room: int = 2**30) -> str:
    """Open something in a process that may have no more than ``room`` bytes of addresses."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", HUNGRY, str(store), what, str(room)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def sparse(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with open(path, "wb") as file:
        file.truncate(size)


def test_a_document_of_a_terabyte_is_not_read(forger: Forger) -> None:
    store, folder = forger.folder.parents[2], f"artifacts/ab/{KEY}"
    sparse(forger.folder / "zarr.json", 2**40)
    assert "has 1099511627776 bytes, expected at most 67108864" in in_little_room(store, folder)
    sparse(store / "runs" / "r" / "run.json", 2**40)
    assert "has 1099511627776 bytes, expected at most 67108864" in in_little_room(store, "run")


def test_a_chunk_of_a_terabyte_is_not_read(forger: Forger) -> None:
    """Its manifest may say so: the chunk's shape does not, nor what it unpacks to."""
    store, folder = forger.folder.parents[2], f"artifacts/ab/{KEY}"
    sparse(forger.folder / "field/c/0/0", 2**40)
    forger.objects["field/c/0/0"] = [2**40, "0" * 64]
    forger.seal()
    assert "refused: " in in_little_room(store, folder)
