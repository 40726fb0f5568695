"""Stored runs as a list."""

from __future__ import annotations

import dataclasses
from typing import Any

from bridge.errors import did_you_mean
from bridge.inspect.table import table
from bridge.inspect.waiting import Waiting
from bridge.literals import duration
from bridge.store.index.conditions import Conditions
from bridge.store.index.lookup import Page, page_of
from bridge.store.store import Store

_RARE = ("NAME", "TAGS", "IMPORTED", "STORE")

#: Runs to a page.
LIMIT = 50


def listing(store: Store, asked: Conditions, limit: int = LIMIT, page: int = 1, *, quiet: bool = False) -> Page:
    """A page of the runs that fit, the newest first; the first look at a large store shows its progress."""
    with Waiting("reading runs for the first time", quiet) as told:
        return page_of(store, asked, limit, page, told)


def document(page: Page) -> list[dict[str, Any]]:
    """A page in JSON, a line each."""
    return [dataclasses.asdict(line) for line in page.lines]


def text(page: Page, store: Store, asked: Conditions, limit: int = LIMIT, number: int = 1) -> str:
    """A page as a table; what has no name and no tags needs no column for them."""
    if not page.total:
        return nothing(page, store, asked)
    if not page.lines:
        return f"{page.total} runs fit, which is {-(-page.total // limit)} pages."
    columns = {
        "RUN": [line.id for line in page.lines],
        "FLOW": [line.flow for line in page.lines],
        "STATE": [line.state for line in page.lines],
        "STARTED (UTC)": [line.started[:19].replace("T", " ") for line in page.lines],
        "TOOK": [duration(line.seconds) for line in page.lines],
        "NAME": [line.name or "" for line in page.lines],
        "TAGS": [", ".join(line.tags) for line in page.lines],
        "IMPORTED": [(line.imported or "")[:10] for line in page.lines],
        "PARAMETERS": [", ".join(f"{k}={v}" for k, v in line.parameters.items()) for line in page.lines],
        "STORE": ["" if line.store == store.address else f"shared {line.store}" for line in page.lines],
    }
    shown = {head: cells for head, cells in columns.items() if any(cells) or head not in _RARE}
    words = table(list(zip(*shown.values(), strict=True)), list(shown))
    pages = -(-page.total // limit)
    if pages > 1:
        words += f"\npage {number} of {pages}, {page.total} runs"
        words += f": --page {number + 1} shows older ones" if number < pages else ""
    return words


def nothing(page: Page, store: Store, asked: Conditions) -> str:
    """Why the list is empty, as far as that can be seen."""
    if not page.known.get("flow"):
        return f"no runs in {store.address} yet. Start one: scalebridge run flows/creep.py"
    words = ["no run fits."]
    for what, written in (("flow", asked.flow), ("model", asked.model), ("tag", asked.tag), ("name", asked.name)):
        if written is not None and written not in page.known[what]:
            words.append(f"None has the {what} {written!r}. {did_you_mean(written, page.known[what])}")
    unknown = [parameter for parameter in asked.where if parameter not in page.known["parameter"]]
    words += [f"None has a parameter {one!r}. {did_you_mean(one, page.known['parameter'])}" for one in unknown]
    return " ".join(words)
