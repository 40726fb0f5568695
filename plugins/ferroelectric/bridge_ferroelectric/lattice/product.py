"""The product in Fourier space, compiled by numba: springs, dipoles and the eliminated inhomogeneous strain.

Nine real fields travel together, two in each complex one: the mode u and its products y = (ux², uy², uz²,
uyuz, uzux, uxuy) as ux + i uy, uz + i y1, y2 + i y3, y4 + i y5, y6. There they become Φ u, the gradient of the
quadratic energy, and G y, the field that the inhomogeneous strain exerts on y. Complex transforms
in place are a third faster than real ones in FFTW, packing included.

Rows along z, with those of opposite wavevector, are worked on in `s`, of constant shape (see `kernel`): real parts of
the fields in s[0:9], imaginary parts in s[9:18], results in s[18:36], tables in s[36:49].
"""

from __future__ import annotations

import numpy as np

from bridge import compiled
from bridge_ferroelectric.lattice.kernel import FAST


@compiled(fastmath=FAST)
def multiply(z, phi, inverse, kx, ky, kz, coupling):  # type: ignore[no-untyped-def]
    """Replace the packed fields (5, nx, ny or more, 2 nz) in Fourier space by Φ u and G y.

    `phi` (hx, hy, 6, nz + 1) and `inverse`, the acoustic compliance, are tabulated for the quarter
    zone kx, ky ≥ 0; both carry the 1/N of the transforms. `coupling` is B1xx/2, B1yy/2, B4yz. On the planes of
    kx, ky or kz = π, G is the mean over both signs, without which it would not be even. There
    kz[nz] = -π repeats kz[nz/2].
    """
    nx, ny, nz = kx.size, ky.size, kz.size - 1
    s = np.zeros((49, 72))
    for k in range(nz + 1):
        s[48, k] = kz[k]
    for ix in range(nx // 2 + 1):
        px = (nx - ix) % nx
        for hy in range(ny // 2 + 1):
            for c in range(6):
                a, b = phi[ix, hy, c], inverse[ix, hy, c]
                for k in range(nz + 1):
                    s[36 + c, k] = a[k]
                    s[42 + c, k] = b[k]
            both_x = 2 if ix == px and ix > 0 else 1
            both_y = 2 if 2 * hy == ny else 1
            for side in range(1 if ix == px or hy == 0 or 2 * hy == ny else 2):  # ky and -ky, if not mirrored already
                iy = ny - hy if side else hy
                py = (ny - iy) % ny
                sign = -1.0 if side else 1.0
                unpack(s, z, ix, iy, px, py, nz)
                springs(s, sign, nz + 1)
                for turn in range(both_x * both_y):
                    sx = -1.0 if turn % both_x else 1.0
                    sy = -sign if turn // both_x else sign
                    keep = 1.0 if turn else 0.0
                    elastic(s, sx, sy, kx[ix], ky[hy], coupling, keep, 1.0 / (both_x * both_y), nz + 1)
                if nz % 2 == 0:
                    for c in range(18, 36):
                        s[c, nz // 2] = 0.5 * (s[c, nz // 2] + s[c, nz])
                pack(s, z, ix, iy, px, py, nz)


@compiled(fastmath=FAST, inline="always")
def unpack(s, z, ix, iy, px, py, nz):  # type: ignore[no-untyped-def]
    """Take the nine fields along a row apart, by the symmetry of what is real in real space."""
    for c in range(4):
        a, b = z[c, ix, iy], z[c, px, py]
        s[2 * c, 0] = 0.5 * (a[0] + b[0])
        s[2 * c + 1, 0] = 0.5 * (a[1] + b[1])
        s[2 * c + 9, 0] = 0.5 * (a[1] - b[1])
        s[2 * c + 10, 0] = 0.5 * (b[0] - a[0])
        for k in range(1, nz):
            s[2 * c, k] = 0.5 * (a[2 * k] + b[2 * (nz - k)])
            s[2 * c + 1, k] = 0.5 * (a[2 * k + 1] + b[2 * (nz - k) + 1])
            s[2 * c + 9, k] = 0.5 * (a[2 * k + 1] - b[2 * (nz - k) + 1])
            s[2 * c + 10, k] = 0.5 * (b[2 * (nz - k)] - a[2 * k])
    a = z[4, ix, iy]
    for k in range(nz):
        s[8, k] = a[2 * k]
        s[17, k] = a[2 * k + 1]
    for c in range(18):
        s[c, nz] = s[c, nz // 2]


@compiled(fastmath=FAST, inline="always")
def pack(s, z, ix, iy, px, py, nz):  # type: ignore[no-untyped-def]
    """Put the nine fields of a row and of its mirror image together again."""
    mirror = px != ix or py != iy
    for c in range(4):
        a, b = z[c, ix, iy], z[c, px, py]
        for k in range(nz):
            a[2 * k] = s[18 + 2 * c, k] - s[28 + 2 * c, k]
            a[2 * k + 1] = s[27 + 2 * c, k] + s[19 + 2 * c, k]
        if mirror:
            b[0] = s[18 + 2 * c, 0] + s[28 + 2 * c, 0]
            b[1] = s[19 + 2 * c, 0] - s[27 + 2 * c, 0]
            for k in range(1, nz):
                b[2 * (nz - k)] = s[18 + 2 * c, k] + s[28 + 2 * c, k]
                b[2 * (nz - k) + 1] = s[19 + 2 * c, k] - s[27 + 2 * c, k]
    a, b = z[4, ix, iy], z[4, px, py]
    for k in range(nz):
        a[2 * k] = s[26, k]
        a[2 * k + 1] = s[35, k]
    if mirror:
        b[0] = s[26, 0]
        b[1] = -s[35, 0]
        for k in range(1, nz):
            b[2 * (nz - k)] = s[26, k]
            b[2 * (nz - k) + 1] = -s[35, k]


@compiled(fastmath=FAST, inline="always")
def springs(s, sy, size):  # type: ignore[no-untyped-def]
    """Φ u along a row."""
    for k in range(size):
        xx, yy, zz = s[36, k], s[37, k], s[38, k]
        yz, zx, xy = sy * s[39, k], s[40, k], sy * s[41, k]
        s[18, k] = xx * s[0, k] + xy * s[1, k] + zx * s[2, k]
        s[19, k] = xy * s[0, k] + yy * s[1, k] + yz * s[2, k]
        s[20, k] = zx * s[0, k] + yz * s[1, k] + zz * s[2, k]
        s[27, k] = xx * s[9, k] + xy * s[10, k] + zx * s[11, k]
        s[28, k] = xy * s[9, k] + yy * s[10, k] + yz * s[11, k]
        s[29, k] = zx * s[9, k] + yz * s[10, k] + zz * s[11, k]


@compiled(fastmath=FAST, inline="always")
def elastic(s, sx, sy, qx, qy, coupling, keep, weight, size):  # type: ignore[no-untyped-def]
    """G y along a row, added to `keep` times what is there."""
    c = (coupling[0] - coupling[1], coupling[1], coupling[2])
    kx, ky, sxy = sx * abs(qx), sy * abs(qy), sx * sy
    for k in range(size):
        q = (kx, ky, s[48, k])
        diagonal = (weight * s[42, k], weight * s[43, k], weight * s[44, k])
        mixed = (weight * sy * s[45, k], weight * sx * s[46, k], weight * sxy * s[47, k])
        g = acoustic(q, c, diagonal, mixed, s[3, k], s[4, k], s[5, k], s[6, k], s[7, k], s[8, k])
        s[21, k] = keep * s[21, k] + g[0]
        s[22, k] = keep * s[22, k] + g[1]
        s[23, k] = keep * s[23, k] + g[2]
        s[24, k] = keep * s[24, k] + g[3]
        s[25, k] = keep * s[25, k] + g[4]
        s[26, k] = keep * s[26, k] + g[5]
        g = acoustic(q, c, diagonal, mixed, s[12, k], s[13, k], s[14, k], s[15, k], s[16, k], s[17, k])
        s[30, k] = keep * s[30, k] + g[0]
        s[31, k] = keep * s[31, k] + g[1]
        s[32, k] = keep * s[32, k] + g[2]
        s[33, k] = keep * s[33, k] + g[3]
        s[34, k] = keep * s[34, k] + g[4]
        s[35, k] = keep * s[35, k] + g[5]


@compiled(fastmath=FAST, inline="always")
def acoustic(q, c, diagonal, mixed, y1, y2, y3, y4, y5, y6):  # type: ignore[no-untyped-def]
    """Force on the acoustic displacements, these, their strain, its field on y."""
    trace = c[1] * (y1 + y2 + y3)
    fx = q[0] * (c[0] * y1 + trace) + c[2] * (q[1] * y6 + q[2] * y5)
    fy = q[1] * (c[0] * y2 + trace) + c[2] * (q[0] * y6 + q[2] * y4)
    fz = q[2] * (c[0] * y3 + trace) + c[2] * (q[0] * y5 + q[1] * y4)
    wx = diagonal[0] * fx + mixed[2] * fy + mixed[1] * fz
    wy = mixed[2] * fx + diagonal[1] * fy + mixed[0] * fz
    wz = mixed[1] * fx + mixed[0] * fy + diagonal[2] * fz
    e1, e2, e3 = q[0] * wx, q[1] * wy, q[2] * wz
    trace = c[1] * (e1 + e2 + e3)
    return (
        c[0] * e1 + trace,
        c[0] * e2 + trace,
        c[0] * e3 + trace,
        c[2] * (q[1] * wz + q[2] * wy),
        c[2] * (q[0] * wz + q[2] * wx),
        c[2] * (q[1] * wx + q[0] * wy),
    )
