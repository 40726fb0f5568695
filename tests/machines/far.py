"""A flow whose models note when and on which host they are called; a program for the tests of several hosts."""

import os
import platform
import time
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from prefect import flow

from bridge import Scale, model, runner, stage


def note(name: str, what: str) -> None:
    with open(os.environ["NOTES"], "a") as file:
        file.write(f"{name} {what} {platform.node()} {time.time():.3f}\n")


@dataclass(frozen=True)
class Reached:
    x: Annotated[float, "m"]
    field: Annotated[NDArray[np.float64], "K", ("n",)]


@model("far.step", scale=Scale("continuum"))
def step(x: Annotated[float, "m"], y: Annotated[float, "m"], *, name: str, seconds: float = 0.0) -> Reached:
    """One further, from two places."""
    note(name, "start")
    time.sleep(seconds)
    note(name, "end")
    return Reached(x + y + 1, x + np.arange(300.0))


@flow(task_runner=runner())
def fork(seconds: float = 0.5, long: float = 0.5):  # type: ignore[no-untyped-def]
    """First a, then b and c at once for `long`, then d and e."""

    def go(name: str, x: Any, y: Any = "0 m", seconds: float = seconds) -> Any:
        return stage(step, name=name).submit(x=x, y=y, name=name, seconds=seconds)

    first = go("a", "0 m")
    left, right = go("b", first.x, "0 m", long), go("c", first.x, "1 m", long)
    return go("e", go("d", left.x, right.x).x)


STAGES = list("abcde")
