"""What docs/equation-free.md and docs/ladder.md write runs, and gives what they say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bridge import stage
from bridge.chain.chain import Chain
from bridge.chain.trace import trace_into

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.S)


def test_the_equation_free_page_runs_and_gives_what_it_says() -> None:
    names: dict[str, Any] = {}
    for block in blocks("equation-free.md"):
        exec(block, names)
    assert "60 micro steps instead of 100 (1.7 times fewer), 20 leaps, 0 rejected" in str(names["done"])
    assert names["found"].state == pytest.approx([0.6875])
    assert names["found"].multipliers == pytest.approx([-1.2])
    assert names["found"].stable is False


def test_the_ladder_page_runs_and_gives_what_it_says() -> None:
    in_a_flow, in_process = blocks("ladder.md")
    with trace_into(Chain()) as chain:
        heard = {
            f"heard_{f}": stage("waves.record", name=f"heard {f}").submit(velocity="2531.6 m/s", frequency=f"{f} Hz")
            for f in (2, 5)
        }
        exec(in_a_flow, {n: output.pressure for n, output in heard.items()})
    assert list(chain.stages)[2:] == ["waves.invert at 2 Hz", "waves.invert at 5 Hz"]
    names: dict[str, Any] = {}
    exec(in_process, names)
    assert [round(float(p.state[0]), 3) for p in names["points"]] == [0.5, 0.655, 0.737]
    assert [p.stable for p in names["points"]] == [True, True, False]
    assert [state.size for state in names["coarser"]] == [8, 4]
