"""Antibody on its way from a capillary into the tumour around it, its cells at equilibrium or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Protocol

import numpy as np
from numpy.typing import NDArray

from bridge import Q, Scale, Within, model, separated

if TYPE_CHECKING:
    from bridge_transport.tumour_march import Cells

Array = NDArray[np.float64]
Positive = Within(0, strict=True)

TISSUE = Scale("tissue", length="1 um .. 1 mm", time="1 min .. 30 day")


@dataclass(frozen=True)
class Local:
    """What the tissue asks of its cells at one concentration of free antibody."""

    bound: Annotated[float, "nM"]
    uptake: Annotated[float, "nM/s"]
    capture_rate: Annotated[float, "1/s"]


class Cellular(Protocol):
    """The closure port: what cells bind and take in where the free concentration is steady."""

    def __call__(self, concentration: Annotated[float, "nM"]) -> Local:
        """At one concentration."""
        ...

    def map(self, states: Mapping[str, Array]) -> Local:
        """At many: a record of arrays."""
        ...


@dataclass(frozen=True)
class Tissue:
    """Antibody around a capillary, over time and radius.

    `free` counts per volume of fluid, everything else per volume of tissue; `mean_bound` and
    `mean_internalised` are means over the tissue. `uptake` is the flux through the capillary's wall.
    `rise_time` is when bound antibody reaches 1 - 1/e of its largest amount and `penetration` how deep
    it is then, as the depth of a step of the profile's height and area. `capture_time` is how long free
    antibody stays free among bare cells, `diffusion_time` the square of the penetration over the
    diffusivity; `closure_ratio` is the first over the second. `imbalance` is what is missing of what
    came in.
    """

    time: Annotated[Array, "h", ("time",)]
    radius: Annotated[Array, "um", ("radius",)]
    free: Annotated[Array, "nM", ("time", "radius"), Within(0)]
    bound: Annotated[Array, "nM", ("time", "radius"), Within(0)]
    internalised: Annotated[Array, "nM", ("time", "radius"), Within(0)]
    mean_bound: Annotated[Array, "nM", ("time",), Within(0)]
    mean_internalised: Annotated[Array, "nM", ("time",), Within(0)]
    uptake: Annotated[Array, "nM*um/s", ("time",)]
    rise_time: Annotated[float, "h", Within(0)]
    penetration: Annotated[float, "um", Within(0)]
    capture_time: Annotated[float, "s", Within(0)]
    diffusion_time: Annotated[float, "s", Within(0)]
    closure_ratio: Annotated[float, "1", Within(0)]
    imbalance: Annotated[float, "1"]


@model("tumour.tissue", scale=TISSUE, depends=["scipy"])
def tissue(
    binding: Cellular,
    plasma: Annotated[float, "nM", Positive],
    fast_half_life: Annotated[float, "h", Positive],
    slow_half_life: Annotated[float, "h", Positive],
    fast_fraction: Annotated[float, "1", Within(0, 1)] = 0.0,
    permeability: Annotated[float, "um/s", Positive] = 3e-3,
    diffusivity: Annotated[float, "um^2/s", Positive] = 10.0,
    void_fraction: Annotated[float, "1", Within(0, 1, strict=True)] = 0.24,
    capillary_radius: Annotated[float, "um", Positive] = 8.0,
    krogh_radius: Annotated[float, "um", Positive] = 75.0,
    duration: Annotated[float, "h", Positive] = 48.0,
    *,
    layers: Annotated[int, Within(4, 2000)] = 30,
    steps: Annotated[int, Within(8, 100_000)] = 100,
    limit: Annotated[float, "1", Positive] = 0.1,
) -> Tissue:
    """Antibody spreading from a capillary through tissue whose cells are at equilibrium with it.

    The free concentration c obeys d/dt [ε c + B(c)] = ε D ∇²c - U(c) around the capillary, out to the
    Krogh radius, through which nothing passes; through the wall comes permeability × (plasma - c).
    Bound antibody B(c) and uptake U(c) are asked of the cells, whose kinetics are thus taken to be fast.
    Whether they are is computed: free antibody is captured in ε/(kon antigen), and diffuses over the
    depth that bound antibody reaches in the square of that depth over D. Their ratio has to stay below
    `limit`. While tissue fills up, the amount bound is off by about that ratio (1.6 times it at most in
    the plugin's tests), its profile by about the square root of it; once steady, neither is. The depth,
    and with it the verdict, depends on the dose.

    `bridge.NotSeparated` is raised at a larger ratio: `tumour.resolved` makes no such assumption.
    """
    from bridge_transport import tumour_cells

    blood = (plasma, fast_fraction, fast_half_life, slow_half_life)
    space = (permeability, diffusivity, void_fraction, capillary_radius, krogh_radius)
    capture_rate = float(binding(concentration=0.0).capture_rate)
    cells = tumour_cells.Equilibrium(binding, layers, beginning=1e-6 * plasma)
    found = _spread(cells, blood, space, duration, layers, steps, capture_rate)
    separated(
        "binding/diffusion",
        fine=Q(found.capture_time, "s"),
        coarse=Q(found.diffusion_time, "s"),
        limit=limit,
        error="the amount bound is off by about the ratio, its profile by about the square root of it",
    )
    return found


@model("tumour.resolved", scale=TISSUE, depends=["scipy"])
def resolved(
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
    duration: Annotated[float, "h", Positive] = 48.0,
    *,
    layers: Annotated[int, Within(4, 2000)] = 30,
    steps: Annotated[int, Within(8, 100_000)] = 100,
) -> Tissue:
    """Antibody spreading from a capillary through tissue whose cells bind it at finite rates.

    As `tumour.tissue`, but bound antibody obeys B' = kon c (antigen - B) - koff B - ke B in every layer:
    nothing is taken to be fast.

    Equations: G. M. Thurber, M. M. Schmidt and K. D. Wittrup, Adv. Drug Deliv. Rev. 60, 1421 (2008).
    """
    from bridge_transport import tumour_cells

    internalisation = float(np.log(2)) / (internalisation_half_life * 3600)
    cells = tumour_cells.Kinetic(antigen, on_rate, on_rate * dissociation_constant, internalisation)
    blood = (plasma, fast_fraction, fast_half_life, slow_half_life)
    space = (permeability, diffusivity, void_fraction, capillary_radius, krogh_radius)
    return _spread(cells, blood, space, duration, layers, steps, on_rate * antigen)


def _spread(
    cells: Cells,
    blood: tuple[float, float, float, float],
    space: tuple[float, float, float, float, float],
    duration: float,
    layers: int,
    steps: int,
    capture_rate: float,
) -> Tissue:
    """March through time, and say what was there; steps lengthen linearly, for everything begins at the wall."""
    from bridge_transport import tumour_march, tumour_plasma

    permeability, diffusivity, void_fraction, inner, outer = space
    if not inner < outer:
        raise ValueError(
            f"the capillary's radius is {inner:g} um and the Krogh radius {outer:g} um. Write a Krogh radius, half "
            f"the distance between capillaries, above the capillary's."
        )
    cut = tumour_march.krogh_cylinder(inner, outer, layers)
    seconds = duration * 3600 * np.linspace(0, 1, steps + 1)[1:] ** 2
    free, bound, taken, came = tumour_march.march(
        cut,
        cells,
        lambda start, end: tumour_plasma.mean_concentration(blood, start, end),
        seconds,
        diffusivity=diffusivity,
        void_fraction=void_fraction,
        permeability=permeability,
    )
    share = cut.volumes / cut.volumes.sum()
    held = (void_fraction * free[-1] + bound[-1] + taken[-1]) @ cut.volumes
    rise, depth = _risen(seconds, bound, bound @ share, np.diff(cut.faces))
    capture, across = void_fraction / capture_rate, depth**2 / diffusivity
    return Tissue(
        time=seconds / 3600,
        radius=inner + cut.middles,
        free=free,
        bound=bound,
        internalised=taken,
        mean_bound=bound @ share,
        mean_internalised=taken @ share,
        uptake=np.diff(came, prepend=0.0) / np.diff(seconds, prepend=0.0),
        rise_time=rise / 3600,
        penetration=depth,
        capture_time=capture,
        diffusion_time=across,
        closure_ratio=capture / across,
        imbalance=float((came[-1] - held) / came[-1]),
    )


def _risen(seconds: Array, bound: Array, mean: Array, widths: Array) -> tuple[float, float]:
    """When the mean of bound antibody first reaches 1 - 1/e of its largest, and how deep the profile then is."""
    reached = int(np.argmax(mean >= (1 - np.exp(-1)) * mean.max()))
    profile = bound[reached]
    return float(seconds[reached]), float(profile @ widths / profile.max())
