"""Calls of Prefect's flows and tasks that a flow's body makes: replaced while tracing, and subflows while running."""

from __future__ import annotations

import copy
import functools
import inspect
from typing import Any

from bridge.chain.trace import refuse_async, tracing
from bridge.chain.values import Output, Unknown
from bridge.errors import ContractError


@functools.cache
def intercept_prefect() -> None:
    """While tracing, let a subflow's body run as part of the chain and a plain task yield an unknown value.

    While running, a subflow gives what its body returned, where that holds outputs of stages: Prefect would give
    its own states in their place, which no stage can be wired to.
    """
    from prefect.context import FlowRunContext
    from prefect.flows import Flow
    from prefect.tasks import Task

    call_flow = Flow.__call__

    @functools.wraps(call_flow)
    def flow_called(flow: Any, /, *args: Any, **kwargs: Any) -> Any:
        if tracing() is not None:
            return _traced(flow, *args, **kwargs)
        if FlowRunContext.get() is None or kwargs.get("return_state") or flow.isasync or flow.isgenerator:
            return call_flow(flow, *args, **kwargs)
        returned: list[Any] = []

        @functools.wraps(flow.fn)
        def body(*args: Any, **kwargs: Any) -> Any:
            returned.append(flow.fn(*args, **kwargs))
            return returned[-1]

        twin = copy.copy(flow)
        twin.fn = body
        result = call_flow(twin, *args, **kwargs)
        return returned[-1] if returned and _holds_outputs(returned[-1]) else result

    Flow.__call__ = flow_called  # type: ignore[method-assign,assignment]
    for method in ("__call__", "submit", "map", "delay"):
        setattr(Task, method, _unless_tracing(getattr(Task, method)))


def _traced(flow: Any, /, *args: Any, return_state: bool = False, wait_for: Any = None, **kwargs: Any) -> Any:
    refuse_async(flow.fn, flow.fn.__name__)
    if return_state:
        raise ContractError(f"subflow {flow.fn.__name__!r}: return_state=True shows a state that is not there yet.")
    arguments = inspect.signature(flow.fn).bind(*args, **kwargs)
    arguments.apply_defaults()
    return flow.fn(*arguments.args, **arguments.kwargs)


def _unless_tracing(original: Any) -> Any:
    @functools.wraps(original)
    def called(task: Any, /, *args: Any, **kwargs: Any) -> Any:
        return original(task, *args, **kwargs) if tracing() is None else Unknown(task.name)

    return called


def _holds_outputs(value: Any) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return any(map(_holds_outputs, value))
    return isinstance(value, Output)
