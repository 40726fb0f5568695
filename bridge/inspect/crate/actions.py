"""What happened in the metadata: the run, its stages, what entered them and what came out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bridge.inspect.crate.contents import Contents, stages_of
from bridge.inspect.crate.graph import Graph, Reference, references
from bridge.inspect.crate.layout import STORE, identifier
from bridge.inspect.crate.values import named, value, written
from bridge.inspect.crate.workflow import axes_of, ends, into, last_stages, out, tool
from bridge.store.artifact import Artifact
from bridge.store.carried.carried import Carried
from bridge.store.runs import Run
from bridge.store.store import artifact_of
from bridge.store.sweeps import Sweep
from bridge.store.view import leaves

_DONE, _FAILED = "http://schema.org/CompletedActionStatus", "http://schema.org/FailedActionStatus"


class Actions:
    """The actions of one run, as they are added to a graph."""

    def __init__(
        self,
        graph: Graph,
        run: Run,
        contents: Contents,
        carried: Carried,
        samples: Mapping[str, Artifact],
        agent: Reference | None,
    ) -> None:
        self.graph, self.run, self.contents, self.carried = graph, run, contents, carried
        self.samples, self.agent = samples, agent
        #: Slots that files and folders of the crate fill, by path.
        self.fills: dict[str, list[str]] = {}
        self._results: dict[str, list[Reference]] = {}
        self._at: dict[tuple[str, str], Reference] = {}
        self._last = set(last_stages(run))
        self._taken = self._inputs()

    def add(self) -> list[Reference]:
        """Add every action; references to them come back, that to the run first."""
        parameters = self._parameters()
        controls, done = [], []
        facts = self.run.stages
        for stage in self.run.about["stages"]:
            name = stage["name"]
            if name in self.samples:
                self._results[name] = self._swept(name) if "sweep" in self.run.about else self._stage(name)
        for stage in self.run.about["stages"]:
            action = self._action(stage, facts[stage["name"]])
            if action is not None:
                done.append(action)
                controls.append(self._control(stage["name"], action, facts[stage["name"]]))
        results = [one for name in self._results if name in self._last for one in self._results[name]]
        files = [*self.contents.tables, *self.contents.pictures]
        whole = self.graph.add(
            named("run", self.run.id),
            "CreateAction",
            name=f"Run {self.run.id} of the flow {self.run.flow}",
            description=f"{self.run.flow}({', '.join(f'{k}={v!r}' for k, v in self.run.parameters.items())})",
            instrument={"@id": identifier(self.contents.workflow)},
            object=parameters,
            result=references([one["@id"] for one in results] + [identifier(path) for path in files]),
            **self._ended(),
        )
        return [whole, *self._engine(whole, controls), *controls, *done]

    def _ended(self) -> dict[str, Any]:
        """When the run began and ended, how, and who ran it."""
        state, about = self.run.state, self.run.about
        good = state == "completed"
        return {
            "startTime": about["started"],
            "endTime": about.get("ended"),
            "actionStatus": _DONE if good else _FAILED,
            "error": None if good else str(about.get("failure") or state),
            "agent": self.agent,
        }

    def _engine(self, whole: Reference, controls: list[Reference]) -> list[Reference]:
        if not controls:  # the profile wants at least one
            return []
        version = str(self.run.about.get("versions", {}).get("scalebridge", ""))
        program = self.graph.add("#scalebridge", "SoftwareApplication", name="scalebridge", softwareVersion=version)
        return [
            self.graph.add(
                "#orchestration",
                "OrganizeAction",
                name=f"Orchestration by scalebridge {version}".rstrip(),
                instrument=program,
                object=controls,
                result=whole,
                **self._ended(),
            )
        ]

    def _parameters(self) -> list[Reference]:
        axes = axes_of(self.run)
        found = [
            value(self.graph, named("given", name), name, spread(column), None, [named("parameter", name)])
            for name, column in axes.items()
        ]
        return found + [
            written(self.graph, named("given", name), name, given, [named("parameter", name)])
            for name, given in self.run.parameters.items()
            if name not in axes
        ]

    def _inputs(self) -> dict[tuple[str, str], list[str]]:
        """Slots of later stages that an output enters, by its stage and port."""
        tools = {stage["name"]: self._tool(stage) for stage in self.run.about["stages"]}
        found: dict[tuple[str, str], list[str]] = {}
        for source, (target, port) in ends(self.run):
            entered = into(tools[target], port) if target in tools else ""
            if entered in self.graph:
                found.setdefault(source, []).append(entered)
        return found

    # Stages

    def _tool(self, stage: Mapping[str, Any]) -> str:
        return tool(stage, self.samples.get(stage["name"]))

    def _stage(self, name: str) -> list[Reference]:
        """What a stage gave: numbers and texts as values, files as files, arrays by the folder of the store."""
        outputs = stages_of(self.run)[name]
        artifact = outputs._artifact
        here = self._tool({"name": name, "model": artifact.about.get("model")})
        folder = self._folder(artifact.key)
        found = [{"@id": identifier(folder)}]
        for leaf in leaves(outputs):
            slots = [out(here, leaf.name), *self._taken.get((name, leaf.name), ())]
            slots += [named("output", name, leaf.name)] if name in self._last else []
            path = self.contents.outputs.get((name, leaf.name))
            if leaf.spec["kind"] in ("array", "atoms", "file"):
                self.fills.setdefault(path or folder, []).extend(slots)
                entity = {"@id": identifier(path or folder)}
            else:
                label = named("value", name, leaf.name)
                entity = value(self.graph, label, f"{name}.{leaf.name}", leaf.value(), leaf.spec.get("unit"), slots)
            self._at[name, leaf.name] = entity
            found.append(entity)
        return references(one["@id"] for one in found)

    def _swept(self, name: str) -> list[Reference]:
        """Where the results of a stage at all points are."""
        keys = sorted({key for key in Sweep(self.run).keys(name) if key is not None})
        rows = self.carried.rows.find(keys)
        folders = {f"{STORE}/blocks/{place.block}/" for place in rows.values()}
        folders |= {self._folder(key) for key in keys if key not in rows}
        return references(identifier(folder) for folder in sorted(folders))

    def _folder(self, key: str) -> str:
        """Folder of the crate that holds an artifact, be it as a row of a block."""
        if self.carried._holds(key):
            return f"{STORE}/{artifact_of(key)}/"
        return f"{STORE}/blocks/{self.carried.rows.find([key])[key].block}/"

    def _action(self, stage: Mapping[str, Any], facts: Mapping[str, Any]) -> Reference | None:
        """The execution of a stage's model; None for a stage that never ran."""
        name = stage["name"]
        failed = facts["state"] == "failed"
        if name not in self.samples and not failed:
            return None
        about = self.samples[name].about if name in self.samples else {}
        return self.graph.add(
            named("action", name),
            "CreateAction",
            name=f"{stage.get('model')}, stage {name}",
            description=self._fate(facts, about),
            instrument={"@id": self._tool(stage)},
            object=[] if failed and not about else self._entered(name, about),
            result=self._results.get(name, []),
            actionStatus=_FAILED if failed else _DONE,
            error=str(facts.get("error", "")) if failed else None,
            agent=self.agent,
            **self._times(about, facts),
        )

    def _fate(self, facts: Mapping[str, Any], about: Mapping[str, Any]) -> str:
        if "sweep" in self.run.about:
            counts = [f"{facts[one]} {one}" for one in ("executions", "computed", "found", "failed") if one in facts]
            return ", ".join(counts)
        if facts["state"] == "found":
            return f"found in the store: made for run {about.get('run')}"
        return str(facts["state"])

    def _times(self, about: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
        """When a result was made, which may be long before the run that found it."""
        if "sweep" in self.run.about or "made" not in about:
            return {"startTime": self.run.about["started"], "endTime": facts.get("at") or self.run.about.get("ended")}
        seconds = about.get("cost", {}).get("seconds")
        ended = str(about["made"])
        try:
            begun = (datetime.fromisoformat(ended) - timedelta(seconds=seconds)).isoformat(timespec="seconds")
        except (TypeError, ValueError, OverflowError):
            begun = None
        return {"startTime": begun, "endTime": ended}

    def _entered(self, name: str, about: Mapping[str, Any]) -> list[Reference]:
        """What a stage took: outputs of stages before it, values from the flow's text, calls of finer models."""
        here = self._tool({"name": name, "model": about.get("model")})
        found = []
        for (source, port), (target, _) in ends(self.run):
            if target == name and source in self._results:
                mine = [self._at[one] for one in self._at if one[0] == source and _within(one[1], port)]
                found += mine or self._results[source]
        for port, said in about.get("inputs", {}).items():
            slots = [one for one in [into(here, port)] if one in self.graph]
            if "literal" in said:
                label = named("input", name, port)
                found.append(value(self.graph, label, f"{name}.{port}", said["literal"], said.get("unit"), slots))
            if "calls" in said:
                found.append({"@id": identifier(self._folder(said["calls"]))})
        return references(one["@id"] for one in found)

    def _control(self, name: str, action: Reference, facts: Mapping[str, Any]) -> Reference:
        failed = facts["state"] == "failed"
        return self.graph.add(
            named("control", name),
            "ControlAction",
            name=f"Stage {name}",
            instrument={"@id": named("stage", name)},
            object=action,
            actionStatus=_FAILED if failed else _DONE,
            error=str(facts.get("error", "")) if failed else None,
        )


def spread(column: Mapping[str, Any]) -> str:
    """What an axis had, in words: its values where they are few, else its ends and how many."""
    values = column.get("values")
    if values and len(values) <= 20:
        return ", ".join(map(str, values))
    ends_of = [values[0], values[-1]] if values else [column[one] for one in ("lowest", "first") if one in column][:1]
    ends_of += [] if values else [column[one] for one in ("highest", "last") if one in column][:1]
    return f"{' … '.join(map(str, ends_of))} ({column.get('distinct')} values)"


def _within(port: str, of: str) -> bool:
    """Whether an output is the one that a wire names, or a field of it; a wire may take a whole stage."""
    return not of or port == of or port.startswith(f"{of}.")
