"""An infection within a person, in each of the three units that virus is counted in.

What is counted decides the numbers: the infection rate of one published fit differs by a factor of a million between
RNA copies and TCID50, for most copies are not infectious. No unit is converted to another here: one signature is
declared once for each, so that annotations are evaluated where they stand, with the unit in them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from bridge import Within, model
from bridge_epidemic.host.immunity import Adaptive, Interferon, immune
from bridge_epidemic.host.person import (
    ZERO,
    CellRate,
    Cells,
    Cellular,
    Duration,
    Neutralisation,
    NeutralisationTime,
    OptionalRate,
    Rate,
    Sampling,
    Tolerance,
    run,
)
from bridge_epidemic.ports import Array, NotNegative, Positive
from bridge_epidemic.scales import PERSON


def declared(
    name: str, unit: str, doc: str, published: tuple[float, ...] = (), lasting: float = 30.0
) -> Callable[..., Any]:
    """The model `name`, whose virus is counted in `unit`; a `published` set stands where others must give numbers."""

    @dataclass(frozen=True)
    class Infection(Cellular):
        """An infection, with its virus."""

        load: Annotated[Array, f"{unit}/mL", ("time",), NotNegative]
        peak_load: Annotated[float, f"{unit}/mL", NotNegative]
        load_area: Annotated[float, f"{unit}*d/mL", NotNegative]

    def target_cells(
        infection_rate: Annotated[float, f"mL/({unit}*d)", Positive],
        eclipse_rate: Rate,
        loss_rate: Rate,
        production: Annotated[float, f"{unit}/(mL*d)", Positive],
        clearance: Rate,
        initial_target_cells: Annotated[float, "1", Within(1, 1e14)],
        initial_load: Annotated[float, f"{unit}/mL", NotNegative] = 0.0,
        initial_infected_cells: Annotated[float, "1", Cells] = 0.0,
        neutralisation: Neutralisation = ZERO,
        neutralisation_time: NeutralisationTime = ZERO,
        interferon: Interferon = "none",
        refractory_rate: CellRate = 0.0,
        reversion_rate: OptionalRate = 0.0,
        production_effect: CellRate = 0.0,
        interferon_clearance: OptionalRate = 0.0,
        adaptive: Adaptive = "none",
        adaptive_onset: Annotated[float, "d", Within(0, 1000)] = 0.0,
        adaptive_killing: OptionalRate = 0.0,
        antibody_growth: OptionalRate = 0.0,
        limit: Annotated[float, f"{unit}/mL", NotNegative] = 0.0,
        duration: Duration = lasting,
        *,
        sampling: Sampling = 0.05,
        tolerance: Tolerance = 1e-8,
    ) -> Infection:
        given = {
            "refractory_rate": refractory_rate,
            "reversion_rate": reversion_rate,
            "production_effect": production_effect,
            "interferon_clearance": interferon_clearance,
            "adaptive_onset": adaptive_onset,
            "adaptive_killing": adaptive_killing,
            "antibody_growth": antibody_growth,
        }
        found = run(
            (infection_rate, eclipse_rate, loss_rate, production, clearance),
            (initial_target_cells, initial_load, initial_infected_cells),
            immune(neutralisation, neutralisation_time, interferon, adaptive, given),
            (limit, duration, sampling, tolerance),
            unit,
        )
        return Infection(
            **found.cells,
            load=found.course.states["virus"],
            peak_load=found.course.peak,
            load_area=float(found.course.states["area"][-1]),
        )

    target_cells.__doc__ = doc
    target_cells.__defaults__ = (*published, *(target_cells.__defaults__ or ()))
    return model(name, scale=PERSON, depends=["scipy"])(target_cells)


#: Influenza A of six volunteers: rates of infection, eclipse and loss, production, clearance, and target cells.
BACCAM = (3.2e-5, 4.0, 5.2, 0.046, 5.2, 4e8)

target_cells_tcid50 = declared(
    "host.target_cells_tcid50",
    "tcid50",
    """Target cells, eclipse and virus of a person, in TCID50: P. Baccam et al., J. Virol. 80, 7590 (2006).

    T' = -b V T, E' = b V T - k E, I' = k E - d I, V' = p I - c V with b = beta (1 - neutralised share), beta the
    `infection_rate`, k the `eclipse_rate`, d the `loss_rate`, p the `production` and c the `clearance`. An infection
    begins with `initial_load`, with `initial_infected_cells`, or both.

    Antibody: `neutralisation` is the share of virus that cannot infect, one number or a course at
    `neutralisation_time`, linear between and constant beyond. It is measured as load all the same. It says how an
    infection runs that took hold, and nothing of protection from being infected: that belongs to susceptibility, and
    the same antibody is not to be counted in both for the same effect. Where target cells are all that limits an
    infection, neutralisation short of R = 1 delays it more than it lowers its peak.

    Interferon and adaptive immunity are off, and have no defaults when on:
    - interferon="refractory cells": targets become refractory at `refractory_rate` per infected cell and targets again
      at `reversion_rate` (R. Ke et al., Nat. Microbiol. 7, 640, 2022);
    - interferon="reduced production": F' = I - a F, production p/(1 + e F), a the `interferon_clearance`, e the
      `production_effect` (Baccam et al., without their delay);
    - adaptive="killing": from `adaptive_onset` on infected cells die at a further `adaptive_killing`;
    - adaptive="antibody": antibody made since neutralises a share 1/(1 + exp(-g (t - t0))), g the `antibody_growth`,
      half at t0, the `adaptive_onset`.

    Default: influenza A of six volunteers, from Baccam's fit with an eclipse phase. It is a test of the model, and
    not a set for SARS-CoV-2.

    `duration_above` counts the days above `limit`. Raises ValueError where nothing begins an infection, a term that is
    on lacks a number, a number is given that nothing takes, or the equations cannot be solved.
    """,
    BACCAM,
    lasting=14.0,
)
target_cells_pfu = declared(
    "host.target_cells_pfu",
    "pfu",
    """Target cells, eclipse and virus of a person, in plaque-forming units; see `host.target_cells_tcid50`.

    Nothing is assumed: every parameter must be given, all of one fit and one assay. Raises ValueError as that does.
    """,
)
target_cells_rna = declared(
    "host.target_cells_rna",
    "rna_copy",
    """Target cells, eclipse and virus of a person, in RNA copies; see `host.target_cells_tcid50`.

    Of virus counted by its RNA few are infectious: `infection_rate` is per copy, the share that is infectious in it.
    Nothing is assumed: every parameter must be given; `host.published` has a set for SARS-CoV-2. Raises ValueError as
    that does.
    """,
)
