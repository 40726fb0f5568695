"""A sweep's results as its pictures need them: what was varied, the numbers over it, and the points that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.inspect.pictures.drawing import label, over_decades, spaced_by_ratio
from bridge.inspect.pictures.plot import Axis, Floats

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True)
class Varied:
    """One parameter along a dimension; ``words`` where its values are names and no numbers."""

    name: str
    dim: str
    values: Floats  # places, where its values are names
    unit: str | None = None
    words: tuple[str, ...] | None = None

    @property
    def label(self) -> str:
        """The parameter with its unit."""
        return label(self.name, self.unit)

    @property
    def log(self) -> bool:
        """Whether it is spaced by ratios."""
        return self.words is None and spaced_by_ratio(self.values)

    @property
    def drawn(self) -> Axis:
        """The axis of a panel that it is."""
        return Axis(self.label, self.log, self.words)


@dataclass(frozen=True)
class Result:
    """One number of every point, with its standard error if it has one."""

    name: str
    values: Floats
    unit: str | None
    errors: Floats | None = None

    @property
    def label(self) -> str:
        """The output with its unit."""
        return label(self.name, self.unit)

    @property
    def drawn(self) -> Axis:
        """The axis of a panel that it is, over decades a logarithmic one."""
        return Axis(self.label, over_decades(self.values))


@dataclass(frozen=True)
class Swept:
    """Results over the dimensions of a sweep; ``failed`` where a point has none.

    ``hrefs`` say where each point leads on a page, ``reasons`` why it has no result; a mean leads nowhere.
    """

    axes: tuple[Varied, ...]
    results: tuple[Result, ...]
    failed: Any
    averaged: str | None = None  # the seed that results are means over
    hrefs: Any = None
    reasons: Any = None

    @property
    def dims(self) -> tuple[str, ...]:
        """The dimensions, in order."""
        return tuple(dict.fromkeys(axis.dim for axis in self.axes))


def swept(dataset: xarray.Dataset, hrefs: Any = None, reasons: Any = None) -> Swept:
    """Read a sweep's Dataset; replicates (a whole-numbered axis named for a seed) are averaged over.

    ``hrefs`` and ``reasons`` are texts in the shape of the points, if pages are to lead there.
    """
    status = dataset["status"]
    dims = tuple(map(str, status.dims))
    axes = [
        _axis(str(name), coord)
        for dim in dims
        for name, coord in dataset.coords.items()
        if coord.dims == (dim,) and dim in dims
    ]
    results = [_result(dataset, str(name), dims) for name in dataset.data_vars if _is_number(dataset, str(name), dims)]
    failed = np.asarray(status.values != "done")
    seeds = [axis for axis in axes if _is_seed(axis, axes)]
    if seeds and len(dims) > 1:
        place = dims.index(seeds[0].dim)
        axes = [axis for axis in axes if axis is not seeds[0]]
        means = tuple(averaged(result, place) for result in results)
        return Swept(tuple(axes), means, failed.all(axis=place), seeds[0].name)
    return Swept(tuple(axes), tuple(results), failed, None, hrefs, reasons)


def picked(texts: Any, take: Any) -> list[str] | None:
    """The texts of some points, if there are any."""
    return None if texts is None else [str(text) for text in np.ravel(np.asarray(texts, object)[take])]


def _axis(name: str, coord: Any) -> Varied:
    values = coord.values
    if values.dtype.kind in "iuf":
        return Varied(name, str(coord.dims[0]), values.astype(float), coord.attrs.get("units"))
    texts = [str(value).lower() if values.dtype.kind == "b" else str(value) for value in values]
    words = tuple(dict.fromkeys(texts))
    return Varied(name, str(coord.dims[0]), np.array([float(words.index(text)) for text in texts]), None, words)


def _is_number(dataset: xarray.Dataset, name: str, dims: tuple[str, ...]) -> bool:
    variable = dataset[name]
    return (
        variable.dims == dims
        and variable.dtype.kind in "iuf"
        and "standard_error_of" not in variable.attrs
        and name != "status"
    )


def _result(dataset: xarray.Dataset, name: str, dims: tuple[str, ...]) -> Result:
    from bridge.units import to_root

    variable = dataset[name]
    unit, errors = variable.attrs.get("units"), None
    for other in dataset.data_vars.values():
        if other.attrs.get("standard_error_of") == name and other.dims == dims:
            there = other.attrs.get("units")
            errors = other.values.astype(float) * float(to_root(there or "1")[0] / to_root(unit or "1")[0])
    return Result(name, variable.values.astype(float), unit, errors)


def _is_seed(axis: Varied, axes: list[Varied]) -> bool:
    alone = sum(other.dim == axis.dim for other in axes) == 1
    return alone and (axis.name == "seed" or axis.name.endswith("_seed")) and axis.words is None


def averaged(result: Result, place: int) -> Result:
    """The mean over replicates and its standard error, from those that there are."""
    there = np.isfinite(result.values)
    count = there.sum(axis=place)
    filled = np.where(there, result.values, 0.0)
    mean = np.divide(filled.sum(axis=place), count, out=np.full(count.shape, np.nan), where=count > 0)
    apart = np.where(there, result.values - np.expand_dims(mean, place), 0.0)
    spread = np.divide((apart**2).sum(axis=place), count - 1, out=np.full(count.shape, np.nan), where=count > 1)
    return Result(result.name, mean, result.unit, np.sqrt(spread / np.maximum(count, 1)))
