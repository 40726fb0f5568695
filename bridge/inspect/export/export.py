"""Stored runs as files of other programs: one NetCDF, tables, fields for ParaView, structures, the files themselves.

Nothing is computed or rounded on the way, except by the formats themselves: extended XYZ has eight decimals.
What a format cannot hold is left behind and named.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.errors import BridgeError, UnknownName, did_you_mean
from bridge.media import File
from bridge.store.runs import Run
from bridge.store.view import Leaf, Outputs, datatree, leaves

if TYPE_CHECKING:
    import xarray

Write = Callable[[Path], object]


@dataclass
class Shelf:
    """What an export will write, by file name, and what it leaves behind, in words."""

    files: dict[str, Write] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    def put(self, stem: str, suffix: str, write: Write) -> str:
        """Add a file under a name that every file system takes and no other file here has; it comes back."""
        plain = re.sub(r"[^\w.=+-]", "_", stem).lstrip(".").encode()[:150].decode(errors="ignore") or "_"
        taken = {name.casefold() for name in self.files}
        name, count = f"{plain}{suffix}", 1
        while name.casefold() in taken:
            count += 1
            name = f"{plain}-{count}{suffix}"
        self.files[name] = write
        return name


@dataclass(frozen=True)
class Written:
    """Files that an export wrote, and what it left behind, in words."""

    files: list[Path]
    left: list[str]


def export(run: Run, to: str, where: str | Path, stage: str | None = None, *, overwrite: bool = False) -> list[Path]:
    """Write a run, or one stage of it, in the format ``to`` into the folder ``where``; the files that were written.

    Formats are netcdf, csv, parquet, vti, extxyz and files. Raises BridgeError where a file is there already,
    unless ``overwrite`` is true, and where the run has nothing that the format could hold.
    """
    return write(run, to, where, stage, overwrite=overwrite).files


def write(run: Run, to: str, where: str | Path, stage: str | None = None, *, overwrite: bool = False) -> Written:
    """Do as ``export`` does, and say also what was left behind."""
    if to not in FORMATS:
        raise UnknownName(f"no format is called {to!r}. {did_you_mean(to, FORMATS)}")
    shelf, folder = Shelf(), Path(where).absolute()
    if "sweep" in run.about:
        from bridge.inspect.export.swept import gather

        gather(run, to, stage, shelf)
    else:
        _gather(run, to, stage, shelf)
    there = [folder / name for name in shelf.files if os.path.lexists(folder / name)]
    if there and not overwrite:
        more = f" (and {len(there) - 1} more)" if len(there) > 1 else ""
        raise BridgeError(
            f"{there[0]} is there already{more}. Name another folder, or write overwrite=True "
            "(--overwrite on the command line)."
        )
    for name in NEEDS.get(to, ()):
        library(name)
    return Written(_together(folder, shelf), shelf.left)


def _gather(run: Run, to: str, stage: str | None, shelf: Shelf) -> None:
    stages = {stage: run[stage]} if stage is not None else {k: run[k] for k, v in run.stages.items() if "key" in v}
    FORMATS[to](run, stages, shelf)
    if not shelf.files:
        raise BridgeError(_nothing(run, to, stage, stages, shelf))


def _together(folder: Path, shelf: Shelf) -> list[Path]:
    """Write all files aside and move them to their places, so that what has a name is whole."""
    aside, new = folder / f".{uuid.uuid4().hex}", not folder.exists()
    try:
        aside.mkdir(parents=True)
        for name, how in shelf.files.items():
            how(aside / name)
        for name in shelf.files:
            os.replace(aside / name, folder / name)
    except OSError as reason:
        raise BridgeError(f"cannot write into {folder}: {reason.strerror or reason}. Name another folder.") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        if new:
            with contextlib.suppress(OSError):
                folder.rmdir()  # where nothing came of it
    return [folder / name for name in shelf.files]


def library(name: str) -> ModuleType:
    """Import what a format needs beyond scalebridge itself. Raises BridgeError that says what to install."""
    try:
        return importlib.import_module(name)
    except ImportError as reason:
        raise BridgeError(f'this format needs {name}: {reason}. Write: pip install "scalebridge[export]"') from None


def _nothing(run: Run, to: str, stage: str | None, stages: dict[str, Outputs], shelf: Shelf) -> str:
    """Why there is nothing to write, what there is, and which formats would hold some of it."""
    of = f"stage {stage!r} of run {run.id}" if stage else f"run {run.id}"
    if not stages:
        return f"{of} has no outputs: it is {run.state}."
    counts = Counter(_named(leaf) for outputs in stages.values() for leaf in leaves(outputs))
    has = ", ".join(f"{name} ({n})" if n > 1 else name for name, n in counts.most_common())
    fits = []
    for other, gather in FORMATS.items():
        if other != to:
            gather(run, stages, trial := Shelf())
            fits += [other] * bool(trial.files)
    left = f" ({'; '.join(shelf.left[:3])})" if shelf.left else ""
    return f"{of} has nothing to write as {to}{left}. It has: {has}. Write one of: {', '.join(fits)}."


def _named(leaf: Leaf) -> str:
    kind = str(leaf.spec["kind"])
    if kind == "array":
        return f"{leaf.spec['dtype']} array of {len(leaf.spec['dims'])} dimensions"
    return "picture" if leaf.spec.get("picture") else kind


# Formats


def _netcdf(run: Run, stages: dict[str, Outputs], shelf: Shelf) -> None:
    """One file for all, a group for each stage."""
    if not any(_in_tree(leaf) for outputs in stages.values() for leaf in leaves(outputs)):
        return
    stem = run.id if len(stages) != 1 else f"{run.id}.{next(iter(stages))}"

    def save(path: Path) -> None:
        tree = datatree(run, stages)
        for child in tree.children.values():
            child.dataset = writable(child.to_dataset())
        encoding = {
            child.path: {name: {"_FillValue": None} for name in child.data_vars} for child in tree.children.values()
        }
        tree.to_netcdf(path, engine="h5netcdf", encoding=encoding)

    shelf.put(stem, ".nc", save)
    shelf.left += _left(stages, lambda leaf: not _in_tree(leaf), "no place in NetCDF; write --to files or extxyz")


def _in_tree(leaf: Leaf) -> bool:
    return leaf.spec["kind"] not in ("file", "atoms")


def writable(dataset: xarray.Dataset) -> xarray.Dataset:
    """What NetCDF has no type for, in two variables or as text.

    A complex array ``wave`` becomes ``wave.real`` and ``wave.imag``. Whole numbers beyond 64 bits are decimal text,
    texts with half characters or zero bytes are spelled as in Python; the attribute ``spelled`` says so.
    """
    variables: dict[str, Any] = {}
    for name, variable in dataset.variables.items():
        if variable.dtype.kind == "c":
            for part in ("real", "imag"):
                variables[f"{name}.{part}"] = variable.copy(data=getattr(variable.values, part).copy())
            continue
        spelled = None if "spelled" in variable.attrs else _spelled(variable.values)
        if spelled is not None:
            variable = variable.copy(data=np.asarray(spelled[1]))
            variable.attrs["spelled"] = spelled[0]
        variables[str(name)] = variable
    coords = {name: variables.pop(name) for name in map(str, dataset.coords) if name in variables}
    return type(dataset)(variables, coords=coords, attrs=dataset.attrs)


def _spelled(value: np.ndarray) -> tuple[str, str] | None:
    if value.dtype.kind == "O":  # a Python int that no 64 bits hold
        return "decimal", str(value[()])
    if value.dtype.kind == "U":
        text = str(value[()])
        if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
            return "unicode_escape", text.encode("unicode_escape").decode()
    return None


def _extxyz(run: Run, stages: dict[str, Outputs], shelf: Shelf) -> None:
    """One file for each structure; calculators are not stored, fixed atoms are a move_mask."""
    from bridge.inspect.export.xyz import text_of

    for stage, outputs in stages.items():
        for leaf in leaves(outputs):
            if leaf.spec["kind"] == "atoms":
                at = f"{stage}.{leaf.name}"
                text, left = text_of(leaf.value())
                if text is None:
                    shelf.left.append(f"{at}: ASE does not read back what it writes of it")
                    continue
                shelf.put(at, ".extxyz", partial(_write_text, text))
                shelf.left += [f"{at}: {what} has no place in extended XYZ" for what in left]


def _write_text(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8")


def _files(run: Run, stages: dict[str, Outputs], shelf: Shelf) -> None:
    """Every File and Picture under the name of its stage and port."""
    for stage, outputs in stages.items():
        for leaf in leaves(outputs):
            if leaf.spec["kind"] == "file":
                suffix = File(b"", leaf.spec["media_type"]).suffix
                shelf.put(f"{stage}.{leaf.name}", suffix, partial(_write_file, leaf))


def _write_file(leaf: Leaf, path: Path) -> None:
    leaf.value().write(path)


def _csv(run: Run, stages: dict[str, Outputs], shelf: Shelf) -> None:
    from bridge.inspect.export.columns import tables, write_csv

    _tables(stages, shelf, ".csv", tables(run, stages), write_csv)


def _parquet(run: Run, stages: dict[str, Outputs], shelf: Shelf) -> None:
    from bridge.inspect.export.columns import tables, write_parquet

    _tables(stages, shelf, ".parquet", tables(run, stages), write_parquet)


def _tables(stages: dict[str, Outputs], shelf: Shelf, suffix: str, found: Iterator[Any], how: Any) -> None:
    from bridge.inspect.export.columns import in_a_table

    for table in found:
        shelf.put(table.name, suffix, partial(how, table))
    why = "not a number, a text or an array of one or two dimensions: --to netcdf takes arrays of more"
    shelf.left += _left(stages, lambda leaf: not in_a_table(leaf), why)


def _vti(run: Run, stages: dict[str, Outputs], shelf: Shelf) -> None:
    from bridge.inspect.export.vti import fields, write_vti

    for found in fields(run, stages):
        shelf.put(f"{found.about['stage']}.{found.leaf.name}", ".vti", partial(write_vti, found))
    why = "not a real field on a grid of two or three dimensions"
    shelf.left += _left(stages, _is_no_field, why)


def _is_no_field(leaf: Leaf) -> bool:
    from bridge.inspect.export.vti import grid

    return len(leaf.spec.get("dims", ())) > 1 and grid(leaf) is None


def _left(stages: dict[str, Outputs], which: Callable[[Leaf], bool], why: str) -> list[str]:
    return [
        f"{stage}.{leaf.name}: {why}" for stage, outputs in stages.items() for leaf in leaves(outputs) if which(leaf)
    ]


#: What a format needs beyond scalebridge itself; all of it comes with scalebridge[export].
NEEDS = {"netcdf": ("h5netcdf", "h5py"), "parquet": ("pyarrow",)}

FORMATS: dict[str, Callable[[Run, dict[str, Outputs], Shelf], None]] = {
    "netcdf": _netcdf,
    "csv": _csv,
    "parquet": _parquet,
    "vti": _vti,
    "extxyz": _extxyz,
    "files": _files,
}
