"""A function from anywhere, unchanged, as a model."""

from __future__ import annotations

import copy
import functools
import inspect
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import make_dataclass
from typing import Any

from bridge.adapters.behind import Behind, has_state
from bridge.adapters.described import described
from bridge.adapters.marks import marked
from bridge.adapters.returned import outputs_from
from bridge.adapters.route import Route, default_of, numerics, route
from bridge.code import MADE_OF
from bridge.errors import DeclarationError
from bridge.models import Versioned, is_model, model, model_of
from bridge.ports import record_of
from bridge.scale import Scale

#: The scale of a model whose author has not said where it lives.
UNSTATED = Scale("unstated")


def wrap(
    f: Callable[..., Any],
    inputs: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    name: str | None = None,
    scale: Scale = UNSTATED,
    depends: Sequence[str | Versioned] = (),
) -> Callable[..., Any]:
    """Make a model of a function as it is: ``melt = wrap(f, inputs={"x": "K"}, outputs={"y": "m"})``.

    ``f`` is anything that is called: a function, a numpy ufunc, a function of scipy, a lambda, a partial, a bound
    method, an instance with ``__call__``, a compiled function. ``inputs``, ``outputs`` and ``settings`` say what its
    parameters and results are: ``"K"`` a number in kelvin, ``"1"`` a pure number, ``("K", ("time",))`` an array with
    its dimensions, ``int``, ``bool``, ``str``, ``File``, ``Atoms``, or any ``Annotated[…]``. ``f`` is called with
    magnitudes in these units. It returns the value of the only output, or a tuple in the order of ``outputs``, a dict,
    or an object that has them as attributes. Defaults are those of ``f``; its numerics after the star are settings.

    A value that is bound to ``f`` (of a partial, an instance) is copied now and for every call: calls do not see one
    another. The identity of results holds the code of ``f`` and what is bound to it; where that code is of an installed
    distribution, its version. ``depends`` names what else they depend on.

    Returns a plain function that is declared as the model ``name`` (else the name of ``f``). Raises DeclarationError.
    """
    at = _name(f, name)
    if not callable(f) or is_model(f):
        what = "is a model as it is: use it, or its name" if callable(f) else "cannot be called"
        more = " Import it, and give the function itself." if isinstance(f, str) else ""
        raise DeclarationError(f"{at}: {f!r} {what}.{more}")
    if inspect.iscoroutinefunction(f) or inspect.isgeneratorfunction(f):
        raise DeclarationError(f"{at} is async or yields: a model is a function that returns.")
    if not outputs:
        raise DeclarationError(f"{at}: what does it return? Write outputs={{'y': 'm'}}.")
    asked, given = marked(inputs, at, "inputs"), marked(outputs, at, "outputs")
    chosen = marked(settings, at, "settings")
    chosen |= numerics(f, {*asked, *chosen})
    places = route(f, asked, chosen, at)
    if name is None and at == "<lambda>":
        raise DeclarationError(f"{at!r} is no model name, and a lambda has no other: write name='melting.lindemann'.")
    caller = sys._getframe(1).f_globals.get("__name__", "__main__")
    holder = make_dataclass("Outputs", list(given.items()), frozen=True)
    holder.__module__ = __name__  # nobody looks for its source where the function was made
    made = _made(f, places, _signature(f, places, asked, chosen, holder, at), holder, at)
    made.__annotations__ = {**asked, **chosen, "return": holder}
    made.__doc__ = described(f, list(asked), list(given))
    return declared(made, f, at, scale, depends, caller)


def _made(f: Callable[..., Any], places: Route, signature: inspect.Signature, holder: Any, at: str) -> Any:
    """The function that is called in place of ``f``."""
    kept = copied(f, at)
    ports = record_of(holder).ports

    def call(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        value = places.call(copy.deepcopy(kept) if kept is not f else f, bound.arguments)
        return holder(**outputs_from(value, ports, at))

    call.__signature__ = signature  # type: ignore[attr-defined]
    return call


def copied(f: Callable[..., Any], at: str) -> Callable[..., Any]:
    """A copy of a callable that has a state, which nobody else changes; a function itself. Raises DeclarationError."""
    if not has_state(f):
        return f
    try:
        return copy.deepcopy(f)
    except Exception as reason:
        raise DeclarationError(
            f"{at}: what is bound to it cannot be copied, and calls would see one another: {reason}. "
            "Wrap a function that makes it."
        ) from None


def declared(
    made: Any,
    of: Any,
    at: str,
    scale: Scale,
    depends: Sequence[str | Versioned],
    caller: str,
    more: Mapping[str, str] | None = None,
    check: Callable[..., None] | None = None,
) -> Callable[..., Any]:
    """Declare what an adapter made of something as a model, with its identity. Raises DeclarationError."""
    if isinstance(depends, str):
        raise DeclarationError(f"model {at!r}: write depends=[{depends!r}].")
    made.__module__ = caller
    made.__name__ = made.__qualname__ = re.sub(r"\W", "_", at)
    behind = Behind(caller, at, trusted=bool(depends))
    behind.callable(of)
    names = {one if isinstance(one, str) else one.name for one in depends}
    found = [one for one in behind.depends if (one if isinstance(one, str) else one.name) not in names]
    interface = {name: _spelled(note) for name, note in made.__annotations__.items() if name != "return"}
    results = {name: _spelled(note) for name, note in made.__annotations__["return"].__annotations__.items()}
    facts = {**behind.facts, **(more or {})}
    setattr(made, MADE_OF, (*behind.parts, {"facts": facts, "inputs": interface, "outputs": results}))
    function: Callable[..., Any] = model(at, scale=scale, depends=[*depends, *found], check=check)(made)
    model_of(function)  # refuses here what cannot be meant, and not where a flow first uses it
    return function


def _spelled(annotation: Any) -> str:
    """An annotation as text, the same in every process."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(annotation))


def _signature(
    f: Any, places: Route, asked: Mapping[str, Any], chosen: Mapping[str, Any], holder: Any, at: str
) -> inspect.Signature:
    """Inputs before the star, those that must be given first; settings after it; defaults as ``f`` has them."""
    make = functools.partial(_parameter, f, places, at)
    first = [make(name, note, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name, note in asked.items()]
    first.sort(key=lambda one: one.default is not one.empty)
    after = [make(name, note, inspect.Parameter.KEYWORD_ONLY) for name, note in chosen.items()]
    return inspect.Signature([*first, *after], return_annotation=holder)


def _parameter(f: Any, places: Route, at: str, name: str, note: Any, kind: Any) -> inspect.Parameter:
    default = default_of(f, name, places, note, f"{at}.{name}")
    return inspect.Parameter(name, kind, annotation=note, default=default)


def _name(f: Any, name: str | None) -> str:
    """The model's name: what is written, else what the function is called."""
    if name is not None:
        return name
    while isinstance(f, functools.partial):
        f = f.func
    return str(getattr(f, "__name__", type(f).__name__)).lower()
