"""Inputs with which each model of this plugin runs in a few seconds."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from bridge_ferroelectric import records
from numpy.typing import NDArray

from bridge import Picture, Q

Array = NDArray[np.float64]

ZVR = records.published("BaTiO3 ZVR")
WU_COHEN = records.published("BaTiO3 Wu-Cohen")
CRYSTAL = {"hamiltonian": ZVR, "pressure": "-4.8 GPa"}
LANDAU = {
    "name": "BaTiO3", "source": "the chain as first tried", "reference_temperature": "300 K",
    "alpha1": "1.6065e7 J*m/C^2", "alpha1_slope": "7.65e5 J*m/C^2/K", "alpha11": "-9.15e8 J*m^5/C^4",
    "alpha11_slope": "0 J*m^5/C^4/K", "alpha12": "2.4e8 J*m^5/C^4", "alpha12_slope": "0 J*m^5/C^4/K",
    "alpha111": "5.38e9 J*m^9/C^6", "alpha111_slope": "0 J*m^9/C^6/K", "alpha112": "6.65e9 J*m^9/C^6",
    "alpha123": "9.6e9 J*m^9/C^6", "Q11": "0.122 m^4/C^2", "Q12": "-0.0375 m^4/C^2", "Q44": "0.0314 m^4/C^2",
    "C11": "328.13 GPa", "C12": "116.93 GPa", "C44": "130.99 GPa",
}  # fmt: skip
GRADIENT = {"G11": "1.95e-10 J*m^3/C^2", "G12": "0 J*m^3/C^2", "G44": "1.62e-11 J*m^3/C^2"}
CONTINUUM = {"landau": LANDAU, "gradient": GRADIENT, "temperature": "260 K"}
ONSITE = {
    "material": "BaTiO3", "functional": "LDA", "source": "Zhong, Vanderbilt and Rabe (1995)",
    "lattice_constant": "3.9477 angstrom", "B11": "126 eV", "B12": "44.9 eV", "B44": "50.3 eV",
    "B1xx": "-211 eV/angstrom^2", "B1yy": "-19.3 eV/angstrom^2", "B4yz": "-7.75 eV/angstrom^2",
    "kappa": "-1.727 eV/angstrom^2", "alpha": "110.4 eV/angstrom^4", "gamma": "-163.1 eV/angstrom^4",
}  # fmt: skip
PICTURE = Picture(
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
    ),
    "image/png",
)


def lattice(cells: int = 4) -> dict[str, Any]:
    """A lattice of small random modes, at rest."""
    modes = np.random.default_rng(0).normal(0.0, 0.03, (cells, cells, cells, 3))
    return {
        "displacement": Q(modes, "angstrom"),
        "velocity": Q(0 * modes, "angstrom/ps"),
        "strain": np.zeros(6),
        "steps": 0,
    }


def rungs() -> dict[str, Any]:
    """A ladder of eight temperatures, tetragonal from 300 K down."""
    kelvin = np.array([340.0, 320.0, 300.0, 280.0, 260.0, 280.0, 300.0, 320.0])
    polar = np.where(kelvin < 310, 0.3, 0.0)
    zero = 0 * polar
    return {
        "temperature": Q(kelvin, "K"),
        "polarization": Q(np.stack([zero, zero, polar], axis=1), "C/m^2"),
        "strain": np.stack([zero, zero, 0.1 * polar**2, zero, zero, zero], axis=1),
    }


def landau_points() -> dict[str, Any]:
    """Points of a known polynomial, at four temperatures."""
    axes = np.array([[0, 0, 1], [0, 1, 1], [1, 1, 1]]) / np.sqrt([[1], [2], [3]])
    kelvin, size = np.array([260.0, 300.0, 340.0, 380.0]), np.linspace(0.4, 0.15, 6)
    p: Array = np.broadcast_to(size[:, None] * axes[:, None], (4, 3, 6, 3))
    square = p**2
    total = square.sum(-1, keepdims=True)
    fourth = (square**2).sum(-1, keepdims=True)
    field = 2 * 7.65e5 * (kelvin - 279)[:, None, None, None] * p
    field = field + p * (4 * -9e8 * square + 2 * 2.4e8 * (total - square) + 6 * 5.4e9 * square**2)
    field = field + 6.65e9 * p * (4 * square * (total - square) + 2 * (fourth - square**2))
    field = field + 2 * 9.6e9 * p * np.roll(square, 1, -1) * np.roll(square, 2, -1)
    normal = 0.122 * square - 0.0375 * (total - square)
    strain = np.concatenate([normal, 0.0314 * np.roll(p, -1, -1) * np.roll(p, -2, -1)], -1)
    error = np.full((4, 3, 6), 1e-5)
    return {
        "hamiltonian": ZVR, "temperature": Q(kelvin, "K"), "polarization": Q(p, "C/m^2"), "field": Q(field, "V/m"),
        "field_error": Q(error * 1e11, "V/m"), "strain": strain, "distortion_error": error, "volume_error": error,
        "lattice_temperature": Q([260.0], "K"), "lattice_polarization": Q([[0, 0, 0.35]], "C/m^2"),
    }  # fmt: skip


def profile(ps: float, planes: int, spacing: float, walls: int) -> dict[str, Any]:
    """One wall at the origin, or two in a periodic box."""
    position = spacing * (np.arange(planes) - (planes // 2 if walls == 1 else 0))
    length = spacing * planes
    line = (
        np.tanh(5 * position)
        if walls == 1
        else np.tanh(5 * (position - length / 4)) - np.tanh(5 * (position - 3 * length / 4)) - 1
    )
    components = ps * np.stack([0 * line, line, 0 * line], axis=1)
    return {"position": Q(position, "nm"), "polarization": Q(components, "C/m^2"), "width": "0.4 nm"}


CONTINUUM_WALL = {
    "energy": "15 mJ/m^2", "internal_energy": "18 mJ/m^2", "spontaneous_polarization": "0.306 C/m^2",
    "spontaneous_strain": np.array([0.011, -0.0035]), **profile(0.306, 401, 0.03, 1),
}  # fmt: skip
LATTICE_WALL = {"energy": "20 mJ/m^2", "energy_error": "1 mJ/m^2", **profile(0.3, 20, 0.4, 2)}
CLOSING = {
    "temperature": "280 K", "polarization_fine": "0.3 C/m^2", "polarization_coarse": "0.306 C/m^2",
    "polarization_error": 0.02, "strain_fine": 0.015, "strain_coarse": 0.0145, "strain_error": -0.033,
    "wall_fine": "20 mJ/m^2", "wall_coarse": "18 mJ/m^2", "wall_error": -0.1, "wall_uncertainty": 0.05,
    "wall_free_energy": "15 mJ/m^2", "width_fine": "0.4 nm", "width_coarse": "0.4 nm", "width_error": 0.0,
    "picture": PICTURE,
}  # fmt: skip

INPUTS: dict[str, dict[str, Any]] = {
    "ferroelectric.records": {"material": "PbTiO3"},
    "ferroelectric.record": {"file": records.write(ZVR)},
    "ferroelectric.quantum": {"kpoints": 4},
    "ferroelectric.assemble": {"onsite": ONSITE},
    "ferroelectric.phases": CRYSTAL,
    "ferroelectric.disorder": {"hamiltonian": ZVR, "temperature": "400 K", "cells": 4},
    "ferroelectric.rung": {**CRYSTAL, "start": lattice(), "temperature": "300 K", "equilibrate": 20, "sample": 40},
    "ferroelectric.hysteresis": {**CRYSTAL, **rungs()},
    "ferroelectric.tetragonal": {
        "temperature": "280 K", "phase": "tetragonal",
        "cooling": Q([310.0, 0, 0], "K"), "heating": Q([320.0, 0, 0], "K"),
    },
    "ferroelectric.ladder": {
        **CRYSTAL, "hottest": "400 K", "coldest": "360 K", "cells": 4, "equilibrate": 20, "sample": 40,
    },
    "ferroelectric.constrained": {
        **CRYSTAL, "temperature": "300 K", "cells": 4, "amplitudes": 3, "equilibrate": 20, "sample": 40,
    },
    "ferroelectric.landau": landau_points(),
    "ferroelectric.gradients": {
        "hamiltonian": WU_COHEN, "temperature": "500 K", "pressure": "-2 GPa", "cells": 8, "equilibrate": 300,
        "sample": 400,
    },
    "ferroelectric.wall": {  # above 0 K, for it must depend on its seed
        "hamiltonian": records.published("PbTiO3"), "temperature": "30 K", "pressure": "0 GPa", "kind": "90",
        "cells_normal": 16, "cells_parallel": 4, "equilibrate": 100, "sample": 160,
    },
    "ferroelectric.hlinka_marton": {},
    "ferroelectric.continuum_wall": {**CONTINUUM, "points": 201},
    "ferroelectric.phasefield": {**CONTINUUM, "cells": 24, "steps": 60, "noise": "0.2 C/m^2"},
    "ferroelectric.loop": {**CONTINUUM, "amplitude": "120 MV/m", "period": "20 ps", "cells": 8, "records": 50},
    "ferroelectric.closing": {
        "temperature": "280 K", "fitted": Q([260.0, 300.0], "K"),
        "lattice": {"polarization": Q([0, -0.3, 0], "C/m^2"), "strain": np.array([-0.003, 0.012, -0.003, 0, 0, 0])},
        "wall": LATTICE_WALL, "continuum": CONTINUUM_WALL,
    },
    "ferroelectric.report": {
        "temperature": "260 K",
        "electrons": {
            "onsite": {name: ONSITE[name] for name in ("functional", "lattice_constant", "kappa", "alpha", "gamma")},
            "disagreement": 0.012, "picture": PICTURE,
        },
        "hamiltonian": ZVR,
        "remark": "On-site terms computed.",
        "ladder": {"cooling": Q([310.0, 0, 0], "K"), "heating": Q([350.0, 0, 0], "K"), "picture": PICTURE},
        "theory": {
            "chi2_per_degree": 5.6, "curie_weiss_temperature": "279 K",
            "curie_weiss_temperature_error": "4 K", "rejected": "", "picture": PICTURE,
        },
        "landau": LANDAU,
        "gradient": GRADIENT,
        "wall_180": CONTINUUM_WALL,
        "wall_90": CONTINUUM_WALL,
        "domains": {
            "variants": "[100], [010]", "variant_fraction": np.array([0.5, 0.4]), "variants_above": 2,
            "mean_polarization": "0.33 C/m^2", "picture": PICTURE,
        },
        "closing": CLOSING,
    },
}  # fmt: skip
