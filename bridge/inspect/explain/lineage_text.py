"""A lineage as a tree of text: a stage that occurs twice is shown once and referred to."""

from __future__ import annotations

from bridge.inspect.explain.folding import Box, Bundle, Folded
from bridge.inspect.explain.lineage import Lineage
from bridge.inspect.explain.readings import KEY
from bridge.inspect.table import width
from bridge.store.view import pretty


def text(lineage: Lineage) -> str:
    """The tree, the number in question on top."""
    root = lineage.stages[lineage.root]
    label = f"{root.name}.{lineage.output} = {lineage.value}" if lineage.output else root.name
    lines = [f"{label}  in run {lineage.run} of {lineage.flow}, and what it came from:", ""]
    folded = lineage.drawn
    _grow(folded, next(key for key, box in folded.boxes.items() if root in box.members), "", "", lines, set())
    return "\n".join(lines)


def _grow(folded: Folded, key: str, lead: str, below: str, lines: list[str], shown: set[str]) -> None:
    """Write a box and, below it, what it came from; ``lead`` begins its first line, ``below`` all others."""
    box = folded.boxes[key]
    if key in shown:
        lines.append(f"{lead}{box.title}  (above)")
        return
    shown.add(key)
    lines.append(f"{lead}{_head(box)}")
    entering = folded.into(key)
    sources = list(dict.fromkeys(bundle.source for bundle in entering))
    stem = f"{below}│  " if sources else f"{below}   "
    lines += [f"{stem}{row}" for row in _rows(box, entering, folded)]
    for source in sources:
        last = source == sources[-1]
        corner, rest = ("└─ ", "   ") if last else ("├─ ", "│  ")
        _grow(folded, source, below + corner, below + rest, lines, shown)


def _head(box: Box) -> str:
    one = box.members[0]
    if one.missing:
        return f"{box.title}  its artifact {one.key[:KEY]} is gone or damaged: {one.missing}"
    if len(box.members) > 1:
        runs = sorted({member.run for member in box.members})
        made = f"run {runs[0]}" if len(runs) == 1 else f"{len(runs)} runs, the last {runs[-1]}"
        return f"{box.title}  {one.scale}: {box.names}; artifacts of {made}, {_code(box)}"
    model = "" if one.model == one.name else f"{one.model}, "
    also = f", also {', '.join(one.names[1:])}" if one.names[1:] else ""
    return f"{box.title}  {model}{one.scale}; artifact {one.key[:KEY]} of run {one.run}{also}, {_code(box)}"


def _code(box: Box) -> str:
    return " and ".join(dict.fromkeys(member.distribution or "code of the flow file" for member in box.members))


def _rows(box: Box, entering: list[Bundle], folded: Folded) -> list[str]:
    """What a box was given: values of the flow's text, then wires; settings only where they are not the default."""
    rows = [
        (f"setting {one.port}" if one.setting else one.port, one.text + (" (default)" if one.default else ""), "")
        for one in box.written
        if not (one.setting and one.default)
    ]
    for bundle in entering:
        unit = pretty(bundle.unit or "")
        rows.append((bundle.port, bundle.text or (f"[{unit}]" if unit else ""), f"← {folded.origin(bundle)}"))
    rows += [(port, "", f"← {output} of one another") for port, output in box.inner]
    widths = [max((width(row[i]) for row in rows), default=0) for i in (0, 1)]
    return [
        "  ".join(cell + " " * (room - width(cell)) for cell, room in zip(row, (*widths, 0), strict=True)).rstrip()
        for row in rows
    ]
