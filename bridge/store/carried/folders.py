"""What lies in a folder under a sealed document, an artifact, a block or tables, copied from one space to another.

Every object is compared with its digest on the way. In a bucket objects lie under the name of the attempt that wrote
them, on a disk they do not: that is all a copy changes, so that on disks it is the same bytes.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bridge.store.artifact import SCHEMA, Artifact
from bridge.store.groups import group_of, read_group
from bridge.store.objects import read_object
from bridge.store.rows.stored import SCHEMA as BLOCK_SCHEMA
from bridge.store.rows.stored import Block
from bridge.store.spaces.space import MARKER, Space
from bridge.store.upkeep.checks import is_block

_ATTEMPT = re.compile(r"attempt-[0-9a-f]{32}/")


def copied(source: Space, folder: str, to: Space) -> bool:
    """Commit in ``to`` what lies in a folder of ``source``; False if something of that name was there before.

    Raises Damaged where it is not what was committed, BridgeError where a newer scalebridge wrote it.
    """
    content = content_of(source, folder)
    with to.attempt(folder) as attempt:
        for path in content["objects"]:
            attempt.put(plain(path), read_object(source, folder, path, content["objects"]))
        return attempt.commit(MARKER, group_of(rehomed(content, attempt.prefix)))


def content_of(space: Space, folder: str) -> dict[str, Any]:
    """The document of an artifact, of tables, or of a block. Raises as ``copied`` does."""
    if is_block(folder):
        Block(space, folder.partition("/")[2])
        return read_group(space, folder, "a block", BLOCK_SCHEMA)
    Artifact(space, folder)
    return read_group(space, folder, "an artifact", SCHEMA)


def plain(path: str) -> str:
    """Name of an object without that of the attempt that wrote it."""
    found = _ATTEMPT.match(path)
    return path[found.end() :] if found else path


def rehomed(content: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """A document whose objects lie below ``prefix``."""
    moved: dict[str, Any] = copy.deepcopy(dict(content))
    moved["objects"] = {prefix + plain(path): entry for path, entry in content["objects"].items()}
    if "block" in moved:
        moved["prefix"] = prefix
    for spec in _with_objects(moved["ports"]):
        spec["object"] = prefix + plain(spec["object"])
    return moved


def _with_objects(specs: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every description of an array that is an object of its own."""
    for spec in specs.values():
        if "object" in spec:
            yield spec
        yield from _with_objects(spec.get("fields", {}))
        yield from _with_objects(spec.get("parts", {}))
