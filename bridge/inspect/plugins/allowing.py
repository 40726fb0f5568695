"""Which plugins may be loaded here, in words, and the change of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bridge.errors import UnknownName, did_you_mean
from bridge.registry import entries
from bridge.registry.allowing import allowed, file, normal, restrict


def known() -> dict[str, str]:
    """The distributions that bring models, by the name they are compared by."""
    return {normal(offer.distribution): offer.distribution for entry in entries().values() for offer in entry.offers}


def allow(names: Sequence[str]) -> None:
    """Let these distributions bring models, beside those allowed already.

    Raises UnknownName for one that is not here.
    """
    here, before = known(), allowed()
    for name in names:
        if normal(name) not in here and normal(name) not in (before or ()):
            raise UnknownName(f"no plugin is called {name!r}. {did_you_mean(name, here.values())}")
    restrict({*(before or ()), *names})


def allow_all() -> None:
    """Lift the restriction."""
    restrict(None)


def document() -> dict[str, Any]:
    """What may be loaded, in JSON."""
    only, here = allowed(), known()
    return {
        "restricted": only is not None,
        "file": str(file()),
        "allowed": sorted(here.values() if only is None else (here.get(name, name) for name in only)),
        "not_allowed": [] if only is None else sorted(named for name, named in here.items() if name not in only),
    }


def text(found: dict[str, Any]) -> str:
    """What may be loaded, for people."""
    if not found["restricted"]:
        listed = ", ".join(found["allowed"]) or "there is none"
        return f"every plugin may be loaded ({listed}). Allow only some: scalebridge plugins allow DISTRIBUTION…"
    words = [f"allowed: {', '.join(found['allowed']) or 'none'}"]
    if found["not_allowed"]:
        words.append(f"not allowed: {', '.join(found['not_allowed'])}")
    return "\n".join([*words, f"kept in {found['file']}; lift it: scalebridge plugins allow --all"])
