"""Room in a store, in words: what weighs what, what was removed, what could be."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

from bridge.inspect.table import table
from bridge.inspect.verifying import size
from bridge.store.upkeep.reclaim import Reclaimed
from bridge.store.upkeep.usage import Usage

#: Runs, or removed objects, that are printed; JSON has all.
SHOWN = 20


def usage_document(usage: Usage) -> dict[str, Any]:
    """What a store holds, in JSON."""
    return dataclasses.asdict(usage) | {
        "bytes": usage.bytes,
        "runs": [dataclasses.asdict(run) | {"freed": run.freed} for run in usage.runs],
    }


def usage_text(usage: Usage) -> str:
    """What a store holds, as people read it."""
    words = [f"{usage.store}: {size(usage.bytes)}", ""]
    if usage.models:
        lines = [(one.model, str(one.results), size(one.bytes)) for one in usage.models]
        words += [table(lines, ("MODEL", "RESULTS", "BYTES")), ""]
    if usage.runs:
        runs = [(one.run, size(one.freed), size(one.shared)) for one in usage.runs[:SHOWN]]
        words.append(table(runs, ("RUN", "ITS OWN: rm AND gc FREE IT", "SHARED WITH OTHER RUNS")))
        if len(usage.runs) > SHOWN:
            words.append(f"… and {len(usage.runs) - SHOWN} more runs (--json has all)")
        words.append("")
    parts = (
        ("artifacts", usage.artifacts),
        ("blocks of rows", usage.blocks),
        ("journals of rows", usage.journals),
        ("pyramids of fields (made again by looking)", usage.pyramids),
        ("records and events of runs", usage.records),
        ("logs", usage.logs),
        ("aliases", usage.aliases),
        ("of the results, reached by no run (gc removes it)", usage.unreached),
        ("left by killed writers (gc removes it)", usage.abandoned),
        ("set aside by verify (gc --damaged removes it)", usage.aside),
    )
    words.append(table([(what, size(bytes)) for what, bytes in parts if bytes]))
    words += [f"cannot be read: {what}: {why}" for what, why in usage.unreadable.items()]
    return "\n".join(words)


def reclaimed_document(done: Reclaimed) -> dict[str, Any]:
    """What was removed, in JSON."""
    return dataclasses.asdict(done) | {"bytes": done.bytes}


def reclaimed_text(done: Reclaimed) -> str:
    """What was removed, or would be, as people read it."""
    if not done.items:
        return done.ended or "nothing to remove"
    words = [table([(item.kind, item.object, size(item.bytes), item.why) for item in done.items[:SHOWN]])]
    if len(done.items) > SHOWN:
        words.append(f"… and {len(done.items) - SHOWN} more (--json names all)")
    counts = ", ".join(f"{n} {kind}{'s' if n > 1 and kind != 'set aside' else ''}" for kind, n in kinds(done).items())
    said = "would be removed" if done.dry_run else "removed"
    words.append(f"{said}: {counts.replace('aliass', 'aliases')}: {size(done.bytes)}")
    return "\n".join([*words, *([done.ended] if done.ended else [])])


def kinds(done: Reclaimed) -> Counter[str]:
    """How many of each kind."""
    return Counter(item.kind for item in done.items)
