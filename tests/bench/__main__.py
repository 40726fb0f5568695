"""``make bench``: runs every benchmark and writes docs/benchmarks.md.

``make bench PARTS="sweep store"`` runs some and leaves what the page says of the others.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from tests.bench.report import PAGE, section, written


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
            measured = {name: list(part.rows()) for name, part in known.items() if not wanted or name in wanted}
        finally:
            subprocess.run([sys.executable, "-m", "bridge.run.server", "stop"], check=False, timeout=60)
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    PAGE.write_text(written(measured, known, before), encoding="utf-8")
    print("\n".join(section(name, rows) for name, rows in measured.items()))


if __name__ == "__main__":
    main(sys.argv[1:])
