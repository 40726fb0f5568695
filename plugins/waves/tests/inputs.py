"""Inputs with which each model of this plugin runs in a second: a slab of 400 m, crossed in 0.16 s."""

from __future__ import annotations

from typing import Any

import numpy as np
from bridge_waves.slab import Wavelet, record

from bridge import Q

SLAB: dict[str, Any] = {"thickness": "400 m", "distance": "100 m", "spacing": "20 m", "wavelet": "ricker"}
HEARD = record(2500.0, 5.0, thickness=400.0, distance=100.0, spacing=20.0, wavelet=Wavelet.RICKER).pressure

INPUTS: dict[str, dict[str, Any]] = {
    "waves.record": {"velocity": "2500 m/s", "frequency": "5 Hz", **SLAB},
    "waves.invert": {
        "observed": Q(HEARD, "Pa"),
        "velocity": "2200 m/s",
        "frequency": "5 Hz",
        "largest_step": "0.05 s",
        **SLAB,
    },
    "waves.misfits": {"observed": Q(HEARD, "Pa"), "frequency": "5 Hz", "points": 41, **SLAB},
    "waves.cycle_skipping": {
        "frequency": Q([2.0, 5.0], "Hz"),
        "travel_time": Q(np.linspace(0.25, 0.8, 30), "s"),
        "misfit": Q(np.outer([1.0, 2.0], np.linspace(-1, 1, 30) ** 2), "1"),
        "found": Q([2531.6, 2531.6], "m/s"),
        "start": "2000 m/s",
        "alone": "1682 m/s",
        "truth": "2531.6 m/s",
    },
}
