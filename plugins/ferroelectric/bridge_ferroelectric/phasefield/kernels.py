"""Loops of the phase field, compiled by numba: local products and forces, and the two sums over wavevectors.

Fields are seen as flat arrays of double precision, those of wavevectors as (slab, row, 2 n) with real and
imaginary parts side by side, so that one loop serves two and three dimensions and runs over vectors of either.
The wavevector is the sum of one from each table: `odd` those of first derivatives (zero on Nyquist planes),
`square` the squares, `weight` how often a row of a real transform stands for itself and its conjugate.
Order of the coefficients: see `evolution.Evolution`.
"""

from __future__ import annotations

from bridge import compiled

# Sums may be reassociated, which is what lets the loops run on vectors; a NaN stays a NaN.
FAST = {"reassoc", "contract", "nsz", "arcp"}
settings = {"fastmath": FAST, "error_model": "numpy"}


@compiled(**settings)
def products2(p, y):  # type: ignore[no-untyped-def]
    """Products Px², Py², PxPy of P (2, n)."""
    for i in range(p.shape[1]):
        a, b = p[0, i], p[1, i]
        y[0, i] = a * a
        y[1, i] = b * b
        y[2, i] = a * b


@compiled(**settings)
def products3(p, y):  # type: ignore[no-untyped-def]
    """Products Px², Py², Pz², PyPz, PzPx, PxPy of P (3, n)."""
    for i in range(p.shape[1]):
        a, b, c = p[0, i], p[1, i], p[2, i]
        y[0, i] = a * a
        y[1, i] = b * b
        y[2, i] = c * c
        y[3, i] = b * c
        y[4, i] = c * a
        y[5, i] = a * b


@compiled(**settings)
def forces2(p, h, mean, landau, m, field):  # type: ignore[no-untyped-def]
    """Turn h = qᵀe' into −∂f/∂P, in h[:2]; sums of Landau's energy, of y·M·y and of h·y over the points."""
    a1, a11, a12, a111, a112 = landau[0], landau[1], landau[2], landau[3], landau[4]
    m11, m12, m44 = m[0], m[1], m[2]
    b11, b12 = a11 + m11 / 2, a12 + m12 + m44 / 2
    local, clamped, strained = 0.0, 0.0, 0.0
    for i in range(p.shape[1]):
        x, y = p[0, i], p[1, i]
        r, s = x * x, y * y
        h0, h1, h2 = h[0, i], h[1, i], h[2, i]
        fourth, pair = r * r + s * s, r * s
        local += a1 * (r + s) + a11 * fourth + a12 * pair
        local += a111 * (r * r * r + s * s * s) + a112 * pair * (r + s)
        clamped += m11 * fourth + (2 * m12 + m44) * pair
        strained += h0 * r + h1 * s + h2 * x * y
        shear = h2 + mean[5]
        dr = a1 + 2 * b11 * r + b12 * s + 3 * a111 * r * r + a112 * s * (2 * r + s)
        ds = a1 + 2 * b11 * s + b12 * r + 3 * a111 * s * s + a112 * r * (2 * s + r)
        h[0, i] = 2 * x * (h0 + mean[0] - dr) + shear * y + field[0]
        h[1, i] = 2 * y * (h1 + mean[1] - ds) + shear * x + field[1]
    return local, clamped, strained


@compiled(**settings)
def forces3(p, h, mean, landau, m, field):  # type: ignore[no-untyped-def]
    """As forces2, of three components, in h[:3]."""
    a1, a11, a12, a111, a112, a123 = landau[0], landau[1], landau[2], landau[3], landau[4], landau[5]
    m11, m12, m44 = m[0], m[1], m[2]
    b11, b12 = a11 + m11 / 2, a12 + m12 + m44 / 2
    local, clamped, strained = 0.0, 0.0, 0.0
    for i in range(p.shape[1]):
        x, y, z = p[0, i], p[1, i], p[2, i]
        r, s, t = x * x, y * y, z * z
        h0, h1, h2, h3, h4, h5 = h[0, i], h[1, i], h[2, i], h[3, i], h[4, i], h[5, i]
        fourth, pair = r * r + s * s + t * t, r * s + s * t + t * r
        total, triple = r + s + t, r * s * t
        sixth = r * r * r + s * s * s + t * t * t
        local += a1 * total + a11 * fourth + a12 * pair
        local += a111 * sixth + a112 * (total * pair - 3 * triple) + a123 * triple
        clamped += m11 * fourth + (2 * m12 + m44) * pair
        strained += h0 * r + h1 * s + h2 * t + h3 * y * z + h4 * z * x + h5 * x * y
        # Σ over the others of 2 r s + s² is 2 r (S − r) + (Σs² − r²)
        dr = a1 + 2 * b11 * r + b12 * (s + t) + 3 * a111 * r * r + a112 * (2 * r * (s + t) + s * s + t * t)
        ds = a1 + 2 * b11 * s + b12 * (t + r) + 3 * a111 * s * s + a112 * (2 * s * (t + r) + t * t + r * r)
        dt = a1 + 2 * b11 * t + b12 * (r + s) + 3 * a111 * t * t + a112 * (2 * t * (r + s) + r * r + s * s)
        yz, zx, xy = h3 + mean[3], h4 + mean[4], h5 + mean[5]
        h[0, i] = 2 * x * (h0 + mean[0] - dr - a123 * s * t) + xy * y + zx * z + field[0]
        h[1, i] = 2 * y * (h1 + mean[1] - ds - a123 * t * r) + yz * z + xy * x + field[1]
        h[2, i] = 2 * z * (h2 + mean[2] - dt - a123 * r * s) + zx * x + yz * y + field[2]
    return local, clamped, strained


@compiled(**settings)
def strains2(y, odd0, odd1, odd2, c, q, scale):  # type: ignore[no-untyped-def]
    """Turn the transform of the products y (3, …) into that of qᵀe', e' being the strain of mechanical equilibrium.

    Nothing varies along z. G(k) t with t = σ0 k, σ0 = q y; the mean, whose k is zero, becomes zero.
    """
    c11, c12, c44 = c[0], c[1], c[2]
    q11, q12, q44 = q[0], q[1], q[2]
    cross = c12 + c44
    for i in range(y.shape[1]):
        for j in range(y.shape[2]):
            bx, by = odd0[i, 0] + odd1[j, 0], odd0[i, 1] + odd1[j, 1]
            for f in range(y.shape[3]):
                kx, ky = bx + odd2[0, f], by + odd2[1, f]
                xx, yy, xy = kx * kx, ky * ky, kx * ky
                y0, y1, y2 = y[0, i, j, f], y[1, i, j, f], q44 * y[2, i, j, f]
                tx = (q11 * y0 + q12 * y1) * kx + y2 * ky
                ty = (q12 * y0 + q11 * y1) * ky + y2 * kx
                d0, d1, o = c11 * xx + c44 * yy, c44 * xx + c11 * yy, cross * xy
                det = d0 * d1 - o * o
                over = scale / det if det > 0 else 0.0
                ax = (d1 * tx - o * ty) * over
                ay = (d0 * ty - o * tx) * over
                e0, e1 = kx * ax, ky * ay
                y[0, i, j, f] = q11 * e0 + q12 * e1
                y[1, i, j, f] = q12 * e0 + q11 * e1
                y[2, i, j, f] = q44 * (kx * ay + ky * ax)


@compiled(**settings)
def strains3(y, odd0, odd1, odd2, c, q, scale):  # type: ignore[no-untyped-def]
    """As strains2, of six products in two or three dimensions."""
    c11, c12, c44 = c[0], c[1], c[2]
    q11, q12, q44 = q[0], q[1], q[2]
    cross, diagonal = c12 + c44, c11 - c44
    for i in range(y.shape[1]):
        for j in range(y.shape[2]):
            bx, by, bz = odd0[i, 0] + odd1[j, 0], odd0[i, 1] + odd1[j, 1], odd0[i, 2] + odd1[j, 2]
            for f in range(y.shape[3]):
                kx, ky, kz = bx + odd2[0, f], by + odd2[1, f], bz + odd2[2, f]
                y0, y1, y2 = y[0, i, j, f], y[1, i, j, f], y[2, i, j, f]
                yz, zx, xy = q44 * y[3, i, j, f], q44 * y[4, i, j, f], q44 * y[5, i, j, f]
                trace = q12 * (y0 + y1 + y2)
                own = q11 - q12
                tx = (own * y0 + trace) * kx + xy * ky + zx * kz
                ty = (own * y1 + trace) * ky + xy * kx + yz * kz
                tz = (own * y2 + trace) * kz + zx * kx + yz * ky
                xx, yy, zz = kx * kx, ky * ky, kz * kz
                shear = c44 * (xx + yy + zz)
                a, b, d = shear + diagonal * xx, shear + diagonal * yy, shear + diagonal * zz
                u, v, w = cross * ky * kz, cross * kz * kx, cross * kx * ky
                g0, g1, g2 = b * d - u * u, u * v - w * d, u * w - v * b
                det = a * g0 + w * g1 + v * g2
                over = scale / det if det > 0 else 0.0
                g3, g4, g5 = a * d - v * v, v * w - a * u, a * b - w * w
                ax = (g0 * tx + g1 * ty + g2 * tz) * over
                ay = (g1 * tx + g3 * ty + g4 * tz) * over
                az = (g2 * tx + g4 * ty + g5 * tz) * over
                e0, e1, e2 = kx * ax, ky * ay, kz * az
                trace = q12 * (e0 + e1 + e2)
                y[0, i, j, f] = own * e0 + trace
                y[1, i, j, f] = own * e1 + trace
                y[2, i, j, f] = own * e2 + trace
                y[3, i, j, f] = q44 * (ky * az + kz * ay)
                y[4, i, j, f] = q44 * (kz * ax + kx * az)
                y[5, i, j, f] = q44 * (kx * ay + ky * ax)


@compiled(**settings)
def advance2(p, new, n, tables, weight, g, inertia, charge, scale):  # type: ignore[no-untyped-def]
    """Solve (A + L) P' = A P + n for every wavevector, L being gradients and depolarising field.

    p, new: states; n: force in, P'/N out. Returns sums of gradient and electric energy of the new state.
    """
    odd0, odd1, odd2, square0, square1, square2 = tables
    g11, g44, cross = g[0], g[2], g[1] + g[2]
    bend, push = 0.0, 0.0
    for i in range(p.shape[1]):
        for j in range(p.shape[2]):
            bx, by = odd0[i, 0] + odd1[j, 0], odd0[i, 1] + odd1[j, 1]
            sx, sy = square0[i, 0] + square1[j, 0], square0[i, 1] + square1[j, 1]
            for f in range(p.shape[3]):
                kx, ky = bx + odd2[0, f], by + odd2[1, f]
                x2, y2 = sx + square2[0, f], sy + square2[1, f]
                size = kx * kx + ky * ky
                ratio = charge / size if size > 0 else 0.0
                gx, gy, go = g11 * x2 + g44 * y2, g44 * x2 + g11 * y2, cross * kx * ky
                a, b, o = inertia + gx + ratio * kx * kx, inertia + gy + ratio * ky * ky, go + ratio * kx * ky
                over = 1 / (a * b - o * o)
                r0 = inertia * p[0, i, j, f] + n[0, i, j, f]
                r1 = inertia * p[1, i, j, f] + n[1, i, j, f]
                p0, p1 = (b * r0 - o * r1) * over, (a * r1 - o * r0) * over
                along = kx * p0 + ky * p1
                bend += weight[f] * (gx * p0 * p0 + gy * p1 * p1 + 2 * go * p0 * p1)
                push += weight[f] * ratio * along * along
                new[0, i, j, f] = p0
                new[1, i, j, f] = p1
                n[0, i, j, f] = p0 * scale
                n[1, i, j, f] = p1 * scale
    return bend, push


@compiled(**settings)
def advance3(p, new, n, tables, weight, g, inertia, charge, scale):  # type: ignore[no-untyped-def]
    """As advance2, of three components in two or three dimensions."""
    odd0, odd1, odd2, square0, square1, square2 = tables
    g44, cross, more = g[2], g[1] + g[2], g[0] - g[2]
    bend, push = 0.0, 0.0
    for i in range(p.shape[1]):
        for j in range(p.shape[2]):
            bx, by, bz = odd0[i, 0] + odd1[j, 0], odd0[i, 1] + odd1[j, 1], odd0[i, 2] + odd1[j, 2]
            sx, sy = square0[i, 0] + square1[j, 0], square0[i, 1] + square1[j, 1]
            sz = square0[i, 2] + square1[j, 2]
            for f in range(p.shape[3]):
                kx, ky, kz = bx + odd2[0, f], by + odd2[1, f], bz + odd2[2, f]
                x2, y2, z2 = sx + square2[0, f], sy + square2[1, f], sz + square2[2, f]
                size = kx * kx + ky * ky + kz * kz
                ratio = charge / size if size > 0 else 0.0
                iso = g44 * (x2 + y2 + z2)
                gx, gy, gz = iso + more * x2, iso + more * y2, iso + more * z2
                u, v, w = cross * ky * kz, cross * kz * kx, cross * kx * ky
                a, b, d = (
                    inertia + gx + ratio * kx * kx,
                    inertia + gy + ratio * ky * ky,
                    inertia + gz + ratio * kz * kz,
                )
                yz, zx, xy = u + ratio * ky * kz, v + ratio * kz * kx, w + ratio * kx * ky
                g0, g1, g2 = b * d - yz * yz, yz * zx - xy * d, yz * xy - zx * b
                g3, g4, g5 = a * d - zx * zx, zx * xy - a * yz, a * b - xy * xy
                over = 1 / (a * g0 + xy * g1 + zx * g2)
                r0 = inertia * p[0, i, j, f] + n[0, i, j, f]
                r1 = inertia * p[1, i, j, f] + n[1, i, j, f]
                r2 = inertia * p[2, i, j, f] + n[2, i, j, f]
                p0 = (g0 * r0 + g1 * r1 + g2 * r2) * over
                p1 = (g1 * r0 + g3 * r1 + g4 * r2) * over
                p2 = (g2 * r0 + g4 * r1 + g5 * r2) * over
                along = kx * p0 + ky * p1 + kz * p2
                bend += weight[f] * (
                    gx * p0 * p0 + gy * p1 * p1 + gz * p2 * p2 + 2 * (u * p1 * p2 + v * p2 * p0 + w * p0 * p1)
                )
                push += weight[f] * ratio * along * along
                new[0, i, j, f] = p0
                new[1, i, j, f] = p1
                new[2, i, j, f] = p2
                n[0, i, j, f] = p0 * scale
                n[1, i, j, f] = p1 * scale
                n[2, i, j, f] = p2 * scale
    return bend, push
