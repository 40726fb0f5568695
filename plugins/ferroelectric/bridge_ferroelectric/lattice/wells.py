"""The uniform mode at 0 K: wells along the three axes, the strain relaxed, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric import voigt
from bridge_ferroelectric.constants import GIGAPASCAL
from bridge_ferroelectric.lattice import interaction
from bridge_ferroelectric.phases import DIRECTIONS

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Well:
    """Size of the mode in Å, enthalpy against the cubic phase in eV, strain (6,), lowest curvature in eV/Å²."""

    size: float
    energy: float
    strain: Array
    curvature: float


class Uniform:
    """The enthalpy of a cell against the cubic phase as a function of the uniform mode alone, in eV and Å.

    The homogeneous strain relaxed to -B⁻¹(C y + p) lowers the quartic terms by ½ y·C·B⁻¹·C·y and shifts the quadratic
    one by -p·B⁻¹·C·y: R. D. King-Smith and D. Vanderbilt, Phys. Rev. B 49, 5828 (1994). `pressure` in GPa.
    """

    def __init__(self, of: Any, pressure: float) -> None:
        self.of, self.pressure = of, pressure
        self.kappa = float(sum(interaction.quadratic(of, np.zeros((1, 3))).values())[0, 0]) / 2
        self.push = pressure * GIGAPASCAL * of.lattice_constant**3 * np.array([1.0, 1, 1, 0, 0, 0])
        self.coupling = interaction.coupling(of)
        self.flexibility = np.linalg.inv(interaction.stiffness(of))

    @property
    def curvature(self) -> float:
        """d²E/du² at u = 0 in eV/Å², the cell at its size under the pressure."""
        return 2 * float(self.polynomial(DIRECTIONS[0])[0])

    def polynomial(self, axis: Array) -> Array:
        """Coefficients of s², s⁴, s⁶, s⁸ for u = s times `axis`."""
        of, (x, y, z) = self.of, np.asarray(axis) ** 2
        load = self.coupling @ voigt.products(axis)
        sixth = of.k1 + of.k2 * (x**2 * (y + z) + y**2 * (z + x) + z**2 * (x + y)) + of.k3 * x * y * z
        quartic = of.alpha + of.gamma * (x * y + y * z + z * x) - 0.5 * load @ self.flexibility @ load
        return np.array([self.kappa - self.push @ self.flexibility @ load, quartic, sixth, of.k4])

    def energy(self, u: Array) -> float:
        """At a mode (3,)."""
        size = float(np.linalg.norm(u))
        return float(self.along(u / size, np.array(size))) if size else 0.0

    def along(self, axis: Array, sizes: Array) -> Array:
        """For modes of the given sizes along an axis."""
        return np.stack([sizes**n for n in (2, 4, 6, 8)], axis=-1) @ self.polynomial(axis)

    def strain(self, u: Array) -> Array:
        """Homogeneous strain (6,) of least enthalpy at a mode (3,)."""
        return np.asarray(-self.flexibility @ (self.coupling @ voigt.products(u) + self.push))

    def hessian(self, u: Array, step: float = 1e-3) -> Array:
        """Second derivatives (3, 3) in eV/Å², by central differences."""
        matrix = np.empty((3, 3))
        steps = step * np.eye(3)
        for i in range(3):
            for j in range(3):
                corners = [self.energy(u + s * steps[i] + t * steps[j]) * s * t for s in (1, -1) for t in (1, -1)]
                matrix[i, j] = sum(corners) / (4 * step**2)
        return matrix


def wells(of: Any, pressure: float) -> list[Well]:
    """The deepest well along each of `DIRECTIONS`; a well of size 0 where there is none below the cubic phase.

    Raises ValueError for a Hamiltonian whose energy has no lower bound, or no well at all.
    """
    uniform = Uniform(of, pressure)
    bounded(uniform)
    found = [well(uniform, axis) for axis in DIRECTIONS]
    if all(w.size == 0 for w in found):
        raise ValueError(
            f"{of.name} has no ferroelectric minimum at {pressure:g} GPa: the uniform mode has the curvature "
            f"{uniform.curvature:.3g} eV/Å² at u = 0 (ferroelectric BaTiO3: about -3.5). Write a lower (more "
            "negative) pressure, or check κ2, Z*, ε∞ and j of the record: κ2 is not the total curvature."
        )
    return found


def bounded(uniform: Uniform) -> None:
    """Raise ValueError where the energy falls without end in some direction of the uniform mode."""
    angles = np.linspace(0, np.pi / 2, 19)
    for theta in angles:
        for phi in angles:
            axis = np.array([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)])
            terms = uniform.polynomial(axis)
            last = terms[np.nonzero(np.abs(terms) > 1e-9)[0][-1]]
            if last < 0:
                raise ValueError(
                    f"{uniform.of.name} has no minimum: along [{axis[0]:.2f} {axis[1]:.2f} {axis[2]:.2f}] its energy "
                    f"falls without bound, as {last:.3g} times the highest power of u. Check α, γ, B1xx, B1yy, B4yz "
                    "(the relaxed strain lowers α) and k1 … k4 of the record."
                )


def well(uniform: Uniform, axis: Array) -> Well:
    """The deepest well along one axis."""
    a, b, c, d = uniform.polynomial(axis)
    roots = np.roots(np.trim_zeros([4 * d, 3 * c, 2 * b, a], "f"))  # of dE/d(s²)
    squares = np.array([r.real for r in roots if abs(r.imag) < 1e-9 and r.real > 1e-12])
    sizes = np.append(0.0, np.sqrt(squares))
    levels = uniform.along(axis, sizes)
    u = float(sizes[levels.argmin()]) * axis
    softest = float(np.linalg.eigvalsh(uniform.hessian(u))[0])
    return Well(float(sizes[levels.argmin()]), float(levels.min()), uniform.strain(u), softest)


def threshold(of: Any, pressure: float) -> float:
    """Mean component of u in Å above which it counts as spontaneous.

    Two fifths of the component of the rhombohedral well, or of the deepest well where that one is missing.
    """
    found = wells(of, pressure)
    which = 2 if found[2].size else int(np.argmin([w.energy for w in found]))
    return 0.4 * found[which].size * float(DIRECTIONS[which].max())
