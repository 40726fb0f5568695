"""How potent the antibodies of each source are against each variant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_epidemic.neutralisation.antibodies import Antibodies
from bridge_epidemic.neutralisation.cells import against
from bridge_epidemic.neutralisation.censoring import PROBABILITY, logarithms, quantiles
from bridge_epidemic.ports import Array, Positive, Share, Whole
from bridge_epidemic.scales import MOLECULE

Places = Annotated[Whole, ("cell",), Within(0)]


@dataclass(frozen=True)
class Potency:
    """Quantiles of IC50 in cells of a source and a variant, those with any measurement.

    `cell_variant` and `cell_source` count in `potency_variants` and `potency_sources`, one name to a line. Of
    `measured` antibodies `censored_share` reach no IC50 at all. `ic50_quantile` is a lower bound where `ic50_bound` is
    1, an upper one where it is -1.
    """

    potency_variants: str
    potency_sources: str
    cell_variant: Places
    cell_source: Places
    measured: Places
    censored_share: Annotated[Array, "1", ("cell",), Share]
    probability: Annotated[Array, "1", ("quantile",), Share]
    ic50_quantile: Annotated[Array, "ug/mL", ("cell", "quantile"), Positive]
    ic50_bound: Annotated[Whole, ("cell", "quantile"), Within(-1, 1)]


@model("antibody.potency", scale=MOLECULE)
def potency(antibodies: Antibodies) -> Potency:
    """IC50 of antibodies by source and variant: quantiles, how many there are, and how many reach none.

    Raises ValueError for numbers of antibodies, variants, sources and studies that are out of place.
    """
    table = against(antibodies)
    cells, told = [], []
    for source in range(int(antibodies.source.max(initial=-1)) + 1):
        for variant in range(table.shape[1]):
            own = table[antibodies.source == source, variant]
            own = own[~np.isnan(own)]
            if own.size:
                low, high = logarithms(own, antibodies.lower_limit, antibodies.upper_limit)
                found = quantiles(low, high, PROBABILITY)
                cells.append((variant, source, own.size, float((own >= antibodies.upper_limit).mean())))
                told.append((np.exp(found.value), found.bound))
    if not cells:
        raise ValueError("antibodies holds no measurement. Take those of antibody.published, or a table that has rows.")
    variants, sources, measured, censored = zip(*cells, strict=True)
    return Potency(
        potency_variants=antibodies.variants,
        potency_sources=antibodies.sources,
        cell_variant=np.array(variants, dtype=np.int64),
        cell_source=np.array(sources, dtype=np.int64),
        measured=np.array(measured, dtype=np.int64),
        censored_share=np.array(censored),
        probability=PROBABILITY,
        ic50_quantile=np.array([value for value, _ in told]),
        ic50_bound=np.array([bound for _, bound in told]),
    )
