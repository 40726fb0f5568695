"""Diffusional creep of copper: atoms -> random walk -> continuum."""

from prefect import flow

from bridge import runner, stage


@flow(task_runner=runner())
def creep(
    temperature: str = "900 K",
    stress: str = "1 MPa",  # at 40 MPa and 50 um dislocations would outrun diffusion by far: plugins/creep/README.md
    grain_size: str = "50 um",
    element: str = "Cu",
    calculator: str = "emt",
    walk: str = "kmc.random_walk",
):
    """Rate of diffusional creep and its deformation map, from the energies of one vacancy."""
    vacancy = stage("ase.vacancy").submit(element=element, calculator=calculator)
    hop = stage(walk, retries=2).submit(
        barrier=vacancy.migration_energy,
        jump_length=vacancy.jump_length,
        attempt_frequency=vacancy.attempt_frequency,
        formation_energy=vacancy.formation_energy,
        formation_entropy=vacancy.formation_entropy,
        temperature=temperature,
    )
    sample = {"stress": stress, "temperature": temperature, "grain_size": grain_size}
    lattice = stage("creep.nabarro_herring").submit(
        diffusivity=hop.diffusivity, atomic_volume=vacancy.atomic_volume, **sample
    )
    boundary = stage("creep.coble").submit(atomic_volume=vacancy.atomic_volume, **sample)
    return stage("creep.deformation_map").submit(
        lattice_rate=lattice.strain_rate,
        boundary_rate=boundary.strain_rate,
        formation_energy=vacancy.formation_energy,
        migration_energy=vacancy.migration_energy,
        material=element,
        **sample,
    )
