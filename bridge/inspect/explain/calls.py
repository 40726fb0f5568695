"""Which fine runs made a coarse number: the calls of a stage's closures, and where each answer came from."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge.errors import BridgeError, UnknownName, did_you_mean
from bridge.inspect.explain.readings import KEY
from bridge.inspect.stored import asked
from bridge.inspect.table import table
from bridge.store.artifact import Artifact
from bridge.store.runs import Run

#: Calls shown at the beginning and at the end of many.
SHOWN = 10


def calls(run: Run, where: str, *, fine: bool = False) -> dict[str, Any]:
    """The calls of ``stage`` or ``stage.port`` of a run, in JSON; with ``fine`` only the fine runs behind them.

    Raises UnknownName, and BridgeError for a stage that has no outputs or asks nobody.
    """
    stage, port = _split(run, where)
    facts = run.stages[stage]
    if "key" not in facts:
        raise BridgeError(f"stage {stage!r} of run {run.id} has no outputs: it is {facts['state']}.")
    about = run.store.open(facts["key"]).about
    known = about.get("closures", {})
    if not known:
        raise BridgeError(f"stage {stage!r} of run {run.id} has no closure: it asks no finer model.")
    if port and port not in known:
        raise UnknownName(f"{stage} has no closure {port!r}. {did_you_mean(port, known)}")
    return {
        "run": run.id,
        "stage": stage,
        "artifact": facts["key"],
        "closures": [_closure(run, stage, name, about, fine) for name in ([port] if port else sorted(known))],
    }


def _split(run: Run, where: str) -> tuple[str, str]:
    known = run.stages
    fits = [name for name in known if where == name or where.startswith(name + ".")]
    if not fits:
        raise UnknownName(f"run {run.id} has no stage {where!r}. {did_you_mean(where, known)}")
    name = max(fits, key=len)
    return name, where[len(name) + 1 :]


def _closure(run: Run, stage: str, port: str, about: dict[str, Any], fine: bool) -> dict[str, Any]:
    said = dict(about["closures"][port])
    found = {"port": port, "answered_by": about["inputs"][port]["literal"], **said}
    if "calls" not in about["inputs"][port]:
        return found | {"fine": [], "columns": {}, "rows": []}
    ledger = run.store.open(about["inputs"][port]["calls"])
    found["ledger"] = ledger.key
    if fine:
        keys = ledger.about["inputs"]["fine"]["artifact"]
        return found | {"fine": [_run(run, key) for key in keys]}
    return found | _rows(ledger)


def _run(run: Run, key: str) -> dict[str, Any]:
    about = run.store.open(key).about
    inputs = {name: facts.get("literal") for name, facts in about["inputs"].items() if "axis" in facts}
    return {"artifact": key, "model": about["model"], "run": about["run"], "made": about["made"], "inputs": inputs}


def _rows(ledger: Artifact) -> dict[str, Any]:
    columns = {name: spec.get("unit") for name, spec in ledger.ports.items() if name not in ("source", "fine", "bound")}
    values = {name: ledger.value((name,)) for name in ledger.ports}
    names = ledger.about["sources"]
    rows = []
    for row, source in enumerate(values["source"].tolist()):
        key = values["fine"][row].tobytes()
        bound = float(values["bound"][row])
        rows.append(
            {name: _plain(name, values[name][row]) for name in columns}
            | {"source": names[source], "bound": None if bound < 0 else bound, "fine": key.hex() if any(key) else None}
        )
    return {"columns": columns, "rows": rows}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.shape == (32,):
        return value.tobytes().hex()
    return value.tolist() if isinstance(value, np.ndarray) else value.item()


def text(document: dict[str, Any], *, every: bool = False) -> str:
    """The calls as people read them."""
    words = []
    for one in document["closures"]:
        words += [_head(document["stage"], one), ""]
        if "rows" not in one:
            rows = [(r["artifact"][:KEY], r["run"], _inputs(r["inputs"])) for r in one["fine"]]
            words += [table(rows, ("FINE RUN", "IN RUN", "ASKED WITH")), ""]
            continue
        header = (
            "CALL",
            *(f"{name}{f' [{unit}]' if unit not in (None, '1') else ''}" for name, unit in one["columns"].items()),
            "FROM",
            "BOUND",
            "FINE RUN",
        )
        lines = [
            (
                str(number),
                *(_short(row[name]) for name in one["columns"]),
                row["source"],
                "none" if row["bound"] is None else f"{row['bound']:.2g}" if row["bound"] else "",
                (row["fine"] or "")[:KEY],
            )
            for number, row in enumerate(one["rows"])
        ]
        if not every and len(lines) > 2 * SHOWN + 2:
            between = (f"… {len(lines) - 2 * SHOWN} more (--all)", *[""] * (len(header) - 1))
            lines = [*lines[:SHOWN], between, *lines[-SHOWN:]]
        words += [table(lines, header), ""]
    return "\n".join(words).rstrip()


def _head(stage: str, one: dict[str, Any]) -> str:
    return f"{stage}.{one['port']}, {one['answered_by']}\n  {asked(one)}"


def _inputs(inputs: dict[str, Any]) -> str:
    return ", ".join(f"{name}={_short(value)}" for name, value in inputs.items())


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return f"[{', '.join(map(_short, value[:3]))}{', …' if len(value) > 3 else ''}]"
    return str(value)[:KEY] if isinstance(value, str) else str(value)
