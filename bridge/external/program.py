"""Programs that models run: what they are called, which version is here, and which is wanted."""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blake3 import blake3

from bridge.errors import ContractError, DeclarationError
from bridge.external.here import Here, here, search_path

#: Seconds in which a program must have told its version.
PATIENCE = 60
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

_told: dict[tuple[Any, ...], str] = {}  # versions, by everything that they were asked with


@dataclass(frozen=True)
class Program:
    """A program by the words that start it, such as ``Program("abinit", command=["abinit"], …)``.

    ``version`` is the command that tells its version, ``pattern`` finds that in what it prints (one group),
    ``at_least`` or ``exactly`` says which will do, and ``install`` what to type where it is missing. Versions are
    compared as Python compares them; ``order`` gives something to compare for others, such as `by_date`. A program that
    tells no version is known by the digest of its file, or of the files that its command names. A word with a slash is
    looked for from the folder of the module that declares the program. Raises DeclarationError.
    """

    name: str
    command: tuple[str, ...]
    told_by: tuple[str, ...]
    pattern: str
    at_least: str | None
    exactly: str | None
    install: str
    order: Callable[[str], Any] | None
    beside: str

    def __init__(
        self,
        name: str,
        *,
        command: Sequence[str],
        version: Sequence[str] = (),
        pattern: str = r"(\d+(?:\.\d+)+)",
        at_least: str | None = None,
        exactly: str | None = None,
        install: str = "",
        order: Callable[[str], Any] | None = None,
    ) -> None:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise DeclarationError(
                f"{name!r} is no name of a program: write lower-case letters, digits, '_', '-', '.'."
            )
        for what, words in (("command", command), ("version", version)):
            if isinstance(words, str) or not all(isinstance(word, str) and word and "\0" not in word for word in words):
                raise DeclarationError(
                    f'program {name}: write {what}=["{name}", "-v"], a list of words: no shell reads it.'
                )
        if not command:
            raise DeclarationError(f'program {name}: write command=["{name}"].')
        if at_least is not None and exactly is not None:
            raise DeclarationError(f"program {name}: write at_least= or exactly=, not both.")
        if not version and (at_least or exactly):
            raise DeclarationError(f"program {name}: {at_least or exactly} cannot be told without version=[…].")
        if _groups(pattern, name) != 1:
            raise DeclarationError(f"program {name}: pattern={pattern!r} marks no version: put one group () around it.")
        caller = sys._getframe(1).f_globals.get("__file__")
        beside = str(Path(caller).absolute().parent) if caller and any("/" in word for word in command) else ""
        for field, value in (
            ("name", name), ("command", tuple(command)), ("told_by", tuple(version)), ("pattern", pattern),
            ("at_least", at_least), ("exactly", exactly), ("install", install), ("order", order), ("beside", beside),
        ):  # fmt: skip
            object.__setattr__(self, field, value)
        for wanted in (at_least, exactly):
            if wanted is not None:
                self._comparable(wanted, DeclarationError)

    def version(self) -> str:
        """The version that is here; ``exactly=`` is believed where the program is not. Raises ContractError.

        Asked once a process, and again when the program's file has changed.
        """
        place = here(self.name)
        found = self._found(place)
        if found is None and self.exactly is not None:
            return self.exactly
        return self._told(place, found or self._missing(place))

    def elsewhere(self) -> str:
        """What is to be known of a program whose version is believed without it; "" where it is here."""
        if self.exactly is None or self._found(here(self.name)) is not None:
            return ""
        return (
            f"{self.name} is not on {platform.node()}: it is taken to be {self.exactly}, as it is declared, "
            "and must be where the stage runs."
        )

    def start(self) -> list[str]:
        """The words that start the program here, the first of them a file. Raises ContractError."""
        place = here(self.name)
        found = self._found(place) or self._missing(place)
        self._told(place, found)
        return [found, *(place.command or self._beside(self.command))[1:]]

    def _found(self, place: Here) -> str | None:
        first = (place.command or self._beside(self.command))[0]
        return shutil.which(first, path=search_path())

    def _beside(self, words: Sequence[str]) -> list[str]:
        """The words of a command; files that lie beside the module that declares the program are written in full."""
        return [
            str(Path(self.beside, w)) if self.beside and "/" in w and Path(self.beside, w).exists() else w
            for w in words
        ]

    def _missing(self, place: Here) -> str:
        command = (place.command or self.command)[0]
        told = f" Install it: {self.install}." if self.install else ""
        lies = Path(command if place.command else Path(self.beside, command))
        where = f" in {self.beside}, beside the module that declares it" if self.beside and not place.command else ""
        what = f"{command!r}{where if '/' in command and not os.path.isabs(command) else ''}"
        if "/" in command and lies.is_file():
            raise ContractError(f"{self.name} on {platform.node()} cannot be run: chmod +x {shlex.quote(str(lies))}.")
        raise ContractError(
            f"{self.name} is not on {platform.node()}: there is no program {what}.{told} If it is elsewhere, "
            f'write [{self.name}] command = ["/path/to/{Path(command).name}"] into programs.toml in the state folder.'
        )

    def _told(self, place: Here, found: str) -> str:
        """The version of the program in a file. Raises ContractError if it is not one that is wanted."""
        files = [found, *(w for w in (place.command or self._beside(self.command))[1:] if os.path.isfile(w))]
        state = tuple((f, s.st_size, s.st_mtime_ns, s.st_ino) for f in files if (s := os.stat(f)))
        asked = (self, state, place)
        if asked not in _told:
            _told[asked] = self._asked(place, found) if self.told_by else _digest(files[1:] or files)
        version = _told[asked]
        short = self.at_least is not None and self._comparable(version, ContractError) < self._comparable(
            self.at_least, ContractError
        )
        if short or (self.exactly is not None and version != self.exactly):
            wanted = f"at least {self.at_least}" if self.at_least else self.exactly
            raise ContractError(
                f"{self.name} on {platform.node()} is {version} ({found}); wanted is {wanted}."
                + (f" Install it: {self.install}." if self.install else "")
            )
        return version

    def _asked(self, place: Here, found: str) -> str:
        own = self.told_by[: len(self.command)] == self.command  # else another command tells it
        before = [found, *(place.command or self._beside(self.command))[1:]]
        words = [*before, *self.told_by[len(self.command) :]] if own else self._beside(self.told_by)
        try:
            with tempfile.TemporaryDirectory() as folder:  # some take any word for a start, and leave files
                done = subprocess.run(
                    words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE,
                    env=place.surroundings({}), cwd=folder, check=False,
                )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as reason:
            raise ContractError(f"{self.name} does not tell its version: {' '.join(words)}: {reason}.") from None
        printed = done.stdout.decode("utf-8", "replace")
        told = re.search(self.pattern, printed)
        if told is None:
            raise ContractError(
                f"{self.name} does not tell its version: {' '.join(words)} ended with {done.returncode} and printed "
                f"nothing like {self.pattern!r}, but {printed.strip()[:200]!r}."
            )
        return told[1]

    def _comparable(self, version: str, error: type[Exception]) -> Any:
        from packaging.version import Version

        try:
            return (self.order or Version)(version)
        except Exception as reason:
            raise error(
                f"{self.name}: versions such as {version!r} cannot be compared: {reason}. Write order=, a function "
                "that makes something of a version that can be, such as external.by_date."
            ) from None


def by_date(version: str) -> tuple[int, int, int]:
    """Year, month and day of a version that is a date: ``"2 Aug 2023"``, as LAMMPS has it. Raises ValueError."""
    parts = version.split()
    if len(parts) != 3 or parts[1][:3].lower() not in _MONTHS:
        raise ValueError(f"{version!r} is no date such as '2 Aug 2023'")
    return int(parts[2]), _MONTHS.index(parts[1][:3].lower()) + 1, int(parts[0])


def _groups(pattern: str, name: str) -> int:
    try:
        return re.compile(pattern).groups
    except re.error as reason:
        raise DeclarationError(f"program {name}: pattern={pattern!r} is no regular expression: {reason}.") from None


def _digest(files: Sequence[str]) -> str:
    digest = blake3()
    for file in files:
        digest.update(Path(file).read_bytes())
    return digest.hexdigest()[:16]
