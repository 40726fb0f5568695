"""The report: two strains and two replicates over six days."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import numpy as np
from bridge_epidemic.report import records as told

from bridge import Picture, Q

DOT = Picture(
    b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="),
    "image/png",
)
LEVEL = np.linspace(-2, 1, 31)
CURVE = 1 / (1 + np.exp(-2.5 * (LEVEL + 0.7)))
AGES, FOLDS = np.array([0.0, 90.0]), np.array([1.0, 2.0])
SURFACE = 1 + np.outer([1.0, 0.6], np.linspace(0, 1, 5)).reshape(1, 2, 5) / FOLDS[:, None, None]
WEEK = np.arange(7.0)
DAILY = 100 * np.exp(np.outer(WEEK, [0.05, 0.25])) * np.array([1.0, 0.1])
PROTECTED = told.Protected(
    LEVEL, CURVE, np.stack([CURVE**2, CURVE**1.9, CURVE**2.1]), 0.0, 13.5, 9.3, 21.0, 0.832, 0.27, 0.2, 0.35
)
COURSES = told.Epidemic(
    WEEK, np.stack([DAILY, 1.2 * DAILY]), 0.01 * np.stack([DAILY, DAILY]), np.full((2, 7, 2), [1.2, 2.3]),
    np.array([[0, 0], [1, 0]]), 0.0,
)  # fmt: skip
EXPECTED = told.Epidemic(
    WEEK, DAILY[None], 0.01 * DAILY[None], np.full((1, 7, 2), [1.2, 2.3]), np.array([[0, 0]]), 1e-9
)
NEEDED = np.array([[[0.7, 0.8], [0.9, 1.0]]])
REPORT: dict[str, Any] = {
    "binding": told.Apparent(
        "convalescents\nvaccinees", np.array([0.25, 0.5]), np.array([[0.4, 2.5], [0.0, 1.9]]),
        np.array([[0, 1], [0, 0]]), np.array([429, 234]), np.array([61, 84]), np.array([0.7, 0.4]),
        np.array([0.01, 0.0]), DOT,
    ),
    "scan": told.Receptor("N501Y\nK417N", np.array([0.24, -0.45]), np.array([-0.327, 0.614])),
    "persons": told.Persons(np.array([1e-3, 0.0]), np.zeros(2), 663, 216, 0.62, 0),
    "infection": PROTECTED, "severe": PROTECTED, "ratio": told.Ratio(1.95, 1.8, 2.1, 0.832, 0.27),
    "landscape": told.Landscape(np.linspace(0, 1, 5), AGES, FOLDS, SURFACE, 0.9 * SURFACE, 1.1 * SURFACE),
    "conditions": told.Conditions(
        "somebody", np.array([2.1]), AGES, FOLDS, NEEDED, np.array([[[1, 1], [1, 0]]]), np.array([1.08]),
        np.array([1.0]), np.array([1.17]),
    ),
    "contacts": told.Peopled(np.array([4e5, 6e5])), "strains": told.Named("D614G\nBA.1"),
    "epidemic": COURSES, "expected": EXPECTED,
    "growth": told.Growing(
        np.array([0.05, 0.25]), np.array([0.04, 0.24]), np.array([0.06, 0.26]), np.array([13.9, 2.77]),
        np.array([0.0, 0.2]), np.array([0.0, 0.19]), np.array([0.0, 0.21]),
    ),
    "cases": told.Cases(WEEK, 40 * np.ones(7), "2021-11-15"), "half_life": Q(108.0, "d"),
}  # fmt: skip
VIRAL_ESCAPE: dict[str, dict[str, Any]] = {"viral_escape.report": REPORT}

INPUTS = VIRAL_ESCAPE
