"""The stages of a run as its page shows them: state, cost, verdicts, closures, what each gave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import quote

from bridge.errors import BridgeError
from bridge.inspect.stored import MANY, alike, asked, judged
from bridge.inspect.web.stages.given import MOST, Given, Reading, given_by
from bridge.inspect.web.words import link
from bridge.scales.judging import told_of
from bridge.store.artifact import Artifact
from bridge.store.groups import UNFIT
from bridge.store.runs import Run

#: Stages whose outputs are read for the page of their run; of more, each has its own page.
READ = 200
#: Outputs of a stage that is one of many of its model.
FEW = 4
_ENDED = ("computed", "found", "failed")


@dataclass(frozen=True)
class Cost:
    """What a stage took, where that is known, and its part of the seconds of all that this run computed."""

    seconds: float | None = None
    cpu: float | None = None
    memory: float | None = None
    share: float = 0.0

    @property
    def bar(self) -> str:
        """Width of its bar."""
        return f"{100 * self.share:.1f}%"


@dataclass(frozen=True)
class Closure:
    """A closure of a stage: what was asked in words, and where the calls are."""

    port: str
    said: str
    href: str


@dataclass
class Stage:
    """One stage."""

    name: str
    model: str
    scale: str
    state: str
    cost: Cost = field(default_factory=Cost)
    key: str = ""
    made: str = ""
    by: str = ""  # the run that computed it, where that was another one
    error: str = ""
    remarks: list[tuple[str, str]] = field(default_factory=list)
    closures: list[Closure] = field(default_factory=list)
    given: Given = field(default_factory=Given)
    attempt: int = 1
    damaged: str = ""

    @property
    def anchor(self) -> str:
        """Where on the page it is."""
        return anchor(self.name)


def anchor(stage: str) -> str:
    """Id of a stage's place on the page of its run: no two stages have the same."""
    return "stage-" + quote(stage.encode(errors="backslashreplace").decode(), safe="")


def stages_of(run: Run, known: Mapping[str, Mapping[str, Any]]) -> list[list[Stage]]:
    """The stages of a run, of which ``known`` tells; those together that are told of together."""
    uses = Counter(facts.get("model") for facts in known.values())
    seconds = {name: number(facts.get("seconds")) or 0.0 for name, facts in known.items() if _computed(facts)}
    total = sum(seconds.values())
    found = {
        name: _stage(name, facts, seconds.get(name, 0.0) / total if total else 0.0) for name, facts in known.items()
    }
    reading, lines = Reading(), []
    run.store.abreast(
        lambda stage: _read(run, stage, reading, FEW if uses[known[stage.name].get("model")] >= MANY else MOST),
        [stage for stage in islice(found.values(), READ) if stage.key],
    )
    for name, facts in known.items():
        stage = found[name]
        line = {"name": name, "model": stage.model, "state": stage.state, "separation": _verdicts(facts)}
        if any(kind != "good" for kind, _ in stage.remarks):
            line["warnings"] = stage.remarks
        if stage.damaged:
            line["damaged"] = stage.damaged
        lines.append(line)
    return [[found[line["name"]] for line in several] for several in alike(lines)]


def _stage(name: str, facts: Mapping[str, Any], share: float) -> Stage:
    stage = Stage(
        name,
        str(facts.get("model", "?")),
        str(facts.get("scale", "")),
        str(facts.get("state", "?")),
        _cost(facts, share),
        key=str(facts["key"]) if isinstance(facts.get("key"), str) else "",
        error=str(facts.get("error") or ""),
        attempt=int(number(facts.get("attempt")) or 1),
    )
    stage.remarks += _judged(facts)
    return stage


def _cost(told: Mapping[str, Any], share: float) -> Cost:
    return Cost(
        number(told.get("seconds")), number(told.get("cpu_seconds")), number(told.get("peak_memory_bytes")), share
    )


def _read(run: Run, stage: Stage, reading: Reading, most: int) -> None:
    """Add what a stage's artifact says of its making, and what is in it."""
    try:
        artifact = run.store.open(stage.key)
    except (BridgeError, OSError) as reason:
        stage.damaged = str(reason)
        return
    about = artifact.about
    cost = about.get("cost")
    if stage.state == "found" and isinstance(cost, dict):
        stage.cost = _cost(cost, 0.0)
    stage.made = str(about.get("made", ""))
    stage.by = str(about.get("run", "")) if about.get("run") != run.id else ""
    warnings = about.get("warnings")
    stage.remarks = [("warn", str(said)) for said in warnings] if isinstance(warnings, list) else []
    stage.remarks += _judged(told_of(about)) if isinstance(about, dict) else []
    stage.closures = list(_closures(run, stage.name, artifact))
    stage.given = given_by(artifact, stage.name, {"run": run.id, "stage": stage.name}, reading, most)


def _judged(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Verdicts on the separation of scales, each with how serious it is."""
    verdicts = _verdicts(told)
    try:
        said = judged(dict(told))
        return [("good" if i >= len(verdicts) or verdicts[i].get("ok") else "warn", one) for i, one in enumerate(said)]
    except UNFIT as reason:
        return [("wrong", f"what is recorded of the separation of scales cannot be read ({type(reason).__name__}).")]


def _verdicts(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = told.get("separation")
    return found if isinstance(found, list) and all(isinstance(one, dict) and "ok" in one for one in found) else []


def _closures(run: Run, stage: str, artifact: Artifact) -> Iterable[Closure]:
    inputs, said = artifact.about.get("inputs"), artifact.about.get("closures")
    for port, told in said.items() if isinstance(said, dict) else ():
        try:
            words = asked(told)
            calls = isinstance(inputs, dict) and "calls" in inputs.get(port, {})
        except UNFIT as reason:
            words, calls = f"what was asked cannot be read ({type(reason).__name__}).", False
        yield Closure(str(port), words, link("runs", run.id, "calls", of=f"{stage}.{port}") if calls else "")


def _computed(facts: Mapping[str, Any]) -> bool:
    return facts.get("state") in _ENDED and facts.get("state") != "found"


def number(value: Any) -> float | None:
    """A number that a record holds, if it is one."""
    return (
        float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e18 else None
    )
