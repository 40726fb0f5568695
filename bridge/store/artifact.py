"""Artifacts: one Zarr v3 group each, with everything needed to read, trust and explain it.

Scalars and small arrays stand in the group's attributes; fields are arrays with dimension names
and units. The attributes end in a seal over themselves and list size and digest of every other
object, so that no bit can change unseen.
"""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from blake3 import blake3

from bridge.errors import BridgeError
from bridge.kinds.base import Kind
from bridge.kinds.record import Record
from bridge.media import File, Picture
from bridge.store.disk import commit_folder, sync_file
from bridge.store.keys import digest
from bridge.store.spec import kind_from, spec_of
from bridge.store.structures import atoms_from, parts_of

SCHEMA = 1
#: Arrays up to this size stand in the attributes.
INLINE_BYTES = 1024
#: Size of a chunk; larger ones write no faster, smaller ones cost a file each.
CHUNK_BYTES = 16 * 2**20


class Damaged(BridgeError):
    """A stored object is not what was committed."""


def _cure(folder: Path) -> str:
    return f"Remove {folder} and run the flow again."


# Writing


def write(folder: Path, workshop: Path, outputs: Record, values: Mapping[str, Any], about: Mapping[str, Any]) -> bool:
    """Commit a stage's outputs as the artifact ``folder``; False if another writer was first.

    ``about`` is what the artifact says of its making; nothing is visible before all is on disk.
    """
    workshop.mkdir(parents=True, exist_ok=True)
    fresh = workshop / uuid.uuid4().hex
    fresh.mkdir()
    try:
        ports = {p.name: spec_of(p.kind) | _write(fresh, p.name, p.kind, values[p.name]) for p in outputs.ports}
        (fresh / "zarr.json").unlink(missing_ok=True)  # zarr writes an empty one beside the first array
        content = {"schema": SCHEMA, "ports": ports, "about": dict(about), "objects": dict(_objects(fresh))}
        attributes = {"scalebridge": content, "seal": digest(content)}
        group = {"zarr_format": 3, "node_type": "group", "attributes": attributes}
        sync_file(
            fresh / "zarr.json",
            json.dumps(group, ensure_ascii=False, allow_nan=False).encode(errors="backslashreplace"),
        )
        return commit_folder(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _write(folder: Path, name: str, kind: Kind, value: Any) -> dict[str, Any]:
    """Write one value and describe where it is."""
    if isinstance(kind, Record):
        return {
            "fields": {
                p.name: spec_of(p.kind) | _write(folder, f"{name}.{p.name}", p.kind, value[p.name]) for p in kind.ports
            }
        }
    if isinstance(value, np.ndarray):
        return _write_array(folder, name, value, kind.dims, kind.unit)
    if isinstance(value, File):
        content = np.frombuffer(value.content, np.uint8)
        return {"media_type": value.media_type} | _write_array(folder, name, content, ("byte",), None, inline=0)
    if hasattr(value, "todict"):
        arrays, rest = parts_of(value)
        parts = {}
        for i, (part, array) in enumerate(arrays.items()):
            plain = part if re.fullmatch(r"\w+", part, re.ASCII) else f"-{i}"  # people name their arrays as they like
            dims = tuple(f"{plain}_{n}" for n in range(array.ndim))
            parts[part] = _write_array(folder, f"{name}.{plain}", array, dims, None)
        return {"parts": parts, "rest": rest}
    return {"value": getattr(value, "value", value)}


def _write_array(
    folder: Path, name: str, array: np.ndarray, dims: tuple[str, ...], unit: str | None, inline: int = INLINE_BYTES
) -> dict[str, Any]:
    layout = {"dtype": array.dtype.name, "shape": list(array.shape)}
    if not array.size or (array.nbytes <= inline and array.dtype.kind in "biuf"):
        return layout | {"value": array.tolist()}
    import zarr
    from zarr.codecs import ZstdCodec

    zarr.create_array(
        zarr.storage.LocalStore(folder),
        name=name,
        data=array,
        chunks=_chunks(array),
        compressors=[ZstdCodec(level=1, checksum=True)],
        dimension_names=dims,
        attributes={} if unit is None else {"units": unit},
        config={"write_empty_chunks": True},
    )
    return layout | {"object": name}


def _chunks(array: np.ndarray) -> tuple[int, ...]:
    """Halve the longest side until a chunk is small enough."""
    shape = [max(1, n) for n in array.shape]
    while np.prod(shape, dtype=float) * array.itemsize > CHUNK_BYTES:
        longest = int(np.argmax(shape))
        shape[longest] = -(-shape[longest] // 2)
    return tuple(shape)


def _group(content: Mapping[str, Any], seal: str) -> dict[str, Any]:
    return {"zarr_format": 3, "node_type": "group", "attributes": {"scalebridge": content, "seal": seal}}


def _spelled(group: Mapping[str, Any]) -> bytes:
    return json.dumps(group, ensure_ascii=False, allow_nan=False).encode(errors="backslashreplace")


def _objects(folder: Path) -> Iterator[tuple[str, list[Any]]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            yield path.relative_to(folder).as_posix(), [len(content), _blake3(content)]


def _blake3(content: bytes) -> str:
    return blake3(content, max_threads=blake3.AUTO).hexdigest()


# Reading


class Artifact:
    """A committed artifact; its values are read, and checked against their digests, when asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            raw = (folder / "zarr.json").read_bytes()
        except FileNotFoundError:
            raise Damaged(f"there is no artifact at {folder}. Run the flow again.") from None
        try:
            group = json.loads(raw)
            content, seal = group["attributes"]["scalebridge"], group["attributes"]["seal"]
            whole = digest(content) == seal and _spelled(_group(content, seal)) == raw
        except (ValueError, KeyError, TypeError, AttributeError):
            whole = False
        if not whole:
            raise Damaged(f"{folder / 'zarr.json'} was changed after it was committed. {_cure(folder)}")
        if content["schema"] > SCHEMA:
            raise BridgeError(f"{folder} has schema {content['schema']}, this scalebridge reads {SCHEMA}: upgrade.")
        self.ports: dict[str, Any] = content["ports"]
        self.about: dict[str, Any] = content["about"]
        self.objects: dict[str, list[Any]] = content["objects"]

    @property
    def key(self) -> str:
        """Content key, the artifact's name in its store."""
        return self.folder.name

    def kind(self, path: tuple[str, ...]) -> Kind:
        """Kind of the port, or of the field of a record, at ``path``."""
        return kind_from(self._spec(path))

    def value(self, path: tuple[str, ...]) -> Any:
        """Value at ``path`` in the unit it left its model with; the whole record for ``()``."""
        if not path:
            return {name: self._read(spec) for name, spec in self.ports.items()}
        return self._read(self._spec(path))

    def verify(self) -> list[str]:
        """Name every object that is missing, changed or extra."""
        bad = []
        for path in self.objects:
            try:
                self._check(path)
            except Damaged as reason:
                bad.append(str(reason))
        present = {p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*") if p.is_file()}
        bad += [f"{self.folder / extra} was not committed." for extra in sorted(present - {*self.objects, "zarr.json"})]
        return bad

    def _spec(self, path: tuple[str, ...]) -> dict[str, Any]:
        spec: dict[str, Any] = {"fields": self.ports}
        for name in path:
            spec = spec["fields"][name]
        return spec

    def _read(self, spec: dict[str, Any]) -> Any:
        if "fields" in spec:
            return {name: self._read(field) for name, field in spec["fields"].items()}
        if "parts" in spec:
            return atoms_from({name: self._array(part) for name, part in spec["parts"].items()}, spec["rest"])
        if "dtype" not in spec or "shape" not in spec:
            return spec["value"]
        array = self._array(spec)
        if spec["kind"] == "file":
            return (Picture if spec["picture"] else File)(array.tobytes(), spec["media_type"])
        return array

    def _array(self, spec: dict[str, Any]) -> np.ndarray:
        if "object" not in spec:
            return np.array(spec["value"], dtype=spec["dtype"]).reshape(spec["shape"])
        import zarr

        name = spec["object"]
        for path in self.objects:
            if path.startswith(f"{name}/"):
                self._check(path)
        opened = zarr.open_array(zarr.storage.LocalStore(self.folder, read_only=True), path=name, mode="r")
        return np.asarray(opened[...])

    def _check(self, path: str) -> None:
        size, known = self.objects[path]
        try:
            content = (self.folder / path).read_bytes()
        except FileNotFoundError:
            raise Damaged(f"{self.folder / path} is missing. {_cure(self.folder)}") from None
        if len(content) != size or _blake3(content) != known:
            raise Damaged(f"{self.folder / path} was changed after it was committed. {_cure(self.folder)}")
