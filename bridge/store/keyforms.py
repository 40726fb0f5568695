"""Keys by the thousand: documents of which all but a few places are the same, written out once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from blake3 import blake3

from bridge.store.sealed import canonical

_BLANK = re.compile("\ue000(.*?)\ue001")


def blank(name: str) -> str:
    """A place that is left open in a document, for a digest or another key."""
    return f"\ue000{name}\ue001"


class KeyForm:
    """A document with blanks; filled in, it has the key that the whole document would have.

    ``blanks`` are their names in the order in which the one spelling of the document has them.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        pieces = _BLANK.split(canonical(document).decode())
        self._fixed = [piece.encode() for piece in pieces[::2]]
        self.blanks = tuple(pieces[1::2])

    def key(self, fillers: Iterable[bytes]) -> bytes:
        """The key, 32 bytes, with a hexadecimal digest in every blank."""
        parts = self._fixed[:1]
        for filler, fixed in zip(fillers, self._fixed[1:], strict=True):
            parts += (filler, fixed)
        return bytes(blake3(b"".join(parts)).digest())
