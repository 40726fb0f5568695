"""A space as one looks at it for a moment: what was asked of it once is not asked again.

A page needs the same document in several places, and in a bucket each time is a request. What is known here is as old
as the look: it is for who only reads, and thrown away with the page.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from bridge.store.spaces.segments import read_segments
from bridge.store.spaces.space import MARKER, Attempt, Damaged, Space, WrongSize

#: Bytes of an object that is remembered, and of all of them; larger ones are read as often as they are asked for.
_LARGEST, _ROOM = 2**20, 64 * 2**20
#: Documents that are read soon after somebody has seen that they are there: reading them tells both.
_DOCUMENTS = (MARKER, "run.json")

T = TypeVar("T")


class Once(Space):
    """What another space has; whatever is written through it, it forgets what it knew."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self.address, self.remote, self.attempts_within = space.address, space.remote, space.attempts_within
        self._begin()

    def _begin(self) -> None:
        self._known: dict[Hashable, Any] = {}
        self._room, self._lock = _ROOM, threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {"_space": self._space}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["_space"])  # type: ignore[misc]

    @property
    def leases(self) -> bool:
        return self._space.leases

    def where(self, name: str) -> str:
        return self._space.where(name)

    def prepare(self) -> None:
        self._space.prepare()

    def keep_to(self, name: str) -> None:
        self._space.keep_to(name)

    def usable(self) -> None:
        self._space.usable()

    def _asked(self, what: Hashable, ask: Callable[[], T], weight: Callable[[Any], int] = lambda _: 256) -> T:
        """What was answered before, that there is nothing among it; else what is answered now."""
        if what in self._known:
            answer = self._known[what]
        else:
            try:
                answer = ask()
            except FileNotFoundError as reason:
                answer = reason
            size = 256 if isinstance(answer, FileNotFoundError) else weight(answer)
            with self._lock:
                if size <= min(_LARGEST, self._room):
                    self._room -= size
                    self._known[what] = answer
        if isinstance(answer, FileNotFoundError):
            raise answer.with_traceback(None)
        found: T = answer
        return found

    # Objects

    def read(self, name: str, limit: int | None = None) -> bytes:
        content = self._asked(("read", name), lambda: self._space.read(name, limit), len)
        if limit is not None and len(content) > limit:
            raise WrongSize(f"{self.where(name)} has {len(content)} bytes, expected at most {limit}.")
        return content

    def read_from(self, name: str, start: int, limit: int | None = None) -> bytes:
        return self._space.read_from(name, start, limit)

    def read_into(self, name: str, *parts: memoryview) -> None:
        expected = sum(part.nbytes for part in parts)
        try:
            content = self.read(name, expected) if expected <= _LARGEST else b""
        except Damaged:
            content = b""
        if not expected or len(content) != expected:
            self._space.read_into(name, *parts)  # which says what is wrong with its size
            return
        at = 0
        for part in parts:
            part.cast("B")[:] = content[at : at + part.nbytes]
            at += part.nbytes

    def size(self, name: str) -> int | None:
        if name.rpartition("/")[2] in _DOCUMENTS:
            try:
                return len(self.read(name, _LARGEST))
            except FileNotFoundError:
                return None
            except Damaged:  # too large to be read for a look
                pass
        return self._asked(("size", name), lambda: self._space.size(name))

    def there(self, names: Collection[str]) -> set[str]:
        return self._space.there(names)

    def put(self, name: str, content: bytes) -> None:
        self._begin()
        self._space.put(name, content)

    def create(self, name: str, content: bytes) -> bool:
        self._begin()
        return self._space.create(name, content)

    def remove(self, name: str) -> None:
        self._begin()
        self._space.remove(name)

    # Folders

    def children(self, folder: str, hidden: bool = False) -> list[str]:
        found: list[str] = self._asked(
            ("children", folder, hidden), lambda: self._space.children(folder, hidden), lambda names: 64 * len(names)
        )
        return list(found)

    def stamp(self, folder: str) -> str:
        return self._space.stamp(folder)

    def spot(self, folder: str) -> str:
        return self._space.spot(folder)

    def walk(self, folder: str) -> Iterator[tuple[str, int]]:
        return self._space.walk(folder)

    def remove_tree(self, folder: str) -> None:
        self._begin()
        self._space.remove_tree(folder)

    # Logs

    def append(self, name: str, content: bytes, *, sync: bool = True) -> None:
        self._begin()
        self._space.append(name, content, sync=sync)

    def read_log(self, name: str) -> bytes:
        return read_segments(self, name) if self.remote else self._space.read_log(name)

    # Artifacts and claims

    def attempt(self, folder: str) -> Attempt:
        self._begin()
        return self._space.attempt(folder)

    def abandoned(self) -> Iterator[tuple[str, int]]:
        return self._space.abandoned()

    def claim(
        self, name: str, *, waiting: Callable[[], None] | None = None, patience: float = float("inf")
    ) -> AbstractContextManager[None]:
        self._begin()
        return self._space.claim(name, waiting=waiting, patience=patience)

    def hold(self, names: Sequence[str]) -> AbstractContextManager[set[str]]:
        self._begin()
        return self._space.hold(names)

    def claimed(self, name: str) -> bool:
        return self._asked(("claimed", name), lambda: self._space.claimed(name))

    def held_keys(self) -> Iterator[str]:
        return self._space.held_keys()


class Followed(Once):
    """A space whose logs are read again and again while they grow: each part of them once."""

    def children(self, folder: str, hidden: bool = False) -> list[str]:
        return self._space.children(folder, hidden)


def followed(space: Space) -> Space:
    """A space for following logs: where they are in parts, each of these is read once."""
    return Followed(space) if space.remote else space
