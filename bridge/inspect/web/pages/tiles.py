"""Tiles of a field as pictures, and what one block of it holds, in words and numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bridge.inspect.web.asked import Asked, BadRequest, Missing, key_of, port_path
from bridge.inspect.web.declared import as_declared
from bridge.inspect.web.fields.asking import View, index_of, shape_of, upwards, view_of
from bridge.inspect.web.fields.colours import palette
from bridge.inspect.web.fields.opened import Opened, opened
from bridge.inspect.web.fields.png import png
from bridge.inspect.web.fields.reading import block_facts, block_words, carried

#: How tiles are drawn: another number where another picture is drawn of the same numbers, for browsers keep them.
FORM = "1"
_FOR_EVER = "private, max-age=31536000, immutable"


def tile(request: Request) -> Response:
    """A tile of a level as PNG: ``x`` and ``y`` count tiles from the lowest index; transparent where points miss."""
    return _of_field(request, lambda asked, field: Response(_tile(asked, field), media_type="image/png"))


def values(request: Request) -> Response:
    """What the block of a level that holds a point of the field has: as JSON, with the words for people."""
    return _of_field(request, lambda asked, field: JSONResponse(_values(asked, field)))


def _of_field(request: Request, answer: Callable[[Asked, Opened], Response]) -> Response:
    """What is asked of a field; a browser keeps it for ever where its address says which numbers (``of``) it is of."""
    asked = Asked(request)
    key, path = key_of(request), port_path(asked.text("path"))
    of = asked.text("of", longest=64)
    known = _tag(request)
    if of and request.headers.get("if-none-match") == known:
        return Response(status_code=304, headers=_kept(known))
    with as_declared(f"the artifact {key[:12]}…"):
        answered = answer(asked, _still(of, opened(request, key, path)))
    if of:
        answered.headers.update(_kept(known))
    return answered


def _tile(asked: Asked, field: Opened) -> bytes:
    view = view_of(asked, field.levels)
    level = field.first_level(view) if view.level is None else view.level
    rows, columns = _within(asked, field, view, level)
    values = field.levels.region(level, view.what, index_of(field.levels, view, level, rows, columns))
    entries = field.shades(view).entries(values)
    if view.axes[0] > view.axes[1]:
        entries = entries.T
    if upwards(field.levels, view.axes[0]):
        entries = entries[::-1]
    return png(entries, palette(view.colours))


def _values(asked: Asked, field: Opened) -> dict[str, Any]:
    view = view_of(asked, field.levels)
    level = 0 if view.level is None else view.level
    up, across = (field.levels.shape[axis] for axis in view.axes)
    row, column = asked.whole("row", -1, 0, up - 1), asked.whole("column", -1, 0, across - 1)
    if row < 0 or column < 0:
        raise BadRequest(f"a point is row= 0 to {up - 1} and column= 0 to {across - 1}.")
    facts = block_facts(field, view, level, row, column)
    return {**carried(facts), "text": block_words(field.levels, facts)}


def _within(asked: Asked, field: Opened, view: View, level: int) -> tuple[slice, slice]:
    """Rows and columns of a tile. Raises BadRequest where there is none."""
    found = []
    for name, size in zip(("y", "x"), shape_of(field.levels, view, level), strict=True):
        number = asked.whole(name, 0, 0, (size - 1) // field.side)
        found.append(slice(number * field.side, min((number + 1) * field.side, size)))
    return found[0], found[1]


def _still(of: str, field: Opened) -> Opened:
    """The field, if it is the one that a page was drawn of. Raises Missing where it was computed again since."""
    if of and of != field.content:
        raise Missing("this field was lost and computed again since the page was drawn: load the page anew.")
    return field


def _tag(request: Request) -> str:
    """An answer by what was asked, with ``of`` among it: what it is made of never changes."""
    whole = f"{FORM} {request.url.path}?{request.url.query}"
    return f'"{hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()}"'


def _kept(tag: str) -> dict[str, str]:
    return {"Cache-Control": _FOR_EVER, "ETag": tag}
