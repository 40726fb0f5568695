"""What verification says of an artifact, or of all that a space holds, a line for each thing that is wrong."""

from __future__ import annotations

from bridge.store.artifact import Artifact
from bridge.store.spaces.space import Space
from bridge.store.store import Store
from bridge.store.upkeep.checks import Finding, check_artifact
from bridge.store.upkeep.verify import verify


def damage(artifact: Artifact) -> list[str]:
    space, folder = artifact.space, artifact.folder
    present = {name[len(folder) + 1 :]: size for name, size in space.walk(folder)}
    return _lines(space, check_artifact(space, folder, present)[0])


def damage_of_all(space: Space) -> list[str]:
    return _lines(space, verify(Store(space)).damaged)


def _lines(space: Space, found: list[Finding]) -> list[str]:
    return [f"{space.where(one.object)} {one.what}: {one.said}" for one in found]
