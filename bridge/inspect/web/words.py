"""How pages write things: numbers with units, times, sizes, and every text made inert before it is shown."""

from __future__ import annotations

import functools
import re
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup

from bridge.literals import duration

#: What would move the pen, the reading direction or the terminal: shown by its number instead.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")


def inert(thing: Any) -> Any:
    """A thing as text that only says what it is: control characters and marks of direction are spelled out.

    What is HTML already, and was made by us, stays as it is. None is nothing.
    """
    if isinstance(thing, Markup):
        return thing
    if thing is None:
        return ""
    text = thing if isinstance(thing, str) else str(thing)
    if text.isascii() and text.isprintable():  # as nearly all are, thousands on a page
        return text
    text = text.encode(errors="backslashreplace").decode()
    return _CONTROLS.sub(lambda found: f"⟨{ord(found[0]):04X}⟩", text)


def link(*parts: str, **query: Any) -> str:
    """An address on this site: parts of the path, each quoted whole, and a query without what is None or empty."""
    path = "/" + "/".join(quote(part.encode(errors="replace").decode(), safe="") for part in parts)
    asked = {name: value for name, value in query.items() if value not in (None, "", [], ())}
    return path + (f"?{urlencode(asked, doseq=True, errors='replace')}" if asked else "")


def moment(written: Any) -> Markup:
    """A time as stored, for people: to the second, in UTC."""
    try:
        at = datetime.fromisoformat(str(written))
    except ValueError:
        return Markup("<span>{}</span>").format(inert(str(written)[:40]))
    said = f"{at:%Y-%m-%d %H:%M:%S}"
    return Markup(f'<time datetime="{at.isoformat()}" title="{said} UTC">{said}</time>')


def took(seconds: float | None) -> str:
    """How long something took; nothing where nobody knows."""
    return duration(seconds) if isinstance(seconds, (int, float)) else ""


def size(count: float | None) -> str:
    """Bytes for people: ``3.4 MiB``."""
    if not isinstance(count, (int, float)):
        return ""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


#: States of runs, stages and points: their mark, so that colour is not all that tells them apart, and their class.
_STATES = {
    "completed": ("✓", "good"), "computed": ("✓", "good"), "done": ("✓", "good"), "found": ("↺", "good"),
    "running": ("▶", "busy"), "waiting": ("…", "idle"), "submitted": ("…", "idle"),
    "failed": ("✗", "wrong"), "damaged": ("⚡", "wrong"), "interrupted": ("‖", "warn"), "cancelled": ("■", "warn"),
    "missing": ("?", "warn"), "not run": ("–", "idle"), "blocked": ("–", "idle"),
}  # fmt: skip


@functools.lru_cache(256)
def state(name: Any) -> Markup:
    """A state as a mark and a word."""
    mark, kind = _STATES.get(str(name), ("·", "idle"))
    return Markup('<span class="state {}"><span aria-hidden="true">{}</span> {}</span>').format(kind, mark, inert(name))


def given(value: Any) -> str:
    """A parameter as it was written, cut where nobody would read on."""
    text = str(value)
    return text if len(text) <= 120 else f"{text[:119]}…"
