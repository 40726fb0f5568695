"""Transient heat in a fibre composite: an image of its fibres -> conductivity on demand -> a slab that warms up."""

from prefect import flow

from bridge import closure, runner, stage

TITANIUM = {"matrix_conductivity": "7 W/m/K", "matrix_exponent": 0.7}  # Ti-6Al-4V, which conducts better when hot
CARBIDE = {"fibre_conductivity": "40 W/m/K", "fibre_exponent": -0.7}  # silicon carbide, which conducts worse


@flow(task_runner=runner())
def composite_heat(
    volume_fraction: str = "0.4",
    front: str = "900 K",
    length: str = "2 cm",
    duration: str = "60 s",
    tolerance: str = "1 %",
    steps: int = 40,
):
    """Temperature of a slab across its fibres, which one image of them is asked for."""
    fibres = stage("transport.fibres").submit(volume_fraction=volume_fraction)
    across = closure("heat.cell", microstructure=fibres.phase, **TITANIUM, **CARBIDE, tolerance=tolerance)
    return stage("heat.macro").submit(
        flux=across,
        length=length,
        duration=duration,
        heat_capacity="2.6 MJ/m^3/K",
        initial_temperature="300 K",
        front_temperature=front,
        rise_time="10 s",
        steps=steps,
    )
