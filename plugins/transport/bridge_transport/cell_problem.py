"""The cell problem of homogenization: the conductivity of a periodic image, bracketed from below and above.

A unit gradient e is imposed on one period of a medium of local conductivity a; the periodic correction χ makes the
flux a (e + ∇χ) free of sources, and its mean is the effective conductivity times e. Voxels are cubes, each of one
conductivity. Two finite-volume networks approximate the cell problem of the image, each exact for laminates:

* ``"harmonic"``: temperatures at the centres of voxels, harmonic means of conductivity between them. It is the
  lowest-order mixed element (RT0) with the trapezoidal rule for the complementary energy, which overestimates that:
  its conductivity is never above the image's.
* ``"arithmetic"``: temperatures at the corners of voxels, arithmetic means over the voxels around an edge. It is the
  (bi-, tri-)linear element with the trapezoidal rule for the energy, which overestimates that: its conductivity is
  never below the image's.

So the exact tensor of the image lies between the two, in the sense of quadratic forms. Equations: G. W. Milton, The
Theory of Composites (Cambridge, 2002), chapters 1 and 13; the solver is the conjugate gradient method, preconditioned
by the Laplacian of a homogeneous medium in Fourier space (D. J. Eyre and G. W. Milton, Eur. Phys. J. AP 6, 41 (1999);
F. Willot, C. R. Mécanique 343, 232 (2015)) or by algebraic multigrid.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Array = NDArray[np.float64]
Scheme = Literal["harmonic", "arithmetic"]

MOST_ITERATIONS = 2000


@dataclass(frozen=True)
class Bracket:
    """Two tensors (3, 3) with the conductivity of the image between them, and what the solver may have left.

    ``residue`` bounds by how much either tensor exceeds that of its network, which happens where iterations end.
    """

    lower: Array
    upper: Array
    residue: float

    @property
    def middle(self) -> Array:
        """The mean of the two: second-order terms of their errors largely cancel."""
        return 0.5 * (self.lower + self.upper)

    @property
    def half_width(self) -> float:
        """The largest amount, over all directions, by which the middle can be wrong."""
        return float(0.5 * np.abs(np.linalg.eigvalsh(self.upper - self.lower)).max() + self.residue)


def bracket(local: Array, *, solver: str = "fft", accuracy: float = 1e-8) -> Bracket:
    """Both networks' tensors for a local conductivity of shape (x, y, z). Raises ValueError, ArithmeticError."""
    lower, left = tensor(local, "harmonic", solver=solver, accuracy=accuracy)
    upper, right = tensor(local, "arithmetic", solver=solver, accuracy=accuracy)
    return Bracket(lower, upper, max(left, right))


def tensor(local: Array, scheme: Scheme, *, solver: str = "fft", accuracy: float = 1e-8) -> tuple[Array, float]:
    """Conductivity tensor (3, 3) of one network, and a bound on the error that the solver leaves in it.

    Iterations end when that bound is below `accuracy` times the harmonic mean. Raises ValueError for an image that
    is none, ArithmeticError when the iterations do not end.
    """
    if local.ndim != 3 or local.size == 0 or not (np.isfinite(local).all() and local.min() > 0):
        raise ValueError(
            f"a local conductivity is an array of positive numbers over (x, y, z), got shape {local.shape}"
            + (f" with values from {local.min():g}." if local.size else ".")
            + " Give a two-dimensional image as image[:, :, None], and pores a small positive conductivity."
        )
    links = network(local, scheme)
    wanted = accuracy / float(np.mean(1.0 / local))
    fluxes, left = [], 0.0
    for axis in range(3):
        potential, residue = correction(links, axis, float(local.min()), wanted, solver)
        steps = [difference(potential, d) + (d == axis) for d in range(3)]
        fluxes.append(steps)
        left = max(left, residue)
    result = np.array(
        [[sum(np.mean(a * p * q) for a, p, q in zip(links, one, two, strict=True)) for two in fluxes] for one in fluxes]
    )
    return 0.5 * (result + result.T), left


def network(local: Array, scheme: Scheme) -> list[Array]:
    """Conductances along the three axes: element (i, j, k) links a point with the next one of that axis."""
    if scheme == "harmonic":
        ahead = [np.roll(local, -1, axis) for axis in range(3)]
        return [2.0 * local * a / (local + a) for a in ahead]
    links = []
    for axis in range(3):
        mean = local
        for other in {0, 1, 2} - {axis}:
            mean = 0.5 * (mean + np.roll(mean, 1, other))
        links.append(mean)
    return links


def difference(potential: Array, axis: int) -> Array:
    """Difference to the next point along an axis of the period."""
    return np.roll(potential, -1, axis) - potential


def gathered(flux: Array, axis: int) -> Array:
    """What enters each point along an axis less what leaves it."""
    return np.roll(flux, 1, axis) - flux


def correction(links: list[Array], axis: int, smallest: float, wanted: float, solver: str) -> tuple[Array, float]:
    """The periodic correction χ for a unit gradient along an axis, and a bound on the error of its energy.

    With the residual r of the network's equations and P the network of unit conductances, the energy is too large by
    r·A⁻¹r ≤ r·P⁻¹r / min a, for A ≥ P min a: the iterations end when this is below `wanted`.
    """
    shape = links[0].shape
    active = [d for d in range(3) if shape[d] > 1]
    laplace = functools.partial(homogeneous, axes=active or [2], symbol=symbol_of(shape, active or [2]))
    smooth = laplace if solver == "fft" else multigrid(links, active)
    potential = np.zeros(shape)
    residual = -gathered(links[axis], axis)
    direction, last = np.zeros(shape), 1.0
    for _ in range(MOST_ITERATIONS):
        homogeneous_part = laplace(residual)
        bound = float(np.vdot(residual, homogeneous_part)) / (smallest * residual.size)
        if bound <= wanted:
            return potential, bound
        preconditioned = homogeneous_part if smooth is laplace else smooth(residual)
        now = float(np.vdot(residual, preconditioned))
        direction = preconditioned + (now / last) * direction
        image = np.zeros(shape)
        for d in active:
            image += gathered(links[d] * difference(direction, d), d)
        step = now / float(np.vdot(direction, image))
        potential += step * direction
        residual -= step * image
        last = now
    raise ArithmeticError(
        f"the cell problem on {shape[0]} x {shape[1]} x {shape[2]} voxels did not reach its accuracy in "
        f"{MOST_ITERATIONS} iterations with solver={solver!r}: the residue is {bound:.1e}, expected {wanted:.1e}. "
        + ("Write solver='amg', which bears large contrasts." if solver == "fft" else "Write a larger accuracy.")
    )


def symbol_of(shape: tuple[int, ...], axes: list[int]) -> Array:
    """One over the eigenvalues of the network of unit conductances, zero for the mean, as `rfftn` orders them."""
    total = np.zeros((1, 1, 1))
    for d in axes:
        count = shape[d] // 2 + 1 if d == axes[-1] else shape[d]
        waves = 4.0 * np.sin(np.pi * np.arange(count) / shape[d]) ** 2
        total = total + np.expand_dims(waves, tuple({0, 1, 2} - {d}))
    total[0, 0, 0] = np.inf
    return np.asarray(1.0 / total)


def homogeneous(residual: Array, axes: list[int], symbol: Array) -> Array:
    """Potential of given sources in the network of unit conductances, of zero mean."""
    waves = scipy.fft.rfftn(residual, axes=axes)
    return np.asarray(scipy.fft.irfftn(waves * symbol, s=[residual.shape[d] for d in axes], axes=axes))


def multigrid(links: list[Array], active: list[int]) -> Callable[[Array], Array]:
    """One cycle of smoothed aggregation on the network, as a preconditioner."""
    import pyamg

    matrix = matrix_of(links, active)
    levels = pyamg.smoothed_aggregation_solver(matrix, B=np.ones((matrix.shape[0], 1)))
    cycle = levels.aspreconditioner(cycle="V")

    def smooth(residual: Array) -> Array:
        answer = cycle.matvec(residual.ravel()).reshape(residual.shape)
        return np.asarray(answer - answer.mean())

    return smooth


def matrix_of(links: list[Array], active: list[int]):  # type: ignore[no-untyped-def]
    """The network as a sparse symmetric matrix: minus the divergence of conductance times difference."""
    import scipy.sparse

    shape = links[0].shape
    here = np.arange(links[0].size).reshape(shape)
    rows, columns, entries = [], [], []
    for d in active:
        one, two, link = here.ravel(), np.roll(here, -1, d).ravel(), links[d].ravel()
        rows += [one, two, one, two]
        columns += [one, two, two, one]
        entries += [link, link, -link, -link]
    triples = (np.concatenate(entries), (np.concatenate(rows), np.concatenate(columns)))
    return scipy.sparse.coo_matrix(triples, shape=(here.size, here.size)).tocsr()
