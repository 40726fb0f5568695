"""Multiscale finite elements on a square of pixels: bases of coarse elements, and bilinear elements of the pixels.

Corners of a square are ordered (0, 0), (1, 0), (0, 1), (1, 1). Points of a patch of m x m pixels are numbered
i (m + 1) + j for the position (i, j).
"""

from __future__ import annotations

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from numpy.typing import NDArray

Array = NDArray[np.float64]

PIXEL = np.array([[4, -1, -1, -2], [-1, 4, -2, -1], [-1, -2, 4, -1], [-2, -1, -1, 4]]) / 6.0
"""Stiffness of one square of unit conductivity and bilinear functions."""


def stiffness(local: Array) -> scipy.sparse.csr_array:
    """Bilinear elements of a patch of pixels: the matrix of all its points."""
    rows, columns = local.shape
    numbers = np.arange((rows + 1) * (columns + 1)).reshape(rows + 1, columns + 1)
    corners = np.stack([numbers[:-1, :-1], numbers[1:, :-1], numbers[:-1, 1:], numbers[1:, 1:]], axis=-1).reshape(-1, 4)
    entries = local.reshape(-1, 1, 1) * PIXEL
    across = np.broadcast_to(corners[:, :, None], entries.shape).ravel()
    along = np.broadcast_to(corners[:, None, :], entries.shape).ravel()
    size = numbers.size
    return scipy.sparse.coo_array((entries.ravel(), (across, along)), shape=(size, size)).tocsr()


def weights(rows: int, columns: int) -> Array:
    """Share of every point of a patch in its area, in pixels: what a uniform source gives to it."""
    ends = [np.full(count + 1, 1.0) for count in (rows, columns)]
    for end in ends:
        end[[0, -1]] = 0.5
    return np.outer(ends[0], ends[1])


def bilinear(rows: int, columns: int) -> Array:
    """The four bilinear functions (corner, i, j) of a patch."""
    x, y = np.linspace(0, 1, rows + 1)[:, None], np.linspace(0, 1, columns + 1)[None, :]
    return np.stack([(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y])


def extended(local: Array, edges: Array) -> Array:
    """Functions of a patch (function, i, j) that carry no sources inside and take the given values on its edges."""
    rows, columns = local.shape
    inner = np.zeros((rows + 1, columns + 1), dtype=bool)
    inner[1:-1, 1:-1] = True
    free, fixed = np.flatnonzero(inner), np.flatnonzero(~inner)
    matrix = stiffness(local)
    flat = edges.reshape(len(edges), -1).copy()
    if free.size:
        loads = -(matrix[free][:, fixed] @ flat[:, fixed].T)
        flat[:, free] = scipy.sparse.linalg.splu(matrix[free][:, free].tocsc()).solve(loads).T
    return flat.reshape(edges.shape)


def oscillating(line: Array) -> Array:
    """The function rising from 0 to 1 along an edge that carries no sources, of the conductivities beside it."""
    rise = np.concatenate([[0.0], np.cumsum(1.0 / line)])
    return rise / rise[-1]


def edge_conductivities(local: Array) -> tuple[Array, Array]:
    """Conductivity along the lines between pixels: of lines x = const (i, j), and of lines y = const (i, j).

    It is the mean of the pixels on both sides, so that both elements beside an edge have the same function on it.
    """
    across = np.concatenate([local[:1], 0.5 * (local[1:] + local[:-1]), local[-1:]], axis=0)
    along = np.concatenate([local[:, :1], 0.5 * (local[:, 1:] + local[:, :-1]), local[:, -1:]], axis=1)
    return across, along


def oscillatory_edges(sides: tuple[Array, Array, Array, Array]) -> Array:
    """Values of the four functions (corner, i, j) on the edges of an element: its sides y=0, y=1, x=0, x=1."""
    low, high, left, right = map(oscillating, sides)
    values = np.zeros((4, len(low), len(left)))
    values[0, :, 0], values[1, :, 0] = 1 - low, low
    values[2, :, -1], values[3, :, -1] = 1 - high, high
    values[0, 0, :], values[2, 0, :] = 1 - left, left
    values[1, -1, :], values[3, -1, :] = 1 - right, right
    return values


def oversampled(local: Array, i: int, j: int, size: int) -> Array:
    """Functions of the element at pixel (i, j), from a patch half an element larger on every side of the square.

    Inside, they forget the bilinear values on the patch's edges; combined so that each is one at its own corner and
    zero at the others (T. Y. Hou and X.-H. Wu, 1997). They do not fit together along the edges of elements.
    """
    reach = max(1, size // 2)
    starts = [max(0, at - reach) for at in (i, j)]
    ends = [min(count, at + size + reach) for at, count in zip((i, j), local.shape, strict=True)]
    patch = local[starts[0] : ends[0], starts[1] : ends[1]]
    wide = extended(patch, bilinear(*patch.shape))
    x, y = i - starts[0], j - starts[1]
    own = wide[:, x : x + size + 1, y : y + size + 1]
    corners = own[:, [0, -1, 0, -1], [0, 0, -1, -1]]
    return np.einsum("cf,fij->cij", np.linalg.inv(corners), own)


def bases(local: Array, elements: int, kind: str) -> tuple[Array, Array, Array]:
    """Functions (element, corner, i, j), stiffness (element, corner, other) and loads (element, corner).

    Elements are numbered I N + J for the position (I, J). Loads are integrals of the functions, in pixels.
    """
    size = local.shape[0] // elements
    across, along = edge_conductivities(local)
    plain, share = bilinear(size, size), weights(size, size)
    functions, matrices, loads = [], [], []
    for i in range(0, local.shape[0], size):
        for j in range(0, local.shape[1], size):
            own = local[i : i + size, j : j + size]
            if kind == "oversampled":
                values = oversampled(local, i, j, size)
            elif kind == "bilinear":
                values = plain
            elif kind == "linear":
                values = extended(own, plain)
            else:
                x, y = slice(i, i + size), slice(j, j + size)
                edges = oscillatory_edges((along[x, j], along[x, j + size], across[i, y], across[i + size, y]))
                values = extended(own, edges)
            flat = values.reshape(4, -1)
            functions.append(values)
            matrices.append(flat @ (stiffness(own) @ flat.T))
            loads.append((values * share).sum(axis=(1, 2)))
    return np.array(functions), np.array(matrices), np.array(loads)


def coarse_corners(elements: int) -> NDArray[np.int64]:
    """Numbers (element, corner) of the corners of all elements, I (N + 1) + J for the position (I, J)."""
    first = (np.arange(elements)[:, None] * (elements + 1) + np.arange(elements)[None, :]).ravel()
    return first[:, None] + np.array([0, elements + 1, 1, elements + 2])


def solve_coarse(matrices: Array, loads: Array, elements: int) -> Array:
    """Values at all corners of elements, zero on the square's boundary."""
    corners = coarse_corners(elements)
    size = (elements + 1) ** 2
    across = np.broadcast_to(corners[:, :, None], matrices.shape).ravel()
    along = np.broadcast_to(corners[:, None, :], matrices.shape).ravel()
    matrix = scipy.sparse.coo_array((matrices.ravel(), (across, along)), shape=(size, size)).tocsr()
    vector = np.bincount(corners.ravel(), loads.ravel(), minlength=size)
    return solve_inside(matrix, vector, elements + 1)


def solve_inside(matrix: scipy.sparse.csr_array, vector: Array, points: int) -> Array:
    """Solve for the inner points of a square of points, zero on its boundary."""
    inner = np.zeros((points, points), dtype=bool)
    inner[1:-1, 1:-1] = True
    free = np.flatnonzero(inner)
    values = np.zeros(points * points)
    values[free] = scipy.sparse.linalg.spsolve(matrix[free][:, free].tocsc(), vector[free])
    return values.reshape(points, points)


def fine_field(functions: Array, corners: Array, elements: int) -> Array:
    """The coarse solution with its fine structure, at all fine points; where elements differ, their mean."""
    size = functions.shape[2] - 1
    points = elements * size + 1
    total, times = np.zeros((points, points)), np.zeros((points, points))
    numbers = coarse_corners(elements)
    values = corners.ravel()
    for element, own in enumerate(functions):
        i, j = (size * at for at in divmod(element, elements))
        place = slice(i, i + size + 1), slice(j, j + size + 1)
        total[place] += np.tensordot(values[numbers[element]], own, axes=1)
        times[place] += 1
    return total / times
