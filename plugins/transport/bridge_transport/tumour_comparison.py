"""What the assumption of fast binding costs: the same tissue with and without it, as numbers and as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Picture, Within, model
from bridge_transport.tumour import TISSUE

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """How far the tissue at equilibrium is from the one with kinetics, once that has risen.

    `amount_error` is the relative difference of the amounts that are bound, `profile_error` the mean
    distance of the two profiles in terms of the second, both at the rise time of the second.
    """

    amount_error: Annotated[float, "1", Within(0)]
    profile_error: Annotated[float, "1", Within(0)]
    final_error: Annotated[float, "1", Within(0)]
    picture: Picture


@model("tumour.comparison", scale=TISSUE, depends=["matplotlib"])
def comparison(
    time: Annotated[Array, "h", ("time",)],
    radius: Annotated[Array, "um", ("radius",)],
    bound: Annotated[Array, "nM", ("time", "radius")],
    mean_bound: Annotated[Array, "nM", ("time",)],
    closure_ratio: Annotated[float, "1"],
    resolved_bound: Annotated[Array, "nM", ("time", "radius")],
    resolved_mean_bound: Annotated[Array, "nM", ("time",)],
    rise_time: Annotated[float, "h"],
    antigen: Annotated[float, "nM", Within(0, strict=True)],
) -> Comparison:
    """Difference between a tissue whose cells are at equilibrium and the same one with finite rates of binding.

    Both have to be on the same times and radii. `rise_time` is the resolved tissue's. Errors are means over
    the radii weighted by the volumes that these stand for.
    """
    from bridge_transport import tumour_picture  # late: see the package

    now = int(np.argmax(time >= rise_time * (1 - 1e-12)))
    off = profiles_apart(radius, bound, resolved_bound)
    amounts = np.abs(mean_bound - resolved_mean_bound) / resolved_mean_bound
    drawn = tumour_picture.draw(
        (time, radius),
        (bound / antigen, resolved_bound / antigen),
        (mean_bound / antigen, resolved_mean_bound / antigen),
        (now, closure_ratio, float(amounts[now]), float(off[now])),
    )
    return Comparison(
        amount_error=float(amounts[now]),
        profile_error=float(off[now]),
        final_error=float(off[-1]),
        picture=drawn,
    )


def profiles_apart(radius: Array, bound: Array, resolved: Array) -> Array:
    """Mean distance of two profiles (…, radius) in terms of the second, each radius weighted by its volume."""
    volumes = np.gradient(radius) * radius
    return np.asarray((np.abs(bound - resolved) @ volumes) / (resolved @ volumes))
