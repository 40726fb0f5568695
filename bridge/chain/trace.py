"""Tracing: running a flow's body with models replaced by their ports."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from bridge.chain.chain import Chain
from bridge.errors import ContractError, MissingInput, UnknownName, did_you_mean

_tracing: ContextVar[Chain | None] = ContextVar("bridge_tracing", default=None)


def tracing() -> Chain | None:
    """The chain that is being traced right here, if any."""
    return _tracing.get()


@contextmanager
def trace_into(chain: Chain) -> Iterator[Chain]:
    """Let stages submitted in this block enter ``chain`` instead of running."""
    token = _tracing.set(chain)
    try:
        yield chain
    finally:
        _tracing.reset(token)


def refuse_fixed(function: Callable[..., Any], names: Iterable[str], flow: str) -> None:
    """Refuse parameters of which a flow read from a file knows one value, ``__fixed__``. Raises UnknownName."""
    fixed = getattr(function, "__fixed__", {})
    for name in names:
        if name in fixed:
            raise UnknownName(
                f"the parameter {name} of flow {flow!r} is fixed at {fixed[name]!r}: its chain was written for that. "
                f"Write another from the flow: scalebridge chain FLOW.py -p {name}=VALUE --out FILE.yaml."
            )


def bind(function: Callable[..., Any], parameters: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Match parameters to a flow's signature. Raises UnknownName or MissingInput."""
    refuse_fixed(function, parameters, name)
    known = inspect.signature(function).parameters
    if not any(p.kind is p.VAR_KEYWORD for p in known.values()):
        for given in parameters:
            if given not in known:
                raise UnknownName(f"flow {name!r} has no parameter {given!r}. {did_you_mean(given, known)}")
    for parameter in known.values():
        needed = parameter.default is parameter.empty and parameter.kind not in (
            parameter.VAR_KEYWORD,
            parameter.VAR_POSITIONAL,
        )
        if needed and parameter.name not in parameters:
            raise MissingInput(f"flow {name!r} needs {parameter.name}. Write -p {parameter.name}=VALUE.")
    return dict(parameters)


def refuse_async(function: Callable[..., Any], name: str) -> None:
    """Refuse a flow written with async def. Raises ContractError."""
    if inspect.iscoroutinefunction(function):
        raise ContractError(f"flow {name!r} is async: write it with def; stages run side by side all the same.")


def trace(function: Callable[..., Any], parameters: Mapping[str, Any], name: str | None = None) -> Chain:
    """Read a flow's wiring off its body. Raises what the contract refuses."""
    label = name or str(getattr(function, "__name__", "flow"))
    refuse_async(function, label)
    with trace_into(Chain()) as chain:
        function(**bind(function, parameters, label))
    return chain
