"""Functions that rates may use beside arithmetic: of numbers, arrays and the symbols of `symbols` alike."""

from __future__ import annotations

from typing import Any

import numpy as np


def exp(x: Any) -> Any:
    """Exponential."""
    return np.exp(x)


def log(x: Any) -> Any:
    """Natural logarithm."""
    return np.log(x)


def sqrt(x: Any) -> Any:
    """Square root."""
    return np.sqrt(x)


def power(x: Any, n: Any) -> Any:
    """``x ** n`` for any positive n, and 0 where x is a rounding error below zero."""
    if (graph := getattr(x, "graph", None) or getattr(n, "graph", None)) is not None:
        return graph.call("power", graph.of(x), graph.of(n))
    return np.maximum(x, 0.0) ** n
