"""The list of runs: filtered, sorted and paged by the address, with what is under way kept up to date."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

from bridge.errors import ContractError
from bridge.inspect.listing import nothing
from bridge.inspect.web.asked import Asked
from bridge.inspect.web.filtering import Typed, at_fault, read
from bridge.inspect.web.site import Site, site_of
from bridge.inspect.web.watching import said
from bridge.inspect.web.words import inert, link
from bridge.store.index.conditions import STATES
from bridge.store.index.headway import Headway, headway_of, with_cost
from bridge.store.index.lines import Line
from bridge.store.index.lookup import Page, page_after
from bridge.store.index.order import SORTS, Order

#: Runs to a page, and the most that may be asked for; parameters of a run that are written out.
LIMIT, MOST, PARAMETERS = 100, 200, 8
#: Heads of the table: what runs are sorted by there, and whether its first click puts the greatest first.
_HEADS = (
    ("", "Run", False),
    ("flow", "Flow", False),
    ("name", "Name and tags", False),
    ("state", "State", False),
    ("started", "Started (UTC)", True),
    ("took", "Took", True),
    ("cost", "CPU time", True),
    ("", "Parameters", False),
)


#: Fields of the form that are not always in view: name, label, an example.
_FIELDS = (
    ("tag", "Tag", "paper"),
    ("name", "Name", "figure 3"),
    ("since", "Begun on or after", "2026-11-01"),
    ("until", "Begun on or before", "2026-11-30"),
    ("model", "Model used", "kmc.random_walk"),
)


@dataclass(frozen=True)
class Row:
    """A run as a row of the table."""

    line: Line
    id: Markup
    address: str
    given: Markup
    more: int
    headway: Headway | None
    shared: bool

    @property
    def called(self) -> bool:
        """Whether it has a name, a tag, or comes from elsewhere."""
        return bool(self.line.name or self.line.tags or self.line.imported or self.shared)

    @property
    def told(self) -> str:
        """How far it is, in words."""
        return said(self.headway) if self.headway else ""


@dataclass(frozen=True)
class Head:
    """The head of a column: where a click on it leads, and how it is sorted now."""

    label: str
    address: str | None
    sorted: str | None
    number: bool


def runs(request: Request) -> Response:
    """Draw the list of runs that fit what the address asks for."""
    site, asked = site_of(request), Asked(request)
    limit = asked.whole("n", LIMIT, 1, MOST)
    order = _order(asked)
    after = asked.text("after", longest=1000) or None
    typed, conditions = read(asked)
    page = None
    if conditions is not None:
        known = ("flow", "tag")
        try:
            page = page_after(site.store, conditions, order, after, limit, known)
        except ContractError as reason:
            if after is not None or not conditions.where:
                raise
            typed = at_fault(typed, reason)
    rows = _rows(site, page) if page else []
    asking = typed.query | _order_asked(order) | ({"n": str(limit)} if limit != LIMIT else {})
    return site.page(
        request,
        "runs.html",
        status=200 if page else 400,
        typed=typed,
        fields=_FIELDS,
        more=any(typed.values[name] for name, _, _ in _FIELDS) or bool(typed.where) or bool(typed.errors),
        states=STATES,
        known=_known(page, typed),
        page=page,
        rows=rows,
        heads=_heads(typed, order, limit),
        fixed={name: value for name, value in asking.items() if name in ("sort", "n")},
        older=link("", **asking, after=page.onward) if page and page.onward else None,
        newer=link("", **asking, after=page.back) if page and page.back else None,
        first=link("", **asking),
        here=link("", **asking, after=after),
        by_time=order.by == "started",
        listens=link("live", since=page.sign) if page else None,
        drawn=datetime.now(UTC).isoformat(timespec="seconds"),
        named=order.by == "name" or any(row.called for row in rows),
        nothing=nothing(page, site.store, conditions) if page and conditions and not page.total else "",
        empty=not typed.query,
    )


# Order


def _order(asked: Asked) -> Order:
    """``took`` with the least first, ``-took`` with the greatest; runs are listed the newest first."""
    written = asked.one_of("sort", [*SORTS, *(f"-{by}" for by in SORTS)], "-started")
    return Order(written.removeprefix("-"), written.startswith("-"))


def _order_asked(order: Order) -> dict[str, str]:
    if order == Order():
        return {}
    return {"sort": f"{'-' if order.descending else ''}{order.by}"}


def _heads(typed: Typed, order: Order, limit: int) -> list[Head]:
    heads = []
    for by, label, falling in _HEADS:
        if not by:
            heads.append(Head(label, None, None, False))
            continue
        here = order.by == by
        click = Order(by, not order.descending if here else falling)
        asking: Mapping[str, Any] = typed.query | _order_asked(click) | ({"n": limit} if limit != LIMIT else {})
        way = "descending" if order.descending else "ascending"
        heads.append(Head(label, link("", **asking), way if here else None, by in ("took", "cost")))
    return heads


# Rows


def _known(page: Page | None, typed: Typed) -> dict[str, list[str]]:
    """What the form offers: all flows and tags, and what was typed."""
    known: dict[str, list[str]] = {}
    for what in ("flow", "tag"):
        found = page.known.get(what, set()) if page else set[str]()
        known[what] = sorted(found | {typed.values[what]} - {""})[:1000]
    return known


def _rows(site: Site, page: Page) -> list[Row]:
    spaces = {layer.address: layer.space for layer in site.store.layers}
    rows = []
    for line in page.lines:
        headway = headway_of(spaces[line.store], line) if line.state == "running" else None
        line = with_cost(line, headway) if headway else line
        given = list(line.parameters.items())
        rows.append(
            Row(
                line,
                escape(inert(line.id)),
                link("runs", line.id),
                Markup("".join(_pair(name, value) for name, value in given[:PARAMETERS])),
                max(0, len(given) - PARAMETERS),
                headway,
                line.store != site.store.address,
            )
        )
    return rows


def _pair(name: str, value: Any) -> str:
    """A parameter in the list; put into HTML here, for there are hundreds on a page."""
    name, value = (html.escape(inert(text)) for text in (name, _written(value)))
    return f"<span><i><bdi>{name}</bdi></i> <bdi>{value}</bdi></span>"


def _written(value: Any) -> str:
    """A parameter as it was written, cut where nobody would read on in a list."""
    text = "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
