"""What a run says of itself: flow, parameters, wiring, versions, revision."""

from __future__ import annotations

import dataclasses
import inspect
import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from bridge.chain.chain import Chain
from bridge.registry import entries
from bridge.run.check import body_of, flow_defaults

#: Distributions whose version belongs to every run.
ALWAYS = ("scalebridge", "prefect", "dask", "distributed", "numpy", "zarr", "pint")


def provenance(flow: Any, parameters: Mapping[str, Any], chain: Chain, cluster: str) -> dict[str, Any]:
    """Describe a run in JSON."""
    function, name = body_of(flow)
    source = inspect.getsourcefile(function)
    return {
        "flow": name,
        "file": source,
        "parameters": {k: _plain(v) for k, v in (flow_defaults(function) | dict(parameters)).items()},
        "cluster": cluster,
        "stages": [{"name": s.name, "model": s.model.name, "scale": s.model.scale.name} for s in chain.stages.values()],
        "edges": [dataclasses.asdict(edge) for edge in chain.edges()],
        "versions": _versions(chain),
        "revision": _revision(Path(source)) if source else None,
    }


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, float, str, type(None))) else str(value)


def _versions(chain: Chain) -> dict[str, str]:
    names = set(ALWAYS)
    for stage in chain.stages.values():
        names |= set(stage.model.depends)
        entry = entries().get(stage.model.name)
        if entry:
            names.add(entry.distribution)
    return {name: metadata.version(name) for name in sorted(names)}


def _revision(source: Path) -> dict[str, Any] | None:
    """Git revision of the flow's file and whether the file differs from it; None outside git."""

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(source.parent), *arguments], capture_output=True, text=True, timeout=5, check=True
        )
        return done.stdout.strip()

    try:
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "--", source.name))}
    except (OSError, subprocess.SubprocessError):
        return None
