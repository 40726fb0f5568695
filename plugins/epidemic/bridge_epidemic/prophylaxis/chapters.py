"""The page of a prophylaxis, in its parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bridge import Picture, pages
from bridge_epidemic.ports import Array
from bridge_epidemic.prophylaxis.pictures import shown
from bridge_epidemic.prophylaxis.records import Protected, Wave


class Told(NamedTuple):
    """What the page tells of: the drug and who has it, protections by strain, and infections with and without it."""

    drug: str
    coverage: float
    people: float
    protections: Sequence[tuple[str, Protected]]
    waves: tuple[Wave, Wave]
    expected: tuple[Wave, Wave]
    averted: Array


def page(told: Told, antibody: Picture, waves: Picture, assumptions: Sequence[str]) -> bytes:
    """The whole page; pictures are of the antibody, and of the waves."""
    return pages.page(
        f"{told.drug[:1].upper()}{told.drug[1:]} before exposure: from plasma to a wave",
        _lead(told),
        [
            pages.box("What is assumed", assumptions, "warn"),
            _protection(told, antibody),
            _infections(told, waves),
        ],
    )


def _lead(told: Told) -> str:
    low, middle, high = told.averted
    without = float(np.median(told.waves[1].incidence.sum(axis=(1, 2))))
    days = told.waves[0].time[-1]
    if told.coverage == 0:
        return f"Nobody of {shown(np.array(told.people))} people is treated: {shown(np.array(without))} are infected."
    return (
        f"{told.coverage:.0%} of {shown(np.array(told.people))} people are given {told.drug} from the first day on. In "
        f"{days:.0f} d it averts {shown(middle)} (95 % of replicates: {shown(low)} to {shown(high)}) of "
        f"{shown(np.array(without))} infections.{_gained(told)}"
    )


def _gained(told: Told) -> str:
    """Who infects more where the other strains are kept down, by the deterministic courses."""
    more = (told.expected[0].incidence - told.expected[1].incidence).sum(axis=(0, 1))
    said = [
        f"{name} infects {shown(gain)} more"
        for (name, _), gain in zip(told.protections, more, strict=True)
        if gain >= 1
    ]
    return f" In the place of the other strain {' and '.join(said)}." if said else ""


def _protection(told: Told, antibody: Picture) -> str:
    rows = [
        (name, *(f"{100 * part.mean_protection[k]:.0f} %" for k in _at(part)), f"{part.protected:.0f} d")
        for name, part in told.protections
    ]
    first = told.protections[0][1]
    header = ["strain", *(f"day {first.time[k]:.0f}" for k in _at(first)), "a half or more"]
    return pages.chapter(
        "Protection of who is treated",
        "mean of patients",
        pages.picture(
            antibody,
            "Concentration of the antibody in plasma over time, above the protection from each strain.",
            "Above: median and 90 % of patients. Below: mean over patients; the band is the 95 % interval of the "
            "concentration that protects half, the line at one half.",
            760,
        ),
        pages.table(header, rows, "Mean protection on some days, and for how long it is a half or more"),
    )


def _at(part: Protected) -> list[int]:
    """Places in time: a week, a quarter, half and all of the course."""
    days = np.array([7.0, part.time[-1] / 4, part.time[-1] / 2, part.time[-1]])
    return sorted({int(np.abs(part.time - day).argmin()) for day in days})


def _infections(told: Told, waves: Picture) -> str:
    rows = []
    for rank, (name, _) in enumerate(told.protections):
        counts = [wave.incidence[:, :, rank].sum(axis=1) for wave in told.waves]
        means = [float(wave.incidence[:, :, rank].sum()) for wave in told.expected]
        rows.append((name, _spread(counts[1]), _spread(counts[0]), *(shown(np.array(m)) for m in means[::-1])))
    totals = [wave.incidence.sum(axis=(1, 2)) for wave in told.waves]
    means = [float(wave.incidence.sum()) for wave in told.expected]
    rows.append(("all", _spread(totals[1]), _spread(totals[0]), *(shown(np.array(m)) for m in means[::-1])))
    return pages.chapter(
        "The wave",
        f"{told.waves[0].incidence.shape[0]} replicates",
        pages.picture(
            waves,
            "Infections a day by strain over time, without and with the antibody.",
            "Median and 95 % of replicates by strain; dashed, the deterministic course.",
            760,
        ),
        pages.table(
            ["strain", "without", "with", "deterministic, without", "with"],
            rows,
            "Infections up to the end: median over replicates (2.5 to 97.5 %)",
        ),
    )


def _spread(counts: Array) -> str:
    low, middle, high = np.quantile(counts, (0.025, 0.5, 0.975))
    return f"{shown(middle)} ({shown(low)} to {shown(high)})"
