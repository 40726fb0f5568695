"""The table of contacts: POLYMOD counted by country and five-year groups of age."""

from __future__ import annotations

from pathlib import Path

from bridge_epidemic.contacts.ages import lower_ages
from bridge_epidemic.contacts.survey import counted, rows

LOWER_AGES = "0, 5, ..., 75"
#: The column of contacts whose age is unknown; participants of unknown age have nothing in lower_age.
UNKNOWN = "contacts_unknown"

HEADER = """\
# Contacts of participants by country and age: how many of a group took part, and how many of each age they met in all.
# J. Mossong et al., PLoS Med. 5, e74 (2008): POLYMOD, as in epiforecasts/socialmixr eb1fb97. Estimated ages of contacts
# are spread evenly between both limits. The row without lower_age is of participants whose age is unknown.
"""


def derive(raw: Path) -> str:
    """The table from polymod_participants.csv and polymod_contacts.csv of the folder `raw`."""
    participants, contacts = ((raw / f"polymod_{name}.csv").read_bytes() for name in ("participants", "contacts"))
    lower = lower_ages(LOWER_AGES)
    columns = [f"contacts_{age:g}" for age in lower] + [UNKNOWN]
    lines = [",".join(["country", "lower_age", "participants", *columns])]
    for country in sorted({row["country"] for row in rows(participants, ("country",), "participants")}):
        tally = counted(participants, contacts, lower, country)
        ages = [f"{age:g}" for age in lower] + [""]
        for age, people, met in zip(ages, tally.participants, tally.contacts, strict=True):
            lines.append(",".join([country, age, f"{people:.0f}", *(f"{number:.10g}" for number in met.round(4))]))
    return HEADER + "\n".join(lines) + "\n"
