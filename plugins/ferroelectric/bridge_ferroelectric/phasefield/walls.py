"""Planar domain walls: a profile that minimises the energy along one direction."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.linalg import LinAlgError, cho_solve_banded, cholesky_banded

from bridge_ferroelectric import polynomial, voigt
from bridge_ferroelectric.constants import PERMITTIVITY_SI
from bridge_ferroelectric.interfaces import Gradient, Landau
from bridge_ferroelectric.phasefield import elastic, energy
from bridge_ferroelectric.wall_kinds import WALLS

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Wall:
    """What a wall's energy depends on, in SI units.

    `sides` are P on both sides (2, 3); `axes` the rows r (normal), s (what switches) and t. Energy density
    beyond that of the domains: f(P) − f0 + ½ (y − y0)·K·(y − y0) + (Pr − Pr0)²/2ε0ε_b + ½ P'·Γ·P', where
    K = Qᵀ B Q keeps the strains along the wall those of the domains and the stresses on it zero.
    """

    kind: str
    landau: polynomial.Polynomial
    bulk: float
    elasticity: Array
    dielectric: float
    stiffness: Array
    sides: Array
    axes: Array

    @property
    def half(self) -> float:
        """Half the step of P across the wall."""
        return float(np.linalg.norm(self.sides[1] - self.sides[0]) / 2)

    def density(self, p: Array) -> Array:
        """Energy density beyond the domains', without gradients, in J/m³."""
        misfit = voigt.products(p) - voigt.products(self.sides[0])
        charge = (p - self.sides[0]) @ self.axes[0]
        store = 0.5 * np.einsum("...a,ab,...b->...", misfit, self.elasticity, misfit)
        return self.landau.value(p) - self.bulk + store + 0.5 * self.dielectric * charge**2

    def slope(self, p: Array) -> Array:
        """Its derivative by P, (…, 3)."""
        misfit = (voigt.products(p) - voigt.products(self.sides[0])) @ self.elasticity
        charge = (p - self.sides[0]) @ self.axes[0]
        stored = np.einsum("...a,...ai->...i", misfit, voigt.slope(p))
        return self.landau.slope(p) + stored + self.dielectric * charge[..., None] * self.axes[0]

    def curvature(self, p: Array) -> Array:
        """Its second derivative by P, (…, 3, 3)."""
        misfit = (voigt.products(p) - voigt.products(self.sides[0])) @ self.elasticity
        d = voigt.slope(p)
        second = np.einsum("...ai,ab,...bj->...ij", d, self.elasticity, d)
        second += voigt.curvature(misfit)
        return self.landau.curvature(p) + second + self.dielectric * np.outer(self.axes[0], self.axes[0])

    def straight(self) -> tuple[float, float]:
        """Width in m and energy in J/m² of a wall in which P goes straight from side to side.

        Closed form: ½ Γss P'² equals the density along the path, so that the width, 2 Ps/slope, is
        2 Ps √(Γss/2f(0)) and the energy ∫ √(2 Γss f) dP. Exact where nothing but Ps moves. Raises ArithmeticError
        where the middle of the path lies below the domains.
        """
        along, step = np.polynomial.legendre.leggauss(64)
        middle, direction = self.sides.mean(0), self.axes[1]
        f = self.density(middle + self.half * along[:, None] * direction)
        top = float(self.density(middle))
        if not top > 0:
            raise ArithmeticError(
                f"the middle of a straight {self.kind} wall lies {-top:.3g} J/m³ below its domains: they are not the "
                "stable ones at this temperature."
            )
        g = float(direction @ self.stiffness @ direction)
        return 2 * self.half * np.sqrt(g / (2 * top)), self.half * float(step @ np.sqrt(2 * g * np.maximum(f, 0)))


def wall(landau: Landau, gradient: Gradient, temperature: float, kind: str, permittivity: float) -> Wall:
    """Set up a wall of a kind. Raises ValueError where its phase is no minimum or its gradients cost nothing."""
    it = WALLS[kind]
    state = energy.require(landau, temperature, it.phase)
    sides = state.size * it.domains[::-1]  # so that what switches rises along the normal
    c, q = elastic.stiffness(landau), elastic.electrostriction(landau)
    if it.normal is None:
        it = replace(it, normal=neutral(kind, sides, voigt.products(sides) @ q))
    axes = it.axes
    r = axes[0]
    g = gradient_stiffness(gradient, r)
    if np.linalg.eigvalsh(g).min() <= 0:
        raise ValueError(
            f"G11, G12, G44 = {gradient.G11:g}, {gradient.G12:g}, {gradient.G44:g} J m³/C² let a gradient along "
            f"{np.round(r, 3)} lower the energy: G12 must be smaller."
        )
    return Wall(
        kind,
        polynomial.bounded(landau, temperature),
        state.energy,
        q.T @ elastic.layered(c, r) @ q,
        1 / (PERMITTIVITY_SI * permittivity),
        g,
        sides,
        axes,
    )


def neutral(kind: str, sides: Array, strains: Array) -> tuple[float, float, float]:
    """The normal of the plane between two domains, P (2, 3) and strains (2, 6), that has no misfit and no charge.

    Of the two compatible planes one is neutral. Raises ValueError where none is.
    """
    step = sides[1] - sides[0]
    planes = elastic.compatible_normals(strains[1] - strains[0])
    found = [plane for plane in planes if abs(plane @ step) < 1e-6 * np.linalg.norm(step)]
    if not found:
        raise ValueError(f"no plane of a {kind} wall is both neutral and compatible: choose another kind.")
    x, y, z = found[0] * np.sign(found[0][np.abs(found[0]) > 1e-9][0])
    return x, y, z


def gradient_stiffness(gradient: Gradient, normal: Array) -> Array:
    """Γ (3, 3) in J m³/C²: a gradient P' along n costs ½ P'·Γ·P'."""
    n = np.asarray(normal, float)
    g = (gradient.G12 + gradient.G44) * np.outer(n, n)
    np.fill_diagonal(g, gradient.G11 * n**2 + gradient.G44 * (1 - n**2))
    return g


@dataclass(frozen=True)
class Profile:
    """A relaxed wall: position in m (n,), polarization (n, 3) in cubic axes, energy in J/m², width in m."""

    position: Array
    polarization: Array
    energy: float
    width: float


def relax(of: Wall, points: int) -> Profile:
    """The profile of lowest energy, by Newton's method on a chain of points.

    Starts: a straight path, bent towards t by 5 % and by 50 %, so that a wall of Bloch's type is found where
    it is lower. Tails that have not decayed to 1e-6 make the chain longer. Raises ArithmeticError where the
    domains are no minimum between their walls or the profile does not settle.
    """
    width, _ = of.straight()
    span = 8 * width
    for _ in range(8):
        x = np.linspace(-span, span, points)
        found = [_minimise(of, x, bend, width) for bend in (0.05, 0.5)]
        best, p = min(found, key=lambda pair: round(pair[0], 9))
        ends = np.abs(p[[points // 20, -1 - points // 20]] - of.sides).max()
        if ends < 1e-5 * of.half:
            break
        span *= 1.5
    else:
        raise ArithmeticError(f"the tails of the {of.kind} wall do not decay within {span * 1e9:.3g} nm.")
    switching = CubicSpline(x, (p - of.sides.mean(0)) @ of.axes[1])
    crossing = min(switching.roots(extrapolate=False), key=abs)
    steepest = float(switching(crossing, 1))
    return Profile(x, p, best, 2 * of.half / steepest)


def _minimise(of: Wall, x: Array, bend: float, width: float) -> tuple[float, Array]:
    """Energy in J/m² and profile. The unknowns are P inside; each third of a band is a component."""
    h = x[1] - x[0]
    shape = np.tanh(2 * x / width)[:, None]
    p = of.sides.mean(0) + of.half * (shape * of.axes[1] + bend * (1 - shape**2) * of.axes[2])
    p[0], p[-1] = of.sides
    damping, value = 0.0, _total(of, p, h)
    scale = np.abs(of.curvature(of.sides[0])).max()
    for _ in range(300):
        force = of.slope(p[1:-1]) - (p[2:] - 2 * p[1:-1] + p[:-2]) @ of.stiffness / h**2
        if np.abs(force).max() < 1e-9 * scale * of.half:
            return value, p
        try:
            factor = cholesky_banded(_band(of, p, h, damping), lower=True, check_finite=False)
        except LinAlgError:
            damping = max(4 * damping, 1e-3 * scale)
            continue
        step = cho_solve_banded((factor, True), -force.ravel(), check_finite=False).reshape(-1, 3)
        trial = p.copy()
        trial[1:-1] += step
        after = _total(of, trial, h)
        if after > value * (1 + 1e-13):
            damping = max(4 * damping, 1e-3 * scale)
            continue
        p, value, damping = trial, after, damping / 8 if damping > 1e-8 * scale else 0.0
    raise ArithmeticError(
        f"the {of.kind} wall has not settled after 300 steps: its domains may not be the stable phase. Choose another "
        "temperature, or more points."
    )


def _total(of: Wall, p: Array, h: float) -> float:
    d = np.diff(p, axis=0)
    return float(h * of.density(p).sum() + 0.5 / h * np.einsum("ni,ij,nj->", d, of.stiffness, d))


def _band(of: Wall, p: Array, h: float, damping: float) -> Array:
    """Lower band (6, 3 n) of the second derivative, divided by h."""
    count = len(p) - 2
    block = of.curvature(p[1:-1]) + 2 * of.stiffness / h**2 + damping * np.eye(3)
    band = np.zeros((6, 3 * count))
    for i in range(3):
        for j in range(i + 1):
            band[i - j, j::3] = block[:, i, j]
        for j in range(3):  # the next point's component i with this point's j
            band[3 + i - j, j : 3 * (count - 1) : 3] = -of.stiffness[i, j] / h**2
    return band
