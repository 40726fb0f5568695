"""Which address is answered by which page, and what becomes of mistakes."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bridge.errors import BridgeError, UnknownName
from bridge.inspect.web.asked import BadRequest, Missing
from bridge.inspect.web.site import HERE, Site, site_of
from bridge.store.spaces.space import Damaged, StoreUnusable
from bridge.store.store import Store

#: Every page: its address, and the function in ``pages`` that draws it, imported when it is first asked for.
ROUTES = (
    ("/", "runs:runs"),
    ("/live", "live:all_runs"),
    ("/runs/{run}", "run:run"),
    ("/runs/{run}/live", "live:one_run"),
    ("/runs/{run}/lineage", "behind:lineage"),
    ("/runs/{run}/lineage.svg", "behind:lineage_picture"),
    ("/runs/{run}/calls", "behind:calls"),
    ("/runs/{run}/logs", "behind:logs"),
    ("/runs/{run}/points/{point}", "sweep:point"),
    ("/runs/{run}/points", "sweep:points"),
    ("/runs/{run}/download", "downloads:run"),
    ("/artifacts/{key}", "artifact:artifact"),
    ("/artifacts/{key}/port", "artifact:port"),
    ("/artifacts/{key}/tile", "tiles:tile"),
    ("/artifacts/{key}/values", "tiles:values"),
    ("/artifacts/{key}/file", "downloads:file"),
    ("/artifacts/{key}/download", "downloads:artifact"),
    ("/compare", "compare:compare"),
    ("/models", "models:models"),
    ("/models/{name}", "models:model"),
)

_LOG = logging.getLogger("scalebridge.ui")


def application(store: Store) -> Starlette:
    """The pages of a store, without the guard that stands before them."""
    routes = [Route(path, _page(where), methods=["GET"]) for path, where in ROUTES]
    app = Starlette(
        routes=[*routes, Mount("/static", StaticFiles(directory=HERE / "static"))],
        exception_handlers={BridgeError: _refused, HTTPException: _no_page, Exception: _our_mistake},
    )
    app.state.site = Site(store)
    return app


def _page(where: str) -> Callable[[Request], Any]:
    """The function of a page, which runs in a thread unless it is a coroutine function."""
    import inspect
    from importlib import import_module

    from starlette.concurrency import run_in_threadpool

    module, _, name = where.partition(":")

    @functools.cache
    def found() -> Any:
        return getattr(import_module(f"bridge.inspect.web.pages.{module}"), name)

    async def answer(request: Request) -> Response:
        function = await run_in_threadpool(found)
        answered = function(request) if inspect.iscoroutinefunction(function) else run_in_threadpool(function, request)
        response: Response = await answered
        return response

    return answer


def _refused(request: Request, reason: Exception) -> Response:
    """What the platform refused, as a page: what was given, what was expected."""
    if isinstance(reason, (Missing, UnknownName, Damaged)):
        status, title = 404, "This cannot be read" if isinstance(reason, Damaged) else "This is not here"
    elif isinstance(reason, StoreUnusable):
        status, title = 503, "The store cannot be used"
    else:
        status, title = 400, "This cannot be asked" if isinstance(reason, BadRequest) else "This was refused"
    return _said(request, status, title, str(reason))


def _no_page(request: Request, reason: Exception) -> Response:
    assert isinstance(reason, HTTPException)
    said = {404: "There is no page at this address.", 405: "Pages are only read: GET and HEAD."}
    response = _said(request, reason.status_code, "No page", said.get(reason.status_code, reason.detail))
    response.headers.update(reason.headers or {})
    return response


def _said(request: Request, status: int, title: str, words: str) -> Response:
    return site_of(request).page(request, "error.html", status=status, title=title, words=words)


def _our_mistake(request: Request, reason: Exception) -> Response:
    """Something that should not have happened: the console has it whole, the page has no more than that."""
    _LOG.error("while %r was drawn", request.url.path, exc_info=reason)
    return PlainTextResponse("This page could not be drawn: the console of scalebridge ui says why.\n", 500)
