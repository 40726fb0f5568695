"""Locks on a disk of one machine: held by a process and gone with it, whatever ends it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bridge.store.spaces.space import StoreUnusable

#: Gives back what is held.
Release = Callable[[], None]
#: File systems of one machine, whose locks hold among all who can write; every other gets leases.
_LOCAL = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "tmpfs", "overlay", "ramfs", "bcachefs"})


@contextlib.contextmanager
def locked(path: Path, *, patience: float = float("inf"), waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold an exclusive lock on the file ``path``, which goes with the process and leaves nothing behind.

    ``waiting`` is called once if another process holds it. Raises StoreUnusable after ``patience`` seconds.
    """
    held: list[Release] = []

    def take() -> bool:
        held.extend(filter(None, [lock_of(path)]))
        return bool(held)

    acquired(take, str(path), patience, waiting)
    try:
        yield
    finally:
        held[0]()


def acquired(take: Callable[[], bool], what: str, patience: float, waiting: Callable[[], None] | None) -> None:
    """Try to take something until it is free; ``waiting`` is called once if it is not.

    Raises StoreUnusable after ``patience`` seconds.
    """
    start, pause = time.monotonic(), 0.005
    while not take():
        if waiting:
            waiting()
            waiting = None
        if time.monotonic() - start > patience:
            raise StoreUnusable(f"{what} is held by another process for more than {patience:g} s.")
        time.sleep(pause)
        pause = min(0.2, pause * 1.5)


def lock_of(path: Path) -> Release | None:
    """Lock the file ``path`` without waiting; what gives it back, or None if somebody holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if is_at(descriptor, path):
            return lambda: _unlock(descriptor, path)
    except BlockingIOError:
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _unlock(descriptor: int, path: Path) -> None:
    with contextlib.suppress(OSError):  # a file system that became read-only keeps a file that nobody holds
        path.unlink()  # while it is held: who waits sees that it is gone and makes a new one
    os.close(descriptor)


def is_at(descriptor: int, path: str | Path) -> bool:
    """Whether an open file is the one that is at ``path`` now."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


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


def locks_hold(folder: Path) -> bool:
    """Whether locks below a folder hold among all who can write there: not where other machines do."""
    return _file_system(folder) in _LOCAL


def _file_system(path: Path) -> str:
    """Type of the file system that holds a path, as the kernel names it; "" where it does not tell."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    real = os.path.realpath(path)
    best, kind = "", ""
    for line in lines:
        before, _, after = line.partition(" - ")
        mount = before.split()[4].replace("\\040", " ")
        inside = real == mount or real.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, after.split()[0]
    return kind
