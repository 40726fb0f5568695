"""Apparent changes of binding: what a ratio of IC50s would be as a free energy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Picture, Within, model
from bridge_epidemic.neutralisation.antibodies import Antibodies
from bridge_epidemic.neutralisation.cells import SmallCells, pairs
from bridge_epidemic.neutralisation.censoring import PROBABILITY, logarithms, quantiles
from bridge_epidemic.ports import Array, Share, Whole, listed
from bridge_epidemic.scales import MOLECULE

#: Molar gas constant in kcal/(mol K).
GAS_CONSTANT = 8.314462618 / 4184

Temperature = Annotated[float, "K", Within(200, 400)]
Changes = Annotated[Array, "kcal/mol", ("source", "quantile")]
Flags = Annotated[Whole, ("source", "quantile"), Within(-1, 1)]
Shares = Annotated[Array, "1", ("source",), Share]
Counts = Annotated[Whole, ("source",), Within(0)]


@dataclass(frozen=True)
class ApparentBinding:
    """Quantiles of apparent changes of binding free energy by source, at `probability`; positive is weaker.

    `apparent_change` is a lower bound where `apparent_change_bound` is 1 and an upper one where it is -1. Whatever the
    censored changes are, the quantile lies between `apparent_change_lowest` and `apparent_change_highest`; where
    `apparent_change_open` is 1 there is no highest, where -1 no lowest, and the array repeats the other end. Of
    `pairs` antibodies measured against both variants, so many are `left_out` as nothing is known of their change;
    the shares of those known from one side are of the rest.
    """

    binding_sources: str
    probability: Annotated[Array, "1", ("quantile",), Share]
    apparent_change: Changes
    apparent_change_bound: Flags
    apparent_change_lowest: Changes
    apparent_change_highest: Changes
    apparent_change_open: Flags
    pairs: Counts
    left_out: Counts
    lower_bound_share: Shares
    upper_bound_share: Shares
    picture: Picture


@model("escape.binding", scale=MOLECULE, depends=["matplotlib"])
def binding(
    antibodies: Antibodies,
    reference: str = "D614G",
    variant: str = "BA.1",
    sources: str = "WT convalescents, WT vaccinees",
    temperature: Temperature = 298.15,
    small_cells: SmallCells = "refuse",
) -> ApparentBinding:
    """Apparent change of binding free energy RT ln(IC50 of variant / IC50 of reference), by source.

    Apparent: an IC50 is no dissociation constant, and what it depends on besides (assay, valency, the antibody's
    concentration) is taken to cancel within the same antibody of the same study. Where no IC50 against the variant
    is reached, or the one against the reference is at the lower limit, the change is known from below; the other
    way round from above. Every censored change has a limit of its own, so that quantiles are those of the most likely
    distribution (Kaplan–Meier's, Turnbull's), never a mean: numbers that are known
    from below have none.

    Raises ValueError for unknown variants and sources, and for a source with fewer than 50 antibodies measured
    against both variants, or fewer than 10 with an IC50 against either; with `small_cells` "bound" it gives
    the lowest quantiles that these antibodies allow.
    """
    from bridge_epidemic.neutralisation.drawing import Changes, distributions

    found = pairs(antibodies, reference, variant, sources, small_cells)
    limits = antibodies.lower_limit, antibodies.upper_limit
    below, above = logarithms(found.variant, *limits), logarithms(found.reference, *limits)
    energy = GAS_CONSTANT * temperature
    low, high = energy * (below[0] - above[1]), energy * (below[1] - above[0])
    known = ~(np.isinf(low) & np.isinf(high))
    rows, counted, left_out, shares, shown = [], [], [], [], []
    for place, (source, small) in enumerate(zip(found.sources, found.small, strict=True)):
        own = found.source == place
        kept = own & known
        if not kept.any():
            raise ValueError(
                f"{source}, {variant} against {reference}: nothing is known of the change of any antibody. "
                "Take another source."
            )
        told = quantiles(low[kept], high[kept], PROBABILITY)
        value, bound = told.value, told.bound
        if small:  # what holds of these antibodies whatever the censored are; above, where there is no lowest
            bound = np.where(told.open == -1, -1, 1)
            value = np.where(told.open == -1, told.highest, told.lowest)
        rows.append((value, bound, told.lowest, told.highest, told.open))
        counted.append(int(own.sum()))
        left_out.append(int((own & ~known).sum()))
        shares.append((np.isinf(high[kept]).mean(), np.isinf(low[kept]).mean()))
        shown.append(Changes(source, low[kept], high[kept]))
    value, bound, lowest, highest, unlimited = (np.array(each) for each in zip(*rows, strict=True))
    lower, upper = np.array(shares).T
    return ApparentBinding(
        binding_sources=listed(found.sources),
        probability=PROBABILITY,
        apparent_change=value,
        apparent_change_bound=bound.astype(np.int64),
        apparent_change_lowest=lowest,
        apparent_change_highest=highest,
        apparent_change_open=unlimited.astype(np.int64),
        pairs=np.array(counted, dtype=np.int64),
        left_out=np.array(left_out, dtype=np.int64),
        lower_bound_share=lower,
        upper_bound_share=upper,
        picture=Picture.drawn(distributions(shown, energy, f"{variant} against {reference}")),
    )
