"""Points at which the lattice is no longer one phase, found by their strain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric.phases import NAMES

Array = NDArray[np.float64]

JUMP = 0.2
"""A distortion per P² that jumps by more than this from one amplitude to the next is that of stripes."""


def distortion(strain: Array) -> Array:
    """The strain that only a polarization makes, (direction, amplitude): thermal expansion and pressure drop out.

    strain (direction=3, amplitude, voigt=6). Along [001] η3 - (η1 + η2)/2, along [011] (η2 + η3)/2 - η1, along
    [111] the mean of the three shears.
    """
    return np.stack(
        [
            strain[0, :, 2] - (strain[0, :, 0] + strain[0, :, 1]) / 2,
            (strain[1, :, 1] + strain[1, :, 2]) / 2 - strain[1, :, 0],
            strain[2, :, 3:].mean(axis=-1),
        ]
    )


def volume(strain: Array) -> Array:
    """Volume strain (…,) of strains (…, 6)."""
    return strain[..., :3].sum(axis=-1)


def single_phase(size: Array, strain: Array, error: Array, volume_error: Array) -> NDArray[np.bool_]:
    """Which points (direction, amplitude) are of one phase.

    Where ū is held small, the lattice saves energy by domains of a larger u, whose strain does not fall as ū²
    does. Scanning |ū| downwards, everything is dropped from where Δη/ū², of the distortion, jumps by more than 20 %,
    or where the volume, which follows ⟨u²⟩, turns back: domains of 71° to 109° held along [111] keep the shear of one
    phase. What lies within two standard errors, `error` of the distortion and `volume_error`, is noise. All (direction,
    amplitude); `size` is |P| or |ū|.
    """
    shape = distortion(strain)
    keep = np.ones(size.shape, bool)
    for d in range(3):
        order = np.argsort(-size[d])
        ratio, noise = shape[d, order] / size[d, order] ** 2, error[d, order] / size[d, order] ** 2
        jump = np.abs(ratio[1:] - ratio[:-1])
        beyond = (jump > JUMP * np.abs(ratio[:-1])) & (jump > 2 * np.hypot(noise[1:], noise[:-1]))
        fall = -np.diff(volume(strain[d, order]))
        back = -fall * np.sign(fall[0]) > 2 * np.hypot(volume_error[d, order][1:], volume_error[d, order][:-1])
        if (beyond | back).any():
            keep[d, order[int(np.argmax(beyond | back)) + 1 :]] = False
    return keep


def report(keep: NDArray[np.bool_], temperature: Array, size: Array, strain: Array) -> str:
    """One line a dropped point; keep and size (temperature, direction, amplitude)."""
    lines = []
    for t, d, a in zip(*np.nonzero(~keep), strict=True):
        good = np.nonzero(keep[t, d])[0]
        last = good[np.argmin(size[t, d, good])]
        shape = distortion(strain[t])[d] / size[t, d] ** 2
        swell = volume(strain[t, d])
        lines.append(
            f"{temperature[t]:g} K, P along {NAMES[d]}, {size[t, d, a]:.3f} C/m²: separated into domains; against "
            f"{size[t, d, last]:.3f} C/m², the last of one phase, distortion/P² is {shape[a]:.4f} after "
            f"{shape[last]:.4f} m⁴/C², volume strain {1e3 * swell[a]:.2f}e-3 after {1e3 * swell[last]:.2f}e-3"
        )
    return "\n".join(lines) or "no point separated into domains"
