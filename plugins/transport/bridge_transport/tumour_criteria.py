"""How long each process takes that carries antibody into a tumour, or keeps it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_transport.tumour import TISSUE

Positive = Within(0, strict=True)


@dataclass(frozen=True)
class Criteria:
    """How long each process takes, and which of them keeps antibody out.

    `retarded_diffusion` is diffusion over the tissue held up by binding, `filling` how long the wall
    takes to let in enough for all antigen at the first concentration. The Thiele modulus is penetration
    over internalisation, the clearance modulus penetration over clearance from plasma: each below one
    if tissue is to be saturated; `diffusion` where the tissue is bathed in plasma, `wall` behind a
    capillary's wall.
    """

    free_diffusion: Annotated[float, "s"]
    retarded_diffusion: Annotated[float, "s"]
    filling: Annotated[float, "s"]
    internalisation: Annotated[float, "s"]
    capture: Annotated[float, "s"]
    thiele_diffusion: Annotated[float, "1"]
    thiele_wall: Annotated[float, "1"]
    clearance_diffusion: Annotated[float, "1"]
    clearance_wall: Annotated[float, "1"]


@model("tumour.criteria", scale=TISSUE)
def criteria(
    antigen: Annotated[float, "nM", Positive],
    on_rate: Annotated[float, "1/(nM*s)", Positive],
    dissociation_constant: Annotated[float, "nM", Positive],
    internalisation_half_life: Annotated[float, "h", Positive],
    plasma: Annotated[float, "nM", Positive],
    fast_half_life: Annotated[float, "h", Positive],
    slow_half_life: Annotated[float, "h", Positive],
    fast_fraction: Annotated[float, "1", Within(0, 1)] = 0.0,
    permeability: Annotated[float, "um/s", Positive] = 3e-3,
    diffusivity: Annotated[float, "um^2/s", Positive] = 10.0,
    void_fraction: Annotated[float, "1", Within(0, 1, strict=True)] = 0.24,
    capillary_radius: Annotated[float, "um", Positive] = 8.0,
    krogh_radius: Annotated[float, "um", Positive] = 75.0,
) -> Criteria:
    """Clocks of an antibody in a tumour, and the two moduli that say whether it gets through.

    Free diffusion over the distance R takes R²/D, binding makes that R²/D (antigen/ε)/(plasma + Kd), and
    the wall lets enough in within (Rk² - Rc²) antigen / (2 P Rc plasma). Times ke they are Thiele moduli,
    divided by the mean time in plasma clearance moduli: G. M. Thurber, S. C. Zajic and K. D. Wittrup,
    J. Nucl. Med. 48, 995 (2007). The fastest clock is not the one of the shortest way: free diffusion
    may be faster than internalisation, and the front of bound antibody slower.
    """
    internalisation = internalisation_half_life * 3600 / float(np.log(2))
    cleared = (fast_fraction * fast_half_life + (1 - fast_fraction) * slow_half_life) * 3600 / float(np.log(2))
    across = (krogh_radius - capillary_radius) ** 2 / diffusivity
    retarded = across * retardation(antigen, void_fraction, plasma, dissociation_constant)
    filling = (krogh_radius**2 - capillary_radius**2) * antigen / (2 * permeability * capillary_radius * plasma)
    return Criteria(
        free_diffusion=across,
        retarded_diffusion=retarded,
        filling=filling,
        internalisation=internalisation,
        capture=void_fraction / (on_rate * antigen),
        thiele_diffusion=retarded / internalisation,
        thiele_wall=filling / internalisation,
        clearance_diffusion=retarded / cleared,
        clearance_wall=filling / cleared,
    )


def retardation(antigen: float, void_fraction: float, surface: float, dissociation_constant: float) -> float:
    """How many times slower binding makes diffusion behind a surface concentration."""
    return antigen / void_fraction / (surface + dissociation_constant)
