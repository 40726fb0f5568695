"""Flows that tests sweep; every call of a model leaves a line in the file NOTES."""

import enum
import os
import time
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from ase import Atoms
from numpy.typing import NDArray
from prefect import flow, task

from bridge import Q, Scale, Within, model, runner, stage


def note(tag, *words):
    with open(os.environ["NOTES"], "a") as file:
        file.write(" ".join(map(str, (tag, *words))) + "\n")


@dataclass(frozen=True)
class Fine:
    y: Annotated[float, "m"]
    count: int
    name: str
    profile: Annotated[NDArray[np.float64], "K", ("site",)]
    site: Annotated[NDArray[np.float64], "nm", ("site",)]


@model("swept.fine", scale=Scale("atomistic", length="1 angstrom .. 1 nm"))
def fine(x: Annotated[float, "m", Within(0, 1000)], *, tag: str = "-", seconds: float = 0.0) -> Fine:
    """Twice as much."""
    note(tag, "fine", x)
    time.sleep(seconds)
    if x == 13.5:
        raise ZeroDivisionError("thirteen and a half")
    return Fine(2 * x, int(x), f"x={x:g}", np.array([x, 2 * x]), np.array([0.0, 1.0]))


@dataclass(frozen=True)
class Coarse:
    z: Annotated[float, "mm"]


@model("swept.coarse", scale=Scale("continuum", length="1 um .. 1 m"))
def coarse(y: Annotated[float, "cm"], t: Annotated[float, "s"], *, tag: str = "-", mode: str = "") -> Coarse:
    """A sum that mixes everything."""
    note(tag, "coarse", y, t)
    if mode == "nan" and t > 2:
        return Coarse(float("nan"))
    if mode == "die" and t > 2:
        os.kill(os.getpid(), 9)
    if mode == "slow" and t > 2:
        time.sleep(60)
    return Coarse(y + 1000 * t)


@model("swept.other", scale=Scale("continuum", length="1 um .. 1 m"))
def other(y: Annotated[float, "cm"], t: Annotated[float, "s"], *, tag: str = "-", mode: str = "") -> Coarse:
    """Another way to the same port."""
    note(tag, "other", y, t)
    return Coarse(y - 1000 * t)


@dataclass(frozen=True)
class Cell:
    atoms: Atoms
    size: Annotated[float, "angstrom"]


@model("swept.cell", scale=Scale("atomistic"))
def cell(x: Annotated[float, "m"], *, tag: str = "-") -> Cell:
    """Something that does not stack."""
    note(tag, "cell", x)
    return Cell(Atoms("Cu", cell=[x, x, x], pbc=True), x)


@dataclass(frozen=True)
class Total:
    total: Annotated[float, "m"]


@model("swept.greedy", scale=Scale("continuum"))
def greedy(a: Annotated[NDArray[np.float64], "m", ("n",)], b: Annotated[float, "m"]) -> Total:
    """Writes into its argument."""
    total = float(a.sum()) + b
    a[:] = 0
    return Total(total)


MODELS = {"coarse": coarse, "other": other}


@flow(task_runner=runner())
def chain(x: str = "1 m", t: str = "1 s", tag: str = "-", mode: str = "", seconds: float = 0.0):
    first = stage(fine).submit(x=x, tag=tag, seconds=seconds)
    return stage(coarse).submit(y=first.y, t=t, tag=tag, mode=mode)


@flow(task_runner=runner())
def choosing(x: str = "1 m", t: str = "1 s", which: str = "coarse", tag: str = "-"):
    """The body looks at one of its parameters."""
    first = stage(fine).submit(x=x, tag=tag)
    return stage(MODELS[which]).submit(y=first.y, t=t, tag=tag)


@flow(task_runner=runner())
def asking(x: str = "1 m", t: str = "1 s", kind: str = "with", tag: str = "-"):
    """The body asks what no placeholder can take note of."""
    first = stage(fine).submit(x=x, tag=tag)
    if isinstance(kind, str) and kind.endswith("out"):
        return first
    return stage(coarse).submit(y=first.y, t=t, tag=tag)


@flow(task_runner=runner())
def quiet(x: str = "1 m", t: str = "1 s", tag: str = "-"):
    """The body branches on the type of a parameter without touching its value."""
    length = x if type(x) is str else "2 m"
    return stage(fine).submit(x=length, tag=tag)


class Size(enum.Enum):
    SMALL = "1 m"
    LARGE = "2 m"


@dataclass(frozen=True)
class Chain:
    site: Annotated[NDArray[np.float64], "nm", ("site",)]
    heat: Annotated[NDArray[np.float64], "K", ("site", "end")]


@model("swept.sites", scale=Scale("atomistic", length="1 angstrom .. 1 nm"))
def sites(x: Annotated[float, "m"], *, count: int = 3) -> Chain:
    """A chain of some sites."""
    return Chain(np.arange(count) * 0.1, np.full((count, 2), x))


@flow(task_runner=runner())
def two_chains(x: str = "1 m", tag: str = "-"):
    stage(sites, name="long").submit(x=x, count=3)
    return stage(sites, name="short").submit(x=x, count=2)


@flow(task_runner=runner())
def coerced(size: Size = Size.SMALL, tag: str = "-"):
    return stage(fine).submit(x=size.value, tag=tag)


@flow(task_runner=runner())
def cells(x: str = "1 m", tag: str = "-"):
    return stage(cell).submit(x=x, tag=tag)


@flow(task_runner=runner())
def writing(b: str = "1 m"):
    return stage(greedy).submit(a=Q([1.0, 2.0], "m"), b=b)


@flow(task_runner=runner())
def retried(x: str = "1 m", t: str = "1 s", tag: str = "-", mode: str = ""):
    first = stage(fine, retries=2).submit(x=x, tag=tag)
    return stage(coarse, timeout=8).submit(y=first.y, t=t, tag=tag, mode=mode)


@task
def outside():
    return "1 m"


@flow(task_runner=runner())
def tasked(t: str = "1 s"):
    return stage(fine).submit(x=outside())
