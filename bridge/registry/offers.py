"""What distributions say of their models, before any of it is imported."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.errors import BrokenModel
from bridge.registry.allowing import normal, refusal

if TYPE_CHECKING:
    from bridge.models import Model

#: Entry points of this group are models.
GROUP = "bridge.models"


@dataclass(frozen=True)
class Offer:
    """What one distribution says about one model."""

    distribution: str
    version: str
    point: metadata.EntryPoint | None = None
    fault: str = ""
    folder: Path | None = None  # where it is used in place
    source: metadata.Distribution | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}" + (f" in {self.folder}" if self.folder else "")

    @property
    def package(self) -> str:
        """Name of the package or module that brings the model; empty where it cannot be told."""
        return self.point.value.partition(":")[0].split(".")[0].strip() if self.point else ""


@dataclass(frozen=True)
class Entry:
    """One model that is offered, not loaded yet."""

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

    def fault(self) -> str:
        """Why the model cannot be used, as far as that shows without importing it; empty where nothing is wrong."""
        from bridge.registry.requirements import unmet

        if len(self.offers) > 1:
            return f"{self.name} is installed by {self.distribution}: uninstall all but one."
        (offer,) = self.offers
        if offer.point is None:
            return f"{self.name} ({offer.distribution} {offer.version}) cannot be loaded: {offer.fault}"
        missing = unmet(offer)
        return f"{self.name} ({offer.point.value}, {offer}) cannot be loaded: {missing}" if missing else ""

    def refusal(self) -> str:
        """Why the model may not be loaded here: its distribution is not allowed; empty where it is."""
        return next(filter(None, (refusal(offer.distribution, self.name) for offer in self.offers)), "")

    def load(self) -> Model:
        """Import the model. Raises BrokenModel, with the reason, whatever its module does."""
        from bridge.code import code_of
        from bridge.models import NAME, model_of

        if fault := self.fault():
            raise BrokenModel(fault)
        (offer,) = self.offers
        assert offer.point is not None
        where = f"{self.name} ({offer.point.value}, {offer})"
        if not NAME.fullmatch(self.name):
            raise BrokenModel(f"{where} is no model name: lower-case letters, digits, '_', '-' and '.', at most 64.")
        try:
            found = model_of(offer.point.load())
            code_of(found.function)  # now: what this process has imported, whatever the disk holds later
        except (Exception, SystemExit) as reason:
            why = _elsewhere(offer) or f"{type(reason).__name__}: {reason}"
            raise BrokenModel(f"{where} cannot be loaded: {why}") from reason
        if elsewhere := _elsewhere(offer):
            raise BrokenModel(f"{where} cannot be loaded: {elsewhere}")
        if found.name != self.name:
            raise BrokenModel(f"{where} calls itself {found.name!r}: the entry point and @model need one name.")
        return found


def _elsewhere(offer: Offer) -> str:
    """Of a distribution used in place: why its package is not that of its folder, if so."""
    import sys

    file = getattr(sys.modules.get(offer.package), "__file__", None)
    if offer.folder is None or file is None or Path(file).resolve().is_relative_to(offer.folder.resolve()):
        return ""
    return f"the package {offer.package} was imported from {Path(file).parent}. Rename one of the two packages."


def read(distribution: metadata.Distribution) -> Iterator[tuple[str, Offer]]:
    """The models of a distribution; one that cannot be read stands under its own name, with the reason."""
    name, version = label(distribution)
    folder = getattr(distribution, "folder", None)
    if fault := getattr(distribution, "fault", ""):
        yield name, Offer(name, version, fault=fault, folder=folder)
        return
    try:
        for point in distribution.entry_points.select(group=GROUP):
            yield point.name, Offer(name, version, point, folder=folder, source=distribution)
    except Exception as reason:
        fault = f"its entry_points.txt cannot be read: {type(reason).__name__}: {reason}"
        yield name, Offer(name, version, fault=fault, folder=folder)


def label(distribution: metadata.Distribution) -> tuple[str, str]:
    """Name and version of a distribution, whatever it lacks."""
    name: str | None = None
    version: str | None = None
    with contextlib.suppress(Exception):
        name, version = distribution.metadata["Name"], distribution.metadata["Version"]
    named = name or str(getattr(getattr(distribution, "_path", None), "name", "an unnamed distribution"))
    return named, version or "without a version"


def everything() -> Iterator[metadata.Distribution]:
    """Every distribution that brings models: those used in place first, and of one name the first on the path.

    What is used in place takes the place of what is installed under the same name.
    """
    seen: set[str] = set()
    for distribution in metadata.distributions():
        try:
            text = distribution.read_text("entry_points.txt") or ""
        except (OSError, UnicodeDecodeError):
            continue
        if f"[{GROUP}]" in text or hasattr(distribution, "folder"):  # or it is one used in place
            name = normal(label(distribution)[0])
            if name not in seen:
                seen.add(name)
                yield distribution
