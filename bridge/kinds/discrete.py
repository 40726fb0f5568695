"""Kinds without a unit: counts, switches, texts and choices."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.errors import ContractError, ValueRefused, did_you_mean
from bridge.kinds.base import Kind, Resolved, Within, short


@dataclass(frozen=True)
class Integer(Kind):
    """A whole number; counts have no unit."""

    valid: Within | None = None

    def __str__(self) -> str:
        return "int"

    def literal(self, value: Any, at: str) -> int:
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
            raise self._wrong(value, at, "1 (a whole number)")
        self._in_range(int(value), at, "was given", ContractError)
        return int(value)

    def leave(self, value: Any, at: str) -> int:
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
            raise ValueRefused(f"{at} is {self}, but the model returned {short(value)}.")
        self._in_range(int(value), at, "left its model as", ValueRefused)
        return int(value)

    def admit(self, source: Kind, molar_mass: str | None = None) -> str | None:
        if self.valid and source.valid and self.valid.apart(source.valid.low, source.valid.high):
            return f"what leaves is {source.valid}, what may enter is {self.valid}: no value fits both."
        return super().admit(source, molar_mass)

    def deliver(self, value: Any, source: Kind, at: str, molar_mass: str | None = None) -> int:
        self._in_range(int(value), at, "was handed", ValueRefused)
        return int(value)

    def _in_range(self, value: int, at: str, verb: str, error: type[Exception]) -> None:
        if self.valid and bool(self.valid.outside(value)):
            raise error(f"{at} {verb} {value}; it is valid {self.valid}.")


@dataclass(frozen=True)
class Boolean(Kind):
    """True or False."""

    def __str__(self) -> str:
        return "bool"

    def literal(self, value: Any, at: str) -> bool:
        if not isinstance(value, (bool, np.bool_)):
            raise self._wrong(value, at, "True")
        return bool(value)

    def leave(self, value: Any, at: str) -> bool:
        if not isinstance(value, (bool, np.bool_)):
            raise ValueRefused(f"{at} is {self}, but the model returned {short(value)}.")
        return bool(value)


@dataclass(frozen=True)
class Text(Kind):
    """A text, which may name something that is looked up as it is read."""

    resolved: Resolved | None = None

    def __str__(self) -> str:
        return "str"

    def literal(self, value: Any, at: str) -> str:
        if not isinstance(value, str) or isinstance(value, enum.Enum):
            raise self._wrong(value, at, f"{str(value)!r}")
        return self._meant(str(value), at, ContractError)

    def leave(self, value: Any, at: str) -> str:
        if not isinstance(value, str):
            raise ValueRefused(f"{at} is {self}, but the model returned {short(value)}.")
        return self._meant(str(value), at, ValueRefused)

    def deliver(self, value: Any, source: Kind, at: str, molar_mass: str | None = None) -> str:
        return self._meant(value, at, ValueRefused)

    def _meant(self, text: str, at: str, error: type[Exception]) -> str:
        if self.resolved is None:
            return text
        try:
            return str(self.resolved.read(text))
        except Exception as reason:
            raise error(f"{at}: {reason}") from None


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few texts: an Enum with text values, or ``Literal["a", "b"]``."""

    values: tuple[str, ...]
    members: type[enum.Enum] | None = None

    def __str__(self) -> str:
        return f"one of {', '.join(self.values)}"

    def literal(self, value: Any, at: str) -> Any:
        text = value.value if isinstance(value, enum.Enum) else value
        if not isinstance(text, str):
            raise self._wrong(value, at, repr(self.values[0]))
        if text not in self.values:
            raise ContractError(f"{at} is {self}, got {text!r}. {did_you_mean(text, self.values)}")
        return self._member(text)

    def leave(self, value: Any, at: str) -> Any:
        text = value.value if isinstance(value, enum.Enum) else value
        if not isinstance(text, str) or text not in self.values:
            raise ValueRefused(f"{at} is {self}, but the model returned {short(value)}.")
        return self._member(text)

    def admit(self, source: Kind, molar_mass: str | None = None) -> str | None:
        if isinstance(source, Choice) and set(source.values) <= set(self.values):
            return None
        return f"{source} is not {self}."

    def deliver(self, value: Any, source: Kind, at: str, molar_mass: str | None = None) -> Any:
        return self._member(value.value if isinstance(value, enum.Enum) else value)

    def _member(self, text: str) -> Any:
        return self.members(text) if self.members else text
