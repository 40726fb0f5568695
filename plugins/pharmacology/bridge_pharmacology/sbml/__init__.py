"""SBML and Antimony files as models."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridge_pharmacology.sbml.loading import Written as Written
    from bridge_pharmacology.sbml.loading import load as load
    from bridge_pharmacology.sbml.loading import write as write
    from bridge_pharmacology.sbml.plugin import new as new
    from bridge_pharmacology.sbml.refused import NotSolved as NotSolved
    from bridge_pharmacology.sbml.refused import Refused as Refused
    from bridge_pharmacology.sbml.simulation import simulate as simulate
    from bridge_pharmacology.sbml.suite import conformance as conformance

_HOMES = {
    "NotSolved": "refused",
    "Refused": "refused",
    "Written": "loading",
    "conformance": "suite",
    "load": "loading",
    "new": "plugin",
    "simulate": "simulation",
    "write": "loading",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: libSBML and libRoadRunner are heavy, and optional."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
