"""The committed table of antibodies: of people who met the first strains, and of those who met JN.1 or HK.3."""

from __future__ import annotations

import csv
import io
from pathlib import Path

#: Whose antibodies, against which variants: those measured against all of them are taken.
CHOSEN = (
    (("WT convalescents", "WT vaccinees"), ("D614G", "BA.1", "BA.2", "BA.2.75", "BA.5", "BQ.1.1", "XBB")),
    (
        ("BA.5 + JN.1 infection", "BA.5 BTI + JN.1 infection", "BA.5 BTI + HK.3 infection"),
        ("JN.1", "JN.1+F456L", "KP.3", "KP.3+A475V"),
    ),
)
VARIANTS = tuple(variant for _, variants in CHOSEN for variant in variants)

#: What no neutralisation at all, and complete neutralisation at the least concentration, are written as there.
UPPER_LIMIT = 10.0
LOWER_LIMIT = 0.001

REMARKS = f"""\
# IC50 (ug/mL) of monoclonal antibodies against the receptor-binding domain of SARS-CoV-2, pseudovirus neutralisation.
# Y. Cao et al., Nature 614, 521 (2023) (imprinted_2022); A. Yisimayi et al., Nature 625, 148 (2024) (repeated_2024);
# F. Jian et al., Nature 637, 921 (2025) (evolving_2024). Collected in jbloomlab/SARS2-RBD-escape-calc, commit 4d40d9c.
# Derived by python -m bridge_epidemic.tables: antibodies of five sources, one a row, that were measured against all
# variants of their half of the table; names left out; source and study stand where they begin; ">10": no
# neutralisation at {UPPER_LIMIT:g} ug/mL, "<0.001": the least value that is reported again and again; empty: not taken.
"""


def derive(raw: Path) -> str:
    """The table as text, from antibody_ic50_rbd.csv and antibody_sources_rbd.csv in a folder."""
    measured: dict[str, dict[str, str]] = {}
    for row in _rows(raw / "antibody_ic50_rbd.csv"):
        measured.setdefault(row["antibody"], {})[row["virus"]] = row["IC50"]
    origins = _rows(raw / "antibody_sources_rbd.csv")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("source", "study", *VARIANTS))
    for sources, variants in CHOSEN:
        for source in sources:
            own = [row for row in origins if row["source"] == source]
            for study in sorted({row["study"] for row in own}):
                label = [source, study]
                for row in own:
                    found = measured.get(row["antibody"], {})
                    if row["study"] == study and all(variant in found for variant in variants):
                        cells = [marked(found[v]) if v in variants else "" for v in VARIANTS]
                        writer.writerow((*label, *cells))
                        label = ["", ""]
    return REMARKS + text.getvalue()


def marked(ic50: str) -> str:
    """A number as it stands in the raw file, with the sign of what limits it."""
    value = float(ic50)
    return f">{UPPER_LIMIT:g}" if value >= UPPER_LIMIT else f"<{LOWER_LIMIT:g}" if value == LOWER_LIMIT else ic50


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))
