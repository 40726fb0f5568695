"""Making a document ready for the solver: values put in, and steps of its right-hand side made events.

A multistep solver may stride over a short infusion written as a piecewise rate, or over the moment at which a trigger
was true, and say nothing. Every comparison, floor and ceiling in a rate, a rule or a trigger is therefore given two
events that change nothing: the solver finds where they fire, and starts anew there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge_pharmacology.sbml.ordering import open_order, ordered, touched
from bridge_pharmacology.sbml.refused import Refused, libsbml
from bridge_pharmacology.sbml.walking import formulas, parts

_OWN = "scalebridge_crossing"

#: What the solver calls a quantity of a document that has the name of its own clock.
CLOCK, RENAMED = "time", "scalebridge_quantity_time"


def opened(text: str) -> Any:
    """The document with its functions written out and local parameters as global ones, named reaction_parameter.

    Level 1 becomes Level 2, which knows events. Raises Refused where libSBML cannot.
    """
    library = libsbml()
    document = library.readSBMLFromString(text)
    if document.getLevel() == 1 and not document.setLevelAndVersion(2, 4, False):
        raise Refused("the document of SBML Level 1 has no equal in Level 2. Convert it to Level 3.")
    for option in ("expandFunctionDefinitions", "promoteLocalParameters"):
        _convert(document, option)
    for _, _, tree in formulas(document.getModel()):
        for part in parts(tree):
            if part.getType() == library.AST_RATIONAL:  # as a stoichiometry it is misread, and nothing said
                part.setValue(float(part.getReal()))
    return document


def _convert(document: Any, option: str, **more: str) -> None:
    library = libsbml()
    properties = library.ConversionProperties()
    properties.addOption(option, True)
    for key, value in more.items():
        properties.addOption(key, value)
    if document.convert(properties) != library.LIBSBML_OPERATION_SUCCESS:
        raise Refused(f"libSBML could not do {option!r} in model {document.getModel().getId()!r}.")


@dataclass(frozen=True)
class Ready:
    """Text for the solver, the same with its events in the other order where that is open, and what they assign to.

    `missable` says whether a step may hide that a condition came and went.
    """

    text: str
    reverse: str | None
    touched: tuple[str, ...]
    missable: bool


def ready(text: str, values: Mapping[str, float] | None = None) -> Ready:
    """A document prepared for the solver, with values put in place of its own.

    `values` are of parameters, compartments and species by their ids, a species' in what its initial value is given
    in (an amount or a concentration). Raises Refused for an id that has no value to replace.
    """
    document = opened(text)
    model = document.getModel()
    for name, value in (values or {}).items():
        _put(model, name, float(value))
    _refuse_unset(model)
    if model.getElementBySId(CLOCK) is not None:
        _convert(document, "renameSIds", currentIds=CLOCK, newIds=RENAMED)
    open_, assigned = open_order(model), tuple(touched(model))
    missable = _add_crossings(document)
    if not open_:
        return Ready(libsbml().writeSBMLToString(document), None, assigned, missable)
    return Ready(ordered(document, reverse=False), ordered(document, reverse=True), assigned, missable)


def _put(model: Any, name: str, value: float) -> None:
    if model.getInitialAssignment(name) is not None or model.getAssignmentRule(name) is not None:
        raise Refused(f"{name!r} is computed by the model itself: give what its formula depends on.")
    species, parameter, compartment = model.getSpecies(name), model.getParameter(name), model.getCompartment(name)
    if species is not None:
        if starts_as_concentration(species):
            species.setInitialConcentration(value)
        else:
            species.setInitialAmount(value)
    elif parameter is not None:
        parameter.setValue(value)
    elif compartment is not None:
        compartment.setSize(value)
    else:
        raise Refused(f"model {model.getId()!r} has no parameter, compartment or species {name!r}.")


def unset(model: Any) -> list[str]:
    """Ids of what has no value to start from: neither a number nor a formula."""
    compartments = [c for c in model.getListOfCompartments() if c.getSpatialDimensions() != 0]
    candidates = [(one.getId(), one.isSetSize()) for one in compartments]
    candidates += [
        (one.getId(), one.isSetInitialAmount() or one.isSetInitialConcentration()) for one in model.getListOfSpecies()
    ]
    candidates += [(one.getId(), one.isSetValue()) for one in model.getListOfParameters()]
    return [
        name
        for name, known in candidates
        if not known and model.getInitialAssignment(name) is None and model.getAssignmentRule(name) is None
    ]


def _refuse_unset(model: Any) -> None:
    """Refuse quantities without a value, in whose place libRoadRunner would take 0 or 1. Raises Refused."""
    needed = {one.getCompartment() for one in model.getListOfSpecies() if not one.getHasOnlySubstanceUnits()}
    idle = {one.getId() for one in model.getListOfCompartments()} - needed
    names = [name for name in unset(model) if name not in idle]
    if names:
        raise Refused(
            f"model {model.getId()!r} has no value for {', '.join(names)}: write it in the document, or give it as an "
            "input."
        )


def starts_as_concentration(species: Any) -> bool:
    """Whether the initial value of a species is a concentration; where none is given, whether its id stands for one."""
    if species.isSetInitialConcentration() or species.isSetInitialAmount():
        return bool(species.isSetInitialConcentration())
    return not species.getHasOnlySubstanceUnits()


def _steps(model: Any) -> dict[str, Any]:
    """Conditions at whose change the right-hand side, or a trigger, may jump, by their formula."""
    library = libsbml()
    compared = (
        library.AST_RELATIONAL_GT,
        library.AST_RELATIONAL_LT,
        library.AST_RELATIONAL_GEQ,
        library.AST_RELATIONAL_LEQ,
    )
    found: dict[str, Any] = {}
    for role, _, tree in formulas(model):
        if role not in ("rate", "assignment", "trigger"):
            continue
        for part in parts(tree):
            kind = part.getType()
            if kind in compared and part.getNumChildren() == 2:
                found[library.formulaToL3String(part)] = part.deepCopy()
            elif kind in (library.AST_FUNCTION_FLOOR, library.AST_FUNCTION_CEILING):
                found |= _whole(part.getChild(0).deepCopy())
            elif kind in (library.AST_FUNCTION_QUOTIENT, library.AST_FUNCTION_REM):
                ratio = library.ASTNode(library.AST_DIVIDE)
                ratio.addChild(part.getChild(0).deepCopy())
                ratio.addChild(part.getChild(1).deepCopy())
                found |= _whole(ratio)
    return found


def _once(model: Any, condition: Any) -> bool:
    """Whether a condition compares time with what does not change: it changes once, and no step is too long for it."""
    library = libsbml()
    sides = [condition.getChild(0), condition.getChild(1)]
    clock = [side.getType() == library.AST_NAME_TIME for side in sides]
    if clock.count(True) != 1:
        return False
    for part in parts(sides[clock.index(False)]):
        kind = part.getType()
        constant = model.getParameter(part.getName()) if kind == library.AST_NAME else None
        if kind == library.AST_NAME_TIME or (kind == library.AST_NAME and not (constant and constant.getConstant())):
            return False
        if kind in (library.AST_FUNCTION_DELAY, library.AST_FUNCTION_RATE_OF):
            return False
    return True


def _whole(inner: Any) -> dict[str, Any]:
    """The condition that changes where a term goes through a whole number: sin(pi x) >= 0."""
    library = libsbml()
    product, sine, condition = (
        library.ASTNode(kind) for kind in (library.AST_TIMES, library.AST_FUNCTION_SIN, library.AST_RELATIONAL_GEQ)
    )
    product.addChild(library.ASTNode(library.AST_CONSTANT_PI))
    product.addChild(inner)
    sine.addChild(product)
    zero = library.ASTNode(library.AST_INTEGER)
    zero.setValue(0)
    condition.addChild(sine)
    condition.addChild(zero)
    return {library.formulaToL3String(condition): condition}


def _add_crossings(document: Any) -> bool:
    library, model = libsbml(), document.getModel()
    steps = _steps(model)
    if not steps:
        return False
    missable = not all(_once(model, condition) for condition in steps.values())
    own = model.createParameter()
    own.setId(_OWN)
    own.setConstant(False)
    own.setValue(0.0)
    for number, condition in enumerate(steps.values()):
        reverse = library.ASTNode(library.AST_LOGICAL_NOT)
        reverse.addChild(condition.deepCopy())
        for way, trigger in (("up", condition), ("down", reverse)):
            event = model.createEvent()
            event.setId(f"{_OWN}_{number}_{way}")
            event.setUseValuesFromTriggerTime(True)
            written = event.createTrigger()
            if document.getLevel() > 2:
                written.setInitialValue(True)
                written.setPersistent(True)
            written.setMath(trigger)
            nothing = event.createEventAssignment()
            nothing.setVariable(_OWN)
            zero = library.ASTNode(library.AST_INTEGER)
            zero.setValue(0)
            nothing.setMath(zero)
    return missable
