"""A part of a sweep that fits on a picture: one or two of its dimensions, the others held where the reader says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bridge.axes.points import Group
from bridge.errors import ContractError
from bridge.inspect.pictures.swept import Result, Swept, Varied, averaged
from bridge.inspect.sweeps.survey import Output, Places, Survey

#: Points of a picture of one dimension or two: each of them says its numbers and leads to its page.
ROOM = 2500
#: Points of a cloud.
CLOUD = 1500
#: Place of a held dimension that stands for all of its places: results are means over them.
ALL = -1

Href = Callable[[int], str]


@dataclass(frozen=True, eq=False)
class Slice:
    """Results over one dimension or two; ``left_out`` says which values are not drawn."""

    swept: Swept
    left_out: str = ""


def varied(survey: Survey, group: Group, places: Places | None = None) -> Varied:
    """A dimension as an axis: the numbers of its only parameter, else what its parameters are at each place."""
    column = group.columns[0]
    places = np.arange(group.size) if places is None else places
    values = column.values[group.index[0][places]]
    numbers = len(group.columns) == 1 and values.dtype.kind in "iuf"
    if numbers and len(np.unique(values)) == len(values):
        return Varied(column.name, group.dim, values.astype(float), column.unit or None)
    texts = [
        ", ".join(one.text(int(index[place])) for one, index in zip(group.columns, group.index, strict=True))
        for place in places
    ]
    words = tuple(dict.fromkeys(texts))
    name = ", ".join(one.name for one in group.columns)
    return Varied(name, group.dim, np.array([float(words.index(text)) for text in texts]), None, words)


def is_seed(group: Group) -> bool:
    """Whether a dimension only repeats its points with other random numbers."""
    name = group.columns[0].name
    return len(group.columns) == 1 and group.size > 1 and (name == "seed" or name.endswith("_seed"))


def slice_of(
    survey: Survey, outputs: Sequence[Output], dims: Sequence[str], held: Mapping[str, int], href: Href
) -> Slice:
    """The outputs over one or two dimensions, where each of the others is held at a place, or ALL of it averaged.

    The first of two dimensions is drawn up. Raises ContractError for dimensions and places that there are not.
    """
    sizes = survey.points.dims
    _check(sizes, dims, held)
    taken = {dim: _thinned(sizes[dim], most) for dim, most in zip(dims, _room([sizes[d] for d in dims]), strict=True)}
    left_out = [
        f"{len(taken[dim])} of {sizes[dim]:,} values of {dim} are drawn" for dim in dims if len(taken[dim]) < sizes[dim]
    ]
    seeds = [group.dim for group in survey.points.groups if held.get(group.dim) == ALL][:1]
    order = [*dims, *seeds]
    taken |= {dim: np.arange(sizes[dim]) for dim in seeds}
    at = [taken[dim] if dim in order else np.array([held.get(dim, 0)]) for dim in sizes]
    numbers = np.ravel_multi_index(np.ix_(*at), tuple(sizes.values()))
    there = [dim for dim in sizes if dim in order]
    numbers = numbers.reshape([len(taken[dim]) for dim in there]).transpose([there.index(dim) for dim in order])
    groups = {group.dim: group for group in survey.points.groups}
    axes = tuple(varied(survey, groups[dim], taken[dim]) for dim in dims)
    results = tuple(_result(survey, output, numbers) for output in outputs)
    failed = survey.status[numbers] != "done"
    if seeds:
        means = tuple(averaged(result, len(dims)) for result in results)
        return Slice(Swept(axes, means, failed.all(axis=-1), seeds[0]), "; ".join(left_out))
    hrefs, reasons = leading(survey, numbers, href)
    return Slice(Swept(axes, results, failed, None, hrefs, reasons), "; ".join(left_out))


def leading(survey: Survey, numbers: Places, href: Href) -> tuple[Places, Places]:
    """Where each point leads, and why it has no result, as texts in the shape of the numbers."""
    hrefs, reasons = np.empty(numbers.shape, object), np.empty(numbers.shape, object)
    for place, number in np.ndenumerate(numbers):
        hrefs[place] = href(int(number))
        reasons[place] = f"point {number}: {survey.errors.get(int(number), survey.status[number])}"[:200]
    return hrefs, reasons


def _check(sizes: Mapping[str, int], dims: Sequence[str], held: Mapping[str, int]) -> None:
    if any(name not in sizes for name in (*dims, *held)) or len(set(dims)) != len(dims) or not 1 <= len(dims) <= 2:
        raise ContractError(f"dimensions of this sweep are {', '.join(sizes)}; choose one or two of them.")
    for name, place in held.items():
        if not ALL <= place < sizes[name]:
            raise ContractError(f"{name} has {sizes[name]} values: hold it at 0 to {sizes[name] - 1}.")


def _result(survey: Survey, output: Output, numbers: Places) -> Result:
    at = numbers.ravel()
    errors = survey.deviations(output, at)
    values = survey.numbers(output, at).reshape(numbers.shape)
    return Result(survey.called(output), values, output.unit, None if errors is None else errors.reshape(numbers.shape))


def _room(sizes: Sequence[int]) -> list[int]:
    """Places of each dimension that a picture has room for; what one does not need the other may have."""
    if len(sizes) == 1:
        return [ROOM]
    side = int(ROOM**0.5)
    first = max(side, ROOM // min(sizes[1], ROOM))
    return [first, max(side, ROOM // min(first, sizes[0]))]


def _thinned(size: int, most: int) -> Places:
    """All places, or evenly taken ones, with both ends."""
    if size <= most:
        return np.arange(size)
    return np.unique(np.linspace(0, size - 1, most).round().astype(np.int64))


def some_points(survey: Survey) -> Places:
    """Numbers of all points, or of as many as can be told apart in a cloud, evenly taken."""
    return _thinned(len(survey), CLOUD)
