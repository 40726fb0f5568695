"""What is behind a run: where its outputs came from, what its closures asked, what its models said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from bridge.errors import BridgeError, UnknownName, did_you_mean
from bridge.inspect.explain.lineage import Lineage
from bridge.inspect.explain.lineage_picture import in_both_looks
from bridge.inspect.logs import of_run
from bridge.inspect.pictures.drawing import unit_words
from bridge.inspect.stored import asked as asked_in_words
from bridge.inspect.web.asked import Asked, Missing
from bridge.inspect.web.sending.files import picture_of_ours
from bridge.inspect.web.site import site_of
from bridge.inspect.web.words import link
from bridge.store.groups import UNFIT
from bridge.store.runs import Run
from bridge.store.spaces.space import Damaged
from bridge.store.view import leaves

#: Calls on one page; characters of a log that are shown, from its end; outputs that can be chosen.
CALLS, SAID, CHOICES = 100, 200_000, 2000
#: Columns of a table of calls that tell of the calls, beside what was asked and answered.
_OF_CALLS = ("source", "fine", "bound")


def lineage(request: Request) -> Response:
    """Everything that one output came from, as a picture and in words."""
    site, asked = site_of(request), Asked(request)
    run = site.run(request.path_params["run"])
    choices = list(_choices(run))
    of = asked.text("of") or _last(run)
    if not of:
        return site.page(request, "lineage.html", run=run, of="", choices=[], words="", picture="")
    words = _drawn(run, of, str)
    picture = link("runs", run.id, "lineage.svg", of=of)
    if of not in choices:
        choices.insert(0, of)
    return site.page(request, "lineage.html", run=run, of=of, choices=choices, words=words, picture=picture)


def lineage_picture(request: Request) -> Response:
    """The picture of a lineage, as a file of its own."""
    site, of = site_of(request), Asked(request).text("of")
    run = site.run(request.path_params["run"])
    if not of:
        raise Missing("write which output is meant: lineage.svg?of=stage.port.")
    return picture_of_ours(in_both_looks(_drawn(run, of, Lineage._repr_svg_)), f"{run.id} {of}")


def _drawn(run: Run, of: str, how: Callable[[Lineage], str]) -> str:
    """A lineage, in words or as a picture. Raises Damaged where artifacts do not say what they came from."""
    try:
        return how(run.lineage(of))
    except UNFIT as reason:
        if isinstance(reason, BridgeError):
            raise
        raise Damaged(
            f"what {of} came from is not told as stages tell it ({type(reason).__name__}: {reason!s:.80})."
        ) from None


def _last(run: Run) -> str:
    """The last stage that has outputs."""
    return next((name for name, facts in reversed(run.stages.items()) if "key" in facts), "")


def _choices(run: Run) -> Iterator[str]:
    """Stages and outputs whose lineage can be asked for."""
    count = 0
    for name, facts in run.stages.items():
        if "key" not in facts or count > CHOICES:
            continue
        yield name
        count += 1
        try:
            ports = [leaf.name for leaf in leaves(run[name])] if count < CHOICES // 10 else []
        except BridgeError:
            continue
        for port in ports:
            yield f"{name}.{port}"
            count += 1


def calls(request: Request) -> Response:
    """What a closure asked of a finer model, call by call."""
    site, asked = site_of(request), Asked(request)
    run = site.run(request.path_params["run"])
    of = asked.text("of")
    order = asked.one_of("order", ("asked", "bound"), "asked")
    if not of:
        raise Missing("write which closure is meant: calls?of=stage.port.")
    found = run.calls(of)
    try:
        table = _Calls(found._artifact, order)
    except UNFIT as reason:
        raise Damaged(f"the calls of {of} are not as a closure leaves them ({type(reason).__name__}).") from None
    page = asked.whole("page", 1, 1, 10**9)
    pages = max(1, -(-table.count // CALLS))
    if page > pages:
        raise Missing(f"there are {pages} pages of calls, not {page}.")
    return site.page(
        request,
        "calls.html",
        run=run,
        of=of,
        order=order,
        table=table,
        rows=list(table.rows((page - 1) * CALLS, page * CALLS)),
        page=page,
        pages=pages,
        said=_asked(run, of),
        csv=link("artifacts", found._artifact.key, "download", to="csv"),
        key=found._artifact.key,
    )


class _Calls:
    """The table of a closure's calls, in the order in which they were asked, or those of the largest bound first."""

    def __init__(self, ledger: Any, order: str) -> None:
        names = [name for name in ledger.ports if name not in _OF_CALLS]
        self.columns = [(name, unit_words(str(ledger.ports[name].get("unit") or ""))) for name in names]
        self._values = {name: ledger.value((name,)) for name in ledger.ports}
        self._sources = list(map(str, ledger.about["sources"]))
        self.count = len(self._values["source"])
        if any(len(values) != self.count for values in self._values.values()):
            raise ValueError("columns of several lengths")
        bounds = self._values["bound"]
        self.order = np.argsort(-bounds, kind="stable") if order == "bound" else np.arange(self.count)
        self.largest = float(bounds.max()) if self.count else 0.0

    def rows(self, start: int, stop: int) -> Iterator[dict[str, Any]]:
        """Some of the calls."""
        for number in self.order[start:stop].tolist():
            key, bound = self._values["fine"][number].tobytes(), float(self._values["bound"][number])
            yield {
                "number": number,
                "cells": [_cell(self._values[name][number]) for name, _ in self.columns],
                "source": self._sources[int(self._values["source"][number])],
                "bound": "none" if bound < 0 else f"{bound:.2g}" if bound else "",
                "fine": key.hex() if any(key) else "",
            }


def _cell(value: Any) -> str:
    if isinstance(value, np.ndarray):
        if value.dtype == np.uint8 and value.shape == (32,):
            return value.tobytes().hex()[:12]
        flat = value.ravel()
        return ", ".join(_cell(one) for one in flat[:4]) + (f", … ({flat.size})" if flat.size > 4 else "")
    plain = value.item() if hasattr(value, "item") else value
    return f"{plain:.6g}" if isinstance(plain, float) else str(plain)


def _asked(run: Run, of: str) -> str:
    """What the closure came to, in words."""
    stage, _, port = of.rpartition(".")
    try:
        return asked_in_words(run.store.open(run.stages[stage]["key"]).about["closures"][port])
    except (BridgeError, *UNFIT):
        return ""


def logs(request: Request) -> Response:
    """What the models of a run said, and the tracebacks of those that failed."""
    site, asked = site_of(request), Asked(request)
    run = site.run(request.path_params["run"])
    stage = asked.text("stage")
    known = run.stages
    if stage and stage not in known:
        raise UnknownName(f"run {run.id} has no stage {stage!r}. {did_you_mean(stage, known)}")
    said = [_said(run, name) for name in ([stage] if stage else known)]
    silent = [one["stage"] for one in said if not one["log"] and not one["wrong"]]
    loud = [one for one in said if one["stage"] not in silent]
    return site.page(
        request,
        "logs.html",
        run=run,
        stage=stage,
        stages=list(known),
        said=loud,
        silent=silent,
        live=run.state == "running",
    )


def _said(run: Run, stage: str) -> dict[str, Any]:
    """What one stage said, the end of it if it is long; a log that cannot be read is told of."""
    try:
        (one,) = of_run(run, stage)
    except BridgeError as reason:
        return {"stage": stage, "state": "damaged", "from": "", "log": "", "cut": 0, "wrong": str(reason)}
    log = one["log"] or ""
    return {**one, "log": log[-SAID:], "cut": max(0, len(log) - SAID), "wrong": ""}
