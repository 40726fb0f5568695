"""The mistakes that flows are refused for are refused in YAML, too, in the same words, with the line beside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from kinds_of_port import Kind, Mistake, cells
from mistakes import MISTAKES

from bridge import check
from bridge.chain.chain import Chain, Stage
from bridge.chain.plain import document as d
from bridge.chain.plain.writing import text_of
from bridge.chain.trace import trace_into
from bridge.chain.values import Output
from bridge.errors import ContractError
from bridge.models import Model
from bridge.run.flowfile import load_flow
from bridge.run.plain.taking import Taking

Install = Callable[[Mapping[str, Any]], None]
#: Mistakes that a flow's body makes before a stage is given anything: what is right, and how it is misspelt.
MISSPELT = {
    "unknown output": ("fine.source.x", "fine.source.xx"),
    "unknown model": ("coarse.sink\n    ", "coarse.sinc\n    "),
}
#: Mistakes that YAML has no spelling for, so that nobody can make them there.
UNSAID = {
    ("wrong type of a literal", "float"),  # None
    ("wrong type of a literal", "Literal"),  # None
    ("wrong type of a literal", "array [K]"),  # a set
    ("wrong type of a literal", "array"),  # None
    ("literal that is not finite", "float"),
}


class _Unchecked(Chain):
    """What stages were given, right or wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.given: dict[str, Mapping[str, Any]] = {}

    def add(self, model: Model, given: Mapping[str, Any], *, name: str | None = None, options: Any = None) -> Stage:
        stage = Stage(self._label(name, model), model, {}, {})
        self.stages[stage.name], self.given[stage.name] = stage, given
        return stage


def spelled(value: Any) -> Any:
    """What a document says for a value, whatever port it is for."""
    if isinstance(value, list) and any(isinstance(one, Output) for one in value):
        return [spelled(one) for one in value]
    return Taking(["fine.source", "coarse.sink"], "test").value(value, None, value, "x")


def as_yaml(flow: Callable[[], Any], folder: Path) -> tuple[Path, dict[str, Any]]:
    """The file that says what a flow does, and the models that it takes."""
    with trace_into(_Unchecked()) as chain:
        flow()
    stages = []
    for stage in chain.stages.values():
        given = {name: spelled(value) for name, value in chain.given[stage.name].items()}
        settings = {name for name, port in stage.model.inputs.items() if port.setting}
        groups = [{n: v for n, v in given.items() if (n in settings) == wanted} for wanted in (False, True)]
        stages.append(d.PlainStage(stage.name, stage.model.name, *groups, {}))
    path = folder / "test.yaml"
    path.write_text(text_of(d.Document("test", {}, tuple(stages))))
    return path, {stage.model.name: stage.model.function for stage in chain.stages.values()}


@pytest.mark.parametrize(("mistake", "kind"), cells(MISTAKES), ids=lambda x: x.name)
def test_a_mistake_is_refused_with_its_line_and_its_twin_passes(
    mistake: Mistake, kind: Kind, install: Install, tmp_path: Path
) -> None:
    refused, twin = mistake.act(kind, mistake.at[kind.name])
    if mistake.name in MISSPELT:
        path, known = as_yaml(twin, tmp_path)
        right, wrong = MISSPELT[mistake.name]
        text = path.read_text()
        assert right in text
        path.write_text(text.replace(right, wrong))
    elif (mistake.name, kind.name) in UNSAID:
        with pytest.raises(ContractError, match="which no chain in YAML holds"):
            as_yaml(refused, tmp_path)
        path = None
    else:
        path, known = as_yaml(refused, tmp_path)
    if path is not None:
        install(known)
        with pytest.raises(mistake.error) as caught:
            check(load_flow(str(path)))
        message = str(caught.value)
        assert re.match(r"test\.yaml:\d+:\d+: ", message), message
        if not re.search("is no number|is not a quantity", message):  # YAML has no spelling for what is not finite
            assert all(end in message for end in mistake.says), message
            assert re.search(mistake.hint, message), message
    path, known = as_yaml(twin, tmp_path)
    install(known)
    assert check(load_flow(str(path))).stages
