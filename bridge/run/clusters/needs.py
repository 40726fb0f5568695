"""What a flow needs of the workers of a cluster: its models' distributions, and what its stages ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any

from bridge.run.clusters.amounts import size
from bridge.run.clusters.errors import ClusterError

if TYPE_CHECKING:
    from bridge.chain.chain import Chain, Stage
    from bridge.store.store import Store

#: Distributions that must be the same where orders are written and where they are carried out.
SAME = ("scalebridge", "dask", "distributed", "cloudpickle")


@dataclass(frozen=True)
class Needs:
    """What workers must have for a flow."""

    #: The registered models, and the distribution and version this process has of each.
    models: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    #: Distributions whose versions make part of the models' keys.
    versions: Mapping[str, str | None] = field(default_factory=dict)
    #: Stages that ask for more than a place, and what they ask for.
    asked: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    store: Store | None = None


def needs(chain: Chain, store: Store | None = None) -> Needs:
    """What the stages of a chain need of the workers that compute them."""
    from bridge.registry import entries  # which brings pint, and the core of Dask with it

    known = entries()
    models, depends, asked = {}, set(SAME), {}
    for stage in chain.stages.values():
        for model in (stage.model, *(fine for closed in stage.model.closures.values() for fine in closed.models)):
            if (entry := known.get(model.name)) is not None:
                models[model.name] = (entry.distribution, entry.version)
            depends |= set(model.distributions)
        if wanted := resources(stage.options):
            asked[stage.name] = wanted
    if store is not None and store.identity is None:
        store.prepare()
    return Needs(models, {name: installed(name) for name in sorted(depends)}, asked, store)


def resources(options: Mapping[str, Any]) -> dict[str, float]:
    """What a stage's options take of its worker, in the words of Dask."""
    return {name: float(options[name]) for name in ("cpus", "memory", "gpu") if name in options}


def takes(stage: Stage) -> dict[str, float]:
    """What a stage takes of its worker; a stage that asks finer models takes the one place of its kind there.

    It leaves its thread to them: with more such stages than that, all might wait, and too much be in memory at once.
    """
    return resources(stage.options) | ({"closure": 1.0} if stage.model.closures else {})


def installed(name: str) -> str | None:
    """Version of a distribution in this process."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def written(asked: Mapping[str, float]) -> str:
    """Resources as people write them: ``cpus=2, memory=4 GB``."""
    return ", ".join(f"{name}={size(much) if name == 'memory' else f'{much:g}'}" for name, much in asked.items())


def refuse_beyond(offer: Mapping[str, float], needed: Needs, cluster: str) -> None:
    """Raise ClusterError for the first stage that asks for more than each worker of a cluster has to give."""
    for stage, asked in needed.asked.items():
        if short := [name for name, much in asked.items() if offer.get(name, 0) < much]:
            has = {name: much for name, much in offer.items() if name != "closure"}
            more = {"cpus": "cores = 2", "memory": 'memory = "8 GB"'}.get(short[0], "resources = { gpu = 1 }")
            raise ClusterError(
                f"stage {stage!r} asks for {written(asked)}, but each worker of cluster {cluster} has {written(has)}."
                f" Ask for less, or give its workers more in a cluster file ({more}; docs/clusters.md)."
            )
