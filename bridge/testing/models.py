"""Whether a model keeps what its declaration promises."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from bridge.chain.chain import Chain, Literal
from bridge.errors import BridgeError
from bridge.kinds.base import Kind
from bridge.models import Model, model_of
from bridge.registry import entries, find
from bridge.store.keys import value_digest


class ModelFault(BridgeError, AssertionError):
    """A model does not keep what its declaration promises."""


def check_model(of: str | Callable[..., Any], /, **inputs: Any) -> dict[str, Any]:
    """Run a model twice on the given inputs and check what a flow relies on; return its outputs.

    Checked: it has a docstring; an installed model is found under its own name; the inputs fit
    their ports, as in a flow; outputs fit theirs (finite, shape, validity range); the
    same inputs and seed give the same bytes; another seed changes something, if there is a seed.
    Raises ModelFault, ContractError or ValueRefused.
    """
    model = find(of) if isinstance(of, str) else model_of(of)
    if not model.summary:
        raise ModelFault(f"{model.name} has no docstring: say in a first sentence what it computes.")
    if model.name in entries() and inspect.unwrap(find(model.name).function) is not inspect.unwrap(model.function):
        raise ModelFault(f"{model.name} is installed as another function: the entry point and @model disagree.")
    model, values = _read(model, inputs)
    first, second = model.call(values), model.call(values)
    for port in model.outputs.ports:
        if not same(port.kind, first[port.name], second[port.name]):
            raise ModelFault(
                f"{model.name}.{port.name} differs between two runs on the same inputs: draw random numbers from "
                "np.random.default_rng(seed), with seed an input or setting."
            )
    if "seed" in model.inputs:
        other = model.call({**values, "seed": values["seed"] + 1})
        if all(same(p.kind, first[p.name], other[p.name]) for p in model.outputs.ports):
            raise ModelFault(f"{model.name} does not depend on its seed.")
    return first


def arguments(model: Model, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Read literals for a model's ports as a flow would. Raises what the contract refuses."""
    return _read(model, inputs)[1]


def _read(model: Model, inputs: Mapping[str, Any]) -> tuple[Model, dict[str, Any]]:
    """The model with what its closures bring along, and the values of its ports."""
    stage = Chain().add(model, inputs)
    return stage.model, {name: source.value for name, source in stage.sources.items() if isinstance(source, Literal)}


def same(kind: Kind, one: Any, other: Any) -> bool:
    """Whether two values of one kind are equal to the last bit."""
    return value_digest(kind, one) == value_digest(kind, other)
