"""Measured antibodies -> sera -> protection -> ratio of reproduction numbers: small enough to ask what matters."""

from prefect import flow

from bridge import runner, stage


@flow(task_runner=runner())
def escape_ratio(
    reference: str = "D614G",
    variant: str = "BA.1",
    sources: str = "WT convalescents, WT vaccinees",
    clonotypes: int = 20,
    draw: int = -1,
    steepness: float = 3.0,
    half_protective_level: float = -0.695,
    steepness_deviate: float = 0.0,
    half_protective_deviate: float = 0.0,
    immune_fraction: float = 0.7,
    age: str = "0 d",
    earlier_fold: float = 1.0,
    transmissibility_ratio: float = 1.0,
):
    """How much faster a variant spreads by escape; `draw` from 0 on is one bootstrap resample of the antibodies."""
    antibodies = stage("antibody.published").submit()
    persons = stage("serum.persons").submit(
        antibodies, reference=reference, variant=variant, sources=sources, clonotypes=clonotypes, draw=draw
    )
    logistic = stage("protection.deviate").submit(
        steepness=steepness,
        half_protective_level=half_protective_level,
        steepness_deviate=steepness_deviate,
        half_protective_deviate=half_protective_deviate,
    )
    protected = stage("protection.sera").submit(persons, logistic)
    return stage("escape.ratio").submit(
        protected,
        logistic,
        immune_fraction=immune_fraction,
        age=age,
        earlier_fold=earlier_fold,
        transmissibility_ratio=transmissibility_ratio,
    )
