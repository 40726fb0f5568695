"""The logistic of protection from trials: what was published, an independent likelihood, and tables that cannot be."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from bridge_epidemic.protection.efficacy import efficacy
from bridge_epidemic.protection.fit import NO_FILE, fit
from bridge_epidemic.protection.likelihood import baseline, fitted, surprise
from bridge_epidemic.protection.logistic import mean_protection
from bridge_epidemic.protection.published import published
from bridge_epidemic.protection.trials import Trials, trials
from bridge_epidemic.tables import efficacy as derivation
from scipy.optimize import minimize_scalar
from scipy.stats import binom

from bridge import File

#: Model and observed, as the same likelihood was fitted elsewhere; 0.01 is asked.
EFFICACIES = {
    "Pfizer": (0.923, 0.950),
    "Moderna": (0.964, 0.941),
    "JJ": (0.667, 0.673),
    "CoronaVac": (0.519, 0.504),
    "Astra": (0.710, 0.618),
}


def table(**changed: str) -> File:
    """Three studies; `changed` is put in place of cells of the second."""
    columns = ["Study", "NumCont", "InfCont", "NumVac", "InfVac", "Efficacy", "PooledSD", "NeutRatio_cens"]
    second = {"Study": "B", "NumCont": "1000", "InfCont": "100", "NumVac": "1000", "InfVac": "40",
              "Efficacy": "0.6", "PooledSD": "0.44", "NeutRatio_cens": "-0.5"} | changed  # fmt: skip
    lines = [
        ",".join(columns),
        "A,1000,100,1000,80,0.2,0.44,-1.2",
        ",".join(second[name] for name in columns),
        "C,1000,100,1000,10,0.9,0.44,0.3",
    ]
    return File(("# made up\n" + "\n".join(lines) + "\n").encode(), "text/csv")


# What is found


def test_the_fit_gives_the_efficacies_of_the_trials() -> None:
    """k 2.94, n50 18.6 % (to the digits given), inside the published intervals; efficacies within 0.01 of both."""
    found = fit()
    assert found.half_protective_titre == pytest.approx(0.186, abs=5e-4)
    assert found.steepness == pytest.approx(2.94, abs=5e-3)
    assert 0.144 < found.half_protective_titre < 0.284
    place = {name: i for i, name in enumerate(found.studies.splitlines())}
    for name, (model, observed) in EFFICACIES.items():
        assert found.model_efficacy[place[name]] == pytest.approx(model, abs=1e-3)
        assert found.observed_efficacy[place[name]] == pytest.approx(observed, abs=1e-3)


def test_with_titres_as_reported_the_fit_is_the_published_one() -> None:
    """n50 20.2 % (14.4 - 28.4 %), k 3.0: Khoury et al., Nat. Med. 27, 1205 (2021); to their digits."""
    found = fit(titres="reported")
    said = published()
    assert found.error_correlation == pytest.approx(said.error_correlation, abs=5e-4)
    assert found.half_protective_titre == pytest.approx(0.202, abs=5e-4)
    assert found.steepness == pytest.approx(3.0, abs=0.05)
    ends = 10 ** (found.half_protective_level + 1.96 * found.half_protective_error * np.array([-1, 1]))
    assert ends == pytest.approx([0.144, 0.284], abs=1e-3)
    assert found.half_protective_error == pytest.approx(said.half_protective_error, abs=5e-4)
    assert found.log_steepness_error == pytest.approx(said.log_steepness_error, abs=5e-4)
    assert found.level_spread == pytest.approx(said.level_spread, abs=1e-3)


def test_published_severe_disease_needs_a_lower_titre() -> None:
    infection, severe = published(), published("severe")
    assert 10**severe.half_protective_level == pytest.approx(0.03)
    assert severe.steepness == infection.steepness == 3.0
    ends = 10 ** (severe.half_protective_level + 1.96 * severe.half_protective_error * np.array([-1, 1]))
    assert ends[1] / ends[0] == pytest.approx(0.13 / 0.007, rel=1e-3)


def test_the_likelihood_is_scipys_binomial_at_the_likeliest_risk() -> None:
    """Up to its constant: differences between two logistics, with scipy's own maximisation over the risk; 1e-7."""
    given = trials(NO_FILE, "censored")

    def other(k: float, half: float) -> float:
        ratio = 1 - mean_protection(given.level, k, half, given.spread)
        least = 0.0
        for i, r in enumerate(ratio):

            def at(log_p: float, i: int = i, r: float = r) -> float:
                p = np.exp(log_p)
                controls = binom.logpmf(given.infected_controls[i], given.controls[i], p)
                return -float(controls + binom.logpmf(given.infected_vaccinated[i], given.vaccinated[i], r * p))

            least += minimize_scalar(at, bounds=(-9, -1), method="bounded", options={"xatol": 1e-7}).fun
        return least

    ours = surprise(np.array([np.log(2.0), -0.5]), given) - surprise(np.array([np.log(4.0), -0.9]), given)
    assert ours == pytest.approx(other(2.0, -0.5) - other(4.0, -0.9), abs=1e-6)


def test_with_equal_risks_the_baseline_is_the_pooled_share() -> None:
    given = trials(table(), "censored")
    pooled = (given.infected_controls + given.infected_vaccinated) / (given.controls + given.vaccinated)
    assert baseline(np.ones(3), given) == pytest.approx(pooled, rel=1e-14)
    assert baseline(np.zeros(3), given) == pytest.approx(
        (given.infected_controls + given.infected_vaccinated) / (given.controls + given.infected_vaccinated),
        rel=1e-14,
    )


def test_expected_infections_give_the_logistic_back() -> None:
    """Trials of 1e7 people an arm with the numbers of infections that k = 2.5, n50 = -0.8 would have, whole."""
    level = np.array([-1.5, -1.0, -0.5, 0.0, 0.5])
    spared = mean_protection(level, 2.5, -0.8, 0.4)
    people, infected = np.full(5, 1e7), np.full(5, 2e5)
    made = Trials(list("abcde"), level, people, infected, people, np.round(infected * (1 - spared)), spared, 0.4)
    found = fitted(made)
    assert np.exp(found.best[0]) == pytest.approx(2.5, rel=1e-4)
    assert found.best[1] == pytest.approx(-0.8, abs=1e-4)
    # where the likelihood is as good as quadratic, profile intervals are those of the information
    wald = 1.959964 * np.sqrt(np.diag(found.covariance))
    assert found.high - found.best == pytest.approx(wald, rel=0.01)
    assert found.best - found.low == pytest.approx(wald, rel=0.01)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """30 tables of eight studies, of which 95 % are 28.5; 25 or more are asked (P = 0.003 for fewer), for both."""
    rng = np.random.default_rng(12)
    level = np.linspace(-1.0, 0.6, 8)
    risk = 0.01 * (1 - mean_protection(level, 3.0, -0.7, 0.44))
    held = np.zeros(2)
    for _ in range(30):
        people = np.full(8, 15000.0)
        given = Trials([""] * 8, level, people, rng.binomial(15000, 0.01, 8).astype(float), people,
                       rng.binomial(15000, risk).astype(float), np.zeros(8), 0.44)  # fmt: skip
        found = fitted(given)
        held += (found.low < [np.log(3.0), -0.7]) & (found.high > [np.log(3.0), -0.7])
    assert held.min() >= 25


# Efficacy by titre and age


def test_efficacy_wanes_with_titre() -> None:
    """A half-life later the titre is half, and half are protected when the level is the half-protective one."""
    said = published()
    found = efficacy(np.array([1.0, 0.5, 0.202]), said.steepness, said.half_protective_level, age=np.array([0.0, 108]))
    assert found.efficacy[0, 1] == pytest.approx(found.efficacy[1, 0], rel=1e-12)
    assert found.efficacy[2, 0] == pytest.approx(0.5, abs=1e-12)
    assert found.efficacy_half_age == pytest.approx([108 * np.log2(1 / 0.202), 108 * np.log2(0.5 / 0.202), 0], abs=1e-9)
    fresh = efficacy(np.array([4.0]), said.steepness, said.half_protective_level, fold=4.0, age=np.zeros(1))
    assert fresh.efficacy[0, 0] == pytest.approx(found.efficacy[0, 0], rel=1e-12)


# Tables that cannot be


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"InfVac": "1001"}, "Row 2 of the table .B.: InfVac is 1001 of NumVac 1000"),
        ({"NumCont": "1,000"}, "Line 4 of the table of trials has 9 cells under 8 columns"),
        ({"InfCont": "0"}, "Row 2 of the table .B.: InfCont is 0"),
        ({"NumCont": "-5"}, "Row 2 of the table .B.: InfCont is 100 of NumCont -5"),
        ({"Efficacy": "95"}, "Efficacy is 95; it is a share of 1. Write 0.95"),
        ({"NeutRatio_cens": "high"}, "Row 2 of the table .B.: NeutRatio_cens is 'high', and no number"),
        ({"NeutRatio_cens": ""}, "Row 2 of the table .B.: NeutRatio_cens is '', and no number"),
        ({"NeutRatio_cens": "nan"}, "NeutRatio_cens is 'nan', and no number"),
        ({"PooledSD": "0.5"}, "PooledSD is one number for all studies, got 0.44, 0.5"),
        ({"PooledSD": "-1"}, "PooledSD is -1; it must be above 0"),
    ],
)
def test_a_row_that_cannot_be_is_named(changed: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        fit(table(**changed))


def test_columns_that_are_missing_are_named() -> None:
    with pytest.raises(ValueError, match=r"has no column NeutMean, NeutConv; it has Study, NumCont"):
        fit(table(), titres="reported")
    with pytest.raises(ValueError, match="has no column InfCont, NumVac"):
        fit(File(b"Study,NumCont\n", "text/csv"))
    with pytest.raises(ValueError, match="0 studies"):
        fit(File(table().content.splitlines()[1], "text/csv"))
    with pytest.raises(ValueError, match="no text in UTF-8"):
        fit(File(b"\xff\xfe\x00", "text/csv"))


def test_a_table_that_tells_nothing_is_refused() -> None:
    same = "Study,NumCont,InfCont,NumVac,InfVac,Efficacy,PooledSD,NeutRatio_cens\n"
    same += "".join(f"{name},1000,100,1000,50,0.5,0.44,0\n" for name in "ABC")
    with pytest.raises(ValueError, match=r"no steepness and half-protective level|does not bound"):
        fit(File(same.encode(), "text/csv"))


# The committed table


def raw() -> Path:
    where = os.environ.get("SCALEBRIDGE_DATA")
    assert where, "SCALEBRIDGE_DATA names the folder of the raw files; export SCALEBRIDGE_DATA=…"
    return Path(where)


@pytest.mark.science
def test_the_committed_table_is_derived_from_the_raw_file() -> None:
    """Byte for byte."""
    committed = Path(derivation.__file__).with_suffix(".csv").read_text(encoding="utf-8")
    assert derivation.derive(raw()) == committed


@pytest.mark.science
def test_the_fit_of_the_raw_file_is_that_of_the_committed_table(record_property) -> None:
    """Numbers were rounded to 7 digits: estimates agree to 1e-5."""
    found = fit(File.read(raw() / derivation.SOURCE))
    record_property("asked", "n50 18.6 % and k 2.94; 0.5 % of convalescent mean, 0.05")
    titres = [
        100 * titre
        for titre in (found.half_protective_titre, found.half_protective_titre_low, found.half_protective_titre_high)
    ]
    record_property(
        "reached",
        "n50 {:.2f} % ({:.1f} - {:.1f})".format(*titres)
        + f", k {found.steepness:.3f} ({found.steepness_low:.2f} - {found.steepness_high:.2f})",
    )
    again = fit()
    assert found.steepness == pytest.approx(again.steepness, rel=1e-5)
    assert found.half_protective_titre == pytest.approx(again.half_protective_titre, rel=1e-5)
    assert found.half_protective_titre == pytest.approx(0.186, abs=5e-3)
