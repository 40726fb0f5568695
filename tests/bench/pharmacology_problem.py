"""The stress test of the pharmacology chain: 1,000 patients under full target-mediated disposition.

Free drug C (nM), peripheral drug A2 (nmol), free target R and complex RC (nM); 210 mg of an antibody of 145.5 kDa as a
bolus at 0, 21, 42 and 63 d; clearance and volume correlated, target and internalisation not. 337 rows, 6 h apart, hold
what is after a dose.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

PATIENTS, DAYS, EVERY = 1000, 84.0, 0.25
TIMES = np.arange(int(DAYS / EVERY) + 1) * EVERY
DOSE, DOSED = 1443.298969, (0.0, 21.0, 42.0, 63.0)  # nmol, d
CYCLE = int((DOSED[1] - DOSED[0]) / EVERY)
PARAMETERS = ("CL", "V1", "Q", "V2", "kon", "koff", "R0", "kdeg", "kint")
TYPICAL = (0.252, 3.2417, 0.4536, 2.2029, 8.64, 0.864, 10.0, 5.0, 1.0)


def drawn() -> Array:
    """The parameters of every patient, a row each."""
    z = np.random.default_rng(20260101).standard_normal((PATIENTS, 4))
    eta = z[:, :2] @ np.linalg.cholesky([[0.10, 0.03], [0.03, 0.09]]).T
    values = np.tile(TYPICAL, (PATIENTS, 1))
    values[:, [0, 1, 6, 8]] *= np.exp(np.column_stack([eta, 0.5 * z[:, 2], 0.3 * z[:, 3]]))
    return values


def begun(values: Array) -> Array:
    """States before the first dose: nothing but the target."""
    start = np.zeros((len(values), 4))
    start[:, 2] = values[:, 6]
    return start


def rates(
    C: Any, A2: Any, R: Any, RC: Any, CL: Any, V1: Any, Q: Any, V2: Any, kon: Any, koff: Any, R0: Any, kdeg: Any,
    kint: Any,
) -> tuple[Any, ...]:  # fmt: skip
    """Mager and Jusko, J. Pharmacokinet. Pharmacodyn. 28, 507 (2001)."""
    b = kon * C * R - koff * RC
    return -(CL + Q) / V1 * C + Q / (V1 * V2) * A2 - b, Q * C - Q / V2 * A2, kdeg * (R0 - R) - b, b - kint * RC


@njit
def slope(y, t, p):  # type: ignore[no-untyped-def]
    """What odeint asks for."""
    b = p[4] * y[0] * y[2] - p[5] * y[3]
    found = np.empty(4)
    found[0] = -(p[0] + p[2]) / p[1] * y[0] + p[2] / (p[1] * p[3]) * y[1] - b
    found[1] = p[2] * y[0] - p[2] / p[3] * y[1]
    found[2] = p[7] * (p[6] - y[2]) - b
    found[3] = b - p[8] * y[3]
    return found


def by_lsoda(values: Array, rtol: float, atol: float) -> Array:
    """Courses (patient, time, state) by scipy's LSODA with compiled rates, restarted at every dose."""
    from scipy.integrate import odeint

    found, state = np.empty((len(values), TIMES.size, 4)), begun(values)
    for p, given in enumerate(values):
        y = state[p]
        for first in range(0, TIMES.size - 1, CYCLE):
            y[0] += DOSE / given[1]
            rows = slice(first, first + CYCLE + 1)
            course, told = odeint(
                slope, y, TIMES[rows], (given,), rtol=rtol, atol=atol, mxstep=100_000, full_output=True
            )
            if told["message"] != "Integration successful.":
                raise ArithmeticError(f"patient {p}: {told['message']}")
            found[p, rows], y = course, course[-1]
    return found


def worst(found: Array, reference: Array) -> float:
    """The largest error over patients, rows and states, relative with a floor of 1e-3 in each state's unit."""
    return float((np.abs(found - reference) / (np.abs(reference) + 1e-3)).max())
