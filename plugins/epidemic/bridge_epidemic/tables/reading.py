"""The committed tables, read from beside this file."""

from __future__ import annotations

import csv
from hashlib import sha256
from importlib.resources import files

#: The digest of each table. A result is found again by the code that it came from, and a table is none: with its digest
#: here, results of another table are others.
DIGESTS = {
    "antibodies": "266f15f8cf54fd68",
    "contacts": "2caca0e8c6fe70ad",
    "efficacy": "5940081c4303b081",
    "population": "60df160b1cdfc02b",
    "scan": "3d55396bc02470b6",
}


def digest(text: str) -> str:
    """The first 16 digits of a table's SHA-256, with line ends of one character."""
    return sha256("\n".join(text.splitlines()).encode()).hexdigest()[:16]


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a committed table by its name, as texts by column; lines that begin with # are remarks.

    Raises RuntimeError for a table that is not the one this code was written with.
    """
    text = (files(__package__) / f"{name}.csv").read_text(encoding="utf-8")
    if (found := digest(text)) != DIGESTS[name]:
        raise RuntimeError(
            f"tables/{name}.csv has the digest {found}, and {DIGESTS[name]} belongs to this version: it was changed "
            f"after that. Install the plugin again, or write the new one into {__name__}.DIGESTS."
        )
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
