"""What libRoadRunner cannot simulate, or simulates as something else, is refused before it is tried.

The list is what its documentation excludes (delays, algebraic rules, fast reactions) and what SBML means and the
library passes over: constraints, reactions without a rate, packages it does not know, random numbers.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from bridge_pharmacology.sbml.refused import Refused, libsbml
from bridge_pharmacology.sbml.walking import formulas, parts

#: Required packages whose meaning is in the document that remains: comp is flattened, the other one is read.
_UNDERSTOOD = frozenset({"comp", "l3v2extendedmath"})


def refuse(text: str) -> None:
    """Refuse a flat document for what would not be simulated as it says. Raises Refused, naming all."""
    refuse_packages(text)
    model = libsbml().readSBMLFromString(text).getModel()
    faults = [*_elements(model), *_formulas(model)]
    fluxes = model.getPlugin("fbc")
    if fluxes is not None and fluxes.getNumObjectives():
        faults.append("it is a flux balance problem (package fbc has an objective), which has no course in time")
    if faults:
        raise Refused(f"model {model.getId()!r} cannot be simulated: {'; '.join(faults)}.")


def refuse_packages(text: str) -> None:
    """Refuse a document that says itself that it is not understood without a package; libSBML may drop the word.

    Raises Refused with the namespaces of the packages.
    """
    root = ElementTree.fromstring(text)
    required = [name[1:-10] for name, value in root.attrib.items() if name.endswith("}required") and value != "false"]
    unread = [uri for uri in required if not any(f"/{package}/" in uri for package in _UNDERSTOOD)]
    if unread:
        raise Refused(f"the document needs the package {', '.join(unread)}, which libRoadRunner does not read.")


def _elements(model: Any) -> list[str]:
    found = [
        f"algebraicRule {_formula(rule.getMath())} = 0 is an equation to solve; write assignment rules"
        for rule in model.getListOfRules()
        if rule.isAlgebraic()
    ]
    for reaction in model.getListOfReactions():
        label = f"reaction {reaction.getId()!r}"
        if reaction.getFast():
            found.append(f"{label} is fast; give it a large rate constant, or write its equilibrium as a rule")
        law = reaction.getKineticLaw()
        if law is None or not law.isSetMath():
            found.append(f"{label} has no kineticLaw, so its rate is not known")
    for number, constraint in enumerate(model.getListOfConstraints(), 1):
        if constraint.isSetMath():
            found.append(f"constraint {number} ({_formula(constraint.getMath())}) would not be watched; remove it")
    return found


def _formulas(model: Any) -> list[str]:
    library = libsbml()
    random = {
        getattr(library, name)
        for name in dir(library)
        if name.startswith("AST_DISTRIB_FUNCTION_") and isinstance(getattr(library, name), int)
    }
    found = []
    for _, label, tree in formulas(model):
        kinds = {part.getType() for part in parts(tree)}
        if library.AST_FUNCTION_DELAY in kinds:
            found.append(f"{label} looks back in time (delay), and libRoadRunner solves no delay equations")
        if kinds & random:
            found.append(f"{label} draws random numbers (package distrib)")
    return found


def _formula(tree: Any) -> str:
    return "" if tree is None else str(libsbml().formulaToL3String(tree))
