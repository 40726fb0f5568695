"""The store: artifacts by content key, aliases from plan keys, claims on work in progress."""

from __future__ import annotations

import contextlib
import copy
import functools
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bridge.places import shared_address, store_address
from bridge.store.sealed import sealed, strict, unsealed
from bridge.store.spaces.space import MARKER, Damaged, Space, StoreUnusable, open_space

if TYPE_CHECKING:
    from bridge.kinds.record import Record
    from bridge.store.artifact import Artifact
    from bridge.store.rows.lookup import Rows
    from bridge.store.rows.writer import BlockWriter

#: The object that says that a place is a store, and which.
IDENTITY = "scalebridge.json"
SCHEMA = 2
_KEY = re.compile(r"[0-9a-f]{64}")

A = TypeVar("A")
T = TypeVar("T")


class Store:
    """Artifacts, the same for every run that uses it; with a shared store below it, which is only read.

    Without an address it is the one of ``SCALEBRIDGE_STORE``, over that of ``SCALEBRIDGE_SHARED``.
    """

    def __init__(self, address: str | Path | Space | None = None, shared: str | Path | Space | None = None) -> None:
        if address is None:
            address, shared = store_address(), shared if shared is not None else shared_address()
        self.space = address if isinstance(address, Space) else open_space(str(address))
        self.shared = Store(shared) if shared is not None else None
        self.identity: str | None = None  # once known, the store must stay the one it was

    def __repr__(self) -> str:
        return f"Store({self.address!r}" + (f", shared={self.shared.address!r})" if self.shared else ")")

    @property
    def address(self) -> str:
        """Path or ``s3://`` address."""
        return self.space.address

    @property
    def layers(self) -> list[Store]:
        """This store, then the one below it."""
        return [self, *(self.shared.layers if self.shared else [])]

    def once(self) -> Store:
        """This store for one look at it: what is asked of a bucket twice is the same answer, and one request."""
        if not any(layer.space.remote for layer in self.layers):
            return self
        from bridge.store.spaces.once import Once

        found = copy.copy(self)
        found.space = Once(self.space) if self.space.remote else self.space
        found.shared = self.shared.once() if self.shared else None
        found.__dict__["rows"] = self.rows  # which keeps what it knows for the next look
        return found

    def abreast(self, ask: Callable[[A], T], of: Sequence[A]) -> list[T]:
        """Ask something of each of many, in order: side by side where that means requests to a service."""
        return next((one.space for one in self.layers if one.space.remote), self.space).abreast(ask, of)

    def prepare(self) -> str:
        """Make the store if there is none, and see that it can be written to; its identity comes back.

        Raises StoreUnusable: it cannot be written, or it is gone or another one than it was.
        """
        if self.identity is None:
            self.space.prepare()
        self.space.usable()
        found = self._found()
        if found is None and self.identity is None:
            self.space.create(IDENTITY, sealed({"schema": SCHEMA, "id": uuid.uuid4().hex}))
            found = self._found()
        if found is None or (self.identity and found != self.identity):
            raise StoreUnusable(
                f"the store {self.address} was removed or replaced meanwhile. Bring it back, then resume."
            )
        self.identity = found
        self.space.keep_to(IDENTITY)
        return found

    def _found(self) -> str | None:
        try:
            document = unsealed(self.space.read(IDENTITY, limit=4096), self.space.where(IDENTITY))
        except FileNotFoundError:
            return None
        if type(document.get("schema")) is not int or "id" not in document:
            raise Damaged(f"{self.space.where(IDENTITY)} does not say which store this is.")
        if document["schema"] > SCHEMA:
            raise StoreUnusable(
                f"{self.address} has schema {document['schema']}, this scalebridge reads {SCHEMA}: upgrade."
            )
        return str(document["id"])

    @functools.cached_property
    def rows(self) -> Rows:
        """What was committed as rows of blocks, in this store itself."""
        from bridge.store.rows.lookup import Rows

        return Rows(self.space, self._known)

    def _known(self) -> str | None:
        return self.identity or self._found()

    # Looking up

    def planned(self, plan_key: str) -> str | None:
        """Content key of the artifact that a plan led to, if it is there."""
        for layer in self.layers:
            content_key = layer.alias_of(plan_key)
            if content_key and self.has(content_key):
                return content_key
        for layer in self.layers:
            found = layer.rows.planned([plan_key])
            if found and self.has(found[plan_key]):
                return found[plan_key]
        return None

    def planned_many(self, plan_keys: Iterable[str]) -> dict[str, str]:
        """Content keys of the artifacts that plans led to; those that led to none that is there are left out."""
        from bridge.store.many import planned_many

        return planned_many(self, plan_keys)

    def alias_of(self, plan_key: str) -> str | None:
        """Content key that a plan led to, as an object of its own in this store itself has it."""
        try:
            return read_alias(self.space, plan_of(plan_key))
        except (FileNotFoundError, Damaged):  # what a damaged alias led to is found by its content key
            return None

    def has(self, content_key: str) -> bool:
        """Whether the artifact is committed, by itself or as a row of a block."""
        return any(layer._holds(content_key) for layer in self.layers) or any(
            layer.rows.find([content_key]) for layer in self.layers
        )

    def has_many(self, content_keys: Iterable[str]) -> set[str]:
        """Of content keys, those whose artifact is committed."""
        from bridge.store.many import has_many

        return has_many(self, content_keys)

    def _holds(self, content_key: str) -> bool:
        return self.space.size(f"{artifact_of(content_key)}/{MARKER}") is not None

    def open(self, content_key: str) -> Artifact:
        """Open an artifact. Raises Damaged if it is missing or its seal does not fit."""
        from bridge.store.artifact import Artifact

        for layer in self.layers:
            if layer._holds(content_key):
                return Artifact(layer.space, artifact_of(content_key))
        for layer in self.layers if _KEY.fullmatch(content_key) else ():
            row = layer.rows.open(content_key)
            if row is not None:
                return row
        return Artifact(self.space, artifact_of(content_key))

    def values_many(self, content_keys: Sequence[str], path: tuple[str, ...]) -> list[Any]:
        """The value at ``path`` of many artifacts, in the order of their keys. Raises Damaged."""
        from bridge.store.many import values_many

        return values_many(self, content_keys, path)

    def artifacts(self) -> Iterator[Artifact]:
        """Every committed artifact of this store itself. Raises Damaged at one that cannot be opened."""
        from bridge.store.artifact import Artifact

        for folder in self.folders():
            yield Artifact(self.space, folder)

    def folders(self) -> Iterator[str]:
        """Where the committed artifacts of this store itself are."""
        for shelf in self.space.children("artifacts"):
            for child in self.space.children(f"artifacts/{shelf.rstrip('/')}"):
                folder = f"artifacts/{shelf}{child.rstrip('/')}"
                if self.space.size(f"{folder}/{MARKER}") is not None:
                    yield folder

    # Adding

    def commit(
        self,
        content_key: str,
        outputs: Record,
        values: Mapping[str, Any],
        about: Mapping[str, Any],
        compress: bool | None = None,
    ) -> bool:
        """Commit a stage's outputs, all or nothing; False if another writer was first."""
        from bridge.store.artifact import write

        self._written()
        return write(self.space, artifact_of(content_key), outputs, values, about, compress)

    def block(self, outputs: Record, about: Mapping[str, Any]) -> BlockWriter:
        """Begin to commit many small results of one model as rows; ``about`` is what all of them have in common."""
        from bridge.store.rows.writer import BlockWriter

        self._written()
        return BlockWriter(self.space, outputs, about)

    def alias(self, plan_key: str, content_key: str) -> None:
        """Remember where a plan led to."""
        self._written()
        self.space.put(plan_of(plan_key), sealed({"content": content_key}))

    def claim(self, content_key: str, waiting: Callable[[], None] | None = None) -> AbstractContextManager[None]:
        """Hold a key while computing it; wait while somebody else does. It is free again when this process ends."""
        self._written()
        return self.space.claim(_claim(content_key), waiting=waiting)

    @contextlib.contextmanager
    def hold(self, content_keys: Iterable[str]) -> Iterator[set[str]]:
        """Hold many keys while computing them, and wait for none: those that nobody held are given to the ``with``.

        They exclude ``claim`` as well. Commit them and give them back before waiting for the others.
        """
        self._written()
        names = {_claim(key): key for key in content_keys}
        with self.space.hold(list(names)) as held:
            yield {names[name] for name in held}

    def _written(self) -> None:
        if self.identity is None:
            self.prepare()


def artifact_of(key: str) -> str:
    """Where the artifact of a content key is, if it is no row."""
    return f"artifacts/{key[:2]}/{key}"


def plan_of(key: str) -> str:
    """Name of the object that tells where a plan led to."""
    return f"plans/{key[:2]}/{key}.json"


def _claim(key: str) -> str:
    return f"claims/{key}"


def read_alias(space: Space, name: str) -> str:
    """Content key that an alias stands for. Raises FileNotFoundError or Damaged."""
    raw, at = space.read(name, limit=4096), space.where(name)
    document = strict(raw, at)
    if set(document) != {"content"}:  # schema 1 had no seal
        document = unsealed(raw, at)
    key = document.get("content")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise Damaged(f"{at} was changed after it was written: {key!r:.80} is no content key.")
    return key
