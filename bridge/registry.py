"""Installed models: entry points in the group ``bridge.models``, loaded when asked for."""

from __future__ import annotations

import contextlib
import functools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

from bridge.code import code_of
from bridge.errors import BrokenModel, UnknownName, did_you_mean
from bridge.models import NAME, Model, model_of

GROUP = "bridge.models"


@dataclass(frozen=True)
class Offer:
    """What one distribution says about one model."""

    distribution: str
    version: str
    point: metadata.EntryPoint | None = None
    fault: str = ""


@dataclass(frozen=True)
class Entry:
    """One installed model, not loaded yet."""

    name: str
    offers: tuple[Offer, ...]

    @property
    def distribution(self) -> str:
        """Distribution that brings the model."""
        return ", ".join(sorted(offer.distribution for offer in self.offers))

    @property
    def version(self) -> str:
        """Version of that distribution."""
        return ", ".join(sorted(offer.version for offer in self.offers))

    def load(self) -> Model:
        """Import the model. Raises BrokenModel, with the reason, whatever its module does."""
        if len(self.offers) > 1:
            raise BrokenModel(f"{self.name} is installed by {self.distribution}: uninstall all but one.")
        (offer,) = self.offers
        if offer.point is None:
            raise BrokenModel(f"{self.name} ({offer.distribution} {offer.version}) cannot be loaded: {offer.fault}")
        where = f"{self.name} ({offer.point.value}, {offer.distribution} {offer.version})"
        if not NAME.fullmatch(self.name):
            raise BrokenModel(f"{where} is no model name: lower-case letters, digits, '_', '-' and '.', at most 64.")
        try:
            found = model_of(offer.point.load())
            code_of(found.function)  # now: what this process has imported, whatever the disk holds later
        except (Exception, SystemExit) as reason:
            raise BrokenModel(f"{where} cannot be loaded: {type(reason).__name__}: {reason}") from reason
        if found.name != self.name:
            raise BrokenModel(f"{where} calls itself {found.name!r}: the entry point and @model need one name.")
        return found


@functools.cache
def _entries() -> dict[str, Entry]:
    found: dict[str, dict[str, Offer]] = defaultdict(dict)
    for distribution in metadata.distributions():
        try:
            text = distribution.read_text("entry_points.txt") or ""
        except (OSError, UnicodeDecodeError):
            continue
        if f"[{GROUP}]" in text:
            for name, offer in _offers(distribution):
                found[name].setdefault(offer.distribution, offer)  # the first on the path is the one imported
    return {name: Entry(name, tuple(found[name].values())) for name in sorted(found)}


def _offers(distribution: metadata.Distribution) -> Iterator[tuple[str, Offer]]:
    """The models of a distribution; one that cannot be read stands under its own name, with the reason."""
    name: str | None = None
    version: str | None = None
    with contextlib.suppress(Exception):
        name, version = distribution.metadata["Name"], distribution.metadata["Version"]
    label = name or str(getattr(getattr(distribution, "_path", None), "name", "an unnamed distribution"))
    try:
        for point in distribution.entry_points.select(group=GROUP):
            yield point.name, Offer(label, version or "without a version", point)
    except Exception as reason:
        fault = f"its entry_points.txt cannot be read: {type(reason).__name__}: {reason}"
        yield label, Offer(label, version or "without a version", fault=fault)


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
