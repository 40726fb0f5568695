"""What differs between two makings of a model: inputs, settings, code, versions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bridge.inspect.explain.readings import KEY, Entry, Readings, entries_of, spec_at
from bridge.store.artifact import Artifact
from bridge.store.view import pretty

#: Digits that tell two numbers apart are looked for in this order; the last tells any two floats apart.
DIGITS = (6, 9, 12, 17)
#: Characters of a written value that are shown.
SHOWN = 60
#: Numbers of an input above which it is not read for telling by how much it changed.
LARGEST = 2**24

#: Why two makings have different keys that differ in nothing they recorded.
NOTHING = "nothing that artifacts record differs: keys are made in another way since"

Making = Mapping[str, Any]  # what an artifact says of itself, or what is known of a stage before it runs


@dataclass(frozen=True)
class Gap:
    """Names of what differs between two makings, and of inputs that one of them does not know yet."""

    inputs: tuple[str, ...]
    code: tuple[str, ...]
    versions: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many things differ; code that was edited is one of them, in however many modules."""
        return len(self.inputs) + bool(self.code) + len(self.versions)

    def alike(self, new: Making) -> bool:
        """Whether there is anything common to both: a single input that differs is no other thing."""
        return len(self.inputs) < 2 or len(self.inputs) < len(new["inputs"])


def gap(old: Making, new: Making) -> Gap:
    """Compare two makings by the digests they recorded; nothing is read."""
    inputs, unknown = [], []
    for name in {**new["inputs"], **old["inputs"]}:
        here, there = (making["inputs"].get(name) for making in (old, new))
        if there is not None and "value" not in there:
            unknown.append(name)
        elif here is None or there is None or here["value"] != there["value"]:
            inputs.append(name)
    return Gap(
        tuple(inputs),
        _changed(old["code"], new["code"]),
        _changed(old["depends"], new["depends"]),
        tuple(unknown),
    )


def _changed(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in {**old, **new} if old.get(name) != new.get(name)))


def nearest(made: Iterable[Artifact], new: Making, stage: str) -> Artifact | None:
    """The artifact that differs least; of several, one made by a stage of the same name, then by the last run."""

    def order(artifact: Artifact) -> tuple[int, int, bool, str, str]:
        about, found = artifact.about, gap(artifact.about, new)
        return -found.size, -len(found.code), about["stage"] == stage, about["run"], artifact.key

    return max(made, key=order, default=None)


@dataclass(frozen=True)
class Difference:
    """One thing that differs: an ``input``, a ``setting``, the ``code`` of a module, a ``version``."""

    what: str
    name: str
    old: dict[str, Any] | None
    new: dict[str, Any] | None
    change: str = ""

    def __str__(self) -> str:
        match self.what:
            case "code":
                fate = "is new" if self.old is None else "is gone" if self.new is None else "changed"
                return f"code of {self.name} {fate}"
            case "version":
                return f"{self.name} {_text(self.old)} → {_text(self.new)}"
        label = f"setting {self.name}" if self.what == "setting" else self.name
        if self.old is None or self.new is None:
            return f"{label} = {_text(self.new or self.old)} is {'new' if self.old is None else 'gone'}"
        came = _came_from(self.old, self.new)
        return f"{label} {_arrow(self.old, self.new)}" + (f" ({self.change})" if self.change else "") + came

    def document(self) -> dict[str, Any]:
        """The difference in JSON."""
        return asdict(self) | {"text": str(self)}


def _text(side: Mapping[str, Any] | None) -> str:
    return "none" if side is None else str(side["text"])


def _arrow(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    if old["text"] == new["text"]:
        return (
            f"{new['text']}, other values" if "…" in new["text"] or "from" in new else f"{new['text']}, another value"
        )
    return f"{old['text']} → {new['text']}"


def _came_from(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Which stages a value came from, where it was not written in the flow."""
    if "from" not in old and "from" not in new:
        return ""
    here, there = (_origin(side) for side in (old, new))
    if here["stages"] != there["stages"]:
        return f", from {there['stages']} instead of {here['stages']}"
    if here["keys"] == there["keys"]:
        return f", from {there['stages']}, in the same artifact {there['keys']}"
    return f", from {there['stages']} (artifact {here['keys']} → {there['keys']})"


def _origin(side: Mapping[str, Any]) -> dict[str, str]:
    if "from" not in side:
        return {"stages": "the flow's own text", "keys": "none"}
    source, key = side["from"], side["artifact"]
    if isinstance(source, str):
        return {"stages": source, "keys": str(key)[:KEY]}
    shown = [str(k)[:KEY] for k in key]
    keys = shown[0] if len(shown) == 1 else f"{shown[0]} and {len(shown) - 1} more" if shown else "none"
    return {"stages": source[0] if len(source) == 1 else f"{source[0]} … {source[-1]}", "keys": keys}


def differences(readings: Readings, old: Making, new: Making) -> list[Difference]:
    """What differs, in words and values: code and versions first, then inputs, then settings."""
    found = gap(old, new)
    told = [
        Difference("code", name, _said(old["code"].get(name), KEY), _said(new["code"].get(name), KEY))
        for name in found.code
    ]
    told += [
        Difference("version", name, _said(old["depends"].get(name)), _said(new["depends"].get(name)))
        for name in found.versions
    ]
    inputs = [_input(readings, name, old["inputs"].get(name), new["inputs"].get(name)) for name in found.inputs]
    return told + sorted(inputs, key=lambda one: one.what == "setting")


def _said(text: str | None, length: int | None = None) -> dict[str, Any] | None:
    return None if text is None else {"text": text[:length]}


def _input(readings: Readings, name: str, old: Making | None, new: Making | None) -> Difference:
    what = "setting" if (new or old or {}).get("setting") else "input"
    if old is None or new is None:
        old, new = (None if side is None else shown(readings, side) for side in (old, new))
        return Difference(what, name, old, new)
    change = ""
    stacks = [entries_of(side) for side in (old, new)]
    if any(entry.place is not None for stack in stacks for entry in stack) and len(stacks[0]) == len(stacks[1]):
        others = [i for i, pair in enumerate(zip(*stacks, strict=True)) if pair[0].artifact != pair[1].artifact]
        if others and len(others) < len(stacks[0]):
            change = f"{len(others)} of {len(stacks[0])} stacked values are others"
            old, new = (_only(side, others) for side in (old, new))
    here, there = (shown(readings, side) for side in (old, new))
    told_apart(here, there)
    return Difference(what, name, here, there, change or _change(readings, *stacks))


def _only(side: Making, places: list[int]) -> dict[str, Any]:
    lists = [name for name in ("from", "artifact", "at") if name in side]
    chosen = {name: [side[name][i] for i in places] for name in lists}
    return {**side, **chosen, "fixed": {}}


def _change(readings: Readings, old: list[Entry], new: list[Entry]) -> str:
    """How far two arrays of one shape are apart, where both can still be read."""
    from bridge.inspect.explain.values import array_change

    if len(old) != 1 or len(new) != 1:
        return ""
    fields = []
    for entry in (old[0], new[0]):
        path, artifact = readings.path(entry), readings.open(entry.artifact)
        spec = spec_at(artifact, path) if artifact and path else None
        if artifact is None or not path or spec is None or spec["kind"] != "array":
            return ""
        if math.prod(spec["shape"]) > LARGEST:
            return ""
        fields.append((artifact.value(path), spec.get("unit")))
    found = array_change(*fields[0], *fields[1])
    return "" if found.get("relative_l2") is None else f"relative L2 norm of the change {found['relative_l2']:.3g}"


def shown(readings: Readings, facts: Making) -> dict[str, Any]:
    """One input as it is told: its text, and its value, unit and origin where they are known."""
    unit = facts.get("unit")
    if "literal" in facts:
        value = facts["literal"]
        plain = str(value).removeprefix("array(").removesuffix(")") if str(value).startswith("array([") else value
        return {"value": value, "unit": unit, "text": written(plain, unit)}
    entries = entries_of(facts)
    if not entries:
        return {"value": None, "unit": unit, "text": "a value of unknown origin"}
    origin = {"from": facts["from"], "artifact": facts.get("artifact")}
    if entries[0].place is not None:
        fixed = {int(place): (value, unit) for place, value in facts.get("fixed", {}).items()}
        stacked = fixed | {entry.place: readings.number(entry, unit) for entry in entries if entry.place is not None}
        numbers = [stacked[place] for place in sorted(stacked)]
        texts = ["?" if n is None else written(n[0], None) for n in numbers]
        whole = (
            f"[{', '.join(texts)}] {pretty(unit or '')}".rstrip() if 0 < len(texts) <= 4 and "?" not in texts else ""
        )
        values = [None if n is None else n[0] for n in numbers]
        return {"value": values, "unit": unit, "text": whole or f"stack of {len(numbers)}", **origin}
    number = readings.number(entries[0], unit)
    if number is not None:
        return {"value": number[0], "unit": number[1], "text": written(*number), **origin}
    return {"value": None, "unit": unit, "text": _large(readings, entries[0]), **origin}


def _large(readings: Readings, entry: Entry) -> str:
    path, artifact = readings.path(entry), readings.open(entry.artifact)
    spec = spec_at(artifact, path) if artifact is not None and path is not None else None
    if spec is None:
        return "a value whose artifact is gone"
    if spec["kind"] == "array":
        return f"array {'×'.join(map(str, spec['shape']))}"
    return {"atoms": "atoms", "file": "a file", "record": "a record"}.get(spec["kind"], str(spec["kind"]))


def written(value: Any, unit: str | None, digits: int = DIGITS[0]) -> str:
    """A value with its unit on one line: a number to so many digits, what is longer than a line cut off."""
    if isinstance(value, float):
        text = f"{value:.{digits}g}"
    else:
        text = "" if value is None else str(value)
        text = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    return f"{text} {pretty(unit or '')}".rstrip()


def told_apart(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Write two numbers with as many digits as it takes to see that they differ."""
    if not (isinstance(old.get("value"), float) and isinstance(new.get("value"), float)):
        return
    for digits in DIGITS:
        for side in (old, new):
            side["text"] = written(side["value"], side.get("unit"), digits)
        if old["text"] != new["text"]:
            return
