"""``make bench``: runs every benchmark and writes docs/benchmarks.md.

``make bench PARTS="sweep store"`` runs some, and only prints.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]


def main(wanted: list[str]) -> None:
    """Run all benchmarks, or those of some names, in a state folder of their own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        os.environ["SCALEBRIDGE_HOME"] = home
        try:
            from tests.bench import (
                blocks,
                coupling,
                epidemic,
                flows,
                homogenization,
                index,
                inspector,
                inspector_tiles,
                lattice,
                pharmacology,
                phasefield,
                pyramid,
                startup,
                store,
                sweep,
            )

            parts = (
                startup,
                index,
                inspector,
                inspector_tiles,
                store,
                blocks,
                pyramid,
                flows,
                coupling,
                sweep,
                lattice,
                phasefield,
                homogenization,
                pharmacology,
                epidemic,
            )
            known = {part.__name__.rpartition(".")[2]: part for part in parts}
            if unknown := set(wanted) - set(known):
                sys.exit(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
            rows = [row for name, part in known.items() if not wanted or name in wanted for row in part.rows()]
        finally:
            subprocess.run([sys.executable, "-m", "bridge.run.server", "stop"], check=False, timeout=60)
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    lines = [
        "# Benchmarks",
        "",
        f"`make bench` at commit {commit.stdout.strip()}, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}. Medians; machines are noisy, "
        "so read the ratios.",
        "",
        "| what | reached | against | ratio |",
        "|---|---|---|---|",
        *(f"| {row.what} | {row.reached} | {row.against} | {row.ratio} |" for row in rows),
        "",
    ]
    if not wanted:
        (ROOT / "docs" / "benchmarks.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main(sys.argv[1:])
