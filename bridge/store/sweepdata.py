"""Results of a sweep as one xarray Dataset over its axes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.store.sweeps import COMPUTED, FOUND, distinct_of, leaves, stacks

if TYPE_CHECKING:
    import xarray

    from bridge.axes.points import Points
    from bridge.store.sweeps import Sweep


def dataset(sweep: Sweep, stages: list[str], numbers: bool = False) -> xarray.Dataset:
    """The outputs of these stages, with the axes as coordinates and the status of every point.

    ``numbers`` reads single numbers alone, which is all that pictures and sensitivities need.
    """
    import xarray

    points, left_out = sweep.points, list[str]()
    found = _apart([(stage, *output) for stage in stages for output in _outputs(sweep, stage, left_out, numbers)])
    axes = _axes(points)
    counted = Counter(path for _, path, _ in found)
    taken = {"status", *axes, *points.dims}
    coords: dict[str, Any] = dict(axes)
    variables: dict[str, xarray.Variable] = {}
    names: dict[tuple[str, tuple[str, ...]], str] = {}
    for stage, path, variable in found:
        plain = ".".join(path)
        alone = counted[path] == 1 and plain not in taken
        name = plain if alone else f"{stage}.{plain}"
        if variable.dims == (f"{stage}.{plain}",):
            name = variable.dims[0]
        names[stage, path] = name
        if variable.dims == (name,):
            coords[name] = variable  # an output named like a dimension is its coordinate, equal at all points
        else:
            variables[name] = variable
    for stage, path, variable in found:
        error_of = variable.attrs.get("standard_error_of")
        if error_of is not None:
            variable.attrs["standard_error_of"] = names.get((stage, (*path[:-1], error_of)), error_of)
    status = xarray.Variable(tuple(points.dims), sweep.status, {"long_name": "what became of the point"})
    attributes = {"run": sweep.id, "flow": sweep.run.flow} | ({"left_out": ", ".join(left_out)} if left_out else {})
    return xarray.Dataset({**variables, "status": status}, coords, attributes)


def _apart(found: list[tuple[str, tuple[str, ...], Any]]) -> list[tuple[str, tuple[str, ...], Any]]:
    """The same with a name of their own for dimensions that have other sizes elsewhere: ``stage.dim``."""
    sizes: dict[str, set[int]] = {}
    within: dict[tuple[str, str], set[int]] = {}
    for stage, _, variable in found:
        for dim, size in variable.sizes.items():
            sizes.setdefault(dim, set()).add(size)
            within.setdefault((stage, dim), set()).add(size)

    def own(stage: str, path: tuple[str, ...], dim: str) -> str:
        if len(sizes[dim]) == 1:
            return dim
        return f"{stage}.{dim}" if len(within[stage, dim]) == 1 else ".".join((stage, *path, dim))

    for stage, path, variable in found:
        variable.dims = tuple(own(stage, path, dim) for dim in variable.dims)
    return found


def _axes(points: Points) -> dict[str, Any]:
    """Coordinates: every axis along its dimension, with its unit."""
    import xarray

    found = {}
    for group in points.groups:
        for column, index in zip(group.columns, group.index, strict=True):
            values = column.values[index]
            values = values.astype(str) if values.dtype == object else values
            found[column.name] = xarray.Variable((group.dim,), values, {"units": column.unit} if column.unit else {})
    return found


def _outputs(
    sweep: Sweep, stage: str, left_out: list[str], numbers: bool
) -> list[tuple[tuple[str, ...], xarray.Variable]]:
    import xarray

    contents, states, _ = sweep._executions
    good = (states == COMPUTED) | (states == FOUND)
    at = sweep.at(stage)
    mine = distinct_of(at, good)
    if not len(mine):
        return []
    keys = [contents[number].tobytes().hex() for number in mine]
    rank = np.full(len(states) + 1, -1, np.int64)  # the last for points without such a stage
    rank[mine] = np.arange(len(mine))
    of_point = rank[at]
    points, dims = sweep.points, tuple(sweep.points.dims)
    found = []
    for path, spec in leaves(sweep.store.open(keys[0]).ports):
        if not stacks(spec) or (numbers and spec["kind"] not in ("float", "int")):
            left_out.append(f"{stage}.{'.'.join(path)}")
            continue
        values = sweep.store.values_many(keys, path)
        if len({np.shape(value) for value in values}) > 1:
            left_out.append(f"{stage}.{'.'.join(path)}")
            continue
        stacked = _stacked(values, spec)
        attributes = {"units": spec["unit"]} if spec.get("unit") not in (None, "") else {}
        if "standard_error_of" in spec:
            attributes["standard_error_of"] = spec["standard_error_of"]
        inner = tuple(spec.get("dims", ()))
        if inner == path and (stacked == stacked[0]).all():
            found.append((path, xarray.Variable(inner, stacked[0], attributes)))
            continue
        inner = tuple(f"{dim}_" if dim in dims or (dim,) == path else dim for dim in inner)
        filled = _filled(stacked, of_point).reshape(points.shape + stacked.shape[1:])
        found.append((path, xarray.Variable(dims + inner, filled, attributes)))
    return found


def _stacked(values: list[Any], spec: dict[str, Any]) -> np.ndarray:
    if spec["kind"] in ("str", "choice"):
        return np.array([getattr(value, "value", value) for value in values], str)
    return np.array(values)


def _filled(stacked: np.ndarray, of_point: np.ndarray) -> np.ndarray:
    """Results point by point, with a value that says "none" where there is none."""
    if (of_point >= 0).all():
        return np.asarray(stacked[of_point])
    kind = stacked.dtype.kind
    whole = stacked.astype(np.float64) if kind in "iub" else stacked
    none: Any = "" if kind == "U" else np.nan
    rest = np.full((1, *whole.shape[1:]), none, whole.dtype)
    return np.asarray(np.concatenate([whole, rest])[of_point])
