"""Estimates as NONMEM leaves them: the final ones of its .ext file, their covariance of its .cov file.

NONMEM users guides, part VIII (Icon): in .ext files iteration -1000000000 holds the final estimates; columns are
THETAn, SIGMA(i,j), OMEGA(i,j) and the objective. Only the last table of a file is read.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from bridge_pharmacology.population import variability
from bridge_pharmacology.population.estimates import Estimates, checked_units

Array = NDArray[np.float64]

FINAL = -1000000000
_OMEGA = re.compile(r"OMEGA\((\d+),(\d+)\)")


def is_ext(content: bytes) -> bool:
    """Whether this is text of NONMEM's own rather than a table of comma-separated values."""
    return content.lstrip()[:9].upper() == b"TABLE NO."


def read(ext: bytes, cov: bytes = b"", *, names: str, units: str, effects: str = "") -> Estimates:
    """Estimates from the texts of an .ext and of a .cov file; without the latter, nothing is known of their errors.

    `names` and `units` are those of THETA1, THETA2, …, separated by commas; a name of - leaves a THETA out (an error
    of the records, say). `effects` names the parameter of each ETA; none: the first ones, in order. THETAs are typical
    values, above 0, and ETAs act on logarithms: nothing in NONMEM's text tells whether that is so.

    Raises ValueError where names do not fit the file, and for values that are not positive.
    """
    labels, rows = _table(ext, "ITERATION")
    final = [row for row in rows if float(row[0]) == FINAL]
    if not final:
        raise ValueError("the .ext file has no row of final estimates (iteration -1000000000): the run did not end.")
    value = dict(zip(labels, map(float, final[-1]), strict=True))
    thetas = [label for label in labels if label.startswith("THETA")]
    called, given_units = ([part.strip() for part in text.split(",")] for text in (names, units))
    if len(called) != len(thetas) or len(given_units) != len(thetas):
        raise ValueError(
            f"the .ext file has {len(thetas)} THETAs, and there are {len(called) if names else 0} names and "
            f"{len(given_units) if units else 0} units. Write one for each, with commas between; '-' leaves one out."
        )
    kept = [k for k, name in enumerate(called) if name != "-"]
    parameters = tuple(called[k] for k in kept)
    if not parameters or len(set(parameters)) < len(parameters):
        raise ValueError(f"names of parameters differ from one another, got {names!r}.")
    estimate = np.array([value[thetas[k]] for k in kept])
    if not np.all(estimate > 0):
        low = int(np.argmin(estimate))
        raise ValueError(
            f"{thetas[kept[low]]} ({parameters[low]}) is {estimate[low]:g}, and a parameter is above 0. A THETA on the "
            "scale of logarithms has to be exponentiated first: write a table of comma-separated values."
        )
    covariance = np.zeros((len(kept), len(kept)))
    if cov:
        covariance = _covariance(cov, [thetas[k] for k in kept]) / np.outer(estimate, estimate)
    between = _between(value, parameters, effects)
    for matrix in (covariance, between):
        variability.factor(matrix)
    return Estimates(
        parameters, checked_units([given_units[k] for k in kept], [k + 1 for k in kept]), estimate, covariance, between
    )


def _between(value: dict[str, float], parameters: tuple[str, ...], effects: str) -> Array:
    """The variance between individuals over all parameters, from OMEGAs of the effects. Raises ValueError."""
    omegas = {(int(m[1]), int(m[2])): v for label, v in value.items() if (m := _OMEGA.fullmatch(label))}
    count = max((row for row, _ in omegas), default=0)
    moved = [part.strip() for part in effects.split(",")] if effects else list(parameters[:count])
    if len(moved) != count or any(name not in parameters for name in moved) or len(set(moved)) < len(moved):
        raise ValueError(
            f"the .ext file has {count} ETAs, and effects are {', '.join(moved) or 'none'}. Write a parameter for "
            f"each, of {', '.join(parameters)}."
        )
    at = [parameters.index(name) for name in moved]
    found = np.zeros((len(parameters), len(parameters)))
    for (row, column), omega in omegas.items():
        found[at[row - 1], at[column - 1]] = found[at[column - 1], at[row - 1]] = omega
    return found


def _covariance(cov: bytes, wanted: list[str]) -> Array:
    labels, rows = _table(cov, "NAME")
    by_name = {row[0]: dict(zip(labels[1:], map(float, row[1:]), strict=True)) for row in rows}
    missing = [name for name in wanted if name not in by_name]
    if missing:
        raise ValueError(f"the .cov file has no row {missing[0]}; it has {', '.join(by_name) or 'none'}.")
    return np.array([[by_name[row][column] for column in wanted] for row in wanted])


def _table(content: bytes, first: str) -> tuple[list[str], list[list[str]]]:
    """Labels and rows of the last table of a text of NONMEM's. Raises ValueError."""
    labels: list[str] = []
    rows: list[list[str]] = []
    for number, line in enumerate(content.decode().splitlines(), 1):
        words = line.split()
        if not words or line.upper().lstrip().startswith("TABLE NO."):
            continue
        if words[0] == first:
            labels, rows = words, []
        elif not labels or len(words) != len(labels):
            raise ValueError(f"line {number} of NONMEM's text has {len(words)} columns, expected {len(labels)}.")
        else:
            rows.append(words)
    if not labels:
        raise ValueError(
            f"NONMEM's text has no header that begins with {first}: hand the .ext file, then the .cov file."
        )
    return labels, rows
