"""Mutations in a deep mutational scan: what each does to binding of the receptor."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import File, model
from bridge_epidemic.neutralisation.binding import GAS_CONSTANT, Temperature
from bridge_epidemic.ports import Array, listed
from bridge_epidemic.scales import MOLECULE
from bridge_epidemic.tables.reading import rows
from bridge_epidemic.tables.scan import AMINO_ACIDS, read

#: The committed table.
PUBLISHED = File(b"", "text/csv")

Sites = dict[int, tuple[str, dict[str, float]]]


@dataclass(frozen=True)
class Scanned:
    """Changes by mutation, in the order of `scanned`, one name to a line; affinity is log10 of Ka."""

    scanned: str
    affinity_change: Annotated[Array, "1", ("mutation",)]
    binding_change: Annotated[Array, "kcal/mol", ("mutation",)]


@model("escape.scan", scale=MOLECULE)
def scan(mutations: str = "N501Y, N501F, K417N", temperature: Temperature = 298.15, scan: File = PUBLISHED) -> Scanned:
    """Change of binding free energy to ACE2 by single mutations, ΔΔG = −RT ln 10 · Δlog10 Ka; positive is weaker.

    Mutations are named by wild type, site of the spike and amino acid, separated by commas. The scan is that of
    T. N. Starr et al., Cell 182, 1295 (2020), or a file in its authors' layout. Binding of the receptor is not
    escape from antibodies: E484K hardly changes the one (+0.06) and much of the other. Effects of several mutations
    are told one by one, and need not add.

    Raises ValueError for what is no mutation, a wild type that is another, and sites or changes not in the scan.
    """
    sites = _committed() if not scan.content else read(scan.content)
    asked = [part.strip() for part in mutations.split(",")]
    changes = np.array([_change(each, sites) for each in asked])
    for place, each in enumerate(asked):
        if each in asked[:place]:
            raise ValueError(f"mutation {each} is written twice. Write it once.")
    return Scanned(listed(asked), changes, -GAS_CONSTANT * temperature * math.log(10) * changes)


def _change(mutation: str, sites: Sites) -> float:
    parts = re.fullmatch(r"([A-Z])(\d{1,6})([A-Z])", mutation)
    if parts is None:
        raise ValueError(f"{mutation!r} is no mutation. Write wild type, site and amino acid, like N501Y, in capitals.")
    wildtype, site, becomes = parts[1], int(parts[2]), parts[3]
    if becomes not in AMINO_ACIDS:
        raise ValueError(f"{mutation}: {becomes} is no amino acid. Write one of {AMINO_ACIDS}.")
    if site not in sites:
        raise ValueError(f"{mutation}: the scan has no site {site}. Write one of {min(sites)} to {max(sites)}.")
    there, effects = sites[site]
    if wildtype != there:
        raise ValueError(f"{mutation}: site {site} is {there} in the scan. Write {there}{site}{becomes}.")
    if becomes not in effects:
        raise ValueError(
            f"{mutation} was not measured in the scan. At site {site} these were: {''.join(sorted(effects))}."
        )
    return effects[becomes]


def _committed() -> Sites:
    return {
        int(row["site"]): (row["wildtype"], {each: float(row[each]) for each in AMINO_ACIDS if row[each]})
        for row in rows("scan")
    }
