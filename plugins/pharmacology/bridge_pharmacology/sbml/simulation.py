"""A course of a document at given times: what a conformance test asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bridge_pharmacology.sbml.crossings import CLOCK, RENAMED, opened, ready
from bridge_pharmacology.sbml.reading import sbml_text
from bridge_pharmacology.sbml.refused import NotSolved, Refused
from bridge_pharmacology.sbml.refusing import refuse
from bridge_pharmacology.sbml.solving import solved

Array = NDArray[np.float64]

#: Steps at least in which a model with conditions is solved: one may come and go within a step and leave no trace.
_STEPS = 2000


def simulate(
    document: str | Path,
    times: ArrayLike,
    outputs: Sequence[str],
    *,
    amounts: Iterable[str] = (),
    concentrations: Iterable[str] = (),
    values: Mapping[str, float] | None = None,
    rtol: float = 1e-8,
) -> dict[str, Array]:
    """Courses of `outputs` (SBML ids) at `times`, in the document's own units, from time 0 and its initial state.

    Species are given as amounts where `amounts` names them, as concentrations where `concentrations` does, else as
    their id stands for in formulas: a concentration unless hasOnlySubstanceUnits. Reactions are given as rates.
    `values` replaces values that the document gives. Raises Refused for what cannot be simulated as the document
    says, NotSolved for what the solver could not do or warned about.
    """
    text = sbml_text(document)
    refuse(text)
    asked = checked_times(times)
    selections = selected(text, outputs, amounts, concentrations)
    found = run(text, asked, selections, values or {}, rtol)
    return dict(zip(outputs, found.T, strict=True))


def run(text: str, times: Array, selections: Sequence[str], values: Mapping[str, float], rtol: float) -> Array:
    """Solve a document that is known to be supported; (time, selection). Raises as `simulate` does."""
    document = ready(text, values)
    words = [RENAMED if word == CLOCK else word.replace(f"[{CLOCK}]", f"[{RENAMED}]") for word in selections]
    longest = None
    if document.missable and times[-1] > 0:
        longest = min(float(np.diff(times[times > 0], prepend=0.0).max()), float(times[-1]) / _STEPS)
    watched = [*words, *document.touched]
    found = solved(document.text, times, watched, rtol=rtol, longest=longest)
    tolerance = max(1e-5, 100 * rtol)
    if longest is not None:
        again = solved(document.text, times, watched, rtol=rtol, longest=longest / np.pi)
        why = "as the steps are chosen: a condition of the model changes faster than its steps. Ask for more points"
        _refuse_disagreement(found, again, times, watched, tolerance, why)
    if document.reverse is not None:
        again = solved(document.reverse, times, watched, rtol=rtol, longest=longest)
        why = (
            "as events at one instant are ordered, which the document leaves to chance. Give them different priorities"
        )
        _refuse_disagreement(found, again, times, watched, tolerance, why)
    return found[:, : len(words)]


def _refuse_disagreement(
    found: Array, again: Array, times: Array, words: Sequence[str], tolerance: float, why: str
) -> None:
    """Refuse a course that is another one where what should not matter is chosen otherwise. Raises NotSolved."""
    size = np.where(np.isfinite(found), np.abs(found), 0.0).max(axis=0)
    with np.errstate(invalid="ignore"):
        apart = (np.abs(found - again) > tolerance * size) & (found != again)
    if apart.any():
        row, column = (int(i) for i in np.argwhere(apart)[0])
        raise NotSolved(
            f"{words[column]} at time {times[row]:.9g} is {found[row, column]:.9g} or {again[row, column]:.9g}, {why}.",
            float(times[row]),
        )


def checked_times(times: ArrayLike) -> Array:
    """Times as an ascending array that starts at 0 or later. Raises Refused."""
    asked = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if asked.ndim != 1 or not asked.size or not np.isfinite(asked).all() or asked[0] < 0 or (np.diff(asked) <= 0).any():
        raise Refused(f"times={asked!r} are not ascending from 0 or later. Write np.linspace(0, 10, 101).")
    return asked


def selected(text: str, outputs: Sequence[str], amounts: Iterable[str], concentrations: Iterable[str]) -> list[str]:
    """The solver's words for ids: S for an amount or any other quantity, [S] for a concentration. Raises Refused."""
    model = opened(text).getModel()
    as_amount, as_concentration = set(amounts), set(concentrations)
    both = as_amount & as_concentration
    if both:
        raise Refused(f"{min(both)!r} is asked both as an amount and as a concentration: name it in one list.")
    strange = sorted((as_amount | as_concentration) - {s.getId() for s in model.getListOfSpecies()})
    if strange:
        raise Refused(f"{strange[0]!r} is no species of the model: only species are amounts or concentrations.")
    words = []
    for name in outputs:
        kind = _found(model, name)
        if kind != "species":
            words.append(name)
            continue
        concentration = not model.getSpecies(name).getHasOnlySubstanceUnits()
        if name in as_amount | as_concentration:
            concentration = name in as_concentration
        words.append(f"[{name}]" if concentration else name)
    return words


def _found(model: Any, name: str) -> str:
    for kind, thing in (
        ("species", model.getSpecies(name)),
        ("parameter", model.getParameter(name)),
        ("compartment", model.getCompartment(name)),
        ("reaction", model.getReaction(name)),
        ("speciesReference", model.getSpeciesReference(name)),
    ):
        if thing is not None:
            return kind
    raise Refused(f"the model has no species, parameter, compartment, reaction or stoichiometry {name!r}.")
