"""Whether two artifacts of one content key hold the same values: they should, for the key says what made them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bridge.errors import ContractError
from bridge.store.artifact import Artifact
from bridge.store.carried.carried import Carried
from bridge.store.carried.folders import content_of, rehomed
from bridge.store.keys import value_digest
from bridge.store.rows.stored import folder_of
from bridge.store.spaces.space import MARKER, Damaged, Space
from bridge.store.store import Store
from bridge.store.upkeep.checks import Finding, check_artifact, check_block, is_block

#: Artifacts that tell of calls: two accounts of the same coarse stage may tell of other ways to the same answers.
_CALLS = "calls"


def agreed(carried: Carried, store: Store, keys: Iterable[str]) -> None:
    """Compare what a store has with what is carried, key by key.

    Raises ContractError where values of one key differ, Damaged where those of the store are not as they were
    committed.
    """
    checked: set[str] = set()
    for key in keys:
        mine, theirs = store.open(key), carried.open(key)
        if mine.folder not in checked:
            checked.add(mine.folder)
            _sound(mine.space, mine.folder)
        port = unlike(mine, theirs)
        if port is not None:
            raise ContractError(
                f"{store.address} has another result of {theirs.about.get('model')} for the same inputs: its output "
                f"{port!r} differs (artifact {key[:12]}…), as when a model does not give the same numbers on every "
                "machine. Nothing was taken. Import into a store of its own: SCALEBRIDGE_STORE=FOLDER."
            )


def unlike(mine: Artifact, theirs: Artifact) -> str | None:
    """The first output in which two artifacts differ; None if there is none. Raises Damaged."""
    if mine.about.get("model") == theirs.about.get("model") == _CALLS:
        return None
    if _told(mine) == _told(theirs):
        return None
    for name in dict.fromkeys([*mine.ports, *theirs.ports]):
        if name not in mine.ports or name not in theirs.ports or _digest(mine, name) != _digest(theirs, name):
            return name
    return None


def same_block(carried: Space, space: Space, name: str) -> bool:
    """Whether a store has this very block. Raises Damaged where it has, but not as it was committed."""
    folder = folder_of(name)
    if space.size(f"{folder}/{MARKER}") is None:
        return False
    _sound(space, folder)
    return rehomed(content_of(carried, folder), "") == rehomed(content_of(space, folder), "")


def _told(artifact: Artifact) -> Mapping[str, Any]:
    """Values as they are described, with the digests of what is an object of its own."""
    return rehomed({"ports": artifact.ports, "objects": artifact.objects}, "")


def _digest(artifact: Artifact, name: str) -> str:
    return value_digest(artifact.kind((name,)), artifact.value((name,)))


def _sound(space: Space, folder: str) -> None:
    """Raise Damaged if what lies in a folder of a store is not what was committed."""
    present = {name[len(folder) + 1 :]: size for name, size in space.walk(folder)}
    found: list[Finding] = []
    if MARKER in present:  # else it is in a journal, every record of which was compared when it was read
        found, _ = (check_block if is_block(folder) else check_artifact)(space, folder, present)
    if found:
        raise Damaged(
            f"{space.where(found[0].object)}: {found[0].said}. Nothing was taken. "
            "Run scalebridge verify --set-aside, then import again: it brings what was lost."
        )
