"""An infection within a person, in each of the three units that virus is counted in.

What is counted decides the numbers: the infection rate of one published fit differs by a factor of a million between
RNA copies and TCID50, for most copies are not infectious. No unit is converted to another here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

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


@dataclass(frozen=True)
class InfectionTCID50(Cellular):
    """An infection whose virus is counted in median tissue culture infectious doses."""

    load: Annotated[Array, "tcid50/mL", ("time",), NotNegative]
    peak_load: Annotated[float, "tcid50/mL", NotNegative]
    load_area: Annotated[float, "tcid50*d/mL", NotNegative]


@dataclass(frozen=True)
class InfectionPFU(Cellular):
    """An infection whose virus is counted in plaque-forming units."""

    load: Annotated[Array, "pfu/mL", ("time",), NotNegative]
    peak_load: Annotated[float, "pfu/mL", NotNegative]
    load_area: Annotated[float, "pfu*d/mL", NotNegative]


@dataclass(frozen=True)
class InfectionRNA(Cellular):
    """An infection whose virus is counted in copies of viral RNA."""

    load: Annotated[Array, "rna_copy/mL", ("time",), NotNegative]
    peak_load: Annotated[float, "rna_copy/mL", NotNegative]
    load_area: Annotated[float, "rna_copy*d/mL", NotNegative]


@model("host.target_cells_tcid50", scale=PERSON, depends=["scipy"])
def target_cells_tcid50(
    infection_rate: Annotated[float, "mL/(tcid50*d)", Positive] = 3.2e-5,
    eclipse_rate: Rate = 4.0,
    loss_rate: Rate = 5.2,
    production: Annotated[float, "tcid50/(mL*d)", Positive] = 0.046,
    clearance: Rate = 5.2,
    initial_target_cells: Annotated[float, "1", Within(1, 1e14)] = 4e8,
    initial_load: Annotated[float, "tcid50/mL", NotNegative] = 0.0,
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
    limit: Annotated[float, "tcid50/mL", NotNegative] = 0.0,
    duration: Duration = 14.0,
    *,
    sampling: Sampling = 0.05,
    tolerance: Tolerance = 1e-8,
) -> InfectionTCID50:
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
    """
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
        "tcid50",
    )
    return InfectionTCID50(
        **found.cells,
        load=found.course.states["virus"],
        peak_load=found.course.peak,
        load_area=float(found.course.states["area"][-1]),
    )


@model("host.target_cells_pfu", scale=PERSON, depends=["scipy"])
def target_cells_pfu(
    infection_rate: Annotated[float, "mL/(pfu*d)", Positive],
    eclipse_rate: Rate,
    loss_rate: Rate,
    production: Annotated[float, "pfu/(mL*d)", Positive],
    clearance: Rate,
    initial_target_cells: Annotated[float, "1", Within(1, 1e14)],
    initial_load: Annotated[float, "pfu/mL", NotNegative] = 0.0,
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
    limit: Annotated[float, "pfu/mL", NotNegative] = 0.0,
    duration: Duration = 30.0,
    *,
    sampling: Sampling = 0.05,
    tolerance: Tolerance = 1e-8,
) -> InfectionPFU:
    """Target cells, eclipse and virus of a person, in plaque-forming units; see `host.target_cells_tcid50`.

    Nothing is assumed: every parameter must be given, all of one fit and one assay. Raises ValueError as that does.
    """
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
        "pfu",
    )
    return InfectionPFU(
        **found.cells,
        load=found.course.states["virus"],
        peak_load=found.course.peak,
        load_area=float(found.course.states["area"][-1]),
    )


@model("host.target_cells_rna", scale=PERSON, depends=["scipy"])
def target_cells_rna(
    infection_rate: Annotated[float, "mL/(rna_copy*d)", Positive],
    eclipse_rate: Rate,
    loss_rate: Rate,
    production: Annotated[float, "rna_copy/(mL*d)", Positive],
    clearance: Rate,
    initial_target_cells: Annotated[float, "1", Within(1, 1e14)],
    initial_load: Annotated[float, "rna_copy/mL", NotNegative] = 0.0,
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
    limit: Annotated[float, "rna_copy/mL", NotNegative] = 0.0,
    duration: Duration = 30.0,
    *,
    sampling: Sampling = 0.05,
    tolerance: Tolerance = 1e-8,
) -> InfectionRNA:
    """Target cells, eclipse and virus of a person, in RNA copies; see `host.target_cells_tcid50`.

    Of virus counted by its RNA few are infectious: `infection_rate` is per copy, the share that is infectious in it.
    Nothing is assumed: every parameter must be given; `host.published` has a set for SARS-CoV-2. Raises ValueError as
    that does.
    """
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
        "rna_copy",
    )
    return InfectionRNA(
        **found.cells,
        load=found.course.states["virus"],
        peak_load=found.course.peak,
        load_area=float(found.course.states["area"][-1]),
    )
