"""Ways of declaring a model with one port ``x``, in which the matrices of mistakes are gone through."""

from __future__ import annotations

import contextlib
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, make_dataclass
from pathlib import Path
from typing import Any

from bridge import File, Scale, external, model, wrap
from bridge.external.declaring import leaves
from bridge.kinds.discrete import Boolean
from bridge.kinds.measured import Array, Number
from bridge.kinds.record import Record
from bridge.kinds.things import Bytes, Structure
from bridge.ports import kind_of, record_of

FINE = Scale("fine", length="1 nm .. 10 nm", time="1 ps .. 1 ns")
COARSE = Scale("coarse", length="1 um .. 1 mm", time="1 s .. 1 day")


@dataclass(frozen=True)
class Done:
    ok: bool


@dataclass(frozen=True)
class Way:
    """One way: how it makes a source and a sink, and which cells have no meaning there, by mistake and kind."""

    name: str
    source: Callable[[Mapping[str, tuple[Any, Any]]], Any]
    sink: Callable[[Any, bool], Any]
    meaningless: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


# Declared by hand


def declared_source(outputs: Mapping[str, tuple[Any, Any]]) -> Any:
    holder = make_dataclass("Out", [(name, kind) for name, (kind, _) in outputs.items()], frozen=True)

    def compute() -> Any:
        """Give a value."""
        return holder(*(given for _, given in outputs.values()))

    compute.__annotations__ = {"return": holder}
    return model("fine.source", scale=FINE)(compute)


def declared_sink(annotation: Any, setting: bool) -> Any:
    def take(x: Any) -> Any:
        """Take a value."""
        return Done(True)

    def take_setting(*, x: Any) -> Any:
        """Take a setting."""
        return Done(True)

    chosen = take_setting if setting else take
    chosen.__annotations__ = {"x": annotation, "return": Done}
    return model("coarse.sink", scale=COARSE)(chosen)


# Functions that know nothing of ports


def wrapped_source(outputs: Mapping[str, tuple[Any, Any]]) -> Any:
    values = tuple(given for _, given in outputs.values())

    def compute():
        return values if len(values) > 1 else values[0]

    kinds = {name: kind for name, (kind, _) in outputs.items()}
    return wrap(compute, {}, kinds, name="fine.source", scale=FINE, depends=["numpy"])


def wrapped_sink(annotation: Any, setting: bool) -> Any:
    def take(x):
        return True

    ports = {"settings" if setting else "inputs": {"x": annotation}}
    return wrap(take, outputs={"ok": bool}, name="coarse.sink", scale=COARSE, **ports)


# Programs that are given a file and leave one


class Copy:
    """A reader of one output, or one field of it, from the file that the program has written."""

    def __init__(self, *path: str) -> None:
        self.path = path

    def __call__(self, folder: Path) -> Any:
        value = pickle.loads((folder / "written").read_bytes())
        for name in self.path:
            value = value[name] if isinstance(value, dict) else getattr(value, name)
        return value


COPIES = external.Program("copies", command=[sys.executable, "-c", "import shutil; shutil.copy('given', 'written')"])


def program_source(outputs: Mapping[str, tuple[Any, Any]]) -> Any:
    holder = make_dataclass("Out", [(name, kind) for name, (kind, _) in outputs.items()], frozen=True)

    def compute() -> Any:
        """Give a value."""

    compute.__annotations__ = {"return": holder}
    values = {name: given for name, (_, given) in outputs.items()}
    reads = {name: Copy(*name.split(".")) for name in leaves(record_of(holder))}
    files = {"given": File(pickle.dumps(values))}
    return external.model("fine.source", scale=FINE, program=COPIES, files=files, reads=reads)(compute)


def program_sink(annotation: Any, setting: bool) -> Any:
    def take(x: Any) -> Any:
        """Take a value."""

    def take_setting(*, x: Any) -> Any:
        """Take a setting."""

    chosen = take_setting if setting else take
    chosen.__annotations__ = {"x": annotation, "return": Done}
    kind = kind_of(annotation, "coarse.sink.x")
    files = {"given": _written(kind)}
    reads = {"ok": lambda folder: True}
    return external.model("coarse.sink", scale=COARSE, program=COPIES, files=files, reads=reads)(chosen)


def _written(kind: Any, name: str = "x") -> Any:
    """How a value of a kind goes into a file."""
    if isinstance(kind, Record):
        return "\n".join(_written(port.kind, f"{name}.{port.name}") for port in kind.ports)
    if isinstance(kind, Structure):
        return external.Given(name, format="extxyz")
    if isinstance(kind, Bytes):
        return external.Given(name)
    if isinstance(kind, Boolean):
        return f"{{{{ 'yes' if {name} else 'no' }}}}"
    unit = f" | to({kind.unit!r})" if isinstance(kind, (Number, Array)) and kind.unit != "1" else ""
    if not isinstance(kind, Array):
        return f"{{{{ {name}{unit} }}}}"
    if len(kind.dims) == 1:
        return f"{{{{ {name}{unit} | join(' ') }}}}"
    return f"{{% for row in {name} %}}\n{{{{ row{unit} | join(' ') }}}}\n{{% endfor %}}"


WAYS = {
    way.name: way
    for way in (
        Way("declared", declared_source, declared_sink),
        Way("wrapped", wrapped_source, wrapped_sink),
        Way(
            "program",
            program_source,
            program_sink,
            {("wrong type", "record"): "a program leaves no record: its fields are read one by one"},
        ),
    )
}

_now: list[Way] = [WAYS["declared"]]


@contextlib.contextmanager
def declared_by(way: Way) -> Iterator[None]:
    """Declare the models of this block in one of the ways."""
    _now.append(way)
    try:
        yield
    finally:
        _now.pop()


def now() -> Way:
    """The way in which models are declared right now."""
    return _now[-1]
