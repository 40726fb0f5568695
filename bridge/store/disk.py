"""Writing so that a crash at any line leaves either the whole or nothing."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from bridge.errors import BridgeError


def sync_file(path: Path, content: bytes) -> None:
    """Write a new file and have it on the disk before returning."""
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Have a folder's entries on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(path: Path) -> None:
    """Have every file and folder below ``path`` on the disk."""
    for folder, _, names in os.walk(path, topdown=False):
        for name in names:
            descriptor = os.open(Path(folder) / name, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        sync_folder(Path(folder))


def replace_file(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` at once: readers see the old or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        sync_file(fresh, content)
        os.replace(fresh, path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def commit_folder(fresh: Path, final: Path) -> bool:
    """Move a finished folder to its place in one step; False if another writer was first."""
    sync_tree(fresh)
    final.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.rename(fresh, final)
    except OSError as reason:
        if reason.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
        shutil.rmtree(fresh)
        return False
    sync_folder(final.parent)
    return True


@contextlib.contextmanager
def locked(path: Path, *, patience: float = float("inf"), waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold an exclusive lock on the file ``path``, which goes with the process and leaves nothing behind.

    ``waiting`` is called once if another process holds it. Raises BridgeError after ``patience`` seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    start, pause, said = time.monotonic(), 0.005, False
    while (descriptor := _try(path)) is None:
        if waiting and not said:
            waiting()
            said = True
        if time.monotonic() - start > patience:
            raise BridgeError(f"{path} is held by another process for more than {patience:g} s.")
        time.sleep(pause)
        pause = min(0.2, pause * 1.5)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is held: who waits sees that it is gone and makes a new one
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
    """Whether a living process holds the lock on ``path``."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
