"""Every kind of port, and models that have exactly one port of it: what the matrices of mistakes are made of."""

from __future__ import annotations

import enum
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, make_dataclass
from typing import Annotated, Any, Literal

import numpy as np
from ase import Atoms
from numpy.typing import NDArray
from ways import COARSE as COARSE
from ways import FINE as FINE
from ways import WAYS, Way, now
from ways import Done as Done

from bridge import File, Picture, Q, Within

Floats = NDArray[np.float64]
PNG = b"\x89PNG\r\n\x1a\n and the rest"


class Lattice(enum.Enum):
    FCC = "fcc"
    BCC = "bcc"


@dataclass(frozen=True)
class Cell:
    edge: Annotated[float, "angstrom", Within(1, 10)]
    sites: Annotated[Floats, "angstrom", ("site", "xyz=3")]
    charges: Annotated[Floats, "e", ("site",)]


def cell(edge: Any = 3.6, sites: Any = None, charges: Any = None) -> Cell:
    return Cell(
        edge, np.zeros((2, 3)) if sites is None else sites, np.array([1.0, -1.0]) if charges is None else charges
    )


def cell_literal(**other: Any) -> dict[str, Any]:
    return {"edge": "3.6 angstrom", "sites": Q(np.zeros((2, 3)), "angstrom"), "charges": Q([1.0, -1.0], "e")} | other


def cell_like(**other: Any) -> type:
    """A record of somebody else's, with some fields annotated otherwise."""
    known: dict[str, Any] = {
        "edge": Annotated[float, "angstrom", Within(1, 10)],
        "sites": Annotated[Floats, "angstrom", ("site", "xyz=3")],
        "charges": Annotated[Floats, "e", ("site",)],
    }
    return make_dataclass("Theirs", [(k, v) for k, v in (known | other).items() if v is not None], frozen=True)


def copper() -> Atoms:
    return Atoms("Cu2", positions=[[0, 0, 0], [0, 0, 2.2]], cell=[5, 5, 5])


def matrix(number: float, bad: float | None = None) -> Floats:
    """Two walkers in space; a ``bad`` number stands at [1, 2]."""
    values = np.full((2, 3), float(number))
    if bad is not None:
        values[1, 2] = bad
    return values


@dataclass(frozen=True)
class Kind:
    """A kind of port: its annotation, a literal that fits it, and a value that a model may return for it."""

    name: str
    annotation: Any
    literal: Any
    value: Any = None
    setting: bool = False

    @property
    def returned(self) -> Any:
        return self.literal if self.value is None else self.value


TEMPERATURE = Annotated[float, "K", Within(200, 1500)]

KINDS = {
    kind.name: kind
    for kind in (
        Kind("float [K]", TEMPERATURE, "900 K", 900.0),
        Kind("float", Annotated[float, Within(0, 1)], 0.5),
        Kind("int", Annotated[int, Within(1, 100)], 7),
        Kind("bool", bool, True),
        Kind("str", str, "Cu"),
        Kind("Enum", Lattice, "fcc", Lattice.FCC),
        Kind("Literal", Literal["fcc", "bcc"], "fcc"),
        Kind(
            "array [K]",
            Annotated[Floats, "K", ("walker", "xyz=3"), Within(200, 1500)],
            Q(matrix(900), "K"),
            matrix(900),
        ),
        Kind("array", Annotated[Floats, ("walker", "xyz=3"), Within(0, 1)], matrix(0.5)),
        Kind("record", Cell, cell_literal(), cell()),
        Kind("Atoms", Atoms, copper()),
        Kind("File", Annotated[File, "text/csv"], File(b"a,b\n", "text/csv")),
        Kind("Picture", Picture, Picture(PNG, "image/png")),
        Kind("setting", TEMPERATURE, "900 K", 900.0, setting=True),
    )
}


def source(annotation: Any, value: Any = None, **others: tuple[Any, Any]) -> Callable[..., Any]:
    """The model ``fine.source``, whose output ``x`` is annotated so, and the ``others`` by name."""
    return now().source({"x": (annotation, value), **others})


def sink(annotation: Any, *, setting: bool = False) -> Callable[..., Any]:
    """The model ``coarse.sink``, whose input (or setting) ``x`` is annotated so."""
    return now().sink(annotation, setting)


@dataclass(frozen=True)
class Mistake:
    """One kind of mistake: what makes it at each kind of port, or why it has no meaning there."""

    name: str
    error: type[Exception]
    says: tuple[str, ...]
    hint: str
    act: Callable[[Kind, Any], tuple[Callable[[], Any], Callable[[], Any]]]
    at: Mapping[str, Any]
    meaningless: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def everywhere(ingredient: Any = None) -> dict[str, Any]:
    return dict.fromkeys(KINDS, ingredient)


def none_at(reason: str, *names: str) -> dict[str, str]:
    return dict.fromkeys(names, reason)


def cells(mistakes: Iterable[Mistake]) -> list[tuple[Mistake, Kind]]:
    """Cells of the product that have a meaning."""
    return [(m, kind) for m, kind in itertools.product(mistakes, KINDS.values()) if kind.name in m.at]


def cells_by_way(mistakes: Iterable[Mistake]) -> list[tuple[Way, Mistake, Kind]]:
    """Cells that have a meaning, for each way of declaring models."""
    product = itertools.product(WAYS.values(), cells(mistakes))
    return [(way, m, kind) for way, (m, kind) in product if (m.name, kind.name) not in way.meaningless]


def accounts(mistakes: list[Mistake], way: Way = WAYS["declared"]) -> tuple[int, int]:
    """How many cells are refused and how many have no meaning; every cell must be one or the other, with a reason."""
    refused = meaningless = 0
    for mistake, name in itertools.product(mistakes, KINDS):
        here = way.meaningless.get((mistake.name, name))
        assert (name in mistake.at) != (name in mistake.meaningless), f"{mistake} x {name} is missing or said twice"
        assert here is None or (name in mistake.at and len(here) > 5), f"{way}: {mistake} x {name} is said twice"
        refused += name in mistake.at and here is None
        meaningless += name in mistake.meaningless or here is not None
        assert name in mistake.at or len(mistake.meaningless[name]) > 5, f"{mistake} x {name} has no reason"
    for mistake in mistakes:
        assert {*mistake.at, *mistake.meaningless} <= set(KINDS), f"{mistake} names an unknown kind"
    return refused, meaningless
