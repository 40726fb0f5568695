"""Making room: what no record of a run reaches is removed, and what killed writers left behind.

Nothing is removed while work is under way, and a run that begins meanwhile waits. Whoever ends this in between
leaves a store that is whole, with less to do for the next time.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from bridge.errors import ContractError, UnknownName
from bridge.store.spaces.claims import is_of_keys
from bridge.store.spaces.space import Damaged, Space, StoreUnusable
from bridge.store.store import Store, artifact_of, read_alias
from bridge.store.upkeep.aside import ASIDE
from bridge.store.upkeep.checks import left_behind
from bridge.store.upkeep.cleaning import CLAIM, living, patience
from bridge.store.upkeep.derived import useless, weight
from bridge.store.upkeep.reach import reach_of
from bridge.store.upkeep.verify import top

Progress = Callable[[int, int], None]
#: Seconds that something must have been left behind before it is removed, and between looks for new runs.
SETTLED, LOOK = 2.0, 0.1
_PATIENCE = 5.0


@dataclass(frozen=True)
class Item:
    """Something that is removed, or would be; a journal is sealed instead."""

    kind: str
    object: str
    bytes: int
    why: str


@dataclass
class Reclaimed:
    """What was removed; with ``dry_run`` what would be."""

    dry_run: bool
    items: list[Item] = field(default_factory=list)
    #: Why it ended early; what is left is for the next time.
    ended: str | None = None

    @property
    def bytes(self) -> int:
        """Bytes made free."""
        return sum(item.bytes for item in self.items if item.kind != "journal")


def reclaim(store: Store, *, dry_run: bool = False, aside: bool = False, told: Progress | None = None) -> Reclaimed:
    """Remove what no run reaches and what was left behind; ``aside`` also removes what verification set aside.

    Raises ContractError while work is under way, and where something cannot say what it reaches.
    """
    space, done = store.space, Reclaimed(dry_run)
    if not top(space):
        return done
    with contextlib.ExitStack() as held:
        if not dry_run:
            try:
                held.enter_context(space.claim(CLAIM, patience=_PATIENCE))
            except StoreUnusable:
                if not space.claimed(CLAIM):
                    raise
                raise ContractError(f"{store.address} is being cleaned already. Wait for that to end.") from None
        known = set(space.children("runs"))
        _at_rest(space)
        journals = [] if dry_run else _sealed(space)
        items = journals + list(_planned(store, aside, told))
        if dry_run:
            done.items = items
            return done
        seen, looked, done.items = time.monotonic(), 0.0, journals
        going = [item for item in items[len(journals) :] if item.kind in _ORDER]
        for item in sorted(going, key=lambda one: _ORDER.index(one.kind)):
            if time.monotonic() - looked > LOOK:
                looked = time.monotonic()
                if set(space.children("runs")) - known:
                    done.ended = "a run began meanwhile: what is left is for the next time"
                    return done
            if _removed(space, item):
                done.items.append(item)
        left = [item for item in items if item.kind in ("attempt", "leftover")]
        if left:
            time.sleep(max(0.0, SETTLED - (time.monotonic() - seen)))
            done.items += _cleared(space, left)
    return done


#: Aliases go before what they lead to, pyramids before what they were made from.
_ORDER = ("alias", "pyramid", "artifact", "block", "set aside", "claim")


def _at_rest(space: Space) -> None:
    """Raise ContractError if anybody works in the store."""
    from bridge.store.rows.blocks import journals

    inside = [name.removeprefix("runs/").partition("/") for name, _ in space.walk("runs")]
    locks = sorted({f"runs/{run}/lock" for run, _, rest in inside if rest.startswith("lock")})
    held = living(space, locks + [one for one in _claims(space) if one != CLAIM])
    busy = [f"run {name.split('/')[1]}" if name.startswith("runs/") else name for name in held]
    busy += [f"claims/{beginning}…" for beginning in space.held_keys()]
    busy += [f"journal {one.name}" for one in journals(space) if one.state == "written"]
    if busy:
        more = f" and {len(busy) - 6} more" if len(busy) > 6 else ""
        raise ContractError(
            f"work is under way in {space.address}: {', '.join(busy[:6])}{more}. "
            "Wait for it, or end it (scalebridge cancel RUN)."
        )


def _claims(space: Space) -> dict[str, int]:
    """Everything that is claimed, or was by a process that is gone, and its bytes."""
    found: dict[str, int] = {}
    for name, size in space.walk("claims"):
        if not (left_behind(name) or is_of_keys(name)):
            what = name.partition(".lease/")[0]
            found[what] = found.get(what, 0) + size
    return found


def _sealed(space: Space) -> list[Item]:
    """Seal the journals of dead writers."""
    from bridge.store.rows.blocks import adopt

    return [Item("journal", f"blocks/{name}", 0, "sealed for a writer that is gone") for name in adopt(space)]


def _planned(store: Store, aside: bool, told: Progress | None) -> Iterator[Item]:
    """What there is to remove."""
    space = store.space
    reach = reach_of(space, told)
    if reach.unreadable:
        what, why = next(iter(reach.unreadable.items()))
        cure = "scalebridge rm --yes " + what[5:] if what.startswith("runs/") else "scalebridge verify --set-aside"
        raise ContractError(
            f"{len(reach.unreadable)} objects cannot say what they reach, so nothing is removed. {what}: {why} "
            f"Look at it, then: {cure}"
        )
    kept = reach.of(reach.runs)
    going: set[str] = set()
    for folder, holding in reach.holdings.items():
        if folder in kept:
            continue
        if folder.startswith("journal/"):
            yield Item("journal", folder, holding.bytes, "sealed, for its writer is gone")
            continue
        going.add(folder)
        kind = "artifact" if folder.startswith("artifacts/") else "block"
        yield Item(kind, folder, holding.bytes, f"of {holding.model}: no run reaches it")
    yield from _aliases(store, going)
    for folder, size, why in useless(space, lambda key: _gone(store, key, going)):
        yield Item("pyramid", folder, size, why)
    if aside and (size := sum(size for _, size in space.walk(ASIDE))):
        yield Item("set aside", ASIDE, size, "set aside by verify")
    for name, size in _claims(space).items():
        if name != CLAIM and not space.claimed(name):
            yield Item("claim", name, size, "its holder is gone")
    for name, size in space.abandoned():
        yield Item("attempt", name, size, "its writer is gone")
    for name, size in _leftovers(space):
        yield Item("leftover", name, size, "its writer is gone")


def _aliases(store: Store, going: set[str]) -> Iterator[Item]:
    """Aliases that lead to what is removed, or to nothing; damaged ones are left to verification."""

    def led(alias: tuple[str, int]) -> str | None:
        try:
            return read_alias(store.space, alias[0])
        except (FileNotFoundError, Damaged):
            return None

    aliases = [one for one in store.space.walk("plans") if not left_behind(one[0])]
    for (name, size), key in zip(aliases, store.space.abreast(led, aliases), strict=True):
        if key is not None and _gone(store, key, going):
            yield Item("alias", name, size, "what it leads to is gone")


def _gone(store: Store, key: str, going: set[str]) -> bool:
    """Whether the artifact of a content key, or the block it is a row of, is not there, or about to be removed."""
    folder = artifact_of(key)
    if folder not in going and not store._holds(key):
        row = store.rows.find([key]).get(key)
        folder = f"blocks/{row.block}" if row else folder
    return folder in going or not store.has(key)


def _leftovers(space: Space) -> Iterator[tuple[str, int]]:
    """Halves of objects whose writers were killed."""
    for name in top(space):
        if not name.endswith("/"):
            if left_behind(name):
                yield name, space.size(name) or 0
        elif name != "tmp/":
            yield from (one for one in space.walk(name.rstrip("/")) if left_behind(one[0]))


# Removing


def _removed(space: Space, item: Item) -> bool:
    """Remove something; False if somebody took it up again."""
    if item.kind == "alias":
        space.remove(item.object)
        return True
    if item.kind == "set aside":
        space.remove_tree(item.object)
        return True
    claim = item.object if item.kind == "claim" else f"claims/{item.object.rpartition('/')[2]}"
    try:
        with space.claim(claim, patience=patience(space) if item.kind == "claim" else 0.0):
            if item.kind == "claim":  # most are gone by having been held; not the file of a key, of an older release
                space.remove(item.object)
            else:
                space.remove_tree(item.object)
    except StoreUnusable:
        if not space.claimed(claim):
            raise
        return False
    return True


def _cleared(space: Space, left: list[Item]) -> Iterator[Item]:
    """Remove what writers left, if it still lies there: one that lives is done with it in no time."""
    attempts, leftovers = dict(space.abandoned()), dict(_leftovers(space))
    for item in left:
        if item.object in leftovers:
            space.remove(item.object)
        elif item.object in attempts:
            parent, _, child = item.object.rpartition("/")
            (space.remove if child in space.children(parent) else space.remove_tree)(item.object)
        else:
            continue
        yield item


# Runs


def remove_runs(store: Store, names: Iterable[str]) -> list[str]:
    """Remove the records of runs, with their events and logs; what they computed stays until it is reclaimed.

    ``names`` are whole names; also of runs whose record cannot be read. Raises UnknownName, or ContractError for one
    that is running; then none is removed.
    """
    space, names = store.space, list(dict.fromkeys(names))
    there = {child.rstrip("/") for child in space.children("runs") if child.endswith("/")}
    for name in names:
        if name not in there:
            below = " It may be in the shared store, which is only read." if store.shared else ""
            raise UnknownName(f"no run is named {name!r} in {store.address}.{below}")
    for lock in living(space, [f"runs/{name}/lock" for name in names]):
        name = lock.split("/")[1]
        raise ContractError(f"run {name} is running: end it with scalebridge cancel {name}.")
    for name in names:
        try:
            with space.claim(f"runs/{name}/lock", patience=patience(space)):
                space.remove_tree(f"runs/{name}")
        except StoreUnusable:
            if space.claimed(f"runs/{name}/lock"):
                raise ContractError(f"run {name} was resumed meanwhile, and stays.") from None
            raise
    return names


def whole_name(store: Store, name: str) -> str:
    """The run of a store that a name, the beginning or end of one, or ``last`` means. Raises UnknownName."""
    from bridge.store.runs import run_of

    return name if f"{name}/" in store.space.children("runs") else run_of(name, store.address).id


def freed(store: Store, without: Iterable[str], told: Progress | None = None) -> tuple[int | None, str | None]:
    """Bytes that reclaiming would free if some runs were removed before; or why that cannot be said."""
    reach = reach_of(store.space, told)
    without = set(without)
    unread = {what: why for what, why in reach.unreadable.items() if what.removeprefix("runs/") not in without}
    if unread:
        what, why = next(iter(unread.items()))
        return None, f"{what} cannot say what it reaches: {why}"
    kept = reach.of(reach.runs.keys() - without)
    going = {folder: one.bytes for folder, one in reach.holdings.items() if folder not in kept}
    return sum(going.values()) + weight(store.space, lambda key: artifact_of(key) in going), None
