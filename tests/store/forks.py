"""Forked processes, for programs of the tests: what they did is their exit code, and some die at a step they take."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

#: How a process ends that dies at a step.
DIED = 7
_STEPS = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "os.truncate", "shutil.rmtree"}


def begun(work: Callable[[], int]) -> int:
    """Begin something in a forked process; its number."""
    number = os.fork()
    if number == 0:
        try:
            code = work()
        except BaseException:
            traceback.print_exc()
            code = 99
        os._exit(code)
    return number


def ended(number: int) -> int:
    """Wait for a process; its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def child(work: Callable[[], int]) -> int:
    """Do something in a forked process; its exit code."""
    return ended(begun(work))


def die_at(step: int, but: int = -1, after: str = "") -> Callable[[], None]:
    """Have this process die at one of the steps that touch the disk; called again, no more.

    What is written to the descriptor ``but`` is no step. With ``after``, steps count from when a file or folder was
    moved to a place whose path ends so.
    """
    count, counting = 0, not after

    def on(event: str, given: Any = None) -> None:
        nonlocal count, counting
        if not counting:
            counting = event == "os.rename" and str(given[1]).endswith(after)
        elif event in _STEPS and count >= 0:
            count += 1
            if count == step:
                os._exit(DIED)

    def counted(call: Callable[..., Any], *given: Any) -> Any:
        if given[0] != but:
            on("open")
        return call(*given)

    def over() -> None:
        nonlocal count
        count = -1

    for name in ("fsync", "write"):  # they have no audit event
        setattr(os, name, functools.partial(counted, getattr(os, name)))
    sys.addaudithook(on)
    return over
