"""The crate as one page: what was asked, what came out, what it was made with; no script, nothing from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from bridge.inspect.crate.actions import spread
from bridge.inspect.crate.contents import Contents, stages_of, swept
from bridge.inspect.crate.layout import METADATA, STORE, SUMS, identifier
from bridge.inspect.crate.metadata import UNSTATED
from bridge.inspect.crate.workflow import axes_of
from bridge.inspect.stored import lines_of, values_of
from bridge.inspect.verifying import size
from bridge.literals import duration
from bridge.media import Picture
from bridge.pages import box, chapter, folded, page, paragraph, picture, table
from bridge.store.runs import Run

#: Stages whose outputs are shown one by one, wires that are listed, bytes of a picture that is put into the page.
STAGES, WIRES, PICTURE = 40, 60, 2**22
_TYPES = {".png": "image/png", ".svg": "image/svg+xml"}


def preview(run: Run, contents: Contents, root: Path, sizes: dict[str, int], license: str | None) -> bytes:
    """The page of a crate whose files are below ``root``; ``sizes`` has every file and its bytes."""
    chapters = [
        _asked(run, license),
        _pictures(contents, root),
        _outputs(run),
        _stages(run),
        _files(run, contents, sizes),
        _versions(run),
    ]
    took = f" in {duration(run.seconds)}" if run.seconds is not None else ""
    lead = (
        f"The flow {run.flow}, {run.state}{took}, run {run.id}: its parameters, results and everything they came from."
    )
    return page(run.name or f"Run {run.id} of {run.flow}", lead, filter(None, chapters))


def _asked(run: Run, license: str | None) -> str:
    axes = axes_of(run)
    rows = [(name, spread(column)) for name, column in axes.items()]
    rows += [(name, str(given)) for name, given in run.parameters.items() if name not in axes]
    facts = [("begun (UTC)", str(run.about["started"])[:19].replace("T", " "))]
    facts += [("ended (UTC)", str(run.about["ended"])[:19].replace("T", " "))] if "ended" in run.about else []
    facts += [("licence", license or UNSTATED)]
    facts += [("tags", ", ".join(run.tags))] if run.tags else []
    failure = run.about.get("failure")
    said = [box("It did not complete", [str(failure)], "warn")] if failure and run.state != "completed" else []
    given = [table(("parameter", "value"), rows, text_columns=2)] if rows else [paragraph("It has no parameters.")]
    return chapter("What was asked", "", *said, *given, table(("", ""), facts, text_columns=2))


def _pictures(contents: Contents, root: Path) -> str:
    shown = []
    for path in contents.pictures:
        file = root / path
        kind = _TYPES.get(file.suffix)
        if kind and file.stat().st_size <= PICTURE:
            shown.append(picture(Picture(file.read_bytes(), kind), path, path, 900))
    return chapter("Pictures", "", *shown) if shown else ""


def _outputs(run: Run) -> str:
    if "sweep" in run.about:
        points = swept(run)
        counts = {} if points is None else points.counts
        rows = [(name, f"{count:,}") for name, count in counts.items()]
        return chapter("Results", "points by what became of them", table(("", "points"), rows)) if rows else ""
    stages = stages_of(run)
    tables = [
        table(("output", "value"), _wrapped(lines_of(values_of(outputs))), caption=name, text_columns=2)
        for name, outputs in list(stages.items())[:STAGES]
    ]
    more = len(stages) - STAGES
    tables += [paragraph(f"And {more} more stages: see the table of scalars.")] if more > 0 else []
    return chapter("Results", "", *tables) if tables else ""


def _wrapped(lines: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, text if len(text) <= 200 else f"{text[:200]}…") for name, text in lines]


def _stages(run: Run) -> str:
    found = run.stages
    rows = [
        (name, str(found[name].get("model", "")), str(found[name].get("scale", "")), str(found[name]["state"]))
        for name in (stage["name"] for stage in run.about["stages"])
    ]
    wires = [
        (
            str(edge.get("source")),
            str(edge.get("target")),
            str(edge.get("source_unit") or ""),
            str(edge.get("direction", "")),
        )
        for edge in run.about["edges"][:WIRES]
    ]
    parts = [table(("stage", "model", "scale", "state"), rows, text_columns=4)]
    if wires:
        more = len(run.about["edges"]) - WIRES
        caption = "Wires" + (f" (the first {WIRES} of {len(run.about['edges'])})" if more > 0 else "")
        parts.append(table(("from", "to", "unit", "direction"), wires, caption, text_columns=4))
    errors = [f"{name}: {facts['error']}" for name, facts in found.items() if facts.get("error")]
    return chapter("Stages", "", *([box("Errors", errors, "warn")] if errors else []), *parts)


def _files(run: Run, contents: Contents, sizes: dict[str, int]) -> str:
    shown = [contents.workflow, *contents.tables, *contents.outputs.values(), *contents.pictures, METADATA, SUMS]
    links = [_link(path, sizes.get(path)) for path in dict.fromkeys(shown)]
    inner = {path: count for path, count in sizes.items() if path.startswith(f"{STORE}/")}
    links.append(f"<li>{STORE}/: {len(inner)} files, {size(sum(inner.values()))}</li>")
    commands = (
        f"sha256sum -c {SUMS}",
        "scalebridge import .",
        f"SCALEBRIDGE_STORE={STORE} scalebridge show {run.id}",
    )
    typed = "".join(f"<div><code>{escape(one)}</code></div>" for one in commands)
    left = [folded(f"Not in this crate as files ({len(contents.left)})", contents.left)] if contents.left else []
    words = paragraph(
        "In the folder of the crate: check every file, take the run into a store, or look at it in place."
    )
    return chapter("Files", "", f"<ul>{''.join(links)}</ul>", *left, words, typed)


def _link(path: str, count: int | None) -> str:
    weight = f" ({size(count)})" if count is not None else ""
    return f'<li><a href="{escape(identifier(path))}">{escape(path)}</a>{weight}</li>'


def _versions(run: Run) -> str:
    versions: dict[str, str] = run.about.get("versions", {})
    revision = run.about.get("revision") or {}
    words: Sequence[str] = [f"{name} {version}" for name, version in sorted(versions.items())]
    said = []
    if revision.get("commit"):
        edited = ", and the flow's file was edited after that" if revision.get("dirty") else ""
        said.append(paragraph(f"git revision {revision['commit']}{edited}; Python {run.about.get('python', '?')}"))
    return chapter("Made with", "", *said, folded(f"{len(words)} distributions", words)) if words else ""
