"""Scale-bridging: models of one scale each, chained with interfaces that are enforced."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridge.chain.values import stack as stack
    from bridge.chain.values import via as via
    from bridge.errors import BridgeError as BridgeError
    from bridge.kinds.base import Within as Within
    from bridge.media import File as File
    from bridge.media import Picture as Picture
    from bridge.models import model as model
    from bridge.run.check import check as check
    from bridge.run.launch import launch as launch
    from bridge.run.launch import resume as resume
    from bridge.run.runner import runner as runner
    from bridge.run.stage import stage as stage
    from bridge.scale import Scale as Scale
    from bridge.store.runs import runs as runs
    from bridge.units import Q as Q

_HOMES = {
    "BridgeError": "bridge.errors",
    "File": "bridge.media",
    "Picture": "bridge.media",
    "Q": "bridge.units",
    "Scale": "bridge.scale",
    "Within": "bridge.kinds.base",
    "check": "bridge.run.check",
    "launch": "bridge.run.launch",
    "resume": "bridge.run.launch",
    "model": "bridge.models",
    "runner": "bridge.run.runner",
    "runs": "bridge.store.runs",
    "stack": "bridge.chain.values",
    "stage": "bridge.run.stage",
    "via": "bridge.chain.values",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `import bridge` alone costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'bridge' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
