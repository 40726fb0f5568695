"""Lennard-Jones particles under homogeneous shear, compiled by numba; everything in reduced units.

A cube of edge L, periodic in the way of A. W. Lees and S. F. Edwards, J. Phys. C 5, 1921 (1972): the image above is
displaced along x by the strain times L. Velocities are peculiar, that is without the streaming velocity γ y of the
flow, so that they do not change where a particle crosses the box. Loops are written out: arrays in one expression
would double the time that numba takes to compile.
"""

from __future__ import annotations

import numpy as np

from bridge import compiled

SKIN = 0.35
"""How much farther than the cutoff pairs are listed, so that a list serves for about ten steps."""

LARGEST_STRAIN = 0.5
"""Of the lattice of images where pairs are listed; it makes cells narrower."""

FEWEST_CELLS = 4
"""Along an edge; with three, every cell is next to every other."""


@compiled(error_model="numpy")
def shear(position, velocity, edge, rate, strain, step, steps, cutoff, thermostat, streaming):  # type: ignore[no-untyped-def]
    """Advance `position` and `velocity` in place by the SLLOD equations; the new strain and a row for every step.

    A row holds, at the end of its step: shear pressure P_xy, pressure, potential energy (truncated and shifted),
    kinetic energy. Rows stay NaN from where particles came so close that forces overflow. Every tenth step
    `streaming`, of shape (slabs, 2), collects the x velocity in the laboratory, and the particles, of slabs of equal
    height. With `thermostat` the kinetic energy is held by Gauss's principle of least constraint.

    The splitting into kick, turn and drift, each solved exactly, and its order: G. A. Pan, J. F. Ely, C. McCabe and
    D. J. Isbister, J. Chem. Phys. 122, 094114 (2005).
    """
    count = len(position)
    force = np.zeros((count, 3))
    moved = np.zeros((count, 3))  # peculiar displacement since pairs were listed
    rows = np.full((steps, 4), np.nan)
    strain, start, partner, image = near(position, edge, strain, cutoff + SKIN)
    since = 0.0
    forces(position, force, edge, strain, cutoff, start, partner, image)
    for now in range(steps):
        kick(velocity, force, 0.5 * step, thermostat)
        turn(velocity, rate, 0.5 * step, thermostat)
        strain += rate * step
        farthest = drift(position, velocity, moved, rate, step)
        if not farthest < edge:
            return strain, rows
        since += step
        # the flow stretches a pair at distance r by less than γ r / 2 in unit time
        if 2.0 * farthest + 0.5 * abs(rate) * since * (cutoff + SKIN) > SKIN:
            strain, start, partner, image = near(position, edge, strain, cutoff + SKIN)
            moved[:] = 0.0
            since = 0.0
        energy, virial, shear_virial = forces(position, force, edge, strain, cutoff, start, partner, image)
        turn(velocity, rate, 0.5 * step, thermostat)
        kick(velocity, force, 0.5 * step, thermostat)
        square, mixed = 0.0, 0.0
        for i in range(count):
            square += velocity[i, 0] ** 2 + velocity[i, 1] ** 2 + velocity[i, 2] ** 2
            mixed += velocity[i, 0] * velocity[i, 1]
        rows[now, 0] = (mixed + shear_virial) / edge**3
        rows[now, 1] = (square + virial) / (3.0 * edge**3)
        rows[now, 2] = energy
        rows[now, 3] = 0.5 * square
        if now % 10 == 9:
            slabs = len(streaming)
            for i in range(count):
                height = position[i, 1] / edge - np.rint(position[i, 1] / edge)
                slab = min(int((height + 0.5) * slabs), slabs - 1)
                streaming[slab, 0] += velocity[i, 0] + rate * height * edge
                streaming[slab, 1] += 1.0
    return strain, rows


@compiled(error_model="numpy")
def drift(position, velocity, moved, rate, time):  # type: ignore[no-untyped-def]
    """Carry particles with their velocities and with the flow; the farthest that one moved since pairs were listed."""
    farthest = 0.0
    for i in range(len(position)):
        position[i, 0] += time * (velocity[i, 0] + rate * (position[i, 1] + 0.5 * time * velocity[i, 1]))
        position[i, 1] += time * velocity[i, 1]
        position[i, 2] += time * velocity[i, 2]
        square = 0.0
        for k in range(3):
            moved[i, k] += time * velocity[i, k]
            square += moved[i, k] ** 2
        if not square <= farthest:  # so that NaN gets out
            farthest = square
    return np.sqrt(farthest)


@compiled(error_model="numpy")
def turn(velocity, rate, time, thermostat):  # type: ignore[no-untyped-def]
    """What the flow does to peculiar velocities, dv_x/dt = -γ v_y, at constant kinetic energy if so wanted."""
    strain = rate * time
    scale = 1.0
    if thermostat:
        square, mixed, upward = 0.0, 0.0, 0.0
        for i in range(len(velocity)):
            square += velocity[i, 0] ** 2 + velocity[i, 1] ** 2 + velocity[i, 2] ** 2
            mixed += velocity[i, 0] * velocity[i, 1]
            upward += velocity[i, 1] ** 2
        scale = 1.0 / np.sqrt(1.0 + (strain**2 * upward - 2.0 * strain * mixed) / square)
    for i in range(len(velocity)):
        velocity[i, 0] = scale * (velocity[i, 0] - strain * velocity[i, 1])
        velocity[i, 1] *= scale
        velocity[i, 2] *= scale


@compiled(error_model="numpy")
def kick(velocity, force, time, thermostat):  # type: ignore[no-untyped-def]
    """What forces do to velocities, dv/dt = F, or F - v (F·v)/(v·v) at constant kinetic energy."""
    along, scale = time, 1.0
    if thermostat:
        square, power, strength = 0.0, 0.0, 0.0
        for i in range(len(velocity)):
            for k in range(3):
                square += velocity[i, k] ** 2
                power += force[i, k] * velocity[i, k]
                strength += force[i, k] ** 2
        root = np.sqrt(strength / square)
        power /= square
        if root == 0.0:
            return
        along = np.sinh(root * time) / root + power * (np.cosh(root * time) - 1.0) / root**2
        scale = 1.0 / (np.cosh(root * time) + power * np.sinh(root * time) / root)
    for i in range(len(velocity)):
        for k in range(3):
            velocity[i, k] = scale * (velocity[i, k] + along * force[i, k])


@compiled(error_model="numpy")
def forces(position, force, edge, strain, cutoff, start, partner, image):  # type: ignore[no-untyped-def]
    """Forces into `force`; energy, virial Σ r·F and shear virial Σ x F_y of the listed pairs within the cutoff."""
    force[:] = 0.0
    limit = cutoff**2
    at_cutoff = 4.0 * (limit**-6 - limit**-3)
    shift = np.empty((27, 3))
    for one in range(27):
        shift[one, 0] = edge * (one // 9 - 1 + strain * (one // 3 % 3 - 1))
        shift[one, 1] = edge * (one // 3 % 3 - 1)
        shift[one, 2] = edge * (one % 3 - 1)
    energy, virial, shear_virial = 0.0, 0.0, 0.0
    for i in range(len(position)):
        pull_x, pull_y, pull_z = 0.0, 0.0, 0.0
        for pair in range(start[i], start[i + 1]):
            j, one = partner[pair], image[pair]
            x = position[i, 0] - position[j, 0] - shift[one, 0]
            y = position[i, 1] - position[j, 1] - shift[one, 1]
            z = position[i, 2] - position[j, 2] - shift[one, 2]
            square = x * x + y * y + z * z
            if square < limit:
                over = 1.0 / square
                six = over * over * over
                strength = 24.0 * over * (2.0 * six * six - six)
                pull_x += strength * x
                pull_y += strength * y
                pull_z += strength * z
                force[j, 0] -= strength * x
                force[j, 1] -= strength * y
                force[j, 2] -= strength * z
                energy += 4.0 * (six * six - six) - at_cutoff
                virial += strength * square
                shear_virial += strength * x * y
        force[i, 0] += pull_x
        force[i, 1] += pull_y
        force[i, 2] += pull_z
    return energy, virial, shear_virial


@compiled(error_model="numpy")
def near(position, edge, strain, reach):  # type: ignore[no-untyped-def]
    """Put particles back into the box and list pairs nearer than `reach`, each once: (strain, start, partner, image).

    Those of particle i are `partner[start[i] : start[i + 1]]`; `image` says which image of the partner is meant, from
    0 to 26. It stays the same until the next list, for particles are put back here only. The lattice of images is
    the same at one whole strain more, so that the strain is brought within ±1/2. Pairs are looked for in cells that
    lean with that lattice, so that a neighbour is never beyond the next cell; among all where there are few of either.
    """
    count = len(position)
    strain -= np.rint(strain)
    for i in range(count):
        up = np.rint(position[i, 1] / edge)
        position[i, 1] -= up * edge
        position[i, 0] -= up * strain * edge
        position[i, 0] -= np.rint(position[i, 0] / edge) * edge
        position[i, 2] -= np.rint(position[i, 2] / edge) * edge
    start = np.zeros(count + 1, dtype=np.uint32)
    partner = np.empty(64 * count, dtype=np.uint32)
    image = np.empty(64 * count, dtype=np.uint8)
    first, after, cell, across, along = cells(position, edge, strain, reach)
    one = np.empty(count, dtype=np.int64)  # who may be near particle i
    square = np.empty(count)
    code = np.empty(count)
    s_x, s_y, s_z = position[:, 0] / edge, position[:, 1] / edge, position[:, 2] / edge
    pairs = 0
    for i in range(count):
        found = 0
        if across >= FEWEST_CELLS:
            for around in range(27):
                a = (cell[i, 0] + around // 9 - 1) % across
                b = (cell[i, 1] + around // 3 % 3 - 1) % along
                c = (cell[i, 2] + around % 3 - 1) % along
                j = first[a, b, c]
                while j >= 0:
                    if j > i:
                        one[found] = j
                        found += 1
                    j = after[j]
        else:
            for j in range(i + 1, count):
                one[found] = j
                found += 1
        for k in range(found):
            x, y, z = s_x[i] - s_x[one[k]], s_y[i] - s_y[one[k]], s_z[i] - s_z[one[k]]
            up, back = np.rint(y), np.rint(z)
            x -= up * strain
            right = np.rint(x)
            square[k] = (x - right) ** 2 + (y - up) ** 2 + (z - back) ** 2
            code[k] = 9.0 * right + 3.0 * up + back + 13.0
        if pairs + found > len(partner):
            partner = np.concatenate((partner, np.empty(len(partner) + found, dtype=np.uint32)))
            image = np.concatenate((image, np.empty(len(image) + found, dtype=np.uint8)))
        for k in range(found):
            if square[k] < (reach / edge) ** 2:
                partner[pairs] = one[k]
                image[pairs] = int(code[k])
                pairs += 1
        start[i + 1] = pairs
    return strain, start, partner, image


@compiled(error_model="numpy")
def cells(position, edge, strain, reach):  # type: ignore[no-untyped-def]
    """Leaning cells at least `reach` wide: (first of each, who comes after whom, cell of whom, cells along x, y)."""
    across = int(edge / (reach * np.sqrt(1.0 + LARGEST_STRAIN**2)))
    along = int(edge / reach)
    first = np.full((across, along, along), -1)
    after = np.full(len(position), -1)
    cell = np.zeros((len(position), 3), dtype=np.int64)
    for i in range(len(position)):
        lean = (position[i, 0] - strain * position[i, 1]) / edge
        cell[i, 0] = min(int((lean - np.floor(lean)) * across), across - 1)
        for k in range(1, 3):
            cell[i, k] = min(int((position[i, k] / edge + 0.5) * along), along - 1)
        after[i] = first[cell[i, 0], cell[i, 1], cell[i, 2]]
        first[cell[i, 0], cell[i, 1], cell[i, 2]] = i
    return first, after, cell, across, along
