"""The viral escape chain on one page: from apparent changes of binding to a wave, and what stays unexplained."""

from __future__ import annotations

from typing import Annotated

from bridge import File, Picture, Within, model
from bridge_epidemic.dates import iso
from bridge_epidemic.ports import NotNegative, Positive, Share
from bridge_epidemic.protection.levels import at_age
from bridge_epidemic.report.records import (
    Apparent,
    Cases,
    Conditions,
    Epidemic,
    Estimated,
    Growing,
    Landscape,
    Named,
    Outcome,
    Peopled,
    Persons,
    Protected,
    Ratio,
    Receptor,
    Report,
    Sampled,
)  # fmt: skip
from bridge_epidemic.scales import POPULATION

#: What the default flow takes for granted; a flow of other parts hands in its own.
ASSUMPTIONS = """\
Measured are IC50s of single antibodies, the published relation of titre and protection, and contacts. Everything that \
connects them is a model, and these are its assumptions.
Antibodies: sorted because they bind the receptor-binding domain, and some of them drugs. They are no sample of a \
serum, hold nothing that binds elsewhere, and no T cells.
Serum: a person has so many clonotypes in equal shares, drawn independently; their potencies add, and what was not \
seen to neutralise counts as nothing.
Protection: the curve was fitted to vaccines and the virus of 2020, and is used for other variants as if only titre \
mattered.
Transmission: protection acts on susceptibility alone. Breakthrough infections are as infectious as others (1, for \
want of a sourced number), so that no antibody is counted twice.
Immunity: at the beginning the immune have antibodies of one age, evenly over all ages of people, and titres halve \
every 108 d. How far an infection protects from the other strain, and that a second one recalls what was there, is \
assumed, not measured: from its peak on the wave rests on that.
Behaviour: nobody avoids anybody but by the measures that a run is given, so that waves are larger than were seen.
Transmissibility: variant and earlier strain are alike but for escape and the ratio that the run was given, whose \
default of 1 is a choice and no finding; their generation times are the same.
Earlier variant: the fold by which it escapes already is an input, 1 by default, and not measured here. Published \
ratios of BA.1 are against Delta, of which the table has nothing.
Intervals: those of folds, protection and ratios hold which antibodies were found, and nothing else; those of the wave \
hold chance, and nothing else. The errors of the curve of protection, clonotypes, the age of immunity and R0 are in \
none of them; flows/escape_ratio.py asks what most of these matter."""


@model("viral_escape.report", scale=POPULATION, depends=["matplotlib"])
def report(
    binding: Apparent,
    scan: Receptor,
    persons: Persons,
    infection: Protected,
    severe: Protected,
    ratio: Ratio,
    landscape: Landscape,
    conditions: Conditions,
    contacts: Peopled,
    strains: Named,
    epidemic: Epidemic,
    expected: Epidemic,
    growth: Growing,
    reference: str = "D614G",
    variant: str = "BA.1",
    immune_fraction: Annotated[float, "1", Share] = 0.7,
    age: Annotated[float, "d", NotNegative] = 0.0,
    earlier_fold: Annotated[float, "1", Positive] = 1.0,
    transmissibility_ratio: Annotated[float, "1", Within(0, 100, strict=True)] = 1.0,
    half_life: Annotated[float, "d", Positive] = 108.0,
    start_date: str = "2021-11-15",
    cases: Cases = Cases(),
    estimated: Estimated = Estimated(),
    sampled: Sampled = Sampled(),
    assumptions: str = ASSUMPTIONS,
) -> Report:
    """What escape from antibodies comes to, from binding to a wave, and what it leaves unexplained, on one HTML page.

    `binding` to `growth` are the stages of those links of the chain, `infection` and `severe` two of `protection.sera`,
    `epidemic` and `expected` the drawn and the deterministic course; the last of the strains is the variant. The
    numbers after them have to be those that the stages were given, and stand on the page as the run's own. Published
    ratios of the default of `escape.conditions` are of BA.1, and left out where the variant is another. Observed
    `cases`, the reproduction number `estimated` from them, and shares of the variant among sequences (`sampled`) are
    drawn over the courses where they are given, by days after `start_date`.

    The page needs nothing from outside and runs no script; what `assumptions` says stands on it, one line each.
    Raises ValueError for courses of other strains or times, and for cases that count from another date.
    """
    from bridge.pages import page
    from bridge_epidemic.report import chapters, escape_pictures, published, telling, wave_pictures  # late: matplotlib

    variants = (reference, variant)
    named = telling.labels(strains.strains, earlier_fold)
    telling.fitting(named, epidemic, expected, growth, (start_date, cases))
    begin = iso(start_date, "The start_date")
    circumstances = telling.circumstances(immune_fraction, age, earlier_fold, transmissibility_ratio)
    conditions = published.comparable(conditions, variant)
    outcomes = {"infection": infection, "severe disease": severe}
    told = telling.numbers(epidemic, expected, growth)

    waned = float(at_age(infection.mean_level, age, half_life)) if age else None
    curves = [
        escape_pictures.Curves(name, o.level, o.reference_protection, o.variant_protection)
        for name, o in outcomes.items()
    ]
    people = float(contacts.population.sum())
    wave = wave_pictures.Wave(
        start_date, named, people, epidemic.time, epidemic.incidence, epidemic.reproduction, expected.incidence[0]
    )
    bands = estimated.observed_reproduction_low, estimated.observed_reproduction, estimated.observed_reproduction_high
    seen = wave_pictures.Seen(cases.time, cases.cases, estimated.observed_reproduction_time, bands)
    drawn = {
        "protection": escape_pictures.protection(
            curves, variants, infection.mean_level, infection.equivalent_fold, waned
        ),
        "landscape": escape_pictures.landscape(
            landscape.immune_fraction,
            landscape.age,
            landscape.earlier_fold,
            (landscape.ratio_low, landscape.ratio, landscape.ratio_high),
            (immune_fraction, earlier_fold, ratio.ratio),
            published.bands(conditions),
        ),
        "incidence": wave_pictures.incidence(wave, seen),
        "share": wave_pictures.share(wave, (sampled.sampled_time, sampled.sampled_share)),
    }
    pictures = {name: Picture.drawn(figure) for name, figure in drawn.items()}
    course_ratio = float(expected.reproduction[0, 0, -1] / max(expected.reproduction[0, 0, 0], 1e-300))
    words = telling.words(epidemic, told, people, growth, cases, begin, variant)
    written = page(
        f"{variant} against {reference}: from antibodies to a wave",
        chapters.lead(variants, persons, infection, ratio, circumstances),
        [
            chapters.assumed(assumptions),
            chapters.binding(binding, scan, variants),
            chapters.protection(pictures["protection"], persons, outcomes, variants, ratio, age),
            chapters.transmission(
                pictures["landscape"],
                ratio,
                conditions,
                variants,
                circumstances,
                earlier_fold,
                published.of_default(conditions),
            ),
            chapters.wave([pictures["incidence"], pictures["share"]], named, told, words),
            chapters.checks(max(epidemic.error_in_people, expected.error_in_people), course_ratio, ratio.ratio),
        ],
    )
    return Report(
        variants="\n".join(variants),
        infection=_outcome(infection),
        severe_disease=_outcome(severe),
        ratio=ratio.ratio,
        ratio_low=ratio.ratio_low,
        ratio_high=ratio.ratio_high,
        course_ratio=course_ratio,
        published_names=conditions.published_names,
        unexplained=conditions.unexplained,
        reproduction=told["reproduction"],
        growth_rate=growth.growth_rate,
        selection=growth.selection,
        selection_low=growth.selection_low,
        selection_high=growth.selection_high,
        infections=told["infections"],
        severe=told["severe"],
        peak_day=told["peak_day"],
        dominant_day=float(told["dominant_day"]),
        extinct_share=told["extinct"],
        error_in_people=max(epidemic.error_in_people, expected.error_in_people),
        assumptions=assumptions,
        page=File(written, "text/html"),
        **pictures,
    )


def _outcome(of: Protected) -> Outcome:
    return Outcome(
        reference=of.reference_protection_now,
        variant=of.variant_protection_now,
        variant_low=of.variant_protection_now_low,
        variant_high=of.variant_protection_now_high,
        equivalent_fold=of.equivalent_fold,
        equivalent_fold_low=of.equivalent_fold_low,
        equivalent_fold_high=of.equivalent_fold_high,
    )
