"""What goes on, told to open pages by server-sent events; ``static/live.js`` hears them.

``/live`` is for the list of runs, ``/runs/{id}/live`` for the page of one. The page says with which sign it was drawn
(``?since=``), so that nothing is missed between its drawing and its listening.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from bridge.errors import BridgeError
from bridge.inspect.web.asked import Asked, BadRequest
from bridge.inspect.web.site import Site, lasting_site, site_of
from bridge.inspect.web.watching import PAUSE, PAUSE_AFAR, Seen, Watch, Watches
from bridge.store.index.headway import Following, Headway
from bridge.store.index.lines import Line, line_from
from bridge.store.index.lookup import running
from bridge.store.runs import Run
from bridge.store.sealed import digest
from bridge.store.spaces.once import followed
from bridge.store.spaces.space import Damaged

_SIGN = re.compile(r"[0-9a-z.:-]{0,200}")


async def all_runs(request: Request) -> Response:
    """Tell of runs that begin, end, go on."""
    site = lasting_site(request)
    return _answer(request, "", lambda: _Runs(site).look)


async def one_run(request: Request) -> Response:
    """Tell of the stages of one run until it has ended."""
    site = lasting_site(request)
    run = await run_in_threadpool(site_of(request).run, str(request.path_params["run"]))
    return _answer(request, run.id, lambda: _OneRun(site, run.id).look)


def sign_of(run: Run) -> str:
    """With which sign a page of a run is drawn: another one as soon as anything becomes of a stage."""
    log = f"{run.folder}/events.jsonl"
    length = len(run.space.children(log)) if run.space.remote else run.space.size(log)
    return digest([run.state, length, run.about])[:24]


def _answer(request: Request, name: str, look: Callable[[], Callable[[], Seen]]) -> Response:
    app = request.app.state
    if not hasattr(app, "watches"):
        app.watches = Watches()
    if not hasattr(app, "ending"):
        app.ending = asyncio.Event()
    since = request.headers.get("last-event-id") or Asked(request).text("since", longest=200)
    if not _SIGN.fullmatch(since):
        raise BadRequest("since is the sign that a page was drawn with, or nothing.")
    if app.watches.full:
        said = "Too many pages are kept up to date already: this one shows how it was when it was drawn.\n"
        return PlainTextResponse(said, 503, {"retry-after": "30"})
    afar = any(layer.space.remote for layer in lasting_site(request).store.layers)
    watch = app.watches.of(name, lambda: Watch(look(), app.ending, PAUSE_AFAR if afar else PAUSE))
    return StreamingResponse(
        app.watches.events(watch, since, request.is_disconnected),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


class _Runs:
    """Looks at all runs."""

    def __init__(self, site: Site) -> None:
        self._store = site.store
        self._spaces = {layer.address: followed(layer.space) for layer in site.store.layers}
        self._following: dict[str, Following] = {}

    def look(self) -> Seen:
        """Bring the index up to date, and read what running ones have added to their logs."""
        sign, lines = running(self._store.once())
        self._following = {line.id: self._followed(line) for line in lines}
        told = {name: _told(following) for name, following in self._following.items()}
        return Seen(sign, {name: headway for name, headway in told.items() if headway})

    def _followed(self, line: Line) -> Following:
        known = self._following.get(line.id)
        return known if known and known.line == line else Following(self._spaces[line.store], line)


class _OneRun:
    """Looks at one run."""

    def __init__(self, site: Site, name: str) -> None:
        self._store, self._name = site.store, name
        self._spaces = {layer.address: followed(layer.space) for layer in site.store.layers}
        self._following: Following | None = None

    def look(self) -> Seen:
        """Read its record again, and what it has added to its log."""
        try:
            run = Run(self._store.once(), self._name)
        except BridgeError:  # it was removed
            return Seen("gone", over=True)
        sign = sign_of(run)
        if run.state != "running":
            return Seen(sign, over=True)
        line = line_from(run.about, run.state, run.space.address)
        if self._following is None or self._following.line != line:
            self._following = Following(self._spaces[run.space.address], line)
        headway = _told(self._following)
        return Seen(sign, {self._name: headway} if headway else {})


def _told(following: Following) -> Headway | None:
    try:
        return following.look()
    except (Damaged, FileNotFoundError):
        return None
