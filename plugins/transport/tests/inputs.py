"""Inputs with which every model of this plugin runs in a few seconds, for tests/test_every_model.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge import Q, closure

CELLS = {
    "antigen": "500 nM",
    "on_rate": "1e5 1/(M*s)",
    "dissociation_constant": "1 nM",
    "internalisation_half_life": "3 h",
}
BLOOD = {"plasma": "1.6 uM", "fast_fraction": 0.74, "fast_half_life": "52 h", "slow_half_life": "684 h"}
ACROSS = {"layers": 10, "steps": 24}
IMAGE = np.pad(np.ones((4, 3, 1), dtype=np.int64), ((2, 2), (3, 2), (0, 0)))
PAIR = {"matrix_conductivity": "7 W/m/K", "fibre_conductivity": "40 W/m/K", "matrix_exponent": 0.7}
PHASES = {"phase": IMAGE, "conductivities": Q([1.0, 10.0], "W/m/K")}
LAYERED = {"conductivity": "1 W/m/K", "period": "1 mm", "length": "5 cm"}
PIXELS = Q(np.where(IMAGE[:, :, 0], 10.0, 1.0), "W/m/K")
GAS = {"temperature": "180 K", "density": "504 kg/m^3"}  # dense argon above its critical point: few particles do
SHORT = {"particles": 40, "steps": 5000, "relaxation": 100}
SLOW = {"pressure_gradient": "1e13 Pa/m", "half_width": "5 nm", "lowest_shear_rate": "2e11 1/s", "points": 2}
INPUTS: dict[str, dict[str, Any]] = {
    "channel.macro": {"viscosity": closure("fluid.sllod", **GAS, **SHORT), **SLOW},
    "channel.startup": {
        "viscosity": closure("fluid.sllod", **GAS, **SHORT),
        "density": GAS["density"],
        "duration": "10 ps",
        "steps": 1,
        **SLOW,
    },
    "fluid.lammps": {"shear_rate": "2e11 1/s", **GAS, **SHORT},
    "fluid.sllod": {"shear_rate": "2e11 1/s", **GAS, **SHORT},
    "heat.cell": {"microstructure": IMAGE, "gradient": "-25 K/mm", "temperature": "500 K", **PAIR},
    "heat.macro": {
        "flux": closure("heat.cell", microstructure=IMAGE, **PAIR),
        "length": "2 cm",
        "duration": "60 s",
        "heat_capacity": "2.6 MJ/m^3/K",
        "cells": 5,
        "steps": 3,
    },
    "rod.cell": {"gradient": "1 K/m", "position": "1 cm", **LAYERED},
    "rod.macro": {"flux": closure("rod.cell", **LAYERED), "length": "5 cm", "source": "1 MW/m^3"},
    "rod.msfem": {"source": "1 MW/m^3", **LAYERED},
    "rod.resolved": {"source": "1 MW/m^3", **LAYERED},
    "transport.conductivity": PHASES,
    "transport.conductivity_of_field": {"local": PIXELS[:, :, None]},
    "transport.fibres": {"volume_fraction": 0.4, "fibres": 4, "voxels": 24},
    "transport.msfem": {
        "basis": np.ones((4, 4, 3, 3)) / 4,
        "stiffness": Q(np.broadcast_to(np.eye(4), (4, 4, 4)), "W/m/K"),
        "loads": np.ones((4, 4)) / 16,
        "side": "1 cm",
        "source": "1 MW/m^3",
    },
    "transport.msfem_basis": {"local": PIXELS, "elements": 2},
    "transport.plate": {"local": PIXELS, "side": "1 cm", "source": "1 MW/m^3"},
    "transport.random_fibres": {
        "volume_fraction": 0.3,
        "matrix_conductivity": "1 W/m/K",
        "fibre_conductivity": "10 W/m/K",
        "fibres": 4,
        "voxels": 16,
        "realizations": 3,
    },
    "transport.spheres": {"volume_fraction": 0.2, "spheres": 8, "voxels": 16},
    "transport.windows": {**PHASES, "per_side": 2},
    "reaction.micro": {"concentration": [1.0, 2.0, 0.5]},
    "reaction.macro": {"reaction": closure("reaction.micro"), "duration": "1e-5 s"},
    "tumour.binding": {"concentration": "5 nM", **CELLS},
    "tumour.plasma": {"dose": "10 mg/kg"},
    "tumour.criteria": {**CELLS, **BLOOD},
    "tumour.tissue": {"binding": closure("tumour.binding", **CELLS), **BLOOD, **ACROSS, "limit": 10.0},
    "tumour.resolved": {**CELLS, **BLOOD, **ACROSS},
    "tumour.comparison": {
        "time": Q([1.0, 2.0], "h"),
        "radius": Q([9.0, 20.0, 60.0], "um"),
        "bound": Q([[90.0, 20.0, 1.0], [200.0, 80.0, 5.0]], "nM"),
        "mean_bound": Q([10.0, 30.0], "nM"),
        "closure_ratio": 0.1,
        "resolved_bound": Q([[80.0, 24.0, 2.0], [200.0, 80.0, 5.0]], "nM"),
        "resolved_mean_bound": Q([10.0, 30.0], "nM"),
        "rise_time": "1 h",
        "antigen": "500 nM",
    },
}
