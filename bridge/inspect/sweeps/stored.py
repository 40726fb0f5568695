"""A planned or stored sweep in words: what was varied, what each stage took, what became of the points."""

from __future__ import annotations

from typing import Any

from bridge.errors import ContractError
from bridge.inspect.sensitivity import document_of
from bridge.inspect.sensitivity import text as sensitivity_text
from bridge.inspect.table import table
from bridge.literals import duration
from bridge.scales.judging import told_of
from bridge.store.runs import Run
from bridge.store.sweeps import Sweep

#: Failed points that are told of.
_TOLD = 5


def describe(run: Run) -> dict[str, Any]:
    """A stored sweep in JSON."""
    swept = Sweep(run)
    from bridge.inspect.stored import facts_of

    stages = run.stages
    return {
        **facts_of(run),
        "sweep": run.about["sweep"],
        "points": swept.counts,
        "stages": [{"name": name} | _stage(stages[name]) for name in swept.stages],
        "failed": [{"point": swept.points.texts(n), "error": said} for n, said in swept.errors(_TOLD)],
        "wires": run.about["edges"],
        **({"sensitivity": document_of(run)} if "sensitivity" in run.about else {}),
    }


def describe_point(run: Run, number: int) -> dict[str, Any]:
    """One point of a stored sweep in JSON: its parameters, and what each stage gave there. Raises ContractError."""
    from bridge.inspect.stored import values_of

    swept = Sweep(run)
    if not 0 <= number < len(swept):
        raise ContractError(f"sweep {run.id} has {len(swept):,} points: write --point 0 to {len(swept) - 1}.")
    stages = swept.at_point(number)
    error = next((said for point, said in swept.errors() if point == number), None)
    return {
        "id": run.id,
        "point": number,
        "parameters": swept.points.texts(number),
        "status": str(swept.status.ravel()[number]),
        "error": error,
        "stages": [
            {"name": name, "key": outputs._artifact.key, "outputs": values_of(outputs)}
            | told_of(outputs._artifact.about)
            for name, outputs in stages.items()
        ],
    }


def point_text(document: dict[str, Any]) -> str:
    """One point of a stored sweep as people read it."""
    from bridge.inspect.stored import judged, lines_of

    words = [
        f"point {document['point']} of sweep {document['id']}: {_point(document['parameters'])}, {document['status']}"
    ]
    words += [document["error"]] if document["error"] else []
    for stage in document["stages"]:
        lines = list(lines_of(stage["outputs"]))
        said = [f"    {one}" for one in judged(stage)]
        words += ["", stage["name"], *said, table(lines, indent="    ")]
    return "\n".join([*words, ""])


def _stage(facts: dict[str, Any]) -> dict[str, Any]:
    wanted = ("model", "scale", "state", "executions", "computed", "found", "failed")
    return {name: facts[name] for name in wanted if name in facts}


def text(document: dict[str, Any]) -> str:
    """A stored sweep as people read it."""
    from bridge.inspect.stored import in_place, scheduled

    called = " ".join(filter(None, [document.get("name"), *(f"#{tag}" for tag in document.get("tags", ()))]))
    took = f" in {duration(document['seconds'])}" if document["seconds"] is not None else ""
    fixed = ", ".join(f"{k}={v}" for k, v in document["parameters"].items())
    counts = ", ".join(f"{count:,} {name}" for name, count in document["points"].items())
    title = f"sweep {document['id']}{f' {called}' if called else ''}"
    words = [
        f"{title}: {document['flow']}({fixed}) {document['state']}{took}",
        f"{document['sweep']['points']:,} points: {counts}",
        *scheduled(document),
        *in_place(document),
        "",
        axes_text(document["sweep"]["axes"]),
        "",
        table([("stage", "executions", "computed", "found", "failed"), *map(_line, document["stages"])]),
    ]
    if document["failed"]:
        words += ["", *(f"failed at {_point(one['point'])}: {one['error']}" for one in document["failed"])]
        more = document["points"].get("failed", 0) - len(document["failed"])
        words += [f"and at {more:,} more"] * (more > 0)
    if document["failure"]:
        words += ["", document["failure"]]
    if "sensitivity" in document:
        words += ["", sensitivity_text(document["sensitivity"]), ""]
    if document["state"] in ("interrupted", "cancelled", "failed"):
        words.append(f"go on with it: scalebridge resume {document['id']}")
    return "\n".join([*words, ""])


def plan_text(document: dict[str, Any]) -> str:
    """What a sweep would run, as people read it."""
    lines = [
        (told["stage"], f"{told['executions']:,}", f"{told['found']:,}", f"{told['missing']:,}")
        for told in document["stages"]
    ]
    missing = sum(told["missing"] for told in document["stages"])
    whole = document["points"] * max(1, len(document["stages"]))
    total = sum(told["executions"] for told in document["stages"])
    words = [
        f"{document['flow']} at {document['points']:,} points",
        "",
        axes_text(document["axes"]),
        "",
        table([("stage", "executions", "in the store", "to run"), *lines]),
        "",
        f"{missing:,} executions to run; points share {whole - total:,} of {whole:,}.",
    ]
    if document["traced"] > 1:
        words.append(f"The flow's body looks at its parameters: it was traced {document['traced']:,} times.")
    words.append(f"It goes on past {document['failures']:,} failures (--failures).")
    words += ["", table([tuple(document["first"][0]), *(tuple(one.values()) for one in document["first"])])]
    if document["points"] > len(document["first"]):
        words.append(f"and {document['points'] - len(document['first']):,} more points")
    return "\n".join([*words, ""])


def axes_text(axes: list[dict[str, Any]]) -> str:
    """The axes of a sweep, a line each."""
    return table(
        [
            (column["name"], f"{column['distinct']:,} values", values_text(column), f"along {group['dim']}")
            for group in axes
            for column in group["columns"]
        ]
    )


def values_text(column: dict[str, Any]) -> str:
    """The values of an axis: as they were written, or the first and the last."""
    said = column["origin"].get("distribution")
    if isinstance(said, dict) or said:
        return str(column["origin"].get("text", said if isinstance(said, str) else said.get("text", "")))
    values = column.get("values")
    if values:
        return ", ".join(values) if len(values) <= 8 else f"{values[0]}, {values[1]} … {values[-1]}"
    return f"{column.get('lowest', column.get('first'))} … {column.get('highest', column.get('last'))}"


def _line(stage: dict[str, Any]) -> tuple[str, ...]:
    names = ("executions", "computed", "found", "failed")
    return (stage["name"], *(f"{stage[name]:,}" if name in stage else "" for name in names))


def _point(point: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in point.items())
