"""SBML from the command line: a plugin of one document, and the semantic test suite.

`python -m bridge_pharmacology.sbml new model.xml scalebridge-mine --unit time=h` writes a plugin to install;
`python -m bridge_pharmacology.sbml suite FOLDER` writes a table of what the cases of the suite came to.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from pathlib import Path

from bridge_pharmacology.sbml.plugin import new
from bridge_pharmacology.sbml.refused import Refused
from bridge_pharmacology.sbml.suite import LEVELS, run_suite


def main(arguments: list[str] | None = None) -> int:
    """Do what is asked; 1 if a case of the suite mismatched, 2 if a document was refused."""
    given = _parser().parse_args(arguments)
    try:
        return _new(given) if given.command == "new" else _suite(given)
    except Refused as reason:
        print(f"error: {reason}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bridge_pharmacology.sbml")
    commands = parser.add_subparsers(dest="command", required=True)
    plugin = commands.add_parser("new", help="write a plugin with the model of an SBML or Antimony file")
    plugin.add_argument("document", type=Path)
    plugin.add_argument("folder", type=Path)
    plugin.add_argument("--name", help="the model's name, such as mine.decay")
    plugin.add_argument("--unit", action="append", default=[], metavar="ID=UNIT", help="what the document leaves open")
    plugin.add_argument("--undeclared", choices=["dimensionless"], help="the rest is pure numbers")
    plugin.add_argument("--course", action="append", default=[], metavar="PORT=ID", help="courses of patients")
    suite = commands.add_parser("suite", help="run the cases of the SBML semantic test suite below a folder")
    suite.add_argument("folder", type=Path)
    suite.add_argument("--level", choices=LEVELS, help="a level of SBML; without it the newest that a case has")
    suite.add_argument("--to", type=Path, help="file for the table, standard output without it")
    return parser


def _new(given: argparse.Namespace) -> int:
    written = new(
        given.document,
        given.folder,
        name=given.name,
        units=_pairs(given.unit, "--unit time=h"),
        undeclared=given.undeclared,
        as_course=_pairs(given.course, "--course concentration=C") or None,
    )
    print(f"{written.module} registers {written.entry_point}; install it: pip install {given.folder}")
    return 0


def _pairs(listed: list[str], example: str) -> dict[str, str]:
    pairs = [text.partition("=") for text in listed]
    for name, equals, value in pairs:
        if not (name and equals and value):
            raise Refused(f"{name!r} is no pair: write {example}.")
    return {name.strip(): value.strip() for name, _, value in pairs}


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
