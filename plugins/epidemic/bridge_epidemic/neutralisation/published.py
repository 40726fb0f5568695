"""Antibodies of public studies, from the committed table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_epidemic.neutralisation.antibodies import Antibodies
from bridge_epidemic.ports import listed
from bridge_epidemic.scales import MOLECULE
from bridge_epidemic.tables.antibodies import LOWER_LIMIT, UPPER_LIMIT, VARIANTS
from bridge_epidemic.tables.reading import rows


@dataclass(frozen=True)
class AntibodiesFound:
    """Antibodies, and how many of them have been measured at all."""

    antibodies: Antibodies
    counted: Annotated[int, Within(1)]


@model("antibody.published", scale=MOLECULE)
def published() -> AntibodiesFound:
    """Antibodies against variants of SARS-CoV-2 that public studies isolated and measured.

    429 antibodies of WT convalescents and 234 of WT vaccinees against D614G, BA.1, BA.2, BA.2.75, BA.5, BQ.1.1 and
    XBB, and 626 of people whose last infection was by JN.1 or HK.3 against JN.1, JN.1+F456L, KP.3 and KP.3+A475V:
    those measured against all of these. Y. Cao et al., Nature 614, 521 (2023); A. Yisimayi et al., Nature 625, 148
    (2024); F. Jian et al., Nature 637, 921 (2025). They bind the receptor-binding domain, were sorted by it, and
    are not a sample of a serum.
    """
    table = rows("antibodies")
    origins: list[tuple[str, str]] = []
    for row in table:
        origins.append((row["source"], row["study"]) if row["source"] else origins[-1])
    sources, studies = (list(dict.fromkeys(each)) for each in zip(*origins, strict=True))
    measured = [
        (antibody, variant, float(row[name].lstrip("<>")))
        for antibody, row in enumerate(table)
        for variant, name in enumerate(VARIANTS)
        if row[name]
    ]
    antibody, variant, ic50 = zip(*measured, strict=True)
    return AntibodiesFound(
        Antibodies(
            variants=listed(VARIANTS),
            sources=listed(sources),
            studies=listed(studies),
            antibody=np.array(antibody, dtype=np.int64),
            variant=np.array(variant, dtype=np.int64),
            ic50=np.array(ic50),
            source=np.array([sources.index(source) for source, _ in origins], dtype=np.int64),
            study=np.array([studies.index(study) for _, study in origins], dtype=np.int64),
            lower_limit=LOWER_LIMIT,
            upper_limit=UPPER_LIMIT,
        ),
        len(table),
    )
