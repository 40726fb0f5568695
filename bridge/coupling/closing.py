"""``closure(…)`` in a flow: a model handed to another one, which calls it when it needs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bridge.chain.closed import Closing
from bridge.errors import ContractError, did_you_mean
from bridge.models import Model, is_model, model_of
from bridge.registry import find
from bridge.run.options import read_options

#: How an answer may be had where the fine model need not run.
WAYS = ("gaussian", "linear", "nearest")
#: Where fine models run: on the cluster that the coarse stage runs on, in threads, or where the coarse model is.
WHERE = ("auto", "cluster", "threads", "process")
FAILURES = ("stop", "nearest")


def closure(
    of: str | Callable[..., Any],
    *,
    tolerance: str | None = None,
    way: str = "gaussian",
    noisy: bool = False,
    on_failure: str = "stop",
    output: str | None = None,
    lift: str | Callable[..., Any] | None = None,
    restrict: str | Callable[..., Any] | None = None,
    timeout: str | float | None = None,
    retries: int = 0,
    where: str = "auto",
    inputs: Mapping[str, Any] | None = None,
    **given: Any,
) -> Closing:
    """Hand a model to a closure port of another: ``flux=closure("heat.cell", phase=fibres.phase, tolerance="1 %")``.

    ``given`` fixes inputs of the fine model (``inputs`` those whose names are options here): literals or outputs of
    stages; what the coarse model asks with goes to the inputs of the same names, or through the model ``lift``, and
    the answer is the output named like the port, or ``output``, or what the model ``restrict`` makes of the outputs.

    Without ``tolerance`` every distinct state is a run of the fine model, or is found in the store. With one
    (``"1 %"`` of the largest answer known, or ``"0.1 W/m^2"``) a surrogate answers where it is sure to be within it:
    ``way`` says which, ``noisy`` that the fine model is, if its outputs do not say so by a standard error.
    ``on_failure="nearest"`` lets the nearest known answer stand in for a call that fails, and records that.
    ``timeout`` ends a call, ``retries`` repeats a failed one, ``where`` is ``"auto"`` (many calls on the cluster,
    single ones in place), ``"cluster"``, ``"threads"`` or ``"process"``.

    Raises UnknownName, ContractError or BrokenModel.
    """
    called = of if isinstance(of, str) else getattr(of, "__name__", of)
    for name, value, known in (("way", way, WAYS), ("where", where, WHERE), ("on_failure", on_failure, FAILURES)):
        if value not in known:
            raise ContractError(
                f"closure({called!r}): {name}={value!r} is none of {', '.join(map(repr, known))}. "
                f"{did_you_mean(str(value), known)}"
            )
    fixed = dict(given)
    for name, value in (inputs or {}).items():
        if name in fixed:
            raise ContractError(f"closure({called!r}): {name!r} is given twice, by itself and in inputs=.")
        fixed[name] = value
    said = {"retries": retries} | ({} if timeout is None else {"timeout": timeout})
    running = {**read_options(f"closure of {called}", said), "where": where}
    options: dict[str, Any] = {"on_failure": on_failure}
    if tolerance is not None:
        options |= {"tolerance": tolerance, "way": way, "noisy": bool(noisy)}
    lifting, restricting = (_model(one) if one else None for one in (lift, restrict))
    return Closing(_model(of), fixed, lifting, restricting, output, options, running)


def _model(of: str | Callable[..., Any]) -> Model:
    if isinstance(of, str):
        return find(of)
    if is_model(of):
        return model_of(of)
    raise ContractError(f"closure() takes a model's name or a function declared with @model, got {of!r}.")
