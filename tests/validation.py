"""Writes docs/validation.md from the tests that take minutes: ``pytest -p tests.validation -m science``.

A test says what was asked and what was reached by pytest's ``record_property("asked", …)`` and
``record_property("reached", …)``; its name is the claim. A skip counts as not shown.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_rows: list[tuple[str, str, str, str]] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep one row a test."""
    if report.when != "call" and report.passed:
        return
    said = dict(report.user_properties)
    name = report.nodeid.rpartition("::")[2].removeprefix("test_").replace("_", " ")
    outcome = "not shown (skipped)" if report.skipped else str(said.get("reached", "as claimed"))
    if report.failed:
        outcome = f"**failed** {said.get('reached', '')}".strip()
    _rows.append(
        (
            f"{name} (`{report.nodeid.partition('::')[0]}`)",
            str(said.get("asked", "the claim")),
            outcome,
            f"{report.duration:.1f}",
        )
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the table; where only some tests ran, the rows of the others stay, with the commit they were shown at."""
    if session.config.option.markexpr != "science":
        return
    path, commit = ROOT / "docs" / "validation.md", _commit()
    whole = session.config.args_source.name == "TESTPATHS"
    kept = {} if whole or not path.exists() else _read(path.read_text(encoding="utf-8"))
    rows = kept | {row[0]: [cell.replace("|", "/") for cell in (*row, commit)] for row in _rows}
    lines = [
        "# Validation",
        "",
        "What `make test-science` reached, and at which commit. A skip counts as not shown.",
        "",
        "| what | asked | reached | seconds | commit |",
        "|---|---|---|---|---|",
        *(f"| {' | '.join(row)} |" for _, row in sorted(rows.items())),
        "",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")


def _read(text: str) -> dict[str, list[str]]:
    """The rows of a table by what they show, but those of files that are gone."""
    found = (line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| "))
    return {row[0]: row for row in found if len(row) == 5 and row[0] != "what" and _is_there(row[0])}


def _is_there(what: str) -> bool:
    return (ROOT / what.rpartition("(`")[2].removesuffix("`)")).is_file()


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"
