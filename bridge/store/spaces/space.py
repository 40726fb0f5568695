"""Spaces: where a store's bytes are, a folder on a disk or a prefix of a bucket, and what may be asked of either.

Names are relative and divided by slashes. What a space promises is all that the rest of the store relies on:
an object is there whole or not at all, of two who create one name one wins, and what was said to be written
survives the process.
"""

from __future__ import annotations

import abc
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Self

from bridge.errors import BridgeError

#: The object that makes an artifact, or a block of them, visible.
MARKER = "zarr.json"
#: What a name in a space is made of; anything else in a stored document is an attack or damage.
_PART = re.compile(r"(?!\.\.?$)[\w.=+@ -]{1,200}")


class Damaged(BridgeError):
    """A stored object is not what was committed."""


class StoreUnusable(BridgeError):
    """A store that cannot be reached, read or written."""


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

    @abc.abstractmethod
    def where(self, name: str) -> str:
        """An object's full name, for messages."""

    @abc.abstractmethod
    def usable(self) -> None:
        """Raise StoreUnusable if nothing can be written here, or the place is gone; called before compute."""

    # Objects

    @abc.abstractmethod
    def read(self, name: str, limit: int | None = None) -> bytes:
        """Read an object. Raises FileNotFoundError, and Damaged if it is larger than ``limit`` bytes."""

    @abc.abstractmethod
    def read_into(self, name: str, *parts: memoryview) -> None:
        """Fill buffers, one after the other, with an object of exactly their size together.

        Raises FileNotFoundError, or Damaged where the object has another size.
        """

    @abc.abstractmethod
    def size(self, name: str) -> int | None:
        """Bytes of an object; None if there is none."""

    @abc.abstractmethod
    def put(self, name: str, content: bytes) -> None:
        """Write or replace an object: readers see the old or the new."""

    @abc.abstractmethod
    def create(self, name: str, content: bytes) -> bool:
        """Write an object unless there is one of this name; of several who try, one gets True."""

    @abc.abstractmethod
    def remove(self, name: str) -> None:
        """Remove an object; one that is gone already is no error."""

    # Folders

    @abc.abstractmethod
    def children(self, folder: str) -> list[str]:
        """Names of what is directly in a folder, sorted, folders with a slash at the end; none if there is none."""

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
    def claimed(self, name: str) -> bool:
        """Whether somebody living holds a name."""


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
