"""Installed models: entry points in the group ``bridge.models``, loaded when asked for."""

from __future__ import annotations

import functools
from collections import defaultdict
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from bridge.code import code_of
from bridge.errors import BrokenModel, UnknownName, did_you_mean
from bridge.models import Model, model_of

GROUP = "bridge.models"


@dataclass(frozen=True)
class Entry:
    """One installed model, not loaded yet."""

    name: str
    points: tuple[metadata.EntryPoint, ...]

    @property
    def distribution(self) -> str:
        """Distribution that brings the model."""
        return ", ".join(sorted(p.dist.name if p.dist else "?" for p in self.points))

    @property
    def version(self) -> str:
        """Version of that distribution."""
        return ", ".join(sorted(p.dist.version if p.dist else "?" for p in self.points))

    def load(self) -> Model:
        """Import the model. Raises BrokenModel, with the reason, whatever its module does."""
        if len(self.points) > 1:
            raise BrokenModel(f"{self.name} is installed by {self.distribution}: uninstall all but one.")
        point = self.points[0]
        where = f"{self.name} ({point.value}, {self.distribution} {self.version})"
        try:
            found = model_of(point.load())
            code_of(found.function)  # now: what this process has imported, whatever the disk holds later
        except (Exception, SystemExit) as reason:
            raise BrokenModel(f"{where} cannot be loaded: {type(reason).__name__}: {reason}") from reason
        if found.name != self.name:
            raise BrokenModel(f"{where} calls itself {found.name!r}: the entry point and @model need one name.")
        return found


@functools.cache
def _entries() -> dict[str, Entry]:
    found: dict[str, set[Any]] = defaultdict(set)
    for point in metadata.entry_points(group=GROUP):
        found[point.name].add(point)
    return {name: Entry(name, tuple(found[name])) for name in sorted(found)}


def entries() -> dict[str, Entry]:
    """All installed models by name, none of them imported."""
    return dict(_entries())


def find(name: str) -> Model:
    """Load one model. Raises UnknownName, with the nearest spelling, or BrokenModel."""
    known = _entries()
    if name not in known:
        raise UnknownName(f"no model is named {name!r}. {did_you_mean(name, known)}")
    return _load(name)


@functools.cache
def _load(name: str) -> Model:
    return _entries()[name].load()


def refresh() -> None:
    """Look at the installed distributions again."""
    _entries.cache_clear()
    _load.cache_clear()
