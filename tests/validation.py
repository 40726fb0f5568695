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
    """Write the table, if the whole of it ran."""
    if session.config.option.markexpr != "science" or session.config.args_source.name != "TESTPATHS":
        return
    lines = [
        "# Validation",
        "",
        f"What `make test-science` reached at commit {_commit()}. A skip counts as not shown.",
        "",
        "| what | asked | reached | seconds |",
        "|---|---|---|---|",
        *(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in sorted(_rows)),
        "",
    ]
    (ROOT / "docs" / "validation.md").write_text("\n".join(lines), encoding="utf-8")


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"
