"""A run that dies at any of its writes leaves what is whole, and goes on as if nothing had happened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from s3_server import moto, new_bucket, settings

PROGRAM = Path(__file__).with_name("every_write.py")
ASKED = "after each death: artifacts whole or absent, resumed, equal digests, nothing stored run twice"


def deaths(folder: Path, granularity: str, *words: str, environment: dict[str, str] | None = None) -> dict[str, Any]:
    command = [sys.executable, str(PROGRAM), granularity, str(folder), *words]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | (environment or {}))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert min(found["artifacts there"].values()) > 0, found  # before the first commit, after each, after the last
    return found


@pytest.mark.parametrize(("granularity", "stride"), [("space", 7), ("disk", 14)])
def test_a_run_that_dies_at_a_write_goes_on_with_equal_results(tmp_path: Path, granularity: str, stride: int) -> None:
    """At some of them: before and after the writes of the space, or in their midst. All of them take minutes."""
    assert deaths(tmp_path, granularity, str(stride), "3")["deaths"] >= 10


@pytest.mark.science  # 2 min
@pytest.mark.timeout(900)
@pytest.mark.parametrize("leases", [[], ["leases"]])
@pytest.mark.parametrize(("granularity", "least"), [("space", 70), ("disk", 150)])
def test_a_run_that_dies_at_every_single_write_goes_on_with_equal_results(
    tmp_path: Path, granularity: str, least: int, leases: list[str], record_property: Any
) -> None:
    record_property("asked", ASKED)
    found = deaths(tmp_path, granularity, "1", "1", *leases)
    record_property("reached", f"{found['deaths']} deaths, with 0 to 4 artifacts there: {found['artifacts there']}")
    assert found["deaths"] >= least


@pytest.mark.science  # 2 min
@pytest.mark.timeout(900)
def test_a_run_that_dies_at_a_write_to_a_bucket_goes_on_with_equal_results(
    tmp_path: Path, record_property: Any
) -> None:
    record_property("asked", ASKED)
    with moto() as endpoint:
        bucket = f"s3://{new_bucket(endpoint)}/some"
        found = deaths(tmp_path, "space", "3", "2", bucket, environment=settings(endpoint, tmp_path))
    record_property("reached", f"{found['deaths']} deaths, with 0 to 4 artifacts there: {found['artifacts there']}")
    assert found["deaths"] >= 25
