"""Events at one instant whose order SBML leaves open, or to chance: solved in two orders, which must agree.

libRoadRunner draws the order, from a generator that cannot be seeded. Here every event gets a priority of its own, in
the order of the document and in the reverse one; a model whose course depends on which is refused.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

from bridge_pharmacology.sbml.refused import Refused, libsbml

#: Less than two priorities that are meant to differ, and below any that is meant.
_STEP, _LOWEST = 1e-7, -1e6


def open_order(model: Any) -> bool:
    """Whether two events may come at one instant without distinct priorities that are numbers."""
    return any(
        not _apart(one, other) and not _ranked(one, other)
        for one, other in combinations(list(model.getListOfEvents()), 2)
    )


def touched(model: Any) -> list[str]:
    """Ids that events assign to: what shows in which order they came."""
    found = {a.getVariable() for event in model.getListOfEvents() for a in event.getListOfEventAssignments()}
    return sorted(found)


def ordered(document: Any, *, reverse: bool) -> str:
    """The document as text, its events with priorities of their own. Raises Refused where Level 2 has no equal."""
    library = libsbml()
    document = document.clone()
    if document.getLevel() < 3 and not document.setLevelAndVersion(3, 1, False):
        raise Refused("the document's events have no order in SBML Level 2, and it has no equal in Level 3.")
    events = list(document.getModel().getListOfEvents())
    for number, event in enumerate(events):
        place = _STEP * (number if reverse else len(events) - number)
        priority = library.ASTNode(library.AST_PLUS)
        own = event.getPriority()
        if own is not None and own.isSetMath():
            priority.addChild(own.getMath().deepCopy())
        else:
            priority.addChild(_number(_LOWEST))
            place /= _STEP
        priority.addChild(_number(place))
        event.unsetPriority()
        event.createPriority().setMath(priority)
    return str(library.writeSBMLToString(document))


def _number(value: float) -> Any:
    library = libsbml()
    tree = library.ASTNode(library.AST_REAL)
    tree.setValue(value)
    return tree


def _ranked(one: Any, other: Any) -> bool:
    """Whether two events have priorities that are different numbers."""
    values = [_value(event.getPriority()) for event in (one, other)]
    return None not in values and values[0] != values[1]


def _apart(one: Any, other: Any) -> bool:
    """Whether two events wait for different times, given as numbers, and happen at once."""
    values = []
    for event in (one, other):
        tree = (
            event.getTrigger().getMath() if event.getTrigger() is not None and event.getTrigger().isSetMath() else None
        )
        if event.isSetDelay() or tree is None or not tree.isRelational() or tree.getNumChildren() != 2:
            return False
        sides = [tree.getChild(0), tree.getChild(1)]
        if sides[0].getType() != libsbml().AST_NAME_TIME or not sides[1].isNumber():
            return False
        values.append(sides[1].getValue())
    return bool(values[0] != values[1])


def _value(holder: Any) -> float | None:
    if holder is None or not holder.isSetMath() or not holder.getMath().isNumber():
        return None
    return float(holder.getMath().getValue())
