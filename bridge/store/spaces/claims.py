"""Claims on a disk of one machine, thousands at a time: locks, which go with their process.

A content key is one byte of a file that is never written. A lock on a byte belongs to the open file, so that threads
of one process exclude one another, and the kernel frees it when the last process that has the file open ends: a
child that was forked and runs no other program keeps it alive. It costs 2 to 4 microseconds while 5,000 are held.
The kernel looks for it among all that are held in its file, which is why there are sixteen, by a key's first digit:
in one file it would cost ten times as much. Any other name is a file of its own, gone when nobody holds it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import struct
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from bridge.store.spaces.locks import Release, is_at, is_locked, lock_of

#: Whether the kernel has locks on bytes that belong to the open file (Linux). Elsewhere every name is a file.
BYTES = hasattr(fcntl, "F_OFD_SETLK")
#: Where these files are.
KEYS = "claims/keys"
_FILES = tuple("0123456789abcdef")
_KEY = re.compile(r"claims/[0-9a-f]{64}")
_FLOCK = struct.Struct("hhqqi4x")  # struct flock: type, whence, start, length, process
_BUSY = (errno.EACCES, errno.EAGAIN)
T = TypeVar("T")


class Claims:
    """What is held together, and given back together.

    ``path`` tells where a name is; ``make`` makes a folder. A process that was forked meanwhile gives nothing back.
    """

    def __init__(self, path: Callable[[str], str], make: Callable[[Path], None]) -> None:
        self._path, self._make = path, make
        self._files: dict[str, int] = {}
        self._locks: list[Release] = []
        self._process = os.getpid()

    def take(self, names: Iterable[str]) -> set[str]:
        """Take as many of these names as nobody holds, without waiting; those taken come back."""
        held: set[str] = set()
        try:
            for name in dict.fromkeys(names):
                place = _place(name)
                if self._byte(*place) if place else self._file(Path(self._path(name))):
                    held.add(name)
        except BaseException:
            self.close()
            raise
        gone = [file for file, descriptor in self._files.items() if not is_at(descriptor, self._at(file))]
        for file in gone:  # somebody removed it: what is locked in it excludes nobody
            os.close(self._files.pop(file))
            held -= {name for name in held if (place := _place(name)) and place[0] == file}
        return held

    def _file(self, path: Path) -> bool:
        self._make(path.parent)
        release = lock_of(path)
        if release is not None:
            self._locks.append(release)
        return release is not None

    def _byte(self, file: str, at: int) -> bool:
        descriptor = self._files.get(file)
        if descriptor is None:
            descriptor = self._files[file] = self._opened(file)
        try:
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, at, 1, 0))
        except OSError as reason:
            if reason.errno in _BUSY:
                return False
            raise
        return True

    def _at(self, file: str) -> str:
        return self._path(f"{KEYS}/{file}")

    def _opened(self, file: str) -> int:
        path, flags = self._at(file), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            return os.open(path, flags, 0o666)  # for all who may write to the store, as the umask has it
        except FileNotFoundError:
            self._make(Path(path).parent)
            return os.open(path, flags, 0o666)

    def close(self) -> None:
        """Give back what is held."""
        files, self._files, locks, self._locks = self._files, {}, self._locks, []
        mine = os.getpid() == self._process
        for descriptor in files.values():
            if mine:  # said, for a forked child may have the file open, too
                fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _FLOCK.pack(fcntl.F_UNLCK, os.SEEK_SET, 0, 0, 0))
            os.close(descriptor)
        for release in locks if mine else ():
            release()

    def taken(self, name: str) -> bool:
        """Whether somebody living holds a name, be it another thread of this process."""
        place = _place(name)
        return is_locked(Path(self._path(name))) or (place is not None and self._byte_taken(*place))

    def keys(self) -> Iterator[str]:
        """The first sixteen digits of every key that is held now."""
        for file in _FILES:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError), self._reading(file) as descriptor:
                waiting = [(0, 2**62)]
                while waiting:
                    start, end = waiting.pop()
                    at = _first(descriptor, start, end)
                    if at is not None:
                        yield f"{file}{at >> 2:015x}"
                        waiting += [(a, b) for a, b in ((start, at), (at + 1, end)) if a < b]

    @contextlib.contextmanager
    def _reading(self, file: str) -> Iterator[int]:
        descriptor = os.open(self._at(file), os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _byte_taken(self, file: str, at: int) -> bool:
        try:
            with self._reading(file) as descriptor:
                return _first(descriptor, at, at + 1) is not None
        except (FileNotFoundError, NotADirectoryError):
            return False


class Held(AbstractContextManager[T]):
    """What is held from when it is entered until it is left.

    Whoever never leaves it, as the driver of a run that is cut off, gives it back when it is dropped or when Python
    exits, with every module still there: a generator would be closed when some of them are gone, and fail.
    """

    def __init__(self, claims: Claims, take: Callable[[Claims], T]) -> None:
        self._claims, self._take = claims, take

    def __enter__(self) -> T:
        try:
            taken = self._take(self._claims)
        except BaseException:
            self._claims.close()
            raise
        self._release = weakref.finalize(self, self._claims.close)
        return taken

    def __exit__(self, *_: object) -> None:
        self._release()


def _first(descriptor: int, start: int, end: int) -> int | None:
    """A byte that somebody has locked, from ``start`` to before ``end``: any one of them. None if there is none."""
    asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, start, end - start, 0)
    kind, _, at, _, _ = _FLOCK.unpack(fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, asked))
    return None if kind == fcntl.F_UNLCK else max(start, at)


def is_of_keys(name: str) -> bool:
    """Whether an object is one of the files that keys are held in, which stay."""
    return name.startswith(f"{KEYS}/") and name[len(KEYS) + 1 :] in _FILES


def _place(name: str) -> tuple[str, int] | None:
    """File and byte of ``claims/<content key>``; None for other names.

    62 bits of a key tell it from others: two that share them would keep one another waiting, no more.
    """
    if not (BYTES and _KEY.fullmatch(name)):
        return None
    return name[7], int(name[8:24], 16) >> 2
