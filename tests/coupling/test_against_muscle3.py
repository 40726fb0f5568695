"""MUSCLE3's published reaction–diffusion example, run by MUSCLE3 and as a stage with a closure."""

from __future__ import annotations

import json
import runpy
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge import closure

pytestmark = pytest.mark.science

BENCH = Path(__file__).parents[1] / "bench"
MACRO, MICRO = 2.469136e-6, 2.469136e-8


@pytest.fixture(scope="module")
def theirs() -> dict[str, Any]:
    """What MUSCLE3 0.11 makes of its example, in an environment of its own."""
    venvs = runpy.run_path(str(BENCH / "sweep_venvs.py"))
    try:
        python = venvs["python_of"]("muscle3")
    except venvs["NotInstalled"] as reason:
        pytest.skip(f"MUSCLE3 cannot be installed here: {reason}")
    done = subprocess.run(
        [python, str(BENCH / "coupling_muscle.py")], capture_output=True, text=True, check=True, timeout=200
    )
    return dict(json.loads(done.stdout))


def by_turns(reactions: Sequence[int]) -> NDArray[np.float64]:
    """The example's discretisation as one loop, each step of diffusion after so many steps of reaction."""
    line = np.full(101, 1e-20)
    line[[25, 50, 75]] = 2.0
    for steps in reactions:
        for _ in range(steps):
            line = line + -4.05e4 * line * MICRO
        change = np.zeros_like(line)
        change[1:-1] = 4.05e-2 * ((line[:-2] + line[2:] - 2.0 * line[1:-1]) / 0.01**2) * MACRO
        change[0], change[-1] = change[1], change[-2]
        line = line + change
    return line


def test_muscle3_takes_99_or_100_steps_by_turns_and_the_loop_with_those_steps_is_its_result_bit_for_bit(
    theirs: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    taken = theirs["steps"]
    same = np.array_equal(by_turns(taken), theirs["line"])
    record_property("asked", "the same numbers as MUSCLE3 0.11, whose micro model takes 99 or 100 steps by turns")
    record_property("reached", f"bit for bit: {same}; {len(taken)} reactions of {dict(Counter(taken))} steps")
    assert same
    assert set(taken) == {99, 100}


def test_the_models_take_50_times_100_steps_and_are_what_a_loop_makes_of_them(
    theirs: dict[str, Any], stages: Any, record_property: Callable[[str, object], None]
) -> None:
    added = stages.run("reaction.macro", reaction=closure("reaction.micro", where="process"))
    found = np.asarray(added.value(("concentration",)))
    off = float(np.abs(found[-1] / by_turns([100] * 50) - 1).max())
    # MUSCLE3 stops a step of diffusion early: its last line is set against the same step of the flow
    trap = float(np.abs(np.asarray(theirs["line"]) / found[len(theirs["steps"])] - 1).max())
    record_property("asked", "a loop of 50 × 100 steps; MUSCLE3's float time is 1.6 to 3.4 % off")
    record_property(
        "reached", f"{off:.1e} off the loop; MUSCLE3 after {len(theirs['steps'])} steps {100 * trap:.2g} % off"
    )
    assert len(found) == 51
    assert off < 1e-11
    assert 0.01 < trap < 0.04
