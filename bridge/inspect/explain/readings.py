"""Artifacts as an explanation reads them: each opened once, and one that cannot be opened is told of, not raised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bridge.errors import BridgeError
from bridge.store.artifact import Artifact
from bridge.store.index.artifacts import artifacts_and_unread
from bridge.store.store import Store
from bridge.units import Conversion, compatible

#: Characters of a key that people need to tell artifacts apart.
KEY = 12


@dataclass(frozen=True)
class Entry:
    """A wire that entered a port: the output it came from, as its own run named it, and whose artifact that is."""

    source: str
    artifact: str
    place: int | None = None  # in a stack


def entries_of(facts: Mapping[str, Any]) -> list[Entry]:
    """The wires behind one input of an artifact; none for what was written in the flow."""
    source, artifact = facts.get("from"), facts.get("artifact")
    if isinstance(source, list):
        keys = artifact if isinstance(artifact, list) else [None] * len(source)
        places = facts.get("at", range(len(source)))
        return [Entry(one, key or "", i) for one, key, i in zip(source, keys, places, strict=True)]
    return [Entry(source, artifact or "")] if source else []


class Readings:
    """The artifacts of a store, read for one explanation."""

    def __init__(self, store: Store) -> None:
        self.store = store
        #: What could not be opened, and why.
        self.unreadable: dict[str, str] = {}
        self._opened: dict[str, Artifact | None] = {}
        self._shelves: dict[str, list[Artifact]] = {}

    def open(self, key: str) -> Artifact | None:
        """An artifact; None if it is gone or damaged, with the reason in ``unreadable``."""
        if key not in self._opened:
            try:
                self._opened[key] = self.store.open(key)
            except BridgeError as reason:
                self._opened[key] = None
                self.unreadable[key] = str(reason)
        return self._opened[key]

    def made_by(self, model: str) -> Iterator[Artifact]:
        """Every artifact of a model that can be opened: the one question that asks for all of a store."""
        if model not in self._shelves:
            keys, unread = artifacts_and_unread(self.store, model)
            found = [self.open(key) for key in (*keys, *unread)]
            self._shelves[model] = [one for one in found if one is not None and one.about["model"] == model]
        yield from self._shelves[model]

    def path(self, entry: Entry, names: Iterable[str] = ()) -> tuple[str, ...] | None:
        """Where in its artifact the output of a wire is; None if the artifact cannot be read.

        Stage names may hold dots: those of ``names`` and the one the artifact was made under are tried first.
        """
        artifact = self.open(entry.artifact)
        if artifact is None:
            return None
        for name in sorted({*names, artifact.about["stage"]}, key=len, reverse=True):
            rest = entry.source.removeprefix(name)
            path = tuple(rest.split(".")[1:])
            if rest != entry.source and rest[:1] in ("", ".") and spec_at(artifact, path) is not None:
                return path
        parts = entry.source.split(".")
        tails = (tuple(parts[-n:]) for n in range(1, len(parts)))
        return next((tail for tail in tails if spec_at(artifact, tail) is not None), ())

    def number(self, entry: Entry, unit: str | None) -> tuple[Any, str | None] | None:
        """The value of a wire that is a single value, in ``unit`` where it converts; None for anything larger."""
        path, artifact = self.path(entry), self.open(entry.artifact)
        if artifact is None or not path:
            return None
        spec = spec_at(artifact, path) or {}
        if spec.get("kind") not in ("float", "int", "bool", "str", "choice"):
            return None
        value, here = artifact.value(path), spec.get("unit")
        if here and unit and here != unit and compatible(here, unit):
            return Conversion(here, unit).number(value), unit
        return value, here


def spec_at(artifact: Artifact, path: tuple[str, ...]) -> dict[str, Any] | None:
    """How an output, or a field of one, is described in the store; None if there is none of this name."""
    spec: dict[str, Any] = {"kind": "record", "fields": artifact.ports}
    for name in path:
        if name not in spec.get("fields", ()):
            return None
        spec = spec["fields"][name]
    return spec


def maker(about: Mapping[str, Any]) -> str:
    """Which run made an artifact, and when."""
    return f"made by {about.get('run', '?')} on {moment(about.get('made'))}"


def moment(written: str | None) -> str:
    """A time for people, in UTC to the minute."""
    if not written:
        return "an unknown day"
    return f"{datetime.fromisoformat(written).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
