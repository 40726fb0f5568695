"""Reading ports off Python annotations: ``Annotated[float, "K", Within(200, 1500)]`` and its kin."""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import types
from collections.abc import Callable
from contextvars import ContextVar
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from bridge.errors import DeclarationError, did_you_mean
from bridge.kinds.base import Kind, Resolved, StandardErrorOf, Within
from bridge.kinds.closure import Closure
from bridge.kinds.discrete import Boolean, Choice, Integer, Text
from bridge.kinds.measured import Array, Number
from bridge.kinds.record import MISSING, Port, Record
from bridge.kinds.things import Bytes, Structure
from bridge.media import File
from bridge.units import compatible, dimension, unit_of

_SAID = {
    "text": "unit",
    "dims": "dimensions",
    "valid": "validity range",
    "error_of": "standard error",
    "resolved": "meaning",
}


@dataclasses.dataclass(frozen=True)
class _Marks:
    """What stands behind the type in ``Annotated``: a unit or media type, dimensions, a range, whose error it is."""

    text: str | None = None
    dims: tuple[str, ...] | None = None
    valid: Within | None = None
    error_of: StandardErrorOf | None = None
    resolved: Resolved | None = None

    @classmethod
    def read(cls, metadata: tuple[Any, ...], at: str) -> _Marks:
        texts = [m for m in metadata if isinstance(m, str)]
        dims = [m for m in metadata if isinstance(m, tuple)]
        ranges = [m for m in metadata if isinstance(m, Within)]
        errors = [m for m in metadata if isinstance(m, StandardErrorOf)]
        reads = [m for m in metadata if isinstance(m, Resolved)]
        odd = [m for m in metadata if not isinstance(m, (str, tuple, Within, StandardErrorOf, Resolved))]
        often = max(len(texts), len(dims), len(ranges), len(errors), len(reads)) > 1
        if odd or often or any(not isinstance(d, str) for t in dims for d in t):
            raise DeclarationError(
                f"{at}: cannot read {metadata}. Write Annotated[type, 'unit', ('dimension', …), Within(low, high)], "
                "each at most once; StandardErrorOf('port') where it is one; Resolved(function) with a str."
            )
        return cls(
            texts[0] if texts else None,
            dims[0] if dims else None,
            ranges[0] if ranges else None,
            errors[0] if errors else None,
            reads[0] if reads else None,
        )

    def none_of(self, at: str, what: str, *names: str) -> None:
        """Refuse marks that mean nothing for a kind."""
        for name in names:
            if getattr(self, name) is not None:
                raise DeclarationError(f"{at} is {what}, which has no {_SAID[name]}: {getattr(self, name)!r}.")


def kind_of(annotation: Any, at: str) -> Kind:
    """Read the kind of one port. Raises DeclarationError, saying what can be written."""
    base, marks = annotation, _Marks()
    if get_origin(annotation) is Annotated:
        base, *metadata = get_args(annotation)
        marks = _Marks.read(tuple(metadata), at)
    if marks.resolved is not None and base is not str:
        marks.none_of(at, "no str", "resolved")
    if base is float:
        marks.none_of(at, "a float", "dims")
        return Number(_unit(marks, at), marks.valid)
    if _is_array(base):
        return _array(base, marks, at)
    if base is int:
        marks.none_of(
            at,
            "an int (a count; write float for a quantity)",
            *(() if marks.text == "1" else ("text",)),
            "dims",
            "error_of",
        )
        return Integer(marks.valid)
    for type_, kind in ((bool, Boolean()), (str, Text(marks.resolved))):
        if base is type_:
            marks.none_of(at, f"a {type_.__name__}", "text", "dims", "valid", "error_of")
            return kind
    if get_origin(base) is Literal and all(isinstance(v, str) for v in get_args(base)):
        marks.none_of(at, "a choice", "text", "dims", "valid", "error_of")
        return Choice(get_args(base))
    if isinstance(base, type):
        if issubclass(base, enum.Enum) and len(base) and all(isinstance(m.value, str) for m in base):
            marks.none_of(at, "a choice", "text", "dims", "valid", "error_of")
            return Choice(tuple(m.value for m in base), base)
        if getattr(base, "_is_protocol", False):
            marks.none_of(at, "a closure, whose arguments have their own marks", *_SAID)
            return closure_of(base, at)
        if issubclass(base, File):
            unfit = () if "/" in (marks.text or "/") else ("text",)
            marks.none_of(at, f"a {base.__name__}", *unfit, "dims", "valid", "error_of")
            return Bytes(base, marks.text)
        if dataclasses.is_dataclass(base):
            marks.none_of(at, "a record, whose fields have their own marks", "text", "dims", "valid", "error_of")
            return record_of(base)
        if base.__module__ == "ase.atoms" and base.__name__ == "Atoms":
            marks.none_of(at, "Atoms, which are in angstrom", "text", "dims", "valid", "error_of")
            return Structure()
    raise DeclarationError(
        f"{at} is annotated {_name(base)}, which no port carries. Write float, int, bool, str, an Enum or Literal of "
        "texts, NDArray[np.float64], a dataclass of these, ase.Atoms, File, Picture or, for a closure, a Protocol"
        + (" (give an optional input a default of its own type)." if _is_union(base) else ".")
    )


def _name(base: Any) -> str:
    return "nothing" if base is inspect.Parameter.empty else getattr(base, "__name__", None) or str(base)


def _is_union(base: Any) -> bool:
    return get_origin(base) in (Union, types.UnionType)


def _is_array(base: Any) -> bool:
    return base is np.ndarray or get_origin(base) is np.ndarray


def _unit(marks: _Marks, at: str) -> str:
    unit = "1" if marks.text is None else marks.text
    try:
        unit_of(unit)
    except DeclarationError as reason:
        raise DeclarationError(f"{at}: {reason}") from None
    return unit


def _array(base: Any, marks: _Marks, at: str) -> Array:
    arguments = get_args(base)
    scalar = get_args(arguments[1])[0] if len(arguments) == 2 and get_args(arguments[1]) else None
    if not (isinstance(scalar, type) and issubclass(scalar, (np.number, np.bool_))):
        raise DeclarationError(f"{at}: which numbers? Write NDArray[np.float64].")
    if not marks.dims:
        raise DeclarationError(f"{at}: an array names its dimensions: Annotated[NDArray[np.float64], 'm', ('x', 'y')].")
    names, sizes, shared = [], [], []
    for dim in marks.dims:
        name, equals, size = dim.removesuffix("|1").partition("=")
        both = bool(equals) and dim.endswith("|1")
        if not name.isidentifier() or (equals and not size.isdigit()) or name in names or both:
            raise DeclarationError(
                f"{at}: {dim!r} is not a dimension here; write distinct names, such as 'x', 'xyz=3' or, for one value "
                "each or one for all, 'sample|1'."
            )
        names.append(name)
        if equals:
            sizes.append((name, int(size)))
        if dim.endswith("|1"):
            shared.append(name)
    if shared and not issubclass(scalar, np.floating):
        raise DeclarationError(f"{at}: one for all is for floats; write NDArray[np.float64], or {shared[0]!r} alone.")
    return Array(np.dtype(scalar).name, _unit(marks, at), tuple(names), marks.valid, tuple(sizes), tuple(shared))


@functools.cache
def record_of(holder: type) -> Record:
    """Read the fields of a dataclass as ports. Raises DeclarationError."""
    if holder in _being_read.get():
        raise DeclarationError(f"{holder.__name__}: its annotations cannot be read: it holds itself.")
    token = _being_read.set((*_being_read.get(), holder))
    try:
        return _record(holder)
    finally:
        _being_read.reset(token)


#: Dataclasses whose fields are being read right now.
_being_read: ContextVar[tuple[type, ...]] = ContextVar("bridge_being_read", default=())


def _record(holder: type) -> Record:
    hints = _hints(holder, holder.__name__)
    ports = []
    for field in dataclasses.fields(holder):
        default: Any = field.default
        if default is dataclasses.MISSING:
            made: Any = field.default_factory
            default = MISSING if made is dataclasses.MISSING else made()
        at = f"{holder.__name__}.{field.name}"
        kind = kind_of(hints[field.name], at)
        if not field.init:
            raise DeclarationError(f"{at} is no argument of {holder.__name__}: a record is built from its fields.")
        if default is not MISSING:
            fitting(kind, default, at)
        ports.append(Port(field.name, kind, default, standard_error_of=_error_of(hints[field.name])))
    if not ports:
        raise DeclarationError(f"{holder.__name__} has no fields: a record carries at least one value.")
    _check_errors(ports, holder.__name__)
    return Record(tuple(ports), holder)


def closure_of(protocol: Any, at: str) -> Closure:
    """Read what may be asked of a closure off the ``__call__`` of a Protocol. Raises DeclarationError."""
    label = f"{at} ({protocol.__name__})"
    call = protocol.__dict__.get("__call__")
    if call is None:
        raise DeclarationError(
            f"{label} is a Protocol without __call__. Write: def __call__(self, x: Annotated[float, 'm']) -> "
            "Annotated[float, 'K']: …"
        )
    hints = _hints(call, label)
    asked = []
    for name, parameter in list(inspect.signature(call).parameters.items())[1:]:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise DeclarationError(f"{label} takes *{name}: a closure names everything that is asked.")
        kind = kind_of(hints.get(name, parameter.empty), f"{label}.{name}")
        default = MISSING if parameter.default is parameter.empty else parameter.default
        if default is not MISSING:
            fitting(kind, default, f"{label}.{name}")
        asked.append(Port(name, kind, default))
    answer = kind_of(hints.get("return", inspect.Parameter.empty), f"the answer of {label}")
    if not asked or any(isinstance(port.kind, Closure) for port in asked) or isinstance(answer, Closure):
        raise DeclarationError(f"{label}: a closure is asked with values, at least one, and answers with values.")
    return Closure(tuple(asked), answer)


def _error_of(annotation: Any) -> str | None:
    """The port whose standard error an annotation says this is."""
    marks = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return next((mark.port for mark in marks if isinstance(mark, StandardErrorOf)), None)


def _check_errors(ports: list[Port], holder: str) -> None:
    """Check that standard errors fit the ports beside them that they are of. Raises DeclarationError."""
    known = {port.name: port for port in ports}
    given: dict[str, str] = {}
    for port in ports:
        of = port.standard_error_of
        if of is None:
            continue
        at = f"{holder}.{port.name}"
        if of not in known or of == port.name:
            others = [name for name in known if name != port.name]
            raise DeclarationError(
                f"{at} is the standard error of {of!r}, which is no other field of {holder}. {did_you_mean(of, others)}"
            )
        if of in given:
            raise DeclarationError(f"{holder}.{of} has two standard errors, {given[of]} and {port.name}: keep one.")
        given[of] = port.name
        reason = _unfit_error(port, known[of])
        if reason:
            raise DeclarationError(f"{at} cannot be the standard error of {of}: {reason}")


def _unfit_error(error: Port, of: Port) -> str | None:
    """Why one port cannot be the standard error of another."""
    here, there = error.kind, of.kind
    if of.standard_error_of is not None:
        return f"{of.name} is itself a standard error; name {of.standard_error_of!r}."
    if not isinstance(there, (Number, Array)):
        return f"{there} has none; a standard error belongs to a float or an array of floats."
    if not all(np.dtype(getattr(kind, "dtype", "float64")).kind == "f" for kind in (here, there)):
        return f"{here} for {there}: a standard error and its value are floats, or arrays of floats."
    if here.dims != there.dims:
        return f"its dimensions are ({', '.join(here.dims)}), expected ({', '.join(there.dims)})."
    if here.unit is None or not compatible(here.unit, there.unit):
        return f"{dimension(here.unit or '1')} is not {dimension(there.unit)}. Write it in {there.unit!r}."
    return None


def fitting(kind: Kind, default: Any, at: str) -> None:
    """Check that a default fits its own port. Raises DeclarationError."""
    try:
        kind.leave(default, at)
    except Exception as reason:
        raise DeclarationError(f"the default of {at} does not fit it: {reason}") from None


def inputs_of(function: Callable[..., Any], at: str) -> tuple[Port, ...]:
    """Read a function's parameters: physics before the star, numerics (settings) after it."""
    hints = _hints(function, at)
    ports = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise DeclarationError(f"{at} takes *{name}: a model names every input.")
        setting = parameter.kind is parameter.KEYWORD_ONLY
        default = MISSING if parameter.default is parameter.empty else parameter.default
        kind = kind_of(hints.get(name, parameter.empty), f"{at}.{name}")
        if _error_of(hints.get(name)):
            raise DeclarationError(
                f"{at}.{name} is an input, marked as a standard error: write StandardErrorOf in the result, "
                "on the field beside the one that it is the error of."
            )
        if default is not MISSING:
            fitting(kind, default, f"{at}.{name}")
        ports.append(Port(name, kind, default, setting))
    return tuple(ports)


def outputs_of(function: Callable[..., Any], at: str) -> Record:
    """Read what a function returns: a dataclass whose fields are the output ports."""
    result = _hints(function, at).get("return")
    if not (isinstance(result, type) and dataclasses.is_dataclass(result)):
        raise DeclarationError(
            f"{at} returns {_name(result)}. A model returns a frozen dataclass whose fields are its output ports."
        )
    record = record_of(result)
    _sizes_known(record, result.__name__)
    return record


def _sizes_known(record: Record, at: str) -> None:
    """Check that outputs have the sizes they have. Raises DeclarationError."""
    for port in record.ports:
        if isinstance(port.kind, Record):
            _sizes_known(port.kind, f"{at}.{port.name}")
        elif isinstance(port.kind, Array) and port.kind.shared:
            name = port.kind.shared[0]
            raise DeclarationError(
                f"{at}.{port.name}: '{name}|1' is for inputs; an output is given for each: {name!r}."
            )


def _hints(of: Any, at: str) -> dict[str, Any]:
    try:
        hints = get_type_hints(of, include_extras=True)
    except Exception as reason:
        raise DeclarationError(f"{at}: its annotations cannot be read: {reason}.") from None
    # A flow file that postpones its annotations is sent to workers without the names they are made of.
    for name, written in list(of.__annotations__.items()):
        if isinstance(written, str) and name in hints:
            of.__annotations__[name] = hints[name]
    return hints
