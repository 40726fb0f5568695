"""Checks of what a store holds, an artifact, an alias, a run at a time: every bit read again and compared."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from bridge.errors import BridgeError
from bridge.store.carried.mark import MARK, mark_of
from bridge.store.events import damage, read_events
from bridge.store.runs import record_of_run
from bridge.store.sealed import blake3_of, unsealed
from bridge.store.spaces.space import MARKER, Damaged, Space
from bridge.store.store import IDENTITY, read_alias
from bridge.store.upkeep.points import check_points, of_points

if TYPE_CHECKING:
    from bridge.store.artifact import Artifact
    from bridge.store.pyramids.kept import Document
    from bridge.store.rows.stored import Block

#: What a writer that was killed leaves beside the object it was about to write.
_LEFT = re.compile(r"\.(probe-)?[0-9a-f]{32}")
_KEY = re.compile(r"[0-9a-f]{64}")
_ATTEMPT = re.compile(r"attempt-[0-9a-f]{32}/.+")
_ARTIFACT = re.compile(r"artifacts/(?P<shelf>[0-9a-f]{2})/(?P<key>(?P=shelf)[0-9a-f]{62})")
_PYRAMID = re.compile(r"pyramids/(?P<shelf>[0-9a-f]{2})/(?P<key>(?P=shelf)[0-9a-f]{62})")
_BLOCK = re.compile(r"blocks/[0-9a-f]{32}-[0-9]{1,5}(\.[0-9]{1,3})?")
_ALIAS = re.compile(r"plans/(?P<shelf>[0-9a-f]{2})/(?P<key>(?P=shelf)[0-9a-f]{62})\.json")
_OF_A_RUN = re.compile(r"run\.json|imported\.json|events\.jsonl(/[0-9]{8})?|lock(\.lease/[0-9]{8})?|cancel|logs/.+")
#: What happened to an object; "lost" is one that something else refers to, and that is gone.
WHATS = ("missing", "lost", "empty", "truncated", "changed", "extra", "unreadable")


@dataclass(frozen=True)
class Finding:
    """An object that is not what it should be."""

    object: str
    what: str
    said: str


@dataclass
class Seen:
    """What was looked at."""

    artifacts: int = 0
    blocks: int = 0
    rows: int = 0
    pyramids: int = 0
    aliases: int = 0
    runs: int = 0
    events: int = 0
    objects: int = 0
    bytes: int = 0

    def __iadd__(self, other: Seen) -> Seen:
        for one in dataclasses.fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))
        return self


#: Names below a folder, and their sizes.
Present = Mapping[str, int]


def left_behind(name: str) -> bool:
    """Whether this is half of an object whose writer was killed: no reader ever sees it."""
    return bool(_LEFT.fullmatch(name.rpartition("/")[2]))


def extra(name: str, where: str = "a store") -> Finding:
    """An object that nothing in the store wrote."""
    return Finding(name, "extra", f"it is no part of {where}")


def classified(name: str, size: int, raw: bytes | None, reason: object) -> Finding:
    """Say what happened to a document that cannot be trusted."""
    if not size:
        return Finding(name, "empty", "it has no content")
    if raw is not None and not raw.rstrip().endswith(b"}"):
        return Finding(name, "truncated", f"it ends after {size} bytes, in the middle, or its end was changed")
    return Finding(name, "changed", "it was changed after it was written" if raw is not None else str(reason))


def _raw(space: Space, name: str) -> bytes | None:
    try:
        return space.read(name, limit=2**26)
    except (FileNotFoundError, BridgeError):
        return None


# Artifacts


def is_key(value: Any) -> bool:
    """Whether this is a content key."""
    return isinstance(value, str) and bool(_KEY.fullmatch(value))


def is_artifact(folder: str) -> bool:
    """Whether this is how an artifact's folder is named."""
    return bool(_ARTIFACT.fullmatch(folder))


def is_block(folder: str) -> bool:
    """Whether this is how a block's folder is named."""
    return bool(_BLOCK.fullmatch(folder))


def is_pyramid(folder: str) -> bool:
    """Whether this is how a pyramid's folder is named."""
    return bool(_PYRAMID.fullmatch(folder))


def check_artifact(space: Space, folder: str, present: Present) -> tuple[list[Finding], Seen]:
    """Compare every object of an artifact with its manifest; ``present`` is what its folder holds."""
    from bridge.store.artifact import Artifact

    found, seen, _ = _checked(space, folder, present, lambda: Artifact(space, folder))
    return found, seen


def check_block(space: Space, folder: str, present: Present) -> tuple[list[Finding], Seen]:
    """Compare every object of a block with its manifest, then what the block says with what it holds."""
    from bridge.store.rows.stored import Block

    found, seen, block = _checked(space, folder, present, lambda: Block(space, folder.partition("/")[2]))
    if block is not None and not found:
        found = [Finding(f"{folder}/{MARKER}", "changed", said) for said in block.inconsistent()]
    if seen.artifacts:
        seen = dataclasses.replace(seen, artifacts=0, blocks=1, rows=0 if block is None else block.count)
    return found, seen


def check_pyramid(space: Space, folder: str, present: Present) -> tuple[list[Finding], Seen]:
    """Compare every object of a pyramid with its manifest; what is damaged is derived, and nothing is lost with it."""
    from bridge.store.pyramids.kept import Document

    found, seen, _ = _checked(space, folder, present, lambda: Document(space, folder))
    told = [dataclasses.replace(one, said=f"{one.said}; a field's pyramid is made anew from it") for one in found]
    return told, dataclasses.replace(seen, artifacts=0, pyramids=seen.artifacts)


Opened = TypeVar("Opened", "Artifact", "Block", "Document")


def _checked(
    space: Space, folder: str, present: Present, opened: Callable[[], Opened]
) -> tuple[list[Finding], Seen, Opened | None]:
    """What a folder with a marker and a manifest in it holds, against the manifest."""
    mine = {name: size for name, size in present.items() if not left_behind(name)}
    if MARKER not in mine:
        bare = [name for name in mine if not (space.attempts_within and _ATTEMPT.fullmatch(name))]
        said = f"without it the {len(bare)} objects beside it are nothing"
        return ([Finding(f"{folder}/{MARKER}", "missing", said)] if bare else []), Seen(), None
    seen = Seen(artifacts=1, objects=1, bytes=mine[MARKER])
    try:
        document = opened()
    except Damaged as reason:
        name = f"{folder}/{MARKER}"
        return [classified(name, mine[MARKER], _raw(space, name), reason)], seen, None
    except BridgeError as reason:
        return [Finding(f"{folder}/{MARKER}", "unreadable", str(reason))], seen, None
    found: list[Finding] = []
    for path, (size, digest) in document.objects.items():
        seen += Seen(objects=1, bytes=size)
        found += _compared(space, f"{folder}/{path}", mine.get(path), size, digest)
    for name in sorted(mine.keys() - document.objects.keys() - {MARKER}):
        if not (space.attempts_within and _ATTEMPT.fullmatch(name)):  # an attempt that came second is told of as such
            found.append(extra(f"{folder}/{name}", "what was committed"))
    return found, seen, document


def _compared(space: Space, name: str, there: int | None, size: int, digest: str) -> Iterator[Finding]:
    if there is None:
        yield Finding(name, "missing", f"its {size} bytes are gone")
    elif not there and size:
        yield Finding(name, "empty", f"it has no content, {size} bytes were committed")
    elif there < size:
        yield Finding(name, "truncated", f"it has {there} bytes, {size} were committed")
    elif there > size:
        yield Finding(name, "changed", f"it has {there} bytes, {size} were committed")
    else:
        try:
            if blake3_of(space.read(name, limit=size)) != digest:
                yield Finding(name, "changed", "its content is not what was committed")
        except FileNotFoundError:
            yield Finding(name, "missing", f"its {size} bytes are gone")
        except Damaged as reason:
            yield Finding(name, "changed", str(reason))


def schema_of(space: Space, folder: str) -> int:
    """Schema an artifact was written with."""
    from bridge.store.sealed import strict

    document = strict(space.read(f"{folder}/{MARKER}"), folder)
    return int(document["attributes"]["scalebridge"]["schema"])


# Aliases


def check_alias(space: Space, name: str, size: int) -> tuple[list[Finding], str | None]:
    """Read an alias; the content key it stands for comes back if it can be trusted."""
    if not _ALIAS.fullmatch(name):
        return [extra(name)], None
    try:
        key = read_alias(space, name)
    except FileNotFoundError:  # removed meanwhile
        return [], None
    except (Damaged, KeyError) as reason:
        return [classified(name, size, _raw(space, name), reason)], None
    return ([], key) if is_key(key) else ([Finding(name, "changed", f"{key!r} is no key")], None)


# Runs


@dataclass
class RunSeen:
    """What a run's folder told."""

    about: dict[str, Any] | None
    events: list[dict[str, Any]]
    findings: list[Finding]
    #: Content keys at the points of a sweep, each with the stage.
    points: dict[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> dict[str, str]:
        """Content keys of the run's stages, each with the stage."""
        return self.points | {event["key"]: str(event["stage"]) for event in self.events if is_key(event.get("key"))}


def check_run(space: Space, run: str, present: Present) -> RunSeen:
    """Read a run's record and every event of it; ``present`` is what its folder holds."""
    folder = f"runs/{run}"
    mine = {name: size for name, size in present.items() if not left_behind(name)}
    known = [name for name in mine if _OF_A_RUN.fullmatch(name) or of_points(name)]
    found = [extra(f"{folder}/{name}", "a run's record") for name in sorted(mine.keys() - known)]
    found += [
        Finding(f"{folder}/{name}", "empty", "it has no content")
        for name, size in sorted(mine.items())
        if name.startswith("events.jsonl/") and not size
    ]
    logged = any(name.startswith("events.jsonl") for name in mine)
    about = None
    if "run.json" in mine:
        try:
            about = record_of_run(space, run)
        except FileNotFoundError:
            return RunSeen(None, [], [])  # removed meanwhile
        except Damaged as reason:
            name = f"{folder}/run.json"
            found.append(classified(name, mine["run.json"], _raw(space, name), reason))
    elif MARK in mine and space.attempts_within:
        return RunSeen(None, [], [])  # an import under way, or cut off: its record comes last
    elif logged or not all(name.startswith("lock") for name in mine):
        found.append(Finding(f"{folder}/run.json", "missing", "the run has no record"))
    try:
        mark_of(space, run)
    except Damaged as reason:
        name = f"{folder}/{MARK}"
        found.append(classified(name, mine.get(MARK, 0), _raw(space, name), reason))
    name = f"{folder}/events.jsonl"
    try:
        raw = space.read_log(name)
    except Damaged as reason:
        return RunSeen(about, [], [*found, Finding(name, "missing", str(reason))])
    count = about.get("events") if about and about.get("state") else None
    for said in damage(raw, count):
        what = "truncated" if said.startswith("it ends") else "changed"
        what = "missing" if not logged else "empty" if not raw else what
        found.append(Finding(name, what, said))
    events = read_events(raw)
    odd = [event["seq"] for event in events if "key" in event and not is_key(event["key"])]
    found += [Finding(name, "changed", f"event {seq} names a key that is none") for seq in odd]
    bad, points = check_points(space, run, about or {}, mine)
    return RunSeen(about, events, found + bad, points)


# The store itself


def check_identity(space: Space, size: int | None, needed: bool) -> list[Finding]:
    """Read the object that says which store this is; one of the first schema has none."""
    if size is None:
        return [Finding(IDENTITY, "missing", "the store cannot say which it is")] if needed else []
    try:
        unsealed(space.read(IDENTITY, limit=4096), space.where(IDENTITY))["id"]
    except (Damaged, KeyError) as reason:
        return [classified(IDENTITY, size, _raw(space, IDENTITY), reason)]
    return []
