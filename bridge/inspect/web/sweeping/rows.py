"""A sweep in rows: its axes, its stages, what became of its points, what was said where they failed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge.errors import BridgeError
from bridge.inspect.pictures.drawing import unit_words
from bridge.inspect.pictures.ticks import number
from bridge.inspect.sweeps.survey import Output, Places, Survey
from bridge.inspect.web.words import link

#: What may become of a point, the best first.
STATES = ("done", "failed", "not run", "missing")
#: Points of a page, outputs beside them, points that are named beside one error, and errors of a page.
PAGE, OUTPUTS, NAMED, ERRORS = 100, 5, 12, 20


@dataclass(frozen=True)
class AxisRow:
    """A parameter that is varied."""

    name: str
    dim: str
    count: int
    unit: str
    values: str


@dataclass(frozen=True)
class Share:
    """How many points came to the same end."""

    state: str
    count: int
    part: float
    start: float


@dataclass(frozen=True)
class ErrorRow:
    """Something that was said at failed points: in how many texts, of how many, and what the first of them are."""

    said: str
    texts: int
    count: int
    points: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class PointRow:
    """A point: its number, parameters, state, and its main numbers."""

    number: int
    parameters: tuple[str, ...]
    state: str
    outputs: tuple[str, ...]
    error: str


def axes_of(survey: Survey) -> list[AxisRow]:
    """What is varied, a row a parameter."""
    from bridge.inspect.sweeps.stored import values_text

    return [
        AxisRow(column.name, group.dim, len(column), unit_words(column.unit or ""), values_text(column.describe()))
        for group in survey.points.groups
        for column in group.columns
    ]


def shares(survey: Survey) -> list[Share]:
    """Points by what became of them."""
    found, start, whole = [], 0.0, max(1, len(survey))
    counts = survey.counts
    for state in STATES:
        if counts.get(state):
            part = counts[state] / whole
            found.append(Share(state, counts[state], part, start))
            start += part
    return found


def errors_of(survey: Survey, page: int) -> list[ErrorRow]:
    """A page of what was said, the most frequent first."""
    found = []
    for said, points in survey.kinds_of_errors[page * ERRORS : (page + 1) * ERRORS]:
        texts = {survey.errors[point] for point in points}
        first = tuple((point, told(survey, point)) for point in points[:NAMED])
        found.append(ErrorRow(said, len(texts), len(points), first))
    return found


def told(survey: Survey, point: int) -> str:
    """The parameters of a point on one line."""
    return ", ".join(f"{name} = {value}" for name, value in survey.points.texts(point).items())


def main_outputs(survey: Survey) -> list[Output]:
    """Numbers of the last stage that gave any, as many as a table has room for."""
    last = [output for output in survey.outputs if output.stage == survey.outputs[0].stage]
    return last[:OUTPUTS]


def points_of(survey: Survey, numbers: Places, outputs: list[Output]) -> tuple[list[PointRow], str]:
    """Points in rows, and why outputs are missing if they cannot be read."""
    wrong, columns = "", []
    for output in outputs:
        try:
            columns.append(survey.numbers(output, numbers))
        except BridgeError as reason:
            wrong = str(reason)
            columns.append(np.full(len(numbers), np.nan))
    rows = []
    for place, point in enumerate(numbers.tolist()):
        values = tuple(number(float(column[place]), 6) if np.isfinite(column[place]) else "" for column in columns)
        parameters = tuple(survey.points.texts(point).values())
        rows.append(PointRow(point, parameters, str(survey.status[point]), values, survey.errors.get(point, "")))
    return rows, wrong


def of_state(survey: Survey, state: str) -> Places:
    """Numbers of the points of a state; of all for none."""
    if not state:
        return np.arange(len(survey))
    return np.flatnonzero(survey.status == state)


def address(survey: Survey, point: int | None) -> str | None:
    """The page of a point."""
    return None if point is None else link("runs", survey.sweep.id, "points", str(point))
