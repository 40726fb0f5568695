"""The distributions that bring models, and how each of them is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridge.inspect.table import table
from bridge.registry import entries
from bridge.registry.allowing import allowed, normal
from bridge.registry.offers import Offer
from bridge.registry.verdicts import verdicts


def listing(told: Callable[[str], None] | None = None) -> list[dict[str, Any]]:
    """Every plugin with its models: what each computes, or why it is broken; ``told`` is given what is looked at."""
    known, only = entries(), allowed()
    judged = verdicts(known.values(), told=told)
    found: dict[str, dict[str, Any]] = {}
    for name, entry in known.items():
        for offer in entry.offers:
            plugin = found.setdefault(normal(offer.distribution), _plugin(offer, only))
            plugin["models"].append({"name": name} | _short(judged[name]))
            if said := judged[name].get("printed"):
                plugin["notes"].append(f"{name} prints when it is imported: {said.splitlines()[0]!r}")
    return [found[name] for name in sorted(found)]


def _plugin(offer: Offer, only: frozenset[str] | None) -> dict[str, Any]:
    return {
        "distribution": offer.distribution,
        "version": offer.version,
        "in_place": str(offer.folder) if offer.folder else None,
        "allowed": only is None or normal(offer.distribution) in only,
        "models": [],
        "notes": [],
    }


def _short(verdict: dict[str, Any]) -> dict[str, Any]:
    return {key: verdict[key] for key in ("broken", "scale", "summary") if key in verdict}


def text(found: list[dict[str, Any]]) -> str:
    """The plugins as a table; what is broken below it, each with its reason."""
    if not found:
        return (
            "there is no plugin. Install one (pip install scalebridge-creep), or write: scalebridge plugins new NAME."
        )
    rows = [(one["distribution"], one["version"], _models(one), one["in_place"] or "installed") for one in found]
    words = [table(rows, ("PLUGIN", "VERSION", "MODELS", "FROM"))]
    broken = [model["broken"] for one in found if one["allowed"] for model in one["models"] if "broken" in model]
    if broken:
        words += ["", "broken:", *(f"  {reason}" for reason in dict.fromkeys(broken))]
    if refused := [one["distribution"] for one in found if not one["allowed"]]:
        words += ["", "not allowed:", *(f"  {one}: scalebridge plugins allow {one}" for one in refused)]
    if notes := [note for one in found for note in one["notes"]]:
        words += ["", "said:", *(f"  {note}" for note in notes)]
    return "\n".join(words)


def _models(plugin: dict[str, Any]) -> str:
    if not plugin["allowed"]:
        return f"{len(plugin['models'])}, not allowed"
    broken = sum("broken" in model for model in plugin["models"])
    return f"{len(plugin['models'])}" + (f", {broken} broken" if broken else "")
