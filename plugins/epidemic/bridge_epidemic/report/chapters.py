"""The chapters of the viral escape report: each link of the chain in words, tables and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bridge import Picture
from bridge.pages import box, chapter, listed, paragraph, picture, table
from bridge_epidemic.ports import Array, names
from bridge_epidemic.report import published
from bridge_epidemic.report.records import Apparent, Conditions, Persons, Protected, Ratio, Receptor
from bridge_epidemic.report.words import between, bounded, count, percent, percents, short, signed


def lead(variants: Sequence[str], persons: Persons, infection: Protected, ratio: Ratio, circumstances: str) -> str:
    """The result in three sentences."""
    reference, variant = variants
    fold = between(infection.equivalent_fold, infection.equivalent_fold_low, infection.equivalent_fold_high)
    low, high = infection.variant_protection_now_low, infection.variant_protection_now_high
    kept = percents(infection.variant_protection_now, low, high)
    least, most = ("at least ", "at most ") if persons.fold_bound else ("", "")
    return (
        f"{variant} against {reference}, by {persons.antibody_count} antibodies: what virtual persons lose is like "
        f"diluting their serum {least}{fold} times. Where immunity is fresh, protection from infection goes from "
        f"{percent(infection.reference_protection_now)} to {most}{kept}. "
        f"With {circumstances}, the reproduction number is "
        f"{least}{between(ratio.ratio, ratio.ratio_low, ratio.ratio_high)} times that of the earlier variant."
    )


def assumed(assumptions: str) -> str:
    """What is not measured, before any number."""
    first, *rest = names(assumptions) or ["Nothing was said."]
    return box("What this rests on", [first], "warn") + (listed(rest) if rest else "")


def binding(found: Apparent, receptor: Receptor, variants: Sequence[str]) -> str:
    """Apparent changes of binding to antibodies, and what the same mutations do to the receptor."""
    reference, variant = variants
    header = ("source", *(f"{100 * p:g} %" for p in found.probability), "pairs", "known from below", "from above")
    rows = [
        (
            name,
            *(bounded(v, b) for v, b in zip(found.apparent_change[k], found.apparent_change_bound[k], strict=True)),
            f"{found.pairs[k]}",
            percent(found.lower_bound_share[k]),
            percent(found.upper_bound_share[k]),
        )
        for k, name in enumerate(names(found.binding_sources))
    ]
    unknown = int(found.left_out.sum())
    without = (
        f" Nothing is known of {unknown} pairs, which are left out of the shares and quantiles." if unknown else ""
    )
    measured = [
        (name, signed(affinity), signed(energy))
        for name, affinity, energy in zip(
            names(receptor.scanned), receptor.affinity_change, receptor.binding_change, strict=True
        )
    ]
    return chapter(
        "Binding",
        "molecule",
        picture(
            found.picture,
            "Distribution of the apparent change of binding, by source",
            f"RT ln(IC50 against {variant} / IC50 against {reference}), of the same antibody in the same study. "
            "Apparent: an IC50 is no dissociation constant.",
            900,
        ),
        table(header, rows, "Quantiles over antibodies, in kcal/mol; positive is weaker."),
        paragraph(
            "> says that the quantile lies among antibodies that were no longer seen to neutralise. No mean: there is "
            f"none of numbers known from one side.{without} WT is the virus of 2020, or a vaccine made of it."
        ),
        table(("mutation", "Δlog10 Ka", "ΔΔG (kcal/mol)"), measured, "Binding of the receptor, ACE2."),
        paragraph(
            "The receptor is another matter: single mutations of the virus of 2020 in a deep mutational scan. Their "
            "effects need not add, and do not enter what follows."
        ),
    )


def protection(
    drawn: Picture,
    persons: Persons,
    outcomes: Mapping[str, Protected],
    variants: Sequence[str],
    aged: Ratio,
    age: float,
) -> str:
    """What is left of protection, and the single fold that says the same."""
    rows = [
        (
            name,
            percent(o.reference_protection_now),
            percents(o.variant_protection_now, o.variant_protection_now_low, o.variant_protection_now_high),
            between(o.equivalent_fold, o.equivalent_fold_low, o.equivalent_fold_high),
        )
        for name, o in outcomes.items()
    ]
    later = (
        f" After {age:g} d protection is {percent(aged.earlier_protection)} from infection by the earlier variant and "
        f"{percent(aged.escape_protection)} by {variants[1]}."
        if age
        else ""
    )
    bounded_by = (
        f" Of some sources there are few antibodies: censored ones count as their limit, so that folds are known from "
        f"below, and protection against {variants[1]} from above."
        if persons.fold_bound
        else ""
    )
    return chapter(
        "Protection",
        "serum, person",
        picture(
            drawn,
            "Protection against titre, against both variants, from infection and severe disease",
            "Mean over persons who differ in their titres (standard deviation 0.44 of log10) and, against the variant, "
            "in how far these fall. The arrow is the single dilution that gives the same mean protection.",
            900,
        ),
        table(
            ("from", f"against {variants[0]}", f"against {variants[1]}", "equivalent fold"),
            rows,
            "Where immunity is fresh; in brackets 95 % over a bootstrap of the antibodies. "
            f"An equivalent fold belongs to one titre and one outcome.{later}{bounded_by}",
        ),
        paragraph(
            f"{percent(persons.escaped[0])} of the persons keep no antibody that was seen to neutralise {variants[1]}; "
            f"{percent(persons.persons_without[0])} of those drawn had none against {variants[0]} and are left out. "
            f"The five most potent of {persons.uncensored} antibodies that neutralise {variants[1]} hold "
            f"{percent(persons.leading_share)} of all potency: an average of potencies would be theirs."
        ),
    )


def transmission(
    drawn: Picture,
    ratio: Ratio,
    conditions: Conditions,
    variants: Sequence[str],
    circumstances: str,
    fold: float,
    default: bool,
) -> str:
    """The ratio of reproduction numbers, what published ones would need, and what remains.

    `default` says that the published ratios are those of the default, of BA.1 over Delta; where there are none, the
    run is of another variant.
    """
    known = names(conditions.published_names)
    escaping = f"this run's earlier variant escapes {fold:g}-fold" + (f", as {variants[0]} does" if fold == 1 else "")
    whose = (
        f"Published ratios are of BA.1 over Delta, and {escaping}; no antibody of the published table was measured "
        "against Delta."
        if default
        else f"A published ratio has to be of {variants[1]} over the same earlier variant; {escaping}."
    )
    if known:
        compared = [
            box(
                "That a published ratio can be met proves nothing",
                [
                    "Some immune fraction nearly always fits: the table says which. Whether so many people were "
                    "immune, and for how long, has to come from elsewhere.",
                    whose,
                ],
                "warn",
            ),
            published.needed(conditions),
            published.unexplained(ratio, conditions, circumstances),
        ]
    else:
        compared = [
            box(
                "No published ratio stands beside it",
                [
                    f"Those of the default are of BA.1 over Delta, and say nothing of {variants[1]}. escape.conditions "
                    "takes others, as published_ratio and published_names."
                ],
                "warn",
            )
        ]
    grey = f" Grey: published ratios{', BA.1 over Delta' if default else ''}." if known else ""
    return chapter(
        "Reproduction numbers",
        "population",
        picture(
            drawn,
            "Ratio of reproduction numbers over the immune fraction, for ages of immunity and earlier variants",
            f"R of {variants[1]} over R of an earlier variant that needs so many times the titre of {variants[0]}. "
            f"Bands: 95 % over a bootstrap of the antibodies.{grey}",
            900,
        ),
        *compared,
    )


def wave(
    drawn: Sequence[Picture], strains: Sequence[str], numbers: Mapping[str, Array], words: Mapping[str, str]
) -> str:
    """The epidemic: incidence, reproduction numbers, the variant's share."""
    rows = [
        (
            name,
            short(numbers["reproduction"][k]),
            between(numbers["growth"][k], numbers["growth_low"][k], numbers["growth_high"][k]),
            short(abs(numbers["doubling"][k])) + (" (halves)" if numbers["doubling"][k] < 0 else ""),
            words["peaks"].splitlines()[k],
            count(numbers["infections"][k]),
            count(numbers["severe"][k]),
            percent(numbers["extinct"][k]),
        )
        for k, name in enumerate(strains)
    ]
    header = ("strain", "R at start", "growth (1/d)", "doubles in (d)", "peak", "infections", "severe", "ended")
    return chapter(
        "The wave",
        "population",
        picture(
            drawn[0],
            "Infections a day of each strain, and effective reproduction numbers",
            f"Median and 95 % of {words['replicates']} replicates among {words['people']} people. "
            f"{words['seen']}Reproduction numbers are those of the next-generation matrix on each day.",
            900,
        ),
        picture(
            drawn[1],
            "Share of the variant among new infections on a logit axis",
            "A constant advantage is a straight line, its slope the selection coefficient: "
            f"{words['selection']} a day. {words['dominant']}",
            900,
        ),
        table(
            header,
            rows,
            "Medians of the replicates, with 2.5–97.5 %.",
        ),
        paragraph(
            "R is that of the first day, growth that of the window of its stage. Severe infections are the expected "
            "ones, by the share that the immunity stage was given; ended is the share of replicates without any "
            "infected at the end."
        ),
        paragraph(
            f"There are {words['each']} infections for each person. Some are infected again: after an infection, too, "
            "protection is partial from the first day on, and without measures nobody avoids anybody."
        ),
    )


def checks(error_in_people: float, courses: float, escape: float) -> str:
    """What has to agree, and how far it does."""
    rows = [
        ("people of every step against those at the beginning", f"{error_in_people:.1e}"),
        ("ratio at the start, by the next-generation matrix", short(courses)),
        ("ratio at the start, by the formula of escape", short(escape)),
    ]
    apart = abs(courses / escape - 1) if escape else np.inf
    said = (
        f"The two ratios are {100 * apart:.2g} % apart. They are the same where the immune are spread evenly over "
        "groups, have immunity of one age, and nothing but escape and the ratio of transmissibilities tells the "
        "strains apart."
    )
    return chapter("Checks", "", table(("", ""), rows, "Computed in two ways."), paragraph(said))
