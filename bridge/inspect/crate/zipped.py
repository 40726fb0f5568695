"""Crates as zips: written so that equal crates are equal bytes, unpacked by a reader that trusts nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from bridge.inspect.crate.layout import METADATA, CrateRefused, inside

#: A zip may unpack to so many bytes without being asked further; beyond, to so many times its own size.
FREE, RATIO = 2**26, 200
#: Bytes that stay free on the disk.
_SPARE = 2**26
_EPOCH = (1980, 1, 1, 0, 0, 0)
_PIECE = 2**20
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


def write_zip(root: Path, target: Path) -> None:
    """Write all files below a folder into a zip, the metadata first; unpacked, for what is large is packed already."""
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    files.sort(key=lambda name: name != METADATA)
    with zipfile.ZipFile(target, "x", zipfile.ZIP_STORED) as archive:
        for name in files:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr, entry.create_system = (stat.S_IFREG | 0o644) << 16, 3
            entry.file_size = (root / name).stat().st_size  # tells whether 32 bits hold it
            with open(root / name, "rb") as source, archive.open(entry, "w") as to:
                shutil.copyfileobj(source, to, _PIECE)
    with open(target, "rb+") as file:
        os.fsync(file.fileno())


def unpack(archive: Path, root: Path, told: Callable[[int, int], None]) -> Path:
    """Unpack a zip into an empty folder; where the crate is in it. Raises CrateRefused before anything is written."""
    with _opened(archive) as opened:
        files = _files(opened, archive)
        total = sum(entry.file_size for entry in files.values())
        limit = max(FREE, RATIO * archive.stat().st_size)
        if total > limit:
            raise CrateRefused(
                f"{archive} would unpack to {total:.3g} bytes, {total / archive.stat().st_size:.0f} times its own "
                "size. If it is what you expect, unzip it and import the folder."
            )
        room = shutil.disk_usage(root).free - _SPARE
        if total > room:
            raise CrateRefused(
                f"{archive} would unpack to {total:.3g} bytes, and {max(room, 0):.3g} are free in {root}."
            )
        for number, (name, entry) in enumerate(files.items()):
            told(number, len(files))
            _extract(opened, entry, root / name, archive)
    return root / _top(list(files), archive)


@contextlib.contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(archive) as opened:
            yield opened
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError) as reason:
        raise CrateRefused(f"{archive} is no zip that can be read, or it was cut off: {reason}.") from None
    except OSError as reason:
        raise CrateRefused(f"{archive} cannot be read: {reason.strerror or reason}.") from None


def _files(opened: zipfile.ZipFile, archive: Path) -> dict[str, zipfile.ZipInfo]:
    """The files of a zip, if every one of its entries is fit to be unpacked."""
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in opened.infolist():
        name, mode = entry.orig_filename, entry.external_attr >> 16
        kind = stat.S_IFMT(mode)
        folder = name.endswith("/")
        why = None
        if not inside(name.removesuffix("/") if folder else name):
            why = "leads out of the crate, or is no name that every file system takes"
        elif kind and kind != (stat.S_IFDIR if folder else stat.S_IFREG):
            why = "is a symbolic link, a device, or another thing that is no file"
        elif name in found:
            why = "stands twice in it"
        elif entry.flag_bits & _ENCRYPTED:
            why = "is encrypted"
        elif entry.compress_type not in _PACKED:
            why = f"is packed in a way (number {entry.compress_type}) that is not read here"
        elif folder and entry.file_size:
            why = "is a folder with content"
        if why:
            raise CrateRefused(
                f"the entry {name[:200]!r} of {archive} {why}. Nothing was unpacked: get the crate again."
            )
        if not folder:
            found[name] = entry
    return found


def _extract(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, archive: Path) -> None:
    """Unpack one file, and not a byte more than it was said to have."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        left = entry.file_size
        with opened.open(entry) as source, open(target, "xb") as to:
            while piece := source.read(min(_PIECE, left + 1)):
                left -= len(piece)
                if left < 0:
                    break
                to.write(piece)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise CrateRefused(f"the entry {entry.filename[:200]!r} of {archive} is in the way of another one.") from None
    if left:
        raise CrateRefused(f"the entry {entry.filename[:200]!r} of {archive} has another size than it says.")


def _top(names: list[str], archive: Path) -> str:
    """The folder in a zip that is the crate: the zip itself, or the one folder that all of it is in."""
    if METADATA in names:
        return ""
    tops = {name.partition("/")[0] for name in names}
    if len(tops) == 1 and f"{(top := tops.pop())}/{METADATA}" in names:
        return top
    raise CrateRefused(f"{archive} has no {METADATA}: it is no RO-Crate.")
