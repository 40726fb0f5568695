"""Models looked at by other processes, while pages are drawn of what is known of them already."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.registry import entries
from bridge.registry.offers import Entry
from bridge.registry.probe import Verdict
from bridge.registry.verdicts import Unknown, known, verdicts

#: Seconds for which the sources of plugins are not read again.
FRESH = 2.0


@dataclass(frozen=True)
class Seen:
    """The models that are offered, what is known of them, and the plugins that are being looked at just now."""

    entries: Mapping[str, Entry]
    verdicts: Mapping[str, Verdict]
    waiting: tuple[str, ...] = ()


class Looking:
    """What is known of all models; what is not is found out in the background, once, by processes of their own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[tuple[str, str | None], Verdict] = {}  # where the state folder cannot keep them
        self._thread: threading.Thread | None = None
        self._last: tuple[float, Seen] | None = None

    def now(self) -> Seen:
        """What is known now, at once. Raises ContractError where the list of plugins cannot be read."""
        with self._lock:
            if self._last and time.monotonic() - self._last[0] < FRESH:
                return self._last[1]
            offered = entries()
            found, unknown = known(offered.values())
            missing: list[Unknown] = []
            for offer, state, models in unknown:
                there = {one.name: self._found[one.name, state] for one in models if (one.name, state) in self._found}
                found |= there
                if rest := [one for one in models if one.name not in there]:
                    missing.append((offer, state, rest))
            if missing and not (self._thread and self._thread.is_alive()):
                self._thread = threading.Thread(target=self._look, args=[missing], daemon=True)
                self._thread.start()
            seen = Seen(offered, found, tuple(str(offer) for offer, _, _ in missing))
            self._last = None if missing else (time.monotonic(), seen)
            return seen

    def _look(self, missing: list[Unknown]) -> None:
        try:
            judged = verdicts([one for _, _, models in missing for one in models])
        except Exception as reason:  # such as no process to be had: said on the page
            judged = {}
            why = f"could not be looked at: {type(reason).__name__}: {reason}"
        else:
            why = "could not be looked at."
        told = {
            (one.name, state): judged.get(one.name, {"broken": f"{one.name} {why}"})
            for _, state, models in missing
            for one in models
        }
        with self._lock:
            self._found |= told


#: Models are those of this process, whichever store its pages are of.
LOOKING = Looking()


def words_of(entry: Entry, verdict: Verdict) -> dict[str, Any]:
    """One model's interface as it is shown, with where it comes from."""
    offer = entry.offers[0]
    told: dict[str, Any] = {
        "distribution": entry.distribution,
        "version": entry.version,
        "folder": str(offer.folder) if offer.folder else None,
        "file": verdict.get("file"),
        "printed": verdict.get("printed"),
    }
    interface: dict[str, Any] = verdict["interface"]
    return told | interface
