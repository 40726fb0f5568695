"""Saltelli's design: two independent samples of the inputs, and what comes of exchanging some columns of the one.

Every row of the matrices A and B is a point. For a set of inputs, the block AB holds the rows of A with the columns
of that set taken from B. A single input gives the indices of that input, a set of them those of the set as a whole:
A. Saltelli et al., Comput. Phys. Commun. 181, 259 (2010); sets: I. M. Sobol', Math. Comput. Simul. 55, 271 (2001).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.errors import ContractError, UnknownName, did_you_mean

Floats = npt.NDArray[np.float64]
Set = frozenset[str]

#: Base rows for which indices mean anything, and those that nobody means.
FEWEST, MOST = 8, 2**20
#: Dimensions of the Sobol' sequence for the columns of an input in A and B. A total index rests on how well the two
#: fill the square together. The usual choice, A from the first half of the dimensions and B from the second, has pairs
#: that do not (t = 4 at 1024 points of 6 inputs), and put a total index seven standard deviations off. Here every
#: dimension has the lowest free partner with which t is 3 or less at 64 to 8192 points.
PAIRS = (
    *((0, 1), (2, 3), (4, 5), (6, 8), (7, 9), (10, 12), (11, 15), (13, 17), (14, 27), (16, 20), (18, 22), (19, 24)),
    *((21, 23), (25, 41), (26, 29), (28, 32), (30, 34), (31, 33), (35, 42), (36, 38), (37, 46), (39, 47), (40, 49)),
    *((43, 45),),
)
#: Half a step of the Sobol' sequence, which is counted in 2^-30: no sample is 0, whose quantile may be infinite.
_HALF_STEP = 2.0**-31


@dataclass(frozen=True)
class Design:
    """``n`` base rows, each as one point for every block; a block is the set of inputs that it takes from B.

    The first block is empty, and is A; the last holds all inputs, and is B.
    """

    inputs: tuple[str, ...]
    n: int
    seed: int
    blocks: tuple[Set, ...]

    @property
    def points(self) -> int:
        """Number of points; the blocks of one base row follow one another."""
        return self.n * len(self.blocks)

    def unit_cube(self) -> Floats:
        """The points as quantiles between 0 and 1, points by inputs. Raises ContractError where SALib is missing."""
        a, b = self.matrices()
        swapped = np.array([[name in block for name in self.inputs] for block in self.blocks])
        return np.where(swapped[None, :, :], b[:, None, :], a[:, None, :]).reshape(self.points, len(self.inputs))

    def matrices(self) -> tuple[Floats, Floats]:
        """A and B: dimensions of one scrambled Sobol' sequence, the same for the same seed.

        More rows begin with the fewer, and the order in which inputs are written changes nothing.
        """
        from scipy.stats import qmc

        pairs = _pairs(len(self.inputs))
        sequence = qmc.Sobol(1 + max(map(max, pairs)), rng=np.random.default_rng(self.seed))
        drawn = np.asarray(sequence.random(self.n)) + _HALF_STEP
        names = sorted(self.inputs)
        a, b = zip(*(pairs[names.index(name)] for name in self.inputs), strict=True)
        return drawn[:, a], drawn[:, b]

    def index(self, block: Set) -> int:
        """Which block takes exactly these inputs from B."""
        return self.blocks.index(block)

    def by_block(self, values: npt.ArrayLike) -> Floats:
        """Values of all points as base rows by blocks."""
        return np.asarray(values, float).reshape(self.n, len(self.blocks))

    def executions(self, reach: Iterable[str]) -> int:
        """How often a stage runs that is reached by these inputs, if no two samples of an input are alike.

        Two points of a base row are one to a stage where their blocks differ only in inputs that do not reach it.
        """
        reach = frozenset(reach)
        return self.n * len({block & reach for block in self.blocks}) if reach else 1

    def document(self) -> dict[str, Any]:
        """The design as JSON."""
        blocks = [[name for name in self.inputs if name in block] for block in self.blocks]
        return {"inputs": list(self.inputs), "n": self.n, "seed": self.seed, "blocks": blocks}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Design:
        """The design that ``document`` wrote down."""
        blocks = tuple(frozenset(block) for block in document["blocks"])
        return cls(tuple(document["inputs"]), int(document["n"]), int(document["seed"]), blocks)


def design(
    inputs: Iterable[str],
    n: int,
    seed: int = 0,
    sets: Iterable[tuple[Iterable[str], Iterable[str]]] = (),
    second: bool = False,
) -> Design:
    """The design for single inputs, for ``sets`` of them, and for pairs if ``second``.

    Each set comes with the inputs among which it is one; it costs no block where another tells the same of these.
    Raises ContractError for an ``n`` that is no power of two, for which a Sobol' sequence is not balanced.
    """
    names = tuple(inputs)
    check_count(n)
    if not 0 <= seed < 2**63:
        raise ContractError(f"the seed is {seed}: write a whole number from 0, such as --seed 0.")
    every = frozenset(names)
    blocks: dict[Set, None] = dict.fromkeys([frozenset(), *(frozenset({name}) for name in names)])
    blocks |= dict.fromkeys(every - {name} for name in names if second)
    for one, among in ((frozenset(a), frozenset(b)) for a, b in sets):
        for name in (one | among) - every:
            raise UnknownName(f"no input is named {name!r}. {did_you_mean(name, names)}")
        if one and one != among and not any(block & among in (one, among - one) for block in blocks):
            blocks[one] = None
    blocks.pop(every, None)
    return Design(names, n, seed, (*blocks, every))


def check_count(n: int) -> None:
    """Refuse a number of base rows that is no power of two. Raises ContractError with the two nearest."""
    if FEWEST <= n <= MOST and n & (n - 1) == 0:
        return
    below = max(FEWEST, min(MOST, 1 << max(n, 1).bit_length() - 1))
    near = f"-n {below} or -n {below * 2}" if FEWEST < n < MOST else f"-n {below}"
    raise ContractError(f"-n {n} is no power of two from {FEWEST} to {MOST:,}, as Sobol' sequences are: write {near}.")


def _pairs(inputs: int) -> list[tuple[int, int]]:
    """Dimensions of the sequence that the columns of A and B are, for each input."""
    beyond = 1 + max(map(max, PAIRS))
    more = range(max(0, inputs - len(PAIRS)))
    return [*PAIRS[:inputs], *((beyond + 2 * i, beyond + 2 * i + 1) for i in more)]
