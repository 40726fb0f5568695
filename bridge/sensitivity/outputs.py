"""Outputs to be analysed: single numbers of stages, or one number of each array."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.chain.chain import Chain, Stage
from bridge.errors import ContractError, UnknownName, did_you_mean
from bridge.kinds.discrete import Integer
from bridge.kinds.measured import Array, Number
from bridge.kinds.record import Port, Record
from bridge.sensitivity.analysis import Output
from bridge.store.sweepdata import dataset
from bridge.store.sweeps import Sweep
from bridge.units import to_root

#: One number of an array, over all of its dimensions.
REDUCTIONS: dict[str, Callable[..., Any]] = {"mean": np.mean, "sum": np.sum, "min": np.min, "max": np.max}
#: One element of an array of one dimension.
ELEMENTS = {"first": 0, "last": -1}


@dataclass(frozen=True)
class Wanted:
    """An output to be analysed: a path of ports, how an array becomes a number, and the port of its error."""

    stage: str
    path: tuple[str, ...]
    unit: str
    reduction: str | None = None
    error: tuple[tuple[str, ...], str] | None = None  # path and unit

    @property
    def name(self) -> str:
        """``stage.port`` or ``stage.port:mean``."""
        return ".".join((self.stage, *self.path)) + (f":{self.reduction}" if self.reduction else "")


def wanted(chain: Chain, written: Sequence[str] = ()) -> list[Wanted]:
    """The outputs that are meant: ``port``, ``stage``, ``stage.port`` or ``stage.port:mean``.

    Without any, every single number of the last stage. Raises UnknownName and ContractError.
    """
    stages = list(chain.stages.values())
    if written:
        return list(dict.fromkeys(one for text in written for one in _meant(stages, text)))
    found = [one for one in _all(stages[-1]) if one is not None]
    if not found:
        raise ContractError(
            f"stage {stages[-1].name!r} gives no single number. Write one with --output: {_known(stages)}."
        )
    return found


def _meant(stages: Sequence[Stage], text: str) -> list[Wanted]:
    name, colon, reduction = text.strip().partition(":")
    if colon and reduction not in (*REDUCTIONS, *ELEMENTS):
        known = [*REDUCTIONS, *ELEMENTS]
        raise UnknownName(f"{text!r}: an array is not reduced by {reduction!r}. {did_you_mean(reduction, known)}")
    for stage in stages:
        if name == stage.name:
            return list(_all(stage))
    found = [
        one
        for stage in stages
        for path, port, beside in _leaves(stage.model.outputs)
        if name in (".".join(path), ".".join((stage.name, *path)))
        for one in [_one(stage, path, port, beside, reduction or None, text)]
    ]
    if not found:
        ports = [(stage.name, ".".join(path)) for stage in stages for path, _, _ in _leaves(stage.model.outputs)]
        known = [f"{at}.{port}" for at, port in ports] + ([port for _, port in ports] if "." not in name else [])
        raise UnknownName(f"no stage gives {name!r}. {did_you_mean(name, known)}")
    if len(found) > 1:
        raise ContractError(f"{name!r} is an output of {len(found)} stages: write {found[0].name} or {found[1].name}.")
    return found


def _one(stage: Stage, path: tuple[str, ...], port: Port, beside: Record, reduction: str | None, text: str) -> Wanted:
    kind = port.kind
    if isinstance(kind, Array):
        if reduction is None:
            raise ContractError(
                f"{text} is {kind}: analyse one number of it, such as --output {text}:mean "
                f"({', '.join([*REDUCTIONS, *ELEMENTS])})."
            )
        if reduction in ELEMENTS and len(kind.dims) != 1:
            raise ContractError(f"{text}: an array of ({', '.join(kind.dims)}) has no {reduction}: write :mean.")
    elif not isinstance(kind, (Number, Integer)):
        raise ContractError(f"{text} is {kind}, and no number: its variance is none.")
    elif reduction is not None:
        raise ContractError(f"{text}: {kind} is one number already: write --output {text.partition(':')[0]}.")
    error = None if reduction in REDUCTIONS else _error(path, beside)  # elements of an array may be correlated
    return Wanted(stage.name, path, kind.unit or "1", reduction, error)


def _all(stage: Stage) -> Iterator[Wanted]:
    """Every single number of a stage that is no other's standard error."""
    for path, port, beside in _leaves(stage.model.outputs):
        if isinstance(port.kind, (Number, Integer)) and port.standard_error_of is None:
            yield Wanted(stage.name, path, port.kind.unit or "1", None, _error(path, beside))


def _leaves(record: Record, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Port, Record]]:
    """Every port that is no record, with its path and the record it is in."""
    for port in record.ports:
        if isinstance(port.kind, Record):
            yield from _leaves(port.kind, (*above, port.name))
        else:
            yield (*above, port.name), port, record


def _error(path: tuple[str, ...], beside: Record) -> tuple[tuple[str, ...], str] | None:
    for port in beside.ports:
        if port.standard_error_of == path[-1]:
            return (*path[:-1], port.name), str(port.kind.unit)
    return None


def _known(stages: Iterable[Stage]) -> str:
    names = [one.name for stage in stages for one in _all(stage)]
    arrays = [
        ".".join((stage.name, *path)) + ":mean"
        for stage in stages
        for path, port, _ in _leaves(stage.model.outputs)
        if isinstance(port.kind, Array)
    ]
    shown = (names + arrays)[:6]
    return ", ".join(shown) if shown else "no stage of the flow gives a number"


def values_of(sweep: Sweep, outputs: Sequence[Wanted]) -> list[Output]:
    """The values of outputs at all points of a sweep, NaN where there are none."""
    found = []
    for stage in dict.fromkeys(output.stage for output in outputs):
        scalars = all(one.reduction is None for one in outputs if one.stage == stage)
        data = dataset(sweep, [stage], numbers=scalars)
        for output in (one for one in outputs if one.stage == stage):
            values = _reduced(_variable(data, output.stage, output.path, len(sweep)), output.reduction)
            errors = None
            if output.error is not None:
                path, unit = output.error
                ratio = float(to_root(unit)[0] / to_root(output.unit)[0])  # a difference: no offset
                errors = ratio * _reduced(_variable(data, output.stage, path, len(sweep)), output.reduction)
            found.append(Output(output.name, output.stage, output.unit, values, errors))
    return found


def _variable(data: Any, stage: str, path: tuple[str, ...], size: int) -> Any:
    """An output at every point; NaN throughout where no point has one."""
    plain = ".".join(path)
    for name in (f"{stage}.{plain}", plain):
        if name in data.data_vars:
            return np.asarray(data[name].values, float)
    return np.full(size, np.nan)


def _reduced(values: Any, reduction: str | None) -> Any:
    if reduction is None or values.ndim == 1:
        return values
    if reduction in ELEMENTS:
        return values[:, ELEMENTS[reduction]]
    return REDUCTIONS[reduction](values.reshape(len(values), -1), axis=1)
