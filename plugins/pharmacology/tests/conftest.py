"""What the systems are held against: scipy's LSODA, and the stress test of target-mediated disposition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from bridge_pharmacology.systems.solve import Instants
from bridge_pharmacology.systems.system import System
from scipy.integrate import solve_ivp
from scipy.interpolate import PchipInterpolator


@pytest.fixture(scope="session")
def lsoda():
    """Courses ``values[patient, time, state]`` as `solve` gives them, integrated from each time to the next."""

    def reference(system, parameters, start, times, instants=None, inputs=None, rtol=1e-11, atol=1e-13):
        values = np.zeros((start.shape[0], times.size, len(system.states)))
        keep = [system.states.index(name) for name in system.totals]
        for p in range(start.shape[0]):
            table = None if inputs is None else PchipInterpolator(times, inputs[p], axis=0)
            events = [] if instants is None else list(range(int(instants.first[p]), int(instants.first[p + 1])))
            values_of = parameters[p].tolist()
            y, rate, t = start[p].copy(), np.zeros(start.shape[1]), float(times[0])
            for stop in sorted({*times.tolist(), *(float(instants.time[e]) for e in events)}):
                if stop > t:

                    def slope(x, y, values_of=values_of, rate=rate, table=table):
                        given = [] if table is None else table(x).tolist()
                        rates = system.rates(*y.tolist(), *values_of, *given)
                        return [a + b for a, b in zip(rates, rate.tolist(), strict=True)]

                    found = solve_ivp(slope, (t, stop), y, method="LSODA", rtol=rtol, atol=atol)
                    assert found.success, found.message
                    y, t = found.y[:, -1], stop
                while events and instants.time[events[0]] <= stop:
                    e = events.pop(0)
                    if instants.becomes[e] >= 0:
                        kept = y[keep]
                        y = instants.vectors[instants.becomes[e]].copy()
                        y[keep] = kept
                    y, rate = y.copy(), np.zeros_like(rate) if instants.ends[e] else rate.copy()
                    y[instants.state[e]] += instants.amount[e]
                    rate[instants.state[e]] += instants.rate[e]
                values[p, times == stop] = y
        return values

    return reference


def full_target(C: Any, A2: Any, R: Any, RC: Any, CL: Any, V1: Any, Q: Any, V2: Any, kon: Any, koff: Any, R0: Any,
                kdeg: Any, kint: Any) -> tuple[Any, ...]:  # fmt: skip
    """Target-mediated disposition (Mager and Jusko, J. Pharmacokinet. Pharmacodyn. 28, 507, 2001), two compartments."""
    b = kon * C * R - koff * RC
    return -(CL + Q) / V1 * C + Q / (V1 * V2) * A2 - b, Q * C - Q / V2 * A2, kdeg * (R0 - R) - b, b - kint * RC


@dataclass(frozen=True)
class Problem:
    """What `solve` takes."""

    system: System
    parameters: Any
    start: Any
    times: Any
    instants: Instants


@pytest.fixture(scope="session")
def stress():
    """1,000 patients under 210 mg of an antibody (145.5 kDa) every 21 d, whose target turns over faster than it."""
    z = np.random.default_rng(20260101).standard_normal((1000, 4))
    eta = z[:, :2] @ np.linalg.cholesky([[0.10, 0.03], [0.03, 0.09]]).T
    values = np.tile([0.252, 3.2417, 0.4536, 2.2029, 8.64, 0.864, 10.0, 5.0, 1.0], (1000, 1))
    values[:, [0, 1, 6, 8]] *= np.exp(np.column_stack([eta, 0.5 * z[:, 2], 0.3 * z[:, 3]]))
    names = ("CL", "V1", "Q", "V2", "kon", "koff", "R0", "kdeg", "kint")
    system = System("full_target", ("C", "A2", "R", "RC"), names, full_target)

    def problem(patients: int) -> Problem:
        given = values[:patients]
        start = np.zeros((patients, 4))
        start[:, 2] = given[:, 6]
        doses = np.repeat(1443.298969 / given[:, 1], 4)
        zero, none = np.zeros(doses.size), np.zeros(doses.size, dtype=np.int64)
        instants = Instants(
            np.arange(patients + 1) * 4, np.tile([0.0, 21.0, 42.0, 63.0], patients), none, doses, zero, none - 1,
            none > 0, np.zeros((0, 4)),
        )  # fmt: skip
        return Problem(system, given, start, np.arange(337) * 0.25, instants)

    return problem
