"""Axes that belong together: zipped, read from a table, drawn from distributions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.axes.samplers import check_samples, sampler_named
from bridge.errors import ContractError


@dataclass(frozen=True)
class Zipped:
    """Axes of one length that vary together."""

    axes: dict[str, Any]


@dataclass(frozen=True)
class Table:
    """A CSV or Parquet file with a column for each parameter and a row for each point."""

    path: Path


@dataclass(frozen=True)
class Samples:
    """Distributions that samples are drawn from, all at once."""

    distributions: dict[str, Any]
    samples: int
    sampler: str
    seed: int


Design = Zipped | Table | Samples


def zipped(**axes: Any) -> Zipped:
    """Axes that vary together: ``zipped(temperature=["600 K", "900 K"], stress=["20 MPa", "40 MPa"])``.

    They are as long as one another, and make one dimension of the results. Raises ContractError.
    """
    if len(axes) < 2:
        raise ContractError("zipped takes two axes at least: zipped(temperature=[…], stress=[…]).")
    return Zipped(dict(axes))


def table(path: str | Path) -> Table:
    """Points from a file: ``table("points.csv")``, units in its header as in ``temperature [K]``."""
    return Table(Path(path))


def samples(count: int, *, sampler: str = "sobol", seed: int = 0, **distributions: Any) -> Samples:
    """Samples of distributions: ``samples(1024, temperature=Normal("900 K", "10 K"), stress="1 MPa .. 2 MPa")``.

    ``sampler`` is "sobol" (a power of two of them), "latin" or "random"; the same seed gives the same samples.
    Raises ContractError and UnknownName.
    """
    check_samples(sampler, count, seed)
    if not distributions:
        raise ContractError("samples are drawn from distributions: samples(1024, temperature='900 K ± 10 K').")
    return Samples(dict(distributions), count, sampler_named(sampler), seed)
