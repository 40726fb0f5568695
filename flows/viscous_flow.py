"""Flow of argon between two plates 10 nm apart: molecular dynamics of the liquid on demand -> velocity profile."""

from prefect import flow

from bridge import closure, runner, stage


@flow(task_runner=runner())
def viscous_flow(
    engine: str = "sllod",
    pressure_gradient: str = "1e16 Pa/m",  # so that the liquid at the wall shears within its own relaxation time
    half_width: str = "5 nm",
    temperature: str = "86.5 K",  # close to the triple point: 0.722 well depths
    density: str = "1418.5 kg/m^3",
    tolerance: str = "8 %",
    particles: int = 256,
    steps: int = 12_000,
    points: int = 16,
):
    """Velocity profile and flow rate of a liquid whose viscosity is measured on its molecules, by sllod or lammps."""
    liquid = closure(
        f"fluid.{engine}",
        temperature=temperature,
        density=density,
        particles=particles,
        steps=steps,
        tolerance=tolerance,
    )
    return stage("channel.macro").submit(
        viscosity=liquid,
        pressure_gradient=pressure_gradient,
        half_width=half_width,
        lowest_shear_rate="9e10 1/s",  # below, the noise of so few steps hides what little thinning is left
        points=points,
        accuracy=0.01,
    )
