"""Two runs beside each other: what was asked of each, where they part, and how far apart their outputs are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bridge.errors import BridgeError
from bridge.inspect.explain.diff import diff
from bridge.inspect.explain.diff_text import parting
from bridge.inspect.web.asked import Asked
from bridge.inspect.web.comparing.looked import looked
from bridge.inspect.web.comparing.ports import choices, chosen
from bridge.inspect.web.comparing.rows import asked, stage_of
from bridge.inspect.web.heads import head_of
from bridge.inspect.web.site import Site, site_of
from bridge.inspect.web.words import link
from bridge.store.groups import UNFIT
from bridge.store.index.conditions import Conditions
from bridge.store.index.lines import Line
from bridge.store.index.lookup import page_of
from bridge.store.runs import Run
from bridge.store.spaces.space import Damaged

#: Runs that are offered, and stages that are told of one by one.
_OFFERED, _STAGES = 60, 200
#: Numbers of an array above which it is read only when it is chosen.
_LARGEST = 2**22


@dataclass(frozen=True)
class Offered:
    """A run to choose: its id, and what it was."""

    id: str
    words: str


def compare(request: Request) -> Response:
    """Two runs, or a form to choose them."""
    site, query = site_of(request), Asked(request)
    names = [query.text(letter, longest=128) for letter in "ab"]
    runs = [site.run(name) if name else None for name in names]
    offered = _offered(site, next((run for run in runs if run is not None), None))
    shown: dict[str, Any] = {"a": runs[0], "b": runs[1], "offered": offered}
    if runs[0] is None or runs[1] is None:
        return site.page(request, "compare.html", **shown, both=False)
    try:
        document = diff(runs[0], runs[1], _LARGEST)
    except UNFIT as reason:  # records may have been made by anybody
        raise Damaged(f"the records of these runs cannot be compared ({type(reason).__name__}: {reason}).") from None
    shown["heads"] = [head_of(run) for run in (runs[0], runs[1])]
    shown |= _compared(request, site, document, query.text("port", longest=400))
    page = site.page(request, "compare.html", **shown, both=True)
    if shown["looked"] is not None and shown["looked"].waits:
        asked_again = dict(request.query_params) | {"again": 1}
        page.headers["Refresh"] = f"0; url={link('compare', **asked_again)}#port"
    return page


def _compared(request: Request, site: Site, document: dict[str, Any], port: str) -> dict[str, Any]:
    a, b = document["a"], document["b"]
    equal = {name: value for name, value in a["parameters"].items() if name not in document["parameters"]}
    wrong = ""
    try:
        ports = choices(site.store, document)
    except BridgeError as reason:  # an artifact that went while the page was drawn
        ports, wrong = [], str(reason)
    choice = chosen(ports, port, site.store)
    stages = [stage_of(site.store, told) for told in document["stages"][:_STAGES]]
    return {
        "pairs": asked(document),
        "equal": equal,
        "parting": parting(document),
        "alike": document["first"] is None and not document["only_in_a"] and not document["only_in_b"],
        "only": {"A": document["only_in_a"], "B": document["only_in_b"]},
        "stages": stages,
        "more": len(document["stages"]) - len(stages),
        "ports": ports,
        "choice": choice,
        "looked": looked(request, choice) if choice is not None else None,
        "wrong": wrong,
        "swapped": link("compare", a=b["id"], b=a["id"], port=port),
        "kept": {name: value for name, value in request.query_params.items() if name in ("a", "b", "port")},
    }


def _offered(site: Site, beside: Run | None) -> list[Offered]:
    """The newest runs that have one point, those of the same flow first."""
    same = page_of(site.store, Conditions(flow=beside.flow), _OFFERED).lines if beside is not None else []
    lines = {line.id: line for line in (*same, *page_of(site.store, Conditions(), _OFFERED).lines)}
    return [
        Offered(line.id, f"{line.flow}{f' {line.name}' if line.name else ''}: {_given(line)}"[:160])
        for line in lines.values()
        if line.points is None
    ][:_OFFERED]


def _given(line: Line) -> str:
    return ", ".join(f"{name}={value}" for name, value in line.parameters.items())
