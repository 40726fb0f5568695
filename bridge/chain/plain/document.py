"""A chain as a document: parameters, stages, and what each input is given, without a model being looked at.

Places do not count where two documents are compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.chain.plain.reading import Place
from bridge.kinds.record import MISSING

#: Generation of the format: the number behind ``scalebridge:``.
VERSION = 1
#: What a parameter may be declared as; ``any`` is handed on as it comes.
TYPES: Mapping[str, type | None] = {"str": str, "int": int, "float": float, "bool": bool, "any": None}

_NOWHERE = Place("a chain", 1)


@dataclass(frozen=True)
class Parameter:
    """A parameter of the chain: its type by name, and its default, if it has one."""

    type: str
    default: Any = MISSING


@dataclass(frozen=True)
class Given:
    """The value that a parameter has."""

    parameter: str
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True)
class From:
    """An output of a stage, ``stage.port``, or all of them as one record.

    With ``port`` the path is the name of the stage alone: where one stage is named ``a`` and another ``a.b``.
    """

    path: str
    port: str | None = None
    molar_mass: Any = None
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True)
class Stacked:
    """Outputs of stages and known values as one array along ``dim``."""

    parts: tuple[Any, ...]
    dim: str
    coord: tuple[Any, ...] | None = None
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True)
class Closure:
    """A model handed to another one, with what the chain fixes of it."""

    model: Any
    inputs: Mapping[str, Any]
    settings: Mapping[str, Any]
    options: Mapping[str, Any]
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True)
class Values:
    """An array: nested lists of numbers in ``unit``; ``shape`` where it has no elements, ``dtype`` where it matters."""

    values: Any
    unit: str = "1"
    dtype: str | None = None
    shape: tuple[int, ...] | None = None
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True)
class Beside:
    """An array in a ``.npy`` file beside the chain."""

    path: str
    unit: str = "1"
    blake3: str | None = None
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True)
class Bytes:
    """A File or Picture: its content here (``content``), or in a file beside the chain (``path``)."""

    media_type: str | None
    content: bytes | None = None
    path: str | None = None
    blake3: str | None = None
    picture: bool = False
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True)
class Atoms:
    """A structure: arrays by name, and what else it carries, in JSON."""

    arrays: Mapping[str, Values]
    rest: Mapping[str, Any]
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True)
class Fields:
    """A record: values by field."""

    fields: Mapping[str, Any]
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True)
class PlainStage:
    """One use of a model: what stands behind a stage's name."""

    name: str
    model: Any
    inputs: Mapping[str, Any]
    settings: Mapping[str, Any]
    options: Mapping[str, Any]
    place: Place = field(default=_NOWHERE, compare=False)
    #: Where the names of its inputs and settings stand.
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)

    def given(self) -> Iterator[tuple[str, Any]]:
        """Inputs and settings alike."""
        yield from self.inputs.items()
        yield from self.settings.items()


@dataclass(frozen=True)
class Document:
    """A whole chain; ``fixed`` tells what parameters of the flow it was written from were, and are no more."""

    name: str
    parameters: Mapping[str, Parameter]
    stages: tuple[PlainStage, ...]
    description: str = ""
    fixed: Mapping[str, Any] = field(default_factory=dict)


def inside(value: Any) -> Iterator[Any]:
    """A value and all values in it, in the order in which they are written."""
    yield value
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from inside(one)
    elif isinstance(value, Stacked):
        yield from inside(value.parts)
    elif isinstance(value, Closure):
        for part in (value.model, *value.inputs.values(), *value.settings.values(), *value.options.values()):
            yield from inside(part)
    elif isinstance(value, Fields):
        yield from inside(list(value.fields.values()))
    elif isinstance(value, From):
        yield from inside(value.molar_mass) if value.molar_mass is not None else ()
