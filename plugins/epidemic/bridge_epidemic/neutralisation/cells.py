"""Antibodies of one source against two variants, and whether there are enough of them to tell anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from bridge_epidemic.neutralisation.antibodies import Antibodies
from bridge_epidemic.ports import Array, Whole, chosen, names

#: Fewest antibodies of a source, and fewest of them whose IC50 against the reference, or the variant, is a number.
FEWEST = 50
FEWEST_UNCENSORED = 10
#: Sources that a refusal names, at most.
SHOWN = 4

SmallCells = Literal["refuse", "bound"]


@dataclass(frozen=True)
class Pairs:
    """IC50s [ug/mL] of the same antibodies against two variants; `source` counts in `sources`, `small` are too few."""

    sources: tuple[str, ...]
    source: Whole
    reference: Array
    variant: Array
    small: tuple[bool, ...]


def against(antibodies: Antibodies) -> Array:
    """IC50 (antibody, variant) in ug/mL, nan where nothing was measured. Raises ValueError for numbers out of place."""
    size = (antibodies.source.size, len(names(antibodies.variants)))
    for what, places, below in (
        ("antibody", antibodies.antibody, size[0]),
        ("variant", antibodies.variant, size[1]),
        ("source", antibodies.source, len(names(antibodies.sources))),
        ("study", antibodies.study, len(names(antibodies.studies))),
    ):
        if places.size and not 0 <= places.min() <= places.max() < below:
            raise ValueError(
                f"antibodies.{what} counts from 0 to {below - 1} here, got {places.min()}..{places.max()}."
            )
    if np.unique(antibodies.antibody * size[1] + antibodies.variant).size < antibodies.ic50.size:
        raise ValueError("antibodies holds two measurements of one antibody against one variant. Keep one of them.")
    table = np.full(size, np.nan)
    table[antibodies.antibody, antibodies.variant] = antibodies.ic50
    return table


def pairs(antibodies: Antibodies, reference: str, variant: str, sources: str, small_cells: SmallCells) -> Pairs:
    """Antibodies of the sources, named in one text with commas, that were measured against both variants.

    Raises ValueError for names that are not there, and for sources with too few antibodies: always without any,
    and unless `small_cells` is "bound" with fewer than 50, or fewer than 10 that are not censored against either.
    """
    known, people = names(antibodies.variants), names(antibodies.sources)
    table = against(antibodies)
    one, other = (chosen(name, known, "variant") for name in (reference, variant))
    if len(one) + len(other) > 2:
        raise ValueError(f"reference and variant are one variant each, got {reference!r} and {variant!r}.")
    picked = chosen(sources, people, "source")
    small, taken = [], []
    for place in picked:
        rows, uncensored = _measured(antibodies, table, place, one[0], other[0])
        small.append(rows.size < FEWEST or min(uncensored) < FEWEST_UNCENSORED)
        taken.append(rows)
        if rows.size == 0 or (small[-1] and small_cells == "refuse"):
            fit = [known[at] for at in range(len(known)) if _enough(antibodies, table, place, one[0], at)]
            others = [name for at, name in enumerate(people) if _enough(antibodies, table, at, one[0], other[0])]
            instead = f"Write variant={' or '.join(map(repr, fit))}" if fit else "Take another source or reference"
            if others and not fit:
                instead = f"Write sources={' or '.join(map(repr, others[:SHOWN]))}"
            raise ValueError(
                f"{people[place]}: {rows.size} antibodies were measured against both {known[one[0]]} and "
                f"{known[other[0]]}, of which {uncensored[0]} and {uncensored[1]} have an IC50 below the upper limit; "
                f"{FEWEST}, and {FEWEST_UNCENSORED} against each, are needed. {instead}"
                + (", or small_cells='bound' for a bound." if rows.size else ".")
            )
    at = np.concatenate(taken)
    source = np.repeat(np.arange(len(taken)), [rows.size for rows in taken])
    return Pairs(tuple(people[p] for p in picked), source, table[at, one[0]], table[at, other[0]], tuple(small))


def _measured(
    antibodies: Antibodies, table: Array, source: int, reference: int, variant: int
) -> tuple[Whole, tuple[int, int]]:
    """Antibodies of a source that were measured against both, and how many have an IC50 against either."""
    both = ~np.isnan(table[:, [reference, variant]]).any(axis=1)
    rows = np.flatnonzero(both & (antibodies.source == source))
    counts = (table[rows][:, [reference, variant]] < antibodies.upper_limit).sum(axis=0)
    return rows, (int(counts[0]), int(counts[1]))


def _enough(antibodies: Antibodies, table: Array, source: int, reference: int, variant: int) -> bool:
    rows, uncensored = _measured(antibodies, table, source, reference, variant)
    return variant != reference and rows.size >= FEWEST and min(uncensored) >= FEWEST_UNCENSORED
