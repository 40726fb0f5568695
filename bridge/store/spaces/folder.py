"""An artifact while it is written to a disk: a folder aside, which is moved to its place when all of it is durable."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.store.spaces.space import Attempt

if TYPE_CHECKING:
    from bridge.store.spaces.disk import Disk


class Folder(Attempt):
    """A folder built aside and moved to its place; it is locked while its writer lives."""

    def __init__(self, disk: Disk, folder: str) -> None:
        self._disk, self._final = disk, disk._path(folder)
        workshop = disk._root / "tmp"
        disk._folder(workshop)
        self._fresh = workshop / uuid.uuid4().hex
        self._fresh.mkdir()
        self._held = os.open(self._fresh, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(self._held, fcntl.LOCK_EX)
        self._done = False

    def put(self, name: str, content: bytes | memoryview) -> None:
        """Write a file and have it on the disk."""
        with self._disk._telling(name):
            path = self._fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            sync_file(path, content)

    def commit(self, marker: str, content: bytes) -> bool:
        """Move the folder to its place, with the marker in it; False if there is one already."""
        self.put(marker, content)
        with self._disk._telling(marker):
            for folder, _, _ in os.walk(self._fresh, topdown=False):
                sync_folder(Path(folder))
            self._disk._folder(self._final.parent)
            try:
                os.rename(self._fresh, self._final)
            except OSError as reason:
                if reason.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise
                return False
            self._done = True
            sync_folder(self._final.parent)
        return True

    def drop(self) -> None:
        """Remove the folder, unless it was moved, and let go of it."""
        if not self._done:
            shutil.rmtree(self._fresh, ignore_errors=True)
        if self._held >= 0:
            os.close(self._held)
            self._held = -1


def sync_file(path: Path, content: bytes | memoryview) -> None:
    """Write a new file and have it on the disk before returning."""
    with open(path, "xb", buffering=0) as file:
        view = memoryview(content).cast("B")
        while view.nbytes:
            view = view[file.write(view) :]
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Have a folder's entries on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
