"""Pictures of a sweep on its page: results over dimensions, and clouds, whose points lead to their own pages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from bridge.inspect.pictures.drawing import label, over_decades, spaced_by_ratio, without_result
from bridge.inspect.pictures.lines import over_one, over_two
from bridge.inspect.pictures.maps import over_plane
from bridge.inspect.pictures.pairs import pairs
from bridge.inspect.pictures.plot import Axis, Floats, Line, Panel, Plot
from bridge.inspect.pictures.svg import svg
from bridge.inspect.pictures.sweeps import sweep_plots
from bridge.inspect.pictures.swept import Result, Swept, Varied
from bridge.inspect.pictures.ticks import number
from bridge.inspect.sweeps.slices import Href, Slice, slice_of, some_points
from bridge.inspect.sweeps.survey import Places, Survey
from bridge.inspect.web.sweeping.asking import Cloud, View
from bridge.inspect.web.words import link

#: Colours of a cloud: so many words, or parts of the range of a number, are told apart.
_COLOURS = 6
#: Outputs that are drawn against every input.
_OUTPUTS = 4
#: Width of a picture, and of each input in one of many.
_WIDE, _EACH = 620.0, 250.0


@dataclass(frozen=True)
class Drawn:
    """A picture, what is to be said below it, and whether it needs the whole width of a page."""

    picture: Markup
    note: str = ""
    wide: bool = False


def results(survey: Survey, view: View) -> Drawn:
    """An output over dimensions, drawn once. Raises ContractError, Damaged."""
    asked = (view.output, view.dims, tuple(view.held.items()), view.how)
    return survey.once(asked, lambda: _results(survey, view))


def _results(survey: Survey, view: View) -> Drawn:
    found = slice_of(survey, [view.output], view.dims, view.held, _href(survey))
    plot = _plot(found, view.how)
    return Drawn(Markup(svg(plot, _WIDE)), found.left_out)


def _plot(found: Slice, how: str) -> Plot:
    if len(found.swept.axes) == 1:
        return over_one(found.swept)
    if how == "map":
        return over_plane(found.swept)
    if how == "lines":
        return over_two(found.swept, 1)
    return sweep_plots(found.swept)[0][1]


def everything(survey: Survey) -> Drawn:
    """The main numbers of samples against each of their inputs, drawn once. Raises ContractError, Damaged."""
    return survey.once("pairs", lambda: _everything(survey))


def _everything(survey: Survey) -> Drawn:
    at = some_points(survey)
    axes = []
    for group in survey.points.groups:
        for column in group.columns:
            values, words = survey.column(column.name, at)
            axes.append(Varied(column.name, "point", values, column.unit or None, words))
    results = tuple(
        Result(survey.called(output), survey.numbers(output, at), output.unit) for output in survey.outputs[:_OUTPUTS]
    )
    plot = pairs(Swept(tuple(axes), results, survey.status[at] != "done"))
    return Drawn(Markup(svg(plot, max(_WIDE, _EACH * plot.columns))), _part_of(survey, at), plot.columns > 2)


def _part_of(survey: Survey, at: Places) -> str:
    return f"{len(at):,} of {len(survey):,} points are drawn, evenly taken" if len(at) < len(survey) else ""


def cloud(survey: Survey, asked: Cloud) -> Drawn:
    """Two numbers of every point, drawn once. Raises ContractError, Damaged."""
    return survey.once((asked.x, asked.y, asked.colour), lambda: _cloud(survey, asked))


def _cloud(survey: Survey, asked: Cloud) -> Drawn:
    at = some_points(survey)
    (x, across), (y, up) = (_side(survey, name, at) for name in (asked.x, asked.y))
    href = _href(survey)
    lines = []
    for colour, (said, mine) in enumerate(_parts(survey, asked.colour, at)):
        titles = [f"point {n}" for n in at[mine].tolist()]
        hrefs = [href(n) for n in at[mine].tolist()]
        lines.append(Line(x[mine], y[mine], said, joined=False, colour=colour, hrefs=hrefs, titles=titles))
    lost = int((~np.isfinite(x + y)).sum())
    panel = Panel(across, up, tuple(lines), note=without_result(lost), height=300)
    legend = asked.colour if asked.colour else ""
    return Drawn(Markup(svg(Plot((panel,), legend=legend), _WIDE)), _part_of(survey, at))


def _href(survey: Survey) -> Href:
    beginning = link("runs", survey.sweep.id, "points", "")
    return lambda point: f"{beginning}{point}"


def _side(survey: Survey, name: str, at: Places) -> tuple[Floats, Axis]:
    """A number of every point, and its axis."""
    if name in survey.points.columns:
        values, words = survey.column(name, at)
        column = survey.points.columns[name]
        return values, Axis(label(name, column.unit or None), words is None and spaced_by_ratio(values), words)
    output = survey.output(name)
    values = survey.numbers(output, at)
    return values, Axis(label(survey.called(output), output.unit), over_decades(values))


def _parts(survey: Survey, name: str, at: Places) -> list[tuple[str, Places]]:
    """Points by colour: by the words of a parameter, or by parts of a number's range that hold equally many."""
    everything = np.arange(len(at))
    if not name:
        return [("", everything)]
    values, axis = _side(survey, name, at)
    if axis.words is not None:
        first = [(word, np.flatnonzero(values == place)) for place, word in enumerate(axis.words)]
        rest = np.concatenate([places for _, places in first[_COLOURS:]]) if len(first) > _COLOURS else None
        return first[:_COLOURS] + ([("others", rest)] if rest is not None else [])
    there = np.unique(values[np.isfinite(values)])
    if len(there) <= _COLOURS:
        return [(number(value), np.flatnonzero(values == value)) for value in there.tolist()]
    ends = np.quantile(values[np.isfinite(values)], np.linspace(0, 1, _COLOURS + 1))
    which = np.clip(np.searchsorted(ends, values, side="right") - 1, 0, _COLOURS - 1)
    return [
        (f"{number(ends[i], 3)} … {number(ends[i + 1], 3)}", np.flatnonzero((which == i) & np.isfinite(values)))
        for i in range(_COLOURS)
    ]
