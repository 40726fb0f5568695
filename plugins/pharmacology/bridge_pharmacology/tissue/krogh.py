"""Antibody in a Krogh cylinder: from one capillary outwards, to where the tissue of the next begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Within, model
from bridge_pharmacology.plasma.courses import SMALL, Part, Tolerance, share_bound
from bridge_pharmacology.ports import (
    COURSE,
    PER_INDIVIDUAL,
    Array,
    Bound,
    NotNegative,
    Occupancy,
    Patients,
    Positive,
    Time,
    TissueConcentration,
    constant,
    of_patients,
)
from bridge_pharmacology.scales import TISSUE
from bridge_pharmacology.tissue.rounding import unbalanced, without_round_off
from bridge_pharmacology.tissue.tumour import uptake_rate

FIELD = ("radius", "instant")
Field = Annotated[Array, "nM", FIELD, Within(0)]


@dataclass(frozen=True)
class Krogh:
    """Antibody around a capillary, as means over the tissue and as fields.

    `concentration` and `free` count per volume of fluid, everything else per volume of tissue. `occupancy` is the
    share of all antigen that is bound. `penetration` is how deep bound antibody reaches, as the depth of a step of
    the profile's height and area. Fields are told at each `instant`. `inflow` is what blood has brought until the end.
    """

    patient: Patients
    time: Time
    concentration: TissueConcentration
    bound: Bound
    antigen_free: Bound
    occupancy: Occupancy
    penetration: Annotated[Array, "um", COURSE, Within(0)]
    inflow: Annotated[Array, "nmol", ("patient",)]
    balance: Annotated[float, "1", Within(0)]
    radius: Annotated[Array, "um", ("radius",)]
    instant: Annotated[Array, "d", ("instant",)]
    free_field: Field
    bound_field: Field
    antigen_field: Field
    internalised_field: Field


@model("tissue.krogh", scale=TISSUE, depends=["numba"])
def krogh(
    patient: Patients,
    time: Time,
    concentration: TissueConcentration,
    antigen: Annotated[Array, "nM", PER_INDIVIDUAL, Within(0, 1e5)] = constant(500.0),
    dissociation_constant: Annotated[Array, "nM", PER_INDIVIDUAL, Positive] = constant(0.1),
    on_rate: Annotated[Array, "1/(nM*d)", PER_INDIVIDUAL, NotNegative] = constant(8.64),
    turnover_rate: Annotated[Array, "1/d", PER_INDIVIDUAL, NotNegative] = constant(1.0),
    internalisation_rate: Annotated[Array, "1/d", PER_INDIVIDUAL, NotNegative] = constant(1.0),
    permeability: Annotated[Array, "um/d", PER_INDIVIDUAL, Positive] = constant(259.2),
    capillary_radius: Annotated[Array, "um", PER_INDIVIDUAL, Positive] = constant(8.0),
    krogh_radius: Annotated[Array, "um", PER_INDIVIDUAL, Positive] = constant(75.0),
    void_fraction: Annotated[Array, "1", PER_INDIVIDUAL, Part] = constant(0.24),
    diffusivity: Annotated[Array, "um^2/s", PER_INDIVIDUAL, Positive] = constant(14.0),
    tumour_volume: Annotated[Array, "mL", PER_INDIVIDUAL, NotNegative] = constant(10.0),
    *,
    individual: Annotated[int, Within(0)] = 0,
    cells: Annotated[int, Within(3, 10_000)] = 100,
    every: Annotated[int, Within(1)] = 4,
    tolerance: Tolerance = 1e-6,
) -> Krogh:
    """Antibody that diffuses from a capillary among cells that bind and internalise it, for one individual.

    With C free antibody per volume of fluid: ε C' = ε D ∇²C - b, B' = b - kint B, A' = kdeg (A0 - A) - b,
    b = kon (C A - Kd B) around the capillary, through whose wall comes P (Cp - C), out to the Krogh radius, which
    nothing passes. `concentration` is the plasma's in nM, between whose times cubics run; of its rows the one of the
    patient whose number is `individual` is taken. Fields are told at every so many-th of the times (`every`).

    As D grows this becomes `tissue.tumour`, whose Krogh radius is √(Rk² - Rcap²): it counts the capillary as tissue.
    `cells` rings of one width (second order), in time Rodas4P2 with steps whose error is `tolerance`.

    Equations: G. M. Thurber, M. M. Schmidt and K. D. Wittrup, Adv. Drug Deliv. Rev. 60, 1421 (2008). Raises
    ValueError for radii that do not fit and for an individual who is not there, Unsolved where the solver fails.
    """
    from bridge_pharmacology.systems.failing import settle
    from bridge_pharmacology.tissue.cylinder import ANTIGEN, BOUND, FREE, TAKEN, rings, spread

    row = _row_of(patient, individual)
    who = patient[row : row + 1]

    def own(parameter: Array, name: str) -> float:
        return float(of_patients(parameter, who, name)[0])

    uptake_rate(permeability, capillary_radius, krogh_radius)  # refuses radii that do not fit
    void = own(void_fraction, "void_fraction")
    tissue = rings(
        own(capillary_radius, "capillary_radius"),
        own(krogh_radius, "krogh_radius"),
        cells,
        own(permeability, "permeability"),
        own(diffusivity, "diffusivity") * 86400,
        void,
    )
    kinetics = (
        own(on_rate, "on_rate"),
        own(dissociation_constant, "dissociation_constant"),
        own(antigen, "antigen"),
        own(turnover_rate, "turnover_rate"),
        own(internalisation_rate, "internalisation_rate"),
    )
    fields, inflow, _, failure = spread(
        tissue, void, kinetics, time, concentration[row], rtol=tolerance, atol=SMALL * tolerance
    )
    settle([failure] if failure else [], who, "stop")
    held = ((void * fields[:, FREE] + fields[:, BOUND] + fields[:, TAKEN]) @ tissue.shares)[None]
    most = max(float(concentration[row].max()), kinetics[2])
    fields = without_round_off(fields, most, "the concentration of free or bound antibody")
    told = np.unique(np.append(np.arange(0, time.size, every), time.size - 1))
    bound, free_antigen = ((fields[:, k] @ tissue.shares)[None] for k in (BOUND, ANTIGEN))
    at = {k: np.ascontiguousarray(fields[told, k].T) for k in (FREE, BOUND, ANTIGEN, TAKEN)}
    return Krogh(
        patient=who,
        time=time,
        concentration=(fields[:, FREE] @ tissue.shares)[None],
        bound=bound,
        antigen_free=free_antigen,
        occupancy=share_bound(bound, free_antigen),
        penetration=_depth(fields[:, BOUND], float(tissue.middles[1] - tissue.middles[0]))[None],
        inflow=1e-3 * inflow[-1:] * own(tumour_volume, "tumour_volume"),  # nM mL are pmol
        balance=unbalanced(inflow[None], held),
        radius=tissue.middles,
        instant=time[told],
        free_field=at[FREE],
        bound_field=at[BOUND],
        antigen_field=at[ANTIGEN],
        internalised_field=at[TAKEN],
    )


def _row_of(patient: NDArray[np.int64], individual: int) -> int:
    rows = np.flatnonzero(patient == individual)
    if not rows.size:
        some = ", ".join(str(p) for p in patient[:6]) + (", ..." if patient.size > 6 else "")
        raise ValueError(
            f"there is no patient {individual} in these courses, which have {patient.size} ({some}). Write "
            f"individual={patient[0] if patient.size else 0}, or look whether that patient was left out."
        )
    return int(rows[0])


def _depth(bound: Array, width: float) -> Array:
    """Depth of a step of each profile's height, at the wall or wherever it is, and area; 0 where nothing is bound."""
    height = np.maximum(bound.max(axis=1), 1.5 * bound[:, 0] - 0.5 * bound[:, 1])
    depth: Array = np.divide(bound.sum(axis=1) * width, height, out=np.zeros_like(height), where=height > 0)
    return depth
