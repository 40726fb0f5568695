"""Claims that nobody leaves: of a driver that ends in the middle, or whose record is dropped."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.store.spaces.disk import Disk

#: A claim is dropped when the module that gives it back is gone: two modules are kept until the last, in this order.
LATE = """
import sys
import bridge.errors
import bridge.store.spaces.claims
from bridge.store.spaces.disk import Disk

disk = Disk(sys.argv[1], leases=False)
disk.prepare()
bridge.errors.kept = disk.claim("runs/x/lock"), disk.hold(["claims/k", "claims/" + "ab" * 32])
for one in bridge.errors.kept:
    one.__enter__()
assert disk.claimed("runs/x/lock") and disk.claimed("claims/k")
sys.kept = bridge.errors, bridge.store.spaces.claims
"""


def test_python_exits_quietly_with_claims_and_gives_them_back(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LATE, str(tmp_path)], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"claims/keys/a"}  # where keys are held, which stays
    disk = Disk(tmp_path, leases=False)
    with disk.claim("runs/x/lock", patience=0.0), disk.hold(["claims/k", "claims/" + "ab" * 32]) as held:
        assert len(held) == 2


@pytest.mark.parametrize("name", ["runs/x/lock", "claims/" + "ab" * 32])
def test_a_claim_that_is_dropped_is_free(tmp_path: Path, name: str) -> None:
    disk = Disk(tmp_path, leases=False)
    held = disk.hold([name])
    assert held.__enter__() == {name}
    assert disk.hold([name]).__enter__() == set()
    del held
    gc.collect()
    assert not disk.claimed(name)
