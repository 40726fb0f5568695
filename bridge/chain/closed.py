"""A model as a port of another: which one, what of it the flow has fixed, and how it answers.

What the flow fixes of the fine model becomes inputs of the coarse stage, named ``port.input``, so that they are wired,
checked, keyed and explained like all others; the closure itself is one more input, whose value is a ``Closed``.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bridge.chain.chain import Literal, Source
from bridge.chain.direct import Direct
from bridge.errors import ContractError, UnknownName, did_you_mean
from bridge.kinds.closure import Closure, fields
from bridge.kinds.measured import Array, Number
from bridge.kinds.record import Port, Record
from bridge.models import Model
from bridge.units import Conversion, compatible, exact

#: What may be said of a closure besides the inputs that it fixes.
OPTIONS = (
    "tolerance",
    "way",
    "noisy",
    "on_failure",
    "output",
    "lift",
    "restrict",
    "timeout",
    "retries",
    "where",
    "inputs",
)
#: Who answers the questions of a model that is being called here; without one, the fine model is called in place.
answering: ContextVar[Callable[[Closed, Mapping[str, Any], str], Any] | None] = ContextVar("answering", default=None)


@dataclass(frozen=True)
class Closing:
    """What a flow wrote: ``closure("heat.cell", microstructure=…, tolerance="1 %")``."""

    model: Model
    given: Mapping[str, Any]
    lift: Model | None = None
    restrict: Model | None = None
    output: str | None = None
    #: What the answers depend on: tolerance and its kin.
    options: Mapping[str, Any] = field(default_factory=dict)
    #: How it runs: where, how long, how often again.
    running: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"closure({self.model.name!r}, …)"


@dataclass(frozen=True)
class Closed:
    """A closure port with the model that answers it: ``lift → model → restrict``."""

    kind: Closure
    model: Model
    lift: Model | None
    restrict: Model | None
    #: Field of the answer ("" where it is one value) → output of the last model that it is.
    answers: Mapping[str, str]
    options: Mapping[str, Any]
    running: Mapping[str, Any]
    #: Field of the answer → output of the fine model that is its standard error.
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def models(self) -> tuple[Model, ...]:
        """The models that an answer takes, in their order."""
        return tuple(model for model in (self.lift, self.model, self.restrict) if model is not None)

    @property
    def first(self) -> Model:
        """The model that receives what is asked."""
        return self.lift or self.model

    @property
    def last(self) -> Model:
        """The model whose outputs are the answer."""
        return self.restrict or self.model

    def ports(self) -> Iterator[Port]:
        """Inputs of these models that the flow fixes, the same for all calls."""
        asked = {port.name for port in self.kind.asked}
        lifted = {port.name for port in self.lift.outputs.ports} if self.lift else set()
        passed = {port.name for port in self.model.outputs.ports}
        for model, known in ((self.lift, asked), (self.model, lifted or asked), (self.restrict, passed)):
            if model is not None:
                yield from (port for port in model.inputs.values() if port.name not in known)

    def live(self, fixed: Mapping[str, Any], at: str) -> Any:
        """What a model is handed at the port ``at``: something to ask. ``fixed`` are the values of ``ports``."""
        answer = answering.get()
        return answer(self, fixed, at) if answer is not None else Direct(self, fixed, at)

    def __str__(self) -> str:
        via = " → ".join(model.name for model in self.models)
        said = ", ".join(f"{name}={value}" for name, value in {**self.options, **self.running}.items())
        return f"closure {via}" + (f" ({said})" if said else "")

    def __repr__(self) -> str:
        return str(self)

    def __deepcopy__(self, memo: Any) -> Closed:
        return self  # nothing of it changes


def with_closures(model: Model, sources: Mapping[str, Source]) -> Model:
    """The model with the inputs that the closures among ``sources`` bring along."""
    return _extended(model, closures_of(sources))


def closures_of(sources: Mapping[str, Source]) -> dict[str, Closed]:
    """The closures that enter a stage, by port."""
    return {
        name: source.value
        for name, source in sources.items()
        if isinstance(source, Literal) and isinstance(source.value, Closed)
    }


def _extended(model: Model, closed: Mapping[str, Closed]) -> Model:
    if not closed:
        return model
    nested = {
        f"{name}.{port.name}": replace(port, name=f"{name}.{port.name}")
        for name, one in closed.items()
        for port in one.ports()
    }
    return replace(model, inputs={**model.inputs, **nested}, closures=dict(closed))


def close(model: Model, given: Mapping[str, Any], label: str) -> tuple[Model, dict[str, Any]]:
    """Fit the closures among what a stage was given; its model and what it was given come back with their inputs.

    Raises ContractError or UnknownName: what was asked, what the fine model has, and what to write.
    """
    closings = {name: value for name, value in given.items() if isinstance(value, Closing)}
    if not closings:
        return model, dict(given)
    closed = {}
    known = dict(given)
    for name, closing in closings.items():
        kind = model.port(name).kind
        if not isinstance(kind, Closure):
            raise ContractError(
                f"{label}.{name} is {kind}, no closure: it was given {closing}. Wire an output of a stage instead."
            )
        closed[name] = known[name] = _fitted(kind, closing, f"{label}.{name}")
        taken = {port.name for port in closed[name].ports()}
        for fixed, value in closing.given.items():
            if fixed not in taken:
                _refuse_given(closed[name], fixed, f"{label}.{name}", taken)
            known[f"{name}.{fixed}"] = value
    extended = _extended(model, closed)
    deeper = {f"{name}.{fixed}" for name, closing in closings.items() for fixed in closing.given}
    inner = {name for name in deeper if isinstance(known[name], Closing)}
    if inner:
        first = min(inner)
        raise ContractError(
            f"{label}.{first} is a closure inside a closure: let the middle model run as a stage, or write one model "
            "that calls the finest itself."
        )
    return extended, known


def _refuse_given(closed: Closed, name: str, at: str, known: set[str]) -> None:
    names = " → ".join(model.name for model in closed.models)
    if any(port.name == name for port in closed.kind.asked):
        raise ContractError(f"{at}: {name!r} is what the coarse model asks with, so that the flow cannot fix it.")
    options = sorted(OPTIONS)
    near = difflib.get_close_matches(name, [*known, *options], n=1, cutoff=0.6)
    hint = (
        f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(sorted(known))}; options: {', '.join(options)}."
    )
    raise UnknownName(f"{at}: {names} has no input {name!r}. {hint}")


def _fitted(kind: Closure, closing: Closing, at: str) -> Closed:
    cannot = f"cannot close {at} with {closing.model.name}:"
    if any(isinstance(port.kind, Closure) and port.required for port in closing.model.inputs.values()):
        raise ContractError(f"{cannot} it has a closure of its own. Wire its answers through a stage instead.")
    first = closing.lift or closing.model
    for port in kind.asked:
        _admitted(first, port, f"{cannot} the coarse model asks with {port}, but")
    if closing.lift:
        lifted = [port for port in closing.lift.outputs.ports if port.name in closing.model.inputs]
        if not lifted:
            raise ContractError(f"{cannot} no output of {closing.lift.name} is an input of {closing.model.name}.")
        for port in closing.lift.outputs.ports:
            _admitted(closing.model, port, f"{cannot} {closing.lift.name} gives {port}, but")
    if closing.restrict:
        taken = [port for port in closing.model.outputs.ports if port.name in closing.restrict.inputs]
        if not taken:
            raise ContractError(f"{cannot} no output of {closing.model.name} is an input of {closing.restrict.name}.")
        for port in taken:
            _admitted(closing.restrict, port, f"{cannot} {closing.model.name} gives {port}, but")
    _one_meaning(closing, kind, cannot)
    answers = _answers(kind, closing, cannot, at.rpartition(".")[2])
    errors = _errors(closing, answers)
    options = _options(kind, closing, bool(errors), at)
    return Closed(kind, closing.model, closing.lift, closing.restrict, answers, options, closing.running, errors)


def _errors(closing: Closing, answers: Mapping[str, str]) -> dict[str, str]:
    """Which outputs of the fine model are standard errors of its answers."""
    if closing.restrict is not None:
        return {}
    of = {port.standard_error_of: port.name for port in closing.model.outputs.ports if port.standard_error_of}
    return {part: of[output] for part, output in answers.items() if output in of}


def _options(kind: Closure, closing: Closing, noisy: bool, at: str) -> dict[str, Any]:
    """The options that answers depend on, with the tolerance as a number."""
    options = dict(closing.options)
    if "tolerance" not in options:
        return options
    written = options["tolerance"]
    bad = f"{at}: tolerance={written!r}"
    try:
        found = exact(written)
    except ContractError:
        found = None
    if found is None or found[0] < 0 or found[1] in ("", "1"):
        raise ContractError(f"{bad} is no tolerance. Write '1 %', or a quantity like the answer, {kind.answer}.")
    number, unit = found
    relative = compatible(unit, "1")
    units = {part.kind.unit for part in fields(kind.answer)}
    if relative:
        options |= {"tolerance": Conversion(unit, "1").number(number), "relative": True}
        if options["tolerance"] >= 1:
            raise ContractError(f"{bad} lets the surrogate say anything. Write less than 100 %.")
    elif len(units) == 1 and (one := next(iter(units))) is not None and compatible(unit, one):
        options |= {"tolerance": Conversion(unit, one).number(number), "relative": False}
    else:
        raise ContractError(f"{bad} does not fit the answer, {kind.answer}. Write '1 %', or a quantity in its unit.")
    if not number and (noisy or options["noisy"]):
        raise ContractError(
            f"{bad}, but {closing.model.name} is noisy: no number of calls makes its answers exact. Write a tolerance "
            "above its standard error, such as '5 %', or leave it away to take each call as it comes."
        )
    options["noisy"] = noisy or options["noisy"]
    if options["noisy"] and options["way"] != "gaussian":
        raise ContractError(
            f"{at}: way={options['way']!r} repeats the noise of single answers, and {closing.model.name} is noisy. "
            "Write way='gaussian', which weighs it."
        )
    for port in fields(kind.answer):
        if not isinstance(port.kind, (Number, Array)) or np.dtype(getattr(port.kind, "dtype", "f8")).kind != "f":
            raise ContractError(
                f"{bad}: a surrogate answers with real numbers, but the answer is {kind.answer}. "
                "Leave the tolerance away."
            )
    return options


def _one_meaning(closing: Closing, kind: Closure, cannot: str) -> None:
    """Refuse an input that two of the models have under one name, and mean differently."""
    seen: dict[str, tuple[str, Port]] = {}
    asked = {port.name for port in kind.asked}
    for model in (closing.lift, closing.model, closing.restrict):
        if model is None:
            continue
        for port in model.inputs.values():
            name, first = seen.setdefault(port.name, (model.name, port))
            if port.name not in asked and first.kind != port.kind:
                raise ContractError(
                    f"{cannot} {name}.{first} and {model.name}.{port} have one name and are different inputs. Rename "
                    "one of them."
                )


def _admitted(model: Model, port: Port, but: str) -> None:
    """Check that an input of a model takes what a port gives."""
    if port.name not in model.inputs:
        raise ContractError(
            f"{but} {model.name} has no input {port.name!r}. {did_you_mean(port.name, model.inputs)} "
            f"A lift=… may make its inputs from what is asked."
        )
    reason = model.inputs[port.name].kind.admit(port.kind)
    if reason:
        raise ContractError(f"{but} {model.name}.{model.inputs[port.name]}: {reason}")


def _answers(kind: Closure, closing: Closing, cannot: str, port: str) -> dict[str, str]:
    """Which output each part of the answer is."""
    last = closing.restrict or closing.model
    known = {output.name: output for output in last.outputs.ports}
    found = {}
    for part in fields(kind.answer):
        name = part.name or closing.output or (port if port in known else next(iter(known)) if len(known) == 1 else "")
        if not name:
            raise ContractError(
                f"{cannot} which of its outputs ({', '.join(known)}) is the answer? Write output={next(iter(known))!r}."
            )
        if name not in known:
            raise ContractError(f"{cannot} {last.name} has no output {name!r}. {did_you_mean(name, known)}")
        reason = part.kind.admit(known[name].kind)
        if reason:
            wanted = f"{part.name}: {part.kind}" if part.name else str(part.kind)
            raise ContractError(f"{cannot} {wanted} is wanted, but {last.name}.{known[name]}: {reason}")
        found[part.name] = name
    if isinstance(kind.answer, Record) and closing.output:
        raise ContractError(
            f"{cannot} the answer is a {kind.answer}, matched by name: leave output={closing.output!r}."
        )
    return found
