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
