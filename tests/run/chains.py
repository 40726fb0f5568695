"""Flows for the tests of running; every call of a model leaves a line in the file NOTES."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from ase import Atoms
from numpy.typing import NDArray
from prefect import flow, task

from bridge import File, Q, Scale, Within, model, runner, stack, stage


def note(tag, *words):
    line = " ".join(map(str, (tag, *words, os.getpid(), time.time())))
    with open(os.environ["NOTES"], "a") as file:
        file.write(line + "\n")


def calls(tag):
    return [line.split()[1:] for line in Path(os.environ["NOTES"]).read_text().splitlines() if line.split()[0] == tag]


@dataclass(frozen=True)
class Found:
    y: Annotated[float, "m", Within(-100, 100)]
    field: Annotated[NDArray[np.float64], "K", ("x=300",)]


@model("chain.fine", scale=Scale("atomistic", length="1 angstrom .. 1 nm"))
def fine(x: Annotated[float, "m"], *, tag: str, mode: str = "", name: str = "fine", seconds: float = 0.0) -> Found:
    """Twice as much; or what the mode says."""
    note(tag, name, "start")
    field = np.full(300, 300.0)
    if mode == "fail":
        raise OSError(f"{name} cannot go on")
    if mode == "fail once" and len([c for c in calls(tag) if c[0] == name]) < 2:
        raise OSError(f"{name} stumbled")
    if mode == "nan":
        field[7] = np.nan
    if mode == "shape":
        field = np.zeros(7)
    if mode == "die once" and len([c for c in calls(tag) if c[0] == name]) < 2:
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGKILL)
    while mode == "gate" and os.path.exists(f"{os.environ['NOTES']}.{tag}"):
        time.sleep(0.02)
    time.sleep(seconds)
    note(tag, name, "end")
    return Found(1000.0 if mode == "range" else 2 * x, field)


@dataclass(frozen=True)
class Rate:
    rate: Annotated[float, "m/s"]


@model("chain.coarse", scale=Scale("continuum", length="1 um .. 1 m"), depends=["numpy"])
def coarse(x: Annotated[float, "mm", Within(-50000, 50000)], *, tag: str, seed: int = 5) -> Rate:
    """A rate from a length."""
    note(tag, "coarse", "start")
    return Rate(x / 1000)


@dataclass(frozen=True)
class Sum:
    total: Annotated[float, "m"]


@model("chain.gather", scale=Scale("continuum"))
def gather(lengths: Annotated[NDArray[np.float64], "cm", ("n",)], *, tag: str) -> Sum:
    """A sum of lengths."""
    note(tag, "gather", "start")
    return Sum(float(lengths.sum()) / 100)


@dataclass(frozen=True)
class Things:
    atoms: Atoms
    table: File
    field: Annotated[NDArray[np.float64], "K", ("x",)]


@model("chain.things", scale=Scale("atomistic"))
def relabel(atoms: Atoms, table: File, field: Annotated[NDArray[np.float64], "K", ("x",)], *, tag: str) -> Things:
    """The same things, changed in place by a careless author."""
    note(tag, "things", "start")
    atoms.positions += 1
    field += 1
    return Things(atoms, File(table.content + b"!", table.media_type), field)


@flow(task_runner=runner())
def pair(tag: str, x: str = "1 m", mode: str = "", seed: int = 5):
    first = stage(fine).submit(x=x, tag=tag, mode=mode)
    return stage(coarse).submit(x=first.y, tag=tag, seed=seed)


@flow(task_runner=runner())
def gives(tag: str, what: str):
    hop = stage(fine).submit(x="1 m", tag=tag)
    other = stage(coarse).submit(x=hop.y, tag=tag)
    return {"port": hop.y, "list": [hop.y, other], "dict": {"a": hop, "b": other.rate}, "nothing": None}[what]


@flow(task_runner=runner())
def independent(tag: str, mode: str = "fail", seconds: float = 0.0):
    bad = stage(fine, name="bad", retries=2).submit(x="1 m", tag=tag, mode=mode, name="bad")
    after = stage(coarse, name="after").submit(x=bad.y, tag=tag)
    stage(fine, name="good").submit(x="2 m", tag=tag, name="good", seconds=seconds)
    return after


@flow
def inner(tag: str, x: str):
    return stage(fine, name=f"inner {x}").submit(x=x, tag=tag)


@flow(task_runner=runner())
def nested(tag: str):
    parts = [inner(tag, x) for x in ("1 m", "2 m")]
    return stage(gather).submit(lengths=stack([p.y for p in parts], dim="n"), tag=tag)


@flow(task_runner=runner())
def fan(tag: str, order: str = "123"):
    lengths = [stage(fine, name=f"x={i}").submit(x=f"{i} m", tag=tag) for i in order]
    return stage(gather).submit(lengths=stack([one.y for one in lengths] + ["7 m"], dim="n"), tag=tag)


@task
def length(of):
    return f"{of} m"


@task
def look(outputs, tag):
    note(tag, "look", f"{outputs:~}".replace(" ", "_"))


@flow(task_runner=runner())
def with_tasks(tag: str):
    hop = stage(fine).submit(x=length.submit(3), tag=tag)
    look.submit(hop.y, tag).wait()
    return stage(coarse).submit(x=length(2), tag=tag)


@flow(task_runner=runner())
def stumbles(tag: str):
    stage(fine).submit(x="1 m", tag=tag)
    broken.submit().result()


@task
def broken():
    raise RuntimeError("no more paper")


@flow(task_runner=runner())
def mistaken(tag: str):
    hop = stage(fine).submit(x="1 m", tag=tag)
    return stage(coarse).submit(x=hop.field, tag=tag)


@flow(task_runner=runner())
def things(tag: str, ruin: bool = True):
    atoms = Atoms("Cu200", positions=np.zeros((200, 3)))
    atoms.set_array("residue", np.array(["ALA"] * 200))
    field = np.arange(3.0)
    first = stage(relabel, name="first").submit(atoms=atoms, table=File(b"a"), field=Q(field, "K"), tag=tag)
    if ruin:  # what the flow does from here on is no part of the stage
        atoms.positions[:] = 100
        field[:] = 100
    return stage(relabel, name="second").submit(atoms=first.atoms, table=first.table, field=first.field, tag=tag)


@flow(task_runner=runner())
def mortal(tag: str, mode: str = "die once", seconds: float = 0.0):
    first = stage(fine, name="first").submit(x="1 m", tag=tag, name="first")
    second = stage(fine, name="second").submit(x=first.y, tag=tag, mode=mode, name="second", seconds=seconds)
    return stage(coarse).submit(x=second.y, tag=tag)
