"""The lattice of local modes: a step of molecular dynamics against its Fourier transforms, and against OpenFerro."""

from __future__ import annotations

import glob
import multiprocessing
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyfftw
from bridge_ferroelectric.lattice import crystal, dynamics

from tests.bench.measure import Row, compare

ZVR = SimpleNamespace(
    lattice_constant=3.9477, mass=39.0, effective_charge=9.956, permittivity=5.24, B11=126.0, B12=44.9, B44=50.3,
    B1xx=-211.0, B1yy=-19.3, B4yz=-7.75, kappa2=5.502, alpha=110.4, gamma=-163.1, k1=0.0, k2=0.0, k3=0.0, k4=0.0,
    j=(-2.648, 3.894, 0.898, -0.789, 0.562, 0.358, 0.179),
)  # fmt: skip


def rows() -> Iterator[Row]:
    """A step on 32³ cells against its transforms and against OpenFerro; two temperatures at once."""
    step, floor = alternate([stepper(32), *pairs(32)])
    yield compare("lattice step, 32³, double", step, "three pyFFTW 3-component real pairs", 3 * floor)
    for bits, theirs in openferro().items():
        what = f"OpenFerro 0.3.0 in {bits} bits, same Hamiltonian and core"
        if theirs is None:
            yield Row(what, "unmeasured: needs Python ≥ 3.13 and PyPI")
        else:
            yield compare(what, theirs, "lattice step, 32³, double", step)
    one, two = replicas()
    yield Row(
        "two temperatures in two processes, 16³, 2,000 steps",
        f"{two:.3g} s",
        f"one: {one:.3g} s",
        f"{2 * one / two:.2f} times the throughput",
    )


def openferro() -> dict[int, float | None]:
    """Seconds of an OpenFerro step on one core by precision in bits, each None where it cannot be installed."""
    candidates = [shutil.which("python3.13"), *glob.glob(f"{Path.home()}/.pyenv/versions/3.13*/bin/python")]
    found = next((path for path in candidates if path and not subprocess.call([path, "-c", "pass"])), None)
    if found is None:
        return {32: None, 64: None}
    with tempfile.TemporaryDirectory() as folder:
        python = f"{folder}/bin/python"
        for command in ([found, "-m", "venv", folder], [python, "-m", "pip", "install", "-q", "openferro==0.3.0"]):
            if subprocess.run(command, capture_output=True, check=False).returncode:
                return {32: None, 64: None}
        return {bits: _openferro(python, bits) for bits in (32, 64)}


def _openferro(python: str, bits: int) -> float | None:
    script = str(Path(__file__).with_name("openferro_step.py"))
    core = next(iter(os.sched_getaffinity(0)))
    command = ["taskset", "-c", str(core), python, script, str(bits)]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return float(done.stdout) if done.returncode == 0 else None


def replicas() -> tuple[float, float]:
    """Seconds of one run of 2,000 steps on 16³ cells, and of two at different temperatures at once."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(replica, (300.0, 350.0), (10, 10)))  # compiled, and both processes there
        times = []
        for kelvins in ((300.0,), (300.0, 350.0)) * 3:
            start = time.perf_counter()
            list(pool.map(replica, kelvins, [2000] * len(kelvins)))
            times.append(time.perf_counter() - start)
    return min(times[0::2]), min(times[1::2])


def replica(temperature: float, steps: int) -> None:
    """One run on 16³ cells."""
    lattice = crystal.Crystal(ZVR, (16, 16, 16), pressure=-5.0)
    u = np.random.default_rng(0).normal(0.0, 0.03, (16, 16, 16, 3))
    dynamics.run(lattice, u, dynamics.maxwell(lattice, temperature, 0), temperature=temperature, steps=steps)


def stepper(size: int, steps: int = 20) -> Callable[[], float]:
    """Seconds of the fastest step of a short run, thermostat and all."""
    lattice = crystal.Crystal(ZVR, (size, size, size), pressure=-5.0)
    u = np.random.default_rng(0).normal(0.0, 0.03, (size, size, size, 3))
    v = dynamics.maxwell(lattice, 300.0, 0)

    def measure() -> float:
        ticks: list[float] = []
        dynamics.run(
            lattice, u, v, temperature=300.0, steps=steps, every=1, watch=lambda *_: ticks.append(time.perf_counter())
        )
        return float(np.diff(ticks).min())

    return measure


def pairs(size: int, repeat: int = 15) -> list[Callable[[], float]]:
    """Seconds of the fastest transform of three real components there and back, by every layout and rigour."""

    def pair(shape: tuple[int, ...], axes: tuple[int, ...], rigour: str) -> Callable[[], float]:
        half = list(shape)
        half[axes[-1]] = size // 2 + 1
        real, other = pyfftw.zeros_aligned(shape), pyfftw.zeros_aligned(half, dtype="complex128")
        there = pyfftw.FFTW(real, other, axes=axes, flags=(rigour, "FFTW_DESTROY_INPUT"))
        back = pyfftw.FFTW(other, real, axes=axes, direction="FFTW_BACKWARD", flags=(rigour, "FFTW_DESTROY_INPUT"))

        def measure() -> float:
            ticks = [time.perf_counter()]
            for _ in range(repeat):
                there.execute()
                back.execute()
                ticks.append(time.perf_counter())
            return float(np.diff(ticks).min()) * 3 / (np.prod(shape) / size**3)

        return measure

    layouts = [((3, size, size, size), (1, 2, 3)), ((size, size, size, 3), (0, 1, 2)), ((size, size, size), (0, 1, 2))]
    rigours = ["FFTW_ESTIMATE", "FFTW_MEASURE", "FFTW_PATIENT"]
    return [pair(shape, axes, rigour) for shape, axes in layouts for rigour in rigours]


def alternate(calls: list[Callable[[], float]], rounds: int = 15) -> tuple[float, float]:
    """Least time of the first, and of the fastest of the others, measured in turn."""
    times: list[list[Any]] = [[call() for call in calls] for _ in range(rounds)]
    least = np.min(times, axis=0)
    return float(least[0]), float(least[1:].min())
