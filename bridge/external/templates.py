"""Input files and arguments as Jinja templates, in which every measured value says its unit."""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.errors import BridgeError, DeclarationError, ValueRefused
from bridge.kinds.base import Kind
from bridge.kinds.discrete import Text
from bridge.kinds.measured import Array, Number
from bridge.kinds.record import Record
from bridge.units import Conversion, unit_of

if TYPE_CHECKING:
    from jinja2 import Environment

#: Names that a template knows besides the inputs: counting, and whether this attempt goes on from restart files.
KNOWN = ("range", "restart")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Measured:
    """A number or an array with its unit, which a template can only print once it says in which unit."""

    __slots__ = ("_unit", "_value")

    def __init__(self, value: Any, unit: str) -> None:
        self._value, self._unit = value, unit

    def __len__(self) -> int:
        return len(self._value)

    def __iter__(self) -> Iterator[Measured]:
        return (Measured(one, self._unit) for one in self._value)

    def __getitem__(self, index: Any) -> Measured:
        return Measured(self._value[index], self._unit)

    def __repr__(self) -> str:
        return f"<a value in {self._unit}>"

    def __str__(self) -> str:
        raise ValueRefused(f"a value in {self._unit} is printed without its unit: write | to({self._unit!r}).")


def measured(kind: Kind | None) -> bool:
    """Whether values of a kind have a unit that must be said."""
    return isinstance(kind, (Number, Array)) and unit_of(kind.unit) != unit_of("1")


def seen(kind: Kind, value: Any, at: str) -> Any:
    """A delivered value as a template sees it. Raises ValueRefused for a text that would be more than one line."""
    if isinstance(kind, Record):
        return SimpleNamespace(
            **{p.name: seen(p.kind, _field(value, p.name), f"{at}.{p.name}") for p in kind.ports},
        )
    if isinstance(kind, (Number, Array)):
        value = np.asarray(value) if isinstance(kind, Array) else float(value)
        return Measured(value, kind.unit) if measured(kind) else _plain(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(kind, Text) and _CONTROL.search(value):
        raise ValueRefused(
            f"{at} holds {_CONTROL.search(value)[0]!r}, which would begin a line or an argument of its own in the "  # type: ignore[index]
            "program's input. Make it a File to hand over several lines."
        )
    return value


def _field(value: Any, name: str) -> Any:
    return value[name] if isinstance(value, Mapping) else getattr(value, name)


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def to(value: Any, unit: str) -> Any:
    """The number, or nested list of numbers, that a value is in a unit."""
    if not isinstance(value, Measured):
        if unit_of(unit) == unit_of("1"):
            return value
        raise ValueRefused(f"{value!r} has no unit to convert to {unit!r} from.")
    conversion = Conversion(value._unit, unit)
    if np.ndim(value._value):
        return _plain(conversion.array(np.asarray(value._value)))
    return conversion.number(float(value._value))


def fmt(value: Any, spec: str) -> Any:
    """A number as a format specification writes it, such as ``".6f"``; of a list, each."""
    if isinstance(value, Measured):
        str(value)
    if isinstance(value, list):
        return [fmt(one, spec) for one in value]
    return format(value, spec)


def _printed(value: Any) -> Any:
    """What is written for the value of an expression; a float so that reading it gives it back."""
    if isinstance(value, (bool, np.bool_)):
        raise ValueRefused("True has no one spelling: write {{ 'yes' if x else 'no' }}, as the program has it.")
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    if isinstance(value, (list, tuple, dict, SimpleNamespace)) or value is None or hasattr(value, "arrays"):
        raise ValueRefused(
            f"a {type(value).__name__} has no one spelling: write {{{{ x | join(' ') }}}}, or a loop over it."
        )
    return value


@functools.cache
def language() -> Environment:
    """Jinja as templates of inputs have it: sandboxed, unknown names are errors, lines of blocks leave no trace."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, finalize=_printed, keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True,
        autoescape=False, auto_reload=False, extensions=["jinja2.ext.loopcontrols"],
    )  # fmt: skip
    environment.globals = {"range": environment.globals["range"]}
    environment.filters |= {"to": to, "fmt": fmt}
    return environment


@functools.lru_cache(maxsize=256)
def _compiled(source: str) -> Callable[..., str]:
    return language().from_string(source).render


def rendered(source: str, values: Mapping[str, Any], at: str) -> str:
    """Render a template. Raises ValueRefused, saying in which template of which model."""
    try:
        return _compiled(source)(values)
    except BridgeError as reason:
        raise ValueRefused(f"{at}: {reason}") from None
    except Exception as reason:
        raise ValueRefused(f"{at} cannot be rendered: {type(reason).__name__}: {reason}") from None


def parsed(source: str, at: str) -> Any:
    """A template's syntax tree. Raises DeclarationError."""
    from jinja2 import TemplateError

    try:
        tree = language().parse(source)
        _compiled(source)  # unknown filters are found here
    except TemplateError as reason:
        line = getattr(reason, "lineno", None)
        raise DeclarationError(f"{at}{f', line {line}' if line else ''}: {reason.message}") from None
    return tree
