"""The committed table of a deep mutational scan: ACE2 binding of every single mutation."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from bridge_epidemic.tables import users

AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
COLUMNS = ("label_site", "wildtype", "mutation", "condition", "mut_delta_effect")

REMARKS = """\
# Change of log10 Ka for ACE2 by single mutations of the receptor-binding domain of SARS-CoV-2 (Wuhan-Hu-1, sites of
# the spike), yeast display. T. N. Starr et al., Cell 182, 1295 (2020); jbloomlab/SARS-CoV-2-RBD_DMS, commit 14a3beb.
# Derived by python -m bridge_epidemic.tables: condition ACE2-binding, mut_delta_effect; empty: not measured.
"""


def derive(raw: Path) -> str:
    """The table as text, a site a row and an amino acid a column, from rbd_dms_starr2020.csv in a folder."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("site", "wildtype", *AMINO_ACIDS))
    for site, (wildtype, effects) in sorted(read((raw / "rbd_dms_starr2020.csv").read_bytes()).items()):
        cells = (f"{effects[each]:g}" if each in effects else "" for each in AMINO_ACIDS)
        writer.writerow((site, wildtype, *cells))
    return REMARKS + out.getvalue()


def read(content: bytes) -> dict[int, tuple[str, dict[str, float]]]:
    """Wild type and measured changes of log10 Ka by amino acid, for each site of a scan as its authors published it.

    Rows of another condition than ACE2-binding are passed over. Raises ValueError, with the line, for columns that
    are missing and for a site or a change that is no number.
    """
    sites: dict[int, tuple[str, dict[str, float]]] = {}
    for line, row in users.read(content, COLUMNS, "scan").rows:
        if row["condition"] != "ACE2-binding":
            continue
        try:
            _, effects = sites.setdefault(int(row["label_site"]), (row["wildtype"], {}))
            if row["mut_delta_effect"] not in ("", "NA"):
                effects[row["mutation"]] = float(row["mut_delta_effect"])
        except (TypeError, ValueError):
            raise ValueError(
                f"Line {line} of the scan: label_site {row['label_site']!r} and mut_delta_effect "
                f"{row['mut_delta_effect']!r} are to be numbers; leave an effect that was not measured empty."
            ) from None
    if not sites:
        raise ValueError("scan has no row of condition 'ACE2-binding'. Give the file with both conditions as it is.")
    return sites
