"""A program runs in a folder of its own and ends with whoever started it; only output of a good end is taken."""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from small_programs import Bar, bar_of, decayed, echo, script

from bridge import external
from bridge.errors import ValueRefused
from bridge.external import ProgramFailed
from bridge.external.calling import arguments
from bridge.external.declaring import spec_of
from bridge.external.running import run
from bridge.models import model_of
from bridge.places import computing
from bridge.testing import check_model

TWICE = """
x = float(open("x.txt").read())
open("y.txt", "w").write(f"y = {2 * x!r}\\n")
"""


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def gone(pid: int) -> bool:
    """Whether a process has ended, though nobody may have asked how."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def left(home: Path) -> list[Path]:
    """Working folders that are still there."""
    return [p for top in (home / "external", home.parent / "scratch") for p in top.glob("**/attempt-*") if p.is_dir()]


def test_a_program_is_called_as_a_function_and_leaves_nothing_behind(home: Path) -> None:
    assert script(TWICE)(0.125).y == 250.0
    assert left(home) == []


def test_a_program_keeps_what_its_declaration_promises(heat: Path) -> None:
    found = check_model(bar_of(), length="10 cm", diffusivity="1e-6 m^2/s")
    assert found["steps"] == 1000


def test_the_heat_equation_decays_as_its_closed_form(heat: Path) -> None:
    bar: Bar = bar_of()(0.1, 1e-6)
    assert bar.amplitude == pytest.approx(decayed(0.1, 1e-6), rel=1e-12)  # a thousand roundings of 1e-16
    assert np.allclose(bar.profile, bar.amplitude * np.sin(np.pi * bar.x / 0.1), atol=1e-12)
    assert bar.x[-1] == pytest.approx(0.1, rel=1e-15)


def test_a_program_has_no_input_a_clean_environment_and_what_is_declared(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "1")
    tells = script(
        """
        import os, sys
        assert sys.stdin.read() == ""
        assert "SECRET" not in os.environ and os.environ["MINE"] == "$HOME; ls"
        assert sys.argv[1:] == ["a b; rm *", "-3.5", "$(ls)"], sys.argv
        open("y.txt", "w").write("y = 1\\n")
        """,
        environment={"MINE": "$HOME; ls"},
        arguments=["a b; rm *", "{{ (x | to('m')) * -3.5 }}", "$(ls)", "{% if x | to('m') > 2 %}never{% endif %}"],
    )
    assert tells(1.0).y == 1000.0


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "import sys; sys.exit('no such basis')",
            r"python ended with exit status 1 after .*stderr\):\n    no such basis",
        ),
        ("print('half way'); raise SystemExit(3)", r"exit status 3 .*\(stdout\):\n    half way"),
        ("import os; os.kill(os.getpid(), 11)", r"was ended by SIGSEGV \(it used memory that is not its own\)"),
        ("import os; os.kill(os.getpid(), 9)", r"was ended by SIGKILL \(often memory ran out\)"),
        ("", r"the program wrote no y\.txt\. There are script\.py, stderr, stdout, x\.txt"),
    ],
)
def test_a_bad_end_is_told_with_its_last_words_and_its_files_are_kept(home: Path, source: str, said: str) -> None:
    with pytest.raises(ProgramFailed, match=f"(?s){said}.*kept in ") as caught:
        script(source)()
    (folder,) = left(home)
    assert str(folder) in str(caught.value)
    assert (folder / "x.txt").read_text() == "1.0\n"


def test_output_that_an_earlier_attempt_left_is_not_taken(home: Path) -> None:
    """The first attempt writes its output and crashes; the second writes nothing and ends well."""
    once = "import os; open('y.txt', 'w').write('y = 7'); os.kill(os.getpid(), 9)"
    with computing("e" * 64):
        for source, said in ((once, "killed|signal|SIGKILL"), ("pass", "wrote no")):
            with pytest.raises(ProgramFailed, match=said):
                script(source)(1.0)


def test_what_was_written_before_a_crash_is_not_taken(home: Path) -> None:
    with pytest.raises(ProgramFailed, match="SIGABRT"):
        script(TWICE + "\nimport os; os.abort()")()


def test_a_file_older_than_the_start_is_not_taken(home: Path) -> None:
    with pytest.raises(ProgramFailed, match=r"y\.txt is older than the start of the program"):
        script(TWICE + "\nimport os; os.utime('y.txt', (1e9, 1e9))")()


def test_a_file_that_leads_elsewhere_is_not_taken(home: Path) -> None:
    (home / "y.txt").write_text("y = 5\n")
    with pytest.raises(ProgramFailed, match=r"y\.txt leads out of the working folder"):
        script(f"import os; os.symlink({str(home / 'y.txt')!r}, 'y.txt')")()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("os.mkdir('y.txt')", r"y\.txt is a folder, no file"),
        ("os.mkfifo('y.txt')", r"y\.txt is a pipe, a socket or a device, no file"),
        ("os.symlink('y.txt', 'y.txt')", r"y\.txt cannot be read: Symlink loop"),
        ("open('y.txt', 'wb').truncate(1 << 43)", r"y\.txt has 8796093022208 bytes, more than there is memory for"),
        ("import shutil; shutil.rmtree(os.getcwd())", r"the program wrote no y\.txt"),
    ],
)
def test_output_that_cannot_be_read_is_an_error(home: Path, source: str, said: str) -> None:
    with pytest.raises(ProgramFailed, match=f"(?s){said}.*kept in "):
        script(f"import os; {source}")()


def test_what_a_terminal_would_obey_is_not_repeated(home: Path) -> None:
    with pytest.raises(ProgramFailed) as caught:
        script("print('\\x1b]0;title\\x07done', flush=True); raise SystemExit(1)")()
    assert "\ufffd]0;title\ufffddone" in str(caught.value)
    with pytest.raises(ProgramFailed, match="nothing matches") as caught:
        script("open('y.txt', 'w').write('y \\x1b[31m')")()
    assert "1: y \ufffd[31m" in str(caught.value)


def test_what_is_not_a_number_may_not_leave(home: Path) -> None:
    with pytest.raises(ValueRefused, match="left its model as nan"):
        model_of(script("open('y.txt', 'w').write('y = nan\\n')")).call({"x": 1.0})


def test_a_full_disk_is_an_error_even_if_the_program_did_not_notice(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = type("Usage", (), {"free": 0})
    monkeypatch.setattr("bridge.external.calling.shutil.disk_usage", lambda _: full)
    with pytest.raises(ProgramFailed, match=r"the disk of .* is full: what python wrote may be cut off"):
        script(TWICE)()


def over(home: Path, source: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is told of a program whose time was up when it had begun: on a busy machine it is given more time."""
    for walltime in (0.5, 4, 32):
        monkeypatch.setattr("bridge.external.running.GRACE", 0.6 * walltime)
        with pytest.raises(ProgramFailed, match=r"was ended after .*, its walltime") as caught:
            script(source, walltime=f"{walltime} s")()
        if "Its last words" in str(caught.value):
            break
    return str(caught.value)


def test_a_walltime_ends_a_program_that_does_not_want_to(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stubborn = """
        import signal, time
        signal.signal(signal.SIGTERM, lambda *_: print("not yet", flush=True))
        while True:
            time.sleep(0.05)
    """
    assert "    not yet" in over(home, stubborn, monkeypatch)


def test_a_program_may_end_by_itself_when_its_time_is_up(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    polite = """
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped, state saved"))
        while True:
            time.sleep(0.05)
    """
    assert "stopped, state saved" in over(home, polite, monkeypatch)


FORKS = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("child", "w").write(str(os.getpid()))
        time.sleep(300)
    os._exit(0)
while not os.path.exists("child") or not open("child").read():
    time.sleep(0.01)
"""


def test_nothing_that_a_program_started_outlives_it(home: Path) -> None:
    copies = FORKS + "open('y.txt', 'w').write(f\"y = {open('child').read()}\\n\")"
    child = int(script(copies)().y / 1000)
    assert gone(child)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_program_ends_with_the_process_that_started_it(home: Path, end: int) -> None:
    folder = home / "work"
    folder.mkdir()
    (folder / "script.py").write_text(FORKS + "time.sleep(300)\n")
    start = f"""
        from pathlib import Path
        from bridge.external.running import run
        run([{sys.executable!r}, "-I", "-S", "script.py"], Path({str(folder)!r}), {{}}, grace=0.2)
    """
    starter = subprocess.Popen([sys.executable, "-c", textwrap.dedent(start)])
    until(lambda: (folder / "child").exists() and (folder / "child").read_text())
    family = psutil.Process(starter.pid).children(recursive=True)
    assert len(family) >= 3  # watcher, program, child
    starter.send_signal(end)
    starter.wait(60)
    psutil.wait_procs(family, timeout=60)
    assert [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE] == []


def test_a_program_ends_with_the_process_that_watches_over_it(home: Path) -> None:
    source = "import os, time; open('pid', 'w').write(str(os.getpid())); os.kill(os.getppid(), 9); time.sleep(300)"
    with pytest.raises(ProgramFailed, match="was lost: the process that watched over it was ended"):
        script(source)()
    (folder,) = left(home)
    until(lambda: gone(int((folder / "pid").read_text())))


def test_a_program_that_leaves_its_group_is_ended_all_the_same(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.external.running.GRACE", 0.2)
    deaf = "import os, signal, time; signal.signal(15, signal.SIG_IGN); os.setpgid(0, os.getppid()); time.sleep(300)"
    with pytest.raises(ProgramFailed, match="its walltime"):
        script(deaf, walltime="0.3 s")()


def test_a_program_that_is_no_program_is_told(home: Path) -> None:
    (home / "broken").write_bytes(b"\x7fELF nothing of the kind")
    (home / "broken").chmod(0o755)
    with pytest.raises(ProgramFailed, match=r"broken cannot be started: Exec format error"):
        run([str(home / "broken")], home, {})


def test_a_value_may_not_become_an_option(home: Path) -> None:
    assert echo("it's; $(all) right").said == '["it\'s; $(all) right"]'
    with pytest.raises(ValueRefused, match=r"argument 3 is '--delete': a value must not become an option"):
        echo("--delete")
    block = dataclasses.replace(spec_of(echo), arguments=("{% if name %}{{ name }}{% endif %}",))
    with pytest.raises(ValueRefused, match=r"argument 1 is '-x': a value must not become an option"):
        arguments(block, {"name": "-x"})
    with pytest.raises(ValueRefused, match=r"small\.echo\.name holds '\\n'.*Make it a File"):
        echo("one\ntwo")


def test_numbers_are_written_so_that_reading_them_gives_them_back(home: Path) -> None:
    rng = np.random.default_rng(7)
    copied = script(
        "open('y.txt', 'w').write('y = ' + open('x.txt').read())", reads={"y": external.Found("y.txt", r"(\S+)$", "mm")}
    )
    for x in [*(10 ** rng.uniform(-300, 300, 4) * rng.uniform(-1, 1, 4)).tolist(), 0.1, 5e-324]:
        assert copied(x).y == x


def test_two_at_the_same_do_not_meet(home: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from bridge.places import computing

    slow = script("import time; time.sleep(0.2)\n" + TWICE)

    def one(_: int) -> float:
        with computing("a" * 64):
            return float(slow().y)

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(one, range(4))) == [2000.0] * 4
    assert left(home) == []


def test_an_unstable_step_is_an_error_unless_said_otherwise(heat: Path) -> None:
    with pytest.raises(ProgramFailed, match=r"heat\.bar: the time step is too long for the cells\."):
        bar_of()(0.1, 1e-6, step=3.0)
    with pytest.warns(UserWarning, match="the time step is too long"):
        assert abs(bar_of("warn")(0.1, 1e-6, step=3.0).amplitude) > 0


def test_a_missing_launcher_says_what_to_install(home: Path) -> None:
    (home / "programs.toml").write_text('[python]\nlauncher = ["no-mpirun", "-n", "{ranks}"]\n')
    with pytest.raises(ProgramFailed, match=r"'no-mpirun', which starts python .* is not on"):
        script(TWICE, launcher=external.Mpi(2))()


def test_the_launcher_of_this_machine_is_told_the_ranks(home: Path) -> None:
    launcher = home / "mylauncher"
    launcher.write_text('#!/bin/sh\necho "ranks $2" > launched\nshift 2\nexec "$@"\n')
    launcher.chmod(0o755)
    (home / "programs.toml").write_text(f'[python]\nlauncher = ["{launcher}", "-n", "{{ranks}}"]\n')
    made = script(
        TWICE + "\nopen('y.txt','w').write('y = ' + open('launched').read().split()[1] + '\\n')",
        launcher=external.Mpi(6),
    )
    assert made().y == 6000.0
