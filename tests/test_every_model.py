"""Every model that is installed keeps what its declaration promises."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from bridge.testing import check_model

SAMPLE = {"stress": "1 MPa", "temperature": "900 K", "grain_size": "50 um"}
#: Inputs with which each model runs in a few seconds; values of copper.
INPUTS: dict[str, dict[str, Any]] = {
    "vacancy.emt": {"element": "Cu", "repeat": 2, "images": 3},
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


def test_no_installed_model_is_left_out() -> None:
    program = "from bridge.registry import entries; print(*entries())"  # other tests install models in this process
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(INPUTS) == set(done.stdout.split())


@pytest.mark.parametrize("name", sorted(INPUTS))
def test_model_keeps_its_promises(name: str) -> None:
    check_model(name, **INPUTS[name])
