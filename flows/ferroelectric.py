"""Barium titanate from electrons to domains: one cell -> its lattice -> a free energy -> a domain pattern."""

from prefect import flow

from bridge import Q, runner, stack, stage

LADDER = [
    *(f"cooling {kelvin}" for kelvin in range(400, 159, -20)),
    *(f"heating {kelvin}" for kelvin in range(180, 401, 20)),
]
FITTED = [230, 260, 300, 340]  # K: two below the transition, two above
UNSEEN = 240  # K: where neighbouring scales are compared; no temperature of the fit
HELD = ("polarization", "field", "field_error", "strain", "distortion_error", "volume_error")


@flow(task_runner=runner())
def ferroelectric(
    temperature: str = "230 K", pressure: str = "-4.8 GPa", source: str = "dataset", published: str = "BaTiO3 ZVR"
):
    """Domains and walls of BaTiO3 at a temperature, from the electrons of one cell."""
    electrons = stage("ferroelectric.quantum").submit(source=source)
    assembled = stage("ferroelectric.assemble").submit(onsite=electrons.onsite, published=published)
    crystal = {"hamiltonian": assembled.hamiltonian, "pressure": pressure}
    stage("ferroelectric.phases").submit(**crystal)

    rungs = {}
    lattice = stage("ferroelectric.disorder").submit(hamiltonian=assembled.hamiltonian, temperature="400 K").lattice
    for name in LADDER:
        rungs[name] = stage("ferroelectric.rung", name=f"{name} K").submit(
            **crystal, start=lattice, temperature=f"{name.split()[1]} K"
        )
        lattice = rungs[name].lattice
    ladder = stage("ferroelectric.hysteresis").submit(
        **crystal,
        temperature=Q([float(name.split()[1]) for name in LADDER], "K"),
        polarization=stack([rung.polarization for rung in rungs.values()], dim="rung"),
        strain=stack([rung.strain for rung in rungs.values()], dim="rung"),
    )
    free = stage("ferroelectric.rung", name="free").submit(
        **crystal, start=rungs[f"cooling {UNSEEN}"].lattice, temperature=temperature
    )
    tetragonal = stage("ferroelectric.tetragonal").submit(
        temperature=temperature, phase=free.phase, cooling=ladder.cooling, heating=ladder.heating
    )

    points = [
        stage("ferroelectric.constrained", name=f"held at {kelvin} K").submit(**crystal, temperature=f"{kelvin} K")
        for kelvin in FITTED
    ]
    below = [220, UNSEEN]
    theory = stage("ferroelectric.landau").submit(
        hamiltonian=assembled.hamiltonian,
        temperature=Q(FITTED, "K"),
        **{port: stack([getattr(point, port) for point in points], dim="temperature") for port in HELD},
        lattice_temperature=Q(below, "K"),
        lattice_polarization=stack([rungs[f"cooling {kelvin}"].polarization for kelvin in below], dim="rung"),
    )
    stiffness = stage("ferroelectric.gradients").submit(**crystal, temperature="400 K")
    continuum = {"landau": theory.landau, "gradient": stiffness.gradient}

    def wall(kind, at, name):
        return stage("ferroelectric.continuum_wall", name=name).submit(**continuum, temperature=at, kind=kind)

    domains = stage("ferroelectric.phasefield").submit(**continuum, temperature=tetragonal.temperature)
    stage("ferroelectric.wall", name="wall at rest").submit(**crystal, temperature="0 K")
    moving = stage("ferroelectric.wall", name="wall in motion").submit(**crystal, temperature=f"{UNSEEN} K")
    closing = stage("ferroelectric.closing").submit(
        temperature=f"{UNSEEN} K",
        fitted=Q(FITTED, "K"),
        polarization=rungs[f"cooling {UNSEEN}"].polarization,
        strain=rungs[f"cooling {UNSEEN}"].strain,
        wall=moving,
        continuum=wall("180", f"{UNSEEN} K", "wall unseen"),
    )
    return stage("ferroelectric.report").submit(
        temperature=tetragonal.temperature,
        electrons=electrons,
        hamiltonian=assembled.hamiltonian,
        remark=assembled.remark,
        ladder=ladder,
        theory=theory,
        gradient=stiffness.gradient,
        wall_180=wall("180", tetragonal.temperature, "wall 180"),
        wall_90=wall("90", tetragonal.temperature, "wall 90"),
        domains=domains,
        closing=closing,
    )
