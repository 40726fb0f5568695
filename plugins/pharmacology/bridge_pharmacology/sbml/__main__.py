"""The SBML semantic test suite: `python -m bridge_pharmacology.sbml suite FOLDER` writes what its cases came to."""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from pathlib import Path

from bridge_pharmacology.sbml.suite import LEVELS, run_suite


def main(arguments: list[str] | None = None) -> int:
    """Run the suite; 1 if a case of it mismatched."""
    return _suite(_parser().parse_args(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bridge_pharmacology.sbml")
    commands = parser.add_subparsers(dest="command", required=True)
    suite = commands.add_parser("suite", help="run the cases of the SBML semantic test suite below a folder")
    suite.add_argument("folder", type=Path)
    suite.add_argument("--level", choices=LEVELS, help="a level of SBML; without it the newest that a case has")
    suite.add_argument("--to", type=Path, help="file for the table, standard output without it")
    return parser


def _suite(given: argparse.Namespace) -> int:
    verdicts = run_suite(given.folder, given.level)
    file = given.to.open("w", newline="") if given.to else sys.stdout
    try:
        table = csv.writer(file)
        table.writerow(("case", "level", "verdict", "why"))
        table.writerows((one.case, one.level, one.verdict, one.why) for one in verdicts)
    finally:
        if given.to:
            file.close()
    counts = Counter(one.verdict for one in verdicts)
    print(", ".join(f"{counts[key]} {key}" for key in ("matched", "refused", "mismatched")), file=sys.stderr)
    return 1 if counts["mismatched"] else 0


if __name__ == "__main__":
    sys.exit(main())
