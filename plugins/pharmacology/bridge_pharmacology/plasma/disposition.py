"""What the parameters of two compartments amount to: half-lives, volumes, and rate constants instead of clearances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import model
from bridge_pharmacology.plasma import closed
from bridge_pharmacology.ports import PER_INDIVIDUAL, Array, Positive, constant
from bridge_pharmacology.scales import ORGANISM

EACH = ("individual",)


@dataclass(frozen=True)
class Disposition:
    """Of each individual: half-lives of both phases, rate constants, volume and mean residence time.

    `steady_state_volume` is V1 + Q/k21, `area_per_dose` the area under the concentration that 1 mg leaves behind.
    """

    k10: Annotated[Array, "1/d", EACH, Positive]
    k12: Annotated[Array, "1/d", EACH, Positive]
    k21: Annotated[Array, "1/d", EACH, Positive]
    initial_half_life: Annotated[Array, "d", EACH, Positive]
    terminal_half_life: Annotated[Array, "d", EACH, Positive]
    steady_state_volume: Annotated[Array, "L", EACH, Positive]
    mean_residence_time: Annotated[Array, "d", EACH, Positive]
    area_per_dose: Annotated[Array, "d/L", EACH, Positive]


@dataclass(frozen=True)
class Exchange:
    """Intercompartmental clearance and peripheral volume of each individual."""

    intercompartmental_clearance: Annotated[Array, "L/d", EACH, Positive]
    peripheral_volume: Annotated[Array, "L", EACH, Positive]


@model("pk.disposition", scale=ORGANISM)
def disposition(
    clearance: Annotated[Array, "L/d", PER_INDIVIDUAL, Positive] = constant(0.225),
    central_volume: Annotated[Array, "L", PER_INDIVIDUAL, Positive] = constant(2.95),
    intercompartmental_clearance: Annotated[Array, "L/d", PER_INDIVIDUAL, Positive] = constant(0.4838),
    peripheral_volume: Annotated[Array, "L", PER_INDIVIDUAL, Positive] = constant(4.7900990099),
) -> Disposition:
    """Half-lives and volumes of two compartments: ln 2 over the eigenvalues of their rate constants.

    The area under the concentration is dose/CL, the mean residence time after a bolus Vss/CL.

    Equations: M. Gibaldi and D. Perrier, Pharmacokinetics, 2nd edition, Marcel Dekker (1982), chapter 2 and
    appendix E. Default: trastuzumab, as in `pk.two_compartment`.
    """
    given = (clearance, central_volume, intercompartmental_clearance, peripheral_volume)
    cl, v1, q, v2 = np.broadcast_arrays(*given)
    fast, slow = closed.rate_constants(cl, v1, q, v2)
    return Disposition(
        k10=cl / v1,
        k12=q / v1,
        k21=q / v2,
        initial_half_life=np.log(2) / fast,
        terminal_half_life=np.log(2) / slow,
        steady_state_volume=v1 + v2,
        mean_residence_time=(v1 + v2) / cl,
        area_per_dose=1 / cl,
    )


@model("pk.rate_constants", scale=ORGANISM)
def rate_constants(
    central_volume: Annotated[Array, "L", PER_INDIVIDUAL, Positive] = constant(2.95),
    k12: Annotated[Array, "1/d", PER_INDIVIDUAL, Positive] = constant(0.164),
    k21: Annotated[Array, "1/d", PER_INDIVIDUAL, Positive] = constant(0.101),
) -> Exchange:
    """Intercompartmental clearance Q = k12 V1 and peripheral volume V2 = Q/k21 of two compartments.

    Rate constants that are the same for everybody make Q and V2 vary with the central volume.
    Default: trastuzumab, R. Bruno et al., Cancer Chemother. Pharmacol. 56, 361 (2005).
    """
    volume, out, back = np.broadcast_arrays(central_volume, k12, k21)
    return Exchange(intercompartmental_clearance=out * volume, peripheral_volume=out * volume / back)
