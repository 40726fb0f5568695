"""A Prefect flow made of a document: its parameters are the signature, its stages the body."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridge.chain.plain import document as d
from bridge.chain.plain.beside import contents_of
from bridge.chain.plain.form import document_of
from bridge.chain.plain.reading import LARGEST, Place
from bridge.chain.plain.sorting import ordered
from bridge.chain.values import NotYet, Output
from bridge.errors import BrokenModel, ContractError, DeclarationError, UnknownName, did_you_mean
from bridge.kinds.record import MISSING
from bridge.run.plain.giving import Giving, at, refuse_misplaced
from bridge.run.stage import Use, stage

#: Endings of files that hold a chain.
ENDINGS = (".yaml", ".yml")


def load_chain(path: Path, name: str = "") -> Any:
    """Read a chain's file as a Prefect flow; ``name``, if given, must be the chain's.

    Nothing that stands in the file is run, and no model is loaded. Raises NotRead and its kin, with file and line.
    """
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    document = document_of(content, path.name)
    if name and name != document.name:
        raise UnknownName(
            f"{path} has no chain {name!r}. {did_you_mean(name, [document.name])} Write {path}:{document.name}."
        )
    return flow_of(document, contents_of(document, path.parent), path)


def flow_of(document: d.Document, contents: Mapping[str, bytes], path: Path | None = None) -> Any:
    """A Prefect flow that wires a document's stages; its source is the file at ``path``. Raises NotRead for a loop."""
    from prefect.flows import Flow

    from bridge.run.runner import runner

    place = Place(path.name if path else document.name, 1)
    try:
        made: Any = runner()
        return Flow(body_of_document(document, contents, path), task_runner=made)
    except (ValueError, TypeError, NameError) as reason:  # names that Prefect and pydantic keep for themselves
        raise place.refuse(f"Prefect takes no flow with this name and these parameters: {reason}") from None


def body_of_document(document: d.Document, contents: Mapping[str, bytes], path: Path | None = None) -> Any:
    """A flow's body that submits the stages of a document, as if somebody had written it in Python."""
    order = ordered(document)
    names = frozenset(one.name for one in order)
    signature = inspect.Signature([_parameter(name, one) for name, one in document.parameters.items()])

    def body(*args: Any, **kwargs: Any) -> list[Output]:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        outputs: dict[str, Output] = {}
        giving = Giving(bound.arguments, outputs, names, contents)
        for one in order:
            outputs[one.name] = _submitted(one, giving)
        return list(outputs.values())

    told: Any = body
    told.__chain__, told.__fixed__ = document, dict(document.fixed)
    told.__name__ = told.__qualname__ = document.name
    told.__doc__ = document.description or None
    told.__signature__ = signature
    told.__annotations__ = {name: one.annotation for name, one in signature.parameters.items()}
    if path is not None:  # the file is the source: runs record its digest, and are resumed from it
        told.__code__ = told.__code__.replace(co_filename=str(path.absolute()), co_firstlineno=1)
    return body


def _parameter(name: str, parameter: d.Parameter) -> inspect.Parameter:
    default = inspect.Parameter.empty if parameter.default is MISSING else parameter.default
    annotation = d.TYPES[parameter.type] or inspect.Parameter.empty
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _submitted(one: d.PlainStage, giving: Giving) -> Output:
    """Submit one stage. Raises what the contract refuses, with the place in the file."""
    numbered = "#" in one.name  # such a name is given by the chain itself, in the order of its stages
    try:
        use = _use(one, giving, None if numbered else one.name)
        for group, values in (("inputs", one.inputs), ("settings", one.settings)):
            for name in values:
                refuse_misplaced(use.model.inputs.get(name), group, one.places.get(name, one.place))
    except (ContractError, DeclarationError, BrokenModel) as reason:
        raise at(one.place, reason) from None
    given = {name: _value(name, value, one, giving) for name, value in one.given()}
    try:
        output = use.submit(**given)
    except (ContractError, DeclarationError) as reason:
        raise at(_nearest(one, str(reason)), reason) from None
    if output._stage != one.name:
        raise one.place.refuse(
            f"stage {one.name!r} would be named {output._stage!r}: names with '#' are numbers of stages of one model. "
            "Give it a name without '#'."
        )
    return output


def _use(one: d.PlainStage, giving: Giving, name: str | None) -> Use:
    model: Any = giving.value(one.model)  # a text, or an axis that stands for some
    if not isinstance(model, (str, NotYet)):
        raise one.place.refuse(
            f"stage {one.name!r}: the parameter that names its model is {model!r}, which is no text."
        )
    of: Any = model
    return stage(of, name=name, **one.options)


def _value(name: str, value: Any, one: d.PlainStage, giving: Giving) -> Any:
    try:
        return giving.value(value)
    except (ContractError, DeclarationError, BrokenModel) as reason:
        raise at(one.places.get(name, one.place), reason) from None


def _nearest(one: d.PlainStage, said: str) -> Place:
    """The line of the input that a message speaks of, else that of the stage."""
    for name, place in one.places.items():
        label = re.escape(f"{one.name}.{name}")
        if re.search(rf"{label}(?![\w])|no input {re.escape(repr(name))}", said):
            return place
    return one.place
