"""Stages of a document in an order in which each comes after those that it waits for."""

from __future__ import annotations

import heapq
import re
from collections.abc import Collection, Iterator

from bridge.chain.plain.document import Document, From, PlainStage, inside
from bridge.errors import UnknownName, did_you_mean

_NUMBERED = re.compile(r"(.+)#([1-9][0-9]*)")


def ends(wire: From, names: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """Stage and path that a wire comes from. Raises UnknownName for no stage, NotRead where two may be meant."""
    if wire.port is not None:
        if wire.path not in names:
            raise wire.place.refuse(f"there is no stage {wire.path!r}. {did_you_mean(wire.path, names)}", UnknownName)
        return wire.path, tuple(filter(None, wire.port.split(".")))
    parts = wire.path.split(".")
    tries = [(".".join(parts[:n]), tuple(parts[n:])) for n in range(len(parts), 0, -1)]
    found = [(stage, path) for stage, path in tries if stage in names]
    if not found:
        guess = did_you_mean(parts[0] if len(parts) == 1 else ".".join(parts[:-1]), names)
        raise wire.place.refuse(f"{wire.path!r} comes from no stage. {guess} Write stage.port.", UnknownName)
    if len(found) > 1:
        one, other = ("{from: " + stage + ", port: '" + ".".join(path) + "'}" for stage, path in found[:2])
        raise wire.place.refuse(f"{wire.path!r} may mean two outputs. Write {one} or {other}.")
    return found[0]


def plainly(stage: str, path: tuple[str, ...], names: Collection[str]) -> From:
    """The shortest way to write an output so that it is the only one meant."""
    short = From(".".join((stage, *path)))
    parts = short.path.split(".")
    meant = sum(".".join(parts[:n]) in names for n in range(1, len(parts) + 1))
    return short if meant == 1 else From(stage, ".".join(path))


def ordered(document: Document) -> tuple[PlainStage, ...]:
    """The stages of a document, each after those that it waits for, else as they are written.

    Raises NotRead for a loop, naming its stages, and UnknownName for a wire from no stage.
    """
    stages = {stage.name: stage for stage in document.stages}
    places = {name: place for place, name in enumerate(stages)}
    before = {name: dict.fromkeys(_before(stage, stages)) for name, stage in stages.items()}
    after: dict[str, list[str]] = {name: [] for name in stages}
    for name, needed in before.items():
        for one in needed:
            after[one].append(name)
    waiting = {name: len(needed) for name, needed in before.items()}
    ready = [places[name] for name, count in waiting.items() if not count]
    heapq.heapify(ready)
    found: list[PlainStage] = []
    while ready:
        stage = document.stages[heapq.heappop(ready)]
        found.append(stage)
        for name in after[stage.name]:
            waiting[name] -= 1
            if not waiting[name]:
                heapq.heappush(ready, places[name])
    if len(found) < len(stages):
        _refuse_loop(stages, {name: list(needed) for name, needed in before.items() if waiting[name]})
    return tuple(found)


def _before(stage: PlainStage, names: Collection[str]) -> Iterator[str]:
    """Stages that must come before one: where its wires come from, and for ``m#3`` that which is ``m#2``."""
    for _, value in stage.given():
        for one in inside(value):
            if isinstance(one, From):
                yield ends(one, names)[0]
    numbered = _NUMBERED.fullmatch(stage.name)
    if numbered:
        base, number = numbered[1], int(numbered[2])
        first = base if number == 2 else f"{base}#{number - 1}"
        if first not in names or number < 2:
            raise stage.place.refuse(
                f"stage {stage.name!r} is numbered, and there is no {first!r} before it. Give it a name without '#'."
            )
        yield first


def _refuse_loop(stages: dict[str, PlainStage], before: dict[str, list[str]]) -> None:
    """Name one loop among stages that wait for one another. Raises NotRead."""
    name, path = next(iter(before)), []
    while name not in path:
        path.append(name)
        name = next(one for one in before[name] if one in before)
    loop = path[path.index(name) :][::-1]  # along the wires, from what is computed to what waits for it
    first = min(loop, key=list(stages).index)
    loop = loop[loop.index(first) :] + loop[: loop.index(first)]
    shown = " → ".join((*loop, first))
    raise stages[first].place.refuse(f"the stages {shown} wait for one another: no one of them can begin.")
