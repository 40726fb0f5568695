"""The answers a surrogate has been told, the box of their states, and what repeated states say of noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.scales.surrogate.kernels import Floats

Integers = npt.NDArray[np.int_]

#: How far outside the known states an answer may be given at all, in widths of the box that holds them.
OUTSIDE = 0.25
#: Repeated answers that must be there before noise is taken from them.
REPEATS = 3


class Known:
    """States (n, d), mean answers (n, k), how often each was asked (n,), and what is known of their variance (n, k).

    ``variance`` is that of one call, NaN where nobody gave it.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        self.x = np.empty((0, inputs))
        self.y = np.empty((0, outputs))
        self.variance = np.empty((0, outputs))
        self.times = np.empty(0)
        self.scatter = np.zeros(outputs)  # sum of squares of repeated answers about their means
        self.repeats = 0  # degrees of freedom of it
        self._row: dict[bytes, int] = {}
        self._bounds()

    @classmethod
    def from_arrays(cls, arrays: dict[str, Floats], repeats: int) -> Known:
        """As it was when its arrays were put away."""
        known = cls(arrays["x"].shape[1], arrays["y"].shape[1])
        for name, array in arrays.items():
            setattr(known, name, np.ascontiguousarray(array))
        known.repeats = repeats
        known._row = {one.tobytes(): i for i, one in enumerate(known.x)}
        known._bounds()
        return known

    def __len__(self) -> int:
        return len(self.x)

    def row(self, x: Floats) -> int | None:
        """Where this very state is, if it is known."""
        return self._row.get(x.tobytes())

    def rows(self, x: Floats) -> Integers:
        """Where each of these states is; -1 where it is not known."""
        return np.array([self._row.get(one.tobytes(), -1) for one in x], dtype=int)

    def add(self, x: Floats, y: Floats, variance: Floats) -> None:
        """Another answer, at a new state or at one that was asked before."""
        known = self.row(x)
        if known is None:
            self._row[x.tobytes()] = len(self.x)
            self.x = np.vstack([self.x, x])
            self.y = np.vstack([self.y, y])
            self.variance = np.vstack([self.variance, variance])
            self.times = np.append(self.times, 1.0)
            self._bounds()
            return
        times = self.times[known]
        off = y - self.y[known]
        self.scatter += off * off * times / (times + 1)
        self.repeats += 1
        self.y[known] += off / (times + 1)
        self.variance[known] = (self.variance[known] * times + variance) / (times + 1)
        self.times[known] += 1

    def _bounds(self) -> None:
        if not len(self.x):
            self.low = self.high = np.zeros(self.x.shape[1])
        else:
            self.low, self.high = self.x.min(axis=0), self.x.max(axis=0)
        width = self.high - self.low
        self.widths = np.where(width > 0, width, 1.0)
        self.slack = OUTSIDE * width

    def magnitudes(self, least: Floats) -> Floats:
        """The largest of each output (k,), no less than ``least``."""
        return np.asarray(np.maximum(np.abs(self.y).max(axis=0, initial=0.0), least))

    def outside(self, x: Floats) -> Floats:
        """How far each row of ``x`` is outside the box of known states, in widths of it, in the worst of the inputs.

        An input that never varied has no width: any other value of it is infinitely far.
        """
        beyond = np.maximum(np.maximum(self.low - x, x - self.high), 0.0)
        width = self.high - self.low
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(beyond > 0, beyond / width, 0.0)
        return np.asarray(share.max(axis=1, initial=0.0))

    def noise(self) -> Floats | None:
        """Variance of the mean answer of every state (n, k): as given, else pooled over repeats; None if unknown."""
        if np.isfinite(self.variance).all():
            return np.asarray(self.variance / self.times[:, None])
        if self.repeats < REPEATS:
            return None
        pooled = self.scatter / self.repeats
        single = np.where(np.isfinite(self.variance), self.variance, pooled)
        return np.asarray(single / self.times[:, None])
