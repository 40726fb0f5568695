"""A sweep made ready: every point checked and every execution known, nothing run; then its run, with its record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.chain.chain import Chain
from bridge.errors import BridgeError, UnknownName, did_you_mean
from bridge.run.check import body_of, check_with
from bridge.run.plan import plan_keys
from bridge.run.provenance import provenance
from bridge.run.stopping import Stop, arm
from bridge.run.sweeps.driving import Driving, Submit
from bridge.run.sweeps.executions import Executions
from bridge.run.sweeps.templates import Entries, templates
from bridge.run.underway import Underway
from bridge.store.runlog import Listener
from bridge.store.store import Store
from bridge.store.sweeps import COMPUTED, FAILED, FOUND, clipped, counted, keep, status_of, tables_of

if TYPE_CHECKING:
    from bridge.axes.points import Points
    from bridge.run.cluster import Cluster
    from bridge.store.runs import Run

#: Points that are also traced by themselves, to see that the template says the same.
_PROBED = 6
#: Plans that are looked up before anything else, to know whether a cluster is needed.
_FIRST = 256
#: Different errors that are kept.
_ERRORS = 1000


class _Looking(Thread):
    """Something looked up in a thread of its own."""

    def __init__(self, look: Callable[[], Driving]) -> None:
        super().__init__(daemon=True)
        self._look, self._found, self._failed = look, list[Driving](), list[BaseException]()
        self.start()

    def run(self) -> None:
        """Look it up."""
        try:
            self._found.append(self._look())
        except BaseException as reason:
            self._failed.append(reason)

    def result(self) -> Driving:
        """What was found, once it is. Raises what looking raised."""
        self.join()
        if self._failed:
            raise self._failed[0]
        return self._found[0]


@dataclass
class Prepared:
    """A sweep ready to run."""

    flow: Any
    points: Points
    fixed: Mapping[str, Any]
    executions: Executions
    store: Store
    cluster: Cluster | None = None
    listener: Listener | None = None
    label: Mapping[str, Any] = field(default_factory=dict)
    failures: int | None = None
    again: Run | None = None
    stop: Stop = field(default_factory=Stop)
    driving: Driving | None = None
    run: str | None = None
    _looking: _Looking | None = None

    @property
    def name(self) -> str:
        """Name of the flow."""
        return body_of(self.flow)[1]

    @property
    def chain(self) -> Chain:
        """The stages of all templates."""
        chain = Chain()
        for template in self.executions.templates:
            chain.stages.update(template.chain.stages)
        return chain

    @property
    def bound(self) -> int:
        """Failed executions that a sweep goes on past: a tenth of its points, and never fewer than ten."""
        return max(10, self.points.size // 10) if self.failures is None else self.failures

    def find(self) -> Driving:
        """Look up what is in the store."""
        if self._looking is None:
            self._looking = _Looking(self._find)
        self.driving = self._looking.result()
        return self.driving

    def _find(self) -> Driving:
        driving = Driving(self.executions, self.store, self.bound)
        driving.find()
        return driving

    def missing(self) -> bool:
        """Whether something has to be computed; where the first plans say so, the others are looked up meanwhile."""
        first = self.executions.plans(np.arange(min(_FIRST, len(self.executions))))
        if len(self.store.planned_many(first)) == len(first):
            return self.find().missing > 0
        self._looking = _Looking(self._find)
        return True

    def cost(self) -> list[dict[str, Any]]:
        """Stage by stage: points that have it, distinct executions, and how many of them are in the store."""
        self.find()
        told = []
        for stage in self.executions.stages():
            at = self.executions.at_points(stage)
            mine = np.unique(at[at >= 0])
            found = int((self.executions.state[mine] == FOUND).sum())
            told.append({"stage": stage, "points": int((at >= 0).sum()), "executions": len(mine), "found": found})
        return told

    # The run

    def drive(self, submit: Callable[[Any], Any], page: Callable[..., None]) -> dict[str, Any]:
        """Run the sweep, with its record; counts come back. Raises what ends it before its end."""
        if self.cluster is None:
            raise BridgeError("a sweep was prepared without a cluster")
        arm(self.stop)
        driving = self.find()
        again = self.again.id if self.again else None
        underway = Underway(self.store, self._about(), self.listener, resume=again, stop=self.stop)
        self.run = underway.log.id
        if self.listener:
            planned = {"run": self.run, "stages": self.executions.stages(), "points": self.points.size}
            self.listener({"stage": "", "state": "planned", **planned})
        try:
            if not again:
                self._keep_plan()
            driving.drive(self.cluster, underway, submit, lambda progress: self._told(progress, page))
        except BaseException as reason:
            with suppress(BridgeError):
                self._keep_result(underway)
            underway.close("interrupted", cost=driving.cost, failure=f"{type(reason).__name__}: {reason}")
            raise
        page(driving.progress(), last=True)
        for told in self._by_stage():
            underway.log.event(told.pop("stage"), told.pop("state"), **told)
        self._keep_result(underway)
        return self._close(underway, driving)

    def _close(self, underway: Underway, driving: Driving) -> dict[str, Any]:
        progress = driving.progress()
        counts = {name: progress[name] for name in ("executions", "computed", "found", "failed")}
        failed = progress["failed"]
        if failed > self.bound:
            said = f"stopped after {failed} failures: more than {self.bound}, the bound given by failures"
        else:
            said = f"{failed} of {len(self.executions)} executions failed"
        state, why = ("failed", {"failure": said}) if failed or progress["waiting"] else ("completed", {})
        sweep = underway.log.about["sweep"] | {"counts": counts, "status": self._status()}
        underway.close(state, cost=driving.cost, sweep=sweep, **why)
        return counts

    def _status(self) -> dict[str, int]:
        at = [self.executions.at_points(stage) for stage in self.executions.stages()]
        return counted(status_of(self.executions.state, at, self.points.size))

    def _told(self, progress: Mapping[str, Any], page: Callable[..., None]) -> None:
        page(progress)
        if self.listener:
            self.listener({"stage": "", "state": "progress", **progress})

    def _by_stage(self) -> Iterable[dict[str, Any]]:
        """What became of each stage."""
        for told in self.cost():
            at = self.executions.at_points(told["stage"])
            states = np.bincount(self.executions.state[np.unique(at[at >= 0])], minlength=5)
            state = "failed" if states[FAILED] else "computed" if states[COMPUTED] else "found"
            counts = {"computed": int(states[COMPUTED]), "found": int(states[FOUND]), "failed": int(states[FAILED])}
            yield {"stage": told["stage"], "state": state, "executions": told["executions"], **counts}

    # The record

    def _about(self) -> dict[str, Any]:
        assert self.cluster is not None
        about = provenance(self.flow, self.fixed, self.chain, self.cluster.name)
        about["parameters"] = {k: v for k, v in about["parameters"].items() if k not in self.points.columns}
        told = self.cost()
        executions, found = ({one["stage"]: one[what] for one in told} for what in ("executions", "found"))
        sweep = {"points": self.points.size, "axes": self.points.describe(), "executions": executions, "found": found}
        return {**about, **self.label, "sweep": {**sweep, "failures": self.bound}}

    def _keep_plan(self) -> None:
        executions, stages = self.executions, self.executions.stages()
        plans = np.concatenate(
            [use.keys[executions.place_of[executions.use_of == n]] for n, use in enumerate(executions.uses)]
        )
        tables, axes = tables_of(self.points, plans, [executions.at_points(stage) for stage in stages])
        keep(self.store.space, str(self.run), "plan", tables, {"stages": stages, "axes": axes})

    def _keep_result(self, underway: Underway) -> None:
        assert self.driving is not None
        executions, errors = self.executions, self.driving.errors
        texts = list(dict.fromkeys(map(clipped, errors.values())))[:_ERRORS]
        number = {text: code for code, text in enumerate(texts)}
        codes = [number.get(clipped(text), len(texts)) for text in errors.values()]
        tables: dict[str, np.ndarray] = {
            "keys": executions.content,
            "states": executions.state,
            "failed": np.array(list(errors), np.int32),
            "errors": np.array(codes, np.int32),
        }
        attempt = underway.log.about.get("resumed", 0)
        keep(self.store.space, underway.log.id, f"result-{attempt}", tables, {"errors": texts})


def prepare(flow: Any, points: Points, fixed: Mapping[str, Any], store: Store, **more: Any) -> Prepared:
    """Check a flow at all points and plan every execution. Raises what the contract refuses."""
    executions = _executions(flow, points, fixed, whole=False)
    if not _agree(executions, flow, points, fixed):
        executions = _executions(flow, points, fixed, whole=True)
    return Prepared(flow, points, fixed, executions, store, **more)


def _executions(flow: Any, points: Points, fixed: Mapping[str, Any], whole: bool) -> Executions:
    return Executions(templates(flow, points, fixed, whole), points, Entries(flow, points, fixed))


def _agree(executions: Executions, flow: Any, points: Points, fixed: Mapping[str, Any]) -> bool:
    """Whether points that are traced by themselves have the plan keys that the template gave them.

    A body may ask ``is None`` or ``isinstance`` of a parameter, which no value can take note of.
    """
    numbers = np.unique(np.linspace(0, points.size - 1, min(_PROBED, points.size)).astype(int))
    at = {stage: executions.at_points(stage) for stage in executions.stages()}
    for number in numbers.tolist():
        plans = plan_keys(check_with(flow, {**fixed, **points.at(number)}))
        there = {stage: ids[number] for stage, ids in at.items() if ids[number] >= 0}
        known = dict(zip(there, executions.plans(np.array(list(there.values()), int)), strict=True))
        if plans != known:
            return False
    return True


def prepare_written(flow: str, axes: Mapping[str, Any], options: Mapping[str, Any]) -> Prepared:
    """The sweep that texts describe, for a deployment. Raises what the contract refuses."""
    from bridge.run.cluster import connect
    from bridge.run.flowfile import load_flow
    from bridge.run.sweeps.written import OPTIONS, read

    for option in options:
        if option not in OPTIONS:
            raise UnknownName(f"a sweep has no option {option!r}. {did_you_mean(option, OPTIONS)}")
    loaded, store = load_flow(flow), Store()
    store.prepare()
    points, fixed = read(loaded, axes, options)
    cluster = connect(str(options.get("cluster") or getattr(loaded.task_runner, "cluster", "local")))
    return prepare(loaded, points, fixed, store, cluster=cluster, failures=options.get("failures"))


__all__ = ["Prepared", "Submit", "prepare", "prepare_written"]
