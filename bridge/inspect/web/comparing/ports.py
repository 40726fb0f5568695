"""Which output of two runs is looked at: those that both have and that differ, and one of them to begin with."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.errors import UnknownName, did_you_mean
from bridge.inspect.explain.readings import spec_at
from bridge.store.artifact import Artifact
from bridge.store.pyramids.axes import halved_axes
from bridge.store.pyramids.opening import is_field
from bridge.store.store import Store

#: Outputs that are offered.
MOST = 500
#: Relative norm of a difference below which arrays are apart by rounding.
ROUNDING = 1e-12
#: Numbers of a curve that is worth a look of its own.
_LONG = 4


@dataclass(frozen=True)
class Choice:
    """An array that a stage of both runs gave: its artifacts' keys and where in them it is."""

    stage: str
    path: tuple[str, ...]
    keys: tuple[str, str]
    equal: bool  # or apart by rounding alone
    kind: str  # "curve", "field" or "array"
    told: str
    coordinate: bool

    @property
    def name(self) -> str:
        """How it is asked for."""
        return f"{self.stage}.{'.'.join(self.path)}"


def choices(store: Store, document: Mapping[str, Any]) -> list[Choice]:
    """Arrays of stages that are others in B; those that differ first."""
    found = [one for stage in document["stages"] if stage.get("outputs") for one in _of(store, stage)]
    return sorted(found, key=lambda one: one.equal)[:MOST]


def _of(store: Store, stage: Mapping[str, Any]) -> Iterator[Choice]:
    keys = tuple(stage["artifact"])
    a = store.open(keys[0])
    for name, told in stage["outputs"].items():
        if told.get("kind") != "array":
            continue
        path = tuple(name.split("."))
        shapes = " → ".join(dict.fromkeys("×".join(map(str, shape)) for shape in told["shape"]))
        norm = told.get("relative_l2")
        equal = told["equal"] or (norm is not None and norm < ROUNDING)
        coordinate = (spec_at(a, path) or {}).get("dims") == [path[-1]]
        yield Choice(stage["name"], path, keys, equal, kind_of(a, path), shapes, coordinate)


def kind_of(artifact: Artifact, path: tuple[str, ...]) -> str:
    """How an array is looked at."""
    spec = spec_at(artifact, path) or {}
    if is_field(spec):
        return "field"
    numbers = str(spec.get("dtype", "")).startswith(("float", "int", "uint", "complex", "bool"))
    return "curve" if len(spec.get("shape", ())) == 1 and numbers and math.prod(spec["shape"]) else "array"


def chosen(found: Sequence[Choice], name: str, store: Store) -> Choice | None:
    """The output of that name; without one a field of space that differs, else a curve. Raises UnknownName."""
    known = {one.name: one for one in found}
    if name:
        if name not in known:
            raise UnknownName(f"no array of both runs is named {name[:120]!r}. {did_you_mean(name[:120], known)}")
        return known[name]
    worth = [one for one in found if not one.equal and one.kind != "array"]
    fields = (one for one in worth if one.kind == "field" and _is_space(store, one))
    curves = (one for one in worth if one.kind == "curve" and not one.coordinate and _long(store, one))
    return next(fields, None) or next(curves, None) or next(iter(worth), None)


def _is_space(store: Store, one: Choice) -> bool:
    spec = spec_at(store.open(one.keys[0]), one.path) or {}
    return len(halved_axes(spec["dims"], spec["shape"])) >= 2


def _long(store: Store, one: Choice) -> bool:
    spec = spec_at(store.open(one.keys[0]), one.path) or {}
    return bool(math.prod(spec["shape"]) >= _LONG)
