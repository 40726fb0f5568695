"""One call of a model that is a program: files written, the program run, its results read."""

from __future__ import annotations

import os
import re
import shutil
import uuid
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.errors import BridgeError, ValueRefused
from bridge.external.attempts import Attempt, attempt
from bridge.external.errors import ProgramFailed
from bridge.external.folder import Given, read, write
from bridge.external.here import here
from bridge.external.launchers import Mpi, Srun, launched
from bridge.external.program import Program
from bridge.external.reads import Present, Read
from bridge.external.running import Ended, last_words, run
from bridge.external.templates import rendered, seen
from bridge.kinds.base import Kind
from bridge.kinds.record import Record
from bridge.media import File
from bridge.models import Model

#: Room that must be left on the disk when a program has ended: with less, what it wrote may be cut off.
ROOM = 64 * 1024


#: An option that an argument's template spells itself, at its beginning or that of a block.
_OPTION = re.compile(r"(?:^|%\})\s*-")


@dataclass(frozen=True)
class Spec:
    """Everything that `bridge.external.model` was told."""

    name: str
    program: Program
    arguments: tuple[str, ...]
    files: tuple[tuple[str, str | File | Given], ...]
    reads: tuple[tuple[str, Read | Callable[[Path], Any]], ...]
    wrong: tuple[tuple[str, Present], ...]
    on_wrong: str
    environment: tuple[tuple[str, str], ...]
    walltime: float | None
    launcher: Mpi | Srun | None
    restart: tuple[str, ...]


def call(spec: Spec, model: Model, values: Mapping[str, Any]) -> Any:
    """Run the program on the values of the inputs; what the model returns. Raises ProgramFailed or ValueRefused."""
    start = spec.program.start()
    place = here(spec.program.name)
    names = {name: seen(model.inputs[name].kind, value, f"{spec.name}.{name}") for name, value in values.items()}
    asked = written(spec, values, names | {"restart": False})
    for number, word in enumerate(arguments(spec, names | {"restart": False})):
        asked[f"argument {number}"] = word.encode()
    with attempt(asked, spec.restart, spec.name, place.folder) as now:
        names["restart"] = now.restarted
        write(now.folder, written(spec, values, names), spec.name)
        unique = f"{spec.program.name}-{uuid.uuid4().hex[:12]}"
        before = launched(spec.launcher, place, unique)
        if before:
            before[0] = _launcher(before[0], spec)
        ended = _run(spec, now, [*before, *start, *arguments(spec, names)], unique)
        try:
            return results(spec, model.outputs, now.folder, now.since)
        except BridgeError as reason:
            now.ended("wrong", spec.restart)
            raise type(reason)(f"{reason}\n{_kept(spec, now, ended)}") from None


def written(spec: Spec, values: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, bytes]:
    """What is put into the working folder. Raises ValueRefused for what cannot be rendered."""
    contents = {}
    for name, content in spec.files:
        at = f"{spec.name}: {name}"
        if isinstance(content, File):
            contents[name] = content.content
        elif isinstance(content, Given):
            contents[name] = content.content(values[content.port], at)
        else:
            contents[name] = rendered(content, names, at).encode()
    return contents


def arguments(spec: Spec, names: Mapping[str, Any]) -> list[str]:
    """The words after the program's command. Raises ValueRefused for one that a value makes into an option."""
    words = []
    for place, source in enumerate(spec.arguments):
        word = rendered(source, names, f"{spec.name}: argument {place + 1}")
        if "\0" in word or (word.startswith("-") and not _is_number(word) and not _OPTION.search(source)):
            raise ValueRefused(f"{spec.name}: argument {place + 1} is {word!r}: a value must not become an option.")
        if word or not source:
            words.append(word)
    return words


def results(spec: Spec, outputs: Record, folder: Path, since: int | None = None) -> Any:
    """What the model returns, read from a folder that the program has written to. Raises ProgramFailed."""
    wrong = [
        said for said, check in spec.wrong if check.value(read(folder, check.file, since, spec.name), _ANY, spec.name)
    ]
    found: dict[str, Any] = {}
    if spec.on_wrong == "error" and wrong:
        raise ProgramFailed(f"{spec.name}: {'; '.join(wrong)}.")
    if spec.on_wrong == "warn":
        for said in wrong:
            warnings.warn(f"{spec.name}: {said}", stacklevel=2)
    elif spec.on_wrong != "error":
        found[spec.on_wrong] = not wrong
    for name, one in spec.reads:
        at = f"{spec.name}.{name}"
        if isinstance(one, Read):
            found[name] = one.value(read(folder, one.file, since, at), _kind(outputs, name), at)
            continue
        try:
            found[name] = one(folder)
        except BridgeError:
            raise
        except Exception as reason:
            raise ProgramFailed(f"{at} cannot be read: {type(reason).__name__}: {reason}") from None
    return _built(outputs, found, "")


_ANY: Any = None  # what a pattern's presence does not look at


def _kind(record: Record, name: str) -> Kind:
    first, _, rest = name.partition(".")
    kind = next(port.kind for port in record.ports if port.name == first)
    return _kind(kind, rest) if isinstance(kind, Record) else kind


def _built(record: Record, found: Mapping[str, Any], before: str) -> Any:
    fields = {
        port.name: _built(port.kind, found, f"{before}{port.name}.")
        if isinstance(port.kind, Record)
        else found[f"{before}{port.name}"]
        for port in record.ports
    }
    return record.holder(**fields) if record.holder else fields


def _run(spec: Spec, now: Attempt, words: list[str], unique: str) -> Ended:
    """Run the program to its end. Raises ProgramFailed, with its last words, unless it ended well."""
    launcher = spec.launcher
    place = here(spec.program.name)
    surroundings = place.surroundings(dict(spec.environment), launcher.inherits if launcher else ())
    now.begin()
    try:
        ended = run(
            words, now.folder, surroundings, spec.walltime, launcher.afterwards(unique) if launcher else (),
        )  # fmt: skip
    except ProgramFailed as reason:
        now.ended("outside", spec.restart)
        raise ProgramFailed(f"{spec.name}: {reason}") from None
    if not ended.well:
        now.ended("walltime" if ended.over else "failed", spec.restart)
        raise ProgramFailed(
            f"{spec.name}: {spec.program.name} {ended}. {last_words(now.folder)}\n{_kept(spec, now, ended)}"
        )
    now.ended("well", spec.restart)
    if shutil.disk_usage(now.folder.parent).free < ROOM:  # the folder itself may be gone
        raise ProgramFailed(
            f"{spec.name}: the disk of {now.folder} is full: what {spec.program.name} wrote may be cut off. Make room, "
            "or write folder = into programs.toml."
        )
    return ended


def _kept(spec: Spec, now: Attempt, ended: Ended) -> str:
    """Where to look, and what the next attempt will do."""
    there = f"Its files are kept in {now.folder}"
    if not spec.restart or ended.well:
        return f"{there}."
    left = all(any(now.folder.glob(pattern)) for pattern in spec.restart)
    return f"{there}; the next attempt {'goes on from ' + ', '.join(spec.restart) if left else 'begins anew'}."


def _launcher(word: str, spec: Spec) -> str:
    from bridge.external.here import search_path

    found = shutil.which(word, path=search_path())
    if found is None:
        hint = "apt-get install slurm-client" if word == "srun" else "apt-get install openmpi-bin"
        raise ProgramFailed(
            f"{spec.name}: {word!r}, which starts {spec.program.name} on several processors, is not on "
            f"{os.uname().nodename}: {hint}, or write launcher = […] for [{spec.program.name}] into programs.toml."
        )
    return found


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
