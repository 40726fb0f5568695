"""A flow whose results are worth looking at: a field of two scales, a volume, a curve; and a slow one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from prefect import flow

from bridge import File, Picture, Scale, Within, model, runner, stage

MICRO = Scale("microscopic", length="10 nm .. 10 um", time="1 ns .. 1 us")
MESO = Scale("mesoscopic", length="1 um .. 1 mm", time="1 us .. 1 ms")
MACRO = Scale("continuum", length="1 mm .. 1 m", time="1 ms .. 1 h")


@dataclass(frozen=True)
class Texture:
    temperature: Annotated[NDArray[np.float64], "K", ("y", "x")]
    x: Annotated[NDArray[np.float64], "um", ("x",)]
    y: Annotated[NDArray[np.float64], "um", ("y",)]
    mean: Annotated[float, "K"]


@model("look.texture", scale=MICRO)
def texture(
    amplitude: Annotated[float, "K", Within(0, 100)], *, size: int = 1024, seed: int = 1, holes: int = 40
) -> Texture:
    """A smooth hill with grains on it, and holes where nothing was measured.

    T(x, y) = 300 K + 20 K exp(-r²/2w²) + amplitude × noise.
    """
    axis = np.arange(size) * 0.5
    hill = np.exp(-((axis - axis.mean()) ** 2) / (2 * (axis.mean() / 2) ** 2))
    noise = np.random.default_rng(seed).standard_normal((size, size))
    field = 300.0 + 20.0 * np.outer(hill, hill) + amplitude * noise
    return Texture(field, axis, axis.copy(), float(field.mean()))


@dataclass(frozen=True)
class Volume:
    density: Annotated[NDArray[np.float32], "kg/m^3", ("z", "y", "x")]
    label: str


@model("look.volume", scale=MESO)
def volume(mean: Annotated[float, "K"], *, label: str = "plain", size: int = 128) -> Volume:
    """A ball in a box."""
    z, y, x = np.ogrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j, -1 : 1 : size * 1j]
    return Volume((1000 * np.exp(-3 * (x**2 + y**2 + z**2)) + mean).astype(np.float32), label)


@dataclass(frozen=True)
class Curve:
    strain: Annotated[NDArray[np.float64], "1", ("time",)]
    time: Annotated[NDArray[np.float64], "s", ("time",)]
    rate: Annotated[float, "1/s"]
    picture: Picture
    page: Annotated[File, "text/html"]


@model("look.curve", scale=MACRO)
def curve(
    mean: Annotated[float, "K"],
    density: Annotated[NDArray[np.float32], "kg/m^3", ("z", "y", "x")],
    stress: Annotated[float, "MPa", Within(0, 1000)] = 40.0,
    *,
    pause: Annotated[float, "s"] = 0.0,
) -> Curve:
    """Strain over time under a stress."""
    time.sleep(pause)
    if stress > 900:
        raise ValueError("it broke at <b>900 MPa</b>")
    rate = stress * 1e-9 * np.exp(-300.0 / mean) * float(density.mean()) / 300.0
    at = np.linspace(0, 3600.0, 300)
    drawn = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><path d="M0 20L40 0" stroke="#000"/></svg>'
    page = b"<!doctype html><title>told</title><p>a page<script>parent.document.title = 'taken'</script>"
    return Curve(rate * at, at, float(rate), Picture(drawn, "image/svg+xml"), File(page, "text/html"))


@flow(task_runner=runner())
def looked_at(amplitude: str = "1 K", stress: str = "40 MPa", label: str = "plain", size: int = 1024):
    hill = stage(texture).submit(amplitude=amplitude, size=size)
    ball = stage(volume).submit(mean=hill.mean, label=label)
    return stage(curve).submit(mean=hill.mean, density=ball.density, stress=stress)


@dataclass(frozen=True)
class Waited:
    seconds: Annotated[float, "s"]


@model("look.wait", scale=MESO)
def wait(before: Annotated[float, "s"], *, pause: Annotated[float, "s"] = 1.5) -> Waited:
    """Nothing but time."""
    time.sleep(pause)
    return Waited(before + pause)


@flow(task_runner=runner())
def slow(pause: str = "1.5 s"):
    first = stage(wait, name="first").submit(before="0 s", pause=pause)
    second = stage(wait, name="second").submit(before=first.seconds, pause=pause)
    third = stage(wait, name="third").submit(before=second.seconds, pause=pause)
    return stage(wait, name="fourth").submit(before=third.seconds, pause=pause)
