"""Effective conductivity of microstructures: tensors with bounds, and statistics of random ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from bridge import StandardErrorOf, Within, model
from bridge_transport import bounds
from bridge_transport.composites import MICROSTRUCTURE, Conducting, Phase

if TYPE_CHECKING:
    from bridge_transport.cell_problem import Bracket

Array = NDArray[np.float64]
Tensor = Annotated[Array, "W/m/K", ("flux=3", "gradient=3")]
Solver = Literal["fft", "amg"]


@dataclass(frozen=True)
class Conductivity:
    """The tensor of an image, with what encloses it.

    The exact tensor of the image lies between `lower` and `upper`; `conductivity` is their mean, wrong by at most
    `half_width` in any direction. `principal` are the eigenvalues of the mean. `voigt` and `reuss` enclose any
    composite of these phases, `hashin_shtrikman_low` and `…_high` the isotropic ones, in as many dimensions as the
    image has.
    """

    conductivity: Tensor
    lower: Tensor
    upper: Tensor
    half_width: Annotated[float, "W/m/K", Within(0)]
    principal: Annotated[Array, "W/m/K", ("principal=3",)]
    reuss: Conducting
    hashin_shtrikman_low: Conducting
    hashin_shtrikman_high: Conducting
    voigt: Conducting


@model("transport.conductivity", scale=MICROSTRUCTURE)
def conductivity(
    phase: Phase,
    conductivities: Annotated[Array, "W/m/K", ("phase",), Within(0, strict=True)],
    *,
    solver: Solver = "fft",
    accuracy: Annotated[float, "1", Within(1e-12, 1e-3)] = 1e-8,
) -> Conductivity:
    """Conductivity tensor of a periodic image of phases, enclosed from both sides.

    The cell problem is solved on two networks, one never above and one never below the image's tensor (see
    `bridge_transport.cell_problem`). Every result is checked: the bracket is one; principal values keep the bounds of
    Voigt and Reuss; with two phases, the trace bounds of Lurie, Cherkaev, Murat and Tartar, which are Hashin and
    Shtrikman's for isotropic composites and hold for all. A result that breaks one is an error, BoundsViolated.
    An image of two dimensions, one voxel thick, is a medium that does not vary along z.

    Raises ValueError for a phase without a conductivity, ArithmeticError when the solver does not end.
    """
    from bridge_transport import cell_problem  # late: see the package

    local = local_conductivity(phase, conductivities)
    return enclosed(cell_problem.bracket(local, solver=solver, accuracy=accuracy), local)


@model("transport.conductivity_of_field", scale=MICROSTRUCTURE)
def conductivity_of_field(
    local: Annotated[Array, "W/m/K", ("x", "y", "z"), Within(0, strict=True)],
    *,
    solver: Solver = "fft",
    accuracy: Annotated[float, "1", Within(1e-12, 1e-3)] = 1e-8,
) -> Conductivity:
    """Conductivity tensor of a periodic field of conductivities, from both sides.

    As `transport.conductivity`, with every value a phase of its own.
    """
    from bridge_transport import cell_problem  # late: see the package

    return enclosed(cell_problem.bracket(local, solver=solver, accuracy=accuracy), local)


def local_conductivity(phase: NDArray[np.int64], conductivities: Array) -> Array:
    """Conductivity of every voxel. Raises ValueError for a phase without one."""
    last = int(phase.max())
    if last >= len(conductivities):
        raise ValueError(
            f"the image has a phase {last}, but {len(conductivities)} conductivities were given, for phases 0 to "
            f"{len(conductivities) - 1}. Write conductivities=Q([…], 'W/m/K') with {last + 1} numbers."
        )
    return np.asarray(conductivities[phase], dtype=np.float64)


def enclosed(found: Bracket, local: Array) -> Conductivity:
    """A checked bracket with its bounds. Raises BoundsViolated."""
    values, counts = np.unique(local, return_counts=True)
    shares = counts / local.size
    bounds.check(found.lower, found.upper, shares, values, found.residue)
    dimensions = max(1, sum(size > 1 for size in local.shape))
    low, high = bounds.hashin_shtrikman(shares, values, dimensions)
    return Conductivity(
        conductivity=found.middle,
        lower=found.lower,
        upper=found.upper,
        half_width=found.half_width,
        principal=np.linalg.eigvalsh(found.middle),
        reuss=bounds.reuss(shares, values),
        hashin_shtrikman_low=low,
        hashin_shtrikman_high=high,
        voigt=bounds.voigt(shares, values),
    )


@dataclass(frozen=True)
class Statistics:
    """Mean tensor of several windows of a random medium, each made periodic, and what it is worth.

    `isotropic` is the mean over windows of the mean over the directions in which the image varies. `window` is the
    side of a window in diameters, or in correlation lengths; the error from its finite size is not in the standard
    errors, and is seen by asking for larger windows. `half_width` is what voxels may have done, at most.
    """

    conductivity: Tensor
    conductivity_error: Annotated[Array, "W/m/K", ("flux=3", "gradient=3"), Within(0), StandardErrorOf("conductivity")]
    isotropic: Conducting
    isotropic_error: Annotated[float, "W/m/K", Within(0), StandardErrorOf("isotropic")]
    half_width: Annotated[float, "W/m/K", Within(0)]
    window: Annotated[float, "1", Within(0, strict=True)]
    windows: Annotated[int, Within(2)]
    volume_fraction: Annotated[float, "1", Within(0, 1)]


@model("transport.random_fibres", scale=MICROSTRUCTURE)
def random_fibres(
    volume_fraction: Annotated[float, "1", Within(0, 0.785, strict=True)],
    matrix_conductivity: Conducting,
    fibre_conductivity: Conducting,
    *,
    realizations: Annotated[int, Within(2, 10_000)] = 8,
    fibres: Annotated[int, Within(1, 2500)] = 16,
    voxels: Annotated[int, Within(4, 2048)] = 64,
    sweeps: Annotated[int, Within(1)] = 300,
    seed: Annotated[int, Within(0)] = 0,
) -> Statistics:
    """Conductivity of randomly placed parallel fibres, from independent realizations.

    Each realization is a periodic square of hard disks in equilibrium (`transport.fibres`) with a random stream of its
    own, and is checked against all bounds; the standard error is that of the mean over realizations. `window` counts
    fibre diameters.
    """
    from bridge_transport import cell_problem, packing  # late: see the package

    streams = np.random.SeedSequence(seed).generate_state(realizations)
    diameter = packing.diameter_of(volume_fraction, fibres, 2)
    conductivities, found, shares = np.array([matrix_conductivity, fibre_conductivity]), [], []
    for stream in streams:
        centres = packing.equilibrium(fibres, volume_fraction, 2, sweeps, int(stream))
        local = conductivities[packing.image(centres, diameter, voxels)]
        found.append(enclosed(cell_problem.bracket(local), local))
        shares.append(np.mean(local == fibre_conductivity))
    return statistics(found, 2, 1 / diameter, float(np.mean(shares)))


@model("transport.windows", scale=MICROSTRUCTURE)
def windows(
    phase: Phase,
    conductivities: Annotated[Array, "W/m/K", ("phase",), Within(0, strict=True)],
    *,
    per_side: Annotated[int, Within(2, 64)] = 4,
) -> Statistics:
    """Conductivity of a random medium from the windows that one image is cut into.

    The image is cut into `per_side` windows along each direction in which it varies; each is made periodic and
    solved, and the standard error is that of the mean over windows, taken as independent: windows should be several
    correlation lengths wide. `window` says how many: the correlation length is the distance at which the
    autocovariance of local conductivity has fallen to 1/e. Periodic copies of a window do not fit at its sides, an
    error that falls as one over the window's size. `volume_fraction` is that of all but phase 0. Raises ValueError
    if the image does not divide.
    """
    from bridge_transport import cell_problem  # late: see the package

    local = local_conductivity(phase, conductivities)
    cuts = [per_side if size > 1 else 1 for size in local.shape]
    if any(size % cut for size, cut in zip(local.shape, cuts, strict=True)) or max(local.shape) == 1:
        raise ValueError(
            f"an image of {' x '.join(map(str, local.shape))} voxels does not divide into {per_side} equal windows a "
            "side. Write per_side as a divisor of every size, or crop the image."
        )
    sizes = [size // cut for size, cut in zip(local.shape, cuts, strict=True)]
    found = []
    for index in np.ndindex(*cuts):
        piece = local[tuple(slice(i * s, (i + 1) * s) for i, s in zip(index, sizes, strict=True))]
        found.append(enclosed(cell_problem.bracket(piece), piece))
    side = min(s for s, cut in zip(sizes, cuts, strict=True) if cut > 1)
    return statistics(found, sum(c > 1 for c in cuts), side / correlation_length(local), float(np.mean(phase > 0)))


def correlation_length(local: Array) -> float:
    """Distance in voxels at which the autocovariance, mean over the axes of a periodic image, is 1/e of the variance.

    At least one voxel, for an image cannot vary faster; and one for an image that does not vary.
    """
    varying = local - local.mean()
    waves = np.abs(np.fft.fftn(varying)) ** 2
    covariance = np.fft.ifftn(waves).real
    if covariance[0, 0, 0] <= 0:
        return 1.0
    reach = max(size for size in local.shape) // 2
    lines = [np.moveaxis(covariance, d, 0)[: reach + 1, 0, 0] for d in range(3) if local.shape[d] > 1]
    shortest = min(len(line) for line in lines)
    curve = np.mean([line[:shortest] for line in lines], axis=0) / covariance[0, 0, 0]
    below = np.flatnonzero(curve < np.exp(-1))
    if not len(below):
        return float(shortest)
    after = int(below[0])
    part = (curve[after - 1] - np.exp(-1)) / (curve[after - 1] - curve[after])
    return max(1.0, after - 1 + float(part))


def statistics(found: list[Conductivity], dimensions: int, window: float, fraction: float) -> Statistics:
    """Means and standard errors over independent windows."""
    tensors = np.array([one.conductivity for one in found])
    scalars = np.array([np.trace(tensor[:dimensions, :dimensions]) / dimensions for tensor in tensors])
    root = np.sqrt(len(found))
    return Statistics(
        conductivity=tensors.mean(axis=0),
        conductivity_error=tensors.std(axis=0, ddof=1) / root,
        isotropic=float(scalars.mean()),
        isotropic_error=float(scalars.std(ddof=1) / root),
        half_width=max(one.half_width for one in found),
        window=window,
        windows=len(found),
        volume_fraction=fraction,
    )
