"""Cycle skipping: the velocity of a slab from its waves, down a ladder of frequencies and at the highest alone."""

from prefect import flow

from bridge import Q, ladder, runner, stack, stage


@flow(task_runner=runner())
def cycle_skipping(velocity: str = "2531.6 m/s", start: str = "2000 m/s", frequencies: str = "2 Hz, 5 Hz"):
    """Errors of the slab's travel time at the end of both ways, with a picture of the misfits."""
    rising = frequencies.split(", ")
    heard = [stage("waves.record", name=f"heard at {f}").submit(velocity=velocity, frequency=f) for f in rising]
    rungs = [{"frequency": f, "observed": h.pressure} for f, h in zip(rising, heard, strict=True)]
    quarter = {"largest_step": lambda rung: 0.25 / rung["frequency"]}  # a longer step may leave the basin

    invert = stage("waves.invert")
    ended = ladder.down({"velocity": start}, rungs, invert, carry="velocity", step_cap=quarter)
    alone = stage("waves.invert", name="highest alone")
    (skipped,) = ladder.down({"velocity": start}, rungs[-1:], alone, carry="velocity", step_cap=quarter)

    basins = [stage("waves.misfits", name=f"misfits at {rung['frequency']}").submit(**rung) for rung in rungs]
    return stage("waves.cycle_skipping").submit(
        frequency=Q([Q(f).to("Hz").magnitude for f in rising], "Hz"),
        travel_time=basins[0].travel_time,
        misfit=stack([b.misfit for b in basins], dim="rung"),
        found=stack([state.velocity for state in ended], dim="rung"),
        start=start,
        alone=skipped.velocity,
        truth=velocity,
    )
