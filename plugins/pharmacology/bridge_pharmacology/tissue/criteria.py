"""How long each process takes that carries antibody into a tumour or keeps it out, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Within, model
from bridge_pharmacology.plasma.courses import Part
from bridge_pharmacology.ports import PER_INDIVIDUAL, Array, Positive, constant, of_one
from bridge_pharmacology.scales import TISSUE
from bridge_pharmacology.tissue.tumour import uptake_rate

PROCESSES = ("free diffusion", "retarded diffusion", "binding", "internalisation", "clearance")
Time = Annotated[float, "s", Within(0)]
Modulus = Annotated[float, "1", Within(0)]
_DAY = 86400.0


@dataclass(frozen=True)
class Criteria:
    """Times of the processes, their order, and the moduli that say whether antibody gets through.

    `times` are the five above it in the order of `PROCESSES`: free diffusion, retarded diffusion, binding,
    internalisation, clearance; `rank` is 1 for the fastest, and `order` says the same in words. `thiele` is retarded
    diffusion over internalisation, `clearance_modulus` retarded diffusion over clearance: where both are at most 1
    the front `reaches` the distance. `depth` is where internalisation stops it in the end. `supply` is how long
    capillary walls take to let in one antibody for each antigen, `thiele_wall` and `clearance_wall` are the moduli
    with it: where both are at most 1 the tissue is `supplied`. `limited_by` names the largest modulus above 1.
    """

    free_diffusion: Time
    retarded_diffusion: Time
    binding: Time
    internalisation: Time
    clearance: Time
    times: Annotated[Array, "s", ("process",), Within(0)]
    rank: Annotated[NDArray[np.int64], ("process",)]
    order: str
    retardation: Modulus
    thiele: Modulus
    clearance_modulus: Modulus
    reaches: bool
    depth: Annotated[float, "um", Within(0)]
    supply: Time
    thiele_wall: Modulus
    clearance_wall: Modulus
    supplied: bool
    limited_by: str


@model("penetration.criteria", scale=TISSUE)
def criteria(
    concentration: Annotated[Array, "nM", ("patient|1",), Within(0, 1e5, strict=True)],
    distance: Annotated[float, "um", Positive] = 67.0,
    diffusivity: Annotated[float, "um^2/s", Positive] = 14.0,
    antigen: Annotated[Array, "nM", PER_INDIVIDUAL, Within(0, 1e5, strict=True)] = constant(500.0),
    dissociation_constant: Annotated[float, "nM", Positive] = 0.1,
    on_rate: Annotated[float, "1/(nM*d)", Positive] = 8.64,
    internalisation_rate: Annotated[float, "1/d", Positive] = 1.0,
    permeability: Annotated[float, "um/d", Positive] = 259.2,
    capillary_radius: Annotated[float, "um", Positive] = 8.0,
    krogh_radius: Annotated[float, "um", Positive] = 75.0,
    void_fraction: Annotated[float, "1", Part] = 0.24,
    clearance_time: Annotated[float, "d", Positive] = float(2.95 / 0.225),
) -> Criteria:
    """Which process is fast when antibody enters a tumour, computed for one concentration around its cells.

    Over the distance R free diffusion takes R²/D. Binding retards it: every antigen on the way is filled first, so
    that it takes R²/D (A/ε)/(ε C + Kd), where C is `concentration` and ε C what the void fraction makes accessible
    of it. Binding takes ε/(kon A), internalisation 1/kint, clearance `clearance_time` (in plasma: AUC over the first
    concentration; V/CL in one compartment). Thiele modulus φ² = retarded diffusion / internalisation, clearance
    modulus = retarded diffusion / clearance. While plasma stays, the front stops where internalisation takes all that
    comes: behind a plane, at √(2 ε D C/(kint A)). Capillary walls let in A within A/(u C), u = 2 P Rcap/Rk², and may
    hold up what diffusion would not.

    Ranking by R²/D alone is wrong: free diffusion may be the faster, and the front the slower one; the order changes
    with the dose and with the half-life (1/kint is the half-life over ln 2). Moduli tell orders of magnitude: that
    of Thiele counts ε once more than the balance behind `depth` does, φ² = 2/ε (R/depth)² where C is far above Kd.

    G. M. Thurber, S. C. Zajic and K. D. Wittrup, J. Nucl. Med. 48, 995 (2007); G. M. Thurber, M. M. Schmidt and
    K. D. Wittrup, Adv. Drug Deliv. Rev. 60, 1421 (2008). Raises ValueError for radii that do not fit, and
    for more than one concentration or antigen.
    """
    around, target = of_one(concentration, "concentration"), of_one(antigen, "antigen")
    radii = (np.array([r]) for r in (permeability, capillary_radius, krogh_radius))
    uptake = float(uptake_rate(*radii)[0]) / _DAY
    free = distance**2 / diffusivity
    retardation = target / void_fraction / (void_fraction * around + dissociation_constant)
    held_up, supply = free * retardation, target / (uptake * around)
    taken, cleared = _DAY / internalisation_rate, _DAY * clearance_time
    capture = _DAY * void_fraction / (on_rate * target)
    times = np.array([free, held_up, capture, taken, cleared])
    sequence = np.argsort(times, kind="stable")
    moduli = {
        "internalisation, faster than diffusion past what binds": held_up / taken,
        "clearance, faster than diffusion past what binds": held_up / cleared,
        "internalisation, faster than capillary walls let in": supply / taken,
        "clearance, faster than capillary walls let in": supply / cleared,
    }
    by_diffusion = max(held_up / taken, held_up / cleared)
    worst = max(moduli, key=lambda name: moduli[name])
    return Criteria(
        free_diffusion=free,
        retarded_diffusion=held_up,
        binding=capture,
        internalisation=taken,
        clearance=cleared,
        times=times,
        rank=np.argsort(sequence, kind="stable") + 1,
        order=" < ".join(f"{PROCESSES[k]} ({_readable(times[k])})" for k in sequence),
        retardation=retardation,
        thiele=held_up / taken,
        clearance_modulus=held_up / cleared,
        reaches=bool(by_diffusion <= 1),
        depth=float(np.sqrt(2 * void_fraction * diffusivity * around * taken / target)),
        supply=supply,
        thiele_wall=supply / taken,
        clearance_wall=supply / cleared,
        supplied=bool(max(supply / taken, supply / cleared) <= 1),
        limited_by=worst if moduli[worst] > 1 else "nothing",
    )


def _readable(seconds: float) -> str:
    """A time in the largest unit of which there is at least one."""
    for unit, size in (("d", _DAY), ("h", 3600.0), ("min", 60.0)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
