"""Working folders: a fresh one for each attempt, what the last one left to go on from, what is kept of a failure."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blake3 import blake3

from bridge.external.errors import ProgramFailed
from bridge.places import computed, home

#: What is written down of an attempt, beside its folder.
NOTE = ".json"


@dataclass
class Attempt:
    """One start of a program: its folder, and whether it goes on from files of an attempt before it."""

    folder: Path
    restarted: bool = False
    since: int | None = None
    taken: list[Path] = field(default_factory=list)  # copies of what the attempt before left

    def begin(self) -> None:
        """Take the time of the start, by the clock of the disk that the folder is on.

        That clock ticks: what was left within its last tick, or by a machine whose clock is ahead, is older all the
        same.
        """
        with tempfile.NamedTemporaryFile(dir=self.folder.parent) as mark:
            self.since = os.stat(mark.name).st_mtime_ns
        for path in self.taken:
            told = path.stat()
            if told.st_mtime_ns >= self.since:
                os.utime(path, ns=(told.st_atime_ns, self.since - 1))
        self.note({"restarted": self.restarted, "ended": None})

    def ended(self, how: str, patterns: Sequence[str]) -> None:
        """Write down how it ended, and whether it left anything new to go on from."""
        new = any(path.stat().st_mtime_ns >= (self.since or 0) for path in _left(self.folder, patterns))
        self.note({"restarted": self.restarted, "ended": how, "advanced": new})

    def note(self, told: Mapping[str, Any]) -> None:
        """Write a few words about the attempt beside its folder."""
        with contextlib.suppress(OSError):  # a full disk: what is not written counts as cut off
            self.folder.with_name(self.folder.name + NOTE).write_text(json.dumps(told))


@contextlib.contextmanager
def attempt(asked: Mapping[str, bytes], patterns: Sequence[str], at: str, within: str | None) -> Iterator[Attempt]:
    """A fresh working folder; it is removed with all before it when the block ends well, and kept when it does not.

    ``asked`` tells this start from others of the same artifact; ``patterns`` name the files that an attempt may take
    over from the one before it. Outside of the platform nothing is known of attempts before. Raises ProgramFailed.
    """
    with contextlib.ExitStack() as leaving:
        try:
            base = _base(asked, within, leaving)
            now = _begun(base, patterns)
        except OSError as reason:
            raise ProgramFailed(f"{at}: no working folder: {reason}.") from None
        yield now
        shutil.rmtree(base, ignore_errors=True)


def _base(asked: Mapping[str, bytes], within: str | None, leaving: contextlib.ExitStack) -> Path:
    """The folder of all attempts at this, held until ``leaving`` closes."""
    key = computed()
    if key is None:
        return Path(tempfile.mkdtemp(prefix="external-", dir=within))
    base = Path(within or home() / "external") / f"{key[:24]}-{_digest(asked)}"
    base.mkdir(parents=True, exist_ok=True)
    if _held(base, leaving):
        return base
    return Path(tempfile.mkdtemp(prefix=f"{base.name}-", dir=base.parent))  # somebody else is at the same


def _digest(asked: Mapping[str, bytes]) -> str:
    digest = blake3()
    for name, content in sorted(asked.items()):
        digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()[:12]


def _held(base: Path, leaving: contextlib.ExitStack) -> bool:
    lock = leaving.enter_context(open(base / "lock", "wb"))  # noqa: SIM115 - it is
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _begun(base: Path, patterns: Sequence[str]) -> Attempt:
    """A new attempt, with what the last one left if that can be gone on from; those before the last are removed."""
    before = sorted((int(path.name.removeprefix("attempt-")), path) for path in base.glob("attempt-*") if path.is_dir())
    for _, path in before[:-1]:
        shutil.rmtree(path, ignore_errors=True)
        path.with_name(path.name + NOTE).unlink(missing_ok=True)
    number, last = before[-1] if before else (0, None)
    now = Attempt(base / f"attempt-{number + 1}")
    now.folder.mkdir()
    if last is not None and _goes_on(last):
        left = _left(last, patterns)
        if left and all(_left(last, [pattern]) for pattern in patterns):
            for path in left:
                copy = now.folder / path.relative_to(last)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, copy)  # with its time: what is not written anew is no output
                now.taken.append(copy)
            now.restarted = True
    return now


def _goes_on(last: Path) -> bool:
    """Whether an attempt was cut off, so that the next goes on from it; one that failed by itself is not repeated so.

    One that went on already, failed, and left nothing new would fail the same way again: the next begins anew.
    """
    try:
        told = json.loads(last.with_name(last.name + NOTE).read_text())
    except (OSError, ValueError):
        return False
    ended = told.get("ended")
    if ended in (None, "walltime", "outside"):
        return True
    return ended == "failed" and not (told.get("restarted") and not told.get("advanced"))


def _left(folder: Path, patterns: Sequence[str]) -> list[Path]:
    return sorted({path for pattern in patterns for path in folder.glob(pattern) if path.is_file()})
