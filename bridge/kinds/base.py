"""What every kind of value answers: what it accepts, what fits it, and what may leave a model."""

from __future__ import annotations

import abc
import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from bridge.errors import ContractError, DeclarationError


class Within:
    """Validity range of a port in its own unit: ``Within(200, 1500)``; ``strict=True`` leaves out the ends."""

    def __init__(self, low: float = -math.inf, high: float = math.inf, *, strict: bool = False) -> None:
        if not low <= high:
            raise DeclarationError(f"Within({low}, {high}) holds no number: write the lower end first.")
        self.low, self.high, self.strict = float(low), float(high), strict

    def outside(self, values: Any) -> Any:
        """Tell, value by value, what lies outside."""
        x = np.asarray(values)
        if self.strict:
            return ~((x > self.low) & (x < self.high))
        return ~((x >= self.low) & (x <= self.high))

    def apart(self, low: float, high: float) -> bool:
        """Whether nothing between ``low`` and ``high`` lies inside."""
        return high < self.low or low > self.high

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Within) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.low, self.high, self.strict))

    def __str__(self) -> str:
        if math.isinf(self.high):
            return f"{'above' if self.strict else 'at least'} {self.low:g}"
        if math.isinf(self.low):
            return f"{'below' if self.strict else 'at most'} {self.high:g}"
        return f"between {self.low:g} and {self.high:g}"

    def __repr__(self) -> str:
        return f"Within({self.low:g}, {self.high:g}{', strict=True' if self.strict else ''})"


class StandardErrorOf:
    """Says that an output is the standard error of another one: ``Annotated[float, "m^2/s", StandardErrorOf("D")]``."""

    def __init__(self, port: str) -> None:
        if not isinstance(port, str) or not port.isidentifier():
            raise DeclarationError(
                f"StandardErrorOf({port!r}) names no port: write the name of an output beside it, "
                "such as StandardErrorOf('diffusivity')."
            )
        self.port = port

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StandardErrorOf) and self.port == other.port

    def __hash__(self) -> int:
        return hash(("standard error of", self.port))

    def __repr__(self) -> str:
        return f"StandardErrorOf({self.port!r})"


class Resolved:
    """Says that a text names something that is looked up where it is written: ``Annotated[str, Resolved(engine)]``.

    ``read(text)`` gives the text that is meant, versions and all, so that they belong to the key of a result; reading
    that again gives it back. It raises an error that says what to write where nothing is meant.
    """

    def __init__(self, read: Callable[[str], str]) -> None:
        if not callable(read):
            raise DeclarationError(f"Resolved({read!r}): write a function that takes a text and gives the one meant.")
        self.read = read

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Resolved) and self.read == other.read

    def __hash__(self) -> int:
        return hash(("resolved", self.read))

    def __repr__(self) -> str:
        return f"Resolved({getattr(self.read, '__name__', self.read)})"


class Kind(abc.ABC):
    """What a port carries."""

    unit: str | None = None
    dims: tuple[str, ...] = ()
    valid: Within | None = None

    @abc.abstractmethod
    def __str__(self) -> str:
        """Describe the kind in a few characters: ``float [K]``."""

    @abc.abstractmethod
    def literal(self, value: Any, at: str) -> Any:
        """Read what was written in a flow for the port ``at``. Raises ContractError."""

    @abc.abstractmethod
    def leave(self, value: Any, at: str) -> Any:
        """Check what a model returned at its port ``at``. Raises ValueRefused."""

    def admit(self, source: Kind, molar_mass: str | None = None) -> str | None:
        """Say why a value of kind ``source`` cannot be wired here; None if it can."""
        return None if type(source) is type(self) else f"{source} is not {self}."

    def deliver(self, value: Any, source: Kind, at: str, molar_mass: str | None = None) -> Any:
        """Convert an admitted value for the port ``at``. Raises ValueRefused outside its range."""
        return value

    def argument(self, value: Any) -> Any:
        """Give the value the form in which a model receives it."""
        return value

    def _wrong(self, value: Any, at: str, write: str) -> ContractError:
        return ContractError(f"{at} is {self}, got {short(value)}. Write {at.rpartition('.')[2]}={write}.")


def own(value: Any) -> Any:
    """The value, or a copy where somebody else might write into it."""
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.ndarray):
        return value.copy()
    return copy.deepcopy(value)


def short(value: Any) -> str:
    """A value and its type, short enough for a message."""
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '…'} ({type(value).__name__})"


def bracket(unit: str | None) -> str:
    """A unit as messages show it; nothing for a pure number."""
    return f" [{unit}]" if unit not in (None, "", "1") else ""


def is_number(value: Any) -> bool:
    """Whether this is a bare number: Python's or numpy's, and no bool."""
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, (bool, np.bool_))


def first_bad(bad: Any, values: Any) -> tuple[str, Any]:
    """Index, as text, and value of the first bad element."""
    bad = np.asarray(bad)
    if bad.ndim == 0:
        return "", np.asarray(values)[()]
    index = np.unravel_index(int(np.argmax(bad)), bad.shape)
    return f"[{', '.join(str(int(i)) for i in index)}]", np.asarray(values)[index]
