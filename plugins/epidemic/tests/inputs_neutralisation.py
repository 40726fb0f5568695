"""Antibodies, and sera made of them."""

from __future__ import annotations

from bridge_epidemic.neutralisation.published import published

from bridge import File

ANTIBODIES = published().antibodies
IC50 = File(b"antibody,virus,IC50\na,D614G,0.02\na,BA.1,>10\nb,BA.1,0.3\nb,D614G,<0.001\n", "text/csv")
SOURCES = File(b"antibody,source,study\na,vaccinees,own\nb,convalescents,own\n", "text/csv")

NEUTRALISATION = {
    "antibody.published": {},
    "antibody.table": {"ic50": IC50, "sources": SOURCES},
    "antibody.potency": {"antibodies": ANTIBODIES},
    "escape.binding": {"antibodies": ANTIBODIES, "temperature": "25 degC"},
    "escape.scan": {"mutations": "N501Y, K417N"},
    "serum.persons": {"antibodies": ANTIBODIES, "persons": 500, "draws": 3},
}

INPUTS = NEUTRALISATION
