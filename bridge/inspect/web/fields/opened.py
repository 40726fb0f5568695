"""Fields that are being looked at, kept open: the last few, made ready beside the pages that wait for them."""

from __future__ import annotations

import functools
import math
import threading
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import numpy as np
from starlette.requests import Request

from bridge.errors import ContractError
from bridge.inspect.explain.readings import spec_at
from bridge.inspect.web.asked import Missing
from bridge.inspect.web.fields.asking import View
from bridge.inspect.web.fields.shading import Shades
from bridge.inspect.web.site import lasting_site, site_of
from bridge.store.artifact import Artifact
from bridge.store.pyramids.levels import FieldLevels
from bridge.store.pyramids.opening import is_field, levels_made, levels_of
from bridge.store.pyramids.subject import subject_of
from bridge.store.spaces.space import StoreUnusable
from bridge.store.store import Store

#: Fields that are kept open, and bytes of those that are not in the store but in memory.
MOST, ROOM = 32, 128 * 2**20
#: Sides of tiles, of fields of two dimensions and of others: what a slice of 256² crosses is as much to read.
FLAT, SLICE = 512, 256
#: Digits by which an address says of which numbers it is.
_DIGITS = 16
#: Numbers of a level that are read to know how its values spread.
_SPREAD = 2**18


class Opened:
    """An open field, with what is asked of it again and again."""

    def __init__(self, levels: FieldLevels, content: str, unkept: str = "") -> None:
        self.levels, self.content, self._unkept = levels, content[:_DIGITS], unkept
        self._places: dict[str, Any] = {}

    @property
    def remark(self) -> str:
        """What is to be said of it now: that its levels cannot be kept, and why."""
        why = self._unkept or self.levels.unkept
        return f"Its levels are in memory, for they cannot be kept in the store: {why}" if why else ""

    @property
    def side(self) -> int:
        """Side of a tile."""
        return FLAT if len(self.levels.shape) == 2 else SLICE

    @functools.cached_property
    def _spread(self) -> tuple[tuple[float, float], float | None]:
        """Of a level that is quickly read: its 1st and 99th percentile, its least number above 0."""
        levels = self.levels
        small = (n for n, level in enumerate(levels.levels) if math.prod(level.shape) <= _SPREAD)
        level = next(small, len(levels.levels) - 1)
        found = np.asarray(levels.region(level, "mean", _middle(levels.levels[level].shape)))
        found = found[np.isfinite(found)]
        if not found.size:
            return (0.0, 1.0), None
        low, high = np.percentile(found, [1, 99])
        above = found[found > 0]
        return (float(low), float(high)), float(above.min()) if above.size else None

    def shades(self, view: View) -> Shades:
        """The shades of a view, the same at every place of it."""
        low, high = self._reach(view)
        if view.scale == "symmetric":
            size = max(abs(low), abs(high))
            return Shades(-size, size)
        if view.scale == "log":
            least = self._spread[1]
            high = high if high > 0 else 1.0
            low = low if low > 0 else min(least if least is not None else high, high)
            return Shades(low, high, log=True)
        return Shades(low, high)

    def _reach(self, view: View) -> tuple[float, float]:
        facts = self.levels.levels[0]
        low, high = facts.minimum, facts.maximum
        found = (0.0, 1.0) if low is None or high is None else (low, high)
        if view.reach == "robust":
            return self._spread[0]
        if view.reach == "own":
            return (found[0] if view.low is None else view.low, found[1] if view.high is None else view.high)
        return found

    def first_level(self, view: View) -> int:
        """The finest level that one tile holds; the coarsest where none does."""
        for number, level in enumerate(self.levels.levels):
            if max(level.shape[axis] for axis in view.axes) <= self.side:
                return number
        return len(self.levels.levels) - 1

    def places(self, dim: str) -> Any:
        """Where the points of a dimension are that are not evenly spaced; read once."""
        if dim not in self._places:
            self._places[dim] = self.levels.coordinates[dim].values()
        return self._places[dim]


def _middle(shape: tuple[int, ...]) -> tuple[slice | int, ...]:
    """A whole level, or of one with many places along its first axes, what is at the middle of those."""
    index: list[slice | int] = [slice(0, n) for n in shape]
    for axis, n in enumerate(shape):
        if math.prod(shape[axis:]) <= 16 * _SPREAD:
            break
        index[axis] = n // 2
    return tuple(index)


class OpenFields:
    """The fields of a store that pages look at; the one that nobody has looked at for longest is closed first."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._open: OrderedDict[tuple[str, tuple[str, ...]], Future[Opened]] = OrderedDict()
        self._contents: dict[tuple[str, tuple[str, ...]], str] = {}
        self._lock = threading.Lock()
        self._workers = ThreadPoolExecutor(2, "field")

    def open(self, key: str, path: tuple[str, ...], seen: Store | None = None) -> Opened:
        """The field at ``path``, however long it takes. Raises ContractError, Damaged and StoreUnusable.

        ``seen`` is the store as the page that asks sees it.
        """
        found = self._begun(key, path, seen).result()
        self._tidy()
        return found

    def soon(self, key: str, path: tuple[str, ...], seconds: float, seen: Store | None = None) -> Opened | None:
        """The field at ``path``; None if it takes longer than so many seconds, and is still being made ready."""
        waiting = self._begun(key, path, seen)
        wait([waiting], seconds)
        return self.open(key, path, seen) if waiting.done() else None

    def has(self, key: str, path: tuple[str, ...]) -> bool:
        """Whether a field is open, or being made ready."""
        return (key, path) in self._open

    def _begun(self, key: str, path: tuple[str, ...], seen: Store | None) -> Future[Opened]:
        content = subject_of((seen or self.store).open(key), path).content  # it may be gone by now, or computed again
        with self._lock:
            waiting = self._open.get((key, path))
            lost = waiting is not None and waiting.done() and waiting.exception()
            if waiting is None or lost or self._contents[key, path] != content:
                waiting = self._open[key, path] = self._workers.submit(self._opening, key, path, content)
                self._contents[key, path] = content
            self._open.move_to_end((key, path))
        return waiting

    def _opening(self, key: str, path: tuple[str, ...], content: str) -> Opened:
        try:
            return Opened(levels_of(self.store, key, path), content)
        except StoreUnusable as reason:  # a store that is only read is looked at all the same
            return Opened(levels_made(self.store, key, path), content, str(reason))

    def _tidy(self) -> None:
        """Close what is too much; those being made ready stay."""
        with self._lock:
            room, kept = ROOM, 0
            for place, field in reversed(list(self._open.items())):
                if not field.done():
                    continue
                room -= 0 if field.exception() else _weight(field.result().levels)
                kept += 1
                if field.exception() or (kept > 1 and (kept > MOST or room < 0)):
                    del self._open[place], self._contents[place]

    def __len__(self) -> int:
        return len(self._open)


def _weight(levels: FieldLevels) -> int:
    """Bytes of a field that is in memory: itself, and three numbers a block of every level."""
    return 0 if levels.stored else sum(4 * 8 * math.prod(level.shape) for level in levels.levels)


_BEGINNING = threading.Lock()


def fields_of(request: Request) -> OpenFields:
    """The open fields of the site that a request came to."""
    state = request.app.state
    with _BEGINNING:
        if not hasattr(state, "fields"):
            state.fields = OpenFields(lasting_site(request).store)
    found: OpenFields = state.fields
    return found


def opened(request: Request, key: str, path: tuple[str, ...]) -> Opened:
    """The field at ``path`` of an artifact. Raises Missing, ContractError, Damaged and StoreUnusable."""
    fields = fields_of(request)
    if not fields.has(key, path):
        field_of(site_of(request).artifact(key), path)
    return fields.open(key, path, site_of(request).store)


def opened_soon(request: Request, artifact: Artifact, path: tuple[str, ...], seconds: float) -> Opened | None:
    """The same, or None if it takes longer than so many seconds, and is still being made ready."""
    field_of(artifact, path)
    return fields_of(request).soon(artifact.key, path, seconds, site_of(request).store)


def contents_of(request: Request, keys: Iterable[str], path: tuple[str, ...]) -> tuple[str, ...]:
    """Which numbers a field of several artifacts has now: what was lost and computed again has others."""
    store = site_of(request).store
    return tuple(subject_of(store.open(key), path).content for key in keys)


def field_of(artifact: Artifact, path: tuple[str, ...]) -> dict[str, object]:
    """How the field at ``path`` is described. Raises Missing where there is no such output, or it is no field."""
    spec = spec_at(artifact, path)
    if spec is None:
        raise Missing(f"this artifact has no output {'.'.join(path)!r}.")
    if not is_field(spec):
        raise ContractError(f"{'.'.join(path)} is no field: that is an array of numbers of two dimensions or more.")
    return spec
