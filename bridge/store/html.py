"""Stored outputs and runs as HTML, for notebooks: on light ground and dark, with nothing loaded from elsewhere.

Colours are the page's own, or greys that show on both; every style stands in its element, so that no page's
table is touched. All names and texts are people's, and are escaped.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from bridge.errors import BridgeError
from bridge.literals import duration

if TYPE_CHECKING:
    import numpy as np

    from bridge.media import Picture
    from bridge.store.runs import Run
    from bridge.store.view import Leaf, Outputs

#: Arrays up to this many numbers are shown whole.
WHOLE = 12
#: Arrays above this many bytes are not read for being looked at.
LARGE = 64 * 2**20
#: Pictures above this many bytes are named and not embedded, for a notebook keeps what it shows.
PICTURE = 2**20
#: Characters of a text, stages of a run, runs of a list and outputs of a stage that are shown.
TEXT, STAGES, RUNS, MAIN = 240, 40, 100, 4

_LINE = "border:0;border-bottom:1px solid rgba(128,128,128,.35);"
_CELL = f"{_LINE}padding:.25em .9em .25em 0;text-align:left;vertical-align:top;white-space:normal;"
_HEAD = f"{_CELL}font-weight:600;opacity:.7;"
_FAINT = "opacity:.7;"
_MONO = "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.95em;"
#: Mid-tones, which show on white and on black; the word beside the dot says the same.
_DOTS = {"completed": "#2a9d5c", "computed": "#2a9d5c", "found": "#3d8fd1", "running": "#c98a00"}
_WRONG, _IDLE = "#d9534f", "#8a8a8a"
_WENT_WRONG = ("failed", "interrupted", "damaged")


def html_of_outputs(outputs: Outputs) -> str:
    """The outputs of a stage: a line each with value, unit and validity range, then its pictures."""
    from bridge.media import Picture
    from bridge.store.view import leaves, pretty

    about = outputs._artifact.about
    rows, pictures = [], []
    for leaf in leaves(outputs):
        valid = leaf.kind().valid
        value = leaf.value() if _readable(leaf) else None
        if isinstance(value, Picture):
            pictures.append(_picture(value, leaf.name, "26em"))
        unit = pretty(leaf.spec.get("unit", ""))
        rows.append((_mono(leaf.name), _value(leaf, value), _text(unit), _faint(_text(valid or ""))))
    cost = about.get("cost", {})
    facts = [
        "" if about.get("model", "") == outputs._at else _text(about.get("model", "")),
        f"computed in {duration(cost['seconds'])}" if "seconds" in cost else "",
        _text(str(about.get("made", ""))[:10]),
        f'<span title="{_text(outputs._artifact.key)}">artifact {_text(outputs._artifact.key[:10])}</span>',
    ]
    warned = "".join(f"<div>warning: {_text(said)}</div>" for said in about.get("warnings", []))
    warned += _verdicts(about)
    shown = _table(("output", "value", "unit", "valid"), rows)
    return _block(_header(outputs._at, facts) + warned + shown + _gallery(pictures))


def html_of_run(run: Run) -> str:
    """A run: flow, state and parameters, then a line for each stage with its first outputs."""
    stages = run.stages
    shown = _worth_showing(stages)
    rows: list[tuple[str, ...]] = []
    pictures: list[str] = []
    for name in shown:
        facts = stages[name]
        said, found = _main_outputs(run, name, facts, MAIN - len(pictures))
        said += _verdicts(facts)
        pictures += found
        model = facts.get("model", "")
        rows.append(
            (
                _mono(name),
                "" if model == name else _text(model),
                _text(facts.get("scale", "")),
                _state(facts.get("state", "?")),
                _whole(duration(_seconds(facts))),
                said,
            )
        )
    called = [run.about.get("name") or "", *run.about.get("tags", [])]
    took = f"in {duration(run.seconds)}" if run.seconds is not None else ""
    said_of_run = [_state(run.state), *map(_text, called), took, _text(run.id)]
    left = len(stages) - len(shown)
    more = f'<div style="{_FAINT}">and {left} more stages, each by its name: run["…"]</div>' if left else ""
    failure = f"<div>{_text(run.about['failure'])}</div>" if run.about.get("failure") else ""
    table = _table(("stage", "model", "scale", "state", "took", "outputs"), rows)
    head = _header(run.flow, said_of_run) + _parameters(run.parameters) + failure
    return _block(head + table + more + _gallery(pictures))


def html_of_runs(runs: Sequence[Run]) -> str:
    """A list of runs, a line each."""
    if not runs:
        return _block(f'<div style="{_FAINT}">no runs</div>')
    rows = [
        (
            f'<span style="white-space:nowrap;">{_mono(run.id)}</span>',
            _text(run.flow),
            _state(run.state),
            _whole(str(run.about.get("started", ""))[:19].replace("T", " ")),
            _whole(duration(run.seconds)),
            _parameters(run.parameters),
        )
        for run in runs[:RUNS]
    ]
    left = len(runs) - len(rows)
    more = f'<div style="{_FAINT}">and {left} more</div>' if left else ""
    return _block(_table(("run", "flow", "state", "started (UTC)", "took", "parameters"), rows) + more)


# Values


def _readable(leaf: Leaf) -> bool:
    import math

    import numpy as np

    if "dtype" not in leaf.spec or "shape" not in leaf.spec:
        return True
    size: int = math.prod(leaf.spec["shape"]) * np.dtype(leaf.spec["dtype"]).itemsize
    return size <= (PICTURE if leaf.spec["kind"] == "file" else LARGE)


def _value(leaf: Leaf, value: Any) -> str:
    """One output in its cell; ``value`` is None where it was too large to read."""
    import numpy as np

    from bridge.media import File
    from bridge.store.view import brief

    if leaf.spec["kind"] == "file":
        size = leaf.spec["shape"][0] if value is None else len(value.content)
        what = "picture" if leaf.spec.get("picture") else "file"
        big = f'; too large to show here: outputs["{leaf.name}"].write("…")' if value is None else ""
        media = value.media_type if isinstance(value, File) else leaf.spec.get("media_type", "")
        return _text(f"{what}, {media}, {_bytes(size)}{big}")
    if isinstance(value, str):
        cut = f"… ({len(value)} characters)" if len(value) > TEXT else ""
        return f'<span style="white-space:pre-wrap;">{_text(value[:TEXT])}</span>{_text(cut)}'
    if leaf.spec["kind"] != "array":
        return f'<span title="{_text(_exactly(value))}">{_text(brief(value, "1"))}</span>'
    shape = _text(f"{'×'.join(map(str, leaf.spec['shape']))} {leaf.spec['dtype']}")
    named = f"{_faint('(' + _text(', '.join(leaf.spec['dims'])) + ')')} {shape}"
    if value is None:
        return f"{named}, not read: it is large"
    assert isinstance(value, np.ndarray)
    if not value.size:
        return named
    if value.size <= WHOLE:
        return f"{_numbers(value)} &nbsp; {named}"
    if value.dtype.kind == "b":
        return f"{named}, {int(value.sum())} of {value.size} true"
    if value.dtype.kind not in "iuf":
        return named
    return f"{named}, {_text(f'{value.min():.4g} … {value.max():.4g}')}{_curve(value)}"


def _exactly(value: Any) -> str:
    return repr(value) if isinstance(value, (bool, int, float)) else ""


def _numbers(value: np.ndarray) -> str:
    """A small array, row by row."""
    rows = value.reshape(-1, value.shape[-1])
    lines = [" ".join(str(x) if value.dtype.kind == "b" else f"{x:.6g}" for x in row) for row in rows]
    return f'<span style="{_MONO}">{"<br>".join(map(_text, lines))}</span>'


def _curve(value: np.ndarray) -> str:
    """A series as a line of a word's height, the lowest and highest of each stretch; nothing for other arrays."""
    import numpy as np

    low, high = float(value.min()), float(value.max())
    if value.ndim != 1 or not np.isfinite(high - low) or high == low:
        return ""
    stretches = np.array_split(value.astype(float), min(80, value.size))
    ends = [y for part in stretches for y in ((part[0],) if part.size == 1 else (part.min(), part.max()))]
    points = " ".join(
        f"{120 * i / (len(ends) - 1):.1f},{19 - 18 * (y - low) / (high - low):.1f}" for i, y in enumerate(ends)
    )
    return (
        '<svg width="120" height="20" viewBox="0 0 120 20" style="margin-left:.8em;vertical-align:middle;">'
        f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.2"/></svg>'
    )


def _main_outputs(run: Run, stage: str, facts: dict[str, Any], room: int) -> tuple[str, list[str]]:
    """The first numbers of a stage on one line, or why there is none; and its pictures, up to ``room`` of them."""
    from bridge.store.view import brief, leaves

    if "key" not in facts:
        return _text(facts.get("error", "")), []
    try:
        found = list(leaves(run[stage]))
        plain = [leaf for leaf in found if leaf.spec["kind"] in ("float", "int", "bool", "choice")]
        first = plain[:MAIN] or found[:MAIN]
        words = [
            _pair(leaf.name, brief(leaf.value(), leaf.spec.get("unit", "1")) if leaf in plain else leaf.spec["kind"])
            for leaf in first
        ]
        seen = [leaf for leaf in found if leaf.spec.get("picture") and _readable(leaf)][:room]
        pictures = [_picture(leaf.value(), stage, "12em") for leaf in seen]
    except BridgeError as reason:
        return _text(reason), []
    more = [_faint(f"and {len(found) - len(first)} more")] if len(found) > len(first) else []
    return " &nbsp; ".join([*words, *more]), pictures


def _verdicts(told: dict[str, Any]) -> str:
    """What was judged of the separation of scales, a line each."""
    from bridge.scales.separation import verdict_from

    return "".join(f"<div>{_text(verdict_from(one))}</div>" for one in told.get("separation", ()))


def _seconds(facts: dict[str, Any]) -> float | None:
    seconds = facts.get("seconds", facts.get("cost", {}).get("seconds"))
    return seconds if isinstance(seconds, (int, float)) else None


def _worth_showing(stages: dict[str, dict[str, Any]]) -> list[str]:
    """Names of all stages if they are few, else of those that went wrong and the first of the others."""
    wrong = [name for name, facts in stages.items() if facts.get("state") in _WENT_WRONG][:STAGES]
    well = [name for name in stages if name not in wrong][: STAGES - len(wrong)]
    chosen = {*wrong, *well}
    return [name for name in stages if name in chosen]


# Pieces


def _text(thing: Any) -> str:
    """Anything as escaped text; what no page can be written with (half a character) is spelled out."""
    return html.escape(str(thing).encode(errors="backslashreplace").decode(), quote=True)


def _mono(name: str) -> str:
    return f'<span style="{_MONO}">{_text(name)}</span>'


def _faint(inner: str) -> str:
    return f'<span style="{_FAINT}">{inner}</span>' if inner else ""


def _whole(thing: Any) -> str:
    """A short text that is not broken over lines."""
    return f'<span style="white-space:nowrap;">{_text(thing)}</span>' if thing else ""


def _state(state: str) -> str:
    colour = _WRONG if state in _WENT_WRONG else _DOTS.get(state, _IDLE)
    return f'<span style="white-space:nowrap;"><span style="color:{colour};">●</span> {_text(state)}</span>'


def _pair(name: str, value: Any) -> str:
    """A name and its value, broken over lines only where it fills one."""
    return f'<span style="display:inline-block;">{_faint(_text(name) + " =")}&nbsp;{_text(value)}</span>'


def _parameters(parameters: dict[str, Any]) -> str:
    words = [_pair(name, value) for name, value in parameters.items()]
    return f"<div>{' &nbsp; '.join(words)}</div>" if words else ""


def _header(name: str, facts: Iterable[str]) -> str:
    said = " · ".join(fact for fact in facts if fact)
    return f'<div style="margin-bottom:.3em;"><strong>{_text(name)}</strong> <span>{said}</span></div>'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are HTML already; a column that is empty all the way is left out."""
    kept = [i for i in range(len(head)) if any(row[i] for row in rows)]
    line = 'style="background:transparent;"'
    top = "".join(f'<th style="{_HEAD}">{head[i]}</th>' for i in kept)
    body = "".join(
        f"<tr {line}>{''.join(f'<td style={chr(34)}{_CELL}{chr(34)}>{row[i]}</td>' for i in kept)}</tr>" for row in rows
    )
    return (
        '<table style="border-collapse:collapse;border:0;color:inherit;font-size:inherit;margin:.2em 0;">'
        f"<thead><tr {line}>{top}</tr></thead><tbody>{body}</tbody></table>"
    )


def _picture(picture: Picture, name: str, height: str) -> str:
    """A picture on paper: what is drawn for white pages has black lines on nothing."""
    content = base64.b64encode(picture.content).decode()
    return (
        f'<img alt="{_text(name)}" title="{_text(name)}" src="data:{picture.media_type};base64,{content}" '
        f'style="background:#fff;max-width:100%;max-height:{height};margin:.4em .6em .2em 0;"/>'
    )


def _gallery(pictures: Sequence[str]) -> str:
    return f"<div>{''.join(pictures)}</div>" if pictures else ""


def _bytes(size: int) -> str:
    return f"{size} B" if size < 1024 else f"{size / 1024:.0f} KiB" if size < 2**20 else f"{size / 2**20:.1f} MiB"


def _block(inner: str) -> str:
    return f'<div class="scalebridge" style="color:currentColor;line-height:1.45;overflow-x:auto;">{inner}</div>'
