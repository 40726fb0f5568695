"""The plan in the metadata: the flow with its parameters and outputs, its stages as steps, its models as tools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bridge.inspect.crate.contents import Contents
from bridge.inspect.crate.graph import Graph, Reference, references
from bridge.inspect.crate.layout import identifier
from bridge.inspect.crate.values import named, slot, spec_of
from bridge.store.artifact import Artifact
from bridge.store.runs import Run
from bridge.store.sealed import digest
from bridge.store.sweeps import leaves

_LANGUAGES = {
    "python": ("Python", "https://www.python.org/"),
    "yaml": ("YAML", "https://yaml.org/"),
    "record": ("JSON", "https://www.json.org/"),
}
_DESCRIBED = {
    "python": "The flow as it ran, in Python.",
    "yaml": "The chain as it ran.",
    "record": "The record of the run, which names stages and wires; the flow's own file is not in this crate.",
}


def axes_of(run: Run) -> dict[str, dict[str, Any]]:
    """The axes of a sweep by the parameter that they vary; none of a run that is no sweep."""
    groups = run.about.get("sweep", {}).get("axes", ())
    return {column["name"]: column for group in groups for column in group["columns"]}


def ends(run: Run) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Every wire: stage and output, stage and input."""
    names = sorted(run.stages, key=len, reverse=True)

    def part(where: str) -> tuple[str, str]:
        stage = next((name for name in names if where.startswith(f"{name}.")), where)
        return stage, where[len(stage) + 1 :]

    return [(part(str(edge.get("source"))), part(str(edge.get("target")))) for edge in run.about["edges"]]


def last_stages(run: Run) -> list[str]:
    """Stages whose outputs no other takes: what the flow was for."""
    taken = {source for (source, _), _ in ends(run)}
    return [stage["name"] for stage in run.about["stages"] if stage["name"] not in taken]


def tool(stage: Mapping[str, Any], sample: Artifact | None) -> str:
    """Name of the entity of a model, with its code and programs where an artifact tells them.

    A found result may be of older ones.
    """
    model = str(stage.get("model"))
    if sample is None:
        return named("model", model)
    about = sample.about
    made_by = [about.get("distribution"), about.get("code"), about.get("depends") or {}]
    return named("model", model, digest(made_by)[:12])


def out(of_tool: str, port: str) -> str:
    """Name of the slot of an output of a tool."""
    return f"{of_tool}/out/{named('', port)[2:]}"


def into(of_tool: str, port: str) -> str:
    """Name of the slot of an input of a tool."""
    return f"{of_tool}/in/{named('', port)[2:]}"


def add_plan(graph: Graph, run: Run, contents: Contents, samples: Mapping[str, Artifact], license: Any) -> None:
    """Add the workflow and everything it is made of; ``samples`` holds an artifact for each stage that has one."""
    tools = {stage["name"]: tool(stage, samples.get(stage["name"])) for stage in run.about["stages"]}
    for stage in run.about["stages"]:
        _tool(graph, tools[stage["name"]], stage, samples.get(stage["name"]), run.about.get("versions", {}))
    steps = _steps(graph, run, tools)
    axes = axes_of(run)
    given = [
        slot(graph, named("parameter", name), name, spec_of(column.get("first", column.get("lowest"))))
        for name, column in axes.items()
    ]
    given += [
        slot(graph, named("parameter", name), name, spec_of(found))
        for name, found in run.parameters.items()
        if name not in axes
    ]
    results = [
        slot(graph, named("output", stage, ".".join(path)), f"{stage}.{'.'.join(path)}", spec)
        for stage in last_stages(run)
        if stage in samples
        for path, spec in leaves(samples[stage].ports)
    ]
    called, url = _LANGUAGES[contents.language]
    language = graph.add(named("language", called), "ComputerLanguage", name=called, url=url)
    graph.add(
        identifier(contents.workflow),
        ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
        name=run.flow,
        description=_DESCRIBED[contents.language],
        programmingLanguage=language,
        input=given,
        output=results,
        step=steps,
        hasPart=references(tools.values()),
        version=f"blake3 {run.about['source'][:12]}" if run.about.get("source") else None,
        softwareRequirements=_packages(graph, run.about.get("versions", {})),
        license=license,
    )


def _tool(
    graph: Graph, name: str, stage: Mapping[str, Any], sample: Artifact | None, versions: Mapping[str, str]
) -> None:
    """A model as a SoftwareApplication with the slots of its inputs and outputs, and the programs that it ran."""
    if name in graph:
        return
    about = sample.about if sample is not None else {}
    distribution, _, version = str(about.get("distribution") or "").partition(" ")
    code, plugin = about.get("code", {}), about.get("plugin") or {}
    source = [f"blake3:{plugin['source']} {distribution} {version}"] if plugin.get("source") else []
    graph.add(
        name,
        "SoftwareApplication",
        name=str(stage.get("model")),
        description=f"A model of the scale {stage.get('scale')!r}"
        + (f", from the distribution {distribution}." if distribution else ", defined beside the flow."),
        softwareVersion=version or (f"code {digest(code)[:12]}" if code else None),
        identifier=[f"blake3:{found} {module}" for module, found in sorted(code.items())] + source,
        softwareRequirements=_required(graph, about.get("depends") or {}, versions),
        input=[
            slot(graph, into(name, port), port, _entered(said), required=said.get("default") is False)
            for port, said in about.get("inputs", {}).items()
        ],
        output=[
            slot(graph, out(name, ".".join(path)), ".".join(path), spec)
            for path, spec in (leaves(sample.ports) if sample is not None else ())
        ],
    )


def _entered(said: Mapping[str, Any]) -> dict[str, Any]:
    """What kind of value a port took, as far as an artifact says it."""
    literal, unit = said.get("literal"), said.get("unit")
    kinds = {bool: "bool", int: "int", float: "float", str: "str"}
    kind = kinds.get(type(literal), "float" if unit else "str")
    if unit and kind == "str":  # an array in words
        kind = "array"
    return {"kind": kind, "unit": unit}


def _steps(graph: Graph, run: Run, tools: Mapping[str, str]) -> list[Reference]:
    connections: dict[str, list[Reference]] = {}
    for (source, port), (target, into_port) in ends(run):
        if source not in tools or target not in tools:
            continue
        here, there = out(tools[source], port), into(tools[target], into_port)
        if here in graph and there in graph:
            name = named("wire", f"{source}.{port}", f"{target}.{into_port}")
            wire = graph.add(name, "ParameterConnection", sourceParameter={"@id": here}, targetParameter={"@id": there})
            if wire not in connections.setdefault(target, []):
                connections[target].append(wire)
    return [
        graph.add(
            named("stage", stage["name"]),
            "HowToStep",
            name=stage["name"],
            position=str(number),
            workExample={"@id": tools[stage["name"]]},
            connection=connections.get(stage["name"], []),
        )
        for number, stage in enumerate(run.about["stages"], 1)
    ]


def _required(graph: Graph, depends: Mapping[str, str], versions: Mapping[str, str]) -> list[Reference]:
    """What a model's key depends on besides its code: programs, and distributions, each in the version that ran."""
    return [
        graph.add(
            named("package", name) if versions.get(name) == version else named("program", name, version),
            "SoftwareApplication",
            name=name,
            softwareVersion=version,
        )
        for name, version in sorted(_pairs(depends))
    ]


def _packages(graph: Graph, versions: Mapping[str, str]) -> list[Reference]:
    """Distributions that were installed and used, each with its version."""
    return [
        graph.add(named("package", name), "SoftwareApplication", name=name, softwareVersion=version)
        for name, version in sorted(_pairs(versions))
    ]


def _pairs(versions: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return ((str(name), str(version)) for name, version in versions.items())
