"""One series large, over its coordinate, with the same of other runs over it."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from bridge.errors import BridgeError
from bridge.inspect.pictures.drawing import unit_words
from bridge.inspect.pictures.outputs import output_plot
from bridge.inspect.pictures.plot import Plot
from bridge.inspect.pictures.svg import svg
from bridge.inspect.web.artifacts.made import Context, context_of
from bridge.inspect.web.artifacts.others import Other, apart, others
from bridge.inspect.web.artifacts.outputs import LARGE, span_of, written
from bridge.inspect.web.asked import Asked, BadRequest, Missing
from bridge.inspect.web.site import Site, site_of
from bridge.inspect.web.words import link
from bridge.store.artifact import Artifact
from bridge.store.view import Outputs

#: Runs that are laid over one another.
MOST = 8
#: Numbers that are written out.
WRITTEN = 200
#: Widths of the picture on a screen and on a phone.
_WIDE, _NARROW = 900, 400
_KEY = re.compile(r"[0-9a-f]{64}")
_AXES = {"": "as it fits", "linear": "linear", "log": "logarithmic"}


def line(request: Request, artifact: Artifact, path: tuple[str, ...]) -> Response:
    """The page of a series."""
    site, asked = site_of(request), Asked(request)
    context = context_of(site, asked, artifact)
    spec, name = artifact._spec(path), ".".join(path)
    known = others(site, context, artifact, path)
    chosen = _chosen(asked, artifact.key)
    axes = {axis: asked.one_of(axis, _AXES, "") for axis in ("across", "up")}
    outputs, legends, remarks = _laid_over(site, context, artifact, chosen, known)
    count = int(spec["shape"][0])
    small = count * np.dtype(spec["dtype"]).itemsize <= LARGE
    drawn, narrow, table = Markup(""), Markup(""), _Table((), ())
    if small and count:
        plot = _with_axes(output_plot(list(zip(legends, outputs, strict=True)), name), axes)
        drawn, narrow = Markup(svg(plot, _WIDE)), Markup(svg(plot, _NARROW))
        table = _table(outputs[0], path)
    return site.page(
        request,
        "port_line.html",
        key=artifact.key,
        name=name,
        context=context,
        unit=unit_words(str(spec.get("unit", ""))),
        layout=f"{spec['dims'][0]} {count}, {spec['dtype']}",
        span=span_of(artifact.value(path)) if small and count else "",
        count=count,
        small=small,
        drawn=drawn,
        narrow=narrow,
        table=table,
        known=[(one, one.key in chosen) for one in known],
        strangers=[key for key in chosen if key not in {one.key for one in known}],
        remarks=remarks,
        axes=axes,
        words=_AXES,
        most=MOST,
        downloads=[(to, link("artifacts", artifact.key, "download", path=name, to=to)) for to in ("csv", "npy", "png")],
    )


def _chosen(asked: Asked, own: str) -> list[str]:
    found = list(dict.fromkeys(key for key in asked.texts("with", MOST, 64) if key != own))
    wrong = next((key for key in found if not _KEY.fullmatch(key)), None)
    if wrong is not None:
        raise BadRequest(f"with={wrong[:40]!r} is no key of an artifact.")
    return found


def _laid_over(
    site: Site, context: Context, artifact: Artifact, chosen: list[str], known: list[Other]
) -> tuple[list[Outputs], list[str], list[str]]:
    """Outputs with what each is called; those that cannot be read are remarks."""
    stage = context.stage or "stage"
    outputs, remarks = [Outputs(artifact, stage)], []
    legends = [_own(context, known) if chosen else ""]
    called = {one.key: one.apart for one in known}
    for key in chosen:
        try:
            found = site.artifact(key)
            outputs.append(Outputs(found, stage))
            legends.append(called.get(key) or _stranger(site, context, found))
        except BridgeError as reason:
            remarks.append(str(reason))
    return outputs, legends, remarks


def _own(context: Context, known: list[Other]) -> str:
    """What this run was asked that others were not."""
    return (known[0].here if known else "") or (context.run.id if context.run else "this one")


def _stranger(site: Site, context: Context, artifact: Artifact) -> str:
    """An artifact that is of none of the newest runs: what its own run was asked, or its key."""
    try:
        run = site.run(str(artifact.about.get("run", "")))
    except (Missing, BridgeError):
        return artifact.key[:12]
    than = context.run.parameters if context.run else {}
    return apart(run.parameters, than) or run.id


def _with_axes(plot: Plot, axes: dict[str, str]) -> Plot:
    """The same with the axes that were asked for."""
    panel = plot.panels[0]
    x, y = (
        dataclasses.replace(axis, log=asked == "log") if asked else axis
        for axis, asked in ((panel.x, axes["across"]), (panel.y, axes["up"]))
    )
    return dataclasses.replace(plot, panels=(dataclasses.replace(panel, x=x, y=y),))


@dataclasses.dataclass(frozen=True)
class _Table:
    """The first numbers, with their places and errors."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def _table(outputs: Outputs, path: tuple[str, ...]) -> _Table:
    from bridge.store.view import leaves

    beside = {leaf.path[-1]: leaf for leaf in leaves(outputs) if leaf.path[:-1] == path[:-1]}
    own = beside[path[-1]]
    dim = str(own.spec["dims"][0])
    columns = [own]
    if dim in beside and dim != path[-1] and beside[dim].spec.get("shape") == own.spec["shape"]:
        columns.insert(0, beside[dim])
    columns += [
        leaf
        for leaf in beside.values()
        if leaf.spec.get("standard_error_of") == path[-1] and leaf.spec.get("shape") == own.spec["shape"]
    ]
    units = [unit_words(str(leaf.spec.get("unit", ""))) for leaf in columns]
    head = [f"{leaf.name} ({unit})" if unit else leaf.name for leaf, unit in zip(columns, units, strict=True)]
    numbers: list[list[Any]] = [list(range(min(WRITTEN, own.spec["shape"][0])))]
    numbers += [leaf.value()[:WRITTEN].tolist() for leaf in columns]
    rows = tuple(tuple(written(one) for one in row) for row in zip(*numbers, strict=True))
    return _Table(("number", *head), rows)
