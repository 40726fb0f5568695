"""Course of a turnover whose production a drug inhibits, from the drug's closed form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge_pharmacology.plasma import closed
from bridge_pharmacology.population.fitting import Series, Structure

Array = NDArray[np.float64]

#: Points and weights of the quadrature within a panel of time, and the longest panel (d).
POINTS, WEIGHTS = np.polynomial.legendre.leggauss(6)
PANEL = 0.25
#: Absorption bends a course within minutes: panels grow from each dose on (d).
BENT = np.geomspace(0.005, PANEL, 8)


@dataclass(frozen=True)
class Driven:
    """Panels of time (panel,), the drug at six points of each (panel, 6), and where the times asked for are."""

    width: Array
    level: Array
    at: NDArray[np.int64]


def driven(time: Array, dose_time: Array, dose: Array, plasma: Mapping[str, float]) -> Driven:
    """Panels that end at every time (d), at every dose and its lag, with the drug of one compartment with absorption.

    `plasma` has the parameters of `bridge_pharmacology.plasma.closed.one_compartment_oral`.
    """
    last = float(time.max(initial=0.0))
    kinks = dose_time + plasma["lag"]
    regular = np.arange(1, int(np.ceil(last / PANEL))) * PANEL
    edges = np.unique(np.concatenate([[0.0], time, kinks, (kinks[:, None] + BENT).ravel(), regular]))
    edges = edges[(edges >= 0) & (edges <= last)]
    width = np.diff(edges)
    inner = edges[:-1, None] + width[:, None] * (POINTS + 1) / 2
    level = closed.superposed(closed.one_compartment_oral, inner, dose_time, dose, **plasma)
    return Driven(width, level, np.searchsorted(edges, np.maximum(time, 0.0)))


def turnover(
    drug: Driven, *, baseline: float, loss_rate: float, potency: float, largest_inhibition: float = 1.0
) -> Array:
    """Response at the times of the panels: R' = kout R0 (1 - Imax C/(IC50 + C)) - kout R, R(0) = R0.

    The equation is linear in R: a panel adds an integral of the production, by six Gauss points.
    N. L. Dayneka, V. Garg and W. J. Jusko, J. Pharmacokinet. Biopharm. 21, 457 (1993).
    """
    held = baseline * loss_rate * (1 - largest_inhibition * drug.level / (potency + drug.level))
    fading = np.exp(-loss_rate * drug.width[:, None] * (1 - POINTS) / 2)
    came = (held * fading) @ WEIGHTS * drug.width / 2
    left = np.exp(-loss_rate * drug.width)
    response = [baseline]
    for kept, more in zip(left.tolist(), came.tolist(), strict=True):
        response.append(response[-1] * kept + more)
    return np.array(response)[drug.at]


def structure(series: Sequence[Series]) -> Structure:
    """The turnover as what is fitted to these series, each driven by the plasma that is known of its individual."""
    drugs = {id(one): driven(one.time, one.dose_time, one.dose, one.known) for one in series}
    return Structure(
        "turnover whose production the drug inhibits",
        ("baseline", "loss_rate", "potency", "largest_inhibition"),
        ("1", "1/d", "mg/L", "1"),
        lambda one, given: turnover(drugs[id(one)], **given),
    )
