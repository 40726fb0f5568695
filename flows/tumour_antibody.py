"""An antibody in a tumour: its plasma, the tissue round a capillary, and what the tissue's cells bind and take in."""

from prefect import flow

from bridge import closure, runner, stage

BLOOD = ("plasma", "fast_fraction", "fast_half_life", "slow_half_life")
BOTH = {"resolved_bound": "bound", "resolved_mean_bound": "mean_bound", "rise_time": "rise_time"}


@flow(task_runner=runner())
def tumour_antibody(
    dose: str = "10 mg/kg",  # at 1 mg/kg antibody stays at the capillary, and binding is no longer fast: NotSeparated
    antigen: str = "500 nM",
    on_rate: str = "1e5 1/(M*s)",
    dissociation_constant: str = "1 nM",
    internalisation_half_life: str = "3 h",
    tolerance: str = "1 %",
):
    """Antibody bound around a capillary, its cells asked for when diffusion needs them, against resolved binding."""
    cells = {
        "antigen": antigen,
        "on_rate": on_rate,
        "dissociation_constant": dissociation_constant,
        "internalisation_half_life": internalisation_half_life,
    }
    bolus = stage("tumour.plasma").submit(dose=dose)
    blood = {port: getattr(bolus, port) for port in BLOOD}
    stage("tumour.criteria").submit(**cells, **blood)
    reaction = closure("tumour.binding", **cells, tolerance=tolerance, way="linear")
    fast = stage("tumour.tissue").submit(binding=reaction, **blood)
    slow = stage("tumour.resolved").submit(**cells, **blood)
    told = {port: getattr(fast, port) for port in ("time", "radius", "bound", "mean_bound", "closure_ratio")}
    told |= {port: getattr(slow, of) for port, of in BOTH.items()}
    return stage("tumour.comparison").submit(**told, antigen=antigen)
