"""Two runs side by side, as people read them: what is equal takes one line."""

from __future__ import annotations

from typing import Any

from bridge.inspect.explain.differences import NOTHING, told_apart, written
from bridge.inspect.table import table
from bridge.store.view import pretty


def text(document: dict[str, Any]) -> str:
    """The comparison of two runs."""
    words = [f"{letter}: {_run(document[letter.lower()])}" for letter in "AB"]
    rows = [("parameter", name, _sides(pair)) for name, pair in document["parameters"].items()]
    rows += [("version", name, _sides(pair)) for name, pair in document["versions"].items()]
    rows += [("source", name, _sides(pair)) for name, pair in document["plugins"].items()]
    rows += [("revision", name, _revisions(pair)) for name, pair in document["revision"].items()]
    rows += [("stages", f"only in {w}", ", ".join(n)) for w in "AB" if (n := document[f"only_in_{w.lower()}"])]
    words += ["", table(rows)] if rows else ["", "asked alike: the same parameters, versions, plugins and revision"]
    words += ["", parting(document)]
    same = [stage["name"] for stage in document["stages"] if stage["same"]]
    if same:
        words += ["", f"the same in both, {len(same)} of {len(document['stages'])} stages: {', '.join(same)}"]
    for stage in document["stages"]:
        if not stage["same"]:
            words += ["", *_stage(stage)]
    return "\n".join(words)


def _run(run: dict[str, Any]) -> str:
    parameters = ", ".join(f"{k}={v}" for k, v in run["parameters"].items())
    return f"run {run['id']}: {run['flow']}({parameters}) {run['state']}"


def _sides(pair: dict[str, Any]) -> str:
    return " → ".join("none" if pair[side] is None else str(pair[side]) for side in "ab")


def _revisions(pair: dict[str, Any]) -> str:
    return f"{revision_text(pair['a'])} → {revision_text(pair['b'])}"


def revision_text(revision: dict[str, Any] | None) -> str:
    """A state of the flow's file."""
    if not revision:
        return "outside git"
    if not isinstance(revision, dict) or "commit" not in revision:
        return "a revision that cannot be read"
    return str(revision["commit"])[:12] + (" and edits of the flow file" if revision.get("dirty") else "")


def parting(document: dict[str, Any]) -> str:
    """Where two runs part, and why, in a sentence."""
    first = next((stage for stage in document["stages"] if not stage["same"]), None)
    if first is None:
        if document["a"]["id"] == document["b"]["id"]:
            return "both are the same run"
        return "no stage of both runs differs" if document["stages"] else "the two have no stage in common"
    return f"they part at {first['name']}: {why_apart(first)}"


def why_apart(stage: dict[str, Any]) -> str:
    """Why a stage is another one in the second run."""
    if "unreadable" in stage:
        return "; ".join(stage["unreadable"])
    if "outputs" not in stage:
        return f"{stage['state'][0]} in A, {stage['state'][1]} in B"
    if "why" not in stage:
        return f"{stage['model'][0]} in A, {stage['model'][1]} in B"
    return "; ".join(one["text"] for one in stage["why"]) or NOTHING


def _stage(stage: dict[str, Any]) -> list[str]:
    if not stage.get("why"):
        words = [f"{stage['name']}  {why_apart(stage)}"]
    else:
        words = [stage["name"], *(f"    because {one['text']}" for one in stage["why"])]
    outputs = stage.get("outputs", {})
    rows = [(name, *change(found)) for name, found in outputs.items() if not found["equal"]]
    equal = [name for name, found in outputs.items() if found["equal"]]
    if rows:
        words.append(table(rows, indent="    "))
    if equal:
        words.append(f"    equal: {', '.join(equal)}")
    return words


def change(found: dict[str, Any]) -> tuple[str, str]:
    """Old and new of an output, and how far apart they are."""
    if "only" in found:
        return f"only in {found['only']}", ""
    match found["kind"]:
        case "float" | "int":
            return _number(found)
        case "array":
            return _array(found)
        case "file":
            sizes, types = found["size"], found["media_type"]
            return f"other bytes: {sizes[0]} → {sizes[1]}", "" if types[0] == types[1] else " → ".join(types)
        case "atoms":
            return "atoms: " + "; ".join(f"{name} {_part(part)}" for name, part in found["parts"].items()), ""
        case [old, new]:
            return f"{old} → {new}", ""
    return f"{written(found['old'], None)} → {written(found['new'], None)}", ""


def _number(found: dict[str, Any]) -> tuple[str, str]:
    if "old_unit" in found:
        return f"{written(found['old'], found['old_unit'])} → {written(found['new'], found['unit'])}", "other dimension"
    sides = [{"value": found[side], "text": written(found[side], None)} for side in ("old", "new")]
    told_apart(*sides)
    relative = "" if found["relative"] is None else percent(found["relative"])
    return f"{sides[0]['text']} → {sides[1]['text']} {pretty(found['unit'] or '')}".rstrip(), relative


def percent(relative: float) -> str:
    """A relative change for people: in per cent up to tenfold, as a factor beyond."""
    if abs(relative) < 10:
        return f"{relative * 100:+.3g} %"
    return f"× {relative + 1:.3g}"


def _array(found: dict[str, Any]) -> tuple[str, str]:
    shapes = ["×".join(map(str, shape)) for shape in found["shape"]]
    if shapes[0] != shapes[1]:
        return f"array {shapes[0]} → {shapes[1]}", ""
    if "old_unit" in found:
        return f"array {shapes[0]}", f"{found['old_unit']} → {found['unit']}: other dimension"
    if found.get("max") == 0:
        return f"array {shapes[0]}", f"equal numbers, {' → '.join(found['dtype'])}"
    if "unread" in found:
        return f"array {shapes[0]}", "other bytes"
    if "max" not in found:
        return f"array {shapes[0]}", f"{found['differ']} of {found['of']} differ"
    relative = found["relative_l2"]
    norm = "A is all zeros" if relative is None else f"relative L2 norm {relative:.3g}"
    return f"array {shapes[0]}", f"max |Δ| {found['max']:.4g} {pretty(found['unit'] or '')}".rstrip() + f", {norm}"


def _part(part: dict[str, Any]) -> str:
    if "only" in part:
        return f"only in {part['only']}"
    if "shape" not in part:
        return f"{written(part['old'], None)} → {written(part['new'], None)}"
    return " ".join(_array({**part, "unit": None})).removeprefix("array ")
