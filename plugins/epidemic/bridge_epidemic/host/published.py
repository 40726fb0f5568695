"""Published parameters of infections within people, each with its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from bridge import Within, model
from bridge_epidemic.host.person import Rate
from bridge_epidemic.ports import NotNegative, Positive
from bridge_epidemic.scales import PERSON


@dataclass(frozen=True)
class Parameters:
    """Parameters of a typical person, virus in RNA copies, under the names that `host.target_cells_rna` knows."""

    infection_rate: Annotated[float, "mL/(rna_copy*d)", Positive]
    eclipse_rate: Rate
    loss_rate: Rate
    production: Annotated[float, "rna_copy/(mL*d)", Positive]
    clearance: Rate
    initial_target_cells: Annotated[float, "1", Within(1, 1e14)]
    initial_infected_cells: Annotated[float, "1", NotNegative]
    source: str


@model("host.published", scale=PERSON)
def published(
    infection: Literal["SARS-CoV-2, nasopharynx, 2020"] = "SARS-CoV-2, nasopharynx, 2020",
    production_ratio: Annotated[float, "1", Within(0, 1000, strict=True)] = 1.0,
) -> Parameters:
    """Parameters of SARS-CoV-2 in the nasopharynx of the typical one of 259 cases in Catalonia, spring 2020.

    A. Marc et al., eLife 10, e69302 (2021), Table 1, model M2: within-host reproduction number R0 13.6, loss of
    infected cells 0.84 1/d, production p 2.8e5 copies per cell and day; fixed there: eclipse rate 4 1/d, clearance c
    10 1/d, 1.33e5 target cells/mL, one infected cell in 30 mL at the beginning. Cells are those in 1 mL. A share of
    1e-4 of the virus is infectious; R0 = p beta T0/(c delta) gives the infection rate beta per copy, 3.07e-9
    mL/(copy d), with that share in it.
    People differ: standard deviations of logarithms are 0.38 of R0, 0.037 of the loss and 2.35 of p, which makes loads
    differ by decades. Unvaccinated people, mild disease, the virus of early 2020, loads measured after symptoms.

    `production_ratio` multiplies p, as the study does for variants (2-8) and for breakthrough infections (1/4-1/16);
    the infection rate stays as it is, so that the infection runs more slowly, too.
    """
    reproduction_number, loss_rate, production, clearance, cells = 13.6, 0.84, 2.8e5, 10.0, 1.33e5
    return Parameters(
        infection_rate=reproduction_number * clearance * loss_rate / (production * cells),
        eclipse_rate=4.0,
        loss_rate=loss_rate,
        production=production * production_ratio,
        clearance=clearance,
        initial_target_cells=cells,
        initial_infected_cells=1 / 30,
        source="A. Marc et al., eLife 10, e69302 (2021), Table 1, model M2",
    )
