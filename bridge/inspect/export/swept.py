"""A sweep as files of other programs: its Dataset as NetCDF, its points as a table with a row each."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.errors import BridgeError
from bridge.inspect.export.columns import Column, Table, write_csv, write_parquet
from bridge.inspect.export.export import Shelf, writable
from bridge.store.runs import Run
from bridge.store.sweeps import Sweep

if TYPE_CHECKING:
    import xarray

#: Formats that hold a sweep.
FORMATS = ("netcdf", "csv", "parquet")


def gather(run: Run, to: str, stage: str | None, shelf: Shelf) -> None:
    """Put what a sweep has for a format on the shelf. Raises BridgeError for one that holds no sweep."""
    if to not in FORMATS:
        raise BridgeError(
            f"{to} holds no sweep. Write one of: {', '.join(FORMATS)}; single results are exported from runs of "
            "their points, which find them in the store."
        )
    data = Sweep(run).to_xarray(stage)
    stem = run.id if stage is None else f"{run.id}.{stage}"
    left = data.attrs.get("left_out", "")
    shelf.left += [f"{name}: it does not stack along points" for name in left.split(", ") if name]
    if to == "netcdf":
        shelf.put(stem, ".nc", partial(_netcdf, data))
        return
    inner = [str(name) for name, variable in data.data_vars.items() if _within(data, variable)]
    shelf.left += [f"{name}: an array at every point; write --to netcdf" for name in inner]
    about = {"run": run.id, "flow": run.flow}
    table = Table("points", about, partial(_columns, data))
    shelf.put(stem, f".{to}", partial(write_csv if to == "csv" else write_parquet, table))


def _netcdf(data: xarray.Dataset, path: Path) -> None:
    plain = writable(data)
    plain.to_netcdf(path, engine="h5netcdf", encoding={name: {"_FillValue": None} for name in plain.data_vars})


def _dims(data: xarray.Dataset) -> tuple[Any, ...]:
    return data["status"].dims


def _within(data: xarray.Dataset, variable: xarray.DataArray) -> bool:
    """Whether a variable is an array at every point."""
    return not set(variable.dims) <= set(_dims(data))


def _columns(data: xarray.Dataset) -> list[Column]:
    """A row for every point, the last dimension running fastest: its axes, what became of it, its results."""
    dims, shape = _dims(data), data["status"].shape
    found: list[Column] = []
    names = [*data.coords, "status", *(name for name in data.data_vars if name != "status")]
    for name in names:
        variable = data[name]
        if _within(data, variable):
            continue
        values = np.asarray(variable.broadcast_like(data["status"]).transpose(*dims).values).reshape(-1)
        unit = variable.attrs.get("units")
        if values.dtype.kind == "c":
            found += [Column(f"{name}.real", values.real, unit), Column(f"{name}.imag", values.imag, unit)]
        else:
            found.append(Column(str(name), values.tolist() if values.dtype.kind in "UO" else values, unit))
    counted = [dim for dim in dims if dim not in data.coords]
    places = np.indices(shape)
    return [Column(str(dim), places[dims.index(dim)].reshape(-1)) for dim in counted] + found
