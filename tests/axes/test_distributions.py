"""Distributions against scipy.stats, which has them independently, and against published closed forms."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bridge import LogNormal, LogUniform, Normal, Q, Triangular, Uniform
from bridge.axes.distributions import Distribution
from bridge.axes.empirical import Empirical
from bridge.axes.uncertain import distribution_from, distribution_in
from bridge.errors import ContractError

SHARES = np.array([1e-12, 1e-3, 0.025, 0.3, 0.5, 0.7, 0.975, 0.999, 1 - 1e-9])

CASES = [
    (Normal("900 K", "10 K"), stats.norm(900, 10)),
    (LogNormal("1e-5 m^2/s", 0.3), stats.lognorm(0.3, scale=1e-5)),
    (LogNormal(mean="2 m", sd="0.5 m"), None),
    (Uniform("800 K", "1000 K"), stats.uniform(800, 200)),
    (LogUniform("1 nm", "1 um"), stats.loguniform(1, 1000)),
    (Triangular("800 K", "900 K", "1200 K"), stats.triang(0.25, 800, 400)),
    (Triangular("800 K", "800 K", "1200 K"), stats.triang(0, 800, 400)),
    (Triangular("800 K", "1200 K", "1200 K"), stats.triang(1, 800, 400)),
    (Normal("900 K", "10 K").within("895 K", "950 K"), stats.truncnorm(-0.5, 5, 900, 10)),
    (Normal("900 K", "0.1 K").within("0 K", "5000 K"), stats.truncnorm(-9000, 41000, 900, 0.1)),
    (Uniform("0 K", "10 K").within("2 K", "20 K"), stats.uniform(2, 8)),
    (Empirical([3.0, 1.0, 2.0, 2.0], "K", "run.md.energy"), None),
    (Empirical([3.0, 1.0, 2.0, 2.0, 7.0], "K", "run.md.energy").within("1 K", "3 K"), None),
    (LogNormal("1 m", 1.0).within("0.01 m", "100 m"), None),
]


@pytest.mark.parametrize(("ours", "theirs"), [(o, t) for o, t in CASES if t is not None], ids=lambda d: str(d)[:40])
def test_quantiles_and_moments_are_those_of_scipy(ours: Distribution, theirs: Any) -> None:
    np.testing.assert_allclose(ours.ppf(SHARES), theirs.ppf(SHARES), rtol=1e-9)
    x = np.linspace(ours.ppf(0.01), ours.ppf(0.99), 9)
    np.testing.assert_allclose(ours.cdf(x), theirs.cdf(x), rtol=1e-9)
    assert ours.mean == pytest.approx(theirs.mean(), rel=1e-9)
    assert ours.sd == pytest.approx(theirs.std(), rel=1e-7)


@pytest.mark.parametrize(("ours", "_"), CASES, ids=lambda d: str(d)[:40])
def test_the_mean_of_many_even_quantiles_is_the_mean(ours: Distribution, _: Any) -> None:
    values = ours.ppf((np.arange(100_000) + 0.5) / 100_000)
    assert np.all(np.diff(values) >= 0)
    assert np.mean(values) == pytest.approx(ours.mean, rel=3e-5)  # the midpoints miss the end of a long tail
    assert np.std(values) == pytest.approx(ours.sd, rel=1e-3)


def test_published_quantiles_of_the_normal_distribution() -> None:
    """NIST/SEMATECH e-Handbook 1.3.6.7.1 to its five digits; 1.959964 is the usual 97.5 % point."""
    found = Normal(0, 1).ppf([0.5, 0.8413447, 0.975, 0.995])
    np.testing.assert_allclose(found, [0, 1, 1.959964, 2.575829], atol=1e-6)


def test_a_lognormal_has_the_mean_and_width_it_was_told() -> None:
    """sigma^2 = ln(1 + (sd/mean)^2), median = mean / sqrt(1 + (sd/mean)^2): Johnson et al. 1994, ch. 14."""
    told = LogNormal(mean="2 m", sd="50 cm")
    assert (told.mean, told.sd) == (pytest.approx(2.0, rel=1e-14), pytest.approx(0.5, rel=1e-14))
    assert told.sigma == pytest.approx(math.sqrt(math.log(1 + 1 / 16)), rel=1e-14)
    assert float(told.ppf(0.5)) == pytest.approx(2 / math.sqrt(1 + 1 / 16), rel=1e-14)


def test_a_lognormal_that_is_cut_off_has_the_mean_of_its_closed_form() -> None:
    """exp(sigma^2/2) [Phi(sigma - a) - Phi(sigma - b)] / [Phi(b) - Phi(a)], a and b the logarithms of the ends."""
    a, b, phi = math.log(0.01), math.log(100), stats.norm.cdf
    exactly = math.exp(0.5) * (phi(1 - a) - phi(1 - b)) / (phi(b) - phi(a))
    assert LogNormal("1 m", 1).within("1 cm", "100 m").mean == pytest.approx(exactly, rel=1e-8)


def test_quantiles_of_values_are_values_each_as_often_as_it_is_there() -> None:
    found = Empirical([3.0, 1.0, 2.0, 2.0], "K", "x").ppf((np.arange(400) + 0.5) / 400)
    assert {v: int(np.sum(found == v)) for v in set(found.tolist())} == {1.0: 100, 2.0: 200, 3.0: 100}


def test_a_width_in_degrees_celsius_is_a_difference() -> None:
    for text in ("25 degC ± 2 degC", "25 degC ± 2 K", "25 ± 2 degC", "(25 ± 2) degC", "25 degC ± 2 delta_degC"):
        found = distribution_in(text, "x")
        assert found == Normal("25 degC", "2 K"), text
        assert (found.unit, found.mean, found.sd) == ("degC", 25.0, 2.0)
    assert distribution_in("300 K ± 1.8 degF", "x") == Normal("300 K", "1 K")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("900 K ± 10 K", Normal("900 K", "10 K")),
        ("900 K +- 10 K", Normal("900 K", "10 K")),
        ("900 K +/- 0.01 kK", Normal("900 K", "10 K")),
        ("900 K ± 1 %", Normal("900 K", "9 K")),
        ("-2 eV ± 5 %", Normal("-2 eV", "0.1 eV")),
        ("50 % ± 5 %", Normal("50 %", "5 %")),
        ("0.3 ± 0.1", Normal(0.3, 0.1)),
        ("normal(mean=900 K, sd=10 K)", Normal(Q(900, "K"), Q(10, "K"))),
        ("lognormal(median=1e-5 m^2/s, sigma=0.3)", LogNormal("1e-5 m^2/s", 0.3)),
        ("lognormal(1e-5 m^2/s, 0.3)", LogNormal("1e-5 m^2/s", 0.3)),
        ("lognormal(mean=2 m, sd=50 cm)", LogNormal(mean="2 m", sd="0.5 m")),
        ("uniform(800 K, 1 kK)", Uniform("800 K", "1000 K")),
        ("uniform(0, 1)", Uniform(0, 1)),
        ("loguniform(1 nm, 1 um)", LogUniform("1 nm", "1000 nm")),
        ("triangular(800 K, 900 K, 1200 K)", Triangular("800 K", "900 K", "1200 K")),
        ("900 K ± 10 K in [850 K, 0.95 kK]", Normal("900 K", "10 K").within("850 K", "950 K")),
    ],
)
def test_texts_mean_distributions(text: str, meant: Distribution) -> None:
    assert distribution_in(text, "x") == meant


@pytest.mark.parametrize("text", ["900 K", "Cu", "a ± b", "Na+-Cl", "Fe(bcc)", "f(Cu)", "600 K .. 700 K : 3"])
def test_other_texts_mean_none(text: str) -> None:
    assert distribution_in(text, "x") is None


@settings(max_examples=60)
@given(
    st.floats(1e-3, 1e3),
    st.floats(1e-3, 1.0),
    st.sampled_from(["", "K", "degC", "m^2/s", "%"]),
    st.booleans(),
)
def test_what_is_written_and_what_is_stored_read_back_as_equal(a: float, b: float, unit: str, cut: bool) -> None:
    low, width, high = f"{a!r} {unit}", f"{b!r} {unit}", f"{a + b!r} {unit}"
    made: list[Distribution] = [Normal(low, width), Uniform(low, high), Triangular(low, low, high)]
    if unit != "degC":
        made += [LogNormal(low, b), LogUniform(low, high)]
    if cut:
        made = [d.within(f"{d.ppf(0.2)} {unit}", f"{d.ppf(0.9)} {unit}") for d in made]
    for distribution in made:
        assert distribution_in(distribution.text, "x") == distribution
        assert distribution_from(json.loads(json.dumps(distribution.to_json()))) == distribution


def test_values_come_back_from_a_record() -> None:
    made = Empirical([0.1, 0.3], "K", "run.md.energy")
    assert distribution_from(json.loads(json.dumps(made.to_json()))) == made
    assert made.text == "empirical(run.md.energy)"


def test_values_are_fetched_by_name() -> None:
    found = distribution_in("empirical(last.md.energy)", "x", lambda where: (np.array([[1.0, 2.0], [2.0, 4.0]]), "eV"))
    assert found == Empirical([1, 2, 2, 4], "eV", "last.md.energy")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("900 K ± ", "its width is missing. Write '900 K ± 10 K'."),
        ("900 K ± 0 K", "the standard deviation is 0, and must be above nought: a fixed value is written alone"),
        ("900 K ± -10 K", "the standard deviation is -10"),
        ("900 K ± 10", "'10' has no unit. Write '10 K'."),
        ("900 K ± 10 m", "'10 m' is not in K: [length] is not [temperature]."),
        ("900 K ± 1 K ± 2 K", "more than one width"),
        ("25 degC ± 1 %", "ratios mean nothing in degC, which does not count from nought. Write it in K."),
        ("0.5 ± 10 %", "may be a share of it or a hundredth of one. Write the number: 0.05, or 0.1."),
        ("normal(900 K)", "has too few or too many values. Write normal(900 K, 10 K)."),
        ("normal(900 K, 10 K, 3 K)", "has too few or too many values"),
        ("normal(mean=900 K, mean=10 K)", "takes no 'mean' here"),
        ("normal(men=900 K, sd=10 K)", "takes no 'men' here. Did you mean 'mean'?"),
        ("normal(mean=900 K, 10 K)", "cannot be read. Write normal(900 K, 10 K)."),
        ("gauss(900 K, 10 K)", "no distribution is named 'gauss'. Known: empirical, lognormal"),
        ("norml(900 K, 10 K)", "no distribution is named 'norml'. Did you mean 'normal'"),
        ("lognormal(median=1 m, mean=2 m)", "takes median and sigma, or mean=… and sd=…, both of them"),
        ("lognormal(0 m, 1)", "the median is 0, and must be above nought"),
        ("lognormal(1 m, 1 m)", "sigma is a pure number"),
        ("lognormal(mean=-1 m, sd=1 m)", "the mean is -1, and must be above nought"),
        ("lognormal(20 degC, 0.1)", "ratios mean nothing in degC"),
        ("uniform(3 K, 2 K)", "2 K is not above 3 K. Write the lower end first."),
        ("uniform(2, 3 K)", "'2' has no unit. Write '2 K'."),
        ("loguniform(0 m, 1 m)", "the lower end is 0, and must be above nought"),
        ("triangular(1 K, 3 K, 2 K)", "1 K, 3 K, 2 K do not rise"),
        ("900 K ± 10 K in [950 K, 850 K]", "850 K is not above 950 K"),
        ("900 K ± 10 K in [5000 K, 6000 K]", "has nothing in [5000 K, 6000 K]"),
        ("900 K ± 10 K in [1 m, 2 m]", "'1 m' is not in K"),
        ("empirical()", "names no values. Write empirical(RUN.stage.port)."),
        ("empirical(last.md.energy)", "read from the store, and there is none here"),
    ],
)
def test_what_is_no_distribution_is_refused_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(ContractError, match=re.escape(said)) as refused:
        distribution_in(text, "x")
    assert str(refused.value).startswith(f"x={text!r}: ")


@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0], [1.0, math.nan]])
def test_values_that_do_not_vary_are_no_distribution(values: list[float]) -> None:
    with pytest.raises(ContractError, match="needs two different finite values at least"):
        Empirical(values, "K", "run.md.energy")
