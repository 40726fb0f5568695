"""The IC50 of an antibody against a variant: from a table, or of a mixture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_epidemic.neutralisation.antibodies import Antibodies
from bridge_epidemic.ports import Array, Positive, Share, chosen, names
from bridge_epidemic.scales import MOLECULE

#: Fewer antibodies, or fewer that are not censored, say nothing about a quantile.
FEW, FEW_MEASURED = 50, 10


@dataclass(frozen=True)
class Potency:
    """An IC50 in vitro."""

    ic50: Annotated[float, "ng/mL", Positive]


@dataclass(frozen=True)
class PotencyOfMany(Potency):
    """A quantile of the IC50s of antibodies, of which some are above the largest concentration tried."""

    counted: Annotated[int, Within(1)]
    censored: Annotated[float, "1", Share]


@model("prophylaxis.potency", scale=MOLECULE)
def potency(
    antibodies: Antibodies,
    variant: str,
    sources: str = "",
    quantile: Annotated[float, "1", Share] = 0.5,
) -> PotencyOfMany:
    """A quantile of the IC50s against a variant of antibodies from some sources (all by default).

    What a candidate drawn from such a pool would have: 0.1 for one of the best tenth. Linear between antibodies. Raises
    ValueError for a quantile that lies among censored values, with the bound; and for fewer than 50 antibodies, or
    fewer than 10 that are not censored.
    """
    rank = chosen(variant, names(antibodies.variants), "variant")[0]
    known = names(antibodies.sources)
    from_where = chosen(sources, known, "source") if sources else list(range(len(known)))
    rows = (antibodies.variant == rank) & np.isin(antibodies.source[antibodies.antibody], from_where)
    ic50 = np.sort(antibodies.ic50[rows])
    none, complete = ic50 >= antibodies.upper_limit, ic50 <= antibodies.lower_limit
    measured = int((~none & ~complete).sum())
    if ic50.size < FEW or measured < FEW_MEASURED:
        raise ValueError(
            f"{ic50.size} antibodies from {sources or 'all sources'} were measured against {variant}, {measured} of "
            f"them between the limits; a quantile needs {FEW} and {FEW_MEASURED}. Choose more sources."
        )
    place = quantile * (ic50.size - 1)
    ends = [int(np.floor(place)), int(np.ceil(place))]
    if none[ends].any() or complete[ends].any():
        bound = (">", antibodies.upper_limit) if none[ends].any() else ("<", antibodies.lower_limit)
        share = float(none.mean() if none[ends].any() else complete.mean())
        raise ValueError(
            f"The quantile {quantile:g} against {variant} is censored: {bound[0]} {bound[1]:g} ug/mL, as is "
            f"{share:.0%} of the antibodies. Choose a quantile among those that were measured."
        )
    found = float(np.interp(place, np.arange(ic50.size), ic50))
    return PotencyOfMany(1000 * found, ic50.size, float(none.mean()))


@model("prophylaxis.cocktail", scale=MOLECULE)
def cocktail(
    potencies: Annotated[Array, "ng/mL", ("component",), Positive],
    shares: Annotated[Array, "1", ("component",), Share],
) -> Potency:
    """IC50 of a mixture by its whole concentration: potencies add, 1/IC50 = sum of share / IC50 of the component.

    `shares` are of the mass in plasma. Which is so of antibodies that get into one another's way (Loewe's additivity,
    S. Loewe and H. Muischnek, Arch. Exp. Pathol. Pharmakol. 114, 313, 1926). Components with another clearance change
    shares over time: `prophylaxis.combined` takes their courses. Raises ValueError for shares that do not add up to 1.
    """
    if potencies.size != shares.size or not potencies.size:
        raise ValueError(
            f"{potencies.size} potencies and {shares.size} shares were given; write one for each component."
        )
    if abs(shares.sum() - 1) > 1e-9:
        raise ValueError(f"shares add up to {shares.sum():g}; a mixture is made of 1 in all.")
    return Potency(float(1 / (shares / potencies).sum()))
