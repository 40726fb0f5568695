"""A recorded chain as boxes at scales: stages of one model folded, wires between two boxes bundled."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.errors import DeclarationError
from bridge.inspect.pictures.drawing import unit_words
from bridge.literals import duration
from bridge.scale import COARSE_TO_FINE, FINE_TO_COARSE, Scale

#: Stages of one model at one scale are one box from this number on.
MANY = 4
#: Letters of a scale's range; whoever wrote a record may have written anything.
LONGEST = 80
#: What stands for a wire's direction: up to the coarse, down to the fine, within a scale, a model that is asked.
UP, DOWN, WITHIN, ASKS = "up", "down", "within", "asks"
_DIRECTIONS = {FINE_TO_COARSE: UP, COARSE_TO_FINE: DOWN}
_MARKS = {"found": "↺", "failed": "✗", "damaged": "⚡", "running": "▶", "interrupted": "‖", "not run": "–"}


@dataclass(frozen=True)
class Place:
    """A scale: its name, its ranges as they were written, and in metres and seconds; None where it has none."""

    name: str
    length: str = ""
    time: str = ""

    @property
    def meters(self) -> tuple[float, float] | None:
        """Smallest and largest length."""
        return _ends(self.length, "")[0]

    @property
    def seconds(self) -> tuple[float, float] | None:
        """Shortest and longest time."""
        return _ends("", self.time)[1]

    def __str__(self) -> str:
        ranges = ", ".join(filter(None, (self.length, self.time)))
        return f"{self.name} ({ranges})" if ranges else self.name


@functools.lru_cache(maxsize=1024)
def _ends(length: str, time: str) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
    scale = Scale("", length or None, time or None)
    try:
        return scale.meters, scale.seconds
    except DeclarationError:
        return None, None


@dataclass(frozen=True)
class Box:
    """One stage, or several of one model told of as one; or a model that is asked while others run."""

    key: str
    title: str
    below: str
    place: Place
    members: tuple[str, ...]
    state: str = ""
    href: str = ""
    told: str = ""

    @property
    def asked(self) -> bool:
        """Whether it is no stage, but a model behind a closure."""
        return not self.members


@dataclass(frozen=True)
class Bundle:
    """All wires between two boxes; each a quantity, its unit, and where it leads."""

    source: str
    target: str
    way: str
    wires: tuple[tuple[str, str, str], ...]

    @property
    def label(self) -> str:
        """The first quantity with its unit, and how many others there are."""
        name, unit, _ = self.wires[0]
        more = len({wire[:2] for wire in self.wires}) - 1
        return f"{name}{f' {unit}' if unit else ''}{f' +{more}' if more else ''}"


@dataclass(frozen=True)
class Graph:
    """What is drawn: boxes in the order of the flow, and bundles of wires."""

    boxes: dict[str, Box]
    bundles: tuple[Bundle, ...]


def graph_of(
    about: Mapping[str, Any],
    states: Mapping[str, Mapping[str, Any]] | None = None,
    href: Callable[[str], str] = lambda stage: "",
) -> Graph:
    """Read a record of a run (or of a check): ``states`` has what is known of each stage, ``href`` where it leads."""
    listed = {stage["name"]: stage for stage in about["stages"]}
    facts = {name: {**stage, **(states or {}).get(name, {})} for name, stage in listed.items()}
    places = _places(about, listed)
    boxes, owner = _boxes(facts, places, href)
    bundles = _wires(about, listed, owner)
    for closure in _dicts(about.get("closures")):
        stage, port = split(str(closure.get("port", "")), listed)
        models = [str(one) for one in closure.get("models", ())][:8]
        if stage is None or not models:
            continue
        key = f"{owner[stage]} asks {port}"  # that of a box and a port: stages that are folded ask together
        boxes.setdefault(key, _asked_box(key, models, _place_of_asked(closure, places.values())))
        said = (port, "", f"{stage} asks {' → '.join(models)} at {port}")
        bundles.setdefault((owner[stage], key, ASKS), []).append(said)
    there = ((ends, wires) for ends, wires in bundles.items() if ends[0] in boxes and ends[1] in boxes)
    return Graph(boxes, tuple(Bundle(*ends, tuple(wires)) for ends, wires in there))


def split(where: str, known: Mapping[str, Any]) -> tuple[str | None, str]:
    """Stage and port of ``stage.port``; names of stages may hold dots, so the longest that fits."""
    stage = where
    while stage and stage not in known:
        stage = stage.rpartition(".")[0]
    return (stage, where[len(stage) + 1 :]) if stage else (None, where)


def _places(about: Mapping[str, Any], listed: Mapping[str, Any]) -> dict[str, Place]:
    """Scale of every stage: as it is recorded, or as the wires of an older record tell it."""
    told: dict[str, dict[str, str]] = {}
    for edge in _dicts(about.get("edges")):
        ends = [split(str(edge.get(end, "")), listed)[0] for end in ("source", "target")]
        up = edge.get("direction") != COARSE_TO_FINE
        for pair in _dicts(edge.get("scales")):
            for stage, side in zip(ends, ("fine", "coarse") if up else ("coarse", "fine"), strict=True):
                if stage is not None and pair.get("what") in ("length", "time"):
                    told.setdefault(stage, {})[pair["what"]] = _range(pair.get(side))
    for closure in _dicts(about.get("closures")):
        asking = split(str(closure.get("port", "")), listed)[0]
        for pair in _dicts(closure.get("scales")):
            if asking is not None and pair.get("what") in ("length", "time"):
                told.setdefault(asking, {})[pair["what"]] = _range(pair.get("coarse"))
    found: dict[str, Place] = {}
    named: dict[str, Place] = {}
    for name, stage in listed.items():
        known = told.get(name, {}) | {what: _range(stage[what]) for what in ("length", "time") if what in stage}
        found[name] = Place(str(stage.get("scale", "?")), known.get("length", ""), known.get("time", ""))
        if known:
            named.setdefault(found[name].name, found[name])
    return {
        name: place if place.length or place.time else named.get(place.name, place) for name, place in found.items()
    }


def _boxes(
    facts: Mapping[str, Mapping[str, Any]], places: Mapping[str, Place], href: Callable[[str], str]
) -> tuple[dict[str, Box], dict[str, str]]:
    """Every box, and which of them each stage is in. What went wrong stands by itself."""
    shared = Counter((one.get("model"), places[name]) for name, one in facts.items() if _well(one))
    groups: dict[str, list[str]] = {}
    for name, one in facts.items():
        many = _well(one) and shared[one.get("model"), places[name]] >= MANY
        groups.setdefault(f"model {one.get('model')} at {places[name]}" if many else f"stage {name}", []).append(name)
    boxes: dict[str, Box] = {}
    owner: dict[str, str] = {}
    for key, names in groups.items():
        boxes[key] = _box(key, names, facts, places[names[0]], href)
        owner |= dict.fromkeys(names, key)
    return boxes, owner


def _box(
    key: str,
    names: Sequence[str],
    facts: Mapping[str, Mapping[str, Any]],
    place: Place,
    href: Callable[[str], str],
) -> Box:
    first = facts[names[0]]
    model = str(first.get("model", "?"))
    states = Counter(str(facts[name].get("state", "")) for name in names)
    if len(names) > 1:
        fates = ", ".join(f"{count} {state}" for state, count in states.items() if state)
        told = f"{len(names)} stages of {model}, {place}: {names[0]} … {names[-1]}{f'; {fates}' if fates else ''}"
        state = "found" if set(states) == {"found"} else ""
        return Box(key, f"{model} × {len(names)}", fates, place, tuple(names), state, href(names[0]), told)
    name, (state,) = names[0], states
    seconds = first.get("seconds")
    took = duration(seconds) if isinstance(seconds, (int, float)) else ""
    said = ("", state)[state not in ("", "computed")]
    below = " · ".join(filter(None, (f"{_MARKS.get(state, '')} {said}".strip(), "" if model == name else model, took)))
    told = f"{name}: {model}, {place}{f'; {state}' if state else ''}{f', {took}' if took else ''}"
    return Box(key, name, below or place.name, place, (name,), state, href(name), told)


def _asked_box(key: str, models: Sequence[str], place: Place) -> Box:
    told = f"{' → '.join(models)}, asked while others run, {place}"
    return Box(key, models[0], f"→ {models[1]}" if len(models) > 1 else "asked", place, (), "", "", told)


def _place_of_asked(closure: Mapping[str, Any], known: Iterable[Place]) -> Place:
    """Scale of a model that is asked; an older record has its ranges and no name, which a stage may have."""
    pairs = {pair.get("what"): _range(pair.get("fine")) for pair in _dicts(closure.get("scales"))}
    length, time = (_range(closure.get(what)) or pairs.get(what, "") for what in ("length", "time"))
    alike = (one.name for one in known if (one.length, one.time) == (length, time))
    return Place(str(closure.get("scale") or next(alike, "finer")), length, time)


def _wires(
    about: Mapping[str, Any], listed: Mapping[str, Any], owner: Mapping[str, str]
) -> dict[tuple[str, str, str], list[tuple[str, str, str]]]:
    """Wires between boxes; what a closure's model is given leads to that model."""
    closed = {str(one.get("port")) for one in _dicts(about.get("closures"))}
    bundles: dict[tuple[str, str, str], list[tuple[str, str, str]]] = {}
    for edge in _dicts(about.get("edges")):
        where, aim = str(edge.get("source", "")), str(edge.get("target", ""))
        (source, output), (target, port) = split(where, listed), split(aim, listed)
        if source is None or target is None:
            continue
        asked = f"{target}.{port.partition('.')[0]}" in closed
        end = f"{owner[target]} asks {port.partition('.')[0]}" if asked else owner[target]
        unit = unit_words(str(edge.get("source_unit") or ""))
        if owner[source] != end:
            way = _DIRECTIONS.get(str(edge.get("direction")), WITHIN)
            bundles.setdefault((owner[source], end, way), []).append((output, unit, f"{where} → {aim}"))
    return bundles


def _well(facts: Mapping[str, Any]) -> bool:
    return facts.get("state", "computed") not in ("failed", "damaged", "running", "interrupted")


def _range(text: Any) -> str:
    return text if isinstance(text, str) and len(text) <= LONGEST else ""


def _dicts(things: Any) -> list[dict[str, Any]]:
    """What of a list is made as ours are; a record may have been made by anybody."""
    return [thing for thing in things if isinstance(thing, dict)] if isinstance(things, list) else []
