"""A function's signature and a program's files, made into one model: ``external.model``."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from bridge.code import MADE_OF
from bridge.errors import DeclarationError
from bridge.external.calling import Spec, call
from bridge.external.folder import Given, check_name
from bridge.external.launchers import Mpi, Srun
from bridge.external.program import Program
from bridge.external.reads import Present, Read
from bridge.external.running import seconds_of
from bridge.kinds.base import Kind
from bridge.kinds.closure import Closure
from bridge.kinds.discrete import Boolean
from bridge.kinds.record import Record
from bridge.media import File
from bridge.models import Versioned, model_of
from bridge.models import model as declare
from bridge.scale import Scale

F = TypeVar("F", bound=Callable[..., Any])


def model(
    name: str,
    *,
    scale: Scale,
    program: Program,
    reads: Mapping[str, Read | Callable[[Path], Any]],
    files: Mapping[str, str | File | Given] | None = None,
    arguments: Sequence[str] = (),
    wrong: Mapping[str, Present] | None = None,
    on_wrong: str = "error",
    environment: Mapping[str, str] | None = None,
    walltime: str | None = None,
    launcher: Mpi | Srun | None = None,
    restart: Sequence[str] = (),
    depends: Sequence[str | Versioned] = (),
) -> Callable[[F], F]:
    """Declare a program as the model ``name`` of a scale, by a function that is its signature and its docstring.

    ``files`` are written into a fresh working folder: a text is a template, a `File` is written as it is, `Given` is an
    input's content. ``arguments`` follow the program's command, each a template; one that renders to nothing is left
    out. ``reads`` says for each output where it is read; a function is given the folder. ``wrong`` names what else is
    wrong with an output, and ``on_wrong`` what then happens: ``"error"``, ``"warn"``, or the name of a bool output,
    which is False then. ``restart`` names files, or patterns of names, that an attempt that was cut off leaves to the
    next; templates then know ``restart``. ``walltime``, ``launcher`` and ``environment`` are how it runs.

    Everything is checked here. Raises DeclarationError for an unknown name in a template, a value printed without its
    unit or in one of another dimension, an input that goes nowhere, an output without a read, a read for no output.
    """
    if not isinstance(program, Program):
        raise DeclarationError(f"model {name!r}: write program=external.Program('name', command=['name'], …).")
    for what, words in (("arguments", arguments), ("restart", restart)):
        if isinstance(words, str):
            raise DeclarationError(f"model {name!r}: write {what}=[{words!r}].")
    spec = Spec(
        name, program, tuple(arguments), _pairs(files), _pairs(reads), _pairs(wrong), on_wrong, _pairs(environment),
        seconds_of(walltime, DeclarationError, name), launcher, tuple(restart),
    )  # fmt: skip

    def decorate(function: F) -> F:
        if not inspect.isfunction(function):
            raise DeclarationError(f"model {name!r} is declared by a function: its parameters and what it returns.")
        made = _made(function, spec)
        declare(name, scale=scale, depends=[*depends, program])(made)
        _check(spec, made)
        return made  # type: ignore[return-value]

    return decorate


def _pairs(of: Mapping[str, Any] | None) -> tuple[tuple[str, Any], ...]:
    return tuple((of or {}).items())


def _made(function: Callable[..., Any], spec: Spec) -> Callable[..., Any]:
    """A function that runs the program, and looks to everybody like the one that declares it."""
    signature = inspect.signature(function)

    def made(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return call(spec, model_of(made), bound.arguments)

    try:
        hints = get_type_hints(function, include_extras=True)
    except Exception as reason:
        raise DeclarationError(f"{spec.name}: its annotations cannot be read: {reason}.") from None
    for attribute in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(made, attribute, getattr(function, attribute))
    made.__annotations__ = hints
    parameters = [p.replace(annotation=hints.get(n, p.annotation)) for n, p in signature.parameters.items()]
    signature = signature.replace(parameters=parameters, return_annotation=hints.get("return", inspect.Signature.empty))
    made.__signature__ = signature  # type: ignore[attr-defined]
    setattr(made, MADE_OF, (function, *_plain(spec)))
    made.__external__ = spec  # type: ignore[attr-defined]
    return made


def spec_of(function: Callable[..., Any]) -> Spec | None:
    """What `model` was told of a function; None for one that is no program."""
    return getattr(function, "__external__", None)


def _plain(spec: Spec) -> tuple[Any, ...]:
    """What decides the result, in values that are the same in every process; functions stay functions."""
    readers = tuple(read for _, read in spec.reads if not isinstance(read, Read))
    said = (spec.arguments, spec.files, spec.reads, spec.wrong, spec.on_wrong, spec.environment, spec.restart)
    return (*readers, tuple(_written(one) for one in said))


def _written(thing: Any) -> Any:
    if isinstance(thing, (tuple, list)):
        return tuple(_written(one) for one in thing)
    if isinstance(thing, Mapping):
        return tuple((key, _written(value)) for key, value in thing.items())
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        own = ((f.name, _written(getattr(thing, f.name))) for f in dataclasses.fields(thing))
        return (type(thing).__name__, *own)
    return getattr(thing, "__qualname__", "function") if callable(thing) else thing


# What can be said before anything runs


def _check(spec: Spec, made: Callable[..., Any]) -> None:
    """Check everything that does not depend on values. Raises DeclarationError."""
    from bridge.external.checking import check_template

    interface = model_of(made)
    kinds: dict[str, Kind] = {port.name: port.kind for port in interface.inputs.values()}
    for name, kind in kinds.items():
        if isinstance(kind, Closure):
            raise DeclarationError(f"{spec.name}.{name} is a closure: a program in a process of its own cannot ask.")
    if spec.restart and "restart" in kinds:
        raise DeclarationError(
            f"{spec.name}.restart is an input, but templates know restart as something else: rename it."
        )
    used: set[str] = set()
    for place, source in enumerate(spec.arguments):
        at = f"{spec.name}: argument {place + 1}"
        if not isinstance(source, str):
            raise DeclarationError(f"{at} is {source!r}: write texts; a value goes in as '{{{{ x }}}}'.")
        used |= check_template(source, kinds, bool(spec.restart), at)
    used |= _check_files(spec, kinds)
    if unused := [name for name in kinds if name not in used]:
        raise DeclarationError(
            f"{spec.name}.{unused[0]} goes nowhere: no template, file or argument has it. Write "
            f"{{{{ {unused[0]} }}}} where the program reads it, or leave it out."
        )
    _check_reads(spec, interface.outputs)
    for what, value in spec.environment:
        if not (isinstance(value, str) and what and "=" not in what and "\0" not in what + value):
            raise DeclarationError(
                f'{spec.name}: environment {what}={value!r}: write texts, such as {{"OMP_NUM_THREADS": "1"}}.'
            )


def _check_files(spec: Spec, kinds: Mapping[str, Kind]) -> set[str]:
    from bridge.external.checking import check_template

    used: set[str] = set()
    for name, content in spec.files:
        at = f"{spec.name}: {name}"
        check_name(name, spec.name)
        if isinstance(content, Given):
            if content.port not in kinds:
                raise DeclarationError(f"{at} is given by {content.port!r}, which is no input of {spec.name}.")
            content.check(kinds, at)
            used.add(content.port)
        elif isinstance(content, str):
            used |= check_template(content, kinds, bool(spec.restart), at)
        elif not isinstance(content, File):
            raise DeclarationError(f"{at}: write a template, a bridge.File or external.Given('input').")
    for pattern in spec.restart:
        check_name(pattern, f"{spec.name}: restart")
        if pattern in dict(spec.files):
            raise DeclarationError(f"{spec.name}: {pattern} is both written at each start and left by an earlier one.")
    return used


def _check_reads(spec: Spec, outputs: Record) -> None:
    wanted = leaves(outputs)
    given = dict(spec.files)
    for name, read in spec.reads:
        at = f"{spec.name}.{name}"
        if name not in wanted:
            raise DeclarationError(f"{spec.name} reads {name!r}, which is none of its outputs ({', '.join(wanted)}).")
        if isinstance(read, Read):
            read.check(wanted[name], at)
        elif not callable(read):
            raise DeclarationError(
                f"{at}: write external.Found(…), Table, Json, Kept, Structure, or a function of the folder."
            )
    flag = None if spec.on_wrong in ("error", "warn") else spec.on_wrong
    _check_wrong(spec, wanted, flag)
    for name, read in (*spec.reads, *spec.wrong):
        if isinstance(read, Read) and read.file in given:
            raise DeclarationError(
                f"{spec.name}: {read.file} is written for the program, so nothing is read from it ({name})."
            )
    if missing := [name for name in wanted if name not in dict(spec.reads) and name != flag]:
        raise DeclarationError(
            f"{spec.name}.{missing[0]} is read nowhere: write reads={{{missing[0]!r}: external.Found(…)}}."
        )


def _check_wrong(spec: Spec, wanted: Mapping[str, Kind], flag: str | None) -> None:
    for said, check in spec.wrong:
        at = f"{spec.name}: wrong {said!r}"
        if not isinstance(check, Present):
            raise DeclarationError(f"{at}: write external.Absent(file, pattern) or external.Present(file, pattern).")
        check.check(Boolean(), at)
    if flag is not None and (not isinstance(wanted.get(flag), Boolean) or flag in dict(spec.reads)):
        raise DeclarationError(
            f"{spec.name}: on_wrong={flag!r}: write 'error', 'warn', or the name of a bool output without a read."
        )
    if spec.on_wrong != "error" and not spec.wrong:
        raise DeclarationError(
            f"{spec.name}: on_wrong={spec.on_wrong!r}, but nothing is said to be wrong: write wrong={{…}}."
        )


def leaves(record: Record, before: str = "") -> dict[str, Kind]:
    """Kinds of the fields of a record, those of records in it by dotted names."""
    found: dict[str, Kind] = {}
    for port in record.ports:
        name = f"{before}{port.name}"
        found |= leaves(port.kind, f"{name}.") if isinstance(port.kind, Record) else {name: port.kind}
    return found
