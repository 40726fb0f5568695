"""The logistic of protection as trials have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import File, Within, model
from bridge_epidemic.ports import Array, Positive, listed
from bridge_epidemic.protection.published import HALF_LIFE, HalfLevel, HalfLife, Logistic, Steepness
from bridge_epidemic.protection.trials import Titres, trials
from bridge_epidemic.scales import PERSON

NO_FILE = File(b"", "text/csv")
Efficacies = Annotated[Array, "1", ("study",), Within(high=1)]


@dataclass(frozen=True)
class Fit(Logistic):
    """A logistic with its intervals (95 %, by profile likelihood), and efficacies beside those it was fitted to.

    `studies` lists names, one to a line.
    """

    steepness_low: Steepness
    steepness_high: Steepness
    half_protective_level_low: HalfLevel
    half_protective_level_high: HalfLevel
    half_protective_titre_low: Annotated[float, "1", Positive]
    half_protective_titre_high: Annotated[float, "1", Positive]
    studies: str
    study_level: Annotated[Array, "1", ("study",), Within(-20, 10)]
    model_efficacy: Efficacies
    observed_efficacy: Efficacies


@model("protection.fit", scale=PERSON, depends=["scipy"])
def fit(table: File = NO_FILE, half_life: HalfLife = HALF_LIFE, *, titres: Titres = "censored") -> Fit:
    """The likeliest logistic of a table of trials, by the likelihood of D. S. Khoury et al., Nat. Med. 27, 1205 (2021).

    Infections are binomial in both arms of each study; the risk of its controls is fitted with it. Titres are normal in
    log10 within a study, of the standard deviation that the table pools (`PooledSD`). Standard errors come from the
    observed information, intervals from profile likelihood. Titres themselves are taken as known.

    `table` has the columns Study, NumCont, InfCont, NumVac, InfVac, Efficacy, PooledSD, and NeutRatio_cens, or NeutMean
    and NeutConv with `titres="reported"`: means as they were published instead of means of censored normal
    distributions. Without a file it is the publication's own. A half-life is none of its numbers and is passed on.
    Raises ValueError for columns that are missing and rows that cannot be, naming them, and for a table that tells
    neither parameter.
    """
    from bridge_epidemic.protection.likelihood import efficacies, fitted

    given = trials(table, titres)
    found = fitted(given)
    error = np.sqrt(np.diag(found.covariance))
    half, low, high = float(found.best[1]), float(found.low[1]), float(found.high[1])
    return Fit(
        steepness=float(np.exp(found.best[0])),
        half_protective_level=half,
        half_protective_titre=10**half,
        level_spread=given.spread,
        half_life=half_life,
        log_steepness_error=float(error[0]),
        half_protective_error=float(error[1]),
        error_correlation=float(found.covariance[0, 1] / (error[0] * error[1])),
        steepness_low=float(np.exp(found.low[0])),
        steepness_high=float(np.exp(found.high[0])),
        half_protective_level_low=low,
        half_protective_level_high=high,
        half_protective_titre_low=10**low,
        half_protective_titre_high=10**high,
        studies=listed(given.study),
        study_level=given.level,
        model_efficacy=efficacies(found.best, given),
        observed_efficacy=given.efficacy,
    )
