"""Reaction and diffusion by turns, as in MUSCLE3's published example: every step of diffusion asks for a reaction."""

from prefect import flow

from bridge import closure, runner, stage


@flow(task_runner=runner())
def reaction_diffusion(
    diffusivity: str = "0.0405 m^2/s",
    rate: str = "-40500 1/s",
    duration: str = "0.0001234568 s",
    step: str = "0.000002469136 s",  # of diffusion; of the reaction a hundredth
):
    """Three peaks on a line that spread and decay."""
    reaction = closure("reaction.micro", rate=rate, duration=step)
    return stage("reaction.macro").submit(reaction=reaction, diffusivity=diffusivity, duration=duration, step=step)
