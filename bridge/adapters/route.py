"""How a call reaches a function: which of its parameters are ports, in what place, and with what default."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.errors import DeclarationError, did_you_mean
from bridge.kinds.measured import Array
from bridge.ports import kind_of

_BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_NAMED = (*_BY_PLACE, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True)
class Fixed:
    """A value that stands in the place of a parameter that is no port: its own default."""

    value: Any


@dataclass(frozen=True)
class Route:
    """Ports in the places of a function's parameters; ``spread`` names the one that is handed over as ``*args``."""

    places: tuple[str | Fixed, ...]
    keywords: tuple[str, ...]
    spread: str | None = None

    def call(self, function: Callable[..., Any], values: Mapping[str, Any]) -> Any:
        """Call the function with the values of its ports."""
        by_place = [one.value if isinstance(one, Fixed) else values[one] for one in self.places]
        if self.spread is not None:
            by_place.extend(values[self.spread])
        return function(*by_place, **{name: values[name] for name in self.keywords})


def signature_of(function: Any) -> inspect.Signature | None:
    """The parameters of a callable; None of one that does not tell."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def route(function: Any, inputs: Iterable[str], settings: Iterable[str], at: str) -> Route:
    """Find the places of ports among the parameters of a function.

    Raises DeclarationError for names that it does not take, and for parameters that are given nothing.
    """
    inputs, settings = list(inputs), list(settings)
    twice = sorted(set(inputs) & set(settings))
    if twice:
        raise DeclarationError(f"{at}: {twice[0]!r} stands in inputs= and in settings=. Keep one.")
    signature = signature_of(function)
    if signature is None:
        return _in_order(function, inputs, settings, at)
    parameters = list(signature.parameters.values())
    renamed = _renamed(parameters, inputs, at)
    return _by_name(parameters, inputs, settings, renamed, at)


def _in_order(function: Any, inputs: list[str], settings: list[str], at: str) -> Route:
    """A function that does not tell its parameters takes its inputs in the order in which they are written."""
    count = getattr(function, "nin", None)
    if isinstance(count, int) and count != len(inputs):
        raise DeclarationError(f"{at}: the function takes {count} arguments, and inputs= names {len(inputs)}.")
    return Route(tuple(inputs), tuple(settings))


def _renamed(parameters: list[inspect.Parameter], inputs: list[str], at: str) -> dict[str, str]:
    """Ports by the parameter whose place they take, where a function's own names are for itself alone (``x1, /``)."""
    nameless = [p for p in parameters if p.kind is p.POSITIONAL_ONLY]
    if not nameless or not inputs or {p.name for p in parameters} & set(inputs):
        return {}
    if any(p.kind is p.VAR_KEYWORD for p in parameters) and all(p.default is not p.empty for p in nameless):
        return {}
    if len(inputs) > len(nameless):
        raise DeclarationError(
            f"{at}: the function takes {len(nameless)} arguments by place ({', '.join(p.name for p in nameless)}), "
            f"and inputs= names {len(inputs)}: {', '.join(inputs)}."
        )
    return {p.name: name for p, name in zip(nameless, inputs, strict=False)}


def _by_name(
    parameters: list[inspect.Parameter], inputs: list[str], settings: list[str], renamed: Mapping[str, str], at: str
) -> Route:
    listed = {*inputs, *settings}
    port_of = {p.name: renamed.get(p.name, p.name) for p in parameters}
    taken = {p.name for p in parameters if port_of[p.name] in listed and p.kind is not p.VAR_KEYWORD}
    others = [name for name in (*inputs, *settings) if name not in {port_of[p] for p in taken}]
    _known(parameters, others, at)
    _complete([p for p in parameters if p.kind in _NAMED and p.default is p.empty and p.name not in taken], at)
    spread = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL and p.name in taken), None)
    by_place = [p for p in parameters if p.kind in _BY_PLACE]
    last = max((i for i, p in enumerate(by_place) if p.name in taken and p.kind is p.POSITIONAL_ONLY), default=-1)
    places: list[str | Fixed] = []
    keywords: list[str] = []
    for i, parameter in enumerate(by_place):
        if parameter.name not in taken:
            if spread or i < last:
                places.append(Fixed(parameter.default))
        elif len(places) == i:
            places.append(port_of[parameter.name])
        else:
            keywords.append(parameter.name)
    keywords += [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.name in taken]
    return Route(tuple(places), (*keywords, *others), spread)


def _known(parameters: list[inspect.Parameter], others: list[str], at: str) -> None:
    """Refuse names that a function does not take, unless it takes any."""
    if not others or any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None)
    hint = f" Its *{rest} are one array: inputs={{{rest!r}: ('m', ('one',))}}." if rest else ""
    known = [p.name for p in parameters]
    raise DeclarationError(f"{at}: the function takes no {others[0]!r}. {did_you_mean(others[0], known)}{hint}")


def _complete(missing: list[inspect.Parameter], at: str) -> None:
    """Refuse parameters without a default that no port gives a value."""
    if missing:
        names = ", ".join(p.name for p in missing)
        first = missing[0].name
        raise DeclarationError(
            f"{at}: the function takes {names} as well, without a default. Write inputs={{{first!r}: 'UNIT'}} or "
            f"settings={{{first!r}: int}}, or bind it: functools.partial(f, {first}=…)."
        )


def numerics(function: Any, listed: Iterable[str]) -> dict[str, Any]:
    """Annotations of parameters after the star that are listed nowhere and whose type is plain: they are settings.

    Plain is what is annotated int, bool, str, a choice or with marks, or has a default that is a whole number, a
    switch or a text. What a partial has bound stays bound; anything else keeps its default.
    """
    signature = signature_of(function)
    bound = set(function.keywords) if isinstance(function, functools.partial) else set()
    inner = inspect.unwrap(function.func if isinstance(function, functools.partial) else function)
    if signature is None or not (inspect.isfunction(inner) or inspect.ismethod(inner)):
        return {}
    try:
        hints = typing.get_type_hints(inner, include_extras=True)
    except Exception:  # annotations of others may name what is not there; a port that matters is listed
        hints = {}
    found = {}
    for name, parameter in signature.parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY and name not in {*listed, *bound}:
            hint = hints.get(name, type(parameter.default) if parameter.default is not parameter.empty else None)
            if _plain(hint):
                found[name] = hint
    return found


def _plain(hint: Any) -> bool:
    if hint in (int, bool, str):
        return True
    return typing.get_origin(hint) in (typing.Annotated, typing.Literal)


def default_of(function: Any, name: str, places: Route, kind_annotation: Any, at: str) -> Any:
    """The default of a port, a magnitude in its unit, as the function has it; `inspect.Parameter.empty` if none.

    None, which stands for "nothing given", is no value of a port: such a port is required.
    """
    signature = signature_of(function)
    if signature is None or name == places.spread:
        return inspect.Parameter.empty
    known = dict(signature.parameters)
    if name not in known:
        names = list(known)
        name = names[places.places.index(name)] if name in places.places else name
    default = known[name].default if name in known else inspect.Parameter.empty
    if default is None:
        return inspect.Parameter.empty
    if default is not inspect.Parameter.empty and isinstance(kind_of(kind_annotation, at), Array):
        return np.asarray(default)
    return default
