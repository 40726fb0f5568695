"""Every block of the tutorial and of the how-to pages does what the page says, from the top to the bottom."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from page_blocks import is_long
from page_reader import Reader

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "tutorial.md", *sorted((ROOT / "docs" / "howto").glob("*.md"))]


def marked(page: Path) -> Any:
    marks = [pytest.mark.science] if is_long(page) else []
    return pytest.param(page, marks=marks, id=str(page.relative_to(ROOT / "docs").with_suffix("")))


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("page", [marked(page) for page in PAGES if page.exists()])
def test_the_page_does_what_it_says(page: Path, reader: Reader, record_property: Any) -> None:
    if page.name == "tutorial.md":  # it is read in the folder of the sources
        shutil.copytree(ROOT / "flows", reader.desk / "flows", ignore=shutil.ignore_patterns("__pycache__"))
    record_property("asked", f"every block of {page.name}, run from the top in an empty folder")
    reader.follow(page)
    record_property("reached", "all do what the page shows")
