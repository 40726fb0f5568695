"""Running the SBML semantic test suite: what agrees, what is refused, and what does not agree.

A case is a folder as the suite has it (Keating et al. 2020, Mol. Syst. Biol. 16:e9110): NNNNN-sbml-l3v2.xml and other
levels, NNNNN-settings.txt and NNNNN-results.csv. A value u agrees with c where |u - c| <= absolute + relative |c|.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bridge_pharmacology.sbml.reading import sbml_text
from bridge_pharmacology.sbml.refused import NotSolved, Refused, libsbml
from bridge_pharmacology.sbml.simulation import simulate

LEVELS = ("l3v2", "l3v1", "l2v5", "l2v4", "l2v3", "l2v2", "l2v1", "l1v2")


@dataclass(frozen=True)
class Verdict:
    """What became of one case: "matched", "refused" or "mismatched", and why."""

    case: str
    level: str
    verdict: str
    why: str = ""


def conformance(case: str | Path, level: str | None = None) -> Verdict:
    """Simulate one case of the suite in the newest level it has, or a given one, and compare.

    A case whose results are no course in time (flux balance) counts as refused. Raises Refused if the folder is no
    case, or has no document of that level.
    """
    folder = Path(case)
    name = folder.name
    levels = [found for found in LEVELS if (folder / f"{name}-sbml-{found}.xml").is_file()]
    if not levels or (level is not None and level not in levels):
        raise Refused(f"{folder} holds no {name}-sbml-{level or 'l3v2'}.xml. It has: {', '.join(levels) or 'none'}.")
    level = level or levels[0]
    settings = _settings(folder / f"{name}-settings.txt")
    if not settings["steps"]:
        return Verdict(name, level, "refused", "no course in time (flux balance)")
    names = _names(settings["variables"])
    expected = _expected(folder / f"{name}-results.csv")
    start, duration, steps = (float(settings[key]) for key in ("start", "duration", "steps"))
    times = np.linspace(start, start + duration, int(steps) + 1)
    try:
        found = simulate(
            folder / f"{name}-sbml-{level}.xml",
            times,
            names,
            amounts=_species(folder / f"{name}-sbml-{level}.xml", settings["amount"]),
            concentrations=_species(folder / f"{name}-sbml-{level}.xml", settings["concentration"]),
        )
    except (Refused, NotSolved) as reason:
        return Verdict(name, level, "refused", str(reason))
    got = np.stack([found[one] for one in names], axis=1)
    if got.shape != expected.shape:
        return Verdict(name, level, "mismatched", f"results have shape {expected.shape}, the courses {got.shape}")
    with np.errstate(invalid="ignore"):
        near = np.abs(got - expected) <= float(settings["absolute"]) + float(settings["relative"]) * np.abs(expected)
    good = near | (got == expected) | (np.isnan(got) & np.isnan(expected))
    if good.all():
        return Verdict(name, level, "matched")
    row, column = (int(i) for i in np.argwhere(~good)[0])
    return Verdict(
        name,
        level,
        "mismatched",
        f"{names[column]} at time {times[row]:g} is {got[row, column]:.9g}, expected {expected[row, column]:.9g}",
    )


def run_suite(folder: str | Path, level: str | None = None) -> list[Verdict]:
    """Every case below a folder that has a document of `level` (or of any). Raises Refused if there is none."""
    cases = sorted(path.parent for path in Path(folder).glob("**/*-settings.txt"))
    verdicts = [
        conformance(case, level)
        for case in cases
        if level is None or (case / f"{case.name}-sbml-{level}.xml").is_file()
    ]
    if not verdicts:
        raise Refused(f"{str(folder)!r} holds no case of the SBML semantic test suite. Unpack cases/semantic there.")
    return verdicts


def _settings(path: Path) -> dict[str, str]:
    pairs = (line.partition(":") for line in path.read_text().splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


def _species(document: Path, listed: str) -> list[str]:
    """The species in a list of the settings, which sometimes has compartments and parameters in it as well."""
    names = _names(listed)
    if not names:
        return []
    model = libsbml().readSBMLFromString(sbml_text(document)).getModel()
    return [name for name in names if model.getSpecies(name) is not None]


def _expected(path: Path) -> NDArray[np.float64]:
    """The results without their heading and without the column of time."""
    with path.open(newline="") as file:
        rows = [row for row in csv.reader(file) if row]
    return np.array([[float(value) for value in row[1:]] for row in rows[1:]])
