"""What a model draws and solves with belongs to the identity of its results."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest

from bridge.models import Model, model_of

MODELS = {
    each.name: model_of(each.load())
    for each in entry_points(group="bridge.models")
    if each.value.startswith("bridge_epidemic.")
}


def draws(model: Model) -> bool:
    return any(str(port.kind) == "Picture" for port in model.outputs.ports)


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if draws(model)])
def test_a_model_with_a_picture_depends_on_what_draws_it(name: str) -> None:
    assert "matplotlib" in MODELS[name].depends


def test_growth_depends_on_what_finds_its_rate() -> None:
    assert "scipy" in MODELS["transmission.growth"].depends
