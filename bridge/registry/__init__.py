"""Models that distributions bring: entry points in the group ``bridge.models``, loaded when asked for.

Installed distributions, and folders that are used in place. Importing this imports no plugin, nor pint.
"""

from __future__ import annotations

import contextlib
import functools
from collections import defaultdict
from typing import TYPE_CHECKING

from bridge.errors import BridgeError, BrokenModel, UnknownName, did_you_mean
from bridge.places import looks_first, looks_with
from bridge.registry import inplace, requirements
from bridge.registry.offers import GROUP, Entry, Offer, everything, read

if TYPE_CHECKING:
    from bridge.models import Model
    from bridge.registry.verdicts import Watch

_ELSEWHERE = (
    "A plugin that is not installed is used with scalebridge --plugins FOLDER …, or SCALEBRIDGE_PLUGINS=FOLDER."
)

__all__ = ["GROUP", "Entry", "Offer", "brought_by", "entries", "find", "refresh"]


@functools.cache
def _entries() -> dict[str, Entry]:
    inplace.place()
    found: dict[str, dict[str, Offer]] = defaultdict(dict)
    for distribution in everything():
        for name, offer in read(distribution):
            found[name].setdefault(offer.distribution, offer)
    return {name: Entry(name, tuple(found[name].values())) for name in sorted(found)}


def entries() -> dict[str, Entry]:
    """All models that are offered, by name, none of them imported.

    Raises ContractError for a folder of ``SCALEBRIDGE_PLUGINS`` that is no plugin.
    """
    return dict(_entries())


def find(name: str, *, planned: bool = False) -> Model:
    """Load one model. Raises UnknownName, with the nearest spelling, or BrokenModel.

    ``planned`` says that another process decided on it: whether it is allowed was for that one to ask.
    """
    known = _entries()
    if name not in known:
        near = did_you_mean(name, known)
        elsewhere = "" if near.startswith("Did you") else f" {_ELSEWHERE}"
        raise UnknownName(f"no model is named {name!r}. {near}{elsewhere}")
    return _loaded(name) if planned else _load(name)


@functools.cache
def _load(name: str) -> Model:
    if refusal := _entries()[name].refusal():
        raise BrokenModel(f"{refusal}.")
    return _loaded(name)


@functools.cache
def _loaded(name: str) -> Model:
    entry = _entries()[name]
    if not looks_first():
        return entry.load()
    with _watch()(entry):
        return entry.load()


@functools.cache
def _watch() -> Watch:
    from bridge.registry.verdicts import Watch

    return Watch(told=looks_with())


def brought_by(model: Model) -> Offer | None:
    """What brought a model: the distribution that offers it, or whose package its function is of; None of a flow file.

    Functions that adapters made belong to the module that they were made in.
    """
    package = model.function.__module__.split(".")[0]
    known = _entries()
    own = known[model.name].offers if model.name in known else ()
    return next((one for one in own if one.package == package), _packages().get(package))


@functools.cache
def _packages() -> dict[str, Offer]:
    return {offer.package: offer for entry in _entries().values() for offer in entry.offers if offer.package}


def refresh() -> None:
    """Look at the installed distributions again, and at the folders that are used in place."""
    if _watch.cache_info().currsize:
        _watch().end()
    for cached in (_entries, _load, _loaded, _packages, _watch):
        if hasattr(cached, "cache_clear"):  # not where a test stands in for it
            cached.cache_clear()
    requirements.forget()


with contextlib.suppress(BridgeError):  # said when a model is asked for
    inplace.place()  # functions that come by pickle are imported before that
