"""Sums of a crate's files: a line each, as ``sha256sum`` writes and checks them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from bridge.inspect.crate.layout import METADATA, PREVIEW, SUMS, CrateRefused, inside

_LINE = re.compile(r"([0-9a-f]{64})  (.{1,2000})")
_BYTES = 2**28
_PIECE = 2**20


def sha256_of(path: Path) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def spelled_sums(files: Mapping[str, str]) -> bytes:
    """The file of sums; ``files`` has digests by path."""
    return "".join(f"{files[path]}  {path}\n" for path in sorted(files)).encode()


def read_sums(root: Path) -> tuple[dict[str, str], str]:
    """Digests by path, and the digest of the file of sums itself. Raises CrateRefused."""
    path = root / SUMS
    if not path.is_file():
        raise CrateRefused(
            f"{root.name} has no {SUMS}: it is no crate of a scalebridge run, or not all of it. scalebridge export "
            "RUN --to ro-crate writes one."
        )
    if path.stat().st_size > _BYTES:
        raise CrateRefused(f"{SUMS} has {path.stat().st_size} bytes: that is no list of files.")
    raw = path.read_bytes()
    try:
        lines = [_LINE.fullmatch(line) for line in raw.decode().split("\n")[:-1]]
    except UnicodeDecodeError:
        lines = [None]
    found = {line[2]: line[1] for line in lines if line}
    if None in lines or spelled_sums(found) != raw:
        raise CrateRefused(
            f"{SUMS} was changed after it was written: a line of it is not as sha256sum writes it. {AGAIN}"
        )
    outside = [name for name in found if not inside(name)]
    if outside:
        raise CrateRefused(f"{SUMS} names {outside[0][:200]!r}, which is not in the crate. {AGAIN}")
    if not {METADATA, PREVIEW} <= found.keys():
        raise CrateRefused(f"{SUMS} does not list {METADATA} and {PREVIEW}. {AGAIN}")
    return found, hashlib.sha256(raw).hexdigest()


#: What to do about a damaged crate.
AGAIN = "Nothing was taken: get the crate again."


def check_sums(root: Path, there: set[str], sums: Mapping[str, str], told: Callable[[int, int], None]) -> None:
    """Compare every file of a crate with its digest; ``there`` are the files that it has. Raises CrateRefused."""
    missing = sorted(sums.keys() - there)
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise CrateRefused(f"{missing[0]} is missing in the crate{more}. {AGAIN}")
    extra = sorted(there - sums.keys() - {SUMS})
    if extra:
        more = f" and {len(extra) - 1} more" if len(extra) > 1 else ""
        raise CrateRefused(
            f"{extra[0]} is in the crate{more}, and {SUMS} does not know it. Nothing was taken: remove it, or get the "
            "crate again."
        )
    for number, (path, digest) in enumerate(sums.items()):
        told(number, len(sums))
        if sha256_of(root / path) != digest:
            raise CrateRefused(f"{path} was changed after the crate was written. {AGAIN}")
