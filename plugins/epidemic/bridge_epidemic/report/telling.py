"""Numbers of the courses that the report tells, and the words around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from bridge_epidemic.ports import Array, names
from bridge_epidemic.report.records import Cases, Epidemic, Growing
from bridge_epidemic.report.wave_pictures import shares
from bridge_epidemic.report.words import between, short


def fitting(
    named: Sequence[str], epidemic: Epidemic, expected: Epidemic, growth: Growing, observed: tuple[str, Cases]
) -> None:
    """Check that the courses are of these strains, and observed cases of these dates. Raises ValueError."""
    counts = {
        "epidemic": epidemic.incidence.shape[2],
        "expected": expected.incidence.shape[2],
        "growth": growth.growth_rate.size,
    }
    for name, count in counts.items():
        if count != len(named):
            raise ValueError(
                f"{name} has {count} strains, and {len(named)} are named: {', '.join(named)}. Wire strains and courses "
                "from the same stages."
            )
    if len(named) < 2:
        raise ValueError(f"A report of escape is of an earlier strain and a variant, got {named}. Name both.")
    if not np.array_equal(epidemic.time, expected.time):
        raise ValueError(
            f"epidemic ends on day {epidemic.time[-1]:g} and expected on day {expected.time[-1]:g}. Give both stages "
            "the same duration."
        )
    start, cases = observed
    if cases.cases.size and cases.start_date != start:
        raise ValueError(
            f"cases count from {cases.start_date}, and the courses from {start}. Give both the same start_date."
        )


def labels(strains: str, earlier_fold: float) -> list[str]:
    """Names of the strains; an earlier one that escapes already is not the virus that it is named after."""
    found = names(strains)
    if found and earlier_fold != 1:
        found[0] = f"earlier variant, {earlier_fold:g}-fold"
    return found


def numbers(epidemic: Epidemic, expected: Epidemic, growth: Growing) -> dict[str, Array]:
    """What the table of strains says, a number for each strain, and the day on which the variant takes over."""
    daily = expected.incidence[0]
    over = np.flatnonzero(shares(daily) > 0.5)
    return {
        "reproduction": expected.reproduction[0, 0],
        "growth": growth.growth_rate,
        "growth_low": growth.growth_rate_low,
        "growth_high": growth.growth_rate_high,
        "doubling": growth.doubling_time,
        "infections": np.median(epidemic.incidence.sum(axis=1), axis=0),
        "severe": np.median(epidemic.severe.sum(axis=1), axis=0),
        "peak_day": np.median(epidemic.time[epidemic.incidence.argmax(axis=1)], axis=0),
        "extinct": epidemic.extinct.mean(axis=0),
        "dominant_day": np.float64(expected.time[over[0]] if over.size else -1.0),
    }


def circumstances(fraction: float, age: float, earlier_fold: float, transmissibility: float) -> str:
    """The run's own, in words: the immune, their antibodies, the earlier variant, transmissibility."""
    when = "fresh immunity" if age == 0 else f"immunity {age:g} d old"
    said = [f"{100 * fraction:g} % immune", when]
    said.append(
        "an earlier variant that escapes nothing" if earlier_fold == 1 else f"an earlier fold of {earlier_fold:g}"
    )
    same = "equal transmissibility" if transmissibility == 1 else f"{transmissibility:g} times the transmissibility"
    return f"{', '.join(said)} and {same}"


def words(
    epidemic: Epidemic,
    told: Mapping[str, Array],
    people: float,
    growth: Growing,
    cases: Cases,
    begin: date,
    variant: str,
) -> dict[str, str]:
    """Words that the captions of the wave need."""
    day = float(told["dominant_day"])
    dominant = (begin + timedelta(days=int(day))).isoformat() if day >= 0 else ""
    low, middle, high = (float(part[-1]) for part in (growth.selection_low, growth.selection, growth.selection_high))
    return {
        "replicates": f"{epidemic.incidence.shape[0]}",
        "people": short(people) if people < 1e6 else f"{people / 1e6:.3g} million",
        "seen": "Dots: observed cases, which are no infections: some are never found. " if cases.cases.size else "",
        "each": short(float(told["infections"].sum()) / people),
        "peaks": "\n".join(
            ("still rising on " if day == epidemic.time[-1] else "") + (begin + timedelta(days=int(day))).isoformat()
            for day in told["peak_day"]
        ),
        "selection": between(middle, low, high),
        "dominant": f"{variant} has more than half of the infections from {dominant} on." if dominant else "",
    }
