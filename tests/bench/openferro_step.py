"""Seconds of one molecular-dynamics step of OpenFerro 0.3.0 on 32³ cells; run by a Python ≥ 3.13 that has it.

The same Hamiltonian as in lattice.py, as OpenFerro's examples set it up: dipoles, global strain, local strain as a
field of its own. Argument: 32 or 64, the precision in bits; single is OpenFerro's default.
"""

import sys
import time

import jax
import jax.numpy as jnp
import openferro
from openferro.simulation import SimulationNPTLangevin

SIZE = 32
ONSITE = {"K2": 5.502, "alpha": 110.4, "gamma": -163.1}
ELASTIC = {"B11": 126.0, "B12": 44.9, "B44": 50.3}
COUPLING = {"B1xx": -211.0, "B1yy": -19.3, "B4yz": -7.75}


def main() -> None:
    """Print the least of several means over ten steps."""
    jax.config.update("jax_enable_x64", sys.argv[1] == "64")
    system = openferro.System(openferro.SimpleCubic3D(SIZE, SIZE, SIZE, *(3.9477 * jnp.eye(3))))
    mode = system.add_field(ID="mode", ftype="Rn", dim=3, value=0.1, mass=39.0)
    local = system.add_field(ID="local", ftype="LocalStrain3D", value=0.0, mass=40.0)
    cell = system.add_global_strain(value=jnp.zeros(6), mass=200.0 * SIZE**3)
    system.add_dipole_onsite_interaction("onsite", field_ID="mode", **ONSITE)
    system.add_dipole_interaction_1st_shell("first", field_ID="mode", j1=-2.648, j2=3.894)
    system.add_dipole_interaction_2nd_shell("second", field_ID="mode", j3=0.898, j4=-0.789, j5=0.562)
    system.add_dipole_interaction_3rd_shell("third", field_ID="mode", j6=0.358, j7=0.179)
    system.add_dipole_dipole_interaction("dipoles", field_ID="mode", prefactor=9.956**2 / 5.24)
    system.add_homo_elastic_interaction("elastic", field_ID="gstrain", **ELASTIC)
    system.add_homo_strain_dipole_interaction("coupling", field_1_ID="gstrain", field_2_ID="mode", **COUPLING)
    system.add_inhomo_elastic_interaction("acoustic", field_ID="local", **ELASTIC)
    system.add_inhomo_strain_dipole_interaction("local coupling", field_1_ID="local", field_2_ID="mode", **COUPLING)
    run = SimulationNPTLangevin(system, pressure=-4.8e4)
    run.init_velocity(mode="gaussian", temp=300)
    for field, tau in ((mode, 0.1), (cell, 1.0), (local, 1.0)):
        field.set_integrator("isothermal", dt=0.002, temp=300, tau=tau)
    run.run(3)
    times = []
    for _ in range(8):
        start = time.perf_counter()
        run.run(10)
        jax.block_until_ready(mode.get_values())
        times.append((time.perf_counter() - start) / 10)
    print(min(times))


if __name__ == "__main__":
    main()
