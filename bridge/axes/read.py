"""From what people write to the points of a sweep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bridge.axes.bounded import LogUniform, Uniform
from bridge.axes.designs import Design, Samples, Table, Zipped
from bridge.axes.distributions import Distribution
from bridge.axes.grids import Axis
from bridge.axes.points import LIMIT, Group, Points, check_count, product
from bridge.axes.samplers import check_samples, sampled, sampler_named
from bridge.axes.tables import read_table
from bridge.axes.text import Fixed, Range
from bridge.axes.uncertain import Fetch
from bridge.axes.values import Value, plain, read_value
from bridge.errors import ContractError, UnknownName, did_you_mean


def read_axes(
    written: Mapping[str, Any],
    annotations: Mapping[str, Any] | None = None,
    *,
    designs: Sequence[Design] = (),
    zip: Iterable[str | Sequence[str]] = (),  # the word people write: --zip temperature,stress
    file: str | Path | None = None,
    sampler: str | None = None,
    samples: int | None = None,
    seed: int = 0,
    limit: int = LIMIT,
    fetch: Fetch | None = None,
) -> tuple[Points, dict[str, Any]]:
    """The points that are meant, and the parameters that are the same at every one of them.

    ``written`` has texts or Python's values by parameter; ``annotations`` the parameters a flow has and their types
    (None: whatever is written is known). Dimensions come in the order of ``designs``, ``file``, ``written``, the last
    varying fastest. Nothing is made before the points are counted against ``limit``.

    Raises ContractError and UnknownName.
    """
    asking = _Asking(annotations, fetch, limit)
    for design in [*designs, *([Table(Path(file))] if file is not None else [])]:
        asking.add_design(design)
    fixed = asking.add_written(written, _names_of(zip), sampler, samples, seed)
    return asking.points(), fixed


@dataclass
class _Dimension:
    """A dimension to be made: what varies along it, and how many places it has."""

    dim: str
    size: int
    axes: dict[str, Axis] = field(default_factory=dict)
    drawn: dict[str, Distribution] = field(default_factory=dict)
    sampler: str = ""
    seed: int = 0
    as_text: frozenset[str] = frozenset()  # pure numbers that the flow takes as texts

    @property
    def names(self) -> list[str]:
        return [*self.axes, *self.drawn]

    def group(self, dim: str) -> Group:
        if self.drawn:
            return sampled(self.drawn, self.size, self.sampler, self.seed, dim, self.as_text)
        placed = [axis.placed(name) for name, axis in self.axes.items()]
        if len(placed) == 1 and "file" not in placed[0][0].origin and len(placed[0][0]) < self.size:
            column, index = placed[0]
            again = int(index[np.flatnonzero(index != np.arange(self.size))[0]])
            raise ContractError(f"{column.name} has {column.text(again)} twice. Take one of them out.")
        return Group(dim, self.size, tuple(column for column, _ in placed), tuple(index for _, index in placed))


class _Asking:
    """What was asked for so far, one dimension after another."""

    def __init__(self, annotations: Mapping[str, Any] | None, fetch: Fetch | None, limit: int) -> None:
        self._annotations = None if annotations is None else {k: plain(v) for k, v in annotations.items()}
        self._fetch, self._limit = fetch, limit
        self._dimensions: list[_Dimension] = []

    def add_design(self, design: Design) -> None:
        """Add axes that belong together."""
        if isinstance(design, Table):
            columns = read_table(design.path, self._annotations or {})
            self._known(columns, f"{design.path}: ")
            self._dimensions.append(_Dimension("point", len(next(iter(columns.values())).values), dict(columns)))
        elif isinstance(design, Zipped):
            read = {name: self._read(name, value) for name, value in design.axes.items()}
            self._add_zipped(tuple(read), read)
        elif isinstance(design, Samples):
            read = {name: self._read(name, value) for name, value in design.distributions.items()}
            drawn = {name: _uncertain(name, value) for name, value in read.items()}
            self._add_drawn(drawn, design.sampler, design.samples, design.seed)
        else:
            raise ContractError(
                f"{design!r} is no axis. Write axes by name, as in temperature=['600 K', '900 K'], or zipped(…), "
                "samples(…), table(…)."
            )

    def add_written(
        self,
        written: Mapping[str, Any],
        zips: Sequence[tuple[str, ...]],
        sampler: str | None,
        samples: int | None,
        seed: int,
    ) -> dict[str, Any]:
        """Add what is written by name; the parameters that are fixed come back."""
        drawing = _sampler(sampler, samples, seed)
        read = {name: self._read(name, value) for name, value in written.items()}
        zip_of = _zip_of(zips, read)
        drawn: dict[str, Distribution] = {}
        done: set[tuple[str, ...]] = set()
        for name, value in read.items():
            together = zip_of.get(name)
            if together is not None:
                if together not in done:
                    self._add_zipped(together, read)
                done.add(together)
            elif isinstance(value, Axis):
                self._dimensions.append(_Dimension(name, value.size, {name: value}))
            elif not isinstance(value, Fixed):
                if drawing is None:
                    raise ContractError(_nothing_drawn(name, value))
                if not drawn:
                    self._add_drawn(drawn, *drawing)
                drawn[name] = _uncertain(name, value)
        if drawing is not None and not drawn:
            raise ContractError(
                "there is nothing to draw samples of. Write a distribution, such as -p temperature='900 K ± 10 K', or "
                "a range without a count: -p temperature='600 K .. 1200 K'."
            )
        return {name: value.value for name, value in read.items() if isinstance(value, Fixed)}

    def points(self) -> Points:
        """Everything added so far, made."""
        dims = self._dims()
        check_count({dim: d.size for dim, d in dims}, self._limit)
        return product([d.group(dim) for dim, d in dims], self._limit)

    def _dims(self) -> list[tuple[str, _Dimension]]:
        """Names for the dimensions that no parameter has, except the one that varies there alone."""
        names = [name for d in self._dimensions for name in d.names]
        found: list[tuple[str, _Dimension]] = []
        for d in self._dimensions:
            dim, alone = d.dim, d.names == [d.dim]
            while not alone and (dim in names or any(dim == taken for taken, _ in found)):
                dim += "_dim"
            found.append((dim, d))
        return found

    def _add_zipped(self, together: tuple[str, ...], read: Mapping[str, Value]) -> None:
        axes: dict[str, Axis] = {}
        for name in together:
            value = read[name]
            if not isinstance(value, Axis):
                raise ContractError(
                    f"{name} cannot be zipped: it is {_what(value)}. Write as many values as "
                    f"{', '.join(n for n in together if n != name)} has, such as {name}='600 K, 900 K'."
                )
            axes[name] = value
        sizes = {name: axis.size for name, axis in axes.items()}
        if len(set(sizes.values())) > 1:
            told = ", ".join(f"{name} has {size:,}" for name, size in sizes.items())
            raise ContractError(f"zipped axes have equally many values, and {told}. Write as many to each.")
        self._dimensions.append(_Dimension("_".join(together), next(iter(sizes.values())), axes))

    def _add_drawn(self, drawn: dict[str, Distribution], sampler: str, samples: int, seed: int) -> None:
        as_text = frozenset(name for name, kind in (self._annotations or {}).items() if kind is str)
        self._dimensions.append(_Dimension("sample", samples, {}, drawn, sampler, seed, as_text))

    def _read(self, name: str, value: Any) -> Value:
        self._known([name])
        return read_value(name, value, (self._annotations or {}).get(name), self._fetch)

    def _known(self, names: Iterable[str], where: str = "") -> None:
        if self._annotations is None:
            return
        for name in names:
            if name not in self._annotations:
                raise UnknownName(f"{where}the flow has no parameter {name!r}. {did_you_mean(name, self._annotations)}")


def _sampler(sampler: str | None, samples: int | None, seed: int) -> tuple[str, int, int] | None:
    if samples is None:
        if sampler is not None:
            raise ContractError(f"sampler {sampler!r} is not told how many samples to draw. Write --samples 1024.")
        return None
    meant = sampler_named(sampler or "sobol")
    check_samples(meant, samples, seed)
    return meant, samples, seed


def _names_of(zips: Iterable[str | Sequence[str]]) -> list[tuple[str, ...]]:
    """Which names are zipped: ``["temperature,stress"]``."""
    found = [tuple(n.strip() for n in (z.split(",") if isinstance(z, str) else z)) for z in zips]
    for together in found:
        if len(together) < 2 or "" in together or len(set(together)) < len(together):
            raise ContractError(f"--zip {','.join(together)!r} names no two axes. Write --zip temperature,stress.")
    return found


def _zip_of(zips: Sequence[tuple[str, ...]], read: Mapping[str, Value]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for together in zips:
        for name in together:
            if name not in read:
                raise UnknownName(f"--zip names {name!r}, which is not given. {did_you_mean(name, read)}")
            if name in found:
                raise ContractError(f"{name!r} is zipped twice: --zip {','.join(found[name])},… names all at once.")
            found[name] = together
    return found


def _uncertain(name: str, value: Value) -> Distribution:
    """The distribution that is meant: a range without a count is one of equal chances."""
    if isinstance(value, Distribution):
        return value
    if isinstance(value, Range):
        ends = value.low.text, value.high.text
        return LogUniform(*ends) if value.log else Uniform(*ends)
    raise ContractError(f"{name} is {_what(value)}, and no distribution. Write {name}='900 K ± 10 K'.")


def _what(value: Value) -> str:
    if isinstance(value, Fixed):
        return "one value"
    if isinstance(value, Distribution):
        return f"the distribution {value.text}"
    return f"the range {value.written} without a count" if isinstance(value, Range) else f"{value.size} values"


def _nothing_drawn(name: str, value: Value) -> str:
    if isinstance(value, Range):
        return (
            f"{name}={value.written!r} is a range without a count. Write '{value.low.text} .. {value.high.text} : 7"
            f"{' log' if value.log else ''}', or draw samples of it: --samples 1024."
        )
    return (
        f"{name} is {_what(value)}: samples are drawn of it. Write --samples 1024, or samples(1024, {name}=…) in "
        "Python. For a single value write it alone."
    )
