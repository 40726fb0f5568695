"""Why each stage of a run was found in the store, or had to be computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bridge.errors import UnknownName, did_you_mean
from bridge.inspect.explain.differences import NOTHING, differences, gap, nearest
from bridge.inspect.explain.readings import Readings, entries_of
from bridge.store.artifact import Artifact
from bridge.store.runs import Run

#: Earlier runs that are asked whether they had an artifact that had to be computed again.
ASKED = 100


def why(run: Run, stage: str | None = None, earlier: Iterable[Run] = ()) -> dict[str, Any]:
    """Explain every stage of a run, or one of them, in JSON. Raises UnknownName.

    ``earlier`` are runs that are asked whether they already had what this one computed.
    """
    stages = run.stages
    if stage is not None and stage not in stages:
        raise UnknownName(f"run {run.id} has no stage {stage!r}. {did_you_mean(stage, stages)}")
    one = _Reasons(run, stages, [before for before in earlier if before.id < run.id][:ASKED])
    return {
        "id": run.id,
        "flow": run.flow,
        "state": run.state,
        "parameters": run.parameters,
        "stages": [one.of(name) for name in stages if stage in (None, name)],
        "unreadable": one.readings.unreadable,
    }


class _Reasons:
    """What is asked of one run, with the artifacts that were opened on the way."""

    def __init__(self, run: Run, stages: Mapping[str, dict[str, Any]], earlier: list[Run]) -> None:
        self.run, self.stages, self.readings = run, stages, Readings(run.store)
        self._earlier = earlier
        self._had: dict[str, str] | None = None
        self._worked: set[str] = set()  # stages that went to a worker, since the run was last resumed
        self._computed_once: set[str] = set()
        for event in run.events:
            if event["state"] == "resumed":
                self._worked.clear()
            elif event["state"] == "running":
                self._worked.add(event["stage"])
            elif event["state"] == "computed":
                self._computed_once.add(event["stage"])

    def of(self, name: str) -> dict[str, Any]:
        """Explain one stage."""
        facts = self.stages[name]
        told = {"name": name, "model": facts.get("model"), "state": facts["state"]}
        if "key" not in facts or facts["state"] not in ("computed", "found"):
            return told | self._without(name, facts)
        artifact = self.readings.open(facts["key"])
        told["artifact"] = facts["key"]
        if artifact is None:
            return told | {"because": f"its artifact is gone or damaged: {self.readings.unreadable[facts['key']]}"}
        about = artifact.about
        told |= {"run": about["run"], "made": about["made"], "made_as": about["stage"]}
        return told | (self._found(name, artifact) if facts["state"] == "found" else self._computed(name, artifact))

    def _without(self, name: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        """A stage that has no outputs."""
        if facts["state"] == "not run":
            failed = [one for one in self._before(name) if self.stages[one]["state"] == "failed"]
            reason = f"{', '.join(failed)} before it failed" if failed else str(facts.get("error", ""))
            return {"because": reason}
        if "executions" in facts:  # a sweep's: its points have reasons of their own
            counts = ", ".join(f"{facts[fate]:,} {fate}" for fate in ("computed", "found", "failed") if facts[fate])
            return {"because": f"{facts['executions']:,} executions, of which {counts or 'none is done'}"}
        said = str(facts.get("error") or f"the run is {self.run.state}")
        return {"because": said.strip().splitlines()[0]}

    def _before(self, name: str) -> list[str]:
        """Every stage upstream of one, by the wires of the run."""
        wires = [(self._stage_of(edge["source"]), edge["target"].rpartition(".")[0]) for edge in self._edges]
        found: list[str] = []
        waiting = [name]
        while waiting:
            at = waiting.pop()
            new = [source for source, target in wires if target == at and source and source not in found]
            found += new
            waiting += new
        return [stage for stage in self.stages if stage in found]

    @property
    def _edges(self) -> list[dict[str, Any]]:
        return list(self.run.about["edges"])

    def _stage_of(self, source: str) -> str:
        """The stage an output belongs to; names may hold dots, so the longest that fits."""
        fits = [name for name in self.stages if source == name or source.startswith(name + ".")]
        return max(fits, key=len, default="")

    # Hits

    def _found(self, name: str, artifact: Artifact) -> dict[str, Any]:
        about, plan = artifact.about, self.stages[name].get("plan")
        if about["run"] == self.run.id:
            if about["stage"] != name:
                reason = f"computed by this run as the equal stage {about['stage']}"
            elif name in self._computed_once:
                reason = "computed by this run before it was resumed"
            else:
                reason = "computed by this run in an attempt whose answer was lost"
            return {"by": "plan" if self._by_plan(name) else "values", "because": f"found: {reason}"}
        if self._by_plan(name) or (plan is not None and plan == about["plan"]):
            return {"by": "plan", "because": "found by its plan key"}
        others = self._other_artifacts(name, about)
        reason = (
            "upstream was computed anew and gave the same values"
            if others
            else "it is planned in another way, with the same values"
        )
        return {"by": "values", "because": f"found by its content key: {reason}", "upstream": others}

    def _by_plan(self, name: str) -> bool:
        """Whether a stage was found before it went to a worker; early records do not say, but tell who worked."""
        by = self.stages[name].get("by")
        return name not in self._worked if by is None else bool(by == "plan")

    def _other_artifacts(self, name: str, about: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Inputs whose artifact is another one than when the stage was computed, though the value is the same."""
        told = []
        for port, facts in about["inputs"].items():
            old = [entry.artifact for entry in entries_of(facts)]
            sources = [edge["source"] for edge in self._edges if edge["target"] == f"{name}.{port}"]
            new = [str(self.stages[self._stage_of(source)].get("key", "")) for source in sources]
            told += [
                {"port": port, "from": source, "old": here, "new": there}
                for source, here, there in zip(sources, old, new, strict=False)
                if here != there
            ]
        return told

    # Misses

    def _computed(self, name: str, artifact: Artifact) -> dict[str, Any]:
        about = artifact.about
        if about["run"] != self.run.id:
            return {"because": f"computed here too: run {about['run']} worked on it at the same time and was first"}
        had = self._had_before(artifact.key)
        if had:
            return {"because": f"run {had} had it, and it was removed from the store since"}
        model = about["model"]
        before = [one for one in self.readings.made_by(model) if one.about["run"] < self.run.id]
        near = nearest((one for one in before if one.key != artifact.key), about, name)
        if near is None:
            return {"because": f"first time {model} runs in this store", "nearest": None, "differences": []}
        found = gap(near.about, about)
        told = differences(self.readings, near.about, about)
        facts = {"artifact": near.key, "run": near.about["run"], "made": near.about["made"]}
        return {
            "because": "; ".join(map(str, told)) or NOTHING,
            "nearest": facts | {"stage": near.about["stage"]},
            "alike": found.alike(about),
            "differences": [one.document() for one in told],
        }

    def _had_before(self, key: str) -> str | None:
        """An earlier run with this very artifact, which must have been removed meanwhile."""
        if self._had is None:
            pairs = ((facts.get("key"), run.id) for run in self._earlier[::-1] for facts in run.stages.values())
            self._had = {str(one): run for one, run in pairs if one}
        return self._had.get(key)
