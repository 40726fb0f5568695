"""The answer of the nearest known state, and how far off it may be by the steepest change between known states."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge.scales.surrogate.kernels import Floats
from bridge.scales.surrogate.known import Known

#: The steepest change found between known states, times this, is taken for the steepest there is.
STEEPER = 2.0
#: Known states whose nearest neighbours tell how steeply answers change.
NEIGHBOURS = 6


def apart(a: Floats, b: Floats) -> Floats:
    """Distances of all rows of ``a`` from all rows of ``b``."""
    return np.asarray(np.linalg.norm(a[:, None, :] - b[None, :, :], axis=2))


class Nearest:
    """Piecewise constant. The bound is an estimate: a Lipschitz constant from differences of known answers.

    States are measured in widths of the box of known states.
    """

    def __init__(self, inputs: int, noisy: bool, seed: int) -> None:
        self.level: Floats | None = None
        self.steepest = np.empty(0)

    def learn(self, known: Known, tolerances: Floats) -> None:
        """Take the steepest change between each state and its nearest few."""
        self.widths, self.x, self.y = known.widths, known.x / known.widths, known.y
        distance = apart(self.x, self.x)
        np.fill_diagonal(distance, np.inf)
        near = np.argsort(distance, axis=1)[:, :NEIGHBOURS]
        change = np.abs(self.y[near] - self.y[:, None, :])  # (n, neighbours, k)
        slope = change / np.take_along_axis(distance, near, axis=1)[:, :, None]
        self.steepest = np.maximum(STEEPER * slope.max(axis=(0, 1)), tolerances)

    def predict(self, x: Floats) -> tuple[Floats, Floats]:
        """Answers of the nearest states, and bounds from their distance."""
        distance = apart(x / self.widths, self.x)
        nearest = distance.argmin(axis=1)
        return self.y[nearest], distance.min(axis=1)[:, None] * self.steepest

    def one(self, x: Floats) -> tuple[list[float], list[float]]:
        """The same for one state."""
        off = self.x - x / self.widths
        squared = np.einsum("ij,ij->i", off, off)
        nearest = int(squared.argmin())
        return self.y[nearest].tolist(), (squared[nearest] ** 0.5 * self.steepest).tolist()

    def doubt(self, x: Floats) -> Floats:
        """Nowhere more than elsewhere."""
        return np.ones(len(x))

    def begin(self, x: Floats) -> None:
        """Look ahead among these candidates."""
        self._candidates = x / self.widths
        self._nearest = apart(self._candidates, self.x).min(axis=1)

    def suppose(self, row: int) -> Floats:
        """Bounds at the candidates if that in ``row`` were known too."""
        self._nearest = np.minimum(self._nearest, np.linalg.norm(self._candidates - self._candidates[row], axis=1))
        return np.asarray(self._nearest[:, None] * self.steepest)

    def look_for_noise(self, known: Known, tolerances: Floats) -> None:
        """Noise looks like steepness here: everything is run, and nothing is wrong."""

    def document(self) -> dict[str, Any]:
        """What was found, as JSON."""
        return {"steepest": [float(v) for v in self.steepest]}

    def restore(self, document: dict[str, Any]) -> None:
        """Everything follows from the known answers."""
