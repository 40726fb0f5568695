"""Time-dependent Ginzburg–Landau in Fourier space: one state of the polarization and its way downhill.

L. Q. Chen and J. Shen, Comput. Phys. Commun. 108, 147 (1998): A (P' − P) = −∂f/∂P − L P', where L has the
gradients and the depolarising field, which are stiff, linear and taken at the new time, and A = 1/(mobility × time
step). It lowers the energy wherever A is more than half the largest curvature of what is taken at the old time.
Transforms a step: one pair for each component of P and one for each product of two components.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

import numpy as np
import pyfftw
from numpy.typing import NDArray

from bridge_ferroelectric import polynomial, voigt
from bridge_ferroelectric.constants import PERMITTIVITY_SI
from bridge_ferroelectric.interfaces import Gradient, Landau
from bridge_ferroelectric.phasefield import elastic, kernels

Array = NDArray[np.float64]

TERMS = ("landau", "gradient", "elastic", "electric", "field")


@dataclass(frozen=True)
class Medium:
    """What the energy is made of, in SI units but for lengths in nm. `strain` (6,) is the mean; None: stress-free."""

    landau: polynomial.Polynomial
    gradient: Array
    stiffness: Array
    coupling: Array
    charge: float
    field: Array
    strain: Array | None
    electrostriction: Array

    @property
    def clamping(self) -> Array:
        """M = Qᵀ C Q, which couples the products of P at zero strain."""
        return self.electrostriction.T @ self.coupling

    def curvature(self, largest: float, components: int) -> float:
        """Largest ∂²f/∂P∂P of the clamped crystal for |P| up to `largest`, found on a grid of directions."""
        angle = np.linspace(0, np.pi / 4, 13)
        flat = np.stack([np.cos(angle), np.sin(angle), 0 * angle], -1)
        lift = np.linspace(0, np.arctan(np.sqrt(0.5)), 7) if components == 3 else np.zeros(1)
        ray = flat[:, None] * np.cos(lift)[:, None] + np.array([0, 0, 1]) * np.sin(lift)[:, None]
        points = ray.reshape(-1, 3)[:, None] * (largest * np.linspace(0, 1, 13))[:, None]
        second = self.landau.clamped(self.clamping).curvature(points)[..., :components, :components]
        if self.strain is not None:
            held = voigt.curvature(self.coupling.T @ self.strain)
            second = second - held[:components, :components]
        return float(np.linalg.eigvalsh(second).max())


def medium(
    landau: Landau,
    gradient: Gradient,
    temperature: float,
    permittivity: float,
    field: Iterable[float] = (0.0, 0.0, 0.0),
    strain: Array | None = None,
) -> Medium:
    """The medium at a temperature in K; field in V/m. Raises ValueError for what is no stable crystal."""
    if gradient.G11 - gradient.G12 <= 0 or gradient.G11 + 2 * gradient.G12 <= 0:
        raise ValueError(
            f"G11, G12 = {gradient.G11:g}, {gradient.G12:g} J m³/C² let a gradient lower the energy: "
            "G11 > G12 > −G11/2 is asked for."
        )
    return Medium(
        polynomial.bounded(landau, temperature),
        np.array([gradient.G11, gradient.G12, gradient.G44]) * 1e18,
        elastic.stiffness(landau),
        elastic.coupling(landau),
        1 / (PERMITTIVITY_SI * permittivity),
        np.array(list(field), float),
        strain,
        elastic.electrostriction(landau),
    )


class Evolution:
    """The polarization on a periodic grid, (components, *shape), and the buffers to move it with.

    Two components on a grid of two dimensions, three on one of two or three. `force` gives the energy terms
    of the present state in J/m³ and leaves −∂f/∂P ready; `advance` takes the step; `retreat` undoes it. `field`, in
    V/m, may be changed between steps.
    """

    def __init__(self, of: Medium, shape: tuple[int, ...], spacing: float, components: int) -> None:
        self.of, self.shape, self.components = of, shape, components
        self.field = of.field
        self.points = int(np.prod(shape))
        pairs = 3 if components == 2 else 6
        half = (*shape[:-1], shape[-1] // 2 + 1)
        axes = tuple(range(len(shape)))
        self.polarization = pyfftw.zeros_aligned((components, *shape))
        self._y = pyfftw.zeros_aligned((pairs, *shape))
        self._yk = pyfftw.zeros_aligned((pairs, *half), dtype=complex)
        self._states = [pyfftw.zeros_aligned((components, *half), dtype=complex) for _ in range(2)]

        # ESTIMATE: a plan chosen by timing would change the last bits from run to run; it costs 10 to 20 %
        def plan(source: Array, target: Array, direction: str) -> pyfftw.FFTW:
            flags = ("FFTW_ESTIMATE", "FFTW_DESTROY_INPUT")
            return pyfftw.FFTW(source, target, axes=axes, direction=direction, flags=flags, threads=1)

        self._there = [plan(self._y[i], self._yk[i], "FFTW_FORWARD") for i in range(pairs)]
        self._back = [plan(self._yk[i], self._y[i], "FFTW_BACKWARD") for i in range(pairs)]
        self._home = [plan(self._yk[i], self.polarization[i], "FFTW_BACKWARD") for i in range(components)]
        self._tables, self._weight = wavevectors(shape, spacing)
        self._landau = np.array(astuple(of.landau))
        c, q, m = of.stiffness, of.coupling, of.clamping
        self._c, self._q, self._m = (np.array([x[0, 0], x[0, 1], x[3, 3]]) for x in (c, q, m))
        self._linear = (0.0, 0.0)
        two = components == 2
        self._products = kernels.products2 if two else kernels.products3
        self._strains = kernels.strains2 if two else kernels.strains3
        self._forces = kernels.forces2 if two else kernels.forces3
        self._advance = kernels.advance2 if two else kernels.advance3

    def start(self, polarization: Array) -> None:
        """Take (components, *shape) in C/m² as the present state."""
        for i, component in enumerate(polarization):
            self._y[i] = component
            self._there[i].execute()
            self._states[0][i] = self._yk[i]
        self.polarization[:] = polarization
        quiet = np.zeros_like(self._yk)  # without force or inertia worth the name, a step changes nothing
        self._linear = self._advance(
            *self._flat(*self._states, quiet), self._tables, self._weight, self.of.gradient, 1e30, self.of.charge, 1.0
        )

    def force(self) -> Array:
        """Energy terms of the present state in J/m³, in the order of TERMS."""
        of, n = self.of, self.points
        p, y = self.polarization.reshape(self.components, -1), self._y.reshape(len(self._y), -1)
        self._products(p, y)
        for transform in self._there:
            transform.execute()
        mean = np.zeros(6)
        own = [0, 1, 5] if self.components == 2 else list(range(6))
        mean[own] = self._yk.reshape(len(self._yk), -1)[:, 0].real / n
        self._strains(*self._flat(self._yk), *self._tables[:3], self._c, self._q, 1 / n)
        for transform in self._back:
            transform.execute()
        strain = of.electrostriction @ mean if of.strain is None else of.strain
        held = of.coupling.T @ strain
        local, clamped, strained = self._forces(p, y, held, self._landau, self._m, self.field)
        for transform in self._there[: self.components]:
            transform.execute()
        elastic_energy = (clamped - strained) / (2 * n) - held @ mean + strain @ of.stiffness @ strain / 2
        polarization = self._states[0].reshape(self.components, -1)[:, 0].real / n
        bend, push = self._linear
        work = -float(self.field[: self.components] @ polarization)
        return np.array([local / n, bend / (2 * n * n), elastic_energy, push / (2 * n * n), work])

    def advance(self, inertia: float) -> None:
        """Step with A = `inertia` in J m/C², after `force`."""
        of = self.of
        old, new = self._states
        self._linear = self._advance(
            *self._flat(old, new, self._yk),
            self._tables, self._weight, of.gradient, inertia, of.charge, 1 / self.points,
        )  # fmt: skip
        for transform in self._home:
            transform.execute()
        self._states.reverse()

    def retreat(self) -> None:
        """Go back to the state before the last step."""
        self._states.reverse()
        before = np.fft.irfftn(self._states[0], s=self.shape, axes=tuple(range(1, 1 + len(self.shape))))
        self.start(before)

    def _flat(self, *arrays: Array) -> list[Array]:
        """(components, slab, row, 2 n) views in double precision of arrays over wavevectors."""
        return [a.view(float).reshape(len(a), -1, self.shape[-2], 2 * a.shape[-1]) for a in arrays]


def wavevectors(shape: tuple[int, ...], spacing: float) -> tuple[tuple[Array, ...], Array]:
    """Tables of the kernels, (odd0, odd1, odd2, square0, square1, square2), in 1/nm, and the weights.

    Those of the first two axes are (n, 3), of the last (3, 2 n), real and imaginary parts alike. The axes
    are x, y, z, or a slab of one, x and y.
    """
    odd, square = [], []
    for axis, n in enumerate(shape):
        k = 2 * np.pi * np.fft.fftfreq(n, spacing)
        if axis == len(shape) - 1:
            k = np.abs(k[: n // 2 + 1])
        direction = np.eye(3)[axis]
        square.append(k[:, None] ** 2 * direction)
        if n % 2 == 0:
            k[n // 2] = 0.0  # the first derivative of the Nyquist wave vanishes on the grid
        odd.append(k[:, None] * direction)
    if len(shape) == 2:
        odd.insert(0, np.zeros((1, 3)))
        square.insert(0, np.zeros((1, 3)))
    n = shape[-1]
    weight = np.full(n // 2 + 1, 2.0)
    weight[0] = 1.0
    if n % 2 == 0:
        weight[-1] = 1.0
    odd[2], square[2] = (np.repeat(table.T, 2, axis=1).copy() for table in (odd[2], square[2]))
    return (*odd, *square), np.repeat(weight, 2)
