"""A stored sweep as people look at it: what its outputs are, what went wrong, and numbers only where they are drawn."""

from __future__ import annotations

import functools
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from bridge.errors import BridgeError, ContractError, UnknownName, did_you_mean
from bridge.store.runs import Run
from bridge.store.sweeps import COMPUTED, FOUND, Sweep, leaves
from bridge.store.view import Outputs

Floats = npt.NDArray[np.float64]
T = TypeVar("T")
Places = npt.NDArray[np.int64]

#: Points of a sweep of which an output is read whole, and kept; of more, what is drawn is.
WHOLE = 20_000
#: Sweeps that are over and stay open, and outputs and pictures of one that are kept.
_SWEEPS, _OUTPUTS, _PICTURES = 8, 32, 12
_NUMBERS = ("float", "int", "bool")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Output:
    """A number that a stage gives at every point, and its standard error if it has one."""

    stage: str
    path: tuple[str, ...]
    unit: str | None
    error: tuple[str, ...] | None = None
    error_unit: str | None = None

    @property
    def name(self) -> str:
        """How it is asked for: ``stage.port`` or ``stage.record.field``."""
        return f"{self.stage}.{'.'.join(self.path)}"


class Survey:
    """A sweep that is read as far as it is looked at. Raises BridgeError for a run that is none, or never began."""

    def __init__(self, run: Run) -> None:
        self.sweep = Sweep(run)
        self.points = self.sweep.points
        self.shape = self.points.shape
        #: Stages of which nothing could be read, and why.
        self.unread: dict[str, str] = {}
        self._kept: OrderedDict[Output, Floats] = OrderedDict()
        self._made: OrderedDict[Any, Any] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self.points.size

    @functools.cached_property
    def status(self) -> npt.NDArray[Any]:
        """What became of each point, in the order of their numbers."""
        return self.sweep.status.ravel()

    @functools.cached_property
    def counts(self) -> dict[str, int]:
        """Points by what became of them."""
        return self.sweep.counts

    @functools.cached_property
    def errors(self) -> dict[int, str]:
        """What was said at every point that failed."""
        return dict(self.sweep.errors())

    @functools.cached_property
    def kinds_of_errors(self) -> list[tuple[str, list[int]]]:
        """What was said first, and its points, the most frequent first; texts that differ in numbers are of a kind."""
        found: dict[str, list[int]] = {}
        kinds = {said: _NUMBER.sub("#", said) for said in set(self.errors.values())}
        for point, said in self.errors.items():
            found.setdefault(kinds[said], []).append(point)
        return sorted(((self.errors[points[0]], points) for points in found.values()), key=lambda one: -len(one[1]))

    @functools.cached_property
    def outputs(self) -> tuple[Output, ...]:
        """The numbers of all stages that have come to anything, the last stage's first."""
        return tuple(output for stage in reversed(self.sweep.stages) for output in self._outputs(stage))

    def _outputs(self, stage: str) -> list[Output]:
        first = next((key for key in self._keys(stage) if key), None)
        if first is None:
            return []
        try:
            found = list(leaves(self.sweep.store.open(first).ports))
        except BridgeError as reason:
            self.unread[stage] = str(reason)
            return []
        numbers = {path: spec for path, spec in found if spec.get("kind") in _NUMBERS}
        errors = {
            (*path[:-1], str(spec["standard_error_of"])): path
            for path, spec in numbers.items()
            if "standard_error_of" in spec
        }
        return [
            Output(stage, path, spec.get("unit"), error, numbers[error].get("unit") if error else None)
            for path, spec in numbers.items()
            if "standard_error_of" not in spec
            for error in [errors.get(path)]
        ]

    def called(self, output: Output) -> str:
        """An output without its stage, if no other stage has one of that name."""
        alike = sum(other.path == output.path for other in self.outputs)
        return ".".join(output.path) if alike == 1 else output.name

    def output(self, name: str) -> Output:
        """An output by its name. Raises UnknownName."""
        known = {output.name: output for output in self.outputs}
        if name not in known:
            raise UnknownName(f"sweep {self.sweep.id} has no number {name[:120]!r}. {did_you_mean(name[:120], known)}")
        return known[name]

    def numbers(self, output: Output, at: Places) -> Floats:
        """An output at points, NaN where a point has none. Raises Damaged, and ContractError where it is no number."""
        if len(self) > WHOLE:
            return self._read(output.stage, output.path, at)
        with self._lock:
            if output not in self._kept:
                self._kept[output] = self._read(output.stage, output.path, np.arange(len(self)))
            self._kept.move_to_end(output)
            while len(self._kept) > _OUTPUTS:
                self._kept.popitem(last=False)
            return np.asarray(self._kept[output][at])

    def deviations(self, output: Output, at: Places) -> Floats | None:
        """Its standard error at points, in the output's own unit; None where it has none."""
        from bridge.units import to_root

        if output.error is None:
            return None
        found = self.numbers(Output(output.stage, output.error, output.error_unit), at)
        return found * float(to_root(output.error_unit or "1")[0] / to_root(output.unit or "1")[0])

    def _keys(self, stage: str) -> Sequence[str | None]:
        return self.sweep.keys(stage)

    def _read(self, stage: str, path: tuple[str, ...], at: Places) -> Floats:
        contents, states, _ = self.sweep._executions
        executions = self.sweep.at(stage)[at]
        good = (executions >= 0) & np.isin(states[executions], (COMPUTED, FOUND))
        mine, places = np.unique(executions[good], return_inverse=True)
        found = np.full(len(at), np.nan)
        if len(mine):
            keys = [contents[number].tobytes().hex() for number in mine]
            try:
                values = self.sweep.store.values_many(keys, path)
                found[good] = np.array(values, np.float64)[places]
            except (KeyError, TypeError, ValueError, OverflowError):  # the model of this stage is itself an axis
                said = f"{stage}.{'.'.join(path)} is not one number at every point: its models give different outputs."
                raise ContractError(said) from None
        return found

    def outputs_at(self, stage: str, number: int) -> Outputs | None:
        """What a stage gave at one point; None where it gave nothing. Raises Damaged."""
        contents, states, _ = self.sweep._executions
        execution = int(self.sweep.at(stage)[number])
        if execution < 0 or states[execution] not in (COMPUTED, FOUND):
            return None
        return Outputs(self.sweep.store.open(contents[execution].tobytes().hex()), stage)

    def once(self, asked: Any, make: Callable[[], T]) -> T:
        """What was made for the same question before, or is made now: the last few are kept."""
        with self._lock:
            if asked in self._made:
                self._made.move_to_end(asked)
                return self._made[asked]  # type: ignore[no-any-return]
        found = make()
        with self._lock:
            self._made[asked] = found
            while len(self._made) > _PICTURES:
                self._made.popitem(last=False)
        return found

    def column(self, name: str, at: Places) -> tuple[Floats, tuple[str, ...] | None]:
        """A parameter at points: its numbers, or places among its words. Raises UnknownName."""
        columns = self.points.columns
        if name not in columns:
            raise UnknownName(
                f"sweep {self.sweep.id} varies no parameter {name[:120]!r}. {did_you_mean(name[:120], columns)}"
            )
        values, index = columns[name].values, self.points.places(name)[at]
        if values.dtype.kind in "iuf":
            return np.asarray(values[index], np.float64), None
        return index.astype(np.float64), tuple(columns[name].text(i) for i in range(len(values)))


_open: OrderedDict[tuple[Any, ...], Survey] = OrderedDict()
_opening = threading.Lock()


def survey_of(run: Run) -> Survey:
    """The survey of a run; of one that is over it is kept for the next page, one underway is read anew."""
    over: Mapping[str, Any] = run.about
    if "ended" not in over:
        return Survey(run)
    key = (run.store.address, run.id, over["ended"], over.get("resumed", 0))
    with _opening:
        if key in _open:
            _open.move_to_end(key)
            return _open[key]
    made = Survey(run)
    with _opening:
        _open[key] = made
        while len(_open) > _SWEEPS:
            _open.popitem(last=False)
    return made
