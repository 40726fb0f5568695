"""Time zones: that of this machine, and names that people write."""

from __future__ import annotations

import os
import zoneinfo
from pathlib import Path

from bridge.errors import UnknownName, did_you_mean

_LINK = Path("/etc/localtime")
_NAME = Path("/etc/timezone")


def zone(name: str | None = None) -> str:
    """The time zone of a name (IANA's), or of this machine. Raises UnknownName."""
    if name is None:
        return machine_zone()
    known = zoneinfo.available_timezones()
    if name in known:
        return name
    plain = name.strip().lower().replace(" ", "_")
    near = [one for one in known if one.lower() == plain or one.lower().rpartition("/")[2] == plain]
    said = f"Did you mean {' or '.join(map(repr, sorted(near)))}?" if near else did_you_mean(name, known)
    raise UnknownName(f"there is no time zone {name!r}. {said} Write --timezone Europe/Berlin.")


def machine_zone() -> str:
    """The time zone of this machine, UTC where it does not say."""
    known = zoneinfo.available_timezones()
    asked = os.environ.get("TZ", "").lstrip(":")
    link = str(_LINK.resolve()).partition("/zoneinfo/")[2]
    try:
        written = _NAME.read_text().strip()
    except OSError:
        written = ""
    return next((name for name in (asked, link, written) if name in known), "UTC")
