"""docs/benchmarks.md: a section for every part, with the commit it was measured at; what was not run again stays."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.measure import Row

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
HEAD = (
    "# Benchmarks\n\nWhat `make bench` measured, part by part. Medians; machines are noisy, so read the ratios (ours "
    "to theirs: below 1 we take less).\n"
)


def written(measured: Mapping[str, Iterable[Row]], order: Iterable[str], before: str) -> str:
    """The page with these parts anew and all others as they were, in the order of the parts."""
    found = sections(before) | {name: section(name, rows) for name, rows in measured.items()}
    return "\n".join([HEAD, *(found[name] for name in order if name in found)])


def sections(text: str) -> dict[str, str]:
    """The sections of a page by their headings, each with its heading."""
    parts = text.split("\n## ")[1:]
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in parts}


def section(name: str, rows: Iterable[Row]) -> str:
    """One part: where and when it was measured, and its table."""
    lines = [
        f"## {name}",
        "",
        f"At commit {_commit()}, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}.",
        "",
        "| what | reached | against | ratio |",
        "|---|---|---|---|",
        *(f"| {row.what} | {row.reached} | {row.against} | {row.ratio} |" for row in rows),
        "",
    ]
    return "\n".join(lines)


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
