"""Records that lack something: another version wrote them, or somebody did by hand. A line says what is missing."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from small_runs import Bench

from bridge.inspect.cli import main
from bridge.run.stage import stage
from bridge.store.runs import Run
from bridge.store.sealed import INDENT, sealed

#: What nothing can be said without.
NEEDED = re.compile(r"id|flow|parameters|started|stages(\[\d+\]\.name)?|edges(\[\d+\]\.(source|target))?")
SWEEP = {
    "points": 2,
    "axes": [{"dim": "x", "columns": [{"name": "x", "distinct": 2, "origin": {}, "values": ["1 m", "2 m"]}]}],
    "executions": {"a": 2},
    "found": {"a": 0},
    "failures": 10,
}


@pytest.fixture
def run(bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """A run of five stages, of which one failed and one had to be left."""
    monkeypatch.setenv("SCALEBRIDGE_STORE", bench.store.address)
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    models = bench.models

    def body() -> None:
        for number in range(4):
            stage(models.fine, name=f"fine {number}").submit(x=f"{number} m")
        failing = stage(models.fine, name="failing").submit(x="1 m", mode="fail")
        stage(models.rate, name="rate").submit(length=failing.y)

    return bench.run(body)


def places(part: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every name of a record is; of lists the first and the last."""
    if isinstance(part, dict):
        for name, inner in part.items():
            yield (*at, name)
            if name != "versions":
                yield from places(inner, (*at, name))
    elif isinstance(part, list):
        for number in sorted({0, len(part) - 1} if part else ()):
            yield from places(part[number], (*at, number))


def without(about: dict[str, Any], place: tuple[Any, ...]) -> dict[str, Any]:
    changed = copy.deepcopy(about)
    part: Any = changed
    for step in place[:-1]:
        part = part[step]
    del part[place[-1]]
    return changed


def spelled(place: tuple[Any, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)[1:]


def said(*words: str) -> str:
    done = CliRunner().invoke(main, list(words))
    assert done.exception is None or isinstance(done.exception, SystemExit), (words, done.exception)
    assert not re.search(r"error: \w+: |Traceback", done.output), (words, done.output)
    return done.output


def record(run: Run) -> dict[str, Any]:
    about = json.loads(run.space.read(f"{run.folder}/run.json"))
    return {name: value for name, value in about.items() if name != "seal"}


def rewrite(run: Run, about: dict[str, Any]) -> None:
    run.space.put(f"{run.folder}/run.json", sealed(about, INDENT))


def test_every_command_tells_what_a_record_lacks(run: Run) -> None:
    about, seen = record(run), set()
    for place in places(about):
        name = spelled(place)
        rewrite(run, without(about, place))
        answers = [said("show", run.id), said("why", run.id), said("diff", run.id, run.id)]
        for command, *more in (["lineage", "fine 1"], ["logs"], ["calls", "fine 1.x"], ["verify"], ["cancel"]):
            said(command, run.id, *more)
        for answer in (" ".join(answer.split()) for answer in answers):
            lacking = f"run.json is not the record of run {run.id}: it lacks {name}, a"
            assert (lacking in answer) == bool(NEEDED.fullmatch(name)), (name, answer)
            assert lacking not in answer or f"scalebridge rm --yes {run.id}" in answer
        seen |= {name} if NEEDED.fullmatch(name) else set()
    assert len(seen) == 10


def test_stages_without_a_model_are_shown_one_by_one(run: Run) -> None:
    about = record(run)
    rewrite(run, about | {"stages": [{"name": one["name"]} for one in about["stages"]]})
    shown = said("show", run.id)
    assert [f"fine {number}  computed" in shown for number in range(4)] == [True] * 4


def test_a_sweep_whose_record_lacks_an_axis_is_refused_by_name(run: Run) -> None:
    columns = {f"axes[0].columns[0].{name}" for name in ("name", "distinct", "origin")}
    needed = {"points", "axes", "axes[0].dim", "axes[0].columns"} | columns
    about = record(run)
    for place in places(SWEEP):
        name = spelled(place)
        rewrite(run, about | {"sweep": without(SWEEP, place)})
        lacked = f"run.json cannot be read as a sweep: it lacks sweep.{name}, a"
        assert (lacked in said("show", run.id)) == (name in needed), name


def test_a_record_of_a_later_schema_says_so(run: Run) -> None:
    about = record(run)
    del about["edges"]
    rewrite(run, about | {"schema": 3})
    assert "it lacks edges, a list. It is of schema 3, this scalebridge knows 2: open it with" in said("show", run.id)
