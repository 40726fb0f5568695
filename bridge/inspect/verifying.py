"""What verification saw, in words."""

from __future__ import annotations

import dataclasses
from typing import Any

from bridge.inspect.table import table
from bridge.store.upkeep.aside import Moved
from bridge.store.upkeep.verify import Report

#: Names of one kind that are printed; JSON has all.
SHOWN = 20


def document(report: Report, moved: list[Moved]) -> dict[str, Any]:
    """A report in JSON."""
    return {
        "store": report.store,
        "sound": not report.damaged,
        "checked": dataclasses.asdict(report.seen),
        "damaged": [dataclasses.asdict(one) for one in report.damaged],
        "incomplete": [{"object": name, "bytes": size} for name, size in report.incomplete],
        "held": report.held,
        "aside": report.aside,
        "moved": [dataclasses.asdict(one) for one in moved],
    }


def text(report: Report, moved: list[Moved]) -> str:
    """A report as people read it: what was checked, what is wrong, what to type."""
    seen = report.seen
    counts = [
        f"{number} {noun}"
        for number, noun in (
            (seen.artifacts, "artifacts"),
            (seen.blocks, "blocks"),
            (seen.rows, "rows"),
            (seen.pyramids, "pyramids of fields"),
            (seen.aliases, "aliases"),
            (seen.runs, "runs"),
            (seen.events, "events"),
        )
        if number
    ]
    words = [f"checked {', '.join(counts) or 'nothing'} in {report.store}: {seen.objects} objects, {size(seen.bytes)}"]
    if report.damaged:
        words.append(table([(one.what, one.object, one.said) for one in report.damaged[:SHOWN]], ("DAMAGED", "", "")))
        words += _more(report.damaged)
    if report.incomplete:
        whole = sum(bytes for _, bytes in report.incomplete)
        words.append(
            f"{len(report.incomplete)} left behind by dead writers, {size(whole)}: scalebridge gc removes them"
        )
        words += [f"  {name}" for name, _ in report.incomplete[:SHOWN]] + _more(report.incomplete)
    if report.held:
        words.append(f"{len(report.held)} held by running work")
        words += [f"  {name}" for name in report.held[:SHOWN]] + _more(report.held)
    for one in moved:
        words.append(f"moved {one.object} to {one.to}" if one.to else f"left {one.object}: {one.why}")
    return "\n".join([*words, _verdict(report, moved)])


def _verdict(report: Report, moved: list[Moved]) -> str:
    if not report.damaged:
        return "every bit is as it was committed"
    if moved:
        return "set aside: run the flows again, they compute what is missing"
    records = any(one.object.startswith("runs/") for one in report.damaged)
    note = " The record of a run stays as it is: scalebridge rm --yes RUN removes it." if records else ""
    return f"damaged: scalebridge verify --set-aside moves it away, the next run computes it again.{note}"


def _more(names: list[Any]) -> list[str]:
    return [f"  … and {len(names) - SHOWN} more (--json names all)"] if len(names) > SHOWN else []


def size(count: float) -> str:
    """Bytes for people: ``512 B``, ``3.2 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
