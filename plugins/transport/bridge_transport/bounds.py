"""What the conductivity of a composite can be at all, from its phases and their shares.

Voigt and Reuss (arithmetic and harmonic mean): O. Wiener, Abh. Sächs. Ges. Wiss. 32, 509 (1912). Isotropic
composites: Z. Hashin and S. Shtrikman, J. Appl. Phys. 33, 3125 (1962), in any dimension and for any number of
phases. Any composite of two phases, isotropic or not: the trace bounds of K. A. Lurie and A. V. Cherkaev, Proc. R.
Soc. Edinburgh A 99, 71 (1984), and F. Murat and L. Tartar (1985), which for isotropic ones are those of Hashin and
Shtrikman.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class BoundsViolated(ArithmeticError):
    """A conductivity that no composite of these phases can have: the result is wrong."""


def voigt(shares: Array, conductivities: Array) -> float:
    """Arithmetic mean: no direction conducts better."""
    return float(np.dot(shares, conductivities))


def reuss(shares: Array, conductivities: Array) -> float:
    """Harmonic mean: no direction conducts worse."""
    return float(1.0 / np.dot(shares, 1.0 / conductivities))


def hashin_shtrikman(shares: Array, conductivities: Array, dimensions: int) -> tuple[float, float]:
    """Lowest and highest conductivity of an isotropic composite in 1, 2 or 3 dimensions."""
    present = conductivities[shares > 0]
    ends = []
    for around in (present.min(), present.max()):
        rest = (dimensions - 1) * around
        ends.append(float(1.0 / np.dot(shares, 1.0 / (conductivities + rest)) - rest))
    return ends[0], ends[1]


def check(lower: Array, upper: Array, shares: Array, conductivities: Array, slack: float) -> None:
    """Check a bracket of tensors (3, 3) against everything that is known. Raises BoundsViolated.

    `lower` is never above the true tensor and `upper` never below, so that each may be tested against the bounds on
    its far side without regard to how fine the image is; `slack` is what the solver left. Voigt and Reuss are checked
    for any phases, along the principal axes; the trace bounds where there are two. Nothing needs to be isotropic.
    """
    low, high = np.linalg.eigvalsh(lower), np.linalg.eigvalsh(upper)
    least, most = reuss(shares, conductivities), voigt(shares, conductivities)
    room = slack + 1e-12 * most
    gap = float(np.linalg.eigvalsh(upper - lower)[0])
    if gap < -room:
        raise BoundsViolated(
            f"the conductivity from below exceeds the one from above by {-gap:g} W/m/K along some direction, "
            f"expected at most {room:.1e}. Write a smaller accuracy for the cell problem."
        )
    for value in (*low, *high):
        if not least - room <= value <= most + room:
            raise BoundsViolated(
                f"a principal conductivity of {value:g} W/m/K lies outside the bounds of Voigt and Reuss, "
                f"{least:g} .. {most:g} W/m/K, of phases {listed(conductivities)} with shares {listed(shares)}. "
                "Write a smaller accuracy for the cell problem."
            )
    present = shares > 0
    if np.count_nonzero(present) == 2 and conductivities[present][0] != conductivities[present][1]:
        check_traces(low, high, shares[present], conductivities[present], room)


def check_traces(low: Array, high: Array, shares: Array, conductivities: Array, room: float) -> None:
    """Check the trace bounds of two phases for principal conductivities. Raises BoundsViolated."""
    least, most = reuss(shares, conductivities), voigt(shares, conductivities)
    alpha, beta = float(conductivities.min()), float(conductivities.max())
    extent = len(low) - 1
    allowed = 1 / (beta - least) + extent / (beta - most)
    reached = float(np.sum(1 / (beta - np.minimum(low - room, most))))
    if reached > allowed * (1 + 1e-9):
        raise BoundsViolated(said("above the upper", low, reached, allowed, shares, conductivities))
    allowed = 1 / (least - alpha) + extent / (most - alpha)
    reached = float(np.sum(1 / (np.maximum(high + room, least) - alpha)))
    if reached > allowed * (1 + 1e-9):
        raise BoundsViolated(said("below the lower", high, reached, allowed, shares, conductivities))


def said(where: str, found: Array, reached: float, allowed: float, shares: Array, conductivities: Array) -> str:
    """The sentence of a violated trace bound."""
    return (
        f"principal conductivities {listed(found)} W/m/K lie {where} trace bound (Hashin and Shtrikman's, were they "
        f"equal): {reached:g} against {allowed:g} m K/W, for phases {listed(conductivities)} with shares "
        f"{listed(shares)}. Write a smaller accuracy for the cell problem."
    )


def listed(numbers: Array) -> str:
    """A few numbers, to be read."""
    return ", ".join(f"{number:g}" for number in numbers[:8]) + (", …" if len(numbers) > 8 else "")
