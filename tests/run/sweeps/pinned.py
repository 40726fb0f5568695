"""A model that costs CPU time and notes every call, for a sweep whose workers are killed."""

import os
import time
from dataclasses import dataclass

from prefect import flow

from bridge import Scale, model, runner, stage


def note(*words):
    """One line, in one write: several processes append."""
    file = os.open(os.environ["NOTES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, (" ".join(map(str, words)) + "\n").encode())
    finally:
        os.close(file)


@dataclass(frozen=True)
class Mixed:
    value: float


@model("pinned.mix", scale=Scale("continuum"))
def mix(*, p: int, q: int, r: int, s: int, cost: float) -> Mixed:
    """A number from four, for a given CPU time in seconds; where all are one, it waits at the gate if there is one."""
    note("start", p, q, r, s, os.getpid())
    while p == q == r == s == 1 and os.path.exists(f"{os.environ['NOTES']}.gate"):
        time.sleep(0.02)
    end = time.thread_time() + cost
    while time.thread_time() < end:
        pass
    note("end", p, q, r, s, os.getpid())
    return Mixed(p + 10.0 * q + 100 * r + 1000 * s)


@flow(task_runner=runner())
def pinned(p: int = 0, q: int = 0, r: int = 0, s: int = 0, cost: float = 0.12):
    """One stage of four numbers."""
    return stage(mix).submit(p=p, q=q, r=r, s=s, cost=cost)
