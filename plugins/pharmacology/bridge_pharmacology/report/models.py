"""The chain's result: a few numbers of the population, three pictures, and a page that says what was assumed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from bridge import File, model
from bridge_pharmacology.ports import (
    Array,
    NotNegative,
    Occupancy,
    Patients,
    PlasmaConcentration,
    Positive,
    Time,
    TissueConcentration,
)
from bridge_pharmacology.report.quantiles import agreement, at, spread
from bridge_pharmacology.report.records import (
    Bound,
    Comparison,
    Criteria,
    Effected,
    Exposure,
    Krogh,
    Lumped,
    Plasma,
    Regimens,
    Report,
    Response,
    Signalled,
    Uncoupled,
    Verdict,
)  # fmt: skip
from bridge_pharmacology.scales import POPULATION

#: What the default flow takes for granted; a flow of another drug hands in its own.
ASSUMPTIONS = """\
Only the pharmacokinetics is a published set (trastuzumab: Bruno 2005, Cancer Chemother. Pharmacol. 56, 361). \
Everything else is chosen to illustrate, and fitted to nobody. What follows are the defaults; what a run was given \
instead stands with its stages.
Variability: clearance 43 % and central volume 29 % (published), antigen 50 %, growth 30 % and kill 40 % (assumed), \
lognormal and uncorrelated.
Tumour: well mixed behind capillaries of 8 µm radius that are 150 µm apart, permeability 3e-9 m/s, void fraction 0.24; \
as large in everybody, and not larger to plasma as it grows.
Antigen: 500 nM in the typical tumour, Kd 0.1 nM, turnover and internalisation 1 /d, one antigen for each antibody.
Signal and effect: three transits of 1 d after the occupancy; a tumour that doubles in 60 d without drug, and a kill \
with a Hill coefficient of 2, half of it at a signal of 0.5."""


@model("pharmacology.report", scale=POPULATION, depends=["matplotlib"])
def report(
    patient: Patients,
    time: Time,
    plasma_concentration: PlasmaConcentration,
    concentration: TissueConcentration,
    exposure: Annotated[Array, "mg*d/L", ("patient",), NotNegative],
    trough: Annotated[Array, "mg/L", ("patient",), NotNegative],
    occupancy: Occupancy,
    balance: Annotated[float, "1", NotNegative],
    binding: Bound,
    transduction: Signalled,
    response: Effected,
    regimen_dose: Annotated[Array, "mg/kg", ("regimen",), Positive],
    regimens: Regimens,
    regimen_binding: Bound,
    regimen_transduction: Signalled,
    regimen_response: Effected,
    uncoupled: Uncoupled,
    lumped: Lumped,
    penetration: Criteria,
    verdict: Verdict,
    comparison: Comparison,
    capillary: Krogh,
    dose: Annotated[float, "mg/kg", Positive] = 2.0,
    labels: str = "",
    drug: str = "trastuzumab",
    effect_name: str = "V/V₀",
    left_out: str = "",
    assumptions: str = ASSUMPTIONS,
    *,
    peak_time: Annotated[float, "d", NotNegative] = 161.25,
) -> Report:
    """What a dose comes to, from plasma to effect, in a population and in the typical patient, on one HTML page.

    The first arrays are of the coupled plasma and tumour of the population, `binding`, `transduction` and `response` of
    the stages after it; a chain that is not coupled hands in the plasma's and the tissue's arrays by name. The tissue's
    own `occupancy` is held against that of `binding`, which its free drug has driven. The
    `regimens` are of the typical patient at `regimen_dose`; the population is given `dose`, and where the typical
    patient has that dose, too, its courses are drawn over the population's. `peak_time` is when the peak is read,
    `effect_name` stands on the axes of the effect. `labels` has a line for each regimen.
    Percentiles are linear between patients. The page needs nothing from outside and runs no script; what
    `assumptions` says stands on it as such, one line each, the first above the others.

    Raises ValueError where no patient is left, the courses end before `peak_time`, or the regimens' courses are not
    those of `regimen_dose`.
    """
    from bridge.pages import page
    from bridge_pharmacology.report import chapters, pictures  # late: matplotlib

    typically = (regimens, regimen_binding, regimen_transduction, regimen_response)
    _same_doses(regimen_dose, typically)
    spreads = {
        "exposure": spread(exposure),
        "peak": spread(at(time, plasma_concentration, peak_time)),
        "trough": spread(trough),
        "occupancy": spread(binding.occupancy[:, -1]),
        "signal": spread(transduction.signal[:, -1]),
        "effect": spread(response.effect[:, -1]),
    }
    people = dict.fromkeys(spreads, patient.size) | {
        "occupancy": binding.patient.size,
        "signal": transduction.patient.size,
        "effect": response.patient.size,
    }
    ends = regimens.trough, regimen_binding.occupancy[:, -1], regimen_response.effect[:, -1]
    same = np.flatnonzero(np.isclose(regimen_dose, dose, rtol=1e-6, atol=0))
    typical = pictures.typical(int(same[0]), *typically) if same.size else {}
    axis: Literal["share", "logarithmic"] = "logarithmic" if (response.effect > 0).all() else "share"
    stages = (binding, transduction, response)
    drawn = pictures.courses(time, plasma_concentration, concentration, stages, typical, effect_name, axis)
    doses = pictures.dose_response(regimen_dose, ends[1:], dose, spreads, effect_name, axis)
    tissue = pictures.krogh(capillary)
    resolved = float(capillary.occupancy[0, -1])
    balances = {
        "plasma with tumour, population": balance,
        "plasma with tumour, regimens": regimens.balance,
        "plasma alone": uncoupled.balance,
        "lumped tumour": lumped.balance,
        "tissue around a capillary": capillary.balance,
    } | ({"binding": binding.balance} if binding.balance else {})
    apart = agreement(patient, time, occupancy, binding.patient, binding.time, binding.occupancy)
    missing = "; ".join(said for said in (left_out, binding.left_out, transduction.left_out) if said)
    written = page(
        f"{drug[:1].upper()}{drug[1:]}: from dose to effect",
        chapters.lead(drug, dose, effect_name, float(time[-1]), patient.size, spreads),
        [
            chapters.assumed(assumptions),
            chapters.population(drawn, missing, bool(typical)),
            chapters.exposures(spreads, people, peak_time, effect_name),
            chapters.regimens(doses, regimen_dose, *ends, labels, effect_name),
            chapters.penetration(tissue, penetration, resolved, verdict, comparison),
            chapters.balances(balances, apart),
        ],
    )
    return Report(
        patients=patient.size,
        left_out=missing,
        exposure=Exposure(**spreads["exposure"]._asdict()),
        peak=Plasma(**spreads["peak"]._asdict()),
        trough=Plasma(**spreads["trough"]._asdict()),
        occupancy=Response(**spreads["occupancy"]._asdict()),
        signal=Response(**spreads["signal"]._asdict()),
        effect=Response(**spreads["effect"]._asdict()),
        regimen_dose=regimen_dose,
        regimen_trough=ends[0],
        regimen_occupancy=ends[1],
        regimen_effect=ends[2],
        balance=max(balances.values()),
        binding_difference=apart.largest,
        binding_difference_at_end=apart.at_end,
        resolved_occupancy=resolved,
        admissible=verdict.admissible,
        uncoupled_error=comparison.median,
        assumptions=assumptions,
        courses=drawn,
        dose_response=doses,
        krogh=tissue,
        page=File(written, "text/html"),
    )


def _same_doses(dose: Array, told: tuple[Any, ...]) -> None:
    """Check that every stage has a row for each dose. Raises ValueError."""
    for stage in told:
        if not np.array_equal(stage.patient, np.arange(dose.size)):
            rows = ", ".join(map(str, stage.patient))
            raise ValueError(
                f"regimen_dose has {dose.size} doses, and a {type(stage).__name__.lower()} course came for the rows "
                f"{rows or 'none'}. Wire regimen_dose and the courses from one `dosing.regimens`."
            )
