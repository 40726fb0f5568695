"""Plain tables, the same on a terminal and in a file."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def table(rows: Sequence[Sequence[str]], header: Sequence[str] = (), indent: str = "") -> str:
    """Align columns to the left; nothing is cut."""
    lines = [list(map(str, row)) for row in ([header] if header else [])] + [list(map(str, row)) for row in rows]
    if not lines:
        return ""
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        (indent + "  ".join(cell + " " * (w - width(cell)) for cell, w in zip(line, widths, strict=True))).rstrip()
        for line in lines
    )


def width(text: str) -> int:
    """Columns a text takes on a terminal."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def duration(seconds: float | None) -> str:
    """A time for people: ``0.15 ms``, ``2.4 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds is None:
        return ""
    if seconds < 0.1:
        return f"{seconds * 1000:.2g} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"
