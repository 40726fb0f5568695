"""Models that are small programs: a script of the test's own, and the heat equation in C."""

from __future__ import annotations

import itertools
import math
import textwrap
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from bridge import File, Scale, Within, external

SCALE = Scale("continuum", length="1 mm .. 1 m")
PYTHON = external.Program(
    "python", command=["python", "-I", "-S"], version=["python", "--version"], pattern=r"Python (\S+)", at_least="3.11"
)
HEAT = external.Program(
    "heat", command=["heat"], version=["heat", "--version"], pattern=r"heat (\S+)", at_least="1.4", install="make heat"
)
_numbers = itertools.count()


@dataclass(frozen=True)
class Y:
    y: Annotated[float, "mm"]


def script(source: str, **more: Any) -> Any:
    """A model with the input ``x`` and the output ``y``, computed by a Python script that reads ``x.txt`` (in m)."""
    more = {"reads": {"y": external.Found("y.txt", r"^y = (\S+)$", "m")}, "program": PYTHON} | more
    files = {"x.txt": "{{ x | to('m') }}\n", "script.py": File(textwrap.dedent(source).encode())} | more.pop(
        "files", {}
    )

    @external.model(
        f"small.script{next(_numbers)}",
        scale=SCALE,
        arguments=["script.py", *more.pop("arguments", ())],
        files=files,
        **more,
    )
    def run(x: Annotated[float, "m"] = 1.0) -> Y:
        """What a script makes of a length."""

    return run


@dataclass(frozen=True)
class Said:
    said: str


@external.model(
    "small.echo", scale=SCALE, program=PYTHON, arguments=["-c", "import sys; print(sys.argv[1:])", "{{ name }}"],
    reads={"said": external.Found("stdout", "(.*)\n")},
)  # fmt: skip
def echo(name: str) -> Said:
    """What was said."""


@dataclass(frozen=True)
class Bar:
    amplitude: float
    profile: Annotated[NDArray[np.float64], "1", ("x",)]
    x: Annotated[NDArray[np.float64], "m", ("x",)]
    steps: int
    said: Annotated[File, "text/plain"]


def bar_of(on_wrong: str = "error", walltime: str | None = None, restart: bool = True) -> Any:
    """The heat equation as a model."""

    @external.model(
        "heat.bar",
        scale=SCALE,
        program=HEAT,
        arguments=["{% if restart %}-r{% endif %}"] if restart else [],
        files={
            "heat.in": "length {{ length | to('m') }}\ndiffusivity {{ diffusivity | to('m^2/s') }}\ncells {{ cells }}\n"
            "dt {{ step | to('s') }}\nsteps {{ steps }}\npause {{ pause | to('ms') | round | int }}\n"
        },
        reads={
            "amplitude": external.Found("heat.out", r"^amplitude (\S+)"),
            "profile": external.Table("profile.txt", columns=[1]),
            "x": external.Table("profile.txt", columns=[0], unit="mm"),
            "steps": external.Found("heat.out", r"^steps (\d+)"),
            "said": external.Kept("stdout", "text/plain"),
        },
        wrong={"the time step is too long for the cells": external.Present("heat.out", "^UNSTABLE")},
        on_wrong=on_wrong,
        walltime=walltime,
        restart=["heat.ckpt"] if restart else [],
    )
    def bar(
        length: Annotated[float, "m", Within(0, strict=True)],
        diffusivity: Annotated[float, "m^2/s", Within(0)],
        *,
        cells: int = 50,
        step: Annotated[float, "s"] = 0.5,
        steps: int = 1000,
        pause: Annotated[float, "s"] = 0.0,
    ) -> Bar:
        """Temperature of a bar between cold ends, from a half wave on."""

    return bar


def decayed(length: float, diffusivity: float, cells: int = 50, step: float = 0.5, steps: int = 1000) -> float:
    """Amplitude of a half wave after explicit steps, in closed form: it is an eigenvector of every step.

    u_i = sin(pi i / n) gives u_{i-1} - 2 u_i + u_{i+1} = -4 sin^2(pi / 2n) u_i.
    """
    ratio = diffusivity * step / (length / cells) ** 2
    return math.pow(1 - 4 * ratio * math.sin(math.pi / (2 * cells)) ** 2, steps)
