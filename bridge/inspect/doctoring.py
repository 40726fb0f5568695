"""An examination in words: a line a finding, versions on both sides, and what to do."""

from __future__ import annotations

import dataclasses
from typing import Any

from bridge.inspect.table import table
from bridge.run.doctor import Examination, Finding


def document(found: Examination) -> dict[str, Any]:
    """An examination in JSON."""
    return {
        "cluster": found.cluster,
        "well": found.well,
        "findings": [dataclasses.asdict(one) | {"do": one.advice()} for one in found.findings],
        "versions": {name: {"driver": mine, "worker": theirs} for name, (mine, theirs) in found.versions.items()},
    }


def text(found: Examination) -> str:
    """An examination as people read it."""
    words = [table([("✓" if one.good else "✗", one.what, _short(one)) for one in found.findings])]
    if found.versions:
        rows = [
            ("✓" if mine == theirs else "✗", name, mine or "none", theirs or "none")
            for name, (mine, theirs) in found.versions.items()
        ]
        words += ["", table(rows, ("", "VERSIONS", "HERE", "ON THE WORKER"))]
    wrong = [one for one in found.findings if not one.good]
    if not wrong:
        return "\n".join([*words, "", f"all is well: cluster {found.cluster} can run what is installed here"])
    words += ["", f"{len(wrong)} of {len(found.findings)} are wrong:"]
    words += [f"  {one.what}: {one.advice() or one.seen}" for one in wrong]
    return "\n".join(words)


def _short(one: Finding) -> str:
    """What was seen, on a line; of what is told again below, its first sentence."""
    return one.seen if one.good or one.advice() else one.seen.partition(". ")[0]
