"""What the report of the viral escape chain reads of the stages before it, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from bridge import File, Picture, Within
from bridge_epidemic.ports import Array, Level, NotNegative, People, Positive, Share, Time, Whole

Fold = Annotated[float, "1", Positive]
Fraction = Annotated[float, "1", Share]
Rates = Annotated[Array, "1/d", ("strain",)]
Changes = Annotated[Array, "kcal/mol", ("source", "quantile")]
Shares = Annotated[Array, "1", ("source",), Share]
Ratios = Annotated[Array, "1", ("earlier", "age", "fraction"), Positive]
Needed = Annotated[Array, "1", ("published", "earlier", "age"), Share]
Courses = Annotated[Array, "1", ("replicate", "time", "strain"), People]


@dataclass(frozen=True)
class Apparent:
    """Of `escape.binding`: quantiles of apparent changes of binding by source, and which of them are bounds."""

    binding_sources: str
    probability: Annotated[Array, "1", ("quantile",), Share]
    apparent_change: Changes
    apparent_change_bound: Annotated[Whole, ("source", "quantile"), Within(-1, 1)]
    pairs: Annotated[Whole, ("source",), Within(0)]
    left_out: Annotated[Whole, ("source",), Within(0)]
    lower_bound_share: Shares
    upper_bound_share: Shares
    picture: Picture


@dataclass(frozen=True)
class Receptor:
    """Of `escape.scan`: what mutations do to binding of the receptor, one by one."""

    scanned: str
    affinity_change: Annotated[Array, "1", ("mutation",)]
    binding_change: Annotated[Array, "kcal/mol", ("mutation",)]


@dataclass(frozen=True)
class Persons:
    """Of `serum.persons`: how many have no neutralisation left, and how much hangs on a few antibodies."""

    escaped: Annotated[Array, "1", ("draw",), Share]
    persons_without: Annotated[Array, "1", ("draw",), Share]
    antibody_count: Annotated[int, Within(1)]
    uncensored: Annotated[int, Within(0)]
    leading_share: Fraction
    fold_bound: Annotated[int, Within(0, 1)]


@dataclass(frozen=True)
class Protected:
    """Of `protection.sera`, for one outcome."""

    level: Level
    reference_protection: Annotated[Array, "1", ("level",), Share]
    variant_protection: Annotated[Array, "1", ("draw", "level"), Share]
    mean_level: Annotated[float, "1"]
    equivalent_fold: Fold
    equivalent_fold_low: Fold
    equivalent_fold_high: Fold
    reference_protection_now: Fraction
    variant_protection_now: Fraction
    variant_protection_now_low: Fraction
    variant_protection_now_high: Fraction


@dataclass(frozen=True)
class Ratio:
    """Of `escape.ratio`: the run's own ratio of reproduction numbers, and the protections behind it."""

    ratio: Fold
    ratio_low: Fold
    ratio_high: Fold
    earlier_protection: Fraction
    escape_protection: Fraction


@dataclass(frozen=True)
class Landscape:
    """Of `escape.landscape`."""

    immune_fraction: Annotated[Array, "1", ("fraction",), Share]
    age: Annotated[Array, "d", ("age",), NotNegative]
    earlier_fold: Annotated[Array, "1", ("earlier",), Positive]
    ratio: Ratios
    ratio_low: Ratios
    ratio_high: Ratios


@dataclass(frozen=True)
class Conditions:
    """Of `escape.conditions`: what published ratios would need, and what escape leaves unexplained of them."""

    published_names: str
    published_ratio: Annotated[Array, "1", ("published",), Positive]
    age: Annotated[Array, "d", ("age",), NotNegative]
    earlier_fold: Annotated[Array, "1", ("earlier",), Positive]
    needed: Needed
    reached: Annotated[Whole, ("published", "earlier", "age"), Within(0, 1)]
    unexplained: Annotated[Array, "1", ("published",), Positive]
    unexplained_low: Annotated[Array, "1", ("published",), Positive]
    unexplained_high: Annotated[Array, "1", ("published",), Positive]


@dataclass(frozen=True)
class Peopled:
    """Of a `contacts` model: how many people each group has."""

    population: Annotated[Array, "1", ("group",), Positive]


@dataclass(frozen=True)
class Named:
    """Of `epidemic.two_strains`: the names of the strains, one to a line."""

    strains: str


@dataclass(frozen=True)
class Epidemic:
    """Of `epidemic.chain_binomial` or `epidemic.deterministic`."""

    time: Time
    incidence: Courses
    severe: Courses
    reproduction: Annotated[Array, "1", ("replicate", "time", "strain"), NotNegative]
    extinct: Annotated[Whole, ("replicate", "strain"), Within(0, 1)]
    error_in_people: Annotated[float, "1", NotNegative]


@dataclass(frozen=True)
class Growing:
    """Of `epidemic.growth`: medians over replicates, with 2.5 and 97.5 %."""

    growth_rate: Rates
    growth_rate_low: Rates
    growth_rate_high: Rates
    doubling_time: Annotated[Array, "d", ("strain",)]
    selection: Rates
    selection_low: Rates
    selection_high: Rates


def none() -> Array:
    """Nothing observed."""
    return np.zeros(0)


@dataclass(frozen=True)
class Cases:
    """Of `observed.cases`; without a day there are none."""

    time: Time = field(default_factory=none)
    cases: Annotated[Array, "1", ("time",), People] = field(default_factory=none)
    start_date: str = ""


@dataclass(frozen=True)
class Estimated:
    """Of `observed.reproduction_number`, from the cases above."""

    observed_reproduction_time: Annotated[Array, "d", ("estimate",)] = field(default_factory=none)
    observed_reproduction: Annotated[Array, "1", ("estimate",), NotNegative] = field(default_factory=none)
    observed_reproduction_low: Annotated[Array, "1", ("estimate",), NotNegative] = field(default_factory=none)
    observed_reproduction_high: Annotated[Array, "1", ("estimate",), NotNegative] = field(default_factory=none)


@dataclass(frozen=True)
class Sampled:
    """Of `observed.selection`: shares of the variant among sequences."""

    sampled_time: Annotated[Array, "d", ("sampled",)] = field(default_factory=none)
    sampled_share: Annotated[Array, "1", ("sampled",), Share] = field(default_factory=none)


@dataclass(frozen=True)
class Outcome:
    """Protection from an outcome where immunity is fresh, and the fold of a single serum that says the same."""

    reference: Fraction
    variant: Fraction
    variant_low: Fraction
    variant_high: Fraction
    equivalent_fold: Fold
    equivalent_fold_low: Fold
    equivalent_fold_high: Fold


@dataclass(frozen=True)
class Report:
    """The chain's result: numbers, pictures, and one page. Low and high are 95 %.

    `reproduction` is that of each strain at the beginning, by the next-generation matrix, and `course_ratio` the
    variant's over the earlier strain's: it has to be `ratio`. `infections` and `severe` are the medians over replicates
    of all there were, `peak_day` that of the day with the most infections, `dominant_day` the first of the
    deterministic course on which the variant has more than half of the infections, -1 where there is none.
    `unexplained` is what a published ratio is over that of escape.
    """

    variants: str
    infection: Outcome
    severe_disease: Outcome
    ratio: Fold
    ratio_low: Fold
    ratio_high: Fold
    course_ratio: Annotated[float, "1", NotNegative]
    published_names: str
    unexplained: Annotated[Array, "1", ("published",), Positive]
    reproduction: Annotated[Array, "1", ("strain",), NotNegative]
    growth_rate: Rates
    selection: Rates
    selection_low: Rates
    selection_high: Rates
    infections: Annotated[Array, "1", ("strain",), People]
    severe: Annotated[Array, "1", ("strain",), People]
    peak_day: Annotated[Array, "d", ("strain",), NotNegative]
    dominant_day: Annotated[float, "d", Within(-1)]
    extinct_share: Annotated[Array, "1", ("strain",), Share]
    error_in_people: Annotated[float, "1", NotNegative]
    assumptions: str
    protection: Picture
    landscape: Picture
    incidence: Picture
    share: Picture
    page: Annotated[File, "text/html"]
