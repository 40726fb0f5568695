"""What lies where in a crate, and how a file in it is named in the metadata."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from bridge.errors import BridgeError
from bridge.store.spaces.space import proper

METADATA = "ro-crate-metadata.json"
PREVIEW = "ro-crate-preview.html"
#: SHA-256 of every other file, as ``sha256sum -c`` reads it.
SUMS = "sha256sum.txt"
#: A store with the run in it, as every scalebridge opens one.
STORE = "store"
#: The file of the flow.
FLOW = "flow"
#: Outputs as ordinary files.
OUTPUTS = "outputs"

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_DRIVE = re.compile(r"[A-Za-z]:")


class CrateRefused(BridgeError):
    """A crate that is damaged, unsafe, or none that a store can take in."""


def identifier(path: str) -> str:
    """How the metadata names a file or, with a slash at the end, a folder of the crate."""
    return quote(path, safe="/-._~")


def path_of(identifier: str) -> str | None:
    """The file or folder of the crate that metadata names; None for what is elsewhere, or no file.

    Raises CrateRefused for a name that leads out of the crate.
    """
    if identifier in ("./", "") or identifier.startswith("#"):
        return None
    if _SCHEME.match(identifier) and not identifier.lower().startswith("file:"):
        return None
    path = unquote(identifier).removeprefix("./").rstrip("/")
    if not inside(path):
        raise CrateRefused(
            f"{METADATA} names {identifier[:200]!r}, which is not in the crate. Nothing was taken: ask for another one."
        )
    return path


def inside(path: str) -> bool:
    """Whether a name can only be that of a file in the crate: relative, without ``..``, backslashes and drives."""
    return proper(path) and not _DRIVE.match(path)
