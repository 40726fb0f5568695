"""Where levels are read from: the store, once they are in it, and memory until then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

import numpy as np

from bridge.scales.pyramid import Pyramid, pyramid
from bridge.store.pyramids.kept import Kept, folder_of, key_of, write
from bridge.store.pyramids.known import Known, array_of, known_of
from bridge.store.pyramids.subject import Measured, Subject
from bridge.store.spaces.space import MARKER, Damaged
from bridge.store.store import Store

Told = Callable[[str], None]
Parts = tuple[slice, ...]
Asked = tuple[int, str, Parts]


class InMemory:
    """A pyramid as it was made."""

    stored, unkept = False, ""

    def __init__(self, subject: Subject, made: Pyramid, measured: Measured) -> None:
        self.subject, self.made, self.known = subject, made, known_of(made, subject, measured)

    def read(self, level: int, what: str, parts: Parts) -> np.ndarray:
        """A part of a level."""
        counts = self.subject.counts
        if what == "missing" and not level:
            return (~np.isfinite(self.made.levels[0].mean[parts])).astype(counts)
        array = array_of(self.made, level, what)
        if array is None:
            return np.zeros([part.stop - part.start for part in parts], counts)
        return array[parts].astype(counts) if what == "missing" else array[parts]

    def settle(self) -> None:
        """Nothing: it is not kept."""


class InStore:
    """The pyramid of a field in a store. Where there is none, or a damaged one, it is made, read, and written.

    What is read while it is written, and where it cannot be, is what was made: the numbers are the same.
    """

    def __init__(self, store: Store, subject: Subject, told: Told) -> None:
        self._store, self._subject, self._told = store, subject, told
        self._key = key_of(subject.artifact.key, subject.path)
        self._lock = threading.Lock()
        self._writing: threading.Thread | None = None
        self._trouble: BaseException | None = None
        self._now: Kept | InMemory
        found = self._sound(None)
        if found is not None:
            self._now = found
        else:
            self._replace(None)

    @property
    def known(self) -> Known:
        """What is known of the field without reading it."""
        return self._now.known

    @property
    def stored(self) -> bool:
        """Whether it is read from the store."""
        return isinstance(self._now, Kept)

    @property
    def unkept(self) -> str:
        """Why it could not be written."""
        return "" if self._trouble is None else str(self._trouble)

    def settle(self) -> None:
        """Wait until it is in the store. Raises what came in between."""
        if self._writing is not None:
            self._writing.join()
        if self._trouble is not None:
            raise self._trouble

    def read(self, level: int, what: str, parts: Parts) -> np.ndarray:
        """A part of a level; where it is damaged, of a pyramid made anew. Raises Damaged, StoreUnusable."""
        now = self._now
        try:
            return now.read(level, what, parts)
        except (Damaged, FileNotFoundError):
            with self._lock:
                if self._now is now:
                    self._replace((level, what, parts))
            return self._now.read(level, what, parts)

    def _sound(self, asked: Asked | None) -> Kept | None:
        """The pyramid as it is in this store, or below, if what is asked of it can be read."""
        folder = folder_of(self._key)
        for layer in self._store.layers:
            if layer.space.size(f"{folder}/{MARKER}") is None:
                continue
            try:
                kept = Kept(layer.space, folder, self._subject)
                if asked is not None:
                    kept.read(*asked)
                return kept
            except (Damaged, FileNotFoundError) as reason:
                self._told(f"the pyramid of {self._subject.name} is damaged, and is made anew: {reason}")
        return None

    def _replace(self, asked: Asked | None) -> None:
        """Have it made, unless somebody just has; it can be read then, and is written meanwhile."""
        ready: Future[None] = Future()
        # No daemon: who ends the process waits for what is being written.
        self._writing = threading.Thread(target=self._make, args=(asked, ready), name="pyramid")
        self._writing.start()
        ready.result()

    def _make(self, asked: Asked | None, ready: Future[None]) -> None:
        space, folder, subject = self._store.space, folder_of(self._key), self._subject
        try:
            with self._store.claim(self._key, lambda: self._told(f"{subject.name} is being prepared elsewhere")):
                found = self._sound(asked)
                if found is not None:
                    self._now = found
                    ready.set_result(None)
                    return
                if space.children(folder, hidden=True):
                    space.remove_tree(folder)
                made = InMemory(subject, pyramid(subject.values(), subject.halved), subject.measured())
                self._now = made
                ready.set_result(None)
                write(space, folder, subject, made.made, made.known)
                self._now = Kept(space, folder, subject)
        except BaseException as reason:
            if not ready.done():
                ready.set_exception(reason)
                return
            self._trouble = reason
            self._told(f"the pyramid of {subject.name} is not kept: {reason}")
