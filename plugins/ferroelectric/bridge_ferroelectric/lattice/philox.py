"""Random numbers by counting: those of a step depend on the seed and the step alone."""

from __future__ import annotations

import numpy as np
from numba import uint64

from bridge import compiled

M0, M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
W0, W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
LOW = np.uint64(0xFFFFFFFF)


@compiled
def philox(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    """Four 32-bit words for a counter and a key: Philox4x32-10.

    J. K. Salmon, M. A. Moraes, R. O. Dror and D. E. Shaw, Proc. SC'11 (2011), 16.
    """
    half = uint64(32)
    for _ in range(10):
        p0, p1 = M0 * c0, M1 * c2
        c0, c1, c2, c3 = (p1 >> half) ^ c1 ^ k0, p1 & LOW, (p0 >> half) ^ c3 ^ k1, p0 & LOW
        k0, k1 = (k0 + W0) & LOW, (k1 + W1) & LOW
    return c0, c1, c2, c3


@compiled
def normals(seed, step, draw):  # type: ignore[no-untyped-def]
    """Two standard normal numbers and one uniform in (0, 1), by Box and Muller."""
    half = uint64(32)
    s, n, d = uint64(seed), uint64(step), uint64(draw)
    a, b, c, _ = philox(n & LOW, n >> half, d, uint64(0), s & LOW, s >> half)
    unit = 1.0 / 4294967296.0
    r = np.sqrt(-2.0 * np.log((a + 0.5) * unit))
    angle = 2.0 * np.pi * (b + 0.5) * unit
    return r * np.cos(angle), r * np.sin(angle), (c + 0.5) * unit


@compiled
def chi_square(seed, step, freedom):  # type: ignore[no-untyped-def]
    """A chi-square number of `freedom` ≥ 2 degrees. G. Marsaglia and W. W. Tsang, ACM TOMS 26, 363 (2000)."""
    d = 0.5 * freedom - 1.0 / 3.0
    c = 1.0 / np.sqrt(9.0 * d)
    draw = 1
    while True:
        x, _, u = normals(seed, step, draw)
        draw += 1
        v = (1.0 + c * x) ** 3
        if v > 0.0 and np.log(u) < 0.5 * x * x + d - d * v + d * np.log(v):
            return 2.0 * d * v


@compiled
def rescaling(seed, step, kinetic, target, freedom, decay):  # type: ignore[no-untyped-def]
    """Factor on all velocities that draws the kinetic energy towards its canonical distribution.

    `target` is the mean kinetic energy of `freedom` degrees, `decay` = exp(-interval / relaxation time). At rest, or at
    0 K, the factor is 1.
    G. Bussi, D. Donadio and M. Parrinello, J. Chem. Phys. 126, 014101 (2007), equation (A7).
    """
    if kinetic <= 0.0 or target <= 0.0:
        return 1.0
    first, _, _ = normals(seed, step, 0)
    rest = chi_square(seed, step, freedom - 1.0)
    part = (1.0 - decay) * target / (freedom * kinetic)
    return np.sqrt(decay + part * (first * first + rest) + 2.0 * first * np.sqrt(decay * part))
