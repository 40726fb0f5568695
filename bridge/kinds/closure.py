"""Closure ports: what a coarse model may ask of a finer one, read off a Protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.errors import ContractError, MissingInput, UnknownName, ValueRefused, did_you_mean
from bridge.kinds.base import Kind, own, short
from bridge.kinds.record import Port, Record


@dataclass(frozen=True)
class Closure(Kind):
    """A question that a model may ask while it runs: what it hands over, and what it wants back."""

    asked: tuple[Port, ...]
    answer: Kind

    def __str__(self) -> str:
        return f"closure ({', '.join(map(str, self.asked))}) -> {self.answer}"

    def literal(self, value: Any, at: str) -> Any:
        if getattr(value, "kind", None) == self:  # a model that was found to fit, by chain.closed
            return value
        name = at.rpartition(".")[2]
        raise ContractError(f"{at} is a {self}, got {short(value)}. Write {name}=closure('MODEL', …).")

    def leave(self, value: Any, at: str) -> Any:
        raise ValueRefused(f"{at} is a {self}: a closure enters a model, it cannot leave one.")

    def admit(self, source: Kind, molar_mass: str | None = None) -> str | None:
        return "a closure is no value that a stage computes. Write closure('MODEL', …)."

    def state(self, given: Mapping[str, Any], at: str) -> dict[str, Any]:
        """Check one state, in the units of the Protocol. Raises UnknownName, MissingInput or ValueRefused."""
        for name in given:
            if not any(port.name == name for port in self.asked):
                known = [port.name for port in self.asked]
                raise UnknownName(f"{at} was asked with {name!r}. {did_you_mean(name, known)}")
        found = {}
        for port in self.asked:
            if port.name not in given and port.required:
                raise MissingInput(f"{at} was asked without {port.name} ({port.kind}).")
            try:
                found[port.name] = own(port.kind.leave(given.get(port.name, port.default), f"{at}.{port.name}"))
            except ValueRefused as reason:
                said = str(reason).replace("left its model as", "was asked with")
                said = said.replace("but the model returned", "but it was asked with").replace(
                    "leave a stage", "be asked"
                )
                raise ValueRefused(said) from None
        return found

    def named(self, given: tuple[Any, ...], state: Mapping[str, Any], at: str) -> Mapping[str, Any]:
        """A state whose first values were given without their names. Raises ContractError."""
        if not given:
            return state
        names = [port.name for port in self.asked]
        twice = set(names[: len(given)]) & state.keys()
        if len(given) > len(names) or twice:
            raise ContractError(
                f"{at} was asked with {len(given)} values and {sorted(state)}: it takes {', '.join(names)}."
            )
        return {**dict(zip(names, given, strict=False)), **state}

    def argument_of(self, answer: Any) -> Any:
        """An answer in the form in which the asking model receives it, its own to write into."""
        return self.answer.argument(own(answer))


def fields(kind: Kind) -> tuple[Port, ...]:
    """The parts of an answer: the fields of a record, or the answer itself, without a name."""
    return kind.ports if isinstance(kind, Record) else (Port("", kind),)
