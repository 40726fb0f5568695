"""What of a document becomes ports: values it starts from as inputs, what changes in time as outputs."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from bridge_pharmacology.sbml.crossings import opened, starts_as_concentration
from bridge_pharmacology.sbml.quantities import Units
from bridge_pharmacology.sbml.refused import Refused
from bridge_pharmacology.sbml.simulation import selected

#: Names of the settings that every such model has, and names that a flow keeps for its futures.
SETTINGS = ("duration", "points", "rtol", "document", "interface", "on_failure")
_TAKEN = ("add_done_callback", "result", "state", "task_run_id", "wait")


@dataclass(frozen=True)
class Entering:
    """An input port: a value of the document (by its SBML id) that is put in place of the document's own."""

    port: str
    id: str
    unit: str
    default: float | None
    what: str


@dataclass(frozen=True)
class Leaving:
    """An output port: a course of the document, with the solver's word for it."""

    port: str
    id: str
    selection: str
    unit: str
    what: str


@dataclass(frozen=True)
class Interface:
    """All ports of a document, the unit of its time, and what it calls itself."""

    id: str
    title: str
    time: str
    inputs: tuple[Entering, ...]
    outputs: tuple[Leaving, ...]


def interface_of(
    text: str,
    *,
    units: Mapping[str, str] | None = None,
    undeclared: str | None = None,
    outputs: Sequence[str] | None = None,
    amounts: Iterable[str] = (),
    concentrations: Iterable[str] = (),
    course: Mapping[str, str] | None = None,
) -> Interface:
    """Ports of a document. Raises Refused for missing units, or ids that it does not have.

    Inputs are parameters (local ones as reaction_parameter), compartment sizes and initial amounts or concentrations,
    but for those that the document computes. Outputs are `outputs`, else every species that is not constant and all
    that a rule or an event changes; `course` names the outputs instead (port: id).
    """
    model = opened(text).getModel()
    known = Units(model, units or {}, undeclared)
    time = known.time()
    if course and not _is_time(time):
        raise Refused("as_course: the document's time has no unit of time. Write units={'time': 'd'}.")
    inputs = _inputs(model, known)
    ids = list((course or {}).values()) or (list(outputs) if outputs is not None else _changing(model))
    words = selected(text, ids, amounts, concentrations)
    names = list(course) if course else [""] * len(ids)
    taken = ["time", *_TAKEN] + (["patient", "left_out"] if course else [])
    leaving: list[Leaving] = []
    for name, asked, word in zip(names, ids, words, strict=True):
        port = name or port_name(asked, taken)
        if port in taken or not port.isidentifier():
            raise Refused(f"as_course: {port!r} cannot be the name of an output. Write e.g. 'concentration'.")
        taken.append(port)
        leaving.append(Leaving(port, asked, word, *_unit(model, known, asked, word)))
    known.refuse_missing()
    return Interface(model.getId() or "model", model.getName(), time, tuple(inputs), tuple(leaving))


def _is_time(unit: str) -> bool:
    from bridge import Q

    return bool(Q(1.0, unit).check("[time]"))


def _inputs(model: Any, known: Units) -> list[Entering]:
    found: list[tuple[str, str, float | None, str]] = []
    for compartment in model.getListOfCompartments():
        value = compartment.getSize() if compartment.isSetSize() else None
        if compartment.getSpatialDimensions() != 0:
            found.append((compartment.getId(), known.size(compartment), value, "size of compartment"))
    for species in model.getListOfSpecies():
        concentration = starts_as_concentration(species)
        value = species.getInitialConcentration() if concentration else species.getInitialAmount()
        unset = not (species.isSetInitialConcentration() or species.isSetInitialAmount())
        what = f"initial {'concentration' if concentration else 'amount'} of species"
        found.append((species.getId(), known.species(species, concentration), None if unset else value, what))
    for parameter in model.getListOfParameters():
        value = parameter.getValue() if parameter.isSetValue() else None
        found.append((parameter.getId(), known.parameter(parameter), value, "parameter"))
    taken = list(SETTINGS)
    inputs = []
    for name, unit, value, what in found:
        if model.getInitialAssignment(name) is not None or model.getAssignmentRule(name) is not None:
            continue
        port = port_name(name, taken)
        taken.append(port)
        default = value if value is not None and isfinite(value) else None
        inputs.append(Entering(port, name, unit, default, what))
    return sorted(inputs, key=lambda one: one.default is not None)


def _changing(model: Any) -> list[str]:
    """Species that are not constant, and whatever rules and events change."""
    changed = {rule.getVariable() for rule in model.getListOfRules()}
    for event in model.getListOfEvents():
        changed |= {assignment.getVariable() for assignment in event.getListOfEventAssignments()}
    species = [one.getId() for one in model.getListOfSpecies() if not one.getConstant()]
    groups = (model.getListOfCompartments(), model.getListOfParameters())
    return species + [one.getId() for group in groups for one in group if one.getId() in changed]


def _unit(model: Any, known: Units, name: str, word: str) -> tuple[str, str]:
    """Unit of an output, and what it is."""
    species, parameter, compartment, reaction = (
        model.getSpecies(name),
        model.getParameter(name),
        model.getCompartment(name),
        model.getReaction(name),
    )
    if species is not None:
        concentration = word.startswith("[")
        what = f"{'concentration' if concentration else 'amount'} of species"
        return known.species(species, concentration), what
    if parameter is not None:
        return known.parameter(parameter), "parameter"
    if compartment is not None:
        return known.size(compartment), "size of compartment"
    if reaction is not None:
        return known.rate(reaction), "rate of reaction"
    return "1", "stoichiometry"


def port_name(name: str, taken: Iterable[str]) -> str:
    """A legal name for a port, of small letters: kOn becomes k_on; a number is added to one that is taken."""
    small = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_") or "x"
    small = f"x{small}" if small[0].isdigit() else small
    small = f"{small}_" if keyword.iskeyword(small) else small
    used, port, count = set(taken), small, 1
    while port in used:
        count += 1
        port = f"{small}_{count}"
    return port
