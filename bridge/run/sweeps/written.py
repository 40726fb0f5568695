"""What a person wrote for a sweep, read against the signature of its flow."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bridge.axes.points import LIMIT
from bridge.axes.read import read_axes
from bridge.chain.trace import refuse_fixed
from bridge.run.check import body_of
from bridge.run.sweeps.empirical import fetcher

if TYPE_CHECKING:
    from bridge.axes.designs import Design
    from bridge.axes.points import Points

#: What a sweep takes beside its axes.
OPTIONS = ("zip", "points", "sampler", "samples", "seed", "limit", "failures", "cluster")


def read(flow: Any, written: Mapping[str, Any], options: Mapping[str, Any]) -> tuple[Points, dict[str, Any]]:
    """The points and fixed parameters that texts and options mean. Raises ContractError and UnknownName."""
    function, name = body_of(flow)
    refuse_fixed(function, written, name)
    return read_axes(
        written,
        annotations_of(flow),
        zip=options.get("zip") or (),
        file=options.get("points"),
        sampler=options.get("sampler"),
        samples=options.get("samples"),
        seed=options.get("seed") or 0,
        limit=options.get("limit") or LIMIT,
        fetch=fetcher(),
    )


def read_python(
    flow: Any, designs: Sequence[Design], written: Mapping[str, Any], limit: int | None = None
) -> tuple[Points, dict[str, Any]]:
    """The points and fixed parameters that Python's values mean. Raises ContractError and UnknownName."""
    return read_axes(written, annotations_of(flow), designs=designs, limit=limit or LIMIT, fetch=fetcher())


def annotations_of(flow: Any) -> dict[str, Any] | None:
    """Every parameter of a flow with the type it is annotated with; None for a flow that takes any."""
    function, _ = body_of(flow)
    known = inspect.signature(function).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values()):
        return None
    try:
        hints = typing.get_type_hints(function)
    except (NameError, TypeError):  # a name that only a type checker sees
        hints = {name: parameter.annotation for name, parameter in known.items()}
    return {name: hints.get(name) for name in known}
