"""Models that are programs, tested without the program: what it would be given, and what is read of its output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bridge.errors import ContractError
from bridge.external.calling import Spec, results, written
from bridge.external.declaring import spec_of
from bridge.external.templates import seen
from bridge.models import model_of
from bridge.registry import find
from bridge.testing.models import arguments


def external_files(of: str | Callable[..., Any], /, *, restart: bool = False, **inputs: Any) -> Mapping[str, bytes]:
    """The files that a model would give its program for these inputs, written as in a flow, by their names.

    Raises ContractError for what a flow would refuse, ValueRefused for what cannot be rendered.
    """
    function, spec = _of(of)
    model = model_of(function)
    values = {name: model.inputs[name].kind.argument(value) for name, value in arguments(model, inputs).items()}
    names = {name: seen(model.inputs[name].kind, value, f"{spec.name}.{name}") for name, value in values.items()}
    return written(spec, values, names | {"restart": restart})


def external_results(of: str | Callable[..., Any], folder: str | Path, /) -> Mapping[str, Any]:
    """The outputs that a model reads in a folder with output of its program, checked as they would be in a run.

    Raises ProgramFailed for output that is not taken, ValueRefused for values that may not leave the model.
    """
    function, spec = _of(of)
    outputs = model_of(function).outputs
    return outputs.leave(results(spec, outputs, Path(folder)), spec.name)


def _of(of: str | Callable[..., Any]) -> tuple[Callable[..., Any], Spec]:
    function = find(of).function if isinstance(of, str) else of
    spec = spec_of(function)
    if spec is None:
        raise ContractError(f"{of!r} is no program: it is not declared with external.model.")
    return function, spec
