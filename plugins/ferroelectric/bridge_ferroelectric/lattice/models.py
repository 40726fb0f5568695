"""The lattice of local modes: phases at 0 K, one temperature, a ladder of temperatures."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Within, model
from bridge_ferroelectric.interfaces import LATTICE, Hamiltonian, LatticeState
from bridge_ferroelectric.lattice.ports import Checked, Hysteresis, Kelvin, Ladder, Phase, Phases, Rung, Start
from bridge_ferroelectric.phases import DIRECTIONS, PHASES

Array = NDArray[np.float64]
Pressure = Annotated[float, "GPa", Within(-50, 50)]
Timestep = Annotated[float, "fs", Within(0, 100, strict=True)]

DEPENDS = ["numpy", "scipy", "numba", "pyfftw"]
NO_FIELD = np.zeros(3)


@model("ferroelectric.phases", scale=LATTICE, depends=[*DEPENDS, "matplotlib"])
def phases(
    hamiltonian: Hamiltonian, pressure: Pressure = 0.0, *, resolution: Annotated[int, Within(2)] = 121
) -> Phases:
    """Wells of the uniform mode at 0 K along three axes, the strain relaxed.

    The enthalpy is a polynomial of eighth order in the size of the mode, whose minima are roots: no sampling.
    `pressure` is taken as given; that of the record is not added. Raises ValueError for a record whose energy has no
    lower bound or no ferroelectric minimum. R. D. King-Smith and D. Vanderbilt, Phys. Rev. B 49, 5828 (1994).
    """
    from bridge_ferroelectric.lattice import crystal, pictures, wells

    found = wells.wells(hamiltonian, pressure)
    uniform = wells.Uniform(hamiltonian, pressure)
    size = np.array([w.size for w in found])
    depth = 1e3 * np.array([w.energy for w in found])
    reach = np.linspace(0.0, 1.5 * size.max(), resolution)
    curves = 1e3 * np.stack([uniform.along(axis, reach) for axis in DIRECTIONS])
    softest = np.array([w.curvature for w in found])
    title = f"{hamiltonian.name} at {pressure:g} GPa, 0 K"
    return Phases(
        ground=list(PHASES)[int(depth.argmin())],
        enthalpy=depth,
        displacement=size,
        polarization=crystal.polarization(hamiltonian, size),
        strain=np.stack([w.strain for w in found]),
        softest=softest,
        minimum=(softest > 0) & (size > 0),
        curvature=uniform.curvature,
        amplitude=reach,
        well=curves,
        picture=pictures.draw_wells(reach, curves, size, depth, title),
    )


@model("ferroelectric.disorder", scale=LATTICE, depends=DEPENDS)
def disorder(
    hamiltonian: Hamiltonian,
    temperature: Kelvin,
    *,
    cells: Annotated[int, Within(2, 64)] = 12,
    spread: Annotated[float, "angstrom", Within(0, 0.2)] = 0.03,
    seed: Annotated[int, Within(0)] = 0,
) -> Start:
    """A lattice of cells³ with random modes and Maxwell's velocities, where a ladder starts.

    Each component of u is normal with the standard deviation `spread`, as feram starts.
    """
    from bridge_ferroelectric.lattice import rungs

    return Start(rungs.disorder(hamiltonian, temperature, cells, spread, seed))


@model("ferroelectric.rung", scale=LATTICE, depends=DEPENDS)
def rung(
    hamiltonian: Hamiltonian,
    start: LatticeState,
    temperature: Kelvin,
    pressure: Pressure = 0.0,
    field: Annotated[Array, "kV/cm", ("component=3",)] = NO_FIELD,
    *,
    equilibrate: Annotated[int, Within(0)] = 1500,
    sample: Annotated[int, Within(20)] = 1500,
    timestep: Timestep = 2.0,
    thermostat: Annotated[float, "fs", Within(1)] = 100.0,
    record_every: Annotated[int, Within(1)] = 10,
    seed: Annotated[int, Within(0)] = 0,
) -> Rung:
    """One temperature of a lattice: molecular dynamics of all local modes, from where another run stopped.

    All terms of the effective Hamiltonian, dipoles by Ewald's sum with the conducting boundary, the inhomogeneous
    strain eliminated for each wavevector, the homogeneous one at its minimum for each configuration, under `pressure`
    and electric `field`: T. Nishimatsu, U. V. Waghmare, Y. Kawazoe and D. Vanderbilt, Phys. Rev. B 78, 104104 (2008).
    Canonical by stochastic rescaling of velocities with the relaxation time `thermostat`: G. Bussi, D. Donadio and
    M. Parrinello, J. Chem. Phys. 126, 014101 (2007). A run of n + n steps equals one of 2n bit for bit. `pressure` is
    taken as given; that of the record is not added.

    Raises ArithmeticError where the energy drifts in a short run without thermostat (the time step is too large: one
    that would do is named), ValueError for a record without a ferroelectric minimum.
    """
    from bridge_ferroelectric.lattice import crystal, dynamics, rungs, wells

    level = wells.threshold(hamiltonian, pressure)
    end, ran = rungs.rung(
        hamiltonian, start, temperature, pressure, field,
        equilibrate=equilibrate, sample=sample, timestep=timestep, relaxation=thermostat, seed=seed,
    )  # fmt: skip
    lattice = crystal.Crystal(hamiltonian, (1, 1, 1), pressure)
    mean, strain = ran.mean.mean(axis=0), ran.strain.mean(axis=0)
    every = slice(record_every - 1, None, record_every)
    return Rung(
        lattice=end,
        phase=rungs.NAMES[int((np.abs(mean) > level).sum())],
        displacement=mean,
        displacement_error=dynamics.error(ran.mean),
        amplitude=np.sort(np.abs(ran.mean), axis=1)[:, ::-1].mean(axis=0),
        polarization=lattice.polarization(mean),
        polarization_strained=lattice.polarization((ran.mean.T / rungs.volume(ran.strain)).T.mean(axis=0)),
        strain=strain,
        strain_error=dynamics.error(ran.strain),
        strain_fluctuation=ran.strain.std(axis=0),
        susceptibility=rungs.susceptibility(hamiltonian, ran.mean, temperature, start.displacement[..., 0].size),
        energy=1e3 * float(ran.potential.mean()),
        energy_error=1e3 * float(dynamics.error(ran.potential)),
        kinetic_temperature=float(ran.temperature.mean()),
        time=1e-3 * timestep * (end.steps - sample + 1 + np.arange(sample)[every]),
        polarization_trajectory=lattice.polarization(ran.mean[every]),
        strain_trajectory=ran.strain[every],
        temperature_trajectory=ran.temperature[every],
    )


@model("ferroelectric.hysteresis", scale=LATTICE, depends=[*DEPENDS, "matplotlib"])
def hysteresis(
    hamiltonian: Hamiltonian,
    temperature: Annotated[Array, "K", ("rung",), Within(0, strict=True)],
    polarization: Annotated[Array, "C/m^2", ("rung", "component=3")],
    strain: Annotated[Array, "1", ("rung", "voigt=6")],
    pressure: Pressure = 0.0,
) -> Hysteresis:
    """Transitions of a ladder of temperatures, cooling and heating, with a picture.

    Rungs in the order in which they ran: down, up, or down and up again (ValueError otherwise); `polarization` over
    the volume a0³. A component is spontaneous where its mean mode exceeds 0.4 of that of the rhombohedral well at 0 K
    and `pressure`. First-order transitions show at different temperatures on the two ways.
    """
    from bridge_ferroelectric.lattice import crystal, pictures, transitions, wells

    level = wells.threshold(hamiltonian, pressure)
    count = (np.abs(polarization) > crystal.polarization(hamiltonian, np.array(level))).sum(axis=1)
    down, up = transitions.legs(temperature)
    cooling, cooling_half, cooling_seen = transitions.find(temperature, count, down)
    heating, heating_half, heating_seen = transitions.find(temperature, count, up)
    picture = pictures.draw_ladder(temperature, polarization, strain, down, up, cooling, heating, hamiltonian.name)
    return Hysteresis(
        cooling=cooling,
        cooling_half_step=cooling_half,
        cooling_seen=cooling_seen,
        heating=heating,
        heating_half_step=heating_half,
        heating_seen=heating_seen,
        spontaneous=count.astype(np.int64),
        tetragonal=transitions.window(temperature, count == 1),
        picture=picture,
    )


@model("ferroelectric.ladder", scale=LATTICE, depends=[*DEPENDS, "matplotlib"])
def ladder(
    hamiltonian: Hamiltonian,
    hottest: Kelvin,
    coldest: Kelvin,
    pressure: Pressure = 0.0,
    thermal_pressure: Annotated[float, "GPa/K", Within(-1, 1)] = 0.0,
    field: Annotated[Array, "kV/cm", ("component=3",)] = NO_FIELD,
    *,
    step: Annotated[float, "K", Within(0, strict=True)] = 20.0,
    heating: bool = True,
    cells: Annotated[int, Within(2, 64)] = 12,
    equilibrate: Annotated[int, Within(0)] = 1500,
    sample: Annotated[int, Within(20)] = 1500,
    timestep: Timestep = 2.0,
    thermostat: Annotated[float, "fs", Within(1)] = 100.0,
    seed: Annotated[int, Within(0)] = 0,
) -> Ladder:
    """A ladder of temperatures in one go: from `hottest` down to `coldest`, and up again.

    The same runs as `ferroelectric.disorder`, `ferroelectric.rung` and `ferroelectric.hysteresis` in sequence, each
    starting where the last one stopped. The pressure at each rung is `pressure` + `thermal_pressure` · T. Raises
    ValueError unless coldest < hottest, and what those models raise.
    """
    from bridge_ferroelectric.lattice import rungs

    if not coldest < hottest:
        raise ValueError(f"the ladder goes from {hottest:g} K down to {coldest:g} K. Write coldest below hottest.")
    down = np.arange(hottest, coldest - 1e-9, -step)
    temperature = np.concatenate([down, down[-2::-1]]) if heating else down
    state = rungs.disorder(hamiltonian, hottest, cells, 0.03, seed)
    ran = []
    for kelvin in temperature:
        at = pressure + thermal_pressure * kelvin
        ran.append(rung(
            hamiltonian, state, float(kelvin), at, field, equilibrate=equilibrate, sample=sample, timestep=timestep,
            thermostat=thermostat, record_every=sample, seed=seed,
        ))  # fmt: skip
        state = ran[-1].lattice
    polarization = np.stack([r.polarization for r in ran])
    strain = np.stack([r.strain for r in ran])
    return Ladder(
        temperature=temperature,
        displacement=np.stack([r.displacement for r in ran]),
        polarization=polarization,
        strain=strain,
        susceptibility=np.stack([r.susceptibility for r in ran]),
        energy=np.array([r.energy for r in ran]),
        transitions=hysteresis(
            hamiltonian, temperature, polarization, strain, pressure + thermal_pressure * float(temperature.mean())
        ),
        lattice=state,
    )


@model("ferroelectric.tetragonal", scale=LATTICE)
def tetragonal(
    temperature: Kelvin,
    phase: Phase,
    cooling: Annotated[Array, "K", ("transition=3",), Within(0)],
    heating: Annotated[Array, "K", ("transition=3",), Within(0)],
) -> Checked:
    """The temperature itself, if the lattice is tetragonal there.

    `phase` is that of a run without constraint at that temperature, `cooling` and `heating` the transitions of a ladder
    (0 K: not seen). Raises ValueError otherwise, saying which phase it is and where the transitions lie.
    """
    from bridge_ferroelectric.lattice.transitions import between, listed

    if phase != "tetragonal":
        raise ValueError(
            f"at {temperature:g} K the lattice is {phase}, not tetragonal: its transitions lie at {listed(cooling)} on "
            f"cooling, at {listed(heating)} on heating. Write a temperature{between(cooling, heating)}."
        )
    return Checked(temperature)
