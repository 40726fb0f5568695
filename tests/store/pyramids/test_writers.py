"""Who dies while a pyramid is written leaves nothing that is seen, and of two who write it one wins."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from stored_fields import KEY, a_map, folder, opened, put, whole

from bridge.store.pyramids.opening import levels_of
from bridge.store.store import Store

WRITERS = Path(__file__).with_name("writers.py")
SLOW = """
import sys, time
sys.path.insert(0, {here!r})
from stored_fields import KEY, opened, small_tiles
from bridge.store.spaces import folder
from bridge.store.store import Store
small_tiles()
write, written = folder.sync_file, []
def slow(path, content):
    write(path, content)
    written.append(path)
    if len(written) == 12:
        print("writing", flush=True)
        time.sleep(60)
folder.sync_file = slow
opened(Store(sys.argv[1]))
"""


def program(which: str, place: Path, *numbers: int) -> str:
    command = [sys.executable, str(WRITERS), which, str(place), *map(str, numbers)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("stride", [60, pytest.param(1, marks=pytest.mark.science)])
def test_a_writer_killed_at_its_steps_leaves_the_whole_or_nothing(
    tmp_path: Path, stride: int, record_property: Callable[[str, object], None]
) -> None:
    record_property(
        "asked", "a writer dies at each step that touches the disk: the whole or nothing, the next opens it"
    )
    before, after = map(int, program("kill", tmp_path, stride).split())
    assert before >= 4
    assert after >= 2
    record_property("reached", f"as asked at {before} steps before the commit and {after} after it")


def test_two_who_look_at_once_see_the_same_and_leave_one_pyramid(tmp_path: Path) -> None:
    assert program("race", tmp_path, 2) == "whole\n"


def test_a_writer_that_is_killed_in_the_middle_is_succeeded(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    put(store, a_map())
    here = str(WRITERS.parent)
    writer = subprocess.Popen(
        [sys.executable, "-c", SLOW.format(here=here), store.address], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "writing\n"
    assert not list(store.space.walk("pyramids"))
    assert not list(store.space.abandoned())  # it lives
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    ((left, size),) = store.space.abandoned()
    assert left.startswith("tmp/")
    assert size > 0
    levels = opened(store)
    np.testing.assert_array_equal(whole(levels, 0), a_map().field)


def test_who_waits_for_another_writer_is_told_so(tmp_path: Path) -> None:
    import threading

    store = Store(tmp_path / "store")
    put(store, a_map())
    said: list[str] = []
    from bridge.store.pyramids.kept import key_of

    with store.claim(key_of(KEY, ("field",))):
        waiting = threading.Thread(target=levels_of, args=(Store(store.address), KEY, ("field",), said.append))
        waiting.start()
        while not said:
            time.sleep(0.01)
    waiting.join()
    assert said == ["field is being prepared elsewhere"]
    opened(store)
    assert store.space.size(f"{folder()}/zarr.json")
