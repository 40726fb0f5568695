"""``make bench``: runs every benchmark and writes docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Run all benchmarks in a state folder of their own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        os.environ["SCALEBRIDGE_HOME"] = home
        try:
            from tests.bench import blocks, flows, index, lattice, phasefield, startup, store

            parts = (startup, index, store, blocks, flows, lattice, phasefield)
            rows = [row for part in parts for row in part.rows()]
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
    (ROOT / "docs" / "benchmarks.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
