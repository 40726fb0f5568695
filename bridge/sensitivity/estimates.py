"""Sobol indices from the values at a design's points, with intervals and without the noise of random models.

First order (closed, for a set of inputs): Saltelli 2010, as mean[f(B) (f(AB) - f(A))] / V. Total: Jansen, Comput. Phys.
Commun. 117, 35 (1999), as mean[(f(A) - f(AB))^2] / 2V. Pairs: A. Saltelli, Comput. Phys. Commun. 145, 280 (2002). V is
the variance over A and B. Intervals are 1.96 standard deviations over bootstrap samples of base rows.

Where values carry standard errors that are independent from one evaluation of a stage to the next, f is a mean plus
noise. The noise adds the mean of its squares to V, and the sum of the two squares to every (f(A) - f(AB))^2 whose
values are of two evaluations; it adds to f(B) f(AB) only where these are one and the same evaluation. Both are
subtracted pair by pair: indices are shares of the variance with noise, and what noise adds is a share of its own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.errors import ContractError
from bridge.sensitivity.design import Design, Floats, Set

INSTALL = "Sobol indices are SALib's to estimate, which is not installed: pip install 'scalebridge[sensitivity]'."
#: Bootstrap samples of the base rows.
RESAMPLES = 400
#: Two-sided 95 % of a normal distribution.
Z = 1.959963984540054
#: A variance below this share of the mean's square is rounding.
_ROUNDING = 1e-20


@dataclass(frozen=True)
class Estimate:
    """A share of the variance, with half the width of its 95 % interval."""

    value: float
    half: float = 0.0

    def document(self) -> dict[str, float]:
        """As JSON."""
        return {"value": self.value, "conf": self.half}


@dataclass(frozen=True)
class Index:
    """First-order (closed, for a set) and total index."""

    first: Estimate
    total: Estimate

    def document(self) -> dict[str, dict[str, float]]:
        """As JSON."""
        return {"S1": self.first.document(), "ST": self.total.document()}


class Sampled:
    """The values of one output at a design's points, base rows by blocks, and what is estimated from them.

    ``errors`` are their standard errors where these are to be taken as independent noise. ``reach`` are the inputs
    that can change the output at all. Rows with a value that is missing (NaN) are left out whole.
    """

    def __init__(
        self, design: Design, values: Floats, errors: Floats | None = None, reach: Iterable[str] | None = None
    ) -> None:
        self.design = design
        self.reach: Set = frozenset(design.inputs if reach is None else reach)
        whole = np.isfinite(values).all(axis=1)
        kept = values[whole]
        self.mean, self.sd = float(kept[:, _ENDS].mean()), float(kept[:, _ENDS].std())
        self.constant = bool(self.sd**2 <= _ROUNDING * self.mean**2)
        scale = 1.0 if self.constant else self.sd
        self.values: Floats = (kept - kept.mean()) / scale  # centred: the first-order estimator has a bias otherwise
        self.squares: Floats = np.zeros_like(self.values) if errors is None else (errors[whole] / scale) ** 2
        self._known: dict[Set, tuple[Floats, Floats]] = {}

    @property
    def used(self) -> int:
        """Base rows that are whole."""
        return len(self.values)

    def noise(self) -> Estimate:
        """Mean squared standard error as a share of the variance; nothing where there are no standard errors."""
        return _estimate(self._noise)

    def index(self, inputs: Iterable[str]) -> Index:
        """First-order and total index of a set of inputs. Raises KeyError if the design has no block for it."""
        first, total = self._index(frozenset(inputs))
        return Index(_estimate(first), _estimate(total))

    def interactions(self, groups: Iterable[Iterable[str]]) -> Estimate:
        """What the groups' first-order indices and the noise leave: what groups do together."""
        left = 1.0 - self._noise
        for group in groups:
            left = left - self._index(frozenset(group))[0]
        return _estimate(left)

    def pair(self, one: str, other: str) -> Estimate:
        """Second-order index: what two inputs do together beyond what each does. Needs a design with ``second``."""
        if not {one, other} <= self.reach:
            return Estimate(0.0)
        every = frozenset(self.design.inputs)
        blocks = [frozenset[str](), frozenset({one}), frozenset({other}), every - {one}, every]
        columns = [self.values[:, self.design.index(block)] for block in blocks]
        return _estimate(self._resampled(salib("SALib.analyze.sobol").second_order, *columns))

    @functools.cached_property
    def _noise(self) -> Floats:
        squares = self.squares[:, _ENDS].mean(axis=1)
        return self._resampled(lambda a, b, noise: _share(noise, a, b), self.values[:, 0], self.values[:, -1], squares)

    def _index(self, inputs: Set) -> tuple[Floats, Floats]:
        """Both indices, from the sample itself and from every bootstrap sample of it."""
        inside = inputs & self.reach
        if inside not in self._known:
            if not inside:
                self._known[inside] = np.zeros(RESAMPLES + 1), np.zeros(RESAMPLES + 1)
            elif inside == self.reach:
                self._known[inside] = 1.0 - self._noise, 1.0 - self._noise
            else:
                self._known[inside] = self._estimated(*self._block(inside))
        return self._known[inside]

    def _estimated(self, a: int, mixed: int, b: int) -> tuple[Floats, Floats]:
        sobol = salib("SALib.analyze.sobol")

        def first(a: Floats, mixed: Floats, b: Floats, noise: Floats) -> Floats:
            return np.asarray(sobol.first_order(a, mixed, b)) - _share(noise, a, b)

        def total(a: Floats, mixed: Floats, b: Floats, noise: Floats) -> Floats:
            return np.asarray(sobol.total_order(a, mixed, b)) - _share(noise, a, b)

        columns = [self.values[:, number] for number in (a, mixed, b)]
        repeated = self._of_one(b, mixed) - self._of_one(b, a)
        apart = 0.5 * (self.squares[:, a] + self.squares[:, mixed]) - self._of_one(a, mixed)
        return self._resampled(first, *columns, repeated), self._resampled(total, *columns, apart)

    def _of_one(self, one: int, other: int) -> Floats:
        """Squared noise of a value where another one is of the same evaluation, which is where they are equal."""
        return np.where(self.values[:, one] == self.values[:, other], self.squares[:, one], 0.0)

    def _block(self, inside: Set) -> tuple[int, int, int]:
        """A, B with just these of the inputs that matter exchanged, and B; or so with A and B in each other's place."""
        for number, block in enumerate(self.design.blocks):
            if block & self.reach == inside:
                return 0, number, -1
        for number, block in enumerate(self.design.blocks):
            if block & self.reach == self.reach - inside:
                return -1, number, 0
        raise KeyError(f"the design has no block for {sorted(inside)}")

    def _resampled(self, estimate: Callable[..., Any], *columns: Floats) -> Floats:
        """An estimate from the base rows themselves, then from every bootstrap sample of them, always the same ones."""
        found = [np.asarray(estimate(*(column[:, None] for column in columns)))]
        rng = np.random.default_rng([self.design.seed, 1])
        at_once = max(1, min(RESAMPLES, _AT_ONCE // self.used))
        for start in range(0, RESAMPLES, at_once):
            rows = rng.integers(self.used, size=(self.used, min(at_once, RESAMPLES - start)))
            found.append(np.asarray(estimate(*(column[rows] for column in columns))))
        return np.concatenate(found)


_ENDS: Any = [0, -1]
#: Numbers of a column that are resampled at once.
_AT_ONCE = 2**20


def _share(squares: Floats, a: Floats, b: Floats) -> Floats:
    """The mean of squares as a share of the variance over A and B."""
    return np.asarray(squares.mean(axis=0) / np.var(np.concatenate([a, b]), axis=0))


def _estimate(values: Floats) -> Estimate:
    """The value of the sample itself, and its interval by the others."""
    return Estimate(float(values[0]), float(Z * values[1:].std(ddof=1)))


def salib(module: str) -> Any:
    """A module of SALib. Raises ContractError that says what to install."""
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError:
        raise ContractError(INSTALL) from None
