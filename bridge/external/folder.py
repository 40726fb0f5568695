"""What is put into a program's working folder, and names of files there."""

from __future__ import annotations

import io
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from bridge.errors import DeclarationError, ValueRefused
from bridge.kinds.base import Kind
from bridge.kinds.things import Bytes, Structure
from bridge.media import File

#: Where what a program prints goes.
PRINTED = ("stdout", "stderr")
#: Bytes of a file that are read without a look at the memory that is left.
LARGE = 64 << 20
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")


@dataclass(frozen=True)
class Given:
    """The content of an input as a file: of a File as it is, of Atoms as ASE writes them in a ``format``.

    ``options`` go to ``ase.io.write``, such as ``{"units": "metal"}`` for ``format="lammps-data"``.
    """

    port: str
    format: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def check(self, kinds: Mapping[str, Kind], at: str) -> None:
        """Raise DeclarationError unless the input is a File, or Atoms with a format that ASE writes."""
        kind = kinds[self.port]
        if isinstance(kind, Bytes):
            if self.format:
                raise DeclarationError(f"{at}: {self.port} is {kind}, written as it is: leave out format=.")
            return
        if not isinstance(kind, Structure):
            raise DeclarationError(
                f"{at}: {self.port} is {kind}; a file is given by a File or by Atoms. Use a template."
            )
        known_format(self.format, at, "can_write")

    def content(self, value: Any, at: str) -> bytes:
        """The bytes of the file. Raises ValueRefused where ASE cannot write the structure so."""
        if isinstance(value, File):
            return value.content
        from ase.io import write
        from ase.io.formats import ioformats

        written: Any = io.BytesIO() if ioformats[self.format].isbinary else io.StringIO()
        try:
            write(written, value, format=self.format, **dict(self.options))
        except Exception as reason:
            raise ValueRefused(f"{at}: ASE cannot write {self.port} as {self.format}: {reason}") from None
        content = written.getvalue()
        return content.encode() if isinstance(content, str) else bytes(content)


def known_format(name: str, at: str, does: str) -> None:
    """Raise DeclarationError for a format that ASE does not know; ``does`` is "can_read" or "can_write"."""
    from ase.io.formats import ioformats

    if name not in ioformats or not getattr(ioformats[name], does):
        from bridge.errors import did_you_mean

        known = [one for one, form in ioformats.items() if getattr(form, does)]
        raise DeclarationError(f"{at}: format={name!r} is none that ASE knows. {did_you_mean(name, known)}")


def check_name(name: Any, at: str, printed: bool = False) -> None:
    """Raise DeclarationError for a file name that leaves the working folder or is taken."""
    path = PurePosixPath(name) if isinstance(name, str) and name else None
    if path is None or _UNSAFE.search(name) or path.is_absolute() or ".." in path.parts or not path.parts:
        raise DeclarationError(f"{at}: {name!r} is no file in the working folder: write a name such as 'run.in'.")
    if not printed and name in PRINTED:
        raise DeclarationError(f"{at}: {name!r} is where goes what the program prints: take another name.")


def write(folder: Path, contents: Mapping[str, bytes], at: str) -> None:
    """Write files into a folder. Raises ProgramFailed where there is no room."""
    from bridge.external.errors import ProgramFailed

    for name, content in contents.items():
        try:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        except OSError as reason:
            raise ProgramFailed(f"{at}: {name} cannot be written in {folder}: {reason.strerror}.") from None


def _memory() -> int:
    """Bytes of memory that could still be had."""
    import psutil  # type: ignore[import-untyped]

    return int(psutil.virtual_memory().available)


def read(folder: Path, name: str, since: int | None, at: str) -> bytes:
    """Read a file that the program wrote. Raises ProgramFailed if it is not there, or not of this start.

    ``since`` is the time of the start, in the clock of the disk and its nanoseconds.
    """
    from bridge.external.errors import ProgramFailed

    path = folder / name
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ProgramFailed(f"{at}: {name} leads out of the working folder, to {path.resolve()}.")
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):  # to read a pipe would be to wait for whoever writes into it
            what = "a folder" if stat.S_ISDIR(state.st_mode) else "a pipe, a socket or a device"
            raise ProgramFailed(f"{at}: {name} is {what}, no file.")
        if state.st_size > LARGE and state.st_size > _memory():
            raise ProgramFailed(
                f"{at}: {name} has {state.st_size} bytes, more than there is memory for. Have the program write less."
            )
        if since is not None and state.st_mtime_ns < since:
            raise ProgramFailed(
                f"{at}: {name} is older than the start of the program: it was left by an earlier attempt, and not "
                "written anew."
            )
        return path.read_bytes()
    except FileNotFoundError:
        there = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
        raise ProgramFailed(
            f"{at}: the program wrote no {name}. There are {', '.join(there[:12]) or 'no files'}."
        ) from None
    except (OSError, RuntimeError) as reason:  # a link to itself is no error of the system's to pathlib
        raise ProgramFailed(f"{at}: {name} cannot be read: {getattr(reason, 'strerror', None) or reason}.") from None
