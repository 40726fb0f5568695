"""Setting aside: what verification found damaged goes to ``damaged/``, so that the next run computes it again.

It is copied object by object and then removed, on a disk as in a bucket; who is killed in between does it again.
Records of runs, and the object that says which store this is, stay where they are: nothing could make them again.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.errors import BridgeError
from bridge.store.spaces.space import Damaged, Space, StoreUnusable
from bridge.store.store import IDENTITY
from bridge.store.upkeep.checks import (
    Finding,
    check_artifact,
    check_block,
    check_pyramid,
    is_artifact,
    is_block,
    is_pyramid,
)
from bridge.store.upkeep.verify import Report

ASIDE = "damaged"


@dataclass(frozen=True)
class Moved:
    """What became of a damaged object, or of the artifact it belongs to."""

    object: str
    #: Where it is now; None if it stayed.
    to: str | None
    why: str = ""


def set_aside(space: Space, report: Report) -> list[Moved]:
    """Move damaged artifacts, blocks, pyramids and aliases, and what is no part of the store, out of the way."""
    done: dict[str, Moved] = {}
    for finding in report.damaged:
        what = _unit(finding)
        if what is not None and what not in done:
            done[what] = _sealed(space, what) if what.startswith("journal/") else _moved(space, what)
    return list(done.values())


def _sealed(space: Space, journal: str) -> Moved:
    """Seal the rows of a journal up to where it was changed; what was behind is computed again."""
    from bridge.store.rows.blocks import adopt

    made = [name for name in adopt(space, damaged=True) if name.startswith(journal.partition("/")[2])]
    if space.children(journal):
        return Moved(journal, None, "somebody writes it")
    return Moved(journal, ", ".join(f"blocks/{name}" for name in made) or "nothing: no row of it is whole")


def _unit(finding: Finding) -> str | None:
    """What is to be moved, an artifact, a block or a pyramid as a whole, or an object; None for what stays."""
    name = finding.object
    if name == IDENTITY:
        return None
    if finding.what == "extra":
        return name
    if name.startswith("journal/"):
        return "/".join(name.split("/")[:2])
    for depth, fits in ((3, is_artifact), (3, is_pyramid), (2, is_block)):
        folder = "/".join(name.split("/")[:depth])
        if fits(folder):
            return None if finding.what == "lost" else folder
    return name if name.startswith("plans/") else None


def _moved(space: Space, what: str) -> Moved:
    checks = ((is_artifact, check_artifact), (is_block, check_block), (is_pyramid, check_pyramid))
    check = next((check for fits, check in checks if fits(what)), None)
    if check is None:
        return _moved_object(space, what)
    try:
        with space.claim(f"claims/{what.rpartition('/')[2]}", patience=5.0):
            found, _ = check(space, what, {name[len(what) + 1 :]: size for name, size in space.walk(what)})
            if all(one.what == "extra" for one in found):
                return Moved(what, None, "somebody has mended it meanwhile")
            for name, _ in list(space.walk(what)):
                _copy(space, name)
            space.remove_tree(what)
    except StoreUnusable as reason:
        return Moved(what, None, str(reason))
    return Moved(what, f"{ASIDE}/{what}")


def _moved_object(space: Space, name: str) -> Moved:
    try:
        _copy(space, name)
        space.remove(name)
    except BridgeError as reason:  # a symbolic link, or a name that no store gives
        return Moved(name, None, f"remove it by hand: {reason}")
    return Moved(name, f"{ASIDE}/{name}")


def _copy(space: Space, name: str) -> None:
    try:
        space.put(f"{ASIDE}/{name}", space.read(name))
    except FileNotFoundError:  # removed meanwhile
        return
    except Damaged as reason:
        raise StoreUnusable(f"remove it by hand: {reason}") from None
