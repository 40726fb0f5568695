"""A stored run in words: what each stage gave, what it cost, where it was found."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge.errors import BridgeError
from bridge.inspect.table import duration, table
from bridge.media import File, Picture
from bridge.store.runs import Run
from bridge.store.view import Outputs, brief

#: Arrays up to this many numbers are printed whole in JSON.
WHOLE = 64


def describe(run: Run) -> dict[str, Any]:
    """A run in JSON."""
    return {
        "id": run.id,
        "flow": run.flow,
        "state": run.state,
        "failure": run.about.get("failure"),
        "parameters": run.parameters,
        "started": run.about["started"],
        "seconds": run.seconds,
        "folder": str(run.folder),
        "stages": [_stage(run, name, facts) for name, facts in run.stages.items()],
        "wires": run.about["edges"],
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
            "outputs": {port: _value(outputs, port) for port in outputs},
        }
    except BridgeError as reason:
        return line | {"damaged": str(reason)}


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


def pictures(run: Run) -> list[str]:
    """Write every picture of a run beside its record and name the files."""
    written = []
    for name, facts in run.stages.items():
        if "key" not in facts:
            continue
        outputs = run[name]
        for port in outputs:
            if outputs.spec(port).get("picture"):
                picture = outputs[port]
                assert isinstance(picture, (Picture, File))
                written.append(str(picture.write(run.folder / f"{name}.{port}{picture.suffix}")))
    return written


def text(document: dict[str, Any]) -> str:
    """A run as people read it."""
    written = ", ".join(f"{k}={v}" for k, v in document["parameters"].items())
    took = f" in {duration(document['seconds'])}" if document["seconds"] is not None else ""
    words = [f"run {document['id']}: {document['flow']}({written}) {document['state']}{took}"]
    if document["failure"] and not any(stage["state"] == "failed" for stage in document["stages"]):
        words.append(document["failure"])
    for stage in document["stages"]:
        words += ["", f"{stage['name']}  {_fate(stage)}"]
        if "outputs" in stage:
            words.append(table([(name, found["text"]) for name, found in stage["outputs"].items()], indent="    "))
        if stage["state"] == "failed":
            words.append(f"    {stage.get('error', '')}")
        if "damaged" in stage:
            words.append(f"    {stage['damaged']}")
    return "\n".join([*words, ""])


def _fate(stage: dict[str, Any]) -> str:
    cost = stage.get("cost", stage)
    if stage["state"] == "found":
        return f"found in the store (computed in {duration(cost.get('seconds'))}, {stage.get('made', '?')[:10]})"
    if stage["state"] == "computed":
        memory = cost.get("peak_memory_bytes", 0) / 2**20
        seconds, cpu = (duration(cost.get(name)) for name in ("seconds", "cpu_seconds"))
        return f"computed in {seconds} ({cpu} of CPU, {memory:.0f} MiB)"
    return str(stage["state"])
