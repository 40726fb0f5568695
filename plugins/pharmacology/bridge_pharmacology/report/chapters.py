"""The chapters of the report's page: what each part of the chain gave, in words, tables and pictures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bridge import Picture
from bridge.pages import box, chapter, listed, paragraph, picture, table
from bridge_pharmacology.report.quantiles import Agreement, Spread
from bridge_pharmacology.report.records import Comparison, Criteria, Verdict

Array = NDArray[np.float64]

#: Rows of the exposure table: what is shown, its unit, and whose spread it is.
SHOWN = (
    ("AUC of plasma, from the first dose to the end", "mg·d/L", "exposure"),
    ("plasma at {peak:g} d", "mg/L", "peak"),
    ("plasma at the end (trough)", "mg/L", "trough"),
    ("receptor occupancy at the end", "1", "occupancy"),
    ("signal at the end", "1", "signal"),
    ("effect at the end ({effect})", "1", "effect"),
)


def lead(drug: str, dose: float, effect_name: str, end: float, patients: int, spreads: Mapping[str, Spread]) -> str:
    """The result in two sentences."""
    trough, occupancy, effect = spreads["trough"], spreads["occupancy"], spreads["effect"]
    return (
        f"{patients} virtual patients on {dose:g} mg/kg of {drug}, followed for {short(end)} d. At the end plasma "
        f"holds {among(trough)} mg/L, {among(occupancy)} of the receptors are occupied, and the effect, {effect_name}, "
        f"is {among(effect)}: the median, and 5–95 % of the patients."
    )


def assumed(assumptions: str) -> str:
    """What is not measured, before any number."""
    first, *rest = [line.strip() for line in assumptions.splitlines() if line.strip()] or ["Nothing was said."]
    return box("Illustrative assumptions", [first], "warn") + (listed(rest) if rest else "")


def population(shown: Picture, left_out: str, typical: bool) -> str:
    """Five courses."""
    dashed = " The dashed line is the typical patient, who is not the median one." if typical else ""
    parts = [
        picture(
            shown,
            "Time courses of plasma, tumour, occupancy, signal and effect",
            "Median and 5–95 % of the patients at each instant: free drug in plasma, free drug in the fluid of the "
            f"tumour, antigen occupied, signal, effect.{dashed} The edges of a ribbon "
            "are no patient's course.",
            760,
        )
    ]
    if left_out:
        parts.append(box("Patients left out", left_out.split("; "), "warn"))
    return chapter("From dose to effect", "population", *parts)


def exposures(spreads: Mapping[str, Spread], patients: Mapping[str, int], peak_time: float, effect_name: str) -> str:
    """The exposure table; `patients` is how many each spread is of."""
    rows = [
        (
            label.format(peak=peak_time, effect=effect_name),
            short(s.median),
            short(s.low),
            short(s.high),
            "" if unit == "1" else unit,
        )
        for label, unit, s in ((label, unit, spreads[name]) for label, unit, name in SHOWN)
    ]
    counts = sorted(set(patients.values()))
    who = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    fewer = "" if len(counts) == 1 else " Further down the table are fewer, for some were left out on the way."
    words = f"Percentiles of {who} patients, linear between them; each row for itself.{fewer}"
    return chapter("Exposure and response", "population", table(("", "median", "5 %", "95 %", "unit"), rows, words))


def regimens(
    shown: Picture, dose: Array, trough: Array, occupancy: Array, effect: Array, labels: str, effect_name: str
) -> str:
    """The typical patient at several doses."""
    said = labels.splitlines()
    named = said if len(said) == dose.size else [f"{given:g} mg/kg" for given in dose]
    rows = [(name, *map(short, ends)) for name, *ends in zip(named, trough, occupancy, effect, strict=True)]
    header = ("regimen", "trough (mg/L)", "occupancy", effect_name)
    return chapter(
        "Dose and response",
        "typical patient",
        picture(
            shown,
            "Occupancy and effect over dose",
            "At the end of the courses, over the maintenance dose. Square and bar: the population at its own dose, "
            "a little to the side.",
            900,
        ),
        table(header, rows, "The typical patient at the end, each regimen alone."),
    )


def penetration(shown: Picture, criteria: Criteria, resolved: float, uncoupled: Verdict, comparison: Comparison) -> str:
    """Which process is fast, and whether plasma may be computed without the tumour."""
    clocks = [
        ("free diffusion", criteria.free_diffusion),
        ("diffusion retarded by binding", criteria.retarded_diffusion),
        ("supply through capillary walls", criteria.supply),
        ("binding", criteria.binding),
        ("internalisation", criteria.internalisation),
        ("clearance", criteria.clearance),
    ]
    moduli = [
        ("retarded diffusion", short(criteria.thiele), short(criteria.clearance_modulus)),
        ("supply through capillary walls", short(criteria.thiele_wall), short(criteria.clearance_wall)),
    ]
    return chapter(
        "Penetration",
        "tissue",
        paragraph(f"In the order of their times, computed, not assumed: {criteria.order}."),
        paragraph(f"What limits penetration: {criteria.limited_by}."),
        table(
            ("process", "time"), [(name, duration(seconds)) for name, seconds in clocks], "How long each process takes."
        ),
        table(
            ("", "over internalisation (Thiele)", "over clearance"),
            moduli,
            "Moduli: above 1, drug is taken up or gone before it has arrived.",
        ),
        picture(
            shown,
            "Antigen bound around a capillary, over time, and profiles",
            f"The typical patient around one capillary, resolved: at the end {short(resolved)} of the antigen is "
            "bound. The population's tumours are lumped, well mixed behind the wall of the capillary.",
            900,
        ),
        verdict(uncoupled, comparison),
    )


def verdict(uncoupled: Verdict, comparison: Comparison) -> str:
    """The verdict on leaving the tumour out of plasma, in words with numbers."""
    ratio = (
        f"The tumour clears at most {short(uncoupled.ratio)} of what the body clears; the limit is "
        f"{short(uncoupled.limit)}."
    )
    measured = f"Measured by running both: {comparison.words}."
    if uncoupled.admissible:
        return box("The uncoupled chain is admissible", [ratio, measured], "good")
    return box("The uncoupled chain is not admissible: couple plasma and tumour", [ratio, measured], "warn")


def balances(balance: Mapping[str, float], apart: Agreement, limit: float = 1e-6) -> str:
    """Mass balances, stage by stage, and whether two stages that say the same agree."""
    rows = [(name, f"{value:.1e}", "yes" if value <= limit else "NO") for name, value in balance.items()]
    return chapter(
        "Checks",
        "mass balance, agreement",
        table(
            ("stage", "imbalance", f"below {limit:g}"),
            rows,
            "The largest of |in − out − held| over what came in: the dose or, beyond plasma, the inflow of the wire.",
        ),
        paragraph(
            f"Occupancy computed twice, in the tissue and by binding to the free drug that the tissue gave: at most "
            f"{apart.largest:.1e} apart, after {short(apart.when)} d, and {apart.at_end:.1e} at the end. Between the "
            "rows of a course the drug is interpolated: a shorter sampling brings the two closer."
        ),
    )


def among(spread: Spread) -> str:
    """A median with its percentiles: ``66.6 (24.7–141)``."""
    return f"{short(spread.median)} ({short(spread.low)}–{short(spread.high)})"


def short(value: float) -> str:
    """Three digits, without a power of ten where that is short."""
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e6:
        digits = max(0, 2 - int(np.floor(np.log10(abs(value)))))
        return f"{value:,.{digits}f}".replace(",", " ")
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa}·10" + str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def duration(seconds: float) -> str:
    """A time in the unit it is spoken of in."""
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{short(seconds / size)} {unit}"
    return f"{short(seconds)} s"
