"""What docs/comparison.md says of scalebridge, OpenMDAO and MUSCLE3 is what they do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for the modules beside it, which importlib mode does not find
from interface_mistakes import MISTAKES, PLATFORMS, Mistake
from side_by_side import (
    Again,
    Place,
    again,
    bench,
    of_lines,
    of_mistakes,
    of_runs,
    outcomes,
    right,
    version_of,
)

PAGE = (Path(__file__).parents[2] / "docs" / "comparison.md").read_text(encoding="utf-8")
Said = Callable[[str, object], None]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.name)
def test_a_mistake_is_an_edit_that_the_working_programs_allow(mistake: Mistake, tmp_path: Path) -> None:
    for platform in PLATFORMS:
        edits = mistake.edits(platform)
        if edits is not None:
            Place(platform, tmp_path / platform, tmp_path, edits)


def test_the_page_tells_the_lines_that_were_written() -> None:
    assert of_lines() in PAGE


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where the platforms run; skipped where the others cannot be installed."""
    with bench() as place:
        try:
            for platform in PLATFORMS:
                _ = Place(platform, place / "installed" / platform, place).python
        except Exception as reason:
            if type(reason).__name__ != "NotInstalled":
                raise
            pytest.skip(f"cannot be installed here: {reason}")
        yield place


@pytest.fixture(scope="module")
def runs(folder: Path) -> dict[str, Again]:
    """The working program run four times in each platform."""
    return {platform: again(folder, platform) for platform in PLATFORMS}


@pytest.mark.science
def test_three_platforms_give_one_number(runs: dict[str, Again], record_property: Said) -> None:
    off = [float(np.abs(np.array(runs[p].first.permeated) / right("working") - 1).max()) for p in PLATFORMS]
    record_property("asked", "hydrogen isotopes through a wall, by the physics alone")
    record_property(
        "reached", ", ".join(f"{p} {version_of(p)}: {o:.0e} off" for p, o in zip(PLATFORMS, off, strict=True))
    )
    assert max(off) < 1e-12


@pytest.mark.science
def test_what_is_computed_again_is_what_the_page_says(runs: dict[str, Again], record_property: Said) -> None:
    told = of_runs(runs)
    record_property("asked", "only what a change reaches is computed again")
    record_property("reached", "; ".join(f"{p}, run again: {' and '.join(runs[p].same.computed)}" for p in PLATFORMS))
    assert told in PAGE


@pytest.mark.science
@pytest.mark.timeout(3600)  # sixty-nine programs, one after the other
def test_each_mistake_ends_as_the_page_says(folder: Path, record_property: Said) -> None:
    told = of_mistakes({platform: outcomes(folder, platform) for platform in PLATFORMS})
    record_property("asked", f"{len(MISTAKES)} mistakes at an interface, each in three platforms")
    record_property("reached", "; ".join(line.strip("| ").replace("**", "") for line in told.splitlines()[-2:]))
    assert told in PAGE
