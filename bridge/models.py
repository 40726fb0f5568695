"""Models: plain functions whose signature is their interface."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, runtime_checkable

from bridge.errors import ContractError, DeclarationError, MissingInput, UnknownName, ValueRefused, did_you_mean
from bridge.kinds.measured import sizes_agree
from bridge.kinds.record import Port, Record
from bridge.ports import inputs_of, outputs_of
from bridge.scale import Scale

F = TypeVar("F", bound=Callable[..., Any])

#: What a model may be called.
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
#: Names that a value in a flow has for itself, as a Prefect future.
RESERVED = frozenset({"add_done_callback", "result", "state", "task_run_id", "wait"})


@runtime_checkable
class Versioned(Protocol):
    """Something with a version that is no Python distribution, such as a program: equal names, equal versions."""

    @property
    def name(self) -> str:
        """What it is called beside its version: ``"abinit"``."""

    def version(self) -> str:
        """The version that is here. Raises ContractError where there is none, and says what to install."""


@dataclass(frozen=True)
class _Declared:
    name: str
    scale: Scale
    depends: tuple[str | Versioned, ...]
    check: Callable[..., None] | None = None


def model(
    name: str,
    *,
    scale: Scale,
    depends: Sequence[str | Versioned] = (),
    check: Callable[..., None] | None = None,
) -> Callable[[F], F]:
    """Declare a function as the model ``name`` of a scale; the function itself comes back unchanged.

    ``depends`` names distributions (``["scipy"]``), or things that tell their version themselves, whose version
    belongs to the identity of a result: where one changes, the model runs again. ``check`` is a function of some of the
    inputs, named as they are: where a flow writes all of these, it is called before anything runs, and the ValueError
    that it raises refuses them together. Raises DeclarationError.
    """
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise DeclarationError(
            f"{name!r} is no model name: write lower-case letters, digits, '_', '-' and '.', at most 64."
        )
    if not isinstance(scale, Scale):
        raise DeclarationError(f"model {name!r}: write scale=Scale('mesoscopic', length='1 nm .. 1 um').")

    if isinstance(depends, str):
        raise DeclarationError(f"model {name!r}: write depends=[{depends!r}].")

    def declare(function: F) -> F:
        if not inspect.isfunction(function):
            raise DeclarationError(f"model {name!r} is a {type(function).__name__}: a model is a plain function.")
        if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
            raise DeclarationError(f"model {name!r} is async or yields: a model is a plain function that returns.")
        function.__bridge__ = _Declared(name, scale, tuple(depends), check)  # type: ignore[attr-defined]
        return function

    return declare


@dataclass(frozen=True)
class Model:
    """A model's interface, read off its function: input ports, settings, output ports, scale."""

    name: str
    function: Callable[..., Any]
    scale: Scale
    depends: tuple[str | Versioned, ...]
    inputs: Mapping[str, Port]
    outputs: Record
    #: Closure ports that a flow has closed, each with what answers it (`bridge.chain.closed.Closed`).
    closures: Mapping[str, Any] = field(default_factory=dict)
    #: What refuses inputs that each fit their port and do not fit one another.
    check: Callable[..., None] | None = None

    @property
    def distributions(self) -> tuple[str, ...]:
        """The Python distributions among what it depends on."""
        return tuple(one for one in self.depends if isinstance(one, str))

    @property
    def summary(self) -> str:
        """First line of the docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    def port(self, name: str) -> Port:
        """Find an input or setting. Raises UnknownName, with the nearest spelling."""
        if name not in self.inputs:
            raise UnknownName(f"{self.name} has no input {name!r}. {did_you_mean(name, self.inputs)}")
        return self.inputs[name]

    def require(self, given: Mapping[str, Any]) -> None:
        """Check that nothing is missing and nothing unknown. Raises MissingInput or UnknownName."""
        for name in given:
            self.port(name)
        for port in self.inputs.values():
            if port.required and port.name not in given:
                closure, _, fixed = port.name.rpartition(".")
                write = f"{closure}=closure(…, {fixed}=…)" if closure else f"{port.name}=…"
                raise MissingInput(f"{self.name}.{port.name} is {port.kind} and was not given. Write {write}.")

    def refuse(self, written: Mapping[str, Any], at: str) -> None:
        """Refuse what a flow has written for a stage, before anything runs, as far as it says enough for that.

        Raises ContractError.
        """
        asked = list(inspect.signature(self.check).parameters) if self.check else []
        if self.check is None or any(name not in written for name in asked):
            return
        try:
            self.check(**{name: self.inputs[name].kind.argument(written[name]) for name in asked})
        except (ValueError, ValueRefused) as reason:
            said = str(reason)
            own = said.startswith(f"{self.name}.")  # it names a port of the model: here it is the stage's
            raise ContractError(f"{at}{said.removeprefix(self.name)}" if own else f"{at}: {said}") from None

    def call(self, values: Mapping[str, Any], at: str | None = None) -> dict[str, Any]:
        """Run the function on delivered values and check what leaves; ``at`` names the stage. Raises ValueRefused."""
        label = at or self.name
        own = {name: value for name, value in values.items() if "." not in name}  # the rest is of its closures
        sizes_agree(((f"{label}.{name}", self.inputs[name].kind, value) for name, value in own.items()), ValueRefused)
        arguments = {name: self.inputs[name].kind.argument(value) for name, value in own.items()}
        for name, closed in self.closures.items():
            fixed = {port.name: values[f"{name}.{port.name}"] for port in closed.ports()}
            arguments[name] = closed.live(fixed, f"{label}.{name}")
        return self.outputs.leave(self.function(**arguments), label)


def is_model(thing: Any) -> bool:
    """Whether this is a function declared with ``@model``."""
    return hasattr(thing, "__bridge__")


def _names(record: Record) -> Iterator[str]:
    """Names of fields, and of the fields of records in them."""
    for port in record.ports:
        yield port.name
        if isinstance(port.kind, Record):
            yield from _names(port.kind)


@functools.cache
def model_of(function: Callable[..., Any]) -> Model:
    """Read a declared function's interface. Raises DeclarationError."""
    declared: _Declared | None = getattr(function, "__bridge__", None)
    if declared is None:
        raise DeclarationError(
            f"{getattr(function, '__name__', function)!r} is not a model: "
            "write @model('name', scale=Scale(…)) above it."
        )
    name = declared.name
    inputs = {port.name: port for port in inputs_of(function, name)}
    outputs = outputs_of(function, name)
    taken = RESERVED & set(_names(outputs))
    if taken:
        raise DeclarationError(
            f"{name} has an output {min(taken)!r}, a name that futures have for themselves; "
            f"write e.g. 'final_{min(taken)}'."
        )
    for asked in inspect.signature(declared.check).parameters if declared.check else ():
        if asked not in inputs:
            raise DeclarationError(f"{name}: check asks for {asked!r}, no input of it. {did_you_mean(asked, inputs)}")
    declared.scale.meters, declared.scale.seconds  # noqa: B018 - a scale that cannot be read is refused here
    return Model(name, function, declared.scale, declared.depends, inputs, outputs, check=declared.check)
