"""Samples: points of the unit cube, and what distributions make of them.

Every sampler is told its seed and gives the same points for ever; more samples of the Sobol sequence and of the
independent sampler begin with the fewer, so that a sweep is enlarged without running anything twice.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.axes.distributions import Distribution
from bridge.axes.grids import Gives
from bridge.axes.points import LIMIT, Column, Group, Points, distinct, product
from bridge.errors import ContractError, UnknownName, did_you_mean

Cube = npt.NDArray[np.float64]

SAMPLERS = ("sobol", "latin", "random")

_OTHER_NAMES = {"lhs": "latin", "latin hypercube": "latin", "latin-hypercube": "latin", "independent": "random"}
_NEAREST = 2.0**-53  # to the faces of the cube, where a normal distribution is infinite


def sampler_named(name: str) -> str:
    """The sampler that is meant. Raises UnknownName."""
    meant = _OTHER_NAMES.get(name.lower(), name.lower())
    if meant not in SAMPLERS:
        raise UnknownName(f"no sampler is named {name!r}. {did_you_mean(name, SAMPLERS)}")
    return meant


def check_samples(sampler: str, samples: int, seed: int = 0) -> None:
    """Refuse a number of samples that a sampler has no points for. Raises ContractError."""
    if not isinstance(samples, int) or isinstance(samples, bool) or samples < 1:
        raise ContractError(f"samples={samples!r}: draw one sample at least, such as --samples 1024.")
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise ContractError(f"seed={seed!r}: a seed is a whole number from nought, such as --seed 0.")
    if sampler_named(sampler) == "sobol" and samples & (samples - 1):
        below = 1 << (samples.bit_length() - 1)
        raise ContractError(
            f"{samples} samples of the Sobol sequence are out of balance: it wants a power of two. "
            f"Write --samples {below} or --samples {2 * below}, or --sampler latin."
        )


def unit_cube(sampler: str, samples: int, names: Sequence[str], seed: int = 0) -> Cube:
    """Points of the unit cube, one row a sample, one column a name.

    ``sobol`` is scrambled (Owen 1998, as scipy has it), ``latin`` one sample in each of ``samples`` slices of every
    axis (McKay, Beckman and Conover 1979), ``random`` independent, each name by a stream of its own.
    """
    meant = sampler_named(sampler)
    check_samples(meant, samples, seed)
    if meant == "random":
        streams = [np.random.default_rng([seed, zlib.crc32(name.encode())]) for name in names]
        return np.stack([stream.random(samples) for stream in streams], axis=1)
    from scipy.stats import qmc

    rng = np.random.default_rng(seed)
    if meant == "latin":
        return np.asarray(qmc.LatinHypercube(len(names), rng=rng).random(samples))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return np.asarray(qmc.Sobol(len(names), rng=rng).random(samples))


def group_from_unit_cube(
    u: npt.ArrayLike,
    distributions: Mapping[str, Distribution],
    dim: str = "sample",
    about: Mapping[str, Any] | None = None,
    as_text: Collection[str] = (),
) -> Group:
    """One dimension of samples: column j of ``u``, through the quantiles of the j-th distribution.

    Equal numbers give equal values, so that designs with repeated coordinates share what comes of them. Pure numbers
    of the parameters ``as_text`` reach the flow as texts, as one annotated ``str`` wants them.
    """
    cube = np.asarray(u, np.float64)
    if cube.ndim != 2 or cube.shape[1] != len(distributions) or len(distributions) == 0:
        raise ContractError(
            f"samples of shape {cube.shape} do not fit {len(distributions)} distributions: one column each is needed."
        )
    if not np.all((cube >= 0) & (cube <= 1)):
        raise ContractError("samples lie outside the unit cube: every number is between 0 and 1.")
    inside = np.clip(cube, _NEAREST, 1 - _NEAREST)
    columns, index = [], []
    for j, (name, distribution) in enumerate(distributions.items()):
        with np.errstate(over="ignore"):  # refused below, by name
            values, places = distinct(distribution.ppf(inside[:, j]) + 0.0)
        if not np.all(np.isfinite(values)):
            raise ContractError(f"{name}: {distribution.text} gives values out of the range of floating-point numbers.")
        origin = {"distribution": distribution.text, "mean": distribution.mean, "sd": distribution.sd, **(about or {})}
        gives: Gives = "text" if name in as_text else "number"
        columns.append(Column(name, values, distribution.unit, None, origin, gives))
        index.append(places)
    return Group(dim, len(cube), tuple(columns), tuple(index))


def from_unit_cube(
    u: npt.ArrayLike,
    distributions: Mapping[str, Distribution],
    dim: str = "sample",
    limit: int = LIMIT,
    as_text: Collection[str] = (),
) -> Points:
    """Points of a design that somebody else made in the unit cube, such as Saltelli's."""
    return product([group_from_unit_cube(u, distributions, dim, None, as_text)], limit)


def sampled(
    distributions: Mapping[str, Distribution],
    samples: int,
    sampler: str = "sobol",
    seed: int = 0,
    dim: str = "sample",
    as_text: Collection[str] = (),
) -> Group:
    """One dimension of samples drawn from distributions.

    Axes of the cube go by the parameters' names in order, so that the order they are written in changes nothing.
    """
    names = sorted(distributions)
    cube = unit_cube(sampler, samples, names, seed)
    by_name = {name: cube[:, j] for j, name in enumerate(names)}
    about = {"sampler": sampler_named(sampler), "samples": samples, "seed": seed}
    ordered = np.stack([by_name[name] for name in distributions], axis=1)
    return group_from_unit_cube(ordered, distributions, dim, about, as_text)
