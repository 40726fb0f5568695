"""Spaces: where a store's bytes are, a folder on a disk or a prefix of a bucket, and what may be asked of either.

Names are relative and divided by slashes. What a space promises is all that the rest of the store relies on:
an object is there whole or not at all, of two who create one name one wins, and what was said to be written
survives the process.
"""

from __future__ import annotations

import abc
import functools
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Self, TypeVar

from bridge.errors import BridgeError

#: The object that makes an artifact, or a block of them, visible.
MARKER = "zarr.json"
#: What a name in a space is made of; anything else in a stored document is an attack or damage.
_PART = re.compile(r"(?!\.\.?$)[\w.=+@ -]{1,200}")


#: Requests side by side.
ABREAST = 16

A = TypeVar("A")
T = TypeVar("T")


class Damaged(BridgeError):
    """A stored object is not what was committed."""


class WrongSize(Damaged):
    """A stored object has more bytes than were asked for, or others than were expected."""


class StoreUnusable(BridgeError):
    """A store that cannot be reached, read or written."""


@functools.lru_cache(2**14)  # the same names are asked for again and again
def proper(name: str) -> bool:
    """Whether a name stays in its space and can be spelled in every one: no ``..``, no absolute path."""
    return all(_PART.fullmatch(part) for part in name.split("/"))


class Attempt(abc.ABC):
    """An artifact being written: nothing of it is visible before ``commit``, nothing is left after ``drop``."""

    #: What the objects of this attempt are found under, below the artifact's own folder: "" or "name/".
    prefix: str = ""

    @abc.abstractmethod
    def put(self, name: str, content: bytes | memoryview) -> None:
        """Write one object, durably; may be called from several threads."""

    @abc.abstractmethod
    def commit(self, marker: str, content: bytes) -> bool:
        """Make all of it visible in one step, with ``marker`` as the object that says so; False if another was first.

        The bytes of the attempt that came second are dropped.
        """

    @abc.abstractmethod
    def drop(self) -> None:
        """Forget what was written; does nothing after a commit."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()


class Space(abc.ABC):
    """A place for objects. Methods may be called from any thread, and after a fork or pickling."""

    #: The address it was opened by: an absolute path, or ``s3://bucket/prefix``.
    address: str
    #: Whether every call is a request to a service: then many go side by side, and none is made for a look alone.
    remote = False
    #: Whether objects of an attempt lie in the folder of the artifact it will be, below their prefix.
    attempts_within = False

    @property
    @abc.abstractmethod
    def leases(self) -> bool:
        """Whether claims are leases, which go stale when their holder dies, instead of locks, which go with it."""

    @abc.abstractmethod
    def where(self, name: str) -> str:
        """An object's full name, for messages."""

    @abc.abstractmethod
    def prepare(self) -> None:
        """Make the place, where one has to be made before anything is written to it."""

    @abc.abstractmethod
    def keep_to(self, name: str) -> None:
        """Refuse to write from now on where this object is gone or another: something else is mounted there then."""

    @abc.abstractmethod
    def usable(self) -> None:
        """Raise StoreUnusable if nothing can be written here, or the place is gone; called before compute."""

    # Objects

    @abc.abstractmethod
    def read(self, name: str, limit: int | None = None) -> bytes:
        """Read an object. Raises FileNotFoundError, and Damaged if it is larger than ``limit`` bytes."""

    def read_from(self, name: str, start: int, limit: int | None = None) -> bytes:
        """The bytes of an object from ``start`` on; ``limit`` is for the whole of it, as ``read`` has it."""
        return self.read(name, limit)[start:]

    @abc.abstractmethod
    def read_into(self, name: str, *parts: memoryview) -> None:
        """Fill buffers, one after the other, with an object of exactly their size together.

        Raises FileNotFoundError, or Damaged where the object has another size.
        """

    @abc.abstractmethod
    def size(self, name: str) -> int | None:
        """Bytes of an object; None if there is none."""

    def there(self, names: Collection[str]) -> set[str]:
        """Of these objects, those that are there."""
        ordered = list(names)
        return {name for name, size in zip(ordered, self.abreast(self.size, ordered), strict=True) if size is not None}

    @abc.abstractmethod
    def put(self, name: str, content: bytes) -> None:
        """Write or replace an object: readers see the old or the new."""

    @abc.abstractmethod
    def create(self, name: str, content: bytes) -> bool:
        """Write an object unless there is one of this name; of several who try, one gets True."""

    @abc.abstractmethod
    def remove(self, name: str) -> None:
        """Remove an object; one that is gone already is no error."""

    def abreast(self, ask: Callable[[A], T], of: Sequence[A]) -> list[T]:
        """Ask something of each of many, in order: one after the other, or side by side where each is a request."""
        if not self.remote or len(of) < 2:
            return [ask(one) for one in of]
        with ThreadPoolExecutor(ABREAST) as threads:
            return list(threads.map(ask, of))

    # Folders

    @abc.abstractmethod
    def children(self, folder: str, hidden: bool = False) -> list[str]:
        """Names of what is directly in a folder, sorted, folders with a slash at the end; none if there is none.

        Names that begin with a dot, of what is being written, are left out unless ``hidden``.
        """

    def stamp(self, folder: str) -> str:
        """What is another one once a child of a folder has come or gone; "" where that cannot be told for sure.

        To be asked before ``children``: then what came meanwhile is seen the next time.
        """
        return ""

    def spot(self, folder: str) -> str:
        """Where a folder is: another one for a copy of it, and for one that was put in its place; "" for none."""
        return f"{self.address}/{folder}"

    @abc.abstractmethod
    def walk(self, folder: str) -> Iterator[tuple[str, int]]:
        """Every object below a folder, its full name and its size, sorted by name."""

    @abc.abstractmethod
    def remove_tree(self, folder: str) -> None:
        """Remove a folder with all that is in it: out of sight at once, where the space can do that."""

    # Logs

    @abc.abstractmethod
    def append(self, name: str, content: bytes, *, sync: bool = True) -> None:
        """Add to a log that one process writes; ``sync=False`` survives the process, not a loss of power."""

    @abc.abstractmethod
    def read_log(self, name: str) -> bytes:
        """All that was appended to a log, in order; empty if there is none."""

    # Artifacts and claims

    @abc.abstractmethod
    def attempt(self, folder: str) -> Attempt:
        """Begin to write the artifact that will be ``folder``."""

    @abc.abstractmethod
    def abandoned(self) -> Iterator[tuple[str, int]]:
        """Attempts whose writer is gone before it committed: folder and bytes of each."""

    @abc.abstractmethod
    def claim(
        self, name: str, *, waiting: Callable[[], None] | None = None, patience: float = float("inf")
    ) -> AbstractContextManager[None]:
        """Hold a name while working on what it stands for; it is free again when this process ends, however it ends.

        ``waiting`` is called once if somebody holds it. Raises StoreUnusable after ``patience`` seconds.
        """

    @abc.abstractmethod
    def hold(self, names: Sequence[str]) -> AbstractContextManager[set[str]]:
        """Claim many names at once, without waiting: those are held that nobody held, and given to the ``with``.

        They are free again as with ``claim``, at the end or with this process; the others are busy elsewhere. Who
        holds some and waits for others may be waited for in turn: give back what is held before waiting.
        """

    @abc.abstractmethod
    def claimed(self, name: str) -> bool:
        """Whether somebody living holds a name."""

    def held_keys(self) -> Iterator[str]:
        """Of content keys held in ``claims/`` of which no object there tells, by locks: the first sixteen digits."""
        return iter(())


def open_space(address: str) -> Space:
    """The space at an address: a path, or ``s3://bucket/prefix``. Raises StoreUnusable for any other."""
    if "://" not in address:
        from bridge.store.spaces.disk import Disk

        return Disk(address)
    if not address.startswith("s3://"):
        scheme = address.partition("://")[0]  # no more of it: people write their keys into addresses
        raise StoreUnusable(f"the store cannot be at {scheme}://…. Write a path, or s3://bucket/prefix.")
    from bridge.store.spaces.bucket import Bucket

    return Bucket(address)
