"""Published ratios of reproduction numbers: which of them say anything of a run, what they would need, what stays."""

from __future__ import annotations

from dataclasses import replace

from bridge.pages import table
from bridge_epidemic.ports import names
from bridge_epidemic.protection.conditions import NAMES
from bridge_epidemic.report.escape_pictures import Published
from bridge_epidemic.report.records import Conditions, Ratio
from bridge_epidemic.report.words import between, fraction, short


def of_default(conditions: Conditions) -> bool:
    """Whether the published ratios are those that a run has where it names none: of BA.1 over Delta."""
    return set(names(conditions.published_names)) <= set(names(NAMES))


def comparable(conditions: Conditions, variant: str) -> Conditions:
    """Without published ratios that are of another variant: those of the default are of BA.1."""
    if variant == "BA.1" or not of_default(conditions):
        return conditions
    parts = ("published_ratio", "needed", "reached", "unexplained", "unexplained_low", "unexplained_high")
    return replace(conditions, published_names="", **{part: getattr(conditions, part)[:0] for part in parts})


def bands(conditions: Conditions) -> list[Published]:
    """Published ratios for the picture: two that are the low and the high of one estimate become a band."""
    found: list[Published] = []
    for name, value in zip(names(conditions.published_names), conditions.published_ratio.tolist(), strict=True):
        whose = name.removesuffix(", low").removesuffix(", high")
        if found and found[-1].name == whose:
            found[-1] = Published(whose, min(found[-1].low, value), max(found[-1].high, value))
        else:
            found.append(Published(whose, value, value))
    return found


def needed(conditions: Conditions) -> str:
    """Immune fractions that would do, as a table."""
    rows = [
        (
            "" if e else f"{name}: {short(conditions.published_ratio[k])}",
            f"{earlier:g}",
            *(
                fraction(conditions.needed[k, e, a]) if conditions.reached[k, e, a] else "none"
                for a in range(conditions.age.size)
            ),
        )
        for k, name in enumerate(names(conditions.published_names))
        for e, earlier in enumerate(conditions.earlier_fold)
    ]
    return table(
        ("published ratio", "earlier fold", *(f"{age:g} d" for age in conditions.age)),
        rows,
        "Immune fraction at which escape alone would give a published ratio, by the fold of the earlier variant "
        "and the age of immunity.",
    )


def unexplained(ratio: Ratio, conditions: Conditions, circumstances: str) -> str:
    """What is published over what escape gives, as a table."""
    rows = [
        (
            name,
            short(conditions.published_ratio[k]),
            between(ratio.ratio, ratio.ratio_low, ratio.ratio_high),
            between(conditions.unexplained[k], conditions.unexplained_low[k], conditions.unexplained_high[k]),
        )
        for k, name in enumerate(names(conditions.published_names))
    ]
    return table(
        ("", "published", "by escape", "left unexplained"),
        rows,
        f"With {circumstances}: published ratio over that of escape. Transmissibility, generation times, behaviour "
        "or anything else would have to account for the factor; below 1 escape alone would do more than was seen.",
    )
