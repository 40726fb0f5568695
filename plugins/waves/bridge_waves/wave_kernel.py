"""The inner loop of the wave solver, compiled by numba."""

from __future__ import annotations

import numpy as np

from bridge import compiled


@compiled
def march(square, spacing, step, every, samples, source, receiver, strength):  # type: ignore[no-untyped-def]
    """Pressure at the node `receiver` after every `every` steps, `samples` times, beginning at time zero.

    Pressure lives on nodes, the flow (momentum per area) between them and half a step later: p_t = -c^2 v_x + q,
    v_t = -p_x, second order in space and time (K. S. Yee, IEEE Trans. Antennas Propag. 14, 302 (1966); J. Virieux,
    Geophysics 49, 1933 (1984)). `square` is c^2 at the nodes; `strength` is q at the node `source` in the middle of
    each step. At both ends waves leave by the one-way equation (G. Mur, IEEE Trans. Electromagn. Compat. 23, 377
    (1981)).
    """
    nodes = square.size
    pressure, flow = np.zeros(nodes), np.zeros(nodes - 1)
    heard = np.zeros(samples)
    ratio = step / spacing
    left, right = np.sqrt(square[0]) * ratio, np.sqrt(square[-1]) * ratio
    left, right = (left - 1.0) / (left + 1.0), (right - 1.0) / (right + 1.0)
    for n in range(1, (samples - 1) * every + 1):
        for i in range(nodes - 1):
            flow[i] -= ratio * (pressure[i + 1] - pressure[i])
        second, first, last, before = pressure[1], pressure[0], pressure[-1], pressure[-2]
        for i in range(1, nodes - 1):
            pressure[i] -= ratio * square[i] * (flow[i] - flow[i - 1])
        pressure[source] += step * strength[n - 1]
        pressure[0] = second + left * (pressure[1] - first)
        pressure[-1] = before + right * (pressure[-2] - last)
        if n % every == 0:
            heard[n // every] = pressure[receiver]
    return heard
