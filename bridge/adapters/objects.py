"""Steppers as objects of any class: made, advanced, read and written by its attributes and methods."""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bridge.adapters.returned import outputs_from
from bridge.adapters.route import Route, default_of, route, signature_of
from bridge.errors import DeclarationError, ValueRefused, did_you_mean
from bridge.kinds.base import own
from bridge.kinds.record import Port


class Running(Protocol):
    """A stepper that has begun."""

    def step(self) -> None:
        """Advance by one time step."""

    def read(self, ports: tuple[Port, ...]) -> dict[str, Any]:
        """Values of ports as they are now, which later steps do not change."""

    def state(self, ports: tuple[Port, ...]) -> dict[str, Any]:
        """The state as it is now."""

    def write(self, state: Mapping[str, Any]) -> None:
        """Put a state in place of the one it has."""

    def time_step(self) -> float | None:
        """Its own time step, in the unit of the model's durations; None where it does not tell."""


class Means(Protocol):
    """How a stepper of some form is begun and ended."""

    def running(self, values: Mapping[str, Any], step: float | None) -> contextlib.AbstractContextManager[Running]:
        """Begin from the values of the inputs; end whatever happens."""

    def default(self, name: str, note: Any, at: str) -> Any:
        """The default of an input or setting; `inspect.Parameter.empty` if none."""


@dataclass(frozen=True)
class Methods:
    """Names of what a class does: of its own, or as they were given."""

    step: str
    initialise: str | None
    finalise: str | None
    read: str | None
    write: str | None


def methods_of(
    cls: Any, at: str, *, step: str, initialise: str | None, finalise: str | None, read: str | None, write: str | None
) -> Methods:
    """Check that a class has the methods that are named, and find those with usual names. Raises DeclarationError."""
    inner = cls
    while isinstance(inner, functools.partial):
        inner = inner.func
    known = dir(inner) if isinstance(inner, type) else None

    def there(name: str | None, what: str) -> str | None:
        if name is not None and known is not None and not callable(getattr(inner, name, None)):
            public = [one for one in known if not one.startswith("_")]
            raise DeclarationError(
                f"{at}: {inner.__qualname__} has no method {name!r} to {what}. {did_you_mean(name, public)}"
            )
        return name

    def usual(*names: str) -> str | None:
        return next((name for name in names if known is not None and callable(getattr(inner, name, None))), None)

    return Methods(
        str(there(step, "advance")),
        there(initialise, "begin") or usual("initialise", "initialize"),
        there(finalise, "end") or usual("finalise", "finalize"),
        there(read, "read its state"),
        there(write, "write its state"),
    )


@dataclass(frozen=True)
class Objects:
    """Steppers made by a class; inputs go to its constructor, and those that it does not take to ``initialise``."""

    make: Callable[..., Any]
    methods: Methods
    made: Route
    begun: Route | None
    at: str

    @classmethod
    def of(cls, make: Any, methods: Methods, inputs: Iterable[str], settings: Iterable[str], at: str) -> Objects:
        """Find which parameters of a class are ports. Raises DeclarationError."""
        if methods.initialise is None:
            return cls(make, methods, route(make, inputs, settings, at), None, at)
        begin = _beginning(make, methods)
        signature = signature_of(make)
        takes = set(signature.parameters) if signature else set()
        inputs, settings = list(inputs), list(settings)

        def some(names: list[str], own: bool) -> list[str]:
            return [name for name in names if (name in takes) is own]

        made = route(make, some(inputs, True), some(settings, True), at)
        begun = route(begin, some(inputs, False), some(settings, False), f"{at} ({methods.initialise})")
        return cls(make, methods, made, begun, at)

    def default(self, name: str, note: Any, at: str) -> Any:
        """The default that the constructor or ``initialise`` has."""
        found = default_of(self.make, name, self.made, note, at)
        if found is inspect.Parameter.empty and self.begun is not None:
            return default_of(_beginning(self.make, self.methods), name, self.begun, note, at)
        return found

    @contextlib.contextmanager
    def running(self, values: Mapping[str, Any], step: float | None) -> Iterator[Running]:
        """Make and begin a stepper; it is ended whatever happens."""
        thing = self.made.call(copy.deepcopy(self.make), values)
        with ended(thing, self.methods.finalise):
            if self.begun is not None and self.methods.initialise is not None:
                self.begun.call(getattr(thing, self.methods.initialise), values)
            yield _Object(thing, self.methods, _advance(thing, self.methods.step, step, self.at), self.at)


def _beginning(make: Any, methods: Methods) -> Any:
    """The method that begins, without its self."""
    while isinstance(make, functools.partial):
        make = make.func
    return functools.partial(getattr(make, str(methods.initialise)), None)


@contextlib.contextmanager
def ended(thing: Any, finalise: str | None) -> Iterator[None]:
    """End a stepper whatever happens; an error of the run is said before one of its end."""
    try:
        yield
    except BaseException:
        if finalise is not None:
            with contextlib.suppress(Exception):
                getattr(thing, finalise)()
        raise
    if finalise is not None:
        getattr(thing, finalise)()


def _advance(thing: Any, name: str, step: float | None, at: str) -> Callable[[], Any]:
    """The method that advances, given the time step where it asks for one."""
    method: Callable[..., Any] = getattr(thing, name)
    signature = signature_of(method)
    required = [
        p.name
        for p in (signature.parameters.values() if signature else ())
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    if not required:
        return method
    if len(required) > 1 or step is None:
        raise DeclarationError(
            f"{at}: {name} takes {', '.join(required)}; it is called as {name}(), or as {name}(time_step) where "
            "time_step= is given."
        )
    return functools.partial(method, step)


@dataclass(frozen=True)
class _Object:
    thing: Any
    methods: Methods
    step: Callable[[], Any]
    at: str

    def read(self, ports: tuple[Port, ...]) -> dict[str, Any]:
        """Read the whole state by one method, anything else by attribute or method."""
        return {port.name: own(self._value(port)) for port in ports}

    def state(self, ports: tuple[Port, ...]) -> dict[str, Any]:
        """Read the state."""
        if self.methods.read is None:
            return self.read(ports)
        found = outputs_from(getattr(self.thing, self.methods.read)(), ports, f"{self.at} ({self.methods.read})")
        return {name: own(value) for name, value in found.items()}

    def _value(self, port: Port) -> Any:
        if not hasattr(self.thing, port.name):
            public = [name for name in dir(self.thing) if not name.startswith("_")]
            raise ValueRefused(
                f"{self.at}: the stepper has no {port.name!r} to read. {did_you_mean(port.name, public)}"
            )
        value = getattr(self.thing, port.name)
        return value() if inspect.isroutine(value) else value

    def write(self, state: Mapping[str, Any]) -> None:
        """Write the state by one method, by ``set_NAME``, or by attribute."""
        if self.methods.write is not None:
            getattr(self.thing, self.methods.write)(**state)
            return
        for name, value in state.items():
            setter = getattr(self.thing, f"set_{name}", None)
            if callable(setter):
                setter(value)
            elif inspect.isroutine(getattr(self.thing, name, None)) or not hasattr(self.thing, name):
                raise ValueRefused(
                    f"{self.at}: the stepper's {name!r} cannot be written. Give it an attribute {name!r} or a method "
                    f"set_{name}(value), or name the method that writes the state: write='…'."
                )
            else:
                setattr(self.thing, name, value)

    def time_step(self) -> float | None:
        """Nothing: its time step was written."""
        return None
