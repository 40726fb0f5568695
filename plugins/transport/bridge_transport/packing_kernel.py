"""Hard disks and spheres in a periodic box, moved until they have forgotten where they began."""

from __future__ import annotations

import numpy as np

from bridge import compiled


@compiled
def shake(centres, diameter, reach, sweeps, draws):  # type: ignore[no-untyped-def]
    """Move every particle of a periodic unit box `sweeps` times, if it overlaps nobody there; count what was accepted.

    `centres` (particle, axis) is changed in place, `draws` (sweep, particle, axis) are uniform in [0, 1). Any other
    place within `reach` is as likely as any, so that the equilibrium of hard particles is sampled (N. Metropolis et
    al., J. Chem. Phys. 21, 1087 (1953)).
    """
    count, dimensions = centres.shape
    trial = np.empty(dimensions)
    accepted = 0
    for sweep in range(sweeps):
        for i in range(count):
            for d in range(dimensions):
                trial[d] = (centres[i, d] + reach * (2.0 * draws[sweep, i, d] - 1.0)) % 1.0
            free = True
            for j in range(count):
                if j != i:
                    square = 0.0
                    for d in range(dimensions):
                        apart = abs(trial[d] - centres[j, d])
                        apart = min(apart, 1.0 - apart)
                        square += apart * apart
                    if square < diameter * diameter:
                        free = False
                        break
            if free:
                centres[i] = trial
                accepted += 1
    return accepted
