"""Stands between a worker and a program it started, and ends the program with everything it started.

A process of its own, run by path with nothing but the standard library's quickest modules: a worker that is killed
outright cannot end anything, so somebody else must notice. Arguments: a file that is closed when the worker is gone, a
file to tell the end in, seconds the program may take (0: any), seconds between asking it to end and ending it, how many
words of a last command follow, those words, and the program's words.
"""

# ruff: noqa: SIM105 - contextlib alone would cost as much as all else here

from __future__ import annotations

import os
import select
import signal
import sys
import time


def main() -> None:
    """Start the program, wait for its end or a reason to end it, and tell which it was."""
    life, told, walltime, grace, count = (
        int(sys.argv[1]),
        int(sys.argv[2]),
        *map(float, sys.argv[3:5]),
        int(sys.argv[5]),
    )
    last, words = sys.argv[6 : 6 + count], sys.argv[6 + count :]
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda signum, _: asked.append(signum))
    adopt()
    wake = woken()
    began = time.monotonic()
    program = start(words, told)
    why = "itself"
    status = None
    while status is None:
        left = began + walltime - time.monotonic() if walltime else 1.0
        ready, _, _ = select.select([life, wake], [], [], max(0.0, min(1.0, left)))
        drain(wake)
        status = reaped(program)
        if status is None and (life in ready or asked or (walltime and time.monotonic() - began >= walltime)):
            why = "gone" if life in ready or asked else "walltime"
            status = ended(program, grace, wake)
    leave_nothing(program)
    if why != "itself" and last:
        run(last)
    try:
        os.write(told, f"{why} {status} {time.monotonic() - began:.3f}\n".encode())
    except OSError:
        pass  # whom it would tell is gone
    os._exit(0)


def adopt() -> None:
    """Become the parent of whatever the program leaves behind (Linux), so that it can be found and ended."""
    prctl(36, 1)  # PR_SET_CHILD_SUBREAPER, linux/prctl.h


def prctl(option: int, value: int) -> None:
    """Ask something of the kernel (Linux)."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def woken() -> int:
    """A file that can be read from when a child has ended."""
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    return read


def drain(wake: int) -> None:
    """Empty the file that wakes."""
    try:
        while os.read(wake, 512):
            pass
    except BlockingIOError:
        pass


def start(words: list[str], told: int) -> int:
    """Start the program in a group of its own; that it cannot be started is told at once.

    It ends when the watcher is killed, which cannot end it any more then.
    """
    watcher = os.getpid()
    program = os.fork()
    if program:
        return program
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != watcher:  # it was killed before that was asked for
            os._exit(127)
        os.setpgid(0, 0)
        os.set_inheritable(told, False)
        os.execv(words[0], words)
    except OSError as reason:
        os.write(told, f"unstarted {reason.errno} 0\n".encode())
    os._exit(127)


def reaped(program: int) -> int | None:
    """The program's status if it has ended; what else has ended is let go."""
    status = None
    while True:
        try:
            pid, raw = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status
        if pid == 0:
            return status
        if pid == program:
            status = os.waitstatus_to_exitcode(raw)


def ended(program: int, grace: float, wake: int) -> int:
    """Ask the program to end, wait, end it; its status."""
    ask(program, signal.SIGTERM)
    end = time.monotonic() + grace
    status = None
    while status is None and time.monotonic() < end:
        select.select([wake], [], [], max(0.0, min(1.0, end - time.monotonic())))
        drain(wake)
        status = reaped(program)
    while status is None:
        ask(program, signal.SIGKILL)
        time.sleep(0.01)
        status = reaped(program)
    return status


def ask(program: int, number: int) -> None:
    """Send a signal to the program and its group, though it may have left that."""
    tell(program, number)
    if os.getpgid(program) != program:
        os.kill(program, number)


def leave_nothing(program: int) -> None:
    """End what the program started and did not end."""
    tell(program, signal.SIGKILL)
    for _ in range(1000):  # ten seconds: what waits for a disk ends later
        left = below(os.getpid())
        if not left:
            return
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.01)
        reaped(program)


def tell(program: int, number: int) -> None:
    """Send a signal to the program's group."""
    try:
        os.killpg(program, number)
    except (ProcessLookupError, PermissionError):
        pass


def below(top: int) -> list[int]:
    """Processes that descend from one, where the kernel lists them."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    words = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if words[0] not in (b"Z", b"X"):
                children.setdefault(int(words[1]), []).append(int(name))
    found, waiting = [], [top]
    while waiting:
        more = children.get(waiting.pop(), [])
        found += more
        waiting += more
    return found


def run(words: list[str]) -> None:
    """Run one more command, for half a minute at most."""
    pid = os.fork()
    if not pid:
        try:
            os.execvp(words[0], words)
        except OSError:
            os._exit(127)
    for _ in range(3000):
        if os.waitpid(pid, os.WNOHANG)[0]:
            return
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
