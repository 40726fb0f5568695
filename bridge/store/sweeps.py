"""Stored sweeps: which points a run had, what became of each, and their results as one Dataset.

A sweep keeps two groups beside its record, sealed like artifacts: ``points/plan`` from its beginning (the axes, and
the plan key of every execution), and ``points/result-N`` from the end of each attempt (content keys, states, errors).
While it runs, and where its driver was killed, results are found by their plans.
"""

from __future__ import annotations

import functools
import html
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.errors import BridgeError, UnknownName, did_you_mean
from bridge.kinds.measured import Array
from bridge.kinds.record import Port, Record
from bridge.store.artifact import Artifact, write
from bridge.store.recorded import SWEEP, refuse_lacking
from bridge.store.spaces.space import MARKER, Damaged, Space

if TYPE_CHECKING:
    import xarray

    from bridge.axes.points import Points
    from bridge.store.runs import Run
    from bridge.store.store import Store
    from bridge.store.view import Outputs

#: States of an execution as they are stored; a point is as far as its execution that is furthest from done.
WAITING, COMPUTED, FOUND, FAILED, BLOCKED = range(5)
_POINT = {WAITING: "missing", COMPUTED: "done", FOUND: "done", FAILED: "failed", BLOCKED: "not run"}
_RANK = {"done": 0, "not run": 1, "missing": 2, "failed": 3}
_STACKS = ("float", "int", "bool", "str", "choice", "array")
_LONGEST = 500  # characters kept of an error

Tables = dict[str, np.ndarray]


def folder_of(run: str, what: str = "") -> str:
    """Where a run's tables of points are."""
    return f"runs/{run}/points/{what}".rstrip("/")


def keep(space: Space, run: str, what: str, tables: Mapping[str, np.ndarray], about: Mapping[str, Any]) -> None:
    """Commit arrays by name, with what they mean."""
    names = list(tables)
    ports = tuple(
        Port(f"table{i}", Array(tables[name].dtype.name, "1", tuple(f"table{i}_{d}" for d in range(tables[name].ndim))))
        for i, name in enumerate(names)
    )
    values = {port.name: np.ascontiguousarray(tables[name]) for port, name in zip(ports, names, strict=True)}
    write(space, folder_of(run, what), Record(ports), values, {**about, "tables": names})


def kept(space: Space, run: str, what: str) -> tuple[Tables, dict[str, Any]]:
    """The arrays that were committed, and what they mean. Raises Damaged."""
    artifact = Artifact(space, folder_of(run, what))
    names = artifact.about.get("tables")
    if not isinstance(names, list) or len(names) != len(artifact.ports):
        raise Damaged(f"{artifact.where} does not describe points of a sweep.")
    return {name: artifact.value((f"table{i}",)) for i, name in enumerate(names)}, artifact.about


def clipped(error: str) -> str:
    """An error as it is stored."""
    return error if len(error) <= _LONGEST else error[: _LONGEST - 1] + "…"


class Sweep:
    """The points of a stored run and their results: ``sweep.to_xarray()["strain_rate"]``."""

    def __init__(self, run: Run) -> None:
        if "sweep" not in run.about:
            raise BridgeError(f"run {run.id} is no sweep: it has one point. Write run['stage'].port.")
        refuse_lacking(run, "sweep", SWEEP)
        self.run = run
        self.store: Store = run.store

    @property
    def id(self) -> str:
        """Name of the run."""
        return self.run.id

    @property
    def state(self) -> str:
        """State of the run."""
        return self.run.state

    @functools.cached_property
    def _plan(self) -> tuple[Tables, dict[str, Any]]:
        if self.run.space.size(f"{folder_of(self.id, 'plan')}/{MARKER}") is None:
            raise BridgeError(f"sweep {self.id} was cut off before it had begun: launch it again.")
        return kept(self.run.space, self.id, "plan")

    @functools.cached_property
    def points(self) -> Points:
        """What was varied."""
        from bridge.axes.points import points_from

        tables, about = self._plan
        return points_from({k[5:]: v for k, v in tables.items() if k.startswith("axes ")}, about["axes"])

    @property
    def stages(self) -> list[str]:
        """Names of the stages, in the order of the flow."""
        return list(self._plan[1]["stages"])

    @functools.cached_property
    def _result(self) -> tuple[Tables, dict[str, Any]] | None:
        """What the last attempt said at its end."""
        prefix = "result-"
        there = [c.rstrip("/") for c in self.run.space.children(folder_of(self.id)) if c.startswith(prefix)]
        numbers = sorted(int(name[len(prefix) :]) for name in there if name[len(prefix) :].isdigit())
        for number in reversed(numbers):
            if self.run.space.size(f"{folder_of(self.id)}/{prefix}{number}/{MARKER}") is not None:
                return kept(self.run.space, self.id, f"{prefix}{number}")
        return None

    @functools.cached_property
    def _executions(self) -> tuple[np.ndarray, np.ndarray, dict[int, str]]:
        """Content keys, states and errors of all executions: what the last attempt said, and for the rest, the store.

        So a sweep can be looked at while it runs, and after its driver was killed.
        """
        plans = self._plan[0]["plans"]
        keys, states = np.zeros(plans.shape, np.uint8), np.full(len(plans), WAITING, np.uint8)
        errors: dict[int, str] = {}
        if self._result is not None:
            tables, about = self._result
            said = [*about["errors"], "more kinds of errors than are kept"]
            failed, codes = tables["failed"].tolist(), tables["errors"].tolist()
            errors = {number: said[code] for number, code in zip(failed, codes, strict=True)}
            keys, states = tables["keys"].copy(), tables["states"].copy()
        text, rest = plans.tobytes().hex(), np.flatnonzero((states != COMPUTED) & (states != FOUND)).tolist()
        wanted = {number: text[64 * number : 64 * number + 64] for number in rest}
        found = self.store.planned_many(wanted.values())
        for number, plan in wanted.items():
            if plan in found:
                keys[number] = np.frombuffer(bytes.fromhex(found[plan]), np.uint8)
                states[number] = FOUND
        return keys, states, errors

    def at(self, stage: str) -> np.ndarray:
        """For every point the number of the execution that its stage is, -1 where its chain has no such stage."""
        if stage not in self.stages:
            raise UnknownName(f"sweep {self.id} has no stage {stage!r}. {did_you_mean(stage, self.stages)}")
        return np.asarray(self._plan[0][f"at {self.stages.index(stage)}"])

    @functools.cached_property
    def status(self) -> np.ndarray:
        """``done``, ``failed``, ``not run`` (a stage before it failed) or ``missing``, point by point."""
        _, states, _ = self._executions
        found = status_of(states, [self.at(stage) for stage in self.stages], self.points.size)
        return np.asarray(found.reshape(self.points.shape))

    @property
    def counts(self) -> dict[str, int]:
        """Points by their status."""
        return counted(self.status)

    def errors(self, most: int | None = None) -> Iterator[tuple[int, str]]:
        """Number of every failed point, and what its stage said; ``most`` at most."""
        _, _, errors = self._executions
        at = [self.at(stage) for stage in self.stages]
        for point in np.flatnonzero(self.status.ravel() == "failed")[:most].tolist():
            yield point, next((errors[int(ids[point])] for ids in at if int(ids[point]) in errors), "failed")

    def keys(self, stage: str) -> list[str | None]:
        """Content key of a stage's results at every point; None where there is none."""
        keys, states, _ = self._executions
        text = keys.tobytes().hex()
        good = (states == COMPUTED) | (states == FOUND)
        return [text[64 * n : 64 * n + 64] if n >= 0 and good[n] else None for n in self.at(stage).tolist()]

    def __len__(self) -> int:
        return self.points.size

    def __repr__(self) -> str:
        dims = ", ".join(f"{name}: {size}" for name, size in self.points.dims.items())
        counts = ", ".join(f"{count} {name}" for name, count in self.counts.items())
        return f"<sweep {self.id}: {self.run.flow} over ({dims}), {counts}>"

    def _repr_html_(self) -> str:
        counts = ", ".join(f"{count:,} {name}" for name, count in self.counts.items())
        head = f"sweep {self.id}: {self.run.flow}, {self.run.state}, {counts}"
        return f"<p>{html.escape(head)}</p>{self.to_xarray()._repr_html_()}"

    def at_point(self, number: int) -> dict[str, Outputs]:
        """What every stage gave at one point, as a run of its own would show it. Raises IndexError, and Damaged."""
        from bridge.store.view import Outputs

        if not 0 <= number < len(self):
            raise IndexError(f"sweep {self.id} has {len(self)} points, and none of number {number}.")
        keys, states, _ = self._executions
        found = {}
        for stage in self.stages:
            at = int(self.at(stage)[number])
            if at >= 0 and states[at] in (COMPUTED, FOUND):
                found[stage] = Outputs(self.store.open(keys[at].tobytes().hex()), stage)
        return found

    # Results

    def to_xarray(self, stage: str | None = None) -> xarray.Dataset:
        """Outputs of all stages, or of one, over the axes, with ``units`` attributes and the ``status`` of each point.

        An output is named like its port, or ``stage.port`` where two stages have it. Where a point has none, numbers
        are NaN and texts empty. Files and structures, and arrays whose shape differs between points, are left out:
        the attribute ``left_out`` names them. Raises UnknownName, and Damaged.
        """
        from bridge.store.sweepdata import dataset

        return dataset(self, self.stages if stage is None else [stage])


def status_of(states: np.ndarray, at: Sequence[np.ndarray], points: int) -> np.ndarray:
    """What became of each point, given its execution of every stage, -1 where its chain has no such stage."""
    rank = np.array([_RANK[_POINT[state]] for state in range(5)], np.uint8)
    worst = np.zeros(points, np.uint8)
    for ids in at:
        worst[ids >= 0] = np.maximum(worst[ids >= 0], rank[states[ids[ids >= 0]]])
    return np.asarray(np.array(sorted(_RANK, key=lambda name: _RANK[name]))[worst])


def counted(status: np.ndarray) -> dict[str, int]:
    """Points by their status."""
    names, counts = np.unique(status, return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def leaves(ports: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Path and description of every output that is no record."""
    for name, spec in ports.items():
        if "fields" in spec:
            yield from leaves(spec["fields"], (*above, name))
        else:
            yield (*above, name), spec


def stacks(spec: Mapping[str, Any]) -> bool:
    """Whether outputs of this description stack along points."""
    return spec.get("kind") in _STACKS


def distinct_of(at: np.ndarray, good: np.ndarray) -> np.ndarray:
    """Executions that points have and that came to something, each once."""
    mine = np.unique(at[at >= 0])
    return np.asarray(mine[good[mine]])


def tables_of(points: Points, plans: np.ndarray, at: Sequence[np.ndarray]) -> tuple[Tables, list[dict[str, Any]]]:
    """The tables of ``points/plan``, and what is said of the axes."""
    arrays, axes = points.arrays()
    tables = {f"axes {name}": array for name, array in arrays.items()}
    return {"plans": plans, **tables, **{f"at {i}": ids for i, ids in enumerate(at)}}, axes
