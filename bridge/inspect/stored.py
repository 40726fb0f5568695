"""A stored run in words: what each stage gave, what it cost, where it was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from bridge.errors import BridgeError, UnknownName, did_you_mean
from bridge.inspect.table import table
from bridge.literals import duration
from bridge.media import File
from bridge.places import home
from bridge.scales.judging import told_of
from bridge.scales.separation import verdict_from
from bridge.scales.stepping import steps_from
from bridge.store.runs import Run
from bridge.store.view import Outputs, brief

#: Arrays up to this many numbers are printed whole in JSON.
WHOLE = 64
#: Stages of one model are told of together from this number on.
MANY = 4
_FACTS = ("host", "revision", "seeds", "versions", "plugins", "cost", "resumed", "schedule", "due", "accept")
#: Media type of a page to be opened in a browser.
PAGE = "text/html"


def describe(run: Run, stage: str | None = None) -> dict[str, Any]:
    """A run in JSON, or the part of it that is one stage. Raises UnknownName."""
    if "sweep" in run.about and stage is None:
        from bridge.inspect.sweeps.stored import describe as describe_sweep

        return describe_sweep(run)
    stages = run.stages
    if stage is not None:
        if stage not in stages:
            raise UnknownName(f"run {run.id} has no stage {stage!r}. {did_you_mean(stage, stages)}")
        return _stage(run, stage, stages[stage])
    return {
        **facts_of(run),
        "stages": [_stage(run, name, facts) for name, facts in stages.items()],
        "wires": run.about["edges"],
    }


def facts_of(run: Run) -> dict[str, Any]:
    """What a run says of itself, sweep or not."""
    return {
        "id": run.id,
        "name": run.name,
        "tags": run.tags,
        "flow": run.flow,
        "state": run.state,
        "failure": run.about.get("failure"),
        "parameters": run.parameters,
        "started": run.about["started"],
        "seconds": run.seconds,
        **{fact: run.about.get(fact) for fact in _FACTS},
        "imported": run.imported,
        "folder": run.space.where(run.folder),
    }


def _stage(run: Run, name: str, facts: dict[str, Any]) -> dict[str, Any]:
    line = {k: v for k, v in facts.items() if k != "attempt"}
    if "key" not in facts:
        return line
    try:
        outputs = run[name]
        return line | {
            "cost": outputs._artifact.about["cost"],
            "made": outputs._artifact.about["made"],
            "warnings": outputs._artifact.about.get("warnings", []),
            **told_of(outputs._artifact.about),
            **{name: outputs._artifact.about[name] for name in ("closures",) if name in outputs._artifact.about},
            "outputs": values_of(outputs),
        }
    except BridgeError as reason:
        return line | {"damaged": str(reason)}


def values_of(outputs: Outputs) -> dict[str, Any]:
    """What a stage gave, port by port."""
    return {port: _value(outputs, port) for port in outputs}


def _value(outputs: Outputs, port: str) -> dict[str, Any]:
    value, spec = outputs[port], outputs.spec(port)
    if isinstance(value, Outputs):
        return {"text": brief(value), "fields": {name: _value(value, name) for name in value}}
    plain = getattr(value, "magnitude", value)
    if isinstance(plain, np.ndarray):
        plain = plain.tolist() if plain.size <= WHOLE else None
    elif not isinstance(plain, (bool, int, float, str)):
        plain = None
    found = {"text": brief(value, spec.get("unit")), "unit": spec.get("unit"), "value": plain}
    return found | ({"dims": spec["dims"], "shape": spec["shape"]} if "dims" in spec else {})


def lines_of(outputs: dict[str, Any], record: str = "") -> Iterator[tuple[str, str]]:
    """What a stage gave, a line a value as people read it: fields of records by path, of long texts the first line."""
    for name, found in outputs.items():
        if "fields" in found:
            yield from lines_of(found["fields"], f"{record}{name}.")
        else:
            first, *more = found["text"].splitlines() or [""]
            yield f"{record}{name}", first + (f" … (+{len(more)} lines)" if more else "")


def to_look_at(run: Run) -> dict[str, list[str]]:
    """Write every picture and page of a run into the state folder and name the files; of a sweep, its own pictures."""
    beside = home() / "shown" / run.id
    if "sweep" in run.about:
        from bridge.inspect.pictures.shown import pictures_of

        drawn, notes = pictures_of(run, beside)
        return {"pictures": drawn, "pages": [], "notes": notes}
    written: dict[str, list[str]] = {"pictures": [], "pages": []}
    for name, facts in run.stages.items():
        if "key" not in facts:
            continue
        outputs = run[name]
        for port in outputs:
            kind = outputs.spec(port)
            shelf = "pictures" if kind.get("picture") else "pages" if kind.get("media_type") == PAGE else None
            if shelf:
                file = outputs[port]
                assert isinstance(file, File)
                beside.mkdir(parents=True, exist_ok=True)
                file_name = f"{name}.{port}{file.suffix}".replace("/", "_")  # a record may have been made by anybody
                written[shelf].append(str(file.write(beside / file_name)))
    return written


def text(document: dict[str, Any]) -> str:
    """A run as people read it."""
    if "sweep" in document:
        from bridge.inspect.sweeps.stored import text as sweep_text

        return sweep_text(document)
    written = ", ".join(f"{k}={v}" for k, v in document["parameters"].items())
    took = f" in {duration(document['seconds'])}" if document["seconds"] is not None else ""
    called = " ".join(filter(None, [document.get("name"), *(f"#{tag}" for tag in document.get("tags", ()))]))
    words = [
        f"run {document['id']}{f' {called}' if called else ''}: {document['flow']}({written}) {document['state']}{took}"
    ]
    words += remarks(document)
    told = document["state"] != "damaged" and any(stage["state"] == "failed" for stage in document["stages"])
    if document["failure"] and not told:
        words.append(document["failure"])
    for several in alike(document["stages"]):
        words += ["", *(_one(several[0]) if len(several) == 1 else _several(several, document["id"]))]
    return "\n".join([*words, ""])


def remarks(document: dict[str, Any]) -> list[str]:
    """What is to be known of a run beside its stages: how to go on with it, what began it, where it came from."""
    words = []
    if document["state"] in ("interrupted", "cancelled", "failed"):
        words.append(f"go on with it: scalebridge resume {document['id']}")
    words += scheduled(document)
    words += in_place(document)
    if document.get("accept"):
        words.append(f"accepted without separation: {', '.join(document['accept'])}")
    if document.get("resumed"):
        words.append(f"gone on with {document['resumed']} time{'s' * (document['resumed'] > 1)}")
    return words


def scheduled(document: dict[str, Any]) -> list[str]:
    """Which schedule began a run, if any, and which crate it was imported from."""
    due = f", due {str(document['due'])[:16].replace('T', ' ')} UTC" if document.get("due") else ""
    words = [f"schedule: {document['schedule']}{due}"] if document.get("schedule") else []
    came = document.get("imported")
    if came:
        at = str(came["at"])[:16].replace("T", " ")
        words.append(f"imported {at} UTC from {came['crate']} ({came['digest'][:19]}…)")
    return words


def in_place(document: dict[str, Any]) -> list[str]:
    """Which plugins were used in place: their version says little of what was run."""
    return [
        f"in place: {one['distribution']} {one['version']} ({str(one['source'])[:12]}) of {one['in_place']}"
        for one in document.get("plugins") or ()
        if one.get("in_place")
    ]


def alike(stages: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Stages to be told of together: those of a model that many use, unless one went wrong; those that never ran."""
    uses = Counter(stage.get("model") for stage in stages)
    folded: dict[Any, list[dict[str, Any]]] = {}
    for stage in stages:
        said = stage.get("warnings") or any(not one["ok"] for one in stage.get("separation", ()))
        well = stage["state"] in ("computed", "found") and not said and "damaged" not in stage
        model = stage.get("model")  # no model is said of stages whose run's record is damaged
        label = model if well and model and uses[model] >= MANY else (stage["name"], stage["state"])
        if stage["state"] == "not run":
            label = "not run"
        folded.setdefault(label, []).append(stage)
    return list(folded.values())


def _several(stages: list[dict[str, Any]], run: str) -> list[str]:
    if stages[0]["state"] == "not run":
        return [f"not run, {len(stages)} stages: {', '.join(stage['name'] for stage in stages)}"]
    names = f"{stages[0]['name']} … {stages[-1]['name']}"
    fates = Counter(stage["state"] for stage in stages)
    cpu = sum(stage.get("cost", stage).get("cpu_seconds", 0.0) for stage in stages)
    return [
        f"{stages[0]['model']}, {len(stages)} stages  {', '.join(f'{n} {state}' for state, n in fates.items())} "
        f"({duration(cpu)} of CPU)",
        f"    {names}: scalebridge show {run} STAGE",
    ]


def stage_text(document: dict[str, Any]) -> str:
    """One stage of a run as people read it."""
    return "\n".join([*_one(document), ""])


def _one(stage: dict[str, Any]) -> list[str]:
    words = [f"{stage['name']}  {_fate(stage)}", *(f"    warning: {said}" for said in stage.get("warnings", []))]
    words += [f"    {said}" for said in judged(stage)]
    words += [f"    {port}: {asked(said)}" for port, said in stage.get("closures", {}).items()]
    if "outputs" in stage:
        words.append(table(list(lines_of(stage["outputs"])), indent="    "))
    if stage["state"] == "failed":
        words.append(f"    {stage.get('error', '')}")
    if "damaged" in stage:
        words.append(f"    {stage['damaged']}")
    return words


def asked(said: dict[str, Any]) -> str:
    """What a closure was asked, in a line."""
    parts = [
        f"{said[name]} {what}"
        for name, what in (
            ("runs", "fine runs"),
            ("stored", "from the store"),
            ("again", "asked before"),
            ("surrogate", "by the surrogate"),
            ("nearest", "by the nearest known answer"),
        )
        if said.get(name)
    ]
    calls = f"{said['calls']} calls of {said['model']}: {', '.join(parts) or 'none'}"
    if not said.get("surrogate"):
        return calls
    return f"{calls}; largest bound {said['largest_bound']:.2g}, held-out error {said['held_out_error']:.2g}"


def judged(told: dict[str, Any]) -> list[str]:
    """What a stage judged of the separation of its scales, a line each."""
    verdicts = [str(verdict_from(one)) for one in told.get("separation", [])]
    steps = [f"{one['name']}: {steps_from(one)}" for one in told.get("steps", [])]
    return verdicts + steps


def _fate(stage: dict[str, Any]) -> str:
    cost = stage.get("cost", stage)
    if stage["state"] == "found":
        return f"found in the store (computed in {duration(cost.get('seconds'))}, {stage.get('made', '?')[:10]})"
    if stage["state"] == "computed":
        memory = cost.get("peak_memory_bytes", 0) / 2**20
        seconds, cpu = (duration(cost.get(name)) for name in ("seconds", "cpu_seconds"))
        return f"computed in {seconds} ({cpu} of CPU, {memory:.0f} MiB)"
    return str(stage["state"])
