"""Flows whose stages say how long they may take and what of their worker; every call leaves a line in NOTES."""

import os
import re
import time
from dataclasses import dataclass
from typing import Annotated

from prefect import flow

from bridge import Scale, model, runner, stage


@dataclass(frozen=True)
class Length:
    y: Annotated[float, "m"]


@model("limited.step", scale=Scale("continuum"))
def step(x: Annotated[float, "m"], *, tag: str, name: str = "step", mode: str = "") -> Length:
    """One further; or what the mode says."""
    with open(os.environ["NOTES"], "a") as file:
        file.write(f"{tag} {name} start {os.getpid()} {time.time()}\n")
    with open(os.environ["NOTES"]) as file:
        calls = sum(line.split()[:2] == [tag, name] for line in file)
    if mode == "hold":
        re.match("(a+)+$", "a" * 40 + "b")  # for hours, in C, with the interpreter's lock held
    if mode == "sleep once" and calls < 2:
        time.sleep(600)
    return Length(x + 1)


@flow(task_runner=runner())
def late(tag: str, mode: str = "hold", retries: int = 0, timeout: int = 2):
    first = stage(step, name="first").submit(x="1 m", tag=tag, name="first")
    slow = stage(step, name="slow", timeout=timeout, retries=retries)
    second = slow.submit(x=first.y, tag=tag, name="slow", mode=mode)
    stage(step, name="beside").submit(x="5 m", tag=tag, name="beside")
    return stage(step, name="last").submit(x=second.y, tag=tag, name="last")


@flow(task_runner=runner())
def asking(tag: str, cpus: int = 1, memory: str = "100 MB", gpu: int = 0):
    first = stage(step, name="first").submit(x="1 m", tag=tag, name="first")
    more = {"gpu": gpu} if gpu else {}
    return stage(step, name="large", cpus=cpus, memory=memory, **more).submit(x=first.y, tag=tag, name="large")
