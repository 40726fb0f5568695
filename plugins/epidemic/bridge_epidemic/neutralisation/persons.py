"""Sera of virtual persons: how much less a variant is neutralised than a reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_epidemic.neutralisation.antibodies import Antibodies
from bridge_epidemic.neutralisation.cells import SmallCells, pairs
from bridge_epidemic.ports import Array, Share
from bridge_epidemic.scales import SERUM

#: log10 of folds that are told apart.
GRID: Array = 0.01 * np.arange(-800.0, 801.0)
#: Persons of all antibodies, for each person of a resample.
MORE = 10

Shares = Annotated[Array, "1", ("draw",), Share]


@dataclass(frozen=True)
class SerumFolds:
    """How persons are spread over log10 of the fold by which a variant is neutralised less than the reference.

    `persons_share` is the share of them about each of `log10_fold`, `escaped` the share who neutralise the reference
    and not the variant at all: together they are one. `persons_without` is the share of all persons drawn who do not
    even neutralise the reference, and are left out. Row 0 is of all antibodies, the others of bootstrap resamples of
    them; or there is one row, of one resample. Of `antibody_count` antibodies `uncensored` have an IC50 against
    the variant, and the five most potent of them `leading_share` of all potency against it. Where `fold_bound` is 1,
    folds are lower bounds. `cell` says which viruses and sources these are.
    """

    log10_fold: Annotated[Array, "1", ("fold",)]
    persons_share: Annotated[Array, "1", ("draw", "fold"), Share]
    escaped: Shares
    persons_without: Shares
    antibody_count: Annotated[int, Within(1)]
    uncensored: Annotated[int, Within(0)]
    leading_share: Annotated[float, "1", Share]
    fold_bound: Annotated[int, Within(0, 1)]
    cell: str


@model("serum.persons", scale=SERUM, depends=["numba"])
def persons(
    antibodies: Antibodies,
    reference: str = "D614G",
    variant: str = "BA.1",
    sources: str = "WT convalescents, WT vaccinees",
    clonotypes: Annotated[int, Within(1, 1_000_000)] = 20,
    small_cells: SmallCells = "refuse",
    *,
    persons: Annotated[int, Within(1, 10_000_000)] = 20_000,
    draws: Annotated[int, Within(0, 100_000)] = 200,
    draw: Annotated[int, Within(-1, 100_000_000)] = -1,
    seed: int = 20260108,
) -> SerumFolds:
    """Virtual persons, each with `clonotypes` antibodies in equal shares out of those of the sources.

    Antibodies measured against both variants are pooled and drawn with replacement. Potencies add within a person:
    the titre goes as the sum of 1/IC50, a censored IC50 counting as none; the fold is the ratio of both sums.
    Row 0 has ten times `persons`, rows from 1 on as many each, of `draws` bootstrap resamples of the antibodies; with
    `draw` 0 or more there is that one resample alone, the same as in row `draw` + 1 otherwise.

    Raises ValueError for unknown variants and sources, and for a source with fewer than 50 antibodies measured
    against both variants, or fewer than 10 with an IC50 against either; with `small_cells` "bound" a
    censored IC50 against the variant then counts as its limit, and folds are lower bounds.
    """
    from bridge_epidemic.neutralisation.drawn import counted

    found = pairs(antibodies, reference, variant, sources, small_cells)
    bound = any(found.small)
    potency = potencies(found.reference, found.variant, antibodies.upper_limit, bound)
    rows = range(-1, draws) if draw < 0 else (draw,)
    told = []
    for each in rows:
        try:
            told.append(counted(potency, each, persons * (MORE if each < 0 else 1), clonotypes, seed, GRID))
        except ValueError as reason:
            raise ValueError(
                f"{sources}, {clonotypes} clonotypes: {reason} {reference}. Write more clonotypes or another reference."
            ) from None
    share, escaped, without = zip(*told, strict=True)
    return SerumFolds(
        log10_fold=GRID,
        persons_share=np.array(share),
        escaped=np.array(escaped),
        persons_without=np.array(without),
        antibody_count=len(potency),
        uncensored=int((found.variant < antibodies.upper_limit).sum()),
        leading_share=leading(potency[:, 1]),
        fold_bound=int(bound),
        cell=f"{variant} against {reference}, {sources}",
    )


def potencies(reference: Array, variant: Array, upper_limit: float, bound: bool = False) -> Array:
    """1/IC50 [mL/ug] (antibody, 2) against both; a censored one is 0, or with `bound` the most it can be of variant."""
    ic50 = np.column_stack([reference, variant])
    potency = np.where(ic50 >= upper_limit, 0.0, 1 / ic50)
    if bound:
        potency[:, 1] = 1 / np.minimum(variant, upper_limit)
    return potency


def leading(potency: Array, count: int = 5) -> float:
    """Share of the most potent antibodies in all potency, 0 where there is none."""
    total = float(potency.sum())
    return min(float(np.sort(potency)[-count:].sum()) / total, 1.0) if total > 0 else 0.0
