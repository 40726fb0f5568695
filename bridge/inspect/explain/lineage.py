"""Everything a number came from: artifacts and the wires between them, back to what the flow's text says.

Followed from artifact to artifact, so that it crosses runs and outlives their records.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.errors import BridgeError, UnknownName, did_you_mean
from bridge.inspect.explain.differences import shown, written
from bridge.inspect.explain.readings import Readings, entries_of, spec_at
from bridge.store.runs import Run
from bridge.store.view import Outputs, brief

if TYPE_CHECKING:
    from bridge.inspect.explain.folding import Folded


@dataclass(frozen=True)
class Written:
    """An input that the flow's text (or a default) gave its value."""

    port: str
    text: str
    unit: str | None
    setting: bool
    default: bool


@dataclass
class Made:
    """A stage in a lineage: one artifact, and how it was made."""

    key: str
    names: list[str]
    model: str
    scale: str
    run: str = ""
    made: str = ""
    distribution: str | None = None
    written: list[Written] = field(default_factory=list)
    missing: str = ""  # why the artifact cannot be read

    @property
    def name(self) -> str:
        """What its stage is called."""
        return self.names[0]


@dataclass(frozen=True)
class Link:
    """A wire: from an output of one artifact to an input of another."""

    source: str
    output: str
    target: str
    port: str
    unit: str | None
    text: str
    place: int | None = None  # in a stack


@dataclass
class Lineage:
    """What one stage, or one of its outputs, came from; prints as a tree and draws itself in a notebook."""

    run: str
    flow: str
    root: str
    output: str
    value: str
    stages: dict[str, Made]
    links: list[Link]
    folded: bool = True

    @functools.cached_property
    def drawn(self) -> Folded:
        """The same with many stages of one model that feed one stack told of together."""
        from bridge.inspect.explain.folding import fold

        return fold(self, self.folded)

    def document(self) -> dict[str, Any]:
        """The lineage in JSON: stages as nodes, wires as edges, nothing folded."""
        return {
            "run": self.run,
            "flow": self.flow,
            "root": self.root,
            "output": self.output,
            "value": self.value,
            "nodes": [asdict(stage) for stage in self.stages.values()],
            "edges": [asdict(link) for link in self.links],
        }

    def draw(self, path: str | Path) -> None:
        """Write the picture. Raises BridgeError where it cannot be written."""
        where = Path(path)
        if where.suffix != ".svg":
            raise BridgeError(f"the picture is an SVG, not {where.name!r}. Write --picture {where.stem}.svg.")
        try:
            where.write_text(self._repr_svg_(), encoding="utf-8")
        except OSError as reason:
            raise BridgeError(f"cannot write {str(where)!r}: {reason.strerror}.") from None

    def __str__(self) -> str:
        from bridge.inspect.explain.lineage_text import text

        return text(self)

    def _repr_svg_(self) -> str:
        from bridge.inspect.explain.lineage_picture import svg

        return svg(self)


def lineage(run: Run, where: str, *, folded: bool = True) -> Lineage:
    """Follow ``stage`` or ``stage.port`` of a run back to literals. Raises UnknownName or BridgeError."""
    stage, path = _split(run, where)
    facts = run.stages[stage]
    if "key" not in facts:
        raise BridgeError(f"stage {stage!r} of run {run.id} has no outputs: it is {facts['state']}.")
    names: dict[str, list[str]] = {}
    for name, known in run.stages.items():
        if "key" in known:
            names.setdefault(known["key"], []).append(name)
    names[facts["key"]].sort(key=lambda name: name != stage)
    readings = Readings(run.store)
    artifact = run.store.open(facts["key"])
    if path and spec_at(artifact, path) is None:
        raise UnknownName(f"{stage} has no port {'.'.join(path)!r}. {did_you_mean(path[-1], artifact.ports)}")
    value = ""
    if path:
        spec = spec_at(artifact, path) or {}
        outputs: Any = Outputs(artifact, stage)
        for name in path:
            outputs = outputs[name]
        value = brief(outputs, spec.get("unit"))
    stages, links = _followed(readings, artifact.key, names)
    return Lineage(run.id, run.flow, artifact.key, ".".join(path), value, stages, links, folded)


def _split(run: Run, where: str) -> tuple[str, tuple[str, ...]]:
    """A stage and the port behind it; stage names may hold dots, so the longest that fits."""
    known = run.stages
    fits = [name for name in known if where == name or where.startswith(name + ".")]
    if not fits:
        raise UnknownName(f"run {run.id} has no stage {where!r}. {did_you_mean(where, known)}")
    name = max(fits, key=len)
    return name, tuple(where[len(name) + 1 :].split(".")) if where != name else ()


def _followed(readings: Readings, root: str, names: Mapping[str, list[str]]) -> tuple[dict[str, Made], list[Link]]:
    """Every artifact behind one, the nearest first, and the wires between them."""
    stages: dict[str, Made] = {}
    links: list[Link] = []
    waiting = [(root, "")]
    for key, called in waiting:
        if key in stages:
            continue
        stages[key] = _made(readings, key, names.get(key, []), called)
        artifact = readings.open(key)
        for port, facts in artifact.about["inputs"].items() if artifact else ():
            for entry in entries_of(facts):
                path = () if facts.get("whole") else readings.path(entry, names.get(entry.artifact, ()))
                output = ".".join(path) if path is not None else entry.source.rpartition(".")[2]
                number = readings.number(entry, facts.get("unit"))
                text = "" if number is None else written(*number)
                links.append(Link(entry.artifact, output, key, port, facts.get("unit"), text, entry.place))
                stage = entry.source.removesuffix(f".{output}") if output else entry.source
                waiting.append((entry.artifact, stage))
            if "calls" in facts:  # what the closure at this port was asked
                links.append(Link(facts["calls"], "", key, port, None, ""))
                waiting.append((facts["calls"], f"calls of {port}"))
    return stages, links


def _made(readings: Readings, key: str, names: list[str], called: str) -> Made:
    artifact = readings.open(key)
    if artifact is None:
        return Made(key, names or [called or "?"], "?", "?", missing=readings.unreadable[key])
    about = artifact.about
    said = [
        Written(port, shown(readings, facts)["text"], facts.get("unit"), facts["setting"], bool(facts.get("default")))
        for port, facts in about["inputs"].items()
        if not entries_of(facts)
    ]
    for port, facts in about["inputs"].items():
        unit = facts.get("unit")
        for place, value in facts.get("fixed", {}).items():
            said.append(Written(f"{port}[{place}]", written(value, unit), unit, facts["setting"], False))
        if "molar_mass" in facts:
            said.append(Written(f"{port}, molar mass", facts["molar_mass"], None, facts["setting"], False))
    stage = names or [called or about["stage"]]
    return Made(
        key, list(stage), about["model"], about["scale"], about["run"], about["made"], about["distribution"], said
    )
