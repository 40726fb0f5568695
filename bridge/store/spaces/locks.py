"""Locks on a disk of one machine: held by a process and gone with it, whatever ends it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bridge.store.spaces.space import StoreUnusable


@contextlib.contextmanager
def locked(path: Path, *, patience: float = float("inf"), waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold an exclusive lock on the file ``path``, which goes with the process and leaves nothing behind.

    ``waiting`` is called once if another process holds it. Raises StoreUnusable after ``patience`` seconds.
    """
    start, pause, said = time.monotonic(), 0.005, False
    while (descriptor := _try(path)) is None:
        if waiting and not said:
            waiting()
            said = True
        if time.monotonic() - start > patience:
            raise StoreUnusable(f"{path} is held by another process for more than {patience:g} s.")
        time.sleep(pause)
        pause = min(0.2, pause * 1.5)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # a file system that became read-only keeps a file that nobody holds
            path.unlink()  # while it is held: who waits sees that it is gone and makes a new one
        os.close(descriptor)


def _try(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held = os.fstat(descriptor)
        if os.path.samestat(held, os.stat(path)):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def is_locked(path: Path) -> bool:
    """Whether a living process holds the lock on ``path``, a file or a folder."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
