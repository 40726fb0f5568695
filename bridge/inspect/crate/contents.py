"""What of a run others can look at: the file of its flow, its files and pictures, structures, and tables of numbers."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass, field
from functools import partial
from math import prod
from pathlib import Path

from blake3 import blake3

from bridge.errors import BridgeError
from bridge.inspect.crate.layout import FLOW, OUTPUTS, STORE
from bridge.inspect.export.columns import tables, write_csv
from bridge.inspect.export.export import Shelf
from bridge.inspect.export.xyz import text_of
from bridge.media import File
from bridge.store.runs import Run
from bridge.store.spaces.space import MARKER
from bridge.store.sweeps import Sweep, folder_of
from bridge.store.view import Leaf, Outputs, leaves

#: Numbers that a table holds at most; larger arrays are in the store only, which is read as Zarr.
MOST = 100_000
_YAML = (".yaml", ".yml")


@dataclass
class Contents:
    """Files beside the store, and what there is no file of, in words."""

    #: The workflow: the flow's file, or the record of the run where that is not there any more.
    workflow: str = ""
    language: str = "python"
    #: Paths in the crate by stage and port, for outputs that are files or structures.
    outputs: dict[tuple[str, str], str] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def media_type(path: str) -> str:
    """Media type of a file of the crate."""
    if path.endswith(_YAML):
        return "application/yaml"
    guessed, packed = mimetypes.guess_type(path, strict=False)
    if path.endswith(".jsonl"):
        return "application/x-ndjson"
    return guessed if guessed and not packed else "application/octet-stream"


def stages_of(run: Run) -> dict[str, Outputs]:
    """The stages of a run that have outputs; none of a sweep, whose results are tables."""
    if "sweep" in run.about:
        return {}
    return {name: run[name] for name, facts in run.stages.items() if "key" in facts}


def swept(run: Run) -> Sweep | None:
    """The points of a sweep; None of a run that is none, or was cut off before it had any."""
    there = "sweep" in run.about and run.space.size(f"{folder_of(run.id, 'plan')}/{MARKER}") is not None
    return Sweep(run) if there else None


def write_contents(run: Run, root: Path) -> Contents:
    """Write these files into the folder that becomes the crate."""
    found = Contents()
    _flow(run, root, found)
    shelf, folder = Shelf(), root / OUTPUTS
    if "sweep" in run.about:
        _swept(run, shelf, found, folder)
    else:
        _leaves(run, shelf, found)
    if shelf.files:
        folder.mkdir(exist_ok=True)
    for name, write in shelf.files.items():
        write(folder / name)
    return found


def _flow(run: Run, root: Path, found: Contents) -> None:
    """Copy the flow's file, if it is the one that ran."""
    written, known = run.about.get("file"), run.about.get("source")
    found.workflow = f"{STORE}/{run.folder}/run.json"
    found.language = "record"
    if not written:
        found.left.append("the flow: it was in no file")
        return
    try:
        content = Path(written).read_bytes()
    except OSError:
        found.left.append(f"the flow: {written} is not there any more")
        return
    if known is None or blake3(content).hexdigest() != known:
        why = "it was edited since" if known else "the record does not say what was in it"
        found.left.append(f"the flow: {written} cannot be told to be the file that ran, for {why}")
        return
    name = Shelf().put(Path(written).stem, Path(written).suffix, lambda path: None)
    (root / FLOW).mkdir()
    (root / FLOW / name).write_bytes(content)
    found.workflow, found.language = f"{FLOW}/{name}", "yaml" if name.endswith(_YAML) else "python"


def _leaves(run: Run, shelf: Shelf, found: Contents) -> None:
    stages = stages_of(run)
    large = set()
    for stage, outputs in stages.items():
        for leaf in leaves(outputs):
            kind = leaf.spec["kind"]
            if kind == "file":
                path = shelf.put(f"{stage}.{leaf.name}", _suffix(leaf), partial(_file, leaf))
                found.outputs[stage, leaf.name] = f"{OUTPUTS}/{path}"
                if leaf.spec.get("picture"):
                    found.pictures.append(f"{OUTPUTS}/{path}")
            elif kind == "atoms":
                text, left = text_of(leaf.value())
                if text is not None:
                    path = shelf.put(f"{stage}.{leaf.name}", ".extxyz", partial(_text, text))
                    found.outputs[stage, leaf.name] = f"{OUTPUTS}/{path}"
                found.left += [f"{stage}.{leaf.name}: {what} is in the store only" for what in left]
            elif prod(leaf.spec.get("shape", ())) > MOST:
                large.add(".".join((stage, *leaf.path[:-1], *leaf.spec["dims"])))
    for table in tables(run, stages):
        if table.name not in large:
            found.tables.append(f"{OUTPUTS}/{shelf.put(table.name, '.csv', partial(write_csv, table))}")
    found.left += [f"a table of {name}: more than {MOST} numbers, in the store only" for name in sorted(large)]


def _swept(run: Run, shelf: Shelf, found: Contents, folder: Path) -> None:
    """The points of a sweep as a table, and its pictures."""
    from bridge.inspect.export.swept import gather
    from bridge.inspect.pictures.shown import pictures_of

    try:
        gather(run, "csv", None, shelf)
    except BridgeError as reason:  # cut off before it had begun, or nothing that stacks
        found.left.append(f"the table of points: {reason}")
        return
    found.left += shelf.left
    found.tables += [f"{OUTPUTS}/{name}" for name in shelf.files]
    drawn, notes = pictures_of(run, folder)
    found.left += notes
    found.pictures += [f"{OUTPUTS}/{Path(path).name}" for path in drawn]


def _suffix(leaf: Leaf) -> str:
    return File(b"", leaf.spec["media_type"]).suffix


def _file(leaf: Leaf, path: Path) -> None:
    leaf.value().write(path)


def _text(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8")
