"""Target cells, cells in eclipse, cells that produce virus, and the virus: how an infection runs in a person.

T' = -b(t) V T - phi I T + rho Z, E' = b(t) V T - k E, I' = k E - d(t) I, V' = q(F) I - c V, with the dead counted,
D' = d(t) I. P. Baccam et al., J. Virol. 80, 7590 (2006) for T, E, I, V; b = beta (1 - neutralised share). What
interferon (phi, rho, F) and adaptive immunity do is off unless asked for (`bridge_epidemic.host.immunity`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from bridge_epidemic.host.immunity import Immunity
from bridge_epidemic.ports import Array

#: Cells are solved to the tolerance down to this share of those at the beginning, virus in proportion: few as they are,
#: the first and the last of them are what grows and what fades.
FLOOR = 1e-22
STATES = ("target", "eclipse", "infected", "virus", "refractory", "interferon", "dead", "area")


@dataclass(frozen=True)
class Infection:
    """Parameters of an infection: time in d, virus in one unit per mL throughout, cells counted.

    `infection_rate` is beta, mL/(unit d); `production` is what a productive cell adds to the load, unit/(mL d).
    """

    infection_rate: float
    eclipse_rate: float
    loss_rate: float
    production: float
    clearance: float
    target: float
    load: float
    infected: float = 0.0
    immunity: Immunity = field(default_factory=Immunity)

    @property
    def reproduction_number(self) -> float:
        """Cells that one infected cell infects where all are targets: p beta T0/(c delta)."""
        return self.production * self.infection_rate * self.target / (self.clearance * self.loss_rate)

    def rates(self, time: float, state: Sequence[float]) -> list[float]:
        """Derivatives (per d) of STATES."""
        target, eclipse, infected, virus, refractory, interferon, _, _ = state
        immune = self.immunity
        infecting = self.infection_rate * immune.infecting(time) * virus * target
        refuge = immune.refractory_rate * infected * target - immune.reversion_rate * refractory
        death = (self.loss_rate + immune.killing(time)) * infected
        made = self.production / (1 + immune.production_effect * max(interferon, 0.0)) * infected
        return [
            -infecting - refuge,
            infecting - self.eclipse_rate * eclipse,
            self.eclipse_rate * eclipse - death,
            made - self.clearance * virus,
            refuge,
            infected - immune.interferon_clearance * interferon if immune.production_effect else 0.0,
            death,
            virus,
        ]


@dataclass(frozen=True)
class Course:
    """An infection solved: states by name at `time` (d), and the instant and height of the highest load."""

    time: Array
    states: dict[str, Array]
    peak: float
    time_of_peak: float

    def balance(self) -> float:
        """Largest difference of all cells, the dead counted, from those at the beginning, over these."""
        cells = sum(self.states[name] for name in ("target", "eclipse", "infected", "refractory", "dead"))
        whole = np.asarray(cells, dtype=np.float64)
        return float(np.abs(whole / whole[0] - 1).max())


def growth_rate(of: Infection, infecting: float = 1.0) -> float:
    """Rate (1/d) at which a small infection grows or fades: the dominant eigenvalue of eclipse, infected and virus.

    `infecting` is the share of virus that is not neutralised. Adaptive immunity and interferon come later.
    """
    spread = np.array(
        [
            [-of.eclipse_rate, 0.0, of.infection_rate * infecting * of.target],
            [of.eclipse_rate, -of.loss_rate, 0.0],
            [0.0, of.production, -of.clearance],
        ]
    )
    return float(np.linalg.eigvals(spread).real.max())


def final_share(of: Infection, infecting: float = 1.0) -> float:
    """Share of target cells never infected, where nothing but their want ends the infection.

    s = exp(-R (1 - s + i0) - b V0/c), with i0 the infected cells of the beginning over T0: the area of the load follows
    from V' = p I - c V and from each infected cell dying once.
    """
    from scipy.optimize import brentq

    reach = of.reproduction_number * infecting
    start = reach * of.infected / of.target + of.infection_rate * infecting * of.load / of.clearance
    if start == 0:
        return 1.0
    # s - exp(...) is concave, below 0 at s = 0 and above it at 1: one root lies between.
    return float(brentq(lambda s: s - math.exp(-reach * (1 - s) - start), 0.0, 1.0, xtol=1e-300, rtol=1e-14))


def solved(of: Infection, duration: float, sampling: float, tolerance: float) -> Course:
    """Solve an infection for `duration` days, with rows every `sampling` days. Raises ValueError where that fails."""
    from scipy.integrate import solve_ivp

    rows = round(duration / sampling)
    times = np.linspace(0.0, duration, rows + 1)
    state = np.array([of.target, 0.0, of.infected, of.load, 0.0, 0.0, 0.0, 0.0])
    small = FLOOR * of.target
    virus = small * of.production / of.clearance
    floors = np.array([small, small, small, virus, small, small, small, virus])
    values = np.empty((len(STATES), times.size))
    values[:, 0] = state
    peak, at = float(of.load), 0.0

    def turns(time: float, y: Sequence[float]) -> float:
        return of.rates(time, y)[3]

    edges = [0.0, *(t for t in of.immunity.kinks() if 0 < t < duration), duration]
    for begin, end in pairwise(edges):
        inside = (times > begin) & (times <= end)
        asked = np.append(times[inside], [] if inside.any() and times[inside][-1] == end else [end])
        # A kink belongs to what follows it: the rates of this piece are those just after its beginning.
        found = solve_ivp(
            of.rates, (begin, end), state, method="LSODA", t_eval=asked, events=turns, rtol=tolerance, atol=floors
        )
        if not found.success or not np.isfinite(found.y).all():
            reached = found.t[-1] if found.t.size else begin
            raise ValueError(
                f"the infection could not be solved beyond {reached:.4g} d: {found.message} "
                "Are rates and the unit of virus of one set?"
            )
        values[:, inside] = found.y[:, : int(inside.sum())]
        state = np.maximum(found.y[:, -1], 0.0)
        for when, there in zip(found.t_events[0], found.y_events[0], strict=True):
            if there[3] > peak:
                peak, at = float(there[3]), float(when)
        if state[3] > peak:
            peak, at = float(state[3]), end
    return Course(times, dict(zip(STATES, np.maximum(values, 0.0), strict=True)), peak, at)


def duration_above(course: Course, limit: float) -> float:
    """Days for which the load is above `limit`, its logarithm linear between rows; 0 where no limit is given."""
    if not limit:
        return 0.0
    load = course.states["virus"]
    with np.errstate(divide="ignore"):
        logs = np.maximum(np.log(load / limit), -1e3)
    first, second, width = logs[:-1], logs[1:], np.diff(course.time)
    above = np.where(first > 0, 1.0, 0.0)
    crossing = (first > 0) != (second > 0)
    part = np.where(crossing, np.abs(first) / np.where(crossing, np.abs(first - second), 1.0), 0.0)
    share = np.where(crossing, np.where(first > 0, part, 1 - part), above)
    return float((share * width).sum())
