"""Axes of bare numbers that enter ports with a unit: refused with the place where the unit is to be written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bridge.axes.tables import needs_unit
from bridge.chain.chain import Varied
from bridge.chain.trace import trace
from bridge.chain.values import AxisValue
from bridge.errors import ContractError
from bridge.run.check import body_of, validated
from bridge.units import unit_of

if TYPE_CHECKING:
    from bridge.axes.points import Points


def refuse_bare_numbers(flow: Any, points: Points, fixed: Mapping[str, Any]) -> None:
    """Refuse an axis or a column of a file that needs a unit and has none. Raises ContractError.

    A flow whose body looks at such an axis is left to be checked at its points.
    """
    bare = {name: column for name, column in points.columns.items() if column.values.dtype.kind in "if"}
    bare = {name: column for name, column in bare.items() if not column.unit}
    if not bare:
        return
    function, name = body_of(flow)
    try:
        given = validated(flow, {**fixed, **points.at(0)})
        chain = trace(function, given | {axis: AxisValue(axis, set()) for axis in bare}, name)
    except Exception:  # what is wrong with the flow is said where it is checked
        return
    for stage in chain.stages.values():
        for port in stage.model.inputs.values():
            source, unit = stage.sources.get(port.name), port.kind.unit
            if isinstance(source, Varied) and source.axis in bare and unit and unit_of(unit) != unit_of("1"):
                raise ContractError(needs_unit(bare[source.axis], f"{stage.name}.{port.name}", unit))
