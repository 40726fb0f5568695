"""The page of a run: the chain by scale, its parameters, its stages with what they gave, judged and cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from bridge.errors import BridgeError
from bridge.inspect.stored import facts_of, remarks
from bridge.inspect.web.site import site_of
from bridge.inspect.web.stages.told import READ, Stage, anchor, number, stages_of
from bridge.inspect.web.words import link
from bridge.store.groups import UNFIT
from bridge.store.runs import Run
from bridge.store.view import pretty

#: Wires that are listed.
WIRES = 400
#: Characters of a failure; the logs have it whole.
FAILURE = 2000
_GOES_ON = ("failed", "interrupted", "cancelled")


def run(request: Request) -> Response:
    """A run; a sweep has a page of its own kind."""
    site = site_of(request)
    found = site.run(request.path_params["run"])
    if "sweep" in found.about:
        from bridge.inspect.web.pages.sweep import sweep_page

        return sweep_page(request, found)
    known = found.stages
    groups = stages_of(found, known)
    stages = [stage for several in groups for stage in several]
    facts, notes = _facts(found)
    return site.page(
        request,
        "run.html",
        run=found,
        live=_live(found),
        facts=facts,
        notes=notes,
        cost=_cost(found),
        failure=_failure(found),
        failed=[stage for stage in stages if stage.state == "failed"],
        resume=f"scalebridge resume {found.id}" if found.state in _GOES_ON else "",
        graph=_graph(found, known),
        wires=_wires(found),
        groups=groups,
        count=len(stages),
        unread=max(0, sum(bool(stage.key) for stage in stages) - READ) if len(stages) > READ else 0,
        pictures=[(stage, file) for stage in stages for file in stage.given.files if file.picture],
        files=[(stage, file) for stage in stages for file in stage.given.files if not file.picture],
        downloads=_downloads(found, stages),
        done=sum(stage.state in ("computed", "found") for stage in stages),
    )


def _live(run: Run) -> str:
    """Where an open page hears how a run goes on; nothing for one that has ended."""
    if run.state != "running":
        return ""
    from bridge.inspect.web.pages.live import sign_of

    return link("runs", run.id, "live", since=sign_of(run))


def _facts(run: Run) -> tuple[dict[str, Any], list[str]]:
    """What a run says of itself, and remarks; what cannot be read is a remark."""
    try:
        facts = facts_of(run)
        unreadable = []
    except BridgeError as reason:  # of the mark of an import
        run.imported = None
        facts, unreadable = facts_of(run), [str(reason)]
    try:
        said = remarks({**facts, "state": ""})
    except UNFIT as reason:
        said = [f"some of the record cannot be read ({type(reason).__name__})."]
    return _shaped(facts), [*unreadable, *said]


def _shaped(facts: dict[str, Any]) -> dict[str, Any]:
    """What a page takes apart is what it should be: a record may have been made by anybody."""
    for name in ("revision", "versions", "seeds"):
        if not isinstance(facts.get(name), dict):
            facts[name] = {}
    plugins = facts.get("plugins")
    blank = {"distribution": "?", "version": ""}
    listed = plugins if isinstance(plugins, list) else []
    return facts | {"plugins": [blank | one for one in listed if isinstance(one, dict)]}


def _cost(run: Run) -> dict[str, float]:
    """What a run cost, as far as that is known and more than nothing."""
    cost = run.about.get("cost")
    known = cost if isinstance(cost, dict) else {}
    return {name: number(known.get(name)) or 0.0 for name in ("cpu_seconds", "peak_memory_bytes")}


def _failure(run: Run) -> str:
    said = str(run.about.get("failure") or "")
    return said if len(said) <= FAILURE else f"{said[:FAILURE]} …"


def _graph(run: Run, known: Mapping[str, dict[str, Any]]) -> Markup:
    """The chain by scale, or nothing for a record without stages. All texts in it are escaped where it is drawn."""
    from bridge.inspect.pictures.scale_chain import graph_of
    from bridge.inspect.pictures.scale_graph import svg

    drawn = svg(graph_of(run.about, known, lambda stage: f"#{anchor(stage)}"))
    return Markup(drawn)


def _wires(run: Run) -> list[tuple[str, str, str, str, str]]:
    """Every wire in words: from, to, unit, direction, and what its two models declare of their scales."""
    from bridge.scales.separation import Declared

    found = []
    for edge in run.about["edges"][:WIRES]:
        source, target = (pretty(str(edge.get(end) or "")) for end in ("source_unit", "target_unit"))
        unit = source if source == target else f"{source} → {target}"
        try:
            scales = ", ".join(str(Declared(**pair)) for pair in edge.get("scales", ()))
        except UNFIT:
            scales = ""
        ends = [str(edge.get(end, "?")) for end in ("source", "target")]
        found.append((*ends, unit, str(edge.get("direction", "")), scales))
    return [(a, b, c, d, e) for a, b, c, d, e in found]


def _downloads(run: Run, stages: list[Stage]) -> list[tuple[str, str]]:
    """What can be taken away of a run."""
    if not any(stage.key for stage in stages):
        return []
    kinds = [("csv", "Numbers (CSV)"), ("tables", "All tables (CSV, zip)"), ("netcdf", "NetCDF")]
    if any(stage.given.files for stage in stages):
        kinds.append(("files", "Files (zip)"))
    return [(words, link("runs", run.id, "download", to=to)) for to, words in kinds]
