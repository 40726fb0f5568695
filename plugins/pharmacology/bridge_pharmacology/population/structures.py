"""Concentrations that are fitted: closed forms of plasma."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bridge_pharmacology.plasma import closed
from bridge_pharmacology.population.fitting import Fit, Series, Structure

Array = NDArray[np.float64]


def _oral(series: Series, given: Mapping[str, float]) -> Array:
    return closed.superposed(closed.one_compartment_oral, series.time, series.dose_time, series.dose, **given)


def _one_iv(series: Series, given: Mapping[str, float]) -> Array:
    return closed.superposed(closed.one_compartment_iv, series.time, series.dose_time, series.dose, **given)


def _two_iv(series: Series, given: Mapping[str, float]) -> Array:
    return closed.superposed(closed.two_compartment_iv, series.time, series.dose_time, series.dose, **given)


def slower_disposition(found: Fit) -> Fit:
    """The same oral curve with absorption as the faster process, where the fit came to the other solution.

    ka and CL/V change places and V becomes V (CL/V)/ka: clearance stays, and so does every prediction.
    """
    at = {name: k for k, name in enumerate(found.names)}
    if not {"absorption_rate", "clearance", "volume"} <= set(at):
        return found
    ka, cl, v = (found.estimate[at[name]] for name in ("absorption_rate", "clearance", "volume"))
    if ka >= cl / v:
        return found
    estimate = found.estimate.copy()
    estimate[at["absorption_rate"]], estimate[at["volume"]] = cl / v, cl / ka
    # ln ka' = ln CL - ln V and ln V' = ln CL - ln ka.
    turn = np.eye(len(at))
    turn[at["absorption_rate"]] = 0
    turn[at["absorption_rate"], [at["clearance"], at["volume"]]] = 1, -1
    turn[at["volume"]] = 0
    turn[at["volume"], [at["clearance"], at["absorption_rate"]]] = 1, -1
    return replace(
        found,
        estimate=estimate,
        covariance=turn @ found.covariance @ turn.T,
        by_individual=turn @ found.by_individual @ turn.T,
    )


ORAL = Structure(
    "one compartment, absorbed at first order after a lag",
    ("absorption_rate", "clearance", "volume", "lag"),
    ("1/d", "L/d", "L", "d"),
    _oral,
    slower_disposition,
)
ONE_IV = Structure("one compartment, boluses", ("clearance", "volume"), ("L/d", "L"), _one_iv)
TWO_IV = Structure(
    "two compartments, boluses",
    ("clearance", "central_volume", "intercompartmental_clearance", "peripheral_volume"),
    ("L/d", "L", "L/d", "L"),
    _two_iv,
)
