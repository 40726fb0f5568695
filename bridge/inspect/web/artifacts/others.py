"""The same output of other runs of a flow, and what tells those runs apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.errors import BridgeError
from bridge.inspect.explain.readings import spec_at
from bridge.inspect.web.artifacts.made import Context
from bridge.inspect.web.site import Site
from bridge.inspect.web.words import link
from bridge.store.artifact import Artifact
from bridge.store.index.lookup import find_runs
from bridge.store.runs import Run

#: Runs of the flow that are looked through, the newest.
NEWEST = 20


@dataclass(frozen=True)
class Other:
    """An artifact of a stage of the same name in another run, with the parameters of that run that are others."""

    key: str
    run: str
    apart: str
    here: str
    address: str


def others(site: Site, context: Context, artifact: Artifact, path: tuple[str, ...]) -> list[Other]:
    """Artifacts of the same stage in the newest runs of the flow that have such an output, each once."""
    if context.run is None:
        return []
    than, stage = context.run, context.stage

    def look(name: str) -> Other | None:
        try:
            run = site.run(name)
            key = run.stages.get(stage, {}).get("key") if "sweep" not in run.about else None
            if key and key != artifact.key and _fits(site, key, artifact, path):
                return _other(key, run, than, stage, path)
        except BridgeError:  # a run that is damaged is no reason not to show the others
            pass
        return None

    names = [name for name in find_runs(site.store, flow=than.flow, limit=NEWEST + 1) if name != than.id]
    found: dict[str, Other] = {}
    for other in site.store.abreast(look, names):
        if other is not None:
            found.setdefault(other.key, other)
    return list(found.values())[:NEWEST]


def _fits(site: Site, key: str, artifact: Artifact, path: tuple[str, ...]) -> bool:
    """Whether the other artifact has the output, of as many dimensions."""
    there, here = spec_at(site.store.open(key), path), spec_at(artifact, path) or {}
    return there is not None and len(there.get("shape", ())) == len(here.get("shape", ()))


def _other(key: str, run: Run, than: Run, stage: str, path: tuple[str, ...]) -> Other:
    address = link("artifacts", key, "port", path=".".join(path), run=run.id, stage=stage)
    here = apart(than.parameters, run.parameters)
    return Other(key, run.id, apart(run.parameters, than.parameters) or run.id, here, address)


def apart(parameters: Mapping[str, Any], than: Mapping[str, Any]) -> str:
    """Parameters that are others than those of another run: ``temperature=950 K``."""
    unlike = [f"{name}={value}" for name, value in parameters.items() if than.get(name) != value]
    text = ", ".join(unlike)
    return text if len(text) <= 80 else f"{text[:79]}…"
