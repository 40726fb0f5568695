"""The page of a run: the chain by scale, its parameters, its stages with what they gave, judged and cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from bridge.inspect.pictures.drawing import unit_words
from bridge.inspect.web.heads import head_of
from bridge.inspect.web.site import site_of
from bridge.inspect.web.stages.told import READ, Stage, anchor, stages_of
from bridge.inspect.web.words import link
from bridge.store.groups import UNFIT
from bridge.store.runs import Run

#: Wires that are listed.
WIRES = 400
#: Stages whose outputs stand open; those beyond are folded, each with its first numbers.
OPEN = 12


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
    return site.page(
        request,
        "run.html",
        run=found,
        head=head_of(found),
        failed=[stage for stage in stages if stage.state == "failed"],
        graph=_graph(found, known),
        wires=_wires(found),
        groups=groups,
        open=OPEN,
        count=len(stages),
        unread=max(0, sum(bool(stage.key) for stage in stages) - READ) if len(stages) > READ else 0,
        pictures=[(stage, file) for stage in stages for file in stage.given.files if file.picture],
        files=[(stage, file) for stage in stages for file in stage.given.files if not file.picture],
        downloads=_downloads(found, stages),
        done=sum(stage.state in ("computed", "found") for stage in stages),
    )


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
        source, target = (unit_words(str(edge.get(end) or "")) for end in ("source_unit", "target_unit"))
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
