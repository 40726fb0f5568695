"""The stress test in libroadrunner and CasADi: each made once, then asked for courses again and again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.bench.pharmacology_problem import CYCLE, DOSE, DOSED, PARAMETERS, TIMES, TYPICAL, Array, begun

ANTIMONY = """
model stress
  C' = -(CL + Q)/V1*C + Q/(V1*V2)*A2 - (kon*C*R - koff*RC); A2' = Q*C - Q/V2*A2
  R' = kdeg*(R0 - R) - (kon*C*R - koff*RC); RC' = kon*C*R - koff*RC - kint*RC
  C = 0; A2 = 0; R = 10; RC = 0; {parameters}
  {events}
end
"""


def libroadrunner() -> Callable[[Array, float, float], Array]:
    """Compiled by libroadrunner from Antimony, doses as events; one instance for all patients."""
    import antimony
    import roadrunner

    given = "; ".join(f"{name} = {value!r}" for name, value in zip(PARAMETERS, TYPICAL, strict=True))
    events = "\n".join(f"at (time >= {at!r}): C = C + {DOSE!r}/V1" for at in DOSED[1:])
    if antimony.loadAntimonyString(ANTIMONY.format(parameters=given, events=events)) < 0:
        raise RuntimeError(antimony.getLastError())
    made = roadrunner.RoadRunner(antimony.getSBMLString("stress"))
    made.timeCourseSelections = ["C", "A2", "R", "RC"]

    def courses(values: Array, rtol: float, atol: float) -> Array:
        made.integrator.relative_tolerance, made.integrator.absolute_tolerance = rtol, atol
        found = np.empty((len(values), TIMES.size, 4))
        for p, row in enumerate(values):
            made.reset()
            for name, value in zip(PARAMETERS, row, strict=True):
                made.setValue(name, value)
            for name, value in (("C", DOSE / row[1]), ("A2", 0.0), ("R", row[6]), ("RC", 0.0)):
                made.setValue(name, value)
            found[p] = made.simulate(TIMES[0], TIMES[-1], TIMES.size)
        return found

    return courses


def casadi() -> Callable[[Array, float, float], Array]:
    """CVODES by CasADi, from dose to dose."""
    import casadi as ca

    from tests.bench.pharmacology_problem import rates

    x, p = ca.SX.sym("x", 4), ca.SX.sym("p", len(PARAMETERS))
    ode = {"x": x, "p": p, "ode": ca.vertcat(*rates(*ca.vertsplit(x), *ca.vertsplit(p)))}
    known: dict[tuple[float, float], object] = {}

    def courses(values: Array, rtol: float, atol: float) -> Array:
        if (rtol, atol) not in known:
            options = {"reltol": rtol, "abstol": atol, "max_num_steps": 100_000}
            known[rtol, atol] = ca.integrator("F", "cvodes", ode, 0.0, TIMES[1 : CYCLE + 1].tolist(), options)
        cycle = known[rtol, atol]
        found, state = np.empty((len(values), TIMES.size, 4)), begun(values)
        for row, y, given in zip(found, state, values, strict=True):
            for first in range(0, TIMES.size - 1, CYCLE):
                y[0] += DOSE / given[1]
                row[first] = y
                row[first + 1 : first + CYCLE + 1] = cycle(x0=y, p=given)["xf"].T  # type: ignore[operator]
                y = row[first + CYCLE].copy()
        return found

    return courses
