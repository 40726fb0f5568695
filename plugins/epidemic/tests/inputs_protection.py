"""Protection, and what escape does to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge import Q

TWO_FOLDS = {
    "log10_fold": np.array([0.5, 1.5]),
    "persons_share": np.array([[0.4, 0.5]] * 3),
    "escaped": np.full(3, 0.1),
}
LEVELS = -4 + 0.02 * np.arange(301)
PROTECTED = 1 / (1 + np.exp(-3 * (LEVELS + 0.7)))
SERA: dict[str, Any] = {
    "level": LEVELS,
    "reference_protection": PROTECTED,
    "variant_protection": np.stack([0.3 * PROTECTED, 0.2 * PROTECTED, 0.4 * PROTECTED]),
}
PROTECTION: dict[str, dict[str, Any]] = {
    "protection.published": {"outcome": "severe"},
    "protection.fit": {},
    "protection.deviate": {"steepness_deviate": 1.0, "half_protective_deviate": -0.5},
    "protection.efficacy": {"titre": np.array([0.2, 1.0, 4.0]), "steepness": 3.0, "half_protective_level": -0.7},
    "serum.single_fold": {"fold": 20.0},
    "protection.sera": {**TWO_FOLDS, "steepness": 3.0, "half_protective_level": -0.7},
    "escape.landscape": {**SERA, "immune_fraction": np.array([0.0, 0.5, 1.0]), "age": Q([0.0, 90.0], "d")},
    "escape.ratio": {**SERA, "age": "30 d"},
    "escape.conditions": {**SERA, "ratio": 1.9, "ratio_low": 1.8, "ratio_high": 2.1},
}

INPUTS = PROTECTION
