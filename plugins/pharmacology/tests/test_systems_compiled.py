"""Generated programs: found by the next process, never trusted, in a folder of one's own."""

import os
import stat
import subprocess
import sys

import pytest

PROGRAM = """
import sys, time
from bridge_pharmacology.systems.system import System
from bridge_pharmacology.systems.compiled import folder, prepared
begun = time.process_time()
code = prepared(System("kept one", ("a", "b"), ("k",), lambda a, b, k: (-{factor} * k * a * b, k * a)))
import ctypes, numpy as np
a, f, n = np.ones(1), np.ones(4), np.zeros(2)
to = lambda x: x.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
code.constants.ctypes(to(a), to(f))
code.rates.ctypes(to(np.array([2.0, 3.0])), to(f), to(np.zeros(2)), to(np.zeros(4)), 0.0, to(n))
print(folder(), code.step.cache_hits, n[0])
print("sympy" in sys.modules)
"""


def run(home, factor="1.0", **environment):
    inherited = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(factor=factor)],
        capture_output=True, text=True, check=False,
        env={**inherited, "XDG_CACHE_HOME": str(home), **environment},
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    place, hits, value = told.stdout.splitlines()[0].split()
    assert told.stdout.splitlines()[1] == "False"
    return place, int(hits), float(value)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    place = tmp_path_factory.mktemp("caches")
    assert run(place)[1:] == (0, -6.0)
    return place


def files(home, ending):
    return sorted((home / "scalebridge" / "systems").rglob(f"kept_one_*{ending}"))


def test_the_next_process_finds_the_machine_code(home):
    place, hits, value = run(home)
    assert place == str(home / "scalebridge" / "systems")
    assert (hits, value) == (1, -6.0)
    assert len(files(home, ".py")) == 1


def test_another_system_of_the_same_name_is_another_program(home):
    assert run(home, factor="2.0")[2] == -12.0
    assert len(files(home, ".py")) == 2


def test_the_folder_is_the_user_s_own(home):
    assert stat.S_IMODE((home / "scalebridge" / "systems").stat().st_mode) == 0o700


def test_a_program_that_was_changed_is_written_anew_and_not_run(home):
    for path in files(home, ".py"):
        path.write_text("raise SystemExit('foreign')\n")
    assert run(home)[2] == -6.0
    assert sum("foreign" in path.read_text() for path in files(home, ".py")) == len(files(home, ".py")) - 1


def test_damaged_machine_code_is_made_anew(home):
    run(home)
    for path in [*files(home, ".nbi"), *files(home, ".nbc")]:
        path.write_bytes(b"damaged")
    assert run(home)[1:] == (0, -6.0)
    assert run(home)[1:] == (1, -6.0)


def test_numba_s_folder_is_taken_where_it_is_set(tmp_path):
    place, _, value = run(tmp_path / "unused", NUMBA_CACHE_DIR=str(tmp_path / "numba"))
    assert place == str(tmp_path / "numba" / "scalebridge-systems")
    assert value == -6.0
    assert not (tmp_path / "unused").exists()


def test_without_a_folder_to_write_to_a_temporary_one_serves(tmp_path):
    (tmp_path / "file").write_text("in the way")
    place, _, value = run(tmp_path / "file")
    assert "scalebridge-systems-" in place
    assert value == -6.0
