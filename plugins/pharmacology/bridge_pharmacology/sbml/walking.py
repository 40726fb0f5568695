"""Walking through the formulas of a model: every one with a name that people find it by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def formulas(model: Any) -> Iterator[tuple[str, str, Any]]:
    """Every formula of a model: its role (such as "rate"), what and whose it is, and its tree."""
    for function in model.getListOfFunctionDefinitions():
        yield from _of(function, "function", f"functionDefinition {function.getId()!r}")
    for initial in model.getListOfInitialAssignments():
        yield from _of(initial, "initial", f"initialAssignment of {initial.getSymbol()!r}")
    for rule in model.getListOfRules():
        role = "rate" if rule.isRate() else "assignment" if rule.isAssignment() else "algebraic"
        yield from _of(rule, role, f"{rule.getElementName()} of {rule.getVariable()!r}")
    for reaction in model.getListOfReactions():
        yield from _of_reaction(reaction)
    for number, event in enumerate(model.getListOfEvents(), 1):
        yield from _of_event(event, f"event {event.getId() or number!r}")
    for number, constraint in enumerate(model.getListOfConstraints(), 1):
        yield from _of(constraint, "constraint", f"constraint {number}")


def _of(holder: Any, role: str, label: str) -> Iterator[tuple[str, str, Any]]:
    if holder is not None and holder.isSetMath():
        yield role, label, holder.getMath()


def _of_reaction(reaction: Any) -> Iterator[tuple[str, str, Any]]:
    yield from _of(reaction.getKineticLaw(), "rate", f"kineticLaw of reaction {reaction.getId()!r}")
    for side in (reaction.getListOfReactants(), reaction.getListOfProducts()):
        for one in side:
            label = f"stoichiometryMath of {one.getSpecies()!r} in reaction {reaction.getId()!r}"
            yield from _of(one.getStoichiometryMath(), "assignment", label)


def _of_event(event: Any, label: str) -> Iterator[tuple[str, str, Any]]:
    yield from _of(event.getTrigger(), "trigger", f"trigger of {label}")
    yield from _of(event.getDelay(), "delay", f"delay of {label}")
    yield from _of(event.getPriority(), "priority", f"priority of {label}")
    for assignment in event.getListOfEventAssignments():
        yield from _of(assignment, "event", f"assignment to {assignment.getVariable()!r} in {label}")


def parts(tree: Any) -> Iterator[Any]:
    """A formula and all formulas in it."""
    yield tree
    for i in range(tree.getNumChildren()):
        yield from parts(tree.getChild(i))
