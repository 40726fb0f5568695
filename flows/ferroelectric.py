"""Barium titanate from electrons to domains: one cell -> its lattice -> a free energy -> a domain pattern."""

from prefect import flow

from bridge import Q, runner, stack, stage

LADDER = [("cooling", t) for t in range(400, 159, -20)] + [("heating", t) for t in range(180, 401, 20)]
BELOW, FITTED, UNSEEN = [220, 240], [230, 260, 300, 340], 240  # K; no fit has seen the last
HELD = ("polarization", "field", "field_error", "strain", "distortion_error", "volume_error")


def _use(model, name=None, **inputs):
    return stage(f"ferroelectric.{model}", name=name).submit(**inputs)


@flow(task_runner=runner())
def ferroelectric(temperature="230 K", pressure="-4.8 GPa", source="dataset", published="BaTiO3 ZVR"):
    """Domains and walls of BaTiO3 at a temperature, from the electrons of one cell."""
    electrons = _use("quantum", source=source)
    assembled = _use("assemble", onsite=electrons.onsite, published=published)
    record = {"hamiltonian": assembled.hamiltonian}
    crystal = {**record, "pressure": pressure}
    _use("phases", **crystal)

    rungs, lattice = {}, _use("disorder", **record, temperature="400 K").lattice
    for way, t in LADDER:
        rungs[way, t] = _use("rung", f"{way} {t} K", **crystal, start=lattice, temperature=f"{t} K")
        lattice = rungs[way, t].lattice
    seen = {port: stack([getattr(r, port) for r in rungs.values()], dim="rung") for port in ("polarization", "strain")}
    ladder = _use("hysteresis", **crystal, **seen, temperature=Q([t for _, t in LADDER], "K"))
    cold = rungs["cooling", UNSEEN]
    phase = _use("rung", "unconstrained", **crystal, start=cold.lattice, temperature=temperature).phase
    turns = {"cooling": ladder.cooling, "heating": ladder.heating}
    here = {"temperature": _use("tetragonal", temperature=temperature, phase=phase, **turns).temperature}

    points = [_use("constrained", f"held at {t} K", **crystal, temperature=f"{t} K") for t in FITTED]
    held = {port: stack([getattr(p, port) for p in points], dim="temperature") for port in HELD}
    free = {"lattice_polarization": stack([rungs["cooling", t].polarization for t in BELOW], dim="rung")}
    theory = _use("landau", **record, **held, temperature=Q(FITTED, "K"), **free, lattice_temperature=Q(BELOW, "K"))
    continuum = {"landau": theory.landau, "gradient": _use("gradients", **crystal, temperature="400 K").gradient}
    domains = _use("phasefield", **continuum, **here)
    walls = {f"wall_{k}": _use("continuum_wall", f"wall {k}", **continuum, **here, kind=k) for k in ("180", "90")}

    _use("wall", "wall at rest", **crystal, temperature="0 K")
    there = {"temperature": f"{UNSEEN} K"}
    moving = _use("wall", "wall in motion", **crystal, **there)
    smooth = _use("continuum_wall", "wall unseen", **continuum, **there)
    closing = _use("closing", **there, fitted=Q(FITTED, "K"), lattice=cold, wall=moving, continuum=smooth)
    told = {"electrons": electrons, "remark": assembled.remark, "ladder": ladder, "theory": theory}
    return _use("report", **here, **record, **continuum, **told, **walls, domains=domains, closing=closing)
