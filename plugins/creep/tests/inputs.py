"""Inputs with which each model of this plugin runs in a few seconds: values of copper."""

from __future__ import annotations

from typing import Any

SAMPLE = {"stress": "1 MPa", "temperature": "900 K", "grain_size": "50 um"}
INPUTS: dict[str, dict[str, Any]] = {
    "kmc.random_walk": {
        "barrier": "0.79 eV",
        "jump_length": "2.54 angstrom",
        "attempt_frequency": "5.6 THz",
        "formation_energy": "1.22 eV",
        "temperature": "900 K",
        "walkers": 16,
        "jumps": 500,
    },
    "creep.nabarro_herring": {"diffusivity": "5e-17 m^2/s", "atomic_volume": "11.6 angstrom^3", **SAMPLE},
    "creep.coble": {"atomic_volume": "11.6 angstrom^3", **SAMPLE},
    "creep.deformation_map": {
        "lattice_rate": "2.8e-10 1/s",
        "boundary_rate": "1.5e-9 1/s",
        "formation_energy": "1.22 eV",
        "migration_energy": "0.79 eV",
        "resolution": 21,
        **SAMPLE,
    },
}
