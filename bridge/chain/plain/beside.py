"""Files beside a chain: read once, from its own folder only, and held against their digests."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from blake3 import blake3

from bridge.chain.plain import document as d

#: Bytes up to which a file's content stands in the chain itself, and elements up to which an array's do.
HERE_BYTES, HERE_ELEMENTS = 32 * 2**10, 4096


def contents_of(document: d.Document, folder: Path) -> dict[str, bytes]:
    """What lies in the files that a document names, by their path. Raises NotRead, at the place that names them."""
    found: dict[str, bytes] = {}
    for value in _named(document):
        if value.path not in found:
            found[value.path] = _content(value, folder)
        if value.blake3 is not None and blake3(found[value.path]).hexdigest() != value.blake3:
            raise value.place.refuse(
                f"{value.path!r} is not the file that the chain was written with: its BLAKE3 digest differs. "
                "Put that one back, or leave blake3: away to take this one."
            )
    return found


def _named(document: d.Document) -> Iterator[Any]:
    for stage in document.stages:
        for _, given in stage.given():
            for value in d.inside(given):
                if isinstance(value, d.Beside) or (isinstance(value, d.Bytes) and value.content is None):
                    yield value


def _content(value: Any, folder: Path) -> bytes:
    text = value.path
    if not text or "\x00" in text or Path(text).is_absolute() or "\\" in text:
        raise value.place.refuse(f"{text!r} is no path beside the chain. Write one such as measured.csv.")
    root = folder.resolve()
    path = (root / text).resolve()
    if not path.is_relative_to(root):
        raise value.place.refuse(
            f"{text!r} leads out of the chain's folder. Copy the file there, and write its name alone."
        )
    try:
        with open(
            os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb"
        ) as file:  # a pipe without a writer is not waited for
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise value.place.refuse(f"{text!r} is no file.")
            return file.read()
    except OSError as reason:
        raise value.place.refuse(f"cannot read the file {text!r}: {reason.strerror}.") from None
