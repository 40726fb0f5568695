"""What the report of a prophylaxis takes from the stages before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bridge import File, Picture
from bridge_epidemic.ports import Array, NotNegative, People, Share, Time
from bridge_epidemic.prophylaxis.protection import Concentration, Patients


@dataclass(frozen=True)
class Plasma:
    """Concentrations of the antibody in plasma, of each patient."""

    patient: Patients
    time: Time
    concentration: Concentration


@dataclass(frozen=True)
class Protected:
    """Protection of each patient and on average, with both ends of its interval, and for how long it is a half."""

    time: Time
    protection: Annotated[Array, "1", ("patient", "time"), Share]
    mean_protection: Annotated[Array, "1", ("time",), Share]
    mean_protection_low: Annotated[Array, "1", ("time",), Share]
    mean_protection_high: Annotated[Array, "1", ("time",), Share]
    protected: Annotated[float, "d", NotNegative]


@dataclass(frozen=True)
class Wave:
    """Infections by day of every replicate and strain."""

    time: Time
    incidence: Annotated[Array, "1", ("replicate", "time", "strain"), People]


@dataclass(frozen=True)
class Report:
    """Infections that the antibody averts: medians over replicates, 2.5 and 97.5 %, and the deterministic number.

    Infections are those of all strains up to the end. `averted` is the difference of replicates of one number, which
    have nothing else in common: its interval holds the chance of both runs. `averted_by_strain` is of the
    deterministic runs, and negative for a strain that spreads in the other's place.
    """

    infections: Annotated[float, "1", NotNegative]
    infections_untreated: Annotated[float, "1", NotNegative]
    averted: Annotated[float, "1"]
    averted_low: Annotated[float, "1"]
    averted_high: Annotated[float, "1"]
    averted_expected: Annotated[float, "1"]
    averted_by_strain: Annotated[Array, "1", ("strain",)]
    averted_share: Annotated[float, "1"]
    antibody: Picture
    waves: Picture
    page: Annotated[File, "text/html"]
