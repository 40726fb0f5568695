"""Checking a flow: its wiring read off its body, everything refused that will not fit."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any

from bridge.chain.chain import Chain
from bridge.chain.trace import bind, refuse_async, trace, tracing
from bridge.chain.values import Unknown
from bridge.errors import ContractError


def check(flow: Any, **parameters: Any) -> Chain:
    """Trace a flow (Prefect's or a plain function) and return its chain; no Prefect run, no server.

    Raises ContractError, UnknownName or MissingInput for what would be refused before running.
    """
    return check_with(flow, parameters)


def check_with(flow: Any, parameters: Mapping[str, Any]) -> Chain:
    """Trace a flow with parameters in a mapping, as ``check`` does."""
    function, name = body_of(flow)
    return trace(function, validated(flow, parameters), name)


def body_of(flow: Any) -> tuple[Callable[..., Any], str]:
    """The function a flow runs, and the flow's name."""
    if "prefect" in sys.modules:
        _intercept_prefect()
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


@functools.cache
def _intercept_prefect() -> None:
    """While tracing, let a subflow's body run as part of the chain and a plain task yield an unknown value."""
    from prefect.flows import Flow
    from prefect.tasks import Task

    def when_tracing(owner: type, method: str, instead: Callable[..., Any]) -> None:
        original = getattr(owner, method)

        @functools.wraps(original)
        def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
            if tracing() is None:
                return original(self, *args, **kwargs)
            return instead(self, *args, **kwargs)

        setattr(owner, method, wrapper)

    def subflow(flow: Any, *args: Any, return_state: bool = False, wait_for: Any = None, **kwargs: Any) -> Any:
        refuse_async(flow.fn, flow.fn.__name__)
        if return_state:
            raise ContractError(f"subflow {flow.fn.__name__!r}: return_state=True shows a state that is not there yet.")
        arguments = inspect.signature(flow.fn).bind(*args, **kwargs)
        arguments.apply_defaults()
        return flow.fn(*arguments.args, **arguments.kwargs)

    def unknown(task: Any, *_: Any, **__: Any) -> Unknown:
        return Unknown(task.name)

    when_tracing(Flow, "__call__", subflow)
    for method in ("__call__", "submit", "map", "delay"):
        when_tracing(Task, method, unknown)
