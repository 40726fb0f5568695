"""Functions whose indices are known, at the points of a design, and chains that they might be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import closed_forms
import numpy as np

from bridge.sensitivity.design import Design
from bridge.sensitivity.wiring import Seen, Wiring

Values = Mapping[str, np.ndarray]


def at(drawn: Design) -> dict[str, np.ndarray]:
    """Quantiles of every input at all points."""
    return dict(zip(drawn.inputs, drawn.unit_cube().T, strict=True))


def ishigami(u: Values) -> np.ndarray:
    x = {name: np.pi * (2 * values - 1) for name, values in u.items()}
    return np.sin(x["x1"]) + 7 * np.sin(x["x2"]) ** 2 + 0.1 * x["x3"] ** 4 * np.sin(x["x1"])


def g_function(u: Values) -> np.ndarray:
    return np.prod([(abs(4 * u[name] - 2) + a) / (1 + a) for name, a in closed_forms.A.items()], axis=0)


def three_stages(*inputs: Iterable[str]) -> Wiring:
    """A chain of three scales, each with inputs of its own."""
    names, scales = ("fine", "middle", "coarse"), ("atomistic", "mesoscopic", "continuum")
    stages = tuple(
        Seen(name, scale, names[max(i - 1, 0) : i], (float(i), float(i)))
        for i, (name, scale) in enumerate(zip(names, scales, strict=True))
    )
    return Wiring(stages, {name: ((at, name),) for at, mine in zip(names, inputs, strict=True) for name in mine})
