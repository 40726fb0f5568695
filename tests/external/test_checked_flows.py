"""What `scalebridge check` says of programs that are not on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bridge.inspect.cli import main

FLOW = '''
from dataclasses import dataclass
from typing import Annotated

from prefect import flow

from bridge import Scale, external, runner, stage

SCALE = Scale("continuum", length="1 mm .. 1 m")
DEPENDS = []
NOWHERE = external.Program("nowhere", command=["nowhere"], install="apt-get install nowhere", MORE)


@dataclass(frozen=True)
class Y:
    y: Annotated[float, "mm"]


@external.model("small.gone", scale=SCALE, program=NOWHERE, depends=DEPENDS, arguments=["{{ x | to('m') }}"],
                reads={"y": external.Found("stdout", r"(\\S+)", "m")})
def gone(x: Annotated[float, "m"]) -> Y:
    """What a program makes of a length."""


@flow(task_runner=runner())
def lengths():
    first = stage(gone, name="first").submit(x="1 m")
    return stage(gone, name="second").submit(x=first.y)
'''


@pytest.fixture
def checked(home: Path, tmp_path: Path) -> Any:
    """Check the flow, with these words for its program: status, text and JSON."""

    def check(more: str) -> tuple[int, str, dict[str, Any]]:
        path = tmp_path / f"lengths{abs(hash(more))}.py"
        path.write_text(FLOW.replace("MORE", more))
        said, document = (CliRunner().invoke(main, ["check", f"{path}:lengths", *how]) for how in ([], ["--json"]))
        assert said.exit_code == document.exit_code
        return said.exit_code, said.output, json.loads(document.output)

    return check


def test_a_missing_program_is_told_of_once_and_refuses_as_a_run_would(checked: Any) -> None:
    status, said, document = checked("")
    assert status == 1
    assert "2 stages, 1 wires, not to be run here" in said
    assert said.count("first, second: nowhere is not on ") == 1
    assert "Install it: apt-get install nowhere." in said
    (absent,) = document["absent"]
    assert (absent["stages"], absent["refused"]) == (["first", "second"], True)
    assert absent["said"].startswith("nowhere is not on ")


def test_all_that_a_model_lacks_is_told_of_at_once(checked: Any) -> None:
    status, said, document = checked('); DEPENDS = ["gone-one", "gone-two"]; dict(')
    assert status == 1
    assert [(one["stages"], one["refused"]) for one in document["absent"]] == [(["first", "second"], True)] * 3
    for what in ("pip install gone-one", "pip install gone-two", "apt-get install nowhere"):
        assert said.count(f"{what}.") == 1


def test_a_program_whose_version_is_declared_may_be_on_another_machine(checked: Any) -> None:
    status, said, document = checked('version=["nowhere", "-v"], exactly="9.10"')
    assert status == 0
    assert "nothing to refuse" in said
    assert "it is taken to be 9.10, as it is declared, and must be where the stage runs." in said
    assert [one["refused"] for one in document["absent"]] == [False]


def test_a_program_that_is_here_needs_no_word(checked: Any) -> None:
    status, said, document = checked('); NOWHERE = external.Program("sh", command=["sh"]')
    assert (status, document["absent"]) == (0, [])
    assert "nothing to refuse" in said
