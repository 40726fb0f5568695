"""Journals: rows that are finished while their block is not, one behind the other in a log with checksums.

Every record's checksum covers all before it, so that a record that was changed, exchanged or taken out ends what can
be trusted. A record that was cut off at the end, by the death of its writer, is none.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from bridge.store.groups import UNFIT
from bridge.store.rows.columns import NO_PLAN, Layout, column_from, leaf_specs
from bridge.store.sealed import spelled, strict
from bridge.store.spaces.space import Damaged, Space

#: A log goes on in a new object after this many bytes: who reads it again reads only the last.
SEGMENT = 2**19
#: What a record, and an object of a journal, may weigh.
RECORD, OBJECT = 2**22, 2**24
SCHEMA = 1
#: Distinct forms of rows in one journal; more is a sign that the results do not stack.
GROUPS = 64
_NAME = re.compile(r"[0-9a-f]{32}")
_HEAD, _CHECK = struct.Struct("<II"), struct.Struct("<I")
_FACTS, _TEXT, _GROUP, _ROW, _ALIAS = b"FTGRA"


class Journal:
    """What a journal says, as far as it was read or written: rows by group, texts, aliases."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.about: dict[str, Any] = {}
        self.ports: dict[str, Any] = {}
        self.layouts: list[Layout] = []
        self.rows: list[bytearray] = []
        self.texts: list[str] = []
        self.aliases: list[tuple[bytes, bytes]] = []
        #: Group and row by content key, content key by plan key.
        self.places: dict[bytes, tuple[int, int]] = {}
        self.plans: dict[bytes, bytes] = {}
        self.counts: list[int] = []
        self.bytes = 0
        self.damage: str | None = None
        self.begun = False
        self._chain = zlib.crc32(name.encode())
        self._read: dict[str, int] = {}

    # Writing

    def framed(self, body: bytes) -> bytes:
        """Enter a record; what is to be appended comes back."""
        self._take(body)
        check = zlib.crc32(body, self._chain)
        self._chain = check
        head = _HEAD.pack(len(body), check)
        return head + _CHECK.pack(zlib.crc32(head)) + body

    # Reading

    def catch_up(self, space: Space, objects: list[tuple[str, int]]) -> None:
        """Read what was appended since. Raises FileNotFoundError where the journal is gone."""
        for i, (name, size) in enumerate(objects):
            if self.damage is not None:
                return
            if size <= self._read.get(name, 0):
                continue
            start = self._read.get(name, 0)
            try:
                content = space.read_from(name, start, limit=OBJECT)
                self._read[name] = start + self._parsed(content)
            except (Damaged, *UNFIT, struct.error) as reason:
                self.damage = f"{space.where(name)} was changed after {sum(self.counts)} rows of its journal: {reason}"
            else:
                if self._read[name] < start + len(content) and i + 1 < len(objects):
                    self.damage = f"{space.where(name)} was cut off after {sum(self.counts)} rows of its journal."

    def _parsed(self, content: bytes) -> int:
        """Take every whole record; where the next one begins. Raises for one that was changed."""
        at, end = 0, len(content)
        while end - at >= 12:
            length, check = _HEAD.unpack_from(content, at)
            if zlib.crc32(content[at : at + 8]) != _CHECK.unpack_from(content, at + 8)[0]:
                if not any(content[at:]):  # a disk that lost power has the length of a file, and not yet its bytes
                    return at
                raise ValueError("the head of a record has another checksum")
            if length > RECORD:
                raise ValueError(f"a record of {length} bytes")
            body = content[at + 12 : at + 12 + length]
            if len(body) < length:
                return at
            if zlib.crc32(body, self._chain) != check:
                raise ValueError("a record has another checksum")
            self._take(body)
            self._chain = check
            at += 12 + length
        return at

    def _take(self, body: bytes) -> None:
        kind = body[0]
        if kind == _ROW:
            group = body[1] | body[2] << 8
            if len(body) != self.layouts[group].size:
                raise ValueError("a row of another size")
            key = body[3:35]
            if key not in self.places:
                self.places[key] = group, self.counts[group]
                self.rows[group] += body
                self.counts[group] += 1
            plan = body[35:67]
            if plan != NO_PLAN:
                self.plans[plan] = key
        elif kind == _ALIAS:
            plan, key = body[1:33], body[33:65]
            if len(body) != 65:
                raise ValueError("an alias of another size")
            self.aliases.append((plan, key))
            self.plans[plan] = key
        elif kind == _TEXT:
            self.texts.append(body[1:].decode("utf-8", "surrogatepass"))
        elif kind == _GROUP:
            columns = strict(body[1:], self.name)["columns"]
            if len(self.layouts) >= GROUPS:
                raise ValueError("too many forms of rows")
            self.layouts.append(Layout([column_from(column) for column in columns]))
            self.rows.append(bytearray())
            self.counts.append(0)
        elif kind == _FACTS and not self.begun:
            facts = strict(body[1:], self.name)
            if facts["schema"] != SCHEMA or facts["journal"] != self.name:
                raise ValueError("it is no journal that this scalebridge reads")
            self.about, self.ports, self.begun = dict(facts["about"]), facts["ports"], True
            leaf_specs(self.ports)
        else:
            raise ValueError("a record of no kind")
        if not self.begun:
            raise ValueError("its beginning is missing")
        self.bytes += len(body)


def facts_record(name: str, ports: dict[str, Any], about: dict[str, Any]) -> bytes:
    """The record a journal begins with."""
    return b"F" + spelled({"schema": SCHEMA, "journal": name, "ports": ports, "about": about})


def group_record(layout: Layout) -> bytes:
    """The record that tells the form of rows to come."""
    return b"G" + spelled({"columns": [column.document() for column in layout.columns]})


def text_record(text: str) -> bytes:
    """The record of a text that rows to come refer to."""
    return b"T" + text.encode("utf-8", "surrogatepass")


# In a space


def folder_of(name: str) -> str:
    """Where the objects of a journal are."""
    return f"journal/{name}"


def claim_of(name: str) -> str:
    """What the writer of a journal, or of a block, holds."""
    return f"claims/{name}"


def journal_names(space: Space) -> list[str]:
    """Every journal, be there nothing in it yet; what is beside them is nobody's."""
    return [child[:-1] for child in space.children("journal") if child.endswith("/") and _NAME.fullmatch(child[:-1])]


def objects_of(space: Space, name: str) -> list[tuple[str, int]]:
    """Name and size of the objects of one journal, in order; none if there is no such journal."""
    return list(space.walk(folder_of(name)))


def journal_objects(space: Space) -> dict[str, list[tuple[str, int]]]:
    """Name and size of the objects of every journal, in order."""
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for name, size in space.walk("journal"):
        parts = name.split("/")
        if len(parts) > 2 and _NAME.fullmatch(parts[1]):
            found[parts[1]].append((name, size))
    return found


def strangers(space: Space) -> Iterator[str]:
    """Objects among the journals that belong to none."""
    for name, _ in space.walk("journal"):
        parts = name.split("/")
        if not (len(parts) in (3, 4) and _NAME.fullmatch(parts[1]) and all(p.isdigit() for p in parts[2:])):
            yield name


def read_journal(space: Space, name: str) -> Journal:
    """All of a journal. Raises FileNotFoundError if there is none."""
    objects = objects_of(space, name)
    if not objects:
        raise FileNotFoundError(folder_of(name))
    journal = Journal(name)
    journal.catch_up(space, objects)
    return journal
