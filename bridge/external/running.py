"""A program while it runs: started without a shell, watched, and ended with whoever started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import BridgeError
from bridge.external.errors import ProgramFailed
from bridge.external.finding import readable
from bridge.literals import duration

WATCHER = Path(__file__).with_name("watcher.py")
#: Seconds a program has to end by itself when it is asked to; SLURM's own is 30.
GRACE = 10.0
#: Lines of what a program wrote last that an error shows.
LINES = 8


@dataclass(frozen=True)
class Ended:
    """How a program ended: its exit status, or minus the signal, after so many seconds, and whether time was up."""

    status: int
    seconds: float
    over: bool = False

    @property
    def well(self) -> bool:
        """Whether it ended by itself with status 0."""
        return self.status == 0 and not self.over

    def __str__(self) -> str:
        if self.over:
            return f"was ended after {duration(self.seconds)}, its walltime"
        if self.status < 0:
            return f"was ended by {_signal(-self.status)} after {duration(self.seconds)}"
        return f"ended with exit status {self.status} after {duration(self.seconds)}"


def run(
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    walltime: float | None = None,
    afterwards: Sequence[str] = (),
    grace: float | None = None,
) -> Ended:
    """Run a program in a folder to its end; what it prints goes to ``stdout`` and ``stderr`` there.

    It has no input, a group of its own, and ends with this process however that ends. After ``walltime`` seconds it
    is asked to end (SIGTERM), and ended after ``grace`` seconds more; ``afterwards`` is a command that is run then, and
    when this process is gone. Raises ProgramFailed where it cannot be started.
    """
    life, held = os.pipe()
    told, tell = os.pipe()
    watcher = [
        sys.executable,
        "-I",
        "-S",
        str(WATCHER),
        str(life),
        str(tell),
        str(walltime or 0),
        str(GRACE if grace is None else grace),
    ]
    try:
        with open(folder / "stdout", "wb") as out, open(folder / "stderr", "wb") as err:
            process = subprocess.Popen(
                [*watcher, str(len(afterwards)), *afterwards, *words],
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                pass_fds=(life, tell),
                start_new_session=True,
            )
    except OSError as reason:
        os.close(held)
        os.close(told)
        raise ProgramFailed(f"{words[0]} cannot be started in {folder}: {reason.strerror}.") from None
    finally:
        os.close(life)
        os.close(tell)
    try:
        with open(told, "rb") as file:
            said = file.read().decode().split()
    finally:
        os.close(held)  # whatever happened here: the program ends
        process.wait()
    if len(said) < 3:
        raise ProgramFailed(f"{words[0]} in {folder} was lost: the process that watched over it was ended.")
    why, status, seconds = said[0], int(said[1]), float(said[2])
    if why == "unstarted":
        raise ProgramFailed(f"{words[0]} cannot be started: {os.strerror(status)}.")
    if why == "gone":
        raise ProgramFailed(f"{words[0]} in {folder} was ended from outside after {duration(seconds)}.")
    return Ended(status, seconds, why == "walltime")


def last_words(folder: Path) -> str:
    """What a program printed last, from ``stderr`` if it said anything there, else from ``stdout``."""
    for name in ("stderr", "stdout"):
        try:
            with open(folder / name, "rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 4000))
                lines = file.read().decode("utf-8", "replace").strip().splitlines()
        except OSError:
            continue
        if lines:
            return f"Its last words ({name}):\n" + "\n".join(f"    {readable(line[:200])}" for line in lines[-LINES:])
    return "It said nothing."


def seconds_of(walltime: str | float | None, error: type[BridgeError], at: str) -> float | None:
    """Read a time such as ``"1 h"``. Raises ``error``."""
    if walltime is None:
        return None
    from bridge.kinds.base import Within
    from bridge.kinds.measured import Number

    try:
        return Number("s", Within(0, strict=True)).literal(walltime, f"{at}.walltime")
    except BridgeError as reason:
        raise error(str(reason)) from None


def _signal(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    meanings = {
        "SIGKILL": "often memory ran out",
        "SIGSEGV": "it used memory that is not its own",
        "SIGABRT": "it gave up",
        "SIGBUS": "often a disk is full",
        "SIGXFSZ": "a file grew beyond its limit",
        "SIGXCPU": "its processor time was up",
        "SIGFPE": "a number could not be computed",
        "SIGILL": "it was built for another processor",
    }
    return f"{name} ({meanings[name]})" if name in meanings else name
