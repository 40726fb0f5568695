"""Calculators that are classes of somebody's own distribution, and what tells one version from another."""

from __future__ import annotations

import functools
import importlib.util
import json
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlparse


def version(name: str) -> str:
    """Version of the distribution that brings the class ``package.module:Class``, which is not imported for that.

    What is installed in place (``pip install -e``) changes without its version: it has the digest of its sources,
    too. Raises ValueError for a package that is not there or belongs to no distribution.
    """
    package = name.partition(":")[0].partition(".")[0]
    spec = importlib.util.find_spec(package) if package else None
    if spec is None:
        raise ValueError(f"the calculator {name!r} is in the package {package!r}, which is not installed.")
    found = sorted(set(_brought().get(package, ())))
    if found:
        return ", ".join(f"{one} {metadata.version(one)}" for one in found)
    places = [Path(place) for place in spec.submodule_search_locations or [spec.origin or ""]]
    for one in metadata.distributions():
        folder = _edited(one)
        if folder is not None and any(place.is_relative_to(folder) for place in places):
            return f"{one.metadata['Name']} {one.version} {_digest(places)}"
    raise ValueError(
        f"the calculator {name!r} is in {package!r}, which belongs to no installed distribution, so that nobody can "
        "tell its version. Install it as one: pip install -e FOLDER."
    )


@functools.cache
def _brought() -> Mapping[str, list[str]]:
    """Which distributions bring a package: every file that is installed is looked at, once."""
    return metadata.packages_distributions()


def _edited(distribution: metadata.Distribution) -> Path | None:
    """The folder of a distribution that is installed in place."""
    said = json.loads(distribution.read_text("direct_url.json") or "{}")
    if not said.get("dir_info", {}).get("editable"):
        return None
    return Path(unquote(urlparse(said["url"]).path))


def _digest(places: list[Path]) -> str:
    """Of all Python sources in these places."""
    from blake3 import blake3

    digest = blake3()
    for place in places:
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(str(path.relative_to(place.parent)).encode() + b"\0" + blake3(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
