"""What an attempt that was cut off has left is gone on from; nothing else of it is looked at."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_programs import bar_of, decayed, script

from bridge.external import ProgramFailed
from bridge.places import computing

KEY = "k" * 64


def attempts(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "external").glob("*/attempt-*") if path.is_dir())


def cut_off(call: Callable[[], Any]) -> Any:
    """What a call gives, or nothing if it was cut off and the next goes on."""
    try:
        return call()
    except ProgramFailed as reason:
        if "the next attempt goes on from heat.ckpt" not in str(reason):
            raise
        return None


def in_attempts(home: Path, key: str, walltime: float) -> tuple[int, Any]:
    """How often a bar was cut off that takes three times its walltime, and what it gave in the end."""
    bar, ended = bar_of(walltime=f"{walltime} s"), 0
    with computing(key):
        while (found := cut_off(lambda: bar(0.1, 1e-6, pause=walltime / 35))) is None:
            ended += 1
            assert attempts(home) == [f"attempt-{n}" for n in range(max(1, ended - 1), ended + 1)]
    return ended, found


def test_a_walltime_is_not_a_loss(heat: Path, home: Path) -> None:
    """A hundred pauses of 20 ms take 2 s and more; each attempt has 0.7 s, or all of it 30 times as much.

    Where the machine is so busy that 0.7 s pass before the first pause, the attempt has left nothing.
    """
    try:
        ended, found = in_attempts(home, KEY, 0.7)
    except ProgramFailed as reason:
        if "the next attempt begins anew" not in str(reason):
            raise
        shutil.rmtree(home / "external")
        ended, found = in_attempts(home, KEY, 21.0)
    assert ended >= 1
    assert b"went on from step" in found.said.content
    assert found.steps == 1000
    assert found.amplitude == bar_of()(0.1, 1e-6).amplitude  # to the last bit: the state is written whole
    assert found.amplitude == pytest.approx(decayed(0.1, 1e-6), rel=1e-12)
    assert attempts(home) == []


STEPS = """
import os, sys
done = int(open("state").read()) if len(sys.argv) > 1 else 0
if {broken}:
    sys.exit("the state is broken")
open("state", "w").write(str(done + 1))
open("y.txt", "w").write(f"y = {{done}}\\n")
{end}
"""


def stepping(end: str, broken: str = "False", **more: object) -> object:
    return script(
        STEPS.format(end=end, broken=broken), arguments=["{% if restart %}-r{% endif %}"], restart=["state"], **more
    )


def fails(model: object) -> str:
    with computing(KEY), pytest.raises(ProgramFailed) as caught:
        model(1.0)  # type: ignore[operator]
    return str(caught.value)


def states(home: Path) -> list[str]:
    return [path.read_text() for path in sorted((home / "external").glob("*/attempt-*/state"))]


def test_an_attempt_that_was_killed_is_gone_on_from(home: Path) -> None:
    killed = stepping("import os; os.kill(os.getpid(), 9)")
    for n in range(1, 4):
        assert "the next attempt goes on from state" in fails(killed)
        assert states(home)[-1] == str(n)
    assert len(attempts(home)) == 2  # the last, and the one it went on from


def test_one_that_goes_on_and_fails_at_once_is_not_repeated(home: Path) -> None:
    model = stepping("sys.exit(1)", broken="done == 1")
    fails(model)
    assert "the state is broken" in fails(model)  # it went on, and left nothing new
    fails(model)
    assert states(home)[-1] == "1"  # it began anew


def test_an_attempt_that_ended_well_with_wrong_output_is_not_gone_on_from(home: Path) -> None:
    model = stepping("open('y.txt', 'w').write('y = none')")
    for _ in range(2):
        assert "is no number" in fails(model)
        assert states(home)[-1] == "1"


def test_other_inputs_do_not_meet_what_was_left(home: Path) -> None:
    killed = stepping("import os; os.kill(os.getpid(), 9)")
    fails(killed)
    with computing(KEY), pytest.raises(ProgramFailed):
        killed(2.0)  # type: ignore[operator]
    assert states(home) == ["1", "1"]


def test_a_restart_file_that_is_not_written_anew_is_no_output(home: Path) -> None:
    from bridge import external

    model = script(
        """
        import os, sys
        if len(sys.argv) == 1:
            open("y.txt", "w").write("y = 1\\n")
            os.kill(os.getpid(), 9)
        """,
        arguments=["{% if restart %}-r{% endif %}"],
        restart=["y.txt"],
    )
    fails(model)
    assert "y.txt is older than the start of the program" in fails(model)
    assert external.ProgramFailed is ProgramFailed


def test_what_was_left_at_the_time_of_the_start_or_by_a_clock_that_is_ahead_is_older(home: Path) -> None:
    model = script(
        """
        import os, sys, time
        if len(sys.argv) == 1:
            open("y.txt", "w").write("y = 1\\n")
            os.utime("y.txt", (time.time() + 3600,) * 2)
            os.kill(os.getpid(), 9)
        """,
        arguments=["{% if restart %}-r{% endif %}"],
        restart=["y.txt"],
    )
    fails(model)
    assert "y.txt is older than the start of the program" in fails(model)


def test_outside_of_the_platform_every_start_is_the_first(home: Path) -> None:
    killed = stepping("import os; os.kill(os.getpid(), 9)")
    for _ in range(2):
        with pytest.raises(ProgramFailed):
            killed(1.0)  # type: ignore[operator]
    assert [p.read_text() for p in (home.parent / "scratch").glob("*/attempt-1/state")] == ["1", "1"]
