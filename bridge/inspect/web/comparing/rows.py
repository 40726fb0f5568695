"""Two runs in rows: what was asked of each, which stages differ and why, and their numbers beside each other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.errors import BridgeError
from bridge.inspect.explain.diff_text import change, percent, revision_text, why_apart
from bridge.inspect.explain.differences import told_apart, written
from bridge.inspect.explain.readings import spec_at
from bridge.inspect.explain.values import number_change
from bridge.inspect.pictures.drawing import unit_words
from bridge.store.artifact import Artifact
from bridge.store.store import Store
from bridge.units import to_root


@dataclass(frozen=True)
class Pair:
    """Something that was asked of both runs; None where one was not asked."""

    what: str
    name: str
    a: Any
    b: Any


@dataclass(frozen=True)
class Number:
    """A number of both runs in the unit of A, what it is in B more than in A, and that as a part of A.

    ``sigmas`` is the difference over its standard error.
    """

    name: str
    a: str
    b: str
    difference: str
    relative: str
    unit: str
    sigmas: str


@dataclass(frozen=True)
class Stage:
    """A stage of both runs. ``others`` are outputs that are no single numbers, each with how it changed."""

    name: str
    models: tuple[str, str]
    states: tuple[str, str]
    keys: tuple[str | None, str | None]
    same: bool
    why: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()
    others: tuple[tuple[str, str], ...] = ()
    equal: tuple[str, ...] = ()
    wrong: str = ""


def asked(document: Mapping[str, Any]) -> list[Pair]:
    """What was asked differently."""
    rows = [
        Pair(word, name, pair["a"], pair["b"])
        for word, kind in (("parameter", "parameters"), ("version", "versions"), ("source", "plugins"))
        for name, pair in document[kind].items()
    ]
    texts = [
        Pair("revision", name, revision_text(pair["a"]), revision_text(pair["b"]))
        for name, pair in document["revision"].items()
    ]
    return rows + texts


def stage_of(store: Store, told: Mapping[str, Any]) -> Stage:
    """A stage as ``diff`` tells of it, with the numbers of both artifacts in the unit of A."""
    models, states, keys = (tuple(told[name]) for name in ("model", "state", "artifact"))
    models = tuple(str(model or "") for model in models)
    if told["same"]:
        return Stage(told["name"], models, states, keys, True)
    why = tuple(one["text"] for one in told.get("why", ())) or (why_apart(dict(told)),)
    if "outputs" not in told:
        return Stage(told["name"], models, states, keys, False, why)
    outputs: Mapping[str, dict[str, Any]] = told["outputs"]
    equal = tuple(name for name, found in outputs.items() if found["equal"])
    others = [name for name, found in outputs.items() if not found["equal"] and found.get("kind") not in _NUMBERS]
    said = tuple((name, " ".join(filter(None, change(outputs[name])))) for name in others)
    plain = [name for name, found in outputs.items() if not found["equal"] and found.get("kind") in _NUMBERS]
    try:
        both = store.open(keys[0]), store.open(keys[1])
        numbers = tuple(number_of(*both, tuple(name.split("."))) for name in plain)
    except BridgeError as reason:
        return Stage(told["name"], models, states, keys, False, why, (), said, equal, str(reason))
    return Stage(told["name"], models, states, keys, False, why, numbers, said, equal)


_NUMBERS = ("float", "int")


def number_of(a: Artifact, b: Artifact, path: tuple[str, ...]) -> Number:
    """A number of both artifacts. Raises Damaged."""
    here, there = (spec_at(one, path) or {} for one in (a, b))
    unit = here.get("unit")
    old, new = a.value(path), b.value(path)
    found = number_change(new, there.get("unit"), old, unit)  # this way round, both come in the unit of A
    name = ".".join(path)
    if "old_unit" in found:
        return Number(name, written(old, unit), written(new, there.get("unit")), "other dimensions", "", "", "")
    new, gap = found["old"], found["old"] - old
    sides = [{"value": value, "text": written(value, None)} for value in (old, new)]
    told_apart(*sides)
    errors = [_error(one, path, unit) for one in (a, b)]
    texts = [side["text"] + (f" ± {error:.2g}" if error else "") for side, error in zip(sides, errors, strict=True)]
    relative = _part(gap, old)
    both = math.hypot(*(error for error in errors if error is not None))
    sigmas = f"{abs(gap) / both:.2g} σ" if both > 0 and None not in errors else ""
    plain = f"{gap:+.4g}" if isinstance(gap, float) else f"{gap:+d}"
    return Number(name, texts[0], texts[1], plain.replace("-", "−"), relative, unit_words(unit or ""), sigmas)


def _part(gap: Any, of: Any) -> str:
    try:
        part = float(gap / abs(of))
    except (OverflowError, ZeroDivisionError):
        return ""
    return percent(part).replace("-", "−") if math.isfinite(part) else ""


def _error(artifact: Artifact, path: tuple[str, ...], unit: str | None) -> float | None:
    """The standard error of a number by another output of its record, in the number's unit."""
    beside = (spec_at(artifact, path[:-1]) or {}).get("fields", {})
    for name, spec in beside.items():
        if spec.get("standard_error_of") == path[-1] and spec["kind"] == "float":
            slope = to_root(spec.get("unit") or "1")[0] / to_root(unit or "1")[0]
            return float(artifact.value((*path[:-1], name))) * float(slope)
    return None
