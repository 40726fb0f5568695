"""What a run says of itself: flow, parameters, wiring, versions, revision."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
import re
import subprocess
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from blake3 import blake3

from bridge.chain.chain import Chain, Literal
from bridge.models import Model
from bridge.registry import brought_by
from bridge.run.check import body_of, flow_defaults
from bridge.run.making import plugin_of
from bridge.scale import FINE_TO_COARSE, WITHIN
from bridge.scales.separation import Declared, declared

#: Distributions whose version belongs to every run.
ALWAYS = ("scalebridge", "prefect", "dask", "distributed", "numpy", "zarr", "pint")


def provenance(flow: Any, parameters: Mapping[str, Any], chain: Chain, cluster: str) -> dict[str, Any]:
    """Describe a run in JSON."""
    function, name = body_of(flow)
    source = inspect.getsourcefile(function)
    given = flow_defaults(function) | dict(parameters)
    lost = [k for k, v in given.items() if not _written(v)]
    return {
        "flow": name,
        "file": source,
        "source": blake3(Path(source).read_bytes()).hexdigest() if source and Path(source).is_file() else None,
        "parameters": {k: v if _written(v) else str(v) for k, v in given.items()},
        **({"not_written": lost} if lost else {}),
        "cluster": cluster,
        "stages": stages(chain),
        "edges": wires(chain),
        **({"closures": asked} if (asked := closures(chain)) else {}),
        "seeds": _seeds(chain),
        "versions": _versions(chain),
        "plugins": plugins(chain),
        "revision": _revision(Path(source)) if source else None,
    }


def stages(chain: Chain) -> list[dict[str, Any]]:
    """Every stage in JSON, with what its model declares of its scale."""
    return [
        {"name": s.name, "model": s.model.name, **_scale(s.model)} | ({"options": dict(s.options)} if s.options else {})
        for s in chain.stages.values()
    ]


def _scale(model: Model) -> dict[str, str]:
    """Name of a model's scale, and its ranges as far as it has them."""
    scale = model.scale
    ranges = {"length": scale.length, "time": scale.time}
    return {"scale": scale.name} | {what: text for what, text in ranges.items() if text}


def wires(chain: Chain) -> list[dict[str, Any]]:
    """Every wire in JSON, with what its two models declare of their scales where it runs from one to another."""
    ends = [(chain.stages[w.stage].model.scale, s.model.scale) for s in chain.stages.values() for _, w in s.wires()]
    told = []
    for edge, (source, target) in zip(chain.edges(), ends, strict=True):
        pairs: tuple[Declared, ...] = ()
        if edge.direction != WITHIN:
            pairs = declared(source, target) if edge.direction == FINE_TO_COARSE else declared(target, source)
        told.append(dataclasses.asdict(edge) | {"scales": [pair.document() for pair in pairs]})
    return told


def closures(chain: Chain) -> list[dict[str, Any]]:
    """Every closure in JSON: who is asked by whom, and what both declare of their scales."""
    return [
        {
            "port": f"{stage.name}.{port}",
            "models": [model.name for model in closed.models],
            **_scale(closed.model),
            "options": {**closed.options, **closed.running},
            "scales": [pair.document() for pair in declared(closed.model.scale, stage.model.scale)],
        }
        for stage in chain.stages.values()
        for port, closed in stage.model.closures.items()
    ]


def plugins(chain: Chain) -> list[dict[str, Any]]:
    """The plugins that a chain uses, also through its closures, each with the models that it brings."""
    found: dict[str, dict[str, Any]] = {}
    for model in _models(chain):
        if plugin := plugin_of(model):
            listed = found.setdefault(plugin["distribution"], plugin | {"models": []})["models"]
            if model.name not in listed:
                listed.append(model.name)
    return [found[name] | {"models": sorted(found[name]["models"])} for name in sorted(found)]


def _models(chain: Chain) -> Iterator[Model]:
    for stage in chain.stages.values():
        yield stage.model
        for closed in stage.model.closures.values():
            yield from closed.models


def _written(value: Any) -> bool:
    """Whether a record holds a value as it is."""
    if isinstance(value, dict):
        return all(isinstance(k, str) and _written(v) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(_written, value))
    return value is None or type(value) in (bool, int, str) or (type(value) is float and math.isfinite(value))


def _seeds(chain: Chain) -> dict[str, Any]:
    """The seed of every stage that draws random numbers."""
    return {
        f"{stage.name}.{port}": source.value
        for stage in chain.stages.values()
        for port, source in stage.sources.items()
        if isinstance(source, Literal) and (port == "seed" or port.endswith("_seed"))
    }


def _versions(chain: Chain) -> dict[str, str]:
    """Versions of every distribution involved: of the models', of the platform, and of what these require."""
    names = set(ALWAYS)
    for model in _models(chain):
        names |= set(model.distributions)
        if offer := brought_by(model):
            names.add(offer.distribution)
    return dict(sorted(_with_required(frozenset(names)).items()))


@functools.lru_cache(maxsize=16)
def _with_required(names: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    waiting = sorted(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            there = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # required only on other systems, or of an extra
            continue
        found[name] = there.version
        for line in there.requires or ():
            if "extra ==" not in line:
                waiting.append(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0])
    return found


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
