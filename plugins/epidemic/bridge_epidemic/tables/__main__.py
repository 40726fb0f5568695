"""Derive the committed tables again: python -m bridge_epidemic.tables RAW [OUT]; digests belong into `reading`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from bridge_epidemic.tables.reading import digest

#: Each has a module of its name beside this one, with `derive(raw: Path) -> str`.
TABLES = ("antibodies", "scan", "efficacy", "contacts")


def main(arguments: list[str]) -> int:
    """Write every table; the folder of raw files comes first, the folder to write to second."""
    if len(arguments) not in (1, 2):
        print("Write: python -m bridge_epidemic.tables RAW [OUT], RAW the folder of the raw files.", file=sys.stderr)
        return 2
    raw = Path(arguments[0])
    out = Path(arguments[1]) if len(arguments) == 2 else Path(__file__).parent
    for name in TABLES:
        text = importlib.import_module(f"bridge_epidemic.tables.{name}").derive(raw)
        (out / f"{name}.csv").write_text(text, encoding="utf-8", newline="\n")
        print(f"{out / name}.csv: {len(text.splitlines())} lines, digest {digest(text)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
