"""Blocks of rows: how many small results are kept, found in a journal at first and in a block once it is sealed.

A row is in its journal as soon as it was added, where every process finds it and where it outlives its writer; a
sealed block takes the journal's place. Whoever dies in between, a row is in one of the two.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bridge.store.objects import CURE
from bridge.store.rows.columns import Column, Layout
from bridge.store.rows.journal import Journal, claim_of, journal_names, journal_objects, objects_of
from bridge.store.rows.journal import folder_of as journal_folder
from bridge.store.rows.stored import Block, block_names, folder_of, write_block
from bridge.store.rows.table import rows_of
from bridge.store.spaces.space import MARKER, Damaged, Space, StoreUnusable


def write_blocks(space: Space, journal: Journal) -> list[str]:
    """Commit all rows and aliases of a journal; those that a block has already are left there."""
    names, aliases = [], journal.aliases
    for group, layout in enumerate(journal.layouts):
        if journal.counts[group]:
            rows = rows_of(layout, bytes(journal.rows[group]))
            names += _written(space, journal, group, layout.columns, rows, aliases)
            aliases = []
    if aliases:
        names += _written(space, journal, len(journal.layouts), (), np.empty(0, Layout(()).dtype), aliases)
    return names


def _written(
    space: Space,
    journal: Journal,
    group: int,
    columns: Sequence[Column],
    rows: np.ndarray,
    aliases: Sequence[tuple[bytes, bytes]],
) -> list[str]:
    """Commit the rows of a group; after those that somebody sealed who took a silent writer for dead."""
    names: list[str] = []
    while len(names) < 1000:
        names.append(f"{journal.name}-{group}" + (f".{len(names)}" if names else ""))
        with space.claim(claim_of(names[-1])):
            there = space.size(f"{folder_of(names[-1])}/{MARKER}") is not None
            if not there and write_block(
                space, names[-1], journal.ports, journal.about, columns, rows, journal.texts, aliases
            ):
                return names
        with contextlib.suppress(Damaged):  # a damaged one holds no row that could be trusted
            block = Block(space, names[-1])
            rows, aliases = rows[block.count :], aliases[block.alias_count :]
        if not len(rows) and not aliases:
            return names
    raise Damaged(f"{space.where(folder_of(names[0]))} and all that stand in for it are damaged. {CURE}")


@dataclass(frozen=True)
class JournalState:
    """What verification and cleaning need to know of a journal."""

    name: str
    #: ``written`` by a living process; ``abandoned``; or ``damaged``.
    state: str
    rows: int
    aliases: int
    bytes: int
    keys: frozenset[str]
    damage: str | None = None


def journals(space: Space) -> list[JournalState]:
    """Every journal there is."""
    found = []
    for name, objects in journal_objects(space).items():
        journal = Journal(name)
        try:
            journal.catch_up(space, objects)
        except FileNotFoundError:  # sealed meanwhile
            continue
        state = "damaged" if journal.damage else "written" if space.claimed(claim_of(name)) else "abandoned"
        keys = frozenset(key.hex() for key in journal.places)
        size = sum(size for _, size in objects)
        found.append(JournalState(name, state, len(keys), len(journal.aliases), size, keys, journal.damage))
    return found


def adopt(space: Space, damaged: bool = False, patience: float = 0.0) -> list[str]:
    """Seal the journals of writers that are gone; names of the blocks made.

    A journal that was changed stays, its rows up to there being found in it, unless ``damaged``. ``patience`` is how
    long to watch whether a writer on another machine still lives.
    """
    names = []
    for name in journal_names(space):
        with contextlib.suppress(StoreUnusable, FileNotFoundError), contextlib.ExitStack() as held:
            held.enter_context(space.claim(claim_of(name), patience=patience))
            journal = Journal(name)
            journal.catch_up(space, objects_of(space, name))
            if journal.damage is not None and not (damaged or _sealed(space, name)):
                continue
            names += write_blocks(space, journal)
            space.remove_tree(journal_folder(name))
    return names


def _sealed(space: Space, journal: str) -> bool:
    """Whether what is left of a journal is of one that was being removed, its rows in blocks."""
    return any(name.startswith(f"{journal}-") for name in block_names(space))
