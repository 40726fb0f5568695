"""Linear interpolation on the simplices of a triangulation, and how far off it may be by the change of its slopes."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge.errors import ContractError
from bridge.scales.surrogate.kernels import Floats
from bridge.scales.surrogate.known import Known
from bridge.scales.surrogate.nearest import apart

#: Inputs beyond which triangulations have too many simplices.
MOST = 4
#: The largest curvature found between neighbouring simplices, times this, is taken for the largest there is.
MORE = 3.0


class Linear:
    """Piecewise linear. The bound is an estimate: half the largest curvature times the mean squared distance.

    For a function whose second derivatives are no larger than M, linear interpolation with barycentric weights w is
    off by no more than M/2 Σ wᵢ |x − xᵢ|²; M is taken from the change of slope between neighbouring simplices. States
    are measured in widths of the box of known states. Nothing is said outside the hull of known states.
    """

    def __init__(self, inputs: int, noisy: bool, seed: int) -> None:
        if inputs > MOST:
            raise ContractError(f"way='linear' is for {MOST} inputs at most, got {inputs}: write way='gaussian'.")
        self.level: Floats | None = None
        self.inputs = inputs
        self.curvature = np.empty(0)

    def learn(self, known: Known, tolerances: Floats) -> None:
        """Triangulate, and find slopes and the largest curvature."""
        self.low, self.widths = known.low, known.widths
        self.x, self.y = (known.x - self.low) / self.widths, known.y
        self.corners, neighbours = triangulated(self.x)
        if not len(self.corners):
            self.curvature = np.full(self.y.shape[1], np.inf)
            return
        points = self.x[self.corners]  # (s, d + 1, d)
        edges = points[:, 1:] - points[:, :1]
        self.first = points[:, 0]
        self.inverse = np.linalg.inv(edges)
        slopes = self.inverse @ (self.y[self.corners[:, 1:]] - self.y[self.corners[:, :1]])  # (s, d, k)
        middles = points.mean(axis=1)
        one, other = neighbours.T
        distance = np.linalg.norm(middles[one] - middles[other], axis=1)
        change = np.linalg.norm(slopes[one] - slopes[other], axis=1) / distance[:, None]
        self.curvature = np.maximum(MORE * change.max(axis=0, initial=0.0), 2 * tolerances)

    def _inside(self, x: Floats) -> tuple[Floats, Floats]:
        """Simplex and barycentric weights (m, d + 1) of rows in widths; weights NaN outside the hull."""
        rest = np.einsum("smd,sde->sme", x[None] - self.first[:, None], self.inverse)
        weights = np.concatenate([1.0 - rest.sum(axis=2, keepdims=True), rest], axis=2)  # (s, m, d + 1)
        least = weights.min(axis=2)
        simplex = least.argmax(axis=0)
        found = weights[simplex, np.arange(len(x))]
        found[least[simplex, np.arange(len(x))] < -1e-9] = np.nan
        return simplex, found

    def predict(self, x: Floats) -> tuple[Floats, Floats]:
        """Interpolated answers, and bounds from the curvature; NaN and infinite outside the hull."""
        if not len(self.corners):
            return np.full((len(x), self.y.shape[1]), np.nan), np.full((len(x), self.y.shape[1]), np.inf)
        values, bounds = [], []
        for first in range(0, len(x), 256):
            part = (x[first : first + 256] - self.low) / self.widths
            simplex, weights = self._inside(part)
            corners = self.corners[simplex]
            squared = ((part[:, None, :] - self.x[corners]) ** 2).sum(axis=2)
            values.append(np.einsum("mc,mck->mk", weights, self.y[corners]))
            bounds.append(0.5 * np.einsum("mc,mc->m", weights, squared)[:, None] * self.curvature)
        return np.vstack(values), np.nan_to_num(np.vstack(bounds), nan=np.inf)

    def one(self, x: Floats) -> tuple[list[float], list[float]]:
        """The same for one state."""
        values, bounds = self.predict(x[None])
        return values[0].tolist(), bounds[0].tolist()

    def doubt(self, x: Floats) -> Floats:
        """Nowhere more than elsewhere."""
        return np.ones(len(x))

    def begin(self, x: Floats) -> None:
        """Look ahead among these candidates."""
        self._candidates = x
        self._squared = (apart((x - self.low) / self.widths, self.x) ** 2).min(axis=1)
        self._now = self.predict(x)[1]

    def suppose(self, row: int) -> Floats:
        """Bounds at the candidates if that in ``row`` were known too: those nearer to it than to all others gain."""
        squared = (((self._candidates - self._candidates[row]) / self.widths) ** 2).sum(axis=1)
        self._squared = np.minimum(self._squared, squared)
        self._now = np.minimum(self._now, np.nan_to_num(0.5 * self._squared[:, None] * self.curvature, nan=np.inf))
        return self._now

    def look_for_noise(self, known: Known, tolerances: Floats) -> None:
        """Noise looks like curvature here: everything is run, and nothing is wrong."""

    def document(self) -> dict[str, Any]:
        """What was found, as JSON."""
        return {"curvature": [float(v) for v in self.curvature]}

    def restore(self, document: dict[str, Any]) -> None:
        """Everything follows from the known answers."""


def triangulated(x: Floats) -> tuple[Any, Any]:
    """Corners of simplices (s, d + 1) and pairs of neighbours (p, 2); none where all states lie in one plane."""
    if x.shape[1] == 1:
        order = np.argsort(x[:, 0])
        corners = np.stack([order[:-1], order[1:]], axis=1)
        count = np.arange(len(corners) - 1)
        return corners, np.stack([count, count + 1], axis=1)
    from scipy.spatial import Delaunay, QhullError

    try:
        found = Delaunay(x)
    except QhullError:
        return np.empty((0, x.shape[1] + 1), int), np.empty((0, 2), int)
    points = x[found.simplices]
    volume = np.abs(np.linalg.det(points[:, 1:] - points[:, :1]))
    flat = volume < 1e-12
    number = np.cumsum(~flat) - 1
    one = np.repeat(np.arange(len(flat)), found.neighbors.shape[1])
    other = found.neighbors.ravel()
    kept = (other > one) & ~flat[one] & ~flat[np.maximum(other, 0)]
    return found.simplices[~flat], np.stack([number[one[kept]], number[other[kept]]], axis=1)
