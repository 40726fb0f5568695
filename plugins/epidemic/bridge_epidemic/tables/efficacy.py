"""The table of neutralisation and efficacy, from the file that came with its publication."""

from __future__ import annotations

import csv
from pathlib import Path

SOURCE = "neutralisation_efficacy_khoury2021.csv"
TEXTS = ("Study",)
COUNTS = ("NumCont", "NumVac", "InfCont", "InfVac")
NUMBERS = ("Efficacy", "NeutMean", "NeutConv", "NeutRatio_cens", "PooledSD")

REMARKS = """\
# Vaccine trials and one cohort of convalescents: people and infections of both arms, reported efficacy, titres.
# D. S. Khoury et al., Nat. Med. 27, 1205 (2021); repository InfectionAnalytics/COVID19-ProtectiveThreshold, commit
# 2e559b0, SummaryTable_Efficacy_NeutRatio_SD_SEM.csv. Columns under their names there, numbers to 7 digits:
# NeutRatio_cens log10 of the mean titre over the convalescents' mean, by normal distributions censored at the limit of
# detection; NeutMean and NeutConv the means as reported; PooledSD the standard deviation of log10 titre in a study.
"""


def derive(raw: Path) -> str:
    """The committed table's text, from a folder that holds the raw file. Raises ValueError for a missing column."""
    with (raw / SOURCE).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    columns = (*TEXTS, *COUNTS, *NUMBERS)
    missing = [name for name in columns if not rows or name not in rows[0]]
    if missing:
        raise ValueError(f"{SOURCE} has no column {', '.join(missing)}.")
    written = [",".join(columns)]
    for row in rows:
        cells = [row[name] for name in (*TEXTS, *COUNTS)]
        written.append(",".join([*cells, *(f"{float(row[name]):.7g}" for name in NUMBERS)]))
    return REMARKS + "\n".join(written) + "\n"
