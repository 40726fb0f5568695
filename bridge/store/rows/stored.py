"""Blocks as they are stored: one Zarr v3 group each, committed, sealed and checked like an artifact.

Every output, every fact that differs between rows, the content keys and the plan keys are arrays along ``point``;
texts are codes into a table in the attributes. Plans that led to rows elsewhere are two arrays along ``alias``.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bridge.errors import BridgeError
from bridge.store.fields import read_array, write_array
from bridge.store.groups import DOCUMENT_BYTES, UNFIT, group_of, read_group
from bridge.store.objects import CURE, Manifest
from bridge.store.rows.columns import (
    ALIAS_KEY,
    ALIAS_PLAN,
    KEY,
    NO_PLAN,
    PLAN,
    Column,
    column_from,
    leaf_specs,
    placed,
    python_value,
)
from bridge.store.rows.table import Table
from bridge.store.spaces.space import MARKER, Damaged, Space

SCHEMA = 1
#: Rows that a block may have; a writer makes them far smaller.
MOST = 2**22
NAME = re.compile(r"[0-9a-f]{32}-[0-9]{1,5}(?:\.[0-9]{1,3})?")


def folder_of(name: str) -> str:
    """Where a block is."""
    return f"blocks/{name}"


def block_names(space: Space) -> list[str]:
    """Names of all blocks of a space, also of those being written, which have no marker yet."""
    return [name for child in space.children("blocks") if NAME.fullmatch(name := child.rstrip("/"))]


# Writing


def write_block(
    space: Space,
    name: str,
    ports: Mapping[str, Any],
    about: Mapping[str, Any],
    columns: Sequence[Column],
    rows: np.ndarray,
    texts: Sequence[str],
    aliases: Sequence[tuple[bytes, bytes]],
) -> bool:
    """Commit rows, a structured array, as the block ``name``; False if it was there before."""
    common = copy.deepcopy(dict(about))
    arrays, texts = _varying(columns, rows, texts, common)
    specs = leaf_specs(ports)
    units = {place: said.get("unit") for place, said in common.get("inputs", {}).items() if isinstance(said, dict)}
    with space.attempt(folder_of(name)) as attempt:
        objects: Manifest = {}

        def put(at: str, array: np.ndarray, dims: tuple[str, ...], unit: str | None = None) -> None:
            if array.size:
                write_array(attempt, objects, at, array, dims, {} if unit is None else {"units": unit})

        if len(rows):
            put(KEY, rows[KEY], ("point", "byte"))
        if len(rows) and rows[PLAN].any():
            put(PLAN, rows[PLAN], ("point", "byte"))
        for column, array in arrays:
            spec = specs.get(column.name, {})
            dims = tuple(spec.get("dims", ())) if column.form == "array" else ("byte",) * len(column.shape)
            dims = tuple(f"{dim}_" if dim == "point" else dim for dim in dims)
            part = (column.fact or "").split(".")
            unit = units.get(part[1]) if part[0] == "inputs" and part[-1] == "literal" else spec.get("unit")
            put(column.name, array, ("point", *dims), unit)
        if aliases:
            pairs = np.frombuffer(b"".join(plan + key for plan, key in aliases), np.uint8).reshape(-1, 2, 32)
            put(ALIAS_PLAN, pairs[:, 0], ("alias", "byte"))
            put(ALIAS_KEY, pairs[:, 1], ("alias", "byte"))
        content = {
            "schema": SCHEMA,
            "block": name,
            "rows": len(rows),
            "aliases": len(aliases),
            "ports": dict(ports),
            "columns": [column.document() for column, _ in arrays],
            "about": common,
            "texts": list(texts),
            "prefix": attempt.prefix,
            "objects": dict(sorted(objects.items())),
        }
        document = group_of(content)
        if len(document) > DOCUMENT_BYTES:
            raise BridgeError(f"block {name} would have a document of {len(document)} bytes: seal more often.")
        return attempt.commit(MARKER, document)


def _varying(
    columns: Sequence[Column], rows: np.ndarray, texts: Sequence[str], about: dict[str, Any]
) -> tuple[list[tuple[Column, np.ndarray]], list[str]]:
    """Columns that are arrays, and their texts; a fact that is the same in all rows goes into ``about``."""
    arrays = []
    for column in columns:
        array = rows[column.name]
        raw = np.ascontiguousarray(array).reshape(len(array), -1).view(np.uint8) if array.size else np.empty((0, 0))
        if column.fact is not None and len(rows) > 1 and not (raw != raw[0]).any():
            placed(about, column.fact, python_value(column, array[0, ...], texts))
        else:
            arrays.append((column, np.ascontiguousarray(array)))
    coded = [i for i, (column, _) in enumerate(arrays) if column.form in ("text", "json")]
    if not coded:
        return arrays, []
    used = np.unique(np.concatenate([arrays[i][1] for i in coded]))
    for i in coded:
        arrays[i] = arrays[i][0], np.searchsorted(used, arrays[i][1]).astype(np.uint32)
    return arrays, [texts[code] for code in used]


# Reading


class Block(Table):
    """A committed block; its arrays are read, and checked against their digests, when asked for."""

    def __init__(self, space: Space, name: str) -> None:
        self.space, self.name, self.folder = space, name, folder_of(name)
        content = read_group(space, self.folder, "a block", SCHEMA)
        try:
            self._enter(content)
        except UNFIT as reason:
            at = space.where(f"{self.folder}/{MARKER}")
            raise Damaged(f"{at} does not describe the block {name}: {reason}. {CURE}") from None
        self._arrays: dict[str, np.ndarray] = {}

    def _enter(self, content: dict[str, Any]) -> None:
        self.count, self.alias_count = content["rows"], content["aliases"]
        for count in (self.count, self.alias_count):
            if type(count) is not int or not 0 <= count <= MOST:
                raise ValueError(f"{count!r} rows")
        if content["block"] != self.name:
            raise ValueError(f"it is block {content['block']!r}")
        self.ports, self.about = dict(content["ports"]), dict(content["about"])
        self.columns = {column.name: column for column in map(column_from, content["columns"])}
        self.texts, self.objects, self._prefix = content["texts"], dict(content["objects"]), content["prefix"]
        if self.count and not leaf_specs(self.ports).keys() <= self.columns.keys():
            raise ValueError("a port has no column")
        if not all(list(map(type, entry)) == [int, str] for entry in self.objects.values()):
            raise ValueError("its manifest is none")
        if not isinstance(self.texts, list) or not all(isinstance(text, str) for text in self.texts):
            raise ValueError("its texts are none")

    def array(self, name: str) -> np.ndarray:
        """A column as it is stored, or the plans and keys of the aliases. Raises Damaged."""
        if name not in self._arrays:
            self._arrays[name] = self._array(name)
        return self._arrays[name]

    def _array(self, name: str) -> np.ndarray:
        if name in (ALIAS_PLAN, ALIAS_KEY):
            dtype, shape = "uint8", [self.alias_count, 32]
        elif name in (KEY, PLAN):
            dtype, shape = "uint8", [self.count, 32]
        elif name in self.columns:
            dtype, shape = self.columns[name].dtype, [self.count, *self.columns[name].shape]
        else:
            raise Damaged(f"{self.where} has no column {name!r}. {CURE}")
        if name == PLAN and f"{self._prefix}{name}/zarr.json" not in self.objects:
            return np.broadcast_to(np.frombuffer(NO_PLAN, np.uint8), (self.count, 32))
        if 0 in shape:
            return np.empty(shape, dtype)
        layout = {"dtype": dtype, "shape": shape}
        return read_array(self.space, self.folder, f"{self._prefix}{name}", layout, self.objects)

    def inconsistent(self) -> list[str]:
        """What is not as declared although no byte was changed: the mark of a faulty or hostile writer."""
        bad = []
        for name in (KEY, PLAN, ALIAS_PLAN, ALIAS_KEY, *self.columns):
            try:
                array = self._array(name)
            except Damaged as reason:
                bad.append(str(reason))
                continue
            if name == KEY and len(np.unique(array, axis=0)) < self.count:
                bad.append(f"{self.where} has two rows of one key.")
            coded = name in self.columns and self.columns[name].form in ("text", "json")
            if coded and array.size and int(array.max()) >= len(self.texts):
                bad.append(f"{self.where}: {name} refers to a text that is not there.")
        return bad
