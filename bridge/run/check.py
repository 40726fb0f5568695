"""Checking a flow: its wiring read off its body, everything refused that will not fit."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from bridge.chain.chain import Chain
from bridge.chain.trace import bind, trace
from bridge.errors import BridgeError, ContractError, NotSeparated
from bridge.run.intercept import intercept_prefect
from bridge.scales.separation import declared


def check(flow: Any, **parameters: Any) -> Chain:
    """Trace a flow (Prefect's or a plain function) and return its chain; no Prefect run, no server.

    Raises ContractError, UnknownName or MissingInput for what would be refused before running.
    """
    return check_with(flow, parameters)


def check_with(flow: Any, parameters: Mapping[str, Any]) -> Chain:
    """Trace a flow with parameters in a mapping, as ``check`` does.

    An error of the body's own comes through, with a note of the file and line in which the body stood.
    """
    function, name = body_of(flow)
    given = validated(flow, parameters)
    try:
        chain = trace(function, given, name)
    except BridgeError:
        raise
    except Exception as reason:
        if where := line_in(function, reason):
            reason.add_note(f"{where}, in the body of flow {name!r}")
        raise
    refuse_reversed(chain)
    return chain


def line_in(function: Callable[..., Any], reason: BaseException) -> str:
    """Where in the file of a function an error came from, ``flows/creep.py:12``; "" if it was not there."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or not code.co_filename.endswith(".py"):
        return ""
    found, trace = "", reason.__traceback__
    here = os.path.relpath(code.co_filename)
    file = code.co_filename if here.startswith(os.pardir) else here
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == code.co_filename:
            found = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


def refuse_reversed(chain: Chain) -> None:
    """Refuse closures whose fine model declares larger lengths or times than who asks it. Raises NotSeparated.

    Ranges that overlap are no reason: where in them both work is judged while they run.
    """
    for stage in chain.stages.values():
        for port, closed in stage.model.closures.items():
            fine, coarse = closed.model.scale, stage.model.scale
            name = f"{fine.name}/{coarse.name}"
            wrong = [str(pair) for pair in declared(fine, coarse) if pair.relation == "reversed"]
            if wrong and name not in stage.options.get("accept", ()):
                raise NotSeparated(
                    f"{stage.name}.{port}: {closed.model.name} ({fine}) is to answer {stage.model.name} ({coarse}), "
                    f"but declares itself the coarser: {'; '.join(wrong)}. Exchange them, correct the scale, "
                    f"or say that it is meant: accept={name!r}."
                )


def body_of(flow: Any) -> tuple[Callable[..., Any], str]:
    """The function a flow runs, and the flow's name."""
    if "prefect" in sys.modules:
        intercept_prefect()
        from prefect.flows import Flow

        if isinstance(flow, Flow):
            return flow.fn, flow.fn.__name__
    if not callable(flow):
        raise ContractError(f"{flow!r} is not a flow: write @flow(task_runner=runner()) above a function.")
    return flow, getattr(flow, "__name__", "flow")


def validated(flow: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as the flow's body receives them: bound, and coerced to their annotated types."""
    function, name = body_of(flow)
    bound = bind(function, parameters, name)
    if function is flow or not flow.should_validate_parameters:
        return bound
    from prefect.exceptions import ParameterTypeError

    try:
        return dict(flow.validate_parameters(flow_defaults(function) | bound))
    except ParameterTypeError as reason:
        lines = [line.strip(" -") for line in str(reason).splitlines()[1:] if "further information" not in line]
        raise ContractError(f"flow {name!r}: {'; '.join(filter(None, lines)) or reason}") from None


def flow_defaults(function: Callable[..., Any]) -> dict[str, Any]:
    """A function's default arguments by name."""
    return {p.name: p.default for p in inspect.signature(function).parameters.values() if p.default is not p.empty}
