"""A flow for the tests of schedules: light, noting every call of its model in the file NOTES."""

import os
import time
from dataclasses import dataclass
from typing import Annotated

from prefect import flow

from bridge import Scale, model, runner, stage


@dataclass(frozen=True)
class Doubled:
    y: Annotated[float, "m"]


@model("clocked.double", scale=Scale("continuum"))
def double(x: Annotated[float, "m"], *, tag: str, seconds: float = 0.0) -> Doubled:
    """Twice as much, after a while."""
    with open(os.environ["NOTES"], "a") as file:
        file.write(f"{tag} {x} {os.getpid()}\n")
    time.sleep(seconds)
    return Doubled(2 * x)


@flow(task_runner=runner())
def clocked(tag: str, x: str = "1 m", seconds: float = 0.0):
    """One stage."""
    return stage(double).submit(x=x, tag=tag, seconds=seconds)
