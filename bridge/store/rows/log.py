"""Appending to a journal: at once where that costs microseconds, a few times a second where it is a request."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from bridge.errors import BridgeError
from bridge.store.rows.journal import SEGMENT, Journal, folder_of
from bridge.store.spaces.space import Space

#: Seconds after which what was added is in the space, and on the disk itself.
DELAY = 0.5


class Log:
    """The journal of one writer in its space.

    On a disk a record is there, and survives the process, when ``write`` returns; it survives a loss of power
    ``DELAY`` later. In a bucket it is there ``DELAY`` later, together with all that came meanwhile.
    """

    def __init__(self, space: Space, journal: Journal) -> None:
        self._space, self.journal = space, journal
        self._at_once = not space.remote
        self._pending = bytearray()
        self._segment, self._size, self._unsynced = 0, 0, False
        self._lock, self._over = threading.RLock(), threading.Event()
        self._held = 0
        self._failure: BridgeError | None = None
        self._thread: threading.Thread | None = None

    def write(self, body: bytes) -> None:
        """Append a record. Raises what hindered an earlier one, too: what is behind a gap could not be read."""
        with self._lock:
            if self._failure is not None:
                raise self._failure
            self._pending += self.journal.framed(body)
            if len(self._pending) >= SEGMENT or (self._at_once and not self._held):
                self._flush()
            if self._thread is None:
                self._thread = threading.Thread(target=self._tick, name="journal", daemon=True)
                self._thread.start()

    @property
    def held(self) -> bool:
        """Whether what is written waits for the end of ``together``."""
        return self._held > 0

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Append what is written inside at the end, in one go."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            if not self._held and self._at_once:
                self.flush()

    def flush(self) -> None:
        """Have all of it in the space, where every process sees it."""
        with self._lock:
            self._flush()

    def close(self) -> None:
        """Have all of it in the space, and write no more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def drop(self) -> None:
        """Write no more, not even what waits: the rows are safe elsewhere."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        self._pending.clear()

    def _flush(self) -> None:
        if not self._pending or self._failure is not None:
            return
        content, self._pending = bytes(self._pending), bytearray()
        if self._size >= SEGMENT:
            self._sync()
            self._segment, self._size = self._segment + 1, 0
        try:
            self._space.append(self._name, content, sync=False)
        except BridgeError as reason:
            self._failure = reason
            raise
        self._size += len(content)
        self._unsynced = True

    def _sync(self) -> None:
        if self._unsynced and self._at_once:
            self._space.append(self._name, b"", sync=True)
        self._unsynced = False

    @property
    def _name(self) -> str:
        return f"{folder_of(self.journal.name)}/{self._segment:04d}"

    def _tick(self) -> None:
        """Append what waits and have it on the disk, until the writer is done."""
        while not self._over.wait(DELAY):
            try:
                with self._lock:
                    if not self._at_once:
                        self._flush()
                    name, unsynced, self._unsynced = self._name, self._unsynced, False
                if unsynced and self._at_once:
                    self._space.append(name, b"", sync=True)  # while rows are added: a disk may take its time
            except BridgeError as reason:
                self._failure = reason
                return
