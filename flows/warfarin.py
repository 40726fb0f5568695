"""Warfarin: what is in plasma, and what it does to the making of clotting factors."""

from prefect import flow

from bridge import File, runner, stage

FITTED = ("absorption_rate", "clearance", "volume", "lag", "effects")
ALLOMETRY = {"clearance_exponent": 0.75, "volume_exponent": 1.0}
OWN = ("patient", *(f"individual_{name}" for name in FITTED[:4]))


@flow(task_runner=runner())
def warfarin(
    data: str,  # a table of events, times in h: id, time, amt, dv, dvid (cp and pca), evid
    replicates: int = 100,
    lag: str = "0.8 h",  # where the fit begins
):
    """Fit plasma, then the response that it drives; check the plasma that the population predicts."""
    trial = stage("dosing.table").submit(table=File.read(data), time="h", amount="mg", concentration="mg/L", dvid="cp")
    told = {"doses": trial.doses, "observations": trial.observations}
    pooled = stage("population.pooled_fit").submit(**told, lag=lag)
    weight = stage("dosing.body_weight").submit(trial, column="wt", unit="kg").body_weight
    # Most individuals were sampled from a day on: how drug is absorbed is known of all together only.
    absorbed = {"absorption_rate": pooled.absorption_rate, "lag": pooled.lag, "fixed": "absorption_rate, lag"}
    fit = stage("population.two_stage_fit").submit(
        **(told | absorbed | ALLOMETRY), body_weight=weight, identifier=trial.identifier, on_failure="leave out"
    )
    own = {name: getattr(fit, name) for name in OWN} | {"doses": trial.doses, "identifier": trial.identifier}
    stage("population.turnover_fit").submit(responses=trial.responses, **own, on_failure="leave out")
    again = stage("population.replicates").submit(doses=trial.doses, body_weight=weight, count=replicates)
    effects = stage("population.random_effects").submit(variance=fit.corrected_variance, patients=again.patients)
    people = stage("population.one_compartment").submit(
        eta=effects.eta, body_weight=again.body_weight, **ALLOMETRY, **{name: getattr(fit, name) for name in FITTED}
    )
    courses = stage("pk.one_compartment").submit(
        people, doses=again.doses, absorption="first order", duration="150 h", sampling="1 h"
    )
    return stage("population.predictive_check").submit(
        courses, observations=trial.observations, each=again.each, additive_error=fit.additive_error
    )
