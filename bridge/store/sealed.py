"""Documents that show every change: JSON in one spelling with a digest over itself."""

from __future__ import annotations

import json
from typing import Any

from blake3 import blake3

from bridge.store.spaces.space import Damaged

#: How documents that people open are set.
INDENT = 1


def canonical(document: Any) -> bytes:
    """JSON with one spelling for one content."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode(errors="backslashreplace")  # JSON's own spelling of bytes that are no text


def digest(document: Any) -> str:
    """BLAKE3 of a JSON document in its one spelling."""
    return blake3(canonical(document)).hexdigest()


def blake3_of(content: bytes | memoryview) -> str:
    """BLAKE3 of bytes."""
    return blake3(content, max_threads=blake3.AUTO if len(content) > 2**20 else 1).hexdigest()


def spelled(document: Any, indent: int | None = None) -> bytes:
    """JSON in the order it was given."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=indent).encode(errors="backslashreplace")


def sealed(document: dict[str, Any], indent: int | None = None) -> bytes:
    """Write a document down with its seal at the end."""
    return spelled({**document, "seal": digest(document)}, indent)


def unsealed(raw: bytes, at: str, indent: int | None = None) -> dict[str, Any]:
    """Read a sealed document. Raises Damaged, naming it, where a single bit differs."""
    document = strict(raw, at)
    seal = document.pop("seal", None)
    try:
        whole = seal == digest(document) and spelled({**document, "seal": seal}, indent) == raw
    except (ValueError, RecursionError) as reason:  # NaN, or so deep that it can be read but not written
        raise Damaged(f"{at} cannot be read: {reason}") from None
    if not whole:
        raise Damaged(f"{at} was changed after it was written.")
    return document


def strict(raw: bytes, at: str) -> dict[str, Any]:
    """Read a JSON object in which no name stands twice. Raises Damaged."""
    try:
        document = json.loads(raw, object_pairs_hook=_once)
    except (ValueError, RecursionError) as reason:
        raise Damaged(f"{at} cannot be read: {reason}") from None
    if not isinstance(document, dict):
        raise Damaged(f"{at} cannot be read: it holds no JSON object.")
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        twice = next(name for i, (name, _) in enumerate(pairs) if name in dict(pairs[:i]))
        raise ValueError(f"the name {twice!r} stands twice in it")
    return document
