"""Ports and records: named kinds, and the dataclasses made of them, matched by structure.

Inside scalebridge a record is a dict of field values; the author's own class is built only
when a model is called, so plugins need not import one another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any

from bridge.errors import ContractError, MissingInput, UnknownName, ValueRefused, did_you_mean
from bridge.kinds.base import Kind, short
from bridge.kinds.measured import sizes_agree


class _Missing:
    def __repr__(self) -> str:
        return "(none)"


#: The default of a port that must be given.
MISSING: Any = _Missing()


@dataclass(frozen=True)
class Port:
    """A named place where a value enters or leaves a model; ``setting`` marks the numerics.

    ``standard_error_of`` names the port beside it whose standard error it is.
    """

    name: str
    kind: Kind
    default: Any = MISSING
    setting: bool = False
    standard_error_of: str | None = None

    @property
    def required(self) -> bool:
        """Whether the port must be given a value."""
        return self.default is MISSING

    def __str__(self) -> str:
        return f"{self.name}: {self.kind}"


@dataclass(frozen=True)
class Record(Kind):
    """Several named values as one: a dataclass of annotated fields."""

    ports: tuple[Port, ...]
    holder: type | None = None

    def __str__(self) -> str:
        return f"record of {', '.join(p.name for p in self.ports)}"

    def port(self, name: str, at: str) -> Port:
        """Find a field. Raises UnknownName, with the nearest spelling."""
        for port in self.ports:
            if port.name == name:
                return port
        raise UnknownName(f"{at} has no port {name!r}. {did_you_mean(name, (p.name for p in self.ports))}")

    def literal(self, value: Any, at: str) -> dict[str, Any]:
        if is_dataclass(value) and not isinstance(value, type):
            from bridge.ports import record_of

            source = record_of(type(value))
            reason = self.admit(source)
            if reason:
                raise ContractError(f"{at} is {self}, got a {type(value).__name__}: {reason}")
            try:
                return self.deliver(source.leave(value, at), source, at)
            except ValueRefused as refused:
                raise ContractError(str(refused)) from None
        if not isinstance(value, Mapping):
            raise self._wrong(value, at, "{" + ", ".join(f"{p.name!r}: …" for p in self.ports) + "}")
        for name in value:
            self.port(str(name), at)
        missing = [p.name for p in self.ports if p.required and p.name not in value]
        if missing:
            raise MissingInput(f"{at} is {self}; {', '.join(missing)} is missing. Write {missing[0]!r}: … in it.")
        given = {p.name: value.get(p.name, p.default) for p in self.ports}
        return {
            p.name: (p.kind.literal if p.name in value else p.kind.leave)(given[p.name], f"{at}.{p.name}")
            for p in self.ports
        }

    def leave(self, value: Any, at: str) -> dict[str, Any]:
        absent = [p.name for p in self.ports if not hasattr(value, p.name)]
        if absent:
            raise ValueRefused(f"{at} is {self}, but the model returned {short(value)}, without {absent[0]!r}.")
        fields = {p.name: p.kind.leave(getattr(value, p.name), f"{at}.{p.name}") for p in self.ports}
        sizes_agree(((f"{at}.{p.name}", p.kind, fields[p.name]) for p in self.ports), ValueRefused)
        return fields

    def admit(self, source: Kind, molar_mass: str | None = None) -> str | None:
        if not isinstance(source, Record):
            return f"{source} is not {self}."
        there = {p.name: p for p in source.ports}
        for port in self.ports:
            if port.name not in there:
                if port.required:
                    return f"it has no field {port.name!r}. {did_you_mean(port.name, there)}"
                continue
            reason = port.kind.admit(there[port.name].kind, molar_mass)
            if reason:
                return f"field {port.name!r}: {there[port.name].kind} is not {port.kind}: {reason}"
        return None

    def deliver(self, value: Any, source: Kind, at: str, molar_mass: str | None = None) -> dict[str, Any]:
        assert isinstance(source, Record)
        there = {p.name: p.kind for p in source.ports}
        return {
            p.name: p.kind.deliver(value[p.name], there[p.name], f"{at}.{p.name}", molar_mass)
            if p.name in there
            else p.kind.leave(p.default, f"{at}.{p.name}")
            for p in self.ports
        }

    def argument(self, value: Any) -> Any:
        fields = {p.name: p.kind.argument(value[p.name]) for p in self.ports}
        return self.holder(**fields) if self.holder else fields
