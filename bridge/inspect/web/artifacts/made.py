"""What made an artifact: its model, its run, its cost, and where each input came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.errors import BridgeError
from bridge.inspect.explain.readings import Entry, Readings, entries_of
from bridge.inspect.pictures.drawing import unit_words
from bridge.inspect.stored import judged
from bridge.inspect.web.asked import Asked, Missing
from bridge.inspect.web.site import Site
from bridge.inspect.web.words import link
from bridge.literals import duration
from bridge.store.artifact import Artifact
from bridge.store.runs import Run
from bridge.store.store import Store

#: Values of a stack that are named.
STACK = 8


@dataclass(frozen=True)
class Input:
    """An input or a setting: its value as it was written, or the outputs it came from with their addresses."""

    name: str
    text: str
    unit: str
    kind: str
    sources: tuple[tuple[str, str], ...]
    more: int


@dataclass(frozen=True)
class Context:
    """The run and the stage whose output an artifact is shown as; none where its run is gone."""

    run: Run | None
    stage: str

    @property
    def query(self) -> dict[str, str]:
        """What addresses of the same stage say of it."""
        return {"run": self.run.id, "stage": self.stage} if self.run else {}


def context_of(site: Site, asked: Asked, artifact: Artifact) -> Context:
    """The run and stage that a page was asked for, else those that made the artifact. Raises Missing, BadRequest."""
    name, stage = asked.text("run", longest=200), asked.text("stage", longest=200)
    if name:
        run = site.run(name)
        stages = run.stages
        if not stage:
            stage = next((one for one, facts in stages.items() if facts.get("key") == artifact.key), "")
        point_of = "sweep" in run.about and stage in stages  # a sweep does not name the artifacts of its points
        if not point_of and stages.get(stage, {}).get("key") != artifact.key:
            raise Missing(f"stage {stage!r} of run {name} has no such artifact.")
        return Context(run, stage)
    made_as = str(artifact.about.get("stage", ""))
    try:
        run = site.run(str(artifact.about.get("run", "")))
        facts = run.stages.get(made_as)
        known = facts is not None and ("sweep" in run.about or facts.get("key") == artifact.key)
    except (Missing, BridgeError):
        return Context(None, made_as)
    return Context(run if known else None, made_as)


def facts_of(artifact: Artifact) -> list[tuple[str, str, str]]:
    """What an artifact says of its making: what, its value, and where that leads to."""
    about = artifact.about
    cost = plain(about.get("cost"))
    seconds = [cost.get(name) for name in ("seconds", "cpu_seconds")]
    took, cpu = (duration(one) if isinstance(one, (int, float)) else "" for one in seconds)
    memory = cost.get("peak_memory_bytes")
    parts = [took, f"{cpu} of CPU" if cpu else ""]
    parts.append(f"{memory / 2**20:.0f} MiB" if isinstance(memory, (int, float)) else "")
    model = str(about.get("model", ""))
    found = [
        ("model", model, link("models", model) if model else ""),
        ("scale", str(about.get("scale", "")), ""),
        ("computed", str(about.get("made", ""))[:19].replace("T", " "), ""),
        ("cost", ", ".join(filter(None, parts)), ""),
        ("host", str(cost.get("host", "")), ""),
        ("from", str(about.get("distribution") or ""), ""),
    ]
    return [fact for fact in found if fact[1]]


def remarks_of(artifact: Artifact) -> list[tuple[str, str]]:
    """Warnings and verdicts of a stage, each with how serious it is."""
    warnings = artifact.about.get("warnings", [])
    found = [("warn", str(said)) for said in warnings] if isinstance(warnings, list) else []
    try:
        verdicts = artifact.about.get("separation") or []
        sound = all(one.get("ok") for one in verdicts)
        found += [("good" if sound else "warn", said) for said in judged(artifact.about)]
    except (AttributeError, KeyError, TypeError, ValueError) as reason:
        found.append(("wrong", f"what it says of the separation of its scales cannot be read ({reason})."))
    return found


def inputs_of(store: Store, artifact: Artifact) -> list[Input]:
    """The inputs of an artifact, those of the physics first, then the settings."""
    readings = Readings(store)
    found = [
        _input(readings, str(name), facts)
        for name, facts in plain(artifact.about.get("inputs")).items()
        if isinstance(facts, dict)
    ]
    return sorted(found, key=lambda one: one.kind in ("setting", "default setting"))


def _input(readings: Readings, name: str, facts: Mapping[str, Any]) -> Input:
    unit = facts.get("unit")
    setting = "setting" if facts.get("setting") else ""
    kind = " ".join(filter(None, ["default" if facts.get("default") else "", setting]))
    try:
        entries: Sequence[Entry] = entries_of(facts)
    except (TypeError, ValueError):
        entries = ()
    sources = [(str(one.source), _address(readings, one)) for one in entries[:STACK]]
    if isinstance(facts.get("calls"), str):
        sources.append(("its calls", link("artifacts", facts["calls"])))
    text = "" if entries else _literal(facts.get("literal"))
    return Input(name, text, unit_words(str(unit or "")), kind, tuple(sources), max(0, len(entries) - STACK))


def _address(readings: Readings, entry: Entry) -> str:
    """The page of the artifact that a wire came from, where it is still there."""
    return link("artifacts", entry.artifact) if entry.artifact and readings.store.has(entry.artifact) else ""


def _literal(value: Any) -> str:
    text = f"{value:.10g}" if isinstance(value, float) else "" if value is None else str(value)
    return text if len(text) <= 200 else f"{text[:199]}…"


def plain(found: Any) -> Mapping[str, Any]:
    """A record, if it is one: whoever wrote it may have written anything."""
    return found if isinstance(found, dict) else {}
