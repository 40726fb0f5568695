"""What is typed into the form above the list of runs, read; what cannot be read is said where it was typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import ContractError
from bridge.inspect.web.asked import Asked
from bridge.store.index.conditions import Conditions, condition_of, moment

#: Conditions on parameters that are read at once, at most.
MOST = 16
#: What is typed as one line each; ``where`` has a line a condition.
FIELDS = ("words", "flow", "state", "tag", "name", "since", "until", "model")


@dataclass(frozen=True)
class Typed:
    """The form as it was typed, field by field, and what is wrong with a field, in its own words."""

    values: dict[str, str]
    where: str
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, str]:
        """The same as the query of an address."""
        return {name: value for name, value in {**self.values, "where": self.where}.items() if value}


def read(asked: Asked) -> tuple[Typed, Conditions | None]:
    """The form of a request, and the conditions that it means: None if one of its fields cannot be read."""
    values = {name: asked.text(name, longest=200).strip() for name in FIELDS}
    lines = "\n".join(asked.texts("where", most=MOST, longest=2000)).splitlines()
    typed = Typed(values, "\n".join(filter(None, map(str.strip, lines))))
    given = {name: value or None for name, value in values.items()}
    for name, means in _EACH.items():
        if given[name] is not None:
            _keep(typed, name, lambda means=means, name=name: means(given[name]))  # type: ignore[misc]
    where: dict[str, str] = {}
    _keep(typed, "where", lambda: where.update(_conditions(typed.where)))
    if typed.errors:
        return typed, None
    return typed, Conditions(**given, where=where)


def at_fault(typed: Typed, reason: ContractError) -> Typed:
    """The form with what the store refused, which is a unit that no run's parameter has."""
    return Typed(typed.values, typed.where, {**typed.errors, "where": str(reason)})


#: What reads a field for the sake of its errors.
_EACH: dict[str, Callable[[Any], object]] = {
    "words": lambda text: Conditions(words=text),
    "state": lambda text: Conditions(state=text),
    "since": moment,
    "until": lambda text: moment(text, end=True),
}


def _keep(typed: Typed, name: str, look: Callable[[], object]) -> None:
    try:
        look()
    except ContractError as reason:
        typed.errors[name] = str(reason)


def _conditions(text: str) -> dict[str, str]:
    """Lines such as ``temperature = 800 K .. 1000 K``. Raises ContractError."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not name or not value:
            raise ContractError(
                f"{line!r} is no condition. Write a line for each, such as temperature = 800 K .. 1000 K"
            )
        if name in found:
            raise ContractError(f"{name} is asked for twice: {found[name]!r} and {value!r}. Write one line for it.")
        condition_of(name, value)
        found[name] = value
    if len(found) > MOST:
        raise ContractError(f"{len(found)} conditions are asked for, write {MOST} at most.")
    return found
