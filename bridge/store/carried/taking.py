"""Taking a run from a crate's store into another: results first, the record last, so that a run is here whole or not.

What is taken must have been verified before. What the store has already stays, if it holds the same values.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bridge.errors import ContractError
from bridge.store.carried.carried import Carried
from bridge.store.carried.folders import copied
from bridge.store.carried.likeness import agreed, same_block
from bridge.store.carried.mark import MARK
from bridge.store.recorded import SCHEMA
from bridge.store.rows.stored import Block, block_names, folder_of
from bridge.store.runs import Run, record_of_run
from bridge.store.spaces.space import MARKER, Damaged, Space, StoreUnusable, proper
from bridge.store.store import Store, read_alias
from bridge.store.upkeep.cleaning import undisturbed

Progress = Callable[[int, int], None]


@dataclass
class Taken:
    """What became of a run: whether it was here already, and what was new."""

    run: str
    there: bool
    artifacts: int = 0
    blocks: int = 0
    #: Artifacts and rows that this store had before.
    kept: int = 0


def take(carried: Carried, run: str, store: Store, mark: bytes, told: Progress | None = None) -> Taken:
    """Take a run, and everything it came from, into a store; ``mark`` is what is kept of where it came from.

    A run that is here already and the same is completed by what is missing of its results. Raises ContractError for
    another run of this name, and for results that differ from those of the same inputs here; nothing is taken then.
    """
    _readable(carried.space, run)
    folders = list(carried.folders())
    with _held(store, run):
        there = _is_here(carried, run, store)
        known = store.has_many(folder.rpartition("/")[2] for folder in folders)
        agreed(carried, store, sorted(known))
        new_blocks, rows = _new_blocks(carried, store, block_names(carried.space))
        new = [folder for folder in folders if folder.rpartition("/")[2] not in known]
        done = Taken(run, there, len(new), len(new_blocks), len(known) + rows)
        for start in range(0, len(new), 64):
            if told:
                told(start, len(new))
            part = new[start : start + 64]
            store.space.abreast(functools.partial(copied, carried.space, to=store.space), part)
        for name in new_blocks:
            copied(carried.space, folder_of(name), store.space)
        _aliases(carried, store)
        if not there and not _record(carried.space, store.space, run, mark):
            raise ContractError(f"run {run} came into {store.address} meanwhile. Import again: it is compared then.")
    return done


def _readable(source: Space, run: str) -> None:
    schema = record_of_run(source, run).get("schema", 1)
    if type(schema) is not int or schema > SCHEMA:
        raise ContractError(f"the record of run {run} has schema {schema}, this scalebridge reads {SCHEMA}: upgrade.")


def _is_here(carried: Carried, run: str, store: Store) -> bool:
    """Whether a store has this run. Raises ContractError if it has another one of this name."""
    name = f"runs/{run}"
    for layer in store.layers:
        if layer.space.size(f"{name}/run.json") is None:
            continue
        if _written(layer.space, name) != _written(carried.space, name):
            raise ContractError(
                f"{layer.address} has run {run} already, and it is not the same as that of the crate: "
                f"{Run(layer, run).state} here, {Run(carried, run).state} there. Nothing was taken. Import into a "
                f"store of its own (SCALEBRIDGE_STORE=FOLDER), or remove it here: scalebridge rm --yes {run}"
            )
        return True
    return False


def _written(space: Space, folder: str) -> tuple[bytes, bytes]:
    """The record of a run and its events."""
    return space.read(f"{folder}/run.json"), space.read_log(f"{folder}/events.jsonl")


def _new_blocks(carried: Carried, store: Store, names: list[str]) -> tuple[list[str], int]:
    """Blocks that a store lacks, and how many of the rows it had; those are compared."""
    new, kept = [], 0
    for name in names:
        block = Block(carried.space, name)
        if any(same_block(carried.space, layer.space, name) for layer in store.layers):
            kept += block.count
            continue
        keys = [block.key(row) for row in range(block.count)]
        known = store.has_many(keys)
        agreed(carried, store, sorted(known))
        kept += len(known)
        if store.space.size(f"{folder_of(name)}/{MARKER}") is None:
            new.append(name)
        elif len(known) < block.count:
            raise ContractError(
                f"{store.address} has another block {name}, without {block.count - len(known)} of the rows of the "
                "crate. Nothing was taken. Import into a store of its own: SCALEBRIDGE_STORE=FOLDER."
            )
    return new, kept


def _aliases(carried: Carried, store: Store) -> None:
    """Remember where plans led to, but for those that this store knows itself."""
    names = [name for name, _ in carried.space.walk("plans")]
    led = {name.rpartition("/")[2].removesuffix(".json"): read_alias(carried.space, name) for name in names}
    known = store.planned_many(led)
    for plan, key in led.items():
        if plan not in known:
            store.alias(plan, key)


@contextlib.contextmanager
def _held(store: Store, run: str) -> Iterator[None]:
    """Keep a store from being cleaned while results are in it that no run reaches yet."""
    store.prepare()
    try:
        with store.space.claim(f"claims/import.{run}", patience=5.0):
            undisturbed(store.space)
            yield
    except StoreUnusable:
        if not store.space.claimed(f"claims/import.{run}"):
            raise
        raise ContractError(f"run {run} is being imported into {store.address} already. Wait for that.") from None


def _record(source: Space, to: Space, run: str, mark: bytes) -> bool:
    """Write the record of a run; False if one came there before."""
    folder = f"runs/{run}"
    objects = [name for name, _ in source.walk(folder)]
    if not all(proper(name) for name in objects):
        raise Damaged(f"{source.where(folder)} holds names that no store has.")
    if to.attempts_within:
        return _in_parts(source, to, run, objects, mark)
    with to.attempt(folder) as attempt:
        for name in objects:
            if name != f"{folder}/run.json":
                attempt.put(name[len(folder) + 1 :], source.read(name))
        attempt.put(MARK, mark)
        return attempt.commit("run.json", source.read(f"{folder}/run.json"))


def _in_parts(source: Space, to: Space, run: str, objects: list[str], mark: bytes) -> bool:
    """Write a record where no folder can be moved: the mark first, which tells what was cut off, ``run.json`` last."""
    folder = f"runs/{run}"
    with to.claim(f"{folder}/lock", patience=5.0):
        if to.size(f"{folder}/run.json") is not None:
            return False
        for name, _ in list(to.walk(folder)):  # of an import that was cut off
            if not name.startswith(f"{folder}/lock"):
                to.remove(name)
        to.put(f"{folder}/{MARK}", mark)
        for name in objects:
            if name.startswith((f"{folder}/logs/", f"{folder}/events.jsonl")):
                to.append(name, source.read(name))
        for child in source.children(f"{folder}/points"):
            copied(source, f"{folder}/points/{child.rstrip('/')}", to)
        return to.create(f"{folder}/run.json", source.read(f"{folder}/run.json"))
