"""Reading a crate: a folder or a zip, verified whole before anything of it is used."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.inspect.crate.layout import FLOW, METADATA, PREVIEW, STORE, SUMS, CrateRefused, inside, path_of
from bridge.inspect.crate.sums import AGAIN, check_sums, read_sums
from bridge.inspect.crate.zipped import unpack
from bridge.places import home
from bridge.store.carried.carried import Carried
from bridge.store.sealed import strict
from bridge.store.spaces.disk import Disk
from bridge.store.spaces.space import Damaged
from bridge.store.upkeep.verify import verify

Progress = Callable[[int, int], None]
_METADATA = 2**28
#: Seconds within which a folder that was made is also held.
_MADE = 60.0
_RUN = re.compile(r"[0-9a-z-]{6,60}")


@dataclass(frozen=True)
class Crate:
    """A crate that was verified: every file has its digest, and its store is as it was sealed."""

    path: Path
    root: Path
    run: str
    digest: str
    files: dict[str, str]

    @property
    def store(self) -> Carried:
        """The store in it."""
        return Carried(Disk(self.root / STORE))

    @property
    def flows(self) -> list[str]:
        """Files of the flow, by their paths in the crate."""
        return [name for name in self.files if name.startswith(f"{FLOW}/")]


@contextlib.contextmanager
def opened(path: str | Path, told: Progress | None = None) -> Iterator[Crate]:
    """Open a crate and verify it; a zip is unpacked into the state folder for as long.

    Raises CrateRefused: it is damaged, unsafe, or no crate of a run.
    """
    where, tell = Path(path).absolute(), told or (lambda done, total: None)
    with contextlib.ExitStack() as held:
        if where.is_dir():
            root = where
        elif where.is_file():
            root = unpack(where, held.enter_context(_unpacking()), tell)
        else:
            raise CrateRefused(f"there is no crate at {where}: write the path of its folder, or of its zip.")
        yield _verified(where, root, tell)


@contextlib.contextmanager
def _unpacking() -> Iterator[Path]:
    """An empty folder for a while; those of imports that were killed are removed, as nobody holds them any more."""
    home().mkdir(parents=True, exist_ok=True)
    for left in home().glob("crate-*"):
        with contextlib.suppress(OSError), _locked(left):
            if time.time() - left.stat().st_mtime > _MADE:
                shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="crate-", dir=home()) as folder, _locked(Path(folder)):
        yield Path(folder)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder. Raises BlockingIOError where another process does."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _verified(where: Path, root: Path, told: Progress) -> Crate:
    there = _there(root)
    if METADATA not in there:
        raise CrateRefused(f"{where} has no {METADATA}: it is no RO-Crate.")
    sums, digest = read_sums(root)
    check_sums(root, there, sums, told)
    _described(root, sums)
    run = _run(where, root)
    carried = Carried(Disk(root / STORE))
    try:
        report = verify(carried, None, told)
    except Damaged as reason:
        raise CrateRefused(f"the store in {where} cannot be read: {reason} {AGAIN}") from None
    if report.damaged:
        first = report.damaged[0]
        raise CrateRefused(f"{STORE}/{first.object} in {where}: {first.said}. {AGAIN}")
    if report.incomplete:
        raise CrateRefused(f"{STORE}/{report.incomplete[0][0]} in {where} is no part of a run. {AGAIN}")
    return Crate(where, root, run, digest, sums)


def _there(root: Path) -> set[str]:
    """Every file of a crate. Raises CrateRefused where something else is among them."""
    found: set[str] = set()
    for here, folders, names in os.walk(root, followlinks=False):
        for name in [*folders, *names]:
            path = Path(here) / name
            mode = path.lstat().st_mode
            said = path.relative_to(root).as_posix()
            if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
                raise CrateRefused(f"{said} is a symbolic link, a device, or another thing that is no file. {AGAIN}")
            if not inside(said):
                raise CrateRefused(f"{said[:200]!r} is no name that a crate has. {AGAIN}")
            if stat.S_ISREG(mode):
                found.add(said)
    return found


def _described(root: Path, sums: dict[str, str]) -> None:
    """Compare what the metadata says of files with what is there. Raises CrateRefused."""
    if (root / METADATA).stat().st_size > _METADATA:
        raise CrateRefused(f"{METADATA} is larger than {_METADATA} bytes: that is no description. {AGAIN}")
    try:
        graph = strict((root / METADATA).read_bytes(), METADATA).get("@graph")
    except Damaged as reason:
        raise CrateRefused(f"{reason} {AGAIN}") from None
    entities = graph if isinstance(graph, list) else []
    if not entities or not all(isinstance(one, dict) and isinstance(one.get("@id"), str) for one in entities):
        raise CrateRefused(f"{METADATA} is no flat graph of entities, each with an @id. {AGAIN}")
    named: set[str] = set()
    for entity in entities:
        path = path_of(entity["@id"])
        if entity["@id"] in named:
            raise CrateRefused(f"{METADATA} describes {entity['@id'][:200]!r} twice. {AGAIN}")
        named.add(entity["@id"])
        if path is not None and "File" in _types(entity):
            _fits(path, entity, sums)
    described = {path_of(one["@id"]) for one in entities if "File" in _types(one)}
    silent = sorted(sums.keys() - described - {METADATA, PREVIEW})
    if silent:
        raise CrateRefused(f"{METADATA} does not describe {silent[0]}. {AGAIN}")


def _types(entity: dict[str, Any]) -> list[Any]:
    kinds = entity.get("@type")
    return kinds if isinstance(kinds, list) else [kinds]


def _fits(path: str, entity: dict[str, Any], sums: dict[str, str]) -> None:
    if path not in sums and path != SUMS:
        raise CrateRefused(f"{METADATA} describes {path}, which is not in the crate. {AGAIN}")
    if path in sums and entity.get("sha256") != sums[path]:
        raise CrateRefused(f"{METADATA} and {SUMS} give {path} different digests. {AGAIN}")


def _run(where: Path, root: Path) -> str:
    """The one run in a crate."""
    folder = root / STORE / "runs"
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if len(names) != 1 or not _RUN.fullmatch(names[0]):
        raise CrateRefused(
            f"{where} holds {len(names)} runs of scalebridge in {STORE}/runs, expected one: it was not written by "
            "scalebridge export --to ro-crate."
        )
    return names[0]
