"""Twenty seeded problems for a surrogate: smooth ones, kinks, jumps, and noise, declared or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bridge.scales.surrogate.asking import ask
from bridge.scales.surrogate.assumptions import SurrogateFailed
from bridge.scales.surrogate.surrogate import Surrogate

Function = Callable[[np.ndarray], np.ndarray]

#: What is expected: the smooth and the noisy are served to the end; a jump or undeclared noise is found out and
#: stopped; a kink may be either resolved by more runs or stopped.
SERVED, STOPPED, EITHER = "served", "stopped", "served or stopped"


@dataclass(frozen=True)
class Problem:
    """A function of the unit cube, how it is asked for, and what is expected of the surrogate."""

    name: str
    inputs: int
    truth: Function
    tolerance: float = 0.01
    noise: float = 0.0
    declared: bool = False
    expected: str = SERVED
    calls: int = 1000
    batch: int = 1000
    seed: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of it: fine runs, errors and bounds of all answers by surrogate, why it stopped."""

    fine: int
    errors: np.ndarray
    bounds: np.ndarray
    stopped: str

    @property
    def holding(self) -> float:
        """Share of answers within their bounds."""
        return float((self.errors <= self.bounds).mean()) if len(self.errors) else 1.0

    @property
    def ratio(self) -> float:
        """Median of bound by error."""
        return float(np.median(self.bounds / np.maximum(self.errors, 1e-300)))


def solve(problem: Problem) -> Outcome:
    """Ask for random states in batches; every answer is compared with the truth."""
    rng = np.random.default_rng(1000 + problem.seed)
    states = rng.uniform(size=(problem.calls, problem.inputs))
    surrogate = Surrogate(
        problem.inputs, 1, tolerance=problem.tolerance, relative=True, noisy=problem.declared, seed=problem.seed
    )
    runs = 0

    def fine(x: np.ndarray) -> tuple[np.ndarray, None]:
        nonlocal runs
        runs += len(x)
        return (problem.truth(x) + problem.noise * rng.normal(size=len(x)))[:, None], None

    errors, bounds = [], []
    stopped = ""
    for first in range(0, problem.calls, problem.batch):
        batch = states[first : first + problem.batch]
        try:
            values, within = ask(surrogate, batch, fine)
        except SurrogateFailed as error:
            stopped = str(error)
            break
        by_surrogate = within > 0
        magnitude = surrogate.known.magnitudes(np.zeros(1))[0]
        errors.append(np.abs(values[by_surrogate, 0] - problem.truth(batch[by_surrogate])) / magnitude)
        bounds.append(within[by_surrogate])
    return Outcome(runs, np.concatenate([*errors, []]), np.concatenate([*bounds, []]), stopped)


def waves(seed: int, inputs: int) -> Function:
    """A sum of plane waves of random directions and phases."""
    rng = np.random.default_rng(seed)
    directions, phases, weights = 1.5 * rng.normal(size=(4, inputs)), rng.uniform(0, 2 * np.pi, 4), rng.normal(size=4)
    return lambda x: 2 + np.sin(x @ directions.T + phases) @ weights


def across(seed: int, inputs: int) -> Function:
    """Signed distance from a random plane through the middle of the cube."""
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=inputs)
    normal /= np.linalg.norm(normal)
    point = rng.uniform(0.3, 0.7, inputs)
    return lambda x: (x - point) @ normal


def conductivity(x: np.ndarray) -> np.ndarray:
    """As of a crystal between 100 and 700 K: falls with the power −1.3 of the temperature."""
    return np.asarray((1 + 6 * x[:, 0]) ** -1.3)


def front(x: np.ndarray) -> np.ndarray:
    return np.asarray(1.5 + np.tanh(6 * (x[:, 0] - 0.4)))


def flux(x: np.ndarray) -> np.ndarray:
    """Of a gradient and a temperature."""
    return np.asarray((1 + 4 * x[:, 0]) * (1 + 3 * x[:, 1]) ** -0.8)


def arrhenius(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(-2 * (1 + x[:, 1]) / (1 + x[:, 0])) * (1 + x[:, 2]))


def kinked(seed: int, inputs: int) -> Function:
    plane = across(seed, inputs)
    return lambda x: 1 + np.abs(plane(x))


def stepped(seed: int, inputs: int) -> Function:
    plane = across(seed, inputs)
    return lambda x: 1 + np.sin(2 * x[:, 0]) + (plane(x) > 0)


PROBLEMS = (
    Problem("waves-1d", 1, waves(0, 1), seed=0),
    Problem("waves-1d-singly", 1, waves(1, 1), batch=1, calls=400, seed=1),
    Problem("conductivity", 1, conductivity, batch=40, seed=2),
    Problem("front", 1, front, seed=3),
    Problem("waves-2d", 2, waves(4, 2), seed=4),
    Problem("waves-2d-batches", 2, waves(5, 2), batch=40, seed=5),
    Problem("flux", 2, flux, batch=100, seed=6),
    Problem("waves-3d", 3, waves(7, 3), batch=250, seed=7),
    Problem("arrhenius", 3, arrhenius, seed=8),
    Problem("waves-4d", 4, waves(9, 4), calls=2000, batch=2000, seed=9),
    Problem("noisy-1d", 1, waves(10, 1), tolerance=0.1, noise=0.05, declared=True, seed=10),
    Problem("noisy-1d-batches", 1, waves(11, 1), tolerance=0.1, noise=0.1, declared=True, batch=100, seed=11),
    Problem("noisy-2d", 2, waves(12, 2), tolerance=0.1, noise=0.05, declared=True, seed=12),
    Problem("kink-1d", 1, kinked(13, 1), expected=EITHER, calls=500, seed=13),
    Problem("kink-1d-batches", 1, kinked(14, 1), expected=EITHER, calls=500, batch=40, seed=14),
    Problem("kink-2d", 2, kinked(15, 2), expected=EITHER, calls=300, batch=300, seed=15),
    Problem("step-1d", 1, stepped(16, 1), expected=STOPPED, calls=500, seed=16),
    Problem("step-2d", 2, stepped(17, 2), expected=STOPPED, calls=300, batch=40, seed=17),
    Problem("undeclared-noise-1d", 1, waves(18, 1), noise=0.1, expected=STOPPED, seed=18),
    Problem("undeclared-noise-2d", 2, waves(19, 2), noise=0.1, expected=STOPPED, batch=40, seed=19),
)
