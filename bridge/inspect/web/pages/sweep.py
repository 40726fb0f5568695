"""The pages of a sweep: its results over what was varied, its points in a table, one point."""

from __future__ import annotations

from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from bridge.errors import BridgeError
from bridge.inspect.sweeps.survey import Survey, survey_of
from bridge.inspect.web.asked import Asked, Missing
from bridge.inspect.web.heads import head_of
from bridge.inspect.web.site import site_of
from bridge.inspect.web.sweeping import asking, drawn, rows
from bridge.inspect.web.words import link
from bridge.store.groups import UNFIT
from bridge.store.runs import Run
from bridge.store.spaces.space import Damaged


def sweep_page(request: Request, run: Run) -> Response:
    """A sweep: what was varied, what became of the points, results, clouds, errors, sensitivities."""
    site, asked = site_of(request), Asked(request)
    try:
        survey = _opened(run)
        shares = rows.shares(survey)
    except BridgeError as reason:  # cut off before it began, or its tables are damaged
        return site.page(request, "sweep.html", run=run, head=head_of(run), wrong=str(reason), stages=_stages(run))
    page = asked.whole("errors", 0, 0, 10**6)
    view, cloud = asking.view_of(asked, survey), asking.cloud_of(asked, survey)
    shown: dict[str, Any] = {
        "head": head_of(run),
        "axes": rows.axes_of(survey),
        "shares": shares,
        "view": view,
        "cloud": cloud,
        "results": _drawn(drawn.results, survey, view),
        "every": _every(survey) if view is None and cloud is not None else None,
        "scatter": _drawn(drawn.cloud, survey, cloud),
        "unread": survey.unread,
        "errors": rows.errors_of(survey, page),
        "kinds": len(survey.kinds_of_errors),
        "errors_page": page,
        "errors_pages": -(-len(survey.kinds_of_errors) // rows.ERRORS),
        "query": _others(request, {"errors"}),
        "sensitivity": _sensitivity(run),
        "stages": _stages(run),
    }
    return site.page(request, "sweep.html", run=run, survey=survey, wrong="", **shown)


def _drawn(draw: Any, survey: Survey, asked: Any) -> drawn.Drawn | str | None:
    """A picture, or why there is none."""
    if asked is None:
        return None
    try:
        found: drawn.Drawn = draw(survey, asked)
        return found
    except BridgeError as reason:
        return str(reason)


def _every(survey: Survey) -> drawn.Drawn | str:
    try:
        return drawn.everything(survey)
    except BridgeError as reason:
        return str(reason)


def _others(request: Request, but: set[str]) -> dict[str, str]:
    return {name: value for name, value in request.query_params.items() if name not in but}


def _stages(run: Run) -> list[dict[str, Any]]:
    """What each stage took: executions, those computed, found, and failed."""
    wanted = ("model", "scale", "executions", "computed", "found", "failed")
    return [{"name": name} | {key: facts.get(key) for key in wanted} for name, facts in run.stages.items()]


def _sensitivity(run: Run) -> dict[str, Any] | None:
    """The analysis of a sweep that was made for it: its words, and a picture of every output that varies."""
    if "sensitivity" not in run.about:
        return None
    from markupsafe import Markup

    from bridge.inspect.pictures.indices import bars
    from bridge.inspect.pictures.svg import svg
    from bridge.inspect.sensitivity import document_of, text

    document = document_of(run)
    varying = [] if "refused" in document else [one for one in document["outputs"] if not one["constant"]]
    return {
        "text": text(document),
        "pictures": [(one["name"], Markup(svg(bars(document, one), 720.0))) for one in varying],
    }


def _survey(request: Request) -> tuple[Run, Survey]:
    run = site_of(request).run(request.path_params["run"])
    if "sweep" not in run.about:
        raise Missing(f"run {run.id} is no sweep: it has one point, which is its own page.")
    return run, _opened(run)


def _opened(run: Run) -> Survey:
    """The survey of a sweep. Raises Damaged for tables of points that are not as ours."""
    try:
        survey = survey_of(run)
        if len(survey.status) != len(survey):
            raise ValueError(f"{len(survey.status)} states of {len(survey)} points")
        for column in survey.points.columns:
            survey.column(column, np.arange(len(survey))[-1:])
        return survey
    except UNFIT as reason:  # a record may have been made by anybody
        raise Damaged(f"the points of sweep {run.id} cannot be read ({type(reason).__name__}: {reason}).") from None


def points(request: Request) -> Response:
    """The points of a sweep in a table, a hundred a page, of all states or of one."""
    run, survey = _survey(request)
    asked = Asked(request)
    state = asked.one_of("state", ("", *rows.STATES), "")
    after = asked.whole("after", -1, -1, len(survey) - 1)
    before = asked.whole("before", -1, -1, len(survey))
    found = rows.of_state(survey, state)
    at = int(np.searchsorted(found, after, side="right"))
    if before >= 0:
        at = max(0, int(np.searchsorted(found, before)) - rows.PAGE)
    numbers = found[at : at + rows.PAGE]
    outputs = rows.main_outputs(survey) if survey.outputs else []
    table, wrong = rows.points_of(survey, numbers, outputs)
    base = ("runs", run.id, "points")
    return site_of(request).page(
        request,
        "points.html",
        run=run,
        survey=survey,
        shares=rows.shares(survey),
        state_asked=state,
        columns=[(column.name, column.unit) for column in survey.points.columns.values()],
        outputs=outputs,
        rows=table,
        wrong=wrong,
        count=len(found),
        at=at,
        newer=link(*base, state=state, before=int(numbers[0])) if at and len(numbers) else None,
        older=link(*base, state=state, after=int(numbers[-1])) if at + rows.PAGE < len(found) else None,
    )


def point(request: Request) -> Response:
    """One point of a sweep: its parameters, and what every stage gave there."""
    run, survey = _survey(request)
    written: str = request.path_params["point"]
    if not written.isascii() or not written.isdigit() or len(written) > 12 or int(written) >= len(survey):
        raise Missing(f"{written[:40]!r} is no point of this sweep: it has 0 to {len(survey) - 1:,}.")
    number = int(written)
    return site_of(request).page(
        request,
        "point.html",
        run=run,
        survey=survey,
        number=number,
        parameters=survey.points.texts(number),
        state_of=str(survey.status[number]),
        error=survey.errors.get(number, ""),
        stages=_stages_at(survey, number),
        before=rows.address(survey, number - 1 if number else None),
        after=rows.address(survey, number + 1 if number + 1 < len(survey) else None),
    )


def _stages_at(survey: Survey, number: int) -> list[dict[str, Any]]:
    """What each stage gave at a point, or why nothing is known of it."""
    from bridge.inspect.stored import judged
    from bridge.inspect.web.artifacts.outputs import shown
    from bridge.scales.judging import told_of

    found: list[dict[str, Any]] = []
    for stage in survey.sweep.stages:
        try:
            outputs = survey.outputs_at(stage, number)
            if outputs is None:
                found.append({"name": stage, "key": None, "wrong": ""})
                continue
            artifact = outputs._artifact
            held = shown(outputs, artifact.key, {"run": survey.sweep.id, "stage": stage})
            said = {"judged": judged(told_of(artifact.about)), "warnings": artifact.about.get("warnings", [])}
            found.append({"name": stage, "key": artifact.key, "wrong": "", "outputs": held, **said})
        except BridgeError as reason:
            found.append({"name": stage, "key": None, "wrong": str(reason)})
    return found
