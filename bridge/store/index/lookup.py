"""The index of a store: its runs by what they were asked and what they used; derived, and never trusted.

It is a file on the local disk, named by the store's identity. Whoever asks has it brought up to date first; if it
is missing, of another version or damaged, it is made anew from the store.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bridge.errors import ContractError
from bridge.store.index.catalogue import Catalogue, Progress
from bridge.store.index.conditions import Conditions, Range, Units, condition_of
from bridge.store.index.lines import Line
from bridge.store.index.opened import with_index
from bridge.store.index.order import Order, Place, place_from
from bridge.store.index.questions import Questions
from bridge.store.spaces.space import Space
from bridge.store.store import Store

T = TypeVar("T")
#: Asks the runs of one store something; those that a store above has, too, are left aside.
Ask = Callable[[Questions, Collection[str]], T]
_KNOWN = ("flow", "name", "tag", "parameter", "model")


@dataclass(frozen=True)
class Page:
    """A part of a list of runs, how many fit in all, and what runs have been called: all of it where none fits."""

    lines: list[Line]
    total: int
    known: Mapping[str, set[str]]
    #: Places from which the list goes on, and goes back; None at its ends, and where pages are counted.
    onward: str | None = None
    back: str | None = None
    #: Another text as soon as anything becomes of any run.
    sign: str = ""


def find_runs(store: Store, limit: int | None = None, **asked: Any) -> list[str]:
    """Names of runs, the newest first, those of a shared store below among them.

    ``asked`` are fields of `Conditions`, such as ``where={"element": "Cu", "temperature": "800 K .. 1000 K"}``.
    Raises ContractError for what no run can be, such as a temperature in joules.
    """
    return [line.id for line in page_of(store, Conditions(**asked), limit).lines]


def named(store: Store, name: str) -> list[str]:
    """Runs that people gave this name, the newest first."""
    return find_runs(store, name=name)


def page_of(store: Store, asked: Conditions, limit: int | None, page: int = 1, told: Progress | None = None) -> Page:
    """A page of the runs that fit, ``limit`` to a page, the newest first."""
    offset = 0 if limit is None else (page - 1) * limit
    reach = None if limit is None else offset + limit
    found = _fits(store, asked, lambda questions, hidden: questions.newest(asked, reach, hidden), told)
    newest = heapq.merge(*(one.rows for one in found), key=lambda line: line.id, reverse=True)
    return Page(list(newest)[offset:reach], sum(one.total for one in found), _known(found))


def look_through(store: Store, told: Progress | None = None) -> None:
    """See that the index has every run as its record has it: takes a while the first time, and is short after that."""
    for layer in store.layers:
        with_index(layer, lambda connection, space: Catalogue(space, connection).refresh_all(told))


def page_after(
    store: Store,
    asked: Conditions,
    order: Order | None = None,
    after: str | None = None,
    limit: int = 100,
    known: Collection[str] = (),
) -> Page:
    """The runs that fit and come next to the place ``after``, which an earlier page gave as ``onward`` or ``back``.

    No run is left out and none comes twice, whatever begins or is removed between two pages; one that changes what
    it is sorted by moves. ``known`` asks for what all runs have been called, such as "flow" and "tag". Raises
    ContractError for a place that is none.
    """
    order = order or Order()
    place = None if after is None else place_from(after, order)
    found = _fits(store, asked, lambda q, hidden: q.beside(asked, order, place, limit + 1, hidden), known=known)
    rows = order.sorted(row for one in found for row in one.rows)
    going_back, more = place is not None and place.back, len(rows) > limit
    if going_back and not more:  # nothing is before these: it is the first page, which is to be a whole one
        return page_after(store, asked, order, None, limit, known)
    rows = rows[-limit:] if going_back else rows[:limit]
    first, last = (str(Place(order, back, *rows[at][:2])) if rows else None for back, at in ((True, 0), (False, -1)))
    return Page(
        [line for _, _, line in rows],
        sum(one.total for one in found),
        _known(found),
        onward=last if more or going_back else None,
        back=first if place is not None else None,
        sign=_sign([one.sign for one in found]),
    )


def running(store: Store, limit: int = 100) -> tuple[str, list[Line]]:
    """The sign of a store, as ``Page`` has it, and the newest runs whose driver lives."""

    def look(questions: Questions, hidden: Collection[str]) -> tuple[str, list[Line]]:
        return questions.sign(), questions.newest(Conditions(state="running"), limit, hidden)

    found = _each(store, look)
    return _sign([sign for sign, _ in found]), [line for _, lines in found for line in lines][:limit]


def models_used(store: Store) -> dict[str, tuple[int, str]]:
    """Every model that runs used, themselves or through closures: how many runs, and the newest of them."""
    found: dict[str, tuple[int, str]] = {}
    for uses in _each(store, lambda questions, hidden: questions.uses(hidden)):
        for model, (count, run) in uses.items():
            before = found.get(model, (0, ""))
            found[model] = (before[0] + count, max(before[1], run))
    return found


def known_of(store: Store, *what: str) -> dict[str, set[str]]:
    """All that runs have been called: ``what`` is of flow, name, tag, parameter and model."""
    found = _each(store, lambda questions, _: {one: questions.known(one) for one in what})
    return {one: set().union(*(known[one] for known in found)) for one in what}


@dataclass(frozen=True)
class _Found(Generic[T]):
    """What the index of one store answers."""

    rows: list[T]
    total: int
    dimensions: Mapping[str, Mapping[str, tuple[str, str]]]
    known: Mapping[str, set[str]]
    sign: str


def _fits(
    store: Store, asked: Conditions, ask: Ask[list[T]], told: Progress | None = None, known: Collection[str] = ()
) -> list[_Found[T]]:
    """Ask every store for runs that fit. Raises ContractError for what none can."""

    def look(questions: Questions, hidden: Collection[str]) -> _Found[T]:
        total = questions.count(asked, hidden)
        return _Found(
            ask(questions, hidden),
            total,
            {name: questions.dimensions(name) for name in asked.where},
            {what: questions.known(what) for what in (known if total else _KNOWN)},
            questions.sign(),
        )

    found = _each(store, look, told)
    if not any(one.total for one in found):
        with_index(store, lambda connection, _: _fitting(Units(connection), asked, found))
    return found


def _known(found: list[_Found[T]]) -> dict[str, set[str]]:
    return {what: set().union(*(one.known.get(what, ()) for one in found)) for one in found for what in one.known}


def _sign(of: list[str]) -> str:
    return ".".join(of)


def _each(store: Store, ask: Ask[T], told: Progress | None = None) -> list[T]:
    """Ask every store, the lowest last, each brought up to date before."""
    layers, taken = store.layers, set[str]()

    def look(connection: sqlite3.Connection, space: Space) -> T:
        Catalogue(space, connection).refresh(told)
        questions = Questions(space, connection)
        names = questions.ids() if len(layers) > 1 else set()
        hidden = names & taken
        taken.update(names)
        return ask(questions, hidden)

    return [with_index(layer, look) for layer in layers]


def _fitting(units: Units, asked: Conditions, found: list[_Found[T]]) -> None:
    """Raise ContractError if a parameter is asked for in a unit that it has in no run."""
    for name, given in asked.where.items():
        wanted = condition_of(name, given)
        there = {one: example for part in found for one, example in part.dimensions[name].items()}
        ends = [end for end in (wanted.low, wanted.high) if end] if isinstance(wanted, Range) else [wanted]
        for end in ends:
            quantity = units.quantity(end)
            if isinstance(wanted, Range) and quantity is None:
                raise ContractError(f"{name}={given!r} is no range: {end!r} has no unit that is known.")
            if quantity is None or not there or quantity.dimension in there:
                continue
            called, example = next(iter(there.values()))
            raise ContractError(
                f"{name} is {called} in these runs, {end!r} is {units.called(quantity.dimension)}. "
                f"Write it like {name}={example!r}."
            )
