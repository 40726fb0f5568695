"""Theophylline: from a table of what was measured to a population that is held against it."""

from prefect import flow

from bridge import File, runner, stage

FITTED = ("absorption_rate", "clearance", "volume", "lag", "effects")


@flow(task_runner=runner())
def theophylline(
    data: str,  # a table of events, times in h: ID, TIME, AMT, DV, EVID, CMT
    replicates: int = 200,
    error: str = "additive",
):
    """Fit everybody's concentrations, pooled and in two stages, and check what the population predicts."""
    trial = stage("dosing.table").submit(table=File.read(data), time="h", amount="mg", concentration="mg/L")
    told = {"doses": trial.doses, "observations": trial.observations}
    stage("population.pooled_fit").submit(**told, error=error)
    fit = stage("population.two_stage_fit").submit(**told, identifier=trial.identifier, error=error)
    again = stage("population.replicates").submit(doses=trial.doses, count=replicates)
    effects = stage("population.random_effects").submit(variance=fit.corrected_variance, patients=again.patients)
    people = stage("population.one_compartment").submit(
        eta=effects.eta, **{name: getattr(fit, name) for name in FITTED}
    )
    courses = stage("pk.one_compartment").submit(
        people, doses=again.doses, absorption="first order", duration="26 h", sampling="0.5 h"
    )
    return stage("population.predictive_check").submit(
        courses,
        observations=trial.observations,
        each=again.each,
        additive_error=fit.additive_error,
        proportional_error=fit.proportional_error,
    )
