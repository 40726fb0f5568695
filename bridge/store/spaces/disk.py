"""A store on a disk: written so that a crash at any line leaves either the whole or nothing."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import shutil
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from bridge.store.spaces.claims import Claims, Held
from bridge.store.spaces.folder import Folder, sync_file, sync_folder
from bridge.store.spaces.locks import acquired, is_locked, locks_hold
from bridge.store.spaces.space import Attempt, Damaged, Space, StoreUnusable, WrongSize, proper

_ELSEWHERE = "Set SCALEBRIDGE_STORE to a place that can be written, and SCALEBRIDGE_SHARED to this one to read it."
_CURES = {
    errno.ENOSPC: "The disk is full. Make room (scalebridge gc), then run again: what had finished is kept.",
    errno.EDQUOT: "The quota is used up. Make room (scalebridge gc), then run again: what had finished is kept.",
    errno.EROFS: f"The file system is read-only. {_ELSEWHERE}",
    errno.EACCES: f"Permission is denied. {_ELSEWHERE}",
    errno.EPERM: f"Permission is denied. {_ELSEWHERE}",
}
#: Bytes that must be free before anything is computed for a store.
_ROOM = 2**20
#: Nanoseconds after which a folder's time is told from that of a later change: file systems count seconds, or two.
_SETTLED = 3 * 10**9


class Disk(Space):
    """A folder."""

    def __init__(self, address: str | Path, leases: bool | None = None) -> None:
        self.address = str(Path(address).absolute())
        self._root = Path(self.address)
        self._leases = leases
        self._anchor: tuple[str, bytes] | None = None  # an object; where it is another, this is another place

    def __repr__(self) -> str:
        return f"Disk({self.address!r})"

    def where(self, name: str) -> str:
        return f"{self.address}/{name}"

    def prepare(self) -> None:
        """Make the folder; everything else is an error where it is gone, instead of a second, empty store."""
        with self._telling(""):
            self._root.mkdir(parents=True, exist_ok=True)

    def keep_to(self, name: str) -> None:
        self._anchor = (name, self.read(name, limit=4096))

    def usable(self) -> None:
        with self._telling(""):
            room = os.statvfs(self._root)
            if room.f_bavail * room.f_frsize < _ROOM:
                raise OSError(errno.ENOSPC, "No space left on device")
            probe = self._root / f".probe-{uuid.uuid4().hex}"
            try:
                sync_file(probe, b"\0" * 4096)
            finally:
                with contextlib.suppress(OSError):
                    probe.unlink()

    # Objects

    def read(self, name: str, limit: int | None = None) -> bytes:
        with self._opened(name) as (descriptor, size):
            if limit is not None and size > limit:
                raise WrongSize(f"{self.where(name)} has {size} bytes, expected at most {limit}.")
            with open(descriptor, "rb", closefd=False) as file:
                return file.read()

    def read_from(self, name: str, start: int, limit: int | None = None) -> bytes:
        with self._opened(name) as (descriptor, size):
            if limit is not None and size > limit:
                raise WrongSize(f"{self.where(name)} has {size} bytes, expected at most {limit}.")
            with open(descriptor, "rb", closefd=False) as file:
                file.seek(start)
                return file.read()

    def read_into(self, name: str, *parts: memoryview) -> None:
        with self._opened(name) as (descriptor, size):
            expected = sum(part.nbytes for part in parts)
            if size != expected:
                raise WrongSize(f"{self.where(name)} has {size} bytes, expected {expected}.")
            with open(descriptor, "rb", buffering=0, closefd=False) as file:
                for part in parts:
                    view = part.cast("B")
                    while view.nbytes:
                        got = file.readinto(view)
                        if not got:
                            raise Damaged(f"{self.where(name)} ended before its {expected} bytes were read.")
                        view = view[got:]

    def size(self, name: str) -> int | None:
        try:
            return os.stat(self._spelled(name), follow_symlinks=False).st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def there(self, names: Collection[str]) -> set[str]:
        """Where most are not there, which is what is asked before a sweep, a name costs 2 microseconds."""
        shelves: dict[str, bool] = {}
        found = set()
        for name in names:
            shelf = name[: max(0, name.find("/", name.find("/") + 1))]  # artifacts/ab, plans/ab
            there = shelves.get(shelf)
            if there is None:
                there = shelves[shelf] = os.path.isdir(f"{self.address}/{shelf}")
            if there and os.access(f"{self.address}/{name}", os.F_OK) and self.size(name) is not None:
                found.add(name)
        return found

    def put(self, name: str, content: bytes) -> None:
        with self._beside(name, content) as (fresh, path):
            os.replace(fresh, path)
            sync_folder(path.parent)

    def create(self, name: str, content: bytes) -> bool:
        with self._beside(name, content) as (fresh, path):
            try:
                os.link(fresh, path)
            except FileExistsError:
                return False
            fresh.unlink()
            sync_folder(path.parent)
        return True

    def remove(self, name: str) -> None:
        with self._telling(name):
            self._path(name).unlink(missing_ok=True)

    # Folders

    def children(self, folder: str, hidden: bool = False) -> list[str]:
        try:
            with os.scandir(self._path(folder)) as found:
                return sorted(
                    f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name
                    for entry in found
                    if hidden or not entry.name.startswith(".")
                )
        except (FileNotFoundError, NotADirectoryError):
            return []

    def stamp(self, folder: str) -> str:
        """The time when an entry came or went last, as this machine's kernel has it.

        Nobody can set it, as the time of a modification can be set. It moves in ticks, of up to 10 ms: what has only
        just changed may change again unseen. Where other machines write, too, their clocks and the caches between do
        not let it be told.
        """
        if self.leases:
            return ""
        try:
            found = os.stat(self._spelled(folder))
        except OSError:
            return ""
        settled = 0 < found.st_ctime_ns < time.time_ns() - _SETTLED
        return f"{found.st_dev} {found.st_ino} {found.st_ctime_ns}" if settled else ""

    def spot(self, folder: str) -> str:
        try:
            found = os.stat(self._spelled(folder))
        except OSError:
            return ""
        return f"{found.st_dev} {found.st_ino}"

    def walk(self, folder: str) -> Iterator[tuple[str, int]]:
        found = []
        start = len(os.path.join(self._root, ""))
        for here, folders, names in os.walk(self._path(folder)):
            paths = [f"{here}/{name}" for name in names]
            paths += [path for name in folders if os.path.islink(path := f"{here}/{name}")]
            for path in paths:
                with contextlib.suppress(FileNotFoundError):
                    found.append((path[start:], os.lstat(path).st_size))
        yield from sorted(found)

    def remove_tree(self, folder: str) -> None:
        with self._telling(folder):
            gone = self._root / "tmp" / uuid.uuid4().hex
            gone.parent.mkdir(exist_ok=True)
            try:
                os.rename(self._path(folder), gone)
            except FileNotFoundError:
                return
            shutil.rmtree(gone)

    # Logs

    def append(self, name: str, content: bytes, *, sync: bool = True) -> None:
        with self._telling(name):
            descriptor = self._opened_log(name)
            try:
                view = memoryview(content)
                while view.nbytes:
                    view = view[os.write(descriptor, view) :]
                if sync:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _opened_log(self, name: str) -> int:
        path, flags = self._spelled(name), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            return os.open(path, flags, 0o644)
        except FileNotFoundError:
            self._folder(Path(path).parent)
            return os.open(path, flags, 0o644)

    def read_log(self, name: str) -> bytes:
        try:
            return self.read(name)
        except FileNotFoundError:
            return b""

    # Artifacts and claims

    def attempt(self, folder: str) -> Attempt:
        with self._telling(folder):
            return Folder(self, folder)

    def abandoned(self) -> Iterator[tuple[str, int]]:
        for child in self.children("tmp"):
            name = f"tmp/{child.rstrip('/')}"
            if not is_locked(self._path(name)):
                yield name, sum(size for _, size in self.walk(name))

    def claim(
        self, name: str, *, waiting: Callable[[], None] | None = None, patience: float = float("inf")
    ) -> AbstractContextManager[None]:
        if self.leases:
            from bridge.store.spaces.lease import leased

            return leased(self, name, waiting=waiting, patience=patience)

        def take(claims: Claims) -> None:
            def taken() -> bool:
                with self._telling(name):
                    return bool(claims.take([name]))

            acquired(taken, self.where(name), patience, waiting)

        return Held(self._claims(), take)

    def hold(self, names: Sequence[str]) -> AbstractContextManager[set[str]]:
        if self.leases:
            from bridge.store.spaces.holding import leased_together

            return leased_together(self, names)

        def take(claims: Claims) -> set[str]:
            with self._telling("claims"):
                return claims.take(names)

        return Held(self._claims(), take)

    def _claims(self) -> Claims:
        return Claims(self._spelled, self._folder)

    def claimed(self, name: str) -> bool:
        if self.leases:
            from bridge.store.spaces.lease import lease_held

            return lease_held(self, name)
        return self._claims().taken(name)

    def held_keys(self) -> Iterator[str]:
        return iter(()) if self.leases else self._claims().keys()

    @functools.cached_property
    def leases(self) -> bool:
        return not locks_hold(self._root) if self._leases is None else self._leases

    # Paths

    def _path(self, name: str) -> Path:
        return Path(self._spelled(name)) if name else self._root

    def _spelled(self, name: str) -> str:
        """The path of an object; ``Path`` would take six times as long."""
        if not proper(name):
            raise Damaged(f"{name!r} is no name of an object in {self.address}.")
        return f"{self.address}/{name}"

    def _folder(self, folder: Path) -> None:
        """Make a folder below the root, which itself must be there, and be what it was."""
        if folder == self._root and self._gone():
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        if folder.is_dir():
            return
        self._folder(folder.parent)
        folder.mkdir(exist_ok=True)

    def _gone(self) -> bool:
        """Whether this is no longer the place it was: removed, replaced, or a mount point left empty."""
        if self._anchor is None:
            return not self._root.is_dir()
        name, content = self._anchor
        try:
            return self.read(name, limit=len(content)) != content
        except (FileNotFoundError, Damaged):
            return True

    @contextlib.contextmanager
    def _opened(self, name: str) -> Iterator[tuple[int, int]]:
        """Open an object for reading, following no link."""
        path = self._path(name)
        if os.path.realpath(path.parent) != os.path.join(os.path.realpath(self._root), *name.split("/")[:-1]):
            raise Damaged(f"{path} is reached through a symbolic link: a store holds none.")
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except NotADirectoryError:
            raise FileNotFoundError(errno.ENOENT, "No such file", str(path)) from None
        except OSError as reason:
            if reason.errno == errno.ELOOP:
                raise Damaged(f"{path} is a symbolic link: a store holds none.") from None
            raise
        try:
            yield descriptor, os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _beside(self, name: str, content: bytes) -> Iterator[tuple[Path, Path]]:
        """Write a file beside its place; it is gone afterwards if it was not moved there."""
        with self._telling(name):
            path = self._path(name)
            self._folder(path.parent)
            fresh = path.with_name(f".{uuid.uuid4().hex}")
            try:
                sync_file(fresh, content)
                yield fresh, path
            finally:
                with contextlib.suppress(OSError):
                    fresh.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _telling(self, name: str) -> Iterator[None]:
        """Say what a disk's refusal means."""
        try:
            yield
        except OSError as reason:
            if reason.errno in _CURES:
                raise StoreUnusable(f"cannot write to the store {self.address}. {_CURES[reason.errno]}") from None
            if isinstance(reason, FileNotFoundError) and self._gone():
                raise StoreUnusable(
                    f"the store {self.address} is gone: it was removed or unmounted. Bring it back, then resume."
                ) from None
            raise StoreUnusable(f"cannot write {self.where(name)}: {reason.strerror or reason}.") from None
