"""Artifacts: one Zarr v3 group each, with everything needed to read, trust and explain it.

Scalars and small arrays stand in the group's attributes; fields are arrays with dimension names
and units. The attributes end in a seal over themselves and list size and digest of every other
object, so that no bit can change unseen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from bridge.kinds.base import Kind
from bridge.kinds.record import Record
from bridge.media import File, Picture
from bridge.store.fields import read_array, write_array
from bridge.store.groups import UNFIT, group_of, read_group
from bridge.store.metadata import TYPES
from bridge.store.objects import CURE, Manifest
from bridge.store.spaces.space import MARKER, Attempt, Damaged, Space
from bridge.store.spec import kind_from, spec_of_port
from bridge.store.structures import atoms_from, parts_of

#: Schema of what is written; every earlier one is read as well.
SCHEMA = 2
#: Arrays up to this size stand in the attributes.
INLINE_BYTES = 1024


# Writing


def write(
    space: Space,
    folder: str,
    outputs: Record,
    values: Mapping[str, Any],
    about: Mapping[str, Any],
    compress: bool | None = None,
) -> bool:
    """Commit a stage's outputs as the artifact ``folder``; False if another writer was first.

    ``about`` is what the artifact says of its making; nothing is visible before all is durable. Arrays are packed
    where that pays, unless ``compress`` says otherwise.
    """
    with space.attempt(folder) as attempt:
        objects: Manifest = {}
        shelf = _Shelf(attempt, objects, compress)
        ports = {p.name: spec_of_port(p) | shelf.put(p.name, p.kind, values[p.name]) for p in outputs.ports}
        content = {"schema": SCHEMA, "ports": ports, "about": dict(about), "objects": dict(sorted(objects.items()))}
        return attempt.commit(MARKER, group_of(content))


class _Shelf:
    """Where the values of one artifact are put, and what is said of each."""

    def __init__(self, attempt: Attempt, objects: Manifest, compress: bool | None) -> None:
        self._attempt, self._objects, self._compress = attempt, objects, compress

    def put(self, name: str, kind: Kind, value: Any) -> dict[str, Any]:
        """Write one value and describe where it is."""
        if isinstance(kind, Record):
            fields = {p.name: spec_of_port(p) | self.put(f"{name}.{p.name}", p.kind, value[p.name]) for p in kind.ports}
            return {"fields": fields}
        if isinstance(value, np.ndarray):
            return self._array(name, value, kind.dims, kind.unit)
        if isinstance(value, File):
            content = np.frombuffer(value.content, np.uint8)
            return {"media_type": value.media_type} | self._array(name, content, ("byte",), None, inline=0)
        if hasattr(value, "todict"):
            arrays, rest = parts_of(value)
            parts = {}
            for i, (part, array) in enumerate(arrays.items()):
                plain = (
                    part if re.fullmatch(r"\w+", part, re.ASCII) else f"-{i}"
                )  # people name their arrays as they like
                dims = tuple(f"{plain}_{n}" for n in range(array.ndim))
                parts[part] = self._array(f"{name}.{plain}", array, dims, None)
            return {"parts": parts, "rest": rest}
        return {"value": getattr(value, "value", value)}

    def _array(
        self, name: str, array: np.ndarray, dims: tuple[str, ...], unit: str | None, inline: int = INLINE_BYTES
    ) -> dict[str, Any]:
        layout = {"dtype": array.dtype.name, "shape": list(array.shape)}
        if not array.size or (array.nbytes <= inline and array.dtype.kind in "biuf"):
            return layout | {"value": array.tolist()}
        attributes = {} if unit is None else {"units": unit}
        write_array(self._attempt, self._objects, name, array, dims, attributes, self._compress)
        return layout | {"object": self._attempt.prefix + name}


# Reading

_PLAIN: dict[str, tuple[type, ...]] = {"float": (float, int), "int": (int,), "bool": (bool,), "str": (str,)}


def _described(content: Mapping[str, Any]) -> bool:
    """Whether a document has ports with names a port can have, and a manifest of sizes and digests."""
    ports, objects = content.get("ports"), content.get("objects")
    return (
        isinstance(ports, dict)
        and isinstance(content.get("about"), dict)
        and isinstance(objects, dict)
        and _named(ports)
        and all(isinstance(entry, list) and list(map(type, entry)) == [int, str] for entry in objects.values())
    )


def _named(fields: Any) -> bool:
    """Whether ports, and fields of records in them, have names that are safe to make attributes and files of."""
    return isinstance(fields, dict) and all(
        name.isidentifier() and isinstance(spec, dict) and _named(spec.get("fields", {}))
        for name, spec in fields.items()
    )


def _plain(spec: Mapping[str, Any]) -> Any:
    """A scalar, if it is one of its kind."""
    value, kind = spec["value"], spec["kind"]
    fits = value in spec["values"] if kind == "choice" else type(value) in _PLAIN[kind]
    if not fits:
        raise ValueError(f"a {kind} cannot be {value!r:.60}")
    return value


class Artifact:
    """A committed artifact; its values are read, and checked against their digests, when asked for."""

    def __init__(self, space: Space, folder: str) -> None:
        self.space, self.folder = space, folder
        content = read_group(space, folder, "an artifact", SCHEMA)
        if not _described(content):
            raise Damaged(f"{space.where(f'{folder}/{MARKER}')} does not describe an artifact. {CURE}")
        self.ports: dict[str, Any] = content["ports"]
        self.about: dict[str, Any] = content["about"]
        self.objects: Manifest = content["objects"]

    @property
    def key(self) -> str:
        """Content key, the artifact's name in its store."""
        return self.folder.rpartition("/")[2]

    @property
    def where(self) -> str:
        """Full address, for messages."""
        return self.space.where(self.folder)

    @property
    def bytes(self) -> int:
        """Size of all its objects but its own document."""
        return sum(int(size) for size, _ in self.objects.values())

    def kind(self, path: tuple[str, ...]) -> Kind:
        """Kind of the port, or of the field of a record, at ``path``."""
        return kind_from(self._spec(path))

    def value(self, path: tuple[str, ...]) -> Any:
        """Value at ``path`` in the unit it left its model with; the whole record for ``()``.

        Raises Damaged for what is missing, changed, or not as the artifact describes it.
        """
        spec = self._spec(path)
        try:
            return self._read(spec)
        except UNFIT as reason:
            said = f"{type(reason).__name__}: {reason}"
            raise Damaged(f"{self.where}: {'.'.join(path)} is not what its artifact declares ({said}).") from None

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
            return _plain(spec)
        array = self._array(spec)
        if array.ndim != len(spec.get("dims", spec["shape"])):
            raise ValueError(f"its shape is {array.shape}, its dimensions are {', '.join(spec['dims'])}")
        if spec["kind"] == "file":
            if not isinstance(spec["media_type"], str):
                raise TypeError(f"its media type is {spec['media_type']!r:.60}")
            return (Picture if spec["picture"] else File)(array.tobytes(), spec["media_type"])
        return array

    def _array(self, spec: dict[str, Any]) -> np.ndarray:
        if "object" in spec:
            return read_array(self.space, self.folder, spec["object"], spec, self.objects)
        if spec["dtype"] not in TYPES:
            raise Damaged(f"{self.where}: {spec['dtype']!r} is no type that a store holds.")
        return np.array(spec["value"], dtype=spec["dtype"]).reshape(spec["shape"])
