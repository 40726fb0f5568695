"""A run of many stages, as it is shown: on a terminal while it runs, and in words when it is over."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from bridge.inspect.progress import in_view
from bridge.inspect.stored import text

STATES = {
    **{f"done {i}": "computed" for i in range(9)},
    "on": "running",
    "broken": "failed",
    **{f"later {i}": "waiting" for i in range(9)},
}


def test_where_all_stages_fit_all_are_shown() -> None:
    assert in_view(STATES, len(STATES)) == list(STATES)


def test_where_they_do_not_fit_what_happens_now_comes_first() -> None:
    assert in_view(STATES, 4) == ["on", "broken", "later 0", "later 1"]
    assert in_view(STATES, 12) == ["done 8", "on", "broken", *(f"later {i}" for i in range(9))]


def document(states: list[str]) -> dict[str, Any]:
    rungs = [
        {"name": f"rung {i}", "model": "toy.rung", "state": state, "cost": {"cpu_seconds": 0.5, "seconds": 1.0}}
        for i, state in enumerate(states)
    ]
    last = {"name": "toy.end", "model": "toy.end", "state": "computed", "cost": {}, "outputs": {"a": {"text": "1 K"}}}
    return {
        "id": "x", "flow": "f", "state": "completed", "seconds": 1.0, "parameters": {}, "failure": None,
        "stages": [*rungs, last],
    }  # fmt: skip


def test_stages_of_a_model_that_many_use_are_told_of_together() -> None:
    words = text(document(["computed"] * 3 + ["found"]))
    assert "toy.rung, 4 stages  3 computed, 1 found (2.0 s of CPU)" in words
    assert "rung 0 … rung 3: scalebridge show x STAGE" in words
    assert words.index("toy.rung") < words.index("toy.end") < words.index("1 K")


def test_one_that_failed_is_told_of_by_itself() -> None:
    words = text(document(["computed"] * 4 + ["failed"]))
    assert "toy.rung, 4 stages  4 computed" in words
    assert "rung 4  failed" in words


def test_those_that_never_ran_are_one_line() -> None:
    words = text(document(["failed", "not run", "not run", "computed"]))
    assert "not run, 2 stages: rung 1, rung 2" in words


def test_few_stages_are_told_of_one_by_one() -> None:
    assert "stages" not in text(document(["computed"] * 3))


def test_one_stage_of_a_run_is_shown(ran: Any, scalebridge: Any) -> None:
    (first,) = re.findall(r"again: scalebridge show (\S+)", ran.stdout)
    shown = scalebridge("show", first, "toy.name")
    assert shown.returncode == 0
    assert shown.stdout.startswith("toy.name  ")
    assert "0.0001 m →" in shown.stdout
    assert "toy.shape" not in shown.stdout


def test_a_page_is_written_beside_the_pictures(ran: Any) -> None:
    (page,) = re.findall(r"page: (.*)", ran.stdout)
    assert Path(page).name == "toy.name.page.html"
    assert Path(page).read_bytes() == b"<p>a page"


def test_an_unknown_stage_is_refused_with_the_nearest(ran: Any, scalebridge: Any) -> None:
    shown = scalebridge("show", "last", "toy.nam")
    assert shown.returncode == 1
    assert "has no stage 'toy.nam'. Did you mean 'toy.name'" in shown.stderr
