"""A run whose store is a bucket: computed there, found there, and no secret anywhere."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))  # for `s3_server`, which importlib mode does not find
from s3_server import SECRET, moto, settings

COMMAND = str(Path(sys.executable).with_name("scalebridge"))
CHAINS = Path(__file__).with_name("chains.py")


@pytest.fixture
def bucket(surroundings: dict[str, str], tmp_path: Path) -> Any:
    with moto() as endpoint:
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/lab", method="PUT")).close()
        yield surroundings | settings(endpoint, tmp_path) | {"SCALEBRIDGE_STORE": "s3://lab/of/mine"}


def ran(environment: dict[str, str], *words: str) -> Any:
    done = subprocess.run([COMMAND, *words, "--json"], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_a_run_in_a_bucket_is_computed_once_and_keeps_no_secret(bucket: dict[str, str], tag: str) -> None:
    words = ("run", f"{CHAINS}:pair", "-p", f"tag={tag}", "--name", tag)
    first, again = ran(bucket, *words), ran(bucket, *words)
    assert {stage["state"] for stage in first["stages"]} == {"computed"}
    assert {stage["state"] for stage in again["stages"]} == {"found"}
    assert [s["outputs"] for s in first["stages"]] == [s["outputs"] for s in again["stages"]]
    assert {run["id"] for run in ran(bucket, "runs", "--name", tag)} == {first["id"], again["id"]}
    state = Path(bucket["SCALEBRIDGE_HOME"])
    assert not [path for path in state.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert ran(bucket, "verify")["damaged"] == []
