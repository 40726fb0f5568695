"""Sobol indices that are known exactly, of single inputs and of sets of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import combinations

PI = math.pi
#: Parameters of the g-function, as in exact_chains.py.
A = {"x1": 0.5, "x2": 3.0, "x3": 0.0, "x4": 9.0, "x5": 1.0, "x6": 99.0}


def ishigami() -> dict[frozenset[str], float]:
    """Every part of the variance of Ishigami's function with a = 7, b = 0.1: Saltelli, Sensitivity Analysis (2000)."""
    a, b = 7.0, 0.1
    return {
        frozenset({"x1"}): 0.5 * (1 + b * PI**4 / 5) ** 2,
        frozenset({"x2"}): a**2 / 8,
        frozenset({"x1", "x3"}): b**2 * PI**8 * (1 / 18 - 1 / 50),
    }


def g_function(a: dict[str, float] = A) -> dict[frozenset[str], float]:
    """Every part of the variance of Sobol's g-function: the products of 1/3(1 + a)^2 over sets of factors."""
    single = {name: 1 / (3 * (1 + value) ** 2) for name, value in a.items()}
    return {
        frozenset(names): math.prod(single[name] for name in names)
        for count in range(1, len(a) + 1)
        for names in combinations(a, count)
    }


def closed(parts: dict[frozenset[str], float], inputs: Iterable[str]) -> float:
    """First-order index of a set: what it does by itself."""
    chosen = frozenset(inputs)
    return sum(share for names, share in parts.items() if names <= chosen) / sum(parts.values())


def total(parts: dict[frozenset[str], float], inputs: Iterable[str]) -> float:
    """Total index of a set: everything it has a part in."""
    chosen = frozenset(inputs)
    return sum(share for names, share in parts.items() if names & chosen) / sum(parts.values())


def pair(parts: dict[frozenset[str], float], one: str, other: str) -> float:
    """Second-order index."""
    return parts.get(frozenset({one, other}), 0.0) / sum(parts.values())
