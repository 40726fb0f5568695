"""The document of an artifact, or of a block: a Zarr group whose attributes end in a seal over themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.errors import BridgeError
from bridge.store.objects import CURE
from bridge.store.sealed import digest, spelled, strict
from bridge.store.spaces.space import MARKER, Damaged, Space

#: Bytes of such a document; more is none.
DOCUMENT_BYTES = 64 * 2**20
#: What is raised by a document that is sealed, but not built as ours are.
UNFIT = (
    KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError, AssertionError
)  # fmt: skip


def group_of(content: Mapping[str, Any], beside: Mapping[str, Any] | None = None) -> bytes:
    """Write the document down; attributes that other tools read may stand beside it, under its seal as well."""
    if beside:
        content = {**content, "beside": digest(dict(beside))}
    return spelled(_group(content, digest(content), beside or {}))


def read_group(space: Space, folder: str, called: str, schema: int) -> dict[str, Any]:
    """Read the document of what is in a folder; ``called`` says what that is, "an artifact".

    Raises Damaged where it is missing or not what was committed, BridgeError where it is of a newer schema.
    """
    at = space.where(f"{folder}/{MARKER}")
    try:
        raw = space.read(f"{folder}/{MARKER}", limit=DOCUMENT_BYTES)
    except FileNotFoundError:
        what = called.partition(" ")[2]
        raise Damaged(f"there is no {what} at {space.where(folder)}. Run the flow again.") from None
    try:
        attributes = strict(raw, at)["attributes"]
        content, seal = attributes["scalebridge"], attributes["seal"]
        beside = {name: said for name, said in attributes.items() if name not in ("scalebridge", "seal")}
        covered = not beside or content["beside"] == digest(beside)
        if not covered or digest(content) != seal or spelled(_group(content, seal, beside)) != raw:
            raise ValueError("its seal does not fit")
    except (Damaged, *UNFIT) as reason:
        said = str(reason).removeprefix(f"{at} ")
        raise Damaged(f"{at} was changed after it was committed ({said}). {CURE}") from None
    if not isinstance(content, dict) or type(content.get("schema")) is not int:
        raise Damaged(f"{at} does not describe {called}. {CURE}")
    if content["schema"] > schema:
        raise BridgeError(f"{at} has schema {content['schema']}, this scalebridge reads {schema}: upgrade.")
    return content


def _group(content: Mapping[str, Any], seal: str, beside: Mapping[str, Any]) -> dict[str, Any]:
    attributes = {**beside, "scalebridge": content, "seal": seal}
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}
