"""One field large: coarse first, detail as one zooms, slices, colours and numbers; whole without its script."""

from __future__ import annotations

import json
import math
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from bridge.inspect.pictures.drawing import unit_words
from bridge.inspect.pictures.svg import svg
from bridge.inspect.web.artifacts.made import Context, context_of
from bridge.inspect.web.artifacts.others import others
from bridge.inspect.web.asked import Asked
from bridge.inspect.web.fields.asking import (
    RANGES,
    WHATS,
    View,
    factor,
    said_pairs,
    shape_of,
    upwards,
    usual_map,
    usual_scale,
    view_of,
    with_range,
)
from bridge.inspect.web.fields.colours import MAPS
from bridge.inspect.web.fields.opened import Opened, opened_soon
from bridge.inspect.web.fields.shading import SCALES, Shades, bar
from bridge.inspect.web.fields.told import aspect, dials, energy_plot, level_rows
from bridge.inspect.web.pages.tiles import FORM
from bridge.inspect.web.site import site_of
from bridge.inspect.web.words import link
from bridge.store.artifact import Artifact

#: Seconds that a page waits for a field to be made ready before it says that it is not yet; and when it asks again.
PATIENCE = (1.5, 10.0)
#: Tiles of a level that a page without its script is made of.
MANY = 64
#: Least length of the longer side of a picture without the script, in pixels.
_WIDE = 768


def field(request: Request, artifact: Artifact, path: tuple[str, ...]) -> Response:
    """The page of a field, or one that says that it is being made ready and asks again by itself."""
    site, asked = site_of(request), Asked(request)
    context = context_of(site, asked, artifact)
    name = ".".join(path)
    about: dict[str, Any] = {
        "key": artifact.key,
        "name": name,
        "context": context,
        "downloads": [
            (to, link("artifacts", artifact.key, "download", path=name, to=to)) for to in ("png", "npy", "netcdf")
        ],
    }
    found = opened_soon(request, artifact, path, PATIENCE[asked.whole("again", 0, 0, 1)])
    if found is None:
        waiting = site.page(request, "port_waiting.html", **about)
        query = {part: request.query_params.getlist(part) for part in request.query_params}
        waiting.headers["Refresh"] = f"0; url={link('artifacts', artifact.key, 'port', **query | {'again': 1})}"
        return waiting
    view = view_of(asked, found.levels)
    level = found.first_level(view) if view.level is None else view.level
    shades = found.shades(view)
    unit = unit_words(found.levels.unit)
    label = f"{name} ({unit})" if unit else name
    energy = energy_plot(found.levels)
    address = {"path": name, **context.query, **view.query()}
    return site.page(
        request,
        "port_field.html",
        **about,
        unit=unit,
        field=found,
        view=view,
        level=level,
        shades=shades,
        layout=" × ".join(f"{dim} {n}" for dim, n in zip(found.levels.dims, found.levels.shape, strict=True)),
        bar=bar(shades, view.colours, label),
        lines=_tiles(artifact, name, found, view, level),
        told=_told(artifact, name, found, view, context),
        dials=dials(found, view),
        pairs=said_pairs(found.levels),
        choices={"what": WHATS, "map": MAPS, "scale": SCALES, "range": RANGES},
        usual={"map": usual_map(view.scale), "scale": usual_scale(found.levels)},
        rows=level_rows(found.levels, address, artifact.key),
        energy=Markup(svg(energy, 460)) if energy else None,
        seen={name_: asked.number(name_) for name_ in ("cx", "cy", "z")},
        others=others(site, context, artifact, path),
    )  # fmt: skip


def _tile(found: Opened, name: str, view: View, shades: Shades) -> dict[str, Any]:
    """The query of a tile, but for which it is; colours are the same in all of them."""
    return {"path": name, "form": FORM, "of": found.content, **with_range(view, shades.low, shades.high).query()}


def _tiles(artifact: Artifact, name: str, found: Opened, view: View, level: int) -> list[list[tuple[str, int, int]]]:
    """The tiles of a level, in lines from the top: address, width and height; none where they are too many."""
    rows, columns = shape_of(found.levels, view, level)
    down, along = math.ceil(rows / found.side), math.ceil(columns / found.side)
    if down * along > MANY:
        return []
    asked = _tile(found, name, view, found.shades(view)) | {"level": level}
    up, across = (factor(found.levels, axis, level) for axis in view.axes)
    high = aspect(found.levels, view) * up / across  # of a block over its width
    wide = max(1.0, min(8.0, _WIDE / max(columns, rows * high)))
    places = range(down - 1, -1, -1) if upwards(found.levels, view.axes[0]) else range(down)
    return [
        [
            (
                link("artifacts", artifact.key, "tile", **asked, x=x, y=y),
                max(1, round(min(found.side, columns - x * found.side) * wide)),
                max(1, round(min(found.side, rows - y * found.side) * wide * high)),
            )
            for x in range(along)
        ]
        for y in places
    ]


def _told(artifact: Artifact, name: str, found: Opened, view: View, context: Context) -> str:
    """What the script has to know, as JSON."""
    levels = found.levels
    numbers = range(len(levels.levels))
    return json.dumps(
        {
            "tile": link("artifacts", artifact.key, "tile", **_tile(found, name, view, found.shades(view))),
            "values": link(
                "artifacts", artifact.key, "values", path=name, of=found.content, axes=",".join(map(str, view.axes))
            ),
            "side": found.side,
            "shape": [levels.shape[axis] for axis in view.axes],
            "levels": [shape_of(levels, view, n) for n in numbers],
            "blocks": [[factor(levels, axis, n) for axis in view.axes] for n in numbers],
            "first": found.first_level(view),
            "fixed": view.level,
            "up": upwards(levels, view.axes[0]),
            "aspect": aspect(levels, view),
            "at": {f"at{axis}": place for axis, place in enumerate(view.at) if axis not in view.axes},
        }
    )
