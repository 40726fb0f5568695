"""Writing a run as an RO-Crate: built aside, verified as a store would be, then given its name."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import BridgeError
from bridge.inspect.crate.contents import write_contents
from bridge.inspect.crate.layout import METADATA, PREVIEW, STORE, SUMS
from bridge.inspect.crate.metadata import check_words, metadata
from bridge.inspect.crate.preview import preview
from bridge.inspect.crate.sums import sha256_of, spelled_sums
from bridge.inspect.crate.zipped import write_zip
from bridge.store.carried.carried import Carried
from bridge.store.carried.sending import send
from bridge.store.runs import Run
from bridge.store.spaces.disk import Disk
from bridge.store.upkeep.verify import verify

Progress = Callable[[int, int], None]
#: What a store makes while it is written to, and has no use for afterwards.
_WORKSHOP = ("tmp", "claims", "journal")


@dataclass(frozen=True)
class Written:
    """A crate that was written: where, how much, and what of the run is in the store of it only."""

    path: Path
    files: int
    bytes: int
    digest: str
    left: list[str]


def write_crate(
    run: Run,
    where: str | Path,
    *,
    license: str | None = None,
    agent: str | None = None,
    overwrite: bool = False,
    told: Progress | None = None,
) -> Written:
    """Write a run as an RO-Crate: a folder, or a zip if the name ends in ``.zip``.

    Raises BridgeError where something of that name is there, unless ``overwrite`` is true, ContractError for a run
    that goes on, and Damaged for one that is not as it was committed; nothing is written then.
    """
    target = Path(where).absolute()
    check_words(license, agent)
    _free(target, overwrite)
    aside = target.parent / f".{uuid.uuid4().hex}"
    try:
        root = aside / "crate"
        root.mkdir(parents=True)
        left, digest = _build(run, root, license, agent, told)
        files = [path for path in root.rglob("*") if path.is_file()]
        done = Written(target, len(files), sum(path.stat().st_size for path in files), digest, left)
        if target.suffix == ".zip":
            write_zip(root, aside / "crate.zip")
            os.replace(aside / "crate.zip", target)
        else:
            if target.exists():
                os.rename(target, aside / "before")
            os.rename(root, target)
        return done
    except OSError as reason:
        raise BridgeError(f"cannot write {target}: {reason.strerror or reason}. Name another --out.") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _free(target: Path, overwrite: bool) -> None:
    """Raise BridgeError if something is in the way."""
    if not os.path.lexists(target):
        return
    if target.suffix == ".zip":
        if overwrite and target.is_file():
            return
    elif target.is_dir() and not target.is_symlink():
        if not any(target.iterdir()):
            return
        if overwrite and (target / METADATA).is_file():
            return
        if overwrite:
            raise BridgeError(f"{target} is there and is no crate, so it is not replaced. Name another --out.")
    raise BridgeError(f"{target} is there already. Name another --out, or add --overwrite to replace a crate.")


def _build(
    run: Run, root: Path, license: str | None, agent: str | None, told: Progress | None
) -> tuple[list[str], str]:
    """Make a crate in an empty folder; what was left out, and its digest."""
    space = Disk(root / STORE)
    space.prepare()
    send(run, space, told)
    for name in _WORKSHOP:
        shutil.rmtree(root / STORE / name, ignore_errors=True)
    carried = Carried(space)
    report = verify(carried, None, told)
    if report.damaged or report.incomplete:
        bad = report.damaged[0].said if report.damaged else "something was left behind"
        raise BridgeError(f"what was written of run {run.id} does not verify: {bad}. Is the disk sound?")
    shutil.rmtree(root / STORE / "claims", ignore_errors=True)
    contents = write_contents(run, root)
    sizes = {path.relative_to(root).as_posix(): path.stat().st_size for path in root.rglob("*") if path.is_file()}
    files = {name: (sizes[name], sha256_of(root / name)) for name in sorted(sizes)}
    described = metadata(run, contents, carried, files, license, agent)
    (root / METADATA).write_bytes(described)
    (root / PREVIEW).write_bytes(preview(run, contents, root, sizes | {METADATA: len(described)}, license))
    digests = {name: digest for name, (_, digest) in files.items()}
    digests |= {name: sha256_of(root / name) for name in (METADATA, PREVIEW)}
    (root / SUMS).write_bytes(spelled_sums(digests))
    return contents.left, sha256_of(root / SUMS)
