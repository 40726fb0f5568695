"""A flow written as a chain in plain YAML: traced with placeholders for its parameters, and read back to be sure."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.chain.chain import Chain, Literal, Stage, Wire
from bridge.chain.closed import Closing
from bridge.chain.plain import document as d
from bridge.chain.plain.form import document_of
from bridge.chain.plain.writing import text_of
from bridge.chain.trace import refuse_async, trace, trace_into
from bridge.chain.values import AxisValue
from bridge.errors import ContractError
from bridge.models import Model
from bridge.registry import entries, find
from bridge.run.check import body_of, flow_defaults, refuse_reversed, validated
from bridge.run.plain.flow import body_of_document
from bridge.run.plain.taking import Taking
from bridge.run.plan import plan_keys

_TYPE_NAMES: Mapping[Any, str] = {str: "str", int: "int", float: "float", bool: "bool", inspect.Parameter.empty: "any"}
#: Characters of a fixed parameter that has no spelling of its own.
_SHOWN = 200
_ANNOTATED = {"str": str, "int": int, "float": float, "bool": bool}


@dataclass(frozen=True)
class Written:
    """A chain's text, and the files that lie beside it, by name."""

    document: d.Document
    text: str
    files: Mapping[str, bytes] = field(default_factory=dict)


class _Recorded(Chain):
    """A chain that remembers what its stages were given; ``checked`` or not: placeholders fit no port."""

    def __init__(self, checked: bool) -> None:
        super().__init__()
        self.given: dict[str, dict[str, Any]] = {}
        self._checked = checked

    def add(
        self,
        model: Model,
        given: Mapping[str, Any],
        *,
        name: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Stage:
        """Add a stage, as ``Chain.add`` does."""
        if self._checked:
            stage = super().add(model, given, name=name, options=options)
        else:
            stage = Stage(self._label(name, model), model, {}, dict(options or {}))
            self.stages[stage.name] = stage
        self.given[stage.name] = dict(given)
        return stage


def written(flow: Any, parameters: Mapping[str, Any], *, stem: str | None = None) -> Written:
    """Write a flow with these parameters as a chain in YAML; large values go to files named after ``stem``.

    The text is read back, and its stages must have the plan keys of the flow's. Raises what the contract refuses, and
    ContractError for what no file holds: a model that is not registered, a task of Prefect's own, a value of a kind
    that has no spelling.
    """
    function, name = body_of(flow)
    given = flow_defaults(function) | validated(flow, parameters)
    real = _traced(function, name, given, checked=True)
    refuse_reversed(real)
    if not real.stages:
        raise ContractError(f"flow {name!r} submits no stage: there is no chain to write.")
    for stage in real.stages.values():
        _refuse_own(stage)
    keys = plan_keys(real)
    free = _handed_on(function, name, given)
    found = _same(function, name, given, real, keys, free, stem)
    if found is None:  # what the body decides by without its being noticed, such as `is None`
        free = {one for one in free if _same(function, name, given, real, keys, {one}, stem)}
        found = _same(function, name, given, real, keys, free, stem) or _same(
            function, name, given, real, keys, set(), stem
        )
    if found is None:
        raise ContractError(f"flow {name!r} cannot be written as YAML: what is read back is another chain.")
    return found


def _traced(function: Any, name: str, given: Mapping[str, Any], *, checked: bool) -> _Recorded:
    refuse_async(function, name)
    chain = _Recorded(checked)
    with trace_into(chain):
        function(**given)
    return chain


def _refuse_own(stage: Stage) -> None:
    """Refuse what only this flow file has. Raises ContractError."""
    models = [stage.model, *(model for closed in stage.model.closures.values() for model in closed.models)]
    for model in models:
        installed = find(model.name) if model.name in entries() else None
        if installed is None or installed.function is not model.function:
            raise ContractError(
                f"stage {stage.name!r} uses the model {model.name!r}, which is a function of the flow's own: a chain "
                "in YAML names registered models. Put it into a plugin: scalebridge plugins new NAME."
            )


# Parameters


def _handed_on(function: Any, name: str, given: Mapping[str, Any]) -> set[str]:
    """Parameters that the body hands on without looking at them."""
    signature = inspect.signature(function)
    free = {one for one, value in given.items() if one in signature.parameters and _type_of(function, one, value)}
    while free:
        looked = _looked_at(function, name, given, free)
        if not looked:
            return free
        free -= looked
    return free


def _looked_at(function: Any, name: str, given: Mapping[str, Any], free: set[str]) -> set[str]:
    """Which of the free parameters the body looks at, or cannot do without."""
    seen: set[str] = set()
    try:
        _traced(function, name, {**given, **{one: AxisValue(one, seen) for one in free}}, checked=False)
    except Exception:
        if seen:
            return seen
        return free if len(free) == 1 else {one for one in free if _looked_at(function, name, given, {one})} or free
    return seen


def _type_of(function: Any, name: str, value: Any) -> str | None:
    """The type of a parameter by name, None where no chain in YAML has it."""
    parameter = inspect.signature(function).parameters[name]
    if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL) or type(value) not in _ANNOTATED.values():
        return None
    annotation = parameter.annotation
    if isinstance(annotation, str):
        annotation = _ANNOTATED.get(annotation, annotation)
    try:
        return _TYPE_NAMES.get(annotation)
    except TypeError:  # an annotation that cannot be hashed
        return None


# The document


def _same(
    function: Any,
    name: str,
    given: Mapping[str, Any],
    real: _Recorded,
    keys: Mapping[str, str],
    free: set[str],
    stem: str | None,
) -> Written | None:
    """The chain with some parameters free, if what is read back from its text is the flow; else None."""
    chain = (
        real
        if not free
        else _traced(function, name, {**given, **{one: AxisValue(one, set()) for one in free}}, checked=False)
    )
    if [(s.name, s.model.name) for s in chain.stages.values()] != [
        (s.name, s.model.name) for s in real.stages.values()
    ]:
        return None
    taking = Taking(frozenset(real.stages), stem)
    stages = tuple(_stage(one, chain.given[one.name], real.stages[one.name], taking) for one in chain.stages.values())
    signature = inspect.signature(function).parameters
    parameters = {
        one: d.Parameter(_type_of(function, one, given[one]) or "any", given[one]) for one in signature if one in free
    }
    fixed = {
        one: value if type(value) in _ANNOTATED.values() else repr(value)[:_SHOWN]
        for one, value in given.items()
        if one not in free
    }
    earlier = getattr(function, "__chain__", None)
    if earlier is not None:  # what was fixed when the flow was first written stays said
        fixed = {**earlier.fixed, **fixed}
    about = (inspect.getdoc(function) or "").partition("\n")[0]
    document = d.Document(name, parameters, stages, about, fixed)
    text = text_of(document, _heading(function, name), _notes(real), _units(real))
    back = document_of(text.encode(), f"{name}.yaml")
    if back != document:
        return None
    again = trace(body_of_document(back, taking.files), {}, name)
    options = {s.name: s.options for s in again.stages.values()} == {s.name: s.options for s in real.stages.values()}
    return Written(document, text, taking.files) if plan_keys(again) == keys and options else None


def _stage(one: Stage, given: Mapping[str, Any], real: Stage, taking: Taking) -> d.PlainStage:
    groups: dict[str, dict[str, Any]] = {"inputs": {}, "settings": {}}
    for name, value in given.items():
        port, source = one.model.inputs[name], real.sources[name]
        read: Any = source.value if isinstance(source, Literal) else source
        if isinstance(value, Closing):
            prefix = f"{name}."
            read = {
                port.removeprefix(prefix): fixed.value if isinstance(fixed, Literal) else fixed
                for port, fixed in real.sources.items()
                if port.startswith(prefix)
            }
        groups["settings" if port.setting else "inputs"][name] = taking.value(
            value, port.kind, read, f"{one.name}.{name}"
        )
    options = {name: list(value) if isinstance(value, tuple) else value for name, value in real.options.items()}
    return d.PlainStage(one.name, one.model.name, groups["inputs"], groups["settings"], options)


# What is said besides


def _heading(function: Any, name: str) -> str:
    return (
        f"A chain of scalebridge, written from the flow {name}. Check it, run it, sweep it:\n"
        f"scalebridge check|run|sweep THIS-FILE -p PARAMETER=VALUE"
    )


def _notes(chain: Chain) -> dict[str, str]:
    """Scale and summary of every model, where its first stage is."""
    first: dict[str, Stage] = {}
    for stage in chain.stages.values():
        first.setdefault(stage.model.name, stage)
    return {stage.name: f"{stage.model.scale.name}: {stage.model.summary}".rstrip(": ") for stage in first.values()}


def _units(chain: Chain) -> dict[str, str]:
    """The units of wires, from where to where."""
    told = {}
    for stage in chain.stages.values():
        for name, source in stage.sources.items():
            if isinstance(source, Wire) and source.kind.unit not in (None, "1"):
                there = stage.model.inputs[name].kind.unit
                told[f"{stage.name}.{name}"] = (
                    str(source.kind.unit) if there == source.kind.unit else f"{source.kind.unit}, here {there}"
                )
    return told
