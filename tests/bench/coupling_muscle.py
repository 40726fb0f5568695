"""MUSCLE3's reaction–diffusion example, timed from inside; run by a Python that has muscle3.

The example's equations and numbers, its way of adding up time included, written against MUSCLE3's interface. Prints one
line of JSON: seconds of each round trip (from before the macro model sends to after it has received), seconds of the
reaction within them, the steps that each reaction took, and the concentrations at the end.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from libmuscle import Grid, Instance, Message
from libmuscle.runner import run_simulation
from ymmsl.v0_2 import Component, Conduit, Configuration, Model, Operator, Ports, Settings

NUMBERS = {
    "micro.t_max": 2.469136e-6,
    "micro.dt": 2.469136e-8,
    "macro.t_max": 1.234568e-4,
    "macro.dt": 2.469136e-6,
    "x_max": 1.01,
    "dx": 0.01,
    "k": -4.05e4,
    "d": 4.05e-2,
}


def told(folder: Path, name: str, found: Any) -> None:
    """Leave what one of the two processes saw where the third reads it."""
    (folder / name).write_text(json.dumps(found), encoding="utf-8")


def reaction(folder: Path) -> None:
    """The micro model: adds up its time, as the example does, and so takes 99 or 100 steps."""
    instance = Instance({Operator.F_INIT: ["initial_state"], Operator.O_F: ["final_state"]})
    steps, seconds = [], []
    while instance.reuse_instance():
        t_max, dt, k = (instance.get_setting(name, "float") for name in ("t_max", "dt", "k"))
        message = instance.receive("initial_state")
        begun = time.perf_counter()
        line, now, count = message.data.array.copy(), message.timestamp, 0
        while now + dt < message.timestamp + t_max:
            line += k * line * dt
            now += dt
            count += 1
        seconds.append(time.perf_counter() - begun)
        steps.append(count)
        instance.send("final_state", Message(now, None, Grid(line, ["x"])))
    told(folder, "reaction", {"steps": steps, "work": seconds})


def diffusion(folder: Path) -> None:
    """The macro model, timing what passes between its sending and its receiving."""
    instance = Instance({Operator.O_I: ["state_out"], Operator.S: ["state_in"]})
    trips: list[float] = []
    line = np.zeros(0)
    while instance.reuse_instance():
        t_max, dt, x_max, dx, d = (instance.get_setting(name, "float") for name in ("t_max", "dt", "x_max", "dx", "d"))
        line = np.zeros(round(x_max / dx)) + 1e-20
        line[[25, 50, 75]] = 2.0
        now = 0.0
        while now + dt <= t_max:
            following = now + dt
            message = Message(now, following if following + dt <= t_max else None, Grid(line, ["x"]))
            begun = time.perf_counter()
            instance.send("state_out", message)
            answer = instance.receive("state_in", default=message)
            trips.append(time.perf_counter() - begun)
            np.copyto(line, answer.data.array)
            change = np.zeros_like(line)
            change[1:-1] = d * ((line[:-2] + line[2:] - 2.0 * line[1:-1]) / dx**2) * dt
            change[0], change[-1] = change[1], change[-2]
            line += change
            now += dt
    told(folder, "diffusion", {"trips": trips, "line": line.tolist()})


def main() -> None:
    """Run both models once, each in a process of its own, on this machine."""
    logging.disable(logging.WARNING)
    macro = Component("macro", Ports(o_i=["state_out"], s=["state_in"]), "diffusion", implementation="diffusion")
    micro = Component(
        "micro", Ports(f_init=["initial_state"], o_f=["final_state"]), "reaction", implementation="reaction"
    )
    conduits = [Conduit("macro.state_out", "micro.initial_state"), Conduit("micro.final_state", "macro.state_in")]
    model = Model("reaction_diffusion", description="", components=[macro, micro], conduits=conduits)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chdir(folder)  # MUSCLE3 writes its logs where it is
        run_simulation(
            Configuration("", models=[model], settings=Settings(NUMBERS)),
            {"diffusion": lambda: diffusion(folder), "reaction": lambda: reaction(folder)},
        )
        found = {part: json.loads((folder / part).read_text("utf-8")) for part in ("diffusion", "reaction")}
        os.chdir("/")
    json.dump(found["diffusion"] | found["reaction"], sys.stdout)


if __name__ == "__main__":
    main()
