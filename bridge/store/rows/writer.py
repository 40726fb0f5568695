"""Writing blocks: each result is committed as soon as it is there, and stacked with others when they are many."""

from __future__ import annotations

import contextlib
import os
import struct
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

import numpy as np

from bridge.errors import BridgeError
from bridge.kinds.record import Record
from bridge.store.rows.blocks import write_blocks
from bridge.store.rows.columns import (
    CURE,
    NO_PLAN,
    TEXT_BYTES,
    Column,
    DoesNotStack,
    Layout,
    bytes_of_array,
    fact_column,
    flat,
    key_bytes,
    leaves_of,
    output_column,
    ports_of,
    spelled_value,
)
from bridge.store.rows.journal import GROUPS, Journal, claim_of, facts_record, folder_of, group_record, text_record
from bridge.store.rows.log import Log
from bridge.store.spaces.space import Space

#: A block is sealed when it has so many rows, or its journal so many bytes.
ROWS, BYTES = 16384, 2**26

Convert = Callable[[Any], Any]
Way = tuple[Callable[..., bytes], int, list[Convert | None]]


class BlockWriter:
    """Commits the results of one model, row by row.

    ``about`` is what all rows say of their making. With ``with``: at its end all rows are in sealed blocks. One
    process, and one thread of it at a time, may use a writer. Rows of different form, such as arrays of different
    shape, go to different blocks by themselves; raises DoesNotStack for files and atoms.
    """

    def __init__(self, space: Space, outputs: Record, about: Mapping[str, Any]) -> None:
        self.space, self.about = space, dict(about)
        self._paths, self._ports = list(leaves_of(outputs)), ports_of(outputs)
        self._names = [".".join(path) for path in self._paths]
        self._plain = [path[0] for path in self._paths] if all(len(p) == 1 for p in self._paths) else None
        self._pid = os.getpid()
        self._held = contextlib.ExitStack()
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._log: Log | None = None
        self._groups: dict[tuple[Column, ...], int] = {}
        self._ways: dict[Any, Way] = {}
        self._codes: dict[str, int] = {}

    # Adding

    def add(
        self, key: str, values: Mapping[str, Any], facts: Mapping[str, Any] | None = None, plan: str | None = None
    ) -> bool:
        """Commit the outputs of one point; False if this block had the key before.

        ``facts`` are what only this row says of its making, by place: ``inputs.temperature.literal``, ``cost.seconds``.
        """
        log = self._log or self._begun()
        journal = log.journal
        raw = key_bytes(key)
        if raw in journal.places:
            if plan is not None:
                self.alias(plan, key)
            return False
        facts = facts or {}
        outputs = flat(values, self._paths) if self._plain is None else [values[name] for name in self._plain]
        cells = [*outputs, *facts.values()]
        log.write(self._packed(raw, NO_PLAN if plan is None else key_bytes(plan), cells, tuple(facts)))
        if len(journal.places) >= ROWS or journal.bytes >= BYTES:
            self.seal()
        return True

    def alias(self, plan: str, key: str) -> None:
        """Remember that a plan led to a row, or an artifact, that is there already."""
        log = self._log or self._begun()
        log.write(b"A" + key_bytes(plan) + key_bytes(key))
        if log.journal.bytes >= BYTES:
            self.seal()

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Append the rows that are added inside in one go at its end, for results that were computed together."""
        if self._log is None:
            self._begun()
        assert self._log is not None
        with self._log.together():
            yield

    def flush(self) -> None:
        """Have what was added where every process finds it, without waiting for the half second of a bucket."""
        if self._log is not None:
            self._log.flush()

    @property
    def busy(self) -> bool:
        """Whether rows are being added together just now."""
        return self._log is not None and self._log.held

    def __contains__(self, key: str) -> bool:
        return self._log is not None and key_bytes(key) in self._log.journal.places

    def __len__(self) -> int:
        return 0 if self._log is None else len(self._log.journal.places)

    def _begun(self) -> Log:
        """Open a journal: its name is held first, so that nobody takes it for a dead writer's."""
        if os.getpid() != self._pid:
            raise BridgeError("a BlockWriter was taken along into another process. Open one there.")
        name = uuid.uuid4().hex
        self._held.enter_context(self.space.claim(claim_of(name)))
        self._log = Log(self.space, Journal(name))
        self._log.write(facts_record(name, self._ports, self.about))
        return self._log

    def _packed(self, key: bytes, plan: bytes, cells: list[Any], places: tuple[str, ...]) -> bytes:
        """A row as bytes: the way that values of these types went before, unless one of them does not fit it."""
        form = (places, *[(c.dtype, c.shape) if type(c) is np.ndarray else type(c) for c in cells])
        way = self._ways.get(form)
        if way is not None:
            try:
                return _row(way, key, plan, cells)
            except (struct.error, ValueError):  # a whole number beyond 64 bits, a text that is no key
                pass
        count = len(self._names)
        columns = [output_column(name, value) for name, value in zip(self._names, cells[:count], strict=True)]
        columns += [fact_column(place, value) for place, value in zip(places, cells[count:], strict=True)]
        layout, group = self._group(tuple(columns))
        converts = [self._convert(column, value) for column, value in zip(columns, cells, strict=True)]
        self._ways[form] = way = layout.pack, group, converts
        return _row(way, key, plan, cells)

    def _group(self, columns: tuple[Column, ...]) -> tuple[Layout, int]:
        """The group of rows of this form."""
        assert self._log is not None
        layouts = self._log.journal.layouts
        if columns not in self._groups:
            if len(layouts) == GROUPS:
                others = {c.name: c for layout in layouts for c in layout.columns}
                name = next((c.name for c in columns if others.get(c.name) != c), columns[0].name)
                raise DoesNotStack(f"port {name!r} has had {GROUPS} shapes or types in one block. {CURE}")
            layout = Layout(columns)
            self._log.write(group_record(layout))
            self._groups[columns] = len(layouts) - 1
        group = self._groups[columns]
        return layouts[group], group

    def _convert(self, column: Column, value: Any) -> Convert | None:
        """What makes a value of this type a cell of the column; None for what is packed as it is."""
        if column.form == "text":
            return self._coded if isinstance(value, str) else lambda choice: self._coded(choice.value)
        if column.form == "json":
            return lambda whatever: self._coded(spelled_value(whatever))
        if column.form == "key":
            return key_bytes
        return bytes_of_array if column.form == "array" else None

    def _coded(self, text: str) -> int:
        """The place of a text in the block's table."""
        code = self._codes.get(text)
        if code is None:
            assert self._log is not None
            record = text_record(text)
            if len(record) > TEXT_BYTES:
                raise DoesNotStack(f"a text of {len(record)} bytes is too large for a row of a block. {CURE}")
            self._log.write(record)
            code = self._codes[text] = len(self._codes)
        return code

    # Sealing

    def seal(self) -> list[str]:
        """Commit what was added as blocks, whose names come back, and remove the journal.

        Raises StoreUnusable; the journal then stays, its rows are found in it, and ``adopt`` seals it.
        """
        log = self._log
        if log is None:
            return []
        try:
            try:
                names = write_blocks(self.space, log.journal)
            except BaseException:
                with contextlib.suppress(BridgeError):
                    log.close()
                raise
            log.drop()
            self.space.remove_tree(folder_of(log.journal.name))
        finally:
            self._begin_anew()
            self._held.close()
        return names

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.seal()
        else:  # what was computed is kept whatever went wrong, and what went wrong is told whatever comes of that
            with contextlib.suppress(BridgeError):
                self.seal()


def _row(way: Way, key: bytes, plan: bytes, cells: list[Any]) -> bytes:
    pack, group, converts = way
    packed = [cell if convert is None else convert(cell) for convert, cell in zip(converts, cells, strict=True)]
    return pack(b"R", group, key, plan, *packed)
