"""The loops of the lattice in real space, compiled by numba.

A plane of constant x is worked on in stretches of 128 sites, first copied into `s`, a scratch array of constant shape:
only there does the compiler see that nothing overlaps, and works on four sites at once, twice as fast.
Modes, velocities and forces are (3, nx, ny nz); the packed fields of `product` (5, nx or more, 2 ny nz or more).
"""

from __future__ import annotations

import numpy as np

from bridge import compiled

FAST = {"reassoc", "contract", "nsz", "arcp"}
"""Sums may be reordered for the processor, always in the same way; NaN and infinity keep their meaning."""


@compiled(fastmath=FAST, inline="always")
def take(s, u, z, ix, start, n):  # type: ignore[no-untyped-def]
    """Modes to s[:3], the nine transformed fields to s[3:12]."""
    for c in range(3):
        a = u[c, ix, start:]
        for k in range(n):
            s[c, k] = a[k]
    for c in range(5):
        b = z[c, ix, 2 * start :]
        for k in range(n):
            s[3 + 2 * c, k] = b[2 * k]
            s[4 + 2 * c, k] = b[2 * k + 1]


@compiled(fastmath=FAST, inline="always")
def downhill(s, n, poly, strained, field):  # type: ignore[no-untyped-def]
    """Forces along a stretch to s[13:16]; return its energy: anharmonic, quadratic, strains, electric field.

    `poly` is α, γ, k1, k2, k3, k4; `strained` the homogeneous strain times the coupling, to which
    the field of the inhomogeneous one, s[6:12], is opposed; half of the latter is energy.
    """
    alpha, gamma, k1, k2, k3, k4 = poly
    h1, h2, h3, h4, h5, h6 = strained
    ex, ey, ew = field
    energy = 0.0
    for k in range(n):
        x, y, w = s[0, k], s[1, k], s[2, k]
        dx, dy, dw = s[3, k], s[4, k], s[5, k]
        g1, g2, g3, g4, g5, g6 = s[6, k], s[7, k], s[8, k], s[9, k], s[10, k], s[11, k]
        xx, yy, ww = x * x, y * y, w * w
        r = xx + yy + ww
        common = r * (4.0 * alpha + 2.0 * gamma + r * (6.0 * k1 + 2.0 * k2 + 8.0 * k4 * r))
        cross = 2.0 * k3 - 4.0 * k2
        fx = ex - dx - x * (common - xx * (2.0 * gamma + 2.0 * k2 * xx) + cross * yy * ww + 2.0 * (h1 - g1))
        fy = ey - dy - y * (common - yy * (2.0 * gamma + 2.0 * k2 * yy) + cross * ww * xx + 2.0 * (h2 - g2))
        fw = ew - dw - w * (common - ww * (2.0 * gamma + 2.0 * k2 * ww) + cross * xx * yy + 2.0 * (h3 - g3))
        s[13, k] = fx - (h5 - g5) * w - (h6 - g6) * y
        s[14, k] = fy - (h4 - g4) * w - (h6 - g6) * x
        s[15, k] = fw - (h4 - g4) * y - (h5 - g5) * x
        quartic = yy * ww + ww * xx + xx * yy
        energy += (
            r * r * (alpha + r * (k1 + k4 * r)) + (gamma + k2 * r) * quartic + (k3 - 3.0 * k2) * xx * yy * ww
            + x * (0.5 * dx - ex) + y * (0.5 * dy - ey) + w * (0.5 * dw - ew)
            + (h1 - 0.5 * g1) * xx + (h2 - 0.5 * g2) * yy + (h3 - 0.5 * g3) * ww
            + (h4 - 0.5 * g4) * y * w + (h5 - 0.5 * g5) * w * x + (h6 - 0.5 * g6) * x * y
        )  # fmt: skip
    return energy


@compiled(fastmath=FAST, inline="always")
def place(s, z, ix, start, n):  # type: ignore[no-untyped-def]
    """Write the modes s[:3] and their products as packed fields."""
    p = 2 * start
    a, b, c, d, e = z[0, ix, p:], z[1, ix, p:], z[2, ix, p:], z[3, ix, p:], z[4, ix, p:]
    for k in range(n):
        a[2 * k] = s[0, k]
        a[2 * k + 1] = s[1, k]
    for k in range(n):
        b[2 * k] = s[2, k]
        b[2 * k + 1] = s[0, k] * s[0, k]
    for k in range(n):
        c[2 * k] = s[1, k] * s[1, k]
        c[2 * k + 1] = s[2, k] * s[2, k]
    for k in range(n):
        d[2 * k] = s[1, k] * s[2, k]
        d[2 * k + 1] = s[2, k] * s[0, k]
    for k in range(n):
        e[2 * k] = s[0, k] * s[1, k]
        e[2 * k + 1] = 0.0


@compiled(fastmath=FAST)
def fill(u, z):  # type: ignore[no-untyped-def]
    """Packed fields of the modes."""
    s = np.empty((16, 128))
    for ix in range(u.shape[1]):
        for start in range(0, u.shape[2], 128):
            n = min(128, u.shape[2] - start)
            for c in range(3):
                a = u[c, ix, start:]
                for k in range(n):
                    s[c, k] = a[k]
            place(s, z, ix, start, n)


@compiled(fastmath=FAST)
def forces(u, z, poly, strained, field, f):  # type: ignore[no-untyped-def]
    """Write the forces from the modes and the transformed fields; return the energy."""
    s = np.empty((16, 128))
    energy = 0.0
    for ix in range(u.shape[1]):
        for start in range(0, u.shape[2], 128):
            n = min(128, u.shape[2] - start)
            take(s, u, z, ix, start, n)
            energy += downhill(s, n, poly, strained, field)
            for c in range(3):
                a = f[c, ix, start:]
                for k in range(n):
                    a[k] = s[13 + c, k]
    return energy


@compiled(fastmath=FAST)
def leap(u, v, z, poly, strained, field, scale, kick, step):  # type: ignore[no-untyped-def]
    """One leapfrog step, v ← scale v + kick F, u ← u + step v, fields of the new u; return the old energy and Σ v²."""
    s = np.empty((16, 128))
    energy, speed = 0.0, 0.0
    for ix in range(u.shape[1]):
        for start in range(0, u.shape[2], 128):
            n = min(128, u.shape[2] - start)
            take(s, u, z, ix, start, n)
            energy += downhill(s, n, poly, strained, field)
            for c in range(3):
                a, b = v[c, ix, start:], u[c, ix, start:]
                for k in range(n):
                    s[13 + c, k] = scale * a[k] + kick * s[13 + c, k]
                    a[k] = s[13 + c, k]
                for k in range(n):
                    s[c, k] += step * s[13 + c, k]
                    speed += s[13 + c, k] * s[13 + c, k]
                for k in range(n):
                    b[k] = s[c, k]
            place(s, z, ix, start, n)
    return energy, speed


@compiled
def respond(fields, cells, stiffness, flexibility, coupling, push, held, row):  # type: ignore[no-untyped-def]
    """Write the means of u and y, read at zero wavevector, and the homogeneous strain to row[:15].

    The strain is that of least enthalpy, or `held` unless that is empty. Returns its coefficients of y, and
    what of the enthalpy depends on it alone.
    """
    for c in range(9):
        row[c] = fields[c // 2, 0, c % 2] / cells
    for i in range(6):
        if held.size:
            row[9 + i] = held[i]
        else:
            total = 0.0
            for j in range(6):
                load = push[j]
                for m in range(6):
                    load += coupling[j, m] * row[3 + m]
                total -= flexibility[i, j] * load
            row[9 + i] = total
    strained = np.zeros(6)
    energy = 0.0
    for i in range(6):
        energy += push[i] * row[9 + i]
        for j in range(6):
            strained[i] += coupling[i, j] * row[9 + j]
            energy += 0.5 * row[9 + i] * stiffness[i, j] * row[9 + j]
    return (strained[0], strained[1], strained[2], strained[3], strained[4], strained[5]), cells * energy


@compiled(fastmath=FAST)
def push(u, v, f, scale, kick, step):  # type: ignore[no-untyped-def]
    """A leapfrog step of (3, cells) that leaves the mean of u; return Σ v² and the mean force (3,)."""
    speed = 0.0
    force = np.zeros(3)
    for c in range(3):
        part, mean = 0.0, 0.0
        for k in range(v.shape[1]):
            part += f[c, k]
            mean += scale * v[c, k] + kick * f[c, k]
        force[c] = part / v.shape[1]
        mean /= v.shape[1]
        for k in range(v.shape[1]):
            v[c, k] = scale * v[c, k] + kick * f[c, k] - mean
            u[c, k] += step * v[c, k]
            speed += v[c, k] * v[c, k]
    return speed, force


@compiled(fastmath=FAST)
def square(v):  # type: ignore[no-untyped-def]
    """Sum of squares of (3, cells)."""
    total = 0.0
    for c in range(v.shape[0]):
        for k in range(v.shape[1]):
            total += v[c, k] * v[c, k]
    return total
