"""Outputs written in formats of other programs: one of them, or all that a format holds of an artifact."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bridge.errors import ContractError
from bridge.inspect.export.columns import Column, Table, columns_of, coordinate, in_a_table, tables, write_csv
from bridge.inspect.export.export import library, writable
from bridge.store.artifact import Artifact
from bridge.store.fields import read_region
from bridge.store.metadata import TYPES, declared
from bridge.store.view import Leaf, Outputs, attributes_of, leaves

#: Bytes of an array that are read at once, where its pieces are smaller.
_AT_ONCE = 2**22
#: Numbers of an array that is drawn.
_DRAWN = 2**25


@dataclass(frozen=True)
class _Maker:
    """What a table says of where it is from: an artifact outlives the record of its run."""

    id: str
    flow: str
    stages: Mapping[str, Mapping[str, Any]]


def bytes_of(spec: Mapping[str, Any]) -> int:
    """Size of an output's numbers, without reading it."""
    if "fields" in spec:
        return sum(map(bytes_of, spec["fields"].values()))
    if "parts" in spec:
        return sum(map(bytes_of, spec["parts"].values()))
    return math.prod(spec["shape"]) * np.dtype(spec["dtype"]).itemsize if "dtype" in spec and "shape" in spec else 0


def parts_of(artifact: Artifact, spec: Mapping[str, Any]) -> Iterator[bytes]:
    """An array's bytes in their order, each piece compared with its digest before it is given. Raises Damaged."""
    if spec["dtype"] not in TYPES:
        raise ValueError(f"{spec['dtype']!r} is no type that a store holds")
    if "object" not in spec:
        array = np.array(spec["value"], dtype=spec["dtype"]).reshape(spec["shape"])
        yield array.astype(array.dtype.newbyteorder("<")).tobytes()
        return
    found = declared(artifact.space, artifact.folder, spec["object"], spec, artifact.objects)
    first = next((axis for axis, m in enumerate(found.chunks) if m > 1), len(found.chunks))
    if found.chunks[first + 1 :] != found.shape[first + 1 :]:  # a piece is no run of bytes: nobody writes arrays so
        raise ValueError(f"pieces of {found.chunks} of an array of {found.shape}")
    for index in itertools.product(*(range(0, n, m) for n, m in zip(found.shape, found.chunks, strict=True))):
        ends = zip(index, found.chunks, found.shape, strict=True)
        region = [slice(start, min(start + m, n)) for start, m, n in ends]
        piece = read_region(artifact.space, artifact.folder, found, artifact.objects, region).astype(found.dtype)
        content = piece.tobytes()
        for start in range(0, len(content), _AT_ONCE):
            yield content[start : start + _AT_ONCE]


def save_array(artifact: Artifact, stage: str, path: tuple[str, ...], to: str, folder: Path) -> Path:
    """Write one output with its coordinates, or as a picture."""
    outputs = Outputs(artifact, stage)
    found = list(leaves(outputs))
    leaf = next((one for one in found if one.path == path), None)
    if leaf is None or leaf.spec["kind"] in ("file", "atoms"):
        raise ContractError(f"{'.'.join(path)} is no number and no array: {to} holds nothing of it.")
    if to == "csv":
        return _csv(artifact, stage, leaf, found, folder / "output.csv")
    if to == "netcdf":
        return _netcdf(artifact, stage, leaf, found, folder / "output.nc")
    return _picture(outputs, leaf, folder / "output.png")


def _csv(artifact: Artifact, stage: str, leaf: Leaf, found: list[Leaf], path: Path) -> Path:
    if not in_a_table(leaf):
        raise ContractError(f"{leaf.name} has {len(leaf.spec['dims'])} dimensions, a table two. Write to=netcdf.")
    if leaf.spec["kind"] == "array":
        table = Table(stage, {}, lambda: columns_of(tuple(leaf.spec["dims"]), [leaf], found))
    else:
        table = Table(stage, {}, lambda: [Column(leaf.name, [leaf.value()], leaf.spec.get("unit"))])
    write_csv(table, path)
    return path


def _netcdf(artifact: Artifact, stage: str, leaf: Leaf, found: list[Leaf], path: Path) -> Path:
    library("h5netcdf"), library("h5py")
    import xarray

    dims = tuple(leaf.spec.get("dims", ()))
    known = {dim: coordinate(dim, leaf, found) for dim in dims}
    coords = {
        dim: xarray.Variable((dim,), one.value(), attributes_of(one.spec))
        for dim, one in known.items()
        if one is not None and one.path != leaf.path
    }
    name = leaf.path[-1] if leaf.path[-1] not in dims or leaf.path[-1] in coords else leaf.name
    data = xarray.Dataset(
        {name: xarray.Variable(dims, np.asarray(leaf.value()), attributes_of(leaf.spec))},
        coords=coords,
        attrs={"stage": stage, "model": str(artifact.about.get("model", "")), "artifact": artifact.key},
    )
    return _written(data, path)


def _written(data: Any, path: Path) -> Path:
    plain = writable(data)
    plain.to_netcdf(path, engine="h5netcdf", encoding={name: {"_FillValue": None} for name in plain.data_vars})
    return path


def _picture(outputs: Outputs, leaf: Leaf, path: Path) -> Path:
    """A line or a map, in matplotlib's ink."""
    from bridge.inspect.pictures.inked import saved
    from bridge.inspect.pictures.outputs import output_plot

    if math.prod(leaf.spec.get("shape", ())) > _DRAWN:
        raise ContractError(f"{leaf.name} has too many numbers to be drawn as one picture: look at a part of it.")
    return saved(output_plot([("", outputs)], leaf.name), path)


def save_artifact(artifact: Artifact, stage: str, to: str, folder: Path) -> list[Path]:
    """Write all that a format holds of an artifact: one NetCDF, or a table of numbers and one of each kind of array."""
    outputs = Outputs(artifact, stage)
    if to == "netcdf":
        library("h5netcdf"), library("h5py")
        return [_written(outputs.to_xarray(), folder / f"{_plain(stage)}.nc")]
    maker: Any = _Maker(
        str(artifact.about.get("run", "")), "", {stage: {"model": str(artifact.about.get("model", ""))}}
    )
    written = []
    for number, table in enumerate(tables(maker, {stage: outputs})):
        written.append(folder / f"{number}-{_plain(table.name)}.csv")
        write_csv(table, written[-1])
    if not written:
        raise ContractError(f"{stage} has no numbers, texts or arrays of one or two dimensions. Write to=netcdf.")
    return written


def _plain(name: str) -> str:
    """A file's name that every system takes."""
    return re.sub(r"[^A-Za-z0-9._=+-]", "_", name)[:120]
