"""The matrix of elastic constants: what polycrystals make of it, and whether it holds a crystal together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Within

VOIGT = ("xx", "yy", "zz", "yz", "xz", "xy")
"""The order of components, of strains (shears are engineering strains, 2 ε_yz) and of stresses."""

Matrix = Annotated[NDArray[np.float64], "GPa", ("stress=6", "strain=6")]


@dataclass(frozen=True)
class Averages:
    """Moduli of a polycrystal: bounds by Voigt (equal strain) and Reuss (equal stress), Hill's mean of the two."""

    bulk_modulus: Annotated[float, "GPa", Within(0, strict=True)]
    shear_modulus: Annotated[float, "GPa", Within(0, strict=True)]
    bulk_modulus_voigt: Annotated[float, "GPa", Within(0, strict=True)]
    bulk_modulus_reuss: Annotated[float, "GPa", Within(0, strict=True)]
    shear_modulus_voigt: Annotated[float, "GPa", Within(0, strict=True)]
    shear_modulus_reuss: Annotated[float, "GPa", Within(0, strict=True)]
    youngs_modulus: Annotated[float, "GPa", Within(0, strict=True)]
    poisson_ratio: Annotated[float, "1", Within(-1, 0.5)]
    anisotropy: Annotated[float, "1", Within(-1e-9)]
    smallest_eigenvalue: Annotated[float, "GPa", Within(0, strict=True)]


def averages(stiffness: NDArray[np.float64]) -> Averages:
    """Moduli of a polycrystal of crystals with this symmetric matrix of shape (6, 6), in GPa.

    R. Hill, Proc. Phys. Soc. A 65, 349 (1952); the anisotropy is the universal one of S. I. Ranganathan and M.
    Ostoja-Starzewski, Phys. Rev. Lett. 101, 055504 (2008), 0 for an isotropic crystal. Raises ArithmeticError, with
    the strain, where the matrix is not positive definite: M. Born's condition that a crystal holds together.
    """
    values, strains = np.linalg.eigh(stiffness)
    if values[0] <= 0:
        raise ArithmeticError(
            f"the crystal is not stable: along the strain {named(strains[:, 0])} its energy falls (eigenvalue "
            f"{values[0]:.4g} GPa), so that there are no moduli of a polycrystal. Relax it into the stable phase."
        )
    c, s = stiffness, np.linalg.inv(stiffness)
    sums = [(np.trace(m[:3, :3]), m[0, 1] + m[0, 2] + m[1, 2], np.trace(m[3:, 3:])) for m in (c, s)]
    (c_axial, c_cross, c_shear), (s_axial, s_cross, s_shear) = sums
    bulk_voigt, bulk_reuss = (c_axial + 2 * c_cross) / 9, 1 / (s_axial + 2 * s_cross)
    shear_voigt = (c_axial - c_cross + 3 * c_shear) / 15
    shear_reuss = 15 / (4 * (s_axial - s_cross) + 3 * s_shear)
    bulk, shear = (bulk_voigt + bulk_reuss) / 2, (shear_voigt + shear_reuss) / 2
    return Averages(
        bulk_modulus=float(bulk),
        shear_modulus=float(shear),
        bulk_modulus_voigt=float(bulk_voigt),
        bulk_modulus_reuss=float(bulk_reuss),
        shear_modulus_voigt=float(shear_voigt),
        shear_modulus_reuss=float(shear_reuss),
        youngs_modulus=float(9 * bulk * shear / (3 * bulk + shear)),
        poisson_ratio=float((3 * bulk - 2 * shear) / (6 * bulk + 2 * shear)),
        anisotropy=float(5 * shear_voigt / shear_reuss + bulk_voigt / bulk_reuss - 6),
        smallest_eigenvalue=float(values[0]),
    )


def named(strain: NDArray[np.float64]) -> str:
    """A strain in words: its largest components, such as ``+0.71 xx -0.71 yy``."""
    strain = strain * np.sign(strain[np.abs(strain).argmax()])
    return " ".join(f"{value:+.2f} {name}" for name, value in zip(VOIGT, strain, strict=True) if abs(value) > 0.05)


def matrix(strain: NDArray[np.float64]) -> NDArray[np.float64]:
    """A strain as a symmetric matrix of shape (3, 3), of six components with engineering shears."""
    xx, yy, zz, yz, xz, xy = strain
    return np.array([[xx, xy / 2, xz / 2], [xy / 2, yy, yz / 2], [xz / 2, yz / 2, zz]])
