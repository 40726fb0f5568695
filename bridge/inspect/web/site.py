"""What pages share: the store, the templates, and how runs and artifacts are found by what an address says."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from bridge.errors import BridgeError
from bridge.inspect.pictures.drawing import unit_words
from bridge.inspect.web import words
from bridge.inspect.web.asked import Missing
from bridge.store.artifact import Artifact
from bridge.store.runs import Run
from bridge.store.spaces.space import proper
from bridge.store.store import Store

HERE = Path(__file__).parent


class Site:
    """A store and how its pages are drawn; one for the life of the server, used by many threads."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=words.inert,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.globals.update(link=words.link, store_address=store.address)
        self.templates.filters.update(
            moment=words.moment,
            took=words.took,
            size=words.size,
            state=words.state,
            given=words.given,
            unit=lambda text: unit_words(str(text or "")),
        )

    def page(self, request: Request, template: str, *, status: int = 200, **shown: Any) -> HTMLResponse:
        """Draw a page."""
        drawn = self.templates.get_template(template).render(request=request, path=request.url.path, **shown)
        return HTMLResponse(drawn, status)

    def run(self, name: str) -> Run:
        """A run by its whole id. Raises Missing."""
        if not proper(name) or "/" in name:
            raise Missing(f"{name[:80]!r} is no id of a run.")
        try:
            return Run(self.store, name)
        except BridgeError as reason:
            raise Missing(str(reason)) from None

    def artifact(self, key: str) -> Artifact:
        """An artifact by its content key. Raises Missing, and Damaged for one that is there and cannot be read."""
        if not self.store.has(key):
            raise Missing(f"there is no artifact {key[:16]}… in {self.store.address}.")
        return self.store.open(key)

    def once(self) -> Site:
        """The site for one page, which asks a bucket for nothing twice."""
        store = self.store.once()
        if store is self.store:
            return self
        found = copy.copy(self)
        found.store = store
        return found


def site_of(request: Request) -> Site:
    """The site that a request came to, for as long as the request lasts."""
    if not hasattr(request.state, "site"):
        request.state.site = lasting_site(request).once()
    found: Site = request.state.site
    return found


def lasting_site(request: Request) -> Site:
    """The same for what goes on after the page was drawn: its store sees what becomes of things meanwhile."""
    found: Site = request.app.state.site
    return found
