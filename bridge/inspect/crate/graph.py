"""The graph of a crate's metadata: entities by their names, flat as RO-Crate wants them, in one order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bridge.inspect.crate.layout import METADATA
from bridge.store.sealed import spelled

#: RO-Crate 1.1, which the profiles of Workflow Run RO-Crate 0.5 build upon, and their own terms.
CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]

Reference = dict[str, str]


class Graph:
    """Entities as they are added; what is said twice of one name must be the same."""

    def __init__(self) -> None:
        self._entities: dict[str, dict[str, Any]] = {}

    def add(self, name: str, kind: str | Sequence[str], /, **properties: Any) -> Reference:
        """Add an entity, without the properties that are None or empty; a reference to it comes back.

        Raises ValueError where something else was said of this name.
        """
        said = {key: _one(value) for key, value in properties.items() if value not in (None, [], "")}
        entity = {"@id": name, "@type": kind if isinstance(kind, str) else list(kind), **said}
        before = self._entities.setdefault(name, entity)
        if before != entity:
            raise ValueError(f"{name} is said to be {before!r}, and {entity!r}")
        return {"@id": name}

    def __contains__(self, name: str) -> bool:
        return name in self._entities

    def described(self, name: str) -> dict[str, Any]:
        """An entity that was added, to say more of it."""
        return self._entities[name]

    def document(self) -> bytes:
        """The metadata: its own description, the crate, then all else by name."""
        first = (METADATA, "./")
        rest = sorted(name for name in self._entities if name not in first)
        entities = [self._entities[name] for name in (*first, *rest)]
        return spelled({"@context": CONTEXT, "@graph": entities}, indent=1) + b"\n"


def _one(value: Any) -> Any:
    """A list of one as that one: RO-Crate writes it so."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def references(names: Iterable[str]) -> list[Reference]:
    """References to entities, each once."""
    return [{"@id": name} for name in dict.fromkeys(names)]
