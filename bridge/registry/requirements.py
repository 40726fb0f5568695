"""Whether what a distribution requires is here, in the versions that it requires."""

from __future__ import annotations

import functools
from importlib import metadata

from bridge.registry.offers import Offer


def unmet(offer: Offer) -> str:
    """What a distribution requires and this environment lacks, and what to type; empty where nothing is lacking."""
    return "" if offer.source is None else _unmet(offer.source)


@functools.lru_cache(maxsize=256)
def _unmet(source: metadata.Distribution) -> str:
    from packaging.requirements import InvalidRequirement, Requirement

    for line in source.requires or ():
        try:
            wanted = Requirement(line)
        except InvalidRequirement as reason:
            return f"its requirement {line!r} cannot be read: {str(reason).splitlines()[0]}."
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        named = f"{wanted.name}{wanted.specifier}"
        try:
            version = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            return f"it requires {named}, which is not installed: pip install '{named}'."
        if not wanted.specifier.contains(version, prereleases=True):
            return f"it requires {named}, but {wanted.name} {version} is installed: pip install '{named}'."
    return ""


def forget() -> None:
    """Look at what is installed again."""
    _unmet.cache_clear()
