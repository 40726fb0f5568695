"""Images of fibres and of spheres in a matrix, as cell problems take them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from bridge import Picture, Within, model
from bridge_transport.composites import MICROSTRUCTURE, Phase


@dataclass(frozen=True)
class Microstructure:
    """One period of a composite: phase 0 is the matrix, phase 1 what is embedded in it.

    `volume_fraction` is that of the image, which differs from the one asked for by what voxels cannot show;
    `diameter` is in parts of the period.
    """

    phase: Phase
    volume_fraction: Annotated[float, "1", Within(0, 1)]
    diameter: Annotated[float, "1", Within(0, 1)]
    picture: Picture


@model("transport.fibres", scale=MICROSTRUCTURE, depends=["matplotlib"])
def fibres(
    volume_fraction: Annotated[float, "1", Within(0, 0.785, strict=True)],
    arrangement: Literal["random", "square"] = "random",
    *,
    fibres: Annotated[int, Within(1, 2500)] = 16,
    voxels: Annotated[int, Within(4, 2048)] = 64,
    sweeps: Annotated[int, Within(1)] = 300,
    seed: Annotated[int, Within(0)] = 0,
) -> Microstructure:
    """Cross-section of parallel fibres along z: equal disks in a periodic square.

    The disks do not overlap: ``"random"`` ones are hard disks in equilibrium, sampled by `sweeps` Metropolis moves each
    from a square lattice; ``"square"`` is that lattice, and ignores the seed. `voxels` are those of a side. Raises
    ValueError when so many fibres of that fraction do not fit on the lattice, or a fibre is thinner than two voxels.
    """
    return made(fibres, volume_fraction, 2, arrangement, voxels, sweeps, seed)


@model("transport.spheres", scale=MICROSTRUCTURE, depends=["matplotlib"])
def spheres(
    volume_fraction: Annotated[float, "1", Within(0, 0.5235, strict=True)],
    arrangement: Literal["random", "cubic"] = "random",
    *,
    spheres: Annotated[int, Within(1, 2744)] = 27,
    voxels: Annotated[int, Within(4, 256)] = 32,
    sweeps: Annotated[int, Within(1)] = 300,
    seed: Annotated[int, Within(0)] = 0,
) -> Microstructure:
    """Equal spheres that do not overlap, in a periodic cube.

    ``"random"`` spheres are hard spheres in equilibrium, sampled by `sweeps` Metropolis moves each from a cubic
    lattice; ``"cubic"`` is that lattice, and ignores the seed. `voxels` are those of a side. Raises ValueError when so
    many spheres of that fraction do not fit on the lattice, or a sphere is thinner than two voxels.
    """
    return made(spheres, volume_fraction, 3, arrangement, voxels, sweeps, seed)


def made(
    count: int, fraction: float, dimensions: int, arrangement: str, voxels: int, sweeps: int, seed: int
) -> Microstructure:
    """An arrangement as an image, with its picture. Raises ValueError for particles that the voxels cannot show."""
    from bridge_transport import drawing, packing  # late: see the package

    diameter = packing.diameter_of(fraction, count, dimensions)
    if diameter * voxels < 2:
        raise ValueError(
            f"particles have a diameter of {diameter * voxels:.2f} voxels, expected at least 2. "
            f"Write voxels={int(np.ceil(8 / diameter))} for 8 across, or fewer particles."
        )
    if arrangement == "random":
        centres = packing.equilibrium(count, fraction, dimensions, sweeps, seed)
    else:
        centres = packing.lattice(count, dimensions)
        if len(centres) != count:
            power = "square" if dimensions == 2 else "cube"
            raise ValueError(
                f"{count} particles are no full {arrangement} lattice, expected a {power} number. "
                f"Write {len(centres)}, or arrangement='random'."
            )
    phase = packing.image(centres, diameter, voxels)
    return Microstructure(
        phase=phase,
        volume_fraction=float(phase.mean()),
        diameter=diameter,
        picture=drawing.microstructure(phase, f"volume fraction {phase.mean():.3f}"),
    )
