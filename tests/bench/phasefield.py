"""The phase field: a whole step against its own Fourier transforms, planned as fast as FFTW knows how."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import pyfftw
from bridge_ferroelectric.phasefield import evolution
from bridge_ferroelectric.phasefield.models import hlinka_marton

from tests.bench.measure import Row, compare

ROUNDS = {2: 200, 3: 25}


def rows() -> Iterator[Row]:
    """256² in the plane (10 transforms a step) and 64³ of three components (18), double precision, one core."""
    for shape, components, name in (((256, 256), 2, "256², in-plane"), ((64, 64, 64), 3, "64³, three components")):
        step, transforms = alternating(*_pair(shape, components), rounds=ROUNDS[components])
        yield compare(f"phase-field step, {name}", step, "its own FFTs, best pyFFTW plan", transforms)


def _pair(shape: tuple[int, ...], components: int) -> tuple[Callable[[], None], Callable[[], None]]:
    """A step of the model, and the transforms that it needs without anything in between."""
    published = hlinka_marton()
    of = evolution.medium(published.landau, published.gradient, 298.0, 7.0, strain=np.zeros(6))
    field = evolution.Evolution(of, shape, 0.25, components)
    field.start(np.random.default_rng(0).normal(0, 0.1, (components, *shape)))

    def step() -> None:
        field.force()
        field.advance(5e9)

    count = components + (3 if components == 2 else 6)
    axes = tuple(range(len(shape)))
    real = pyfftw.zeros_aligned((count, *shape))  # stays zero: others would grow, and the time is the same
    waves = pyfftw.zeros_aligned((count, *shape[:-1], shape[-1] // 2 + 1), dtype=complex)
    plan = {"axes": axes, "flags": ("FFTW_MEASURE", "FFTW_DESTROY_INPUT"), "threads": 1}
    there = [pyfftw.FFTW(real[i], waves[i], direction="FFTW_FORWARD", **plan) for i in range(count)]
    back = [pyfftw.FFTW(waves[i], real[i], direction="FFTW_BACKWARD", **plan) for i in range(count)]
    real[:] = 0.0  # planning has written to it

    def transforms() -> None:
        for one in there:
            one.execute()
        for one in back:
            one.execute()

    return step, transforms


def alternating(one: Callable[[], None], other: Callable[[], None], rounds: int) -> tuple[float, float]:
    """Least seconds of two calls, timed in turn, so that a busy machine disturbs both alike."""
    best = [np.inf, np.inf]
    one(), other()
    for _ in range(rounds):
        for i, call in enumerate((one, other)):
            start = time.perf_counter()
            call()
            best[i] = min(best[i], time.perf_counter() - start)
    return best[0], best[1]
