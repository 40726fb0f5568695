"""Answers by a Gaussian process, whose kernel and length scales are found from the answers as they come."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge.scales.surrogate.kernels import KERNELS, Floats
from bridge.scales.surrogate.known import Known
from bridge.scales.surrogate.likelihood import LONGEST, LOUDEST, QUIETEST, ROWS, SHORTEST, Fit, fit, varying
from bridge.scales.surrogate.process import Process

#: Length scales are found again with every answer up to so many, then each time there are this many times as many.
FREE, GROWTH = 24, 1.25
#: The interpolant may miss an answer by this share of the tolerance: it keeps the covariance well conditioned.
MISS = 0.01
#: By how much held-out answers must be more likely with the smoother kernel before it is taken.
SMOOTHER = 2.0
#: The kernel that the chosen one is held against: no bound is smaller than what they disagree by. A smooth process
#: rounds a kink off between two answers and finds nothing amiss; a rough one does not.
ROUGHEST = "matern-3/2"
#: Answers with which noise is first looked for, and the growth until it is looked for again.
FIRST_LOOK, NEXT_LOOK = 12, 1.4
#: Log evidence by which noise must explain answers better than a function does.
EVIDENCE = 6.0


class Gaussian:
    """Mean and bound by a Gaussian process; ``noisy`` if the fine model scatters."""

    def __init__(self, inputs: int, noisy: bool, seed: int) -> None:
        self.noisy, self.seed = noisy, seed
        self.fitted: Fit | None = None
        self.lengths = np.empty(0)
        self.before: dict[str, Floats] = {}  # length scales last found with each kernel
        self.level: Floats | None = None  # noise of one call, variance (k,)
        self.suspicion: Floats | None = None  # standard deviation of noise where none was declared (k,)
        self._at = 0  # answers when length scales were last found
        self._look = FIRST_LOOK

    def learn(self, known: Known, tolerances: Floats) -> None:
        """Condition on all that is known, with length scales found anew where that is due."""
        n = len(known)
        variance = known.noise() if self.noisy else None
        deviation = np.where(varying(known.y), known.y.std(axis=0), np.inf)
        nugget = float(np.clip((MISS * tolerances / deviation).min() ** 2, 1e-12, 1e-6)) if n else 1e-12
        if n > self._at and (n <= FREE or n >= GROWTH * self._at):
            self._find(known, nugget, variance)
            self._at = n
        assert self.fitted is not None
        noise = self._ratios(known, variance) if self.noisy else None
        self.process = Process(known.x, known.y, self.fitted.kernel, self.lengths, nugget, noise)
        rival = ROUGHEST if self.fitted.kernel != ROUGHEST else "matern-5/2"
        self.rival = Process(known.x, known.y, rival, self.before[rival], nugget, noise)
        self.reach = np.maximum(self.process.reach(), tolerances)
        self._reach = self.reach.tolist()
        if self.noisy:
            spread = self.process.deviation**2
            self.level = (
                self.fitted.noise * spread if variance is None else (variance * known.times[:, None]).mean(axis=0)
            )
        self._tolerances = tolerances

    def _find(self, known: Known, nugget: float, variance: Floats | None) -> None:
        """Kernel and length scales."""
        rows = np.arange(len(known))
        if len(rows) > ROWS:
            rows = np.sort(np.random.default_rng(self.seed).choice(rows, ROWS, replace=False))
        x, y = (known.x[rows] - known.low) / known.widths, known.y[rows]
        noise = None if variance is None else variance[rows]
        best = None
        for kernel in KERNELS:
            before = self.before.get(kernel)
            start = None if before is None else np.clip(before / known.widths, SHORTEST, LONGEST)
            found = self._fit(x, y, kernel, nugget, noise, known.times[rows], start)
            self.before[kernel] = found.lengths * known.widths
            if best is None or found.held_out > best.held_out + SMOOTHER:
                best = found
        assert best is not None
        self.fitted, self.lengths = best, best.lengths * known.widths

    def _fit(
        self,
        x: Floats,
        y: Floats,
        kernel: str,
        nugget: float,
        variance: Floats | None,
        times: Floats,
        before: Floats | None,
    ) -> Fit:
        k = y.shape[1]
        if not self.noisy:
            return fit(x, y, kernel, np.full(k, nugget), np.ones((len(x), 1)), before)
        if variance is None:
            shape = np.repeat(1.0 / times[:, None], k, axis=1)
            return fit(x, y, kernel, np.full(k, np.nan), shape, before)
        mean = np.maximum(variance.mean(axis=0), 1e-300)
        spread = np.maximum(y.var(axis=0) - mean, 0.1 * mean)
        for _ in range(3):  # the noise is known, the variance of the function is not: each fit tells it better
            ratio = np.clip(mean / np.maximum(spread, 1e-300), QUIETEST, LOUDEST)
            found = fit(x, y, kernel, ratio, variance / mean, before)
            process = Process(x, y, kernel, found.lengths, 0.0, ratio * variance / mean)
            spread, before = process.deviation**2, found.lengths
        return found

    def _ratios(self, known: Known, variance: Floats | None) -> Floats:
        """Noise of every answer in variances of the function (n, k)."""
        assert self.fitted is not None
        if variance is None:
            return np.asarray(self.fitted.noise / known.times[:, None])
        return np.asarray(self.fitted.noise * variance / np.maximum(variance.mean(axis=0), 1e-300))

    def look_for_noise(self, known: Known, tolerances: Floats) -> Floats | None:
        """Standard deviation of noise (k,) if answers are better explained by it than by a function, else None."""
        if self.noisy or len(known) < self._look or self.fitted is None:
            return None
        self._look = int(np.ceil(NEXT_LOOK * len(known)))
        rows = np.arange(len(known))[-ROWS:]
        x, y = (known.x[rows] - known.low) / known.widths, known.y[rows]
        n, k = y.shape
        noise_free = fit(x, y, "matern-5/2", np.full(k, 1e-8), np.ones((n, 1)))
        scattered = fit(x, y, "matern-5/2", np.full(k, np.nan), np.ones((n, k)))
        if scattered.evidence < noise_free.evidence + EVIDENCE:
            return None
        process = Process(x, y, "matern-5/2", scattered.lengths, 0.0, np.repeat(scattered.noise[None, :], n, axis=0))
        deviation = np.sqrt(scattered.noise) * process.deviation
        return deviation if (deviation > 0.25 * tolerances).any() else None

    def predict(self, x: Floats) -> tuple[Floats, Floats]:
        """Answers and their bounds at the rows of ``x``, (m, k) each."""
        values, power = self.process.predict(x)
        return values, np.maximum(power * self.reach, np.abs(values - self.rival.means(x)))

    def one(self, x: Floats) -> tuple[list[float], list[float]]:
        """The same for one state."""
        values, power = self.process.one(x)
        others = self.rival.mean_of_one(x)
        return values, [
            max(p * reach, abs(value - other))
            for p, reach, value, other in zip(power, self._reach, values, others, strict=True)
        ]

    def doubt(self, x: Floats) -> Floats:
        """By how many tolerances the other kernel answers differently at the rows of ``x`` (m,)."""
        apart = np.abs(self.process.means(x) - self.rival.means(x))
        return np.asarray((apart / np.maximum(self._tolerances, 1e-300)).max(axis=1))

    def begin(self, x: Floats) -> None:
        """Look ahead among these candidates."""
        self._ahead, self._candidates = self.process.ahead(x), x

    def suppose(self, row: int) -> Floats:
        """Bounds (m, k) at the candidates if that in ``row``, and those before it, had been run."""
        assert self.fitted is not None
        noise = self.fitted.noise if self.noisy else None
        self._ahead, power = self.process.suppose(self._ahead, self._candidates, row, noise)
        return power * self.reach

    def document(self) -> dict[str, Any]:
        """What was found, as JSON."""
        if self.fitted is None:
            return {}
        fitted = {
            "kernel": self.fitted.kernel,
            "lengths": self.fitted.lengths.tolist(),
            "noise": self.fitted.noise.tolist(),
        }
        noise = None if self.level is None else [float(v) ** 0.5 for v in self.level]
        return {
            "kernel": self.fitted.kernel,
            "length_scales": [float(v) for v in self.lengths],
            "norm": [float(v) for v in self.process.norm],
            "noise": noise,
            "fit": fitted,
            "before": {kernel: lengths.tolist() for kernel, lengths in self.before.items()},
            "at": self._at,
            "look": self._look,
        }

    def restore(self, document: dict[str, Any]) -> None:
        """Take up length scales and counts, so that what follows is what would have followed."""
        if "fit" in document:
            told = document["fit"]
            self.fitted = Fit(told["kernel"], np.array(told["lengths"]), np.array(told["noise"]), 0.0, 0.0)
            self.lengths = np.array(document["length_scales"])
            self.before = {kernel: np.array(lengths) for kernel, lengths in document["before"].items()}
            self._at, self._look = document["at"], document["look"]
