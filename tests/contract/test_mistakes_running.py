"""What is refused while running: values that leave a model, or enter one, outside their contract."""

from __future__ import annotations

import math
import re
import tempfile
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from kinds_of_port import (
    PNG,
    Floats,
    Kind,
    Mistake,
    accounts,
    cell,
    cell_like,
    cells_by_way,
    copper,
    matrix,
    none_at,
    sink,
    source,
)
from ways import WAYS, Way, declared_by

from bridge import File
from bridge.chain.chain import Wire, deliver
from bridge.errors import ValueRefused
from bridge.models import model_of

X, INDEX = r"fine\.source\.x", r"\[1, 2\]"


def returned(kind: Kind, wrong: Any) -> Any:
    """A model that returns the wrong value; its twin returns a good one."""
    return (
        lambda: model_of(source(kind.annotation, wrong)).call({}),
        lambda: model_of(source(kind.annotation, kind.returned)).call({}),
    )


def beside(kind: Kind, size: int) -> Any:
    """Two outputs that share the dimension 'walker', or the fields of one record that share 'site'."""
    if kind.name == "record":
        return returned(kind, cell(charges=np.ones(size)))

    def call(walkers: int) -> Any:
        other = (Annotated[Floats, "s", ("walker",)], np.ones(walkers))
        return lambda: model_of(source(kind.annotation, kind.returned, y=other)).call({})

    return call(size), call(2)


def handed(kind: Kind, wrong: Any) -> Any:
    """A wire from an output of another unit or range brings the value to the port."""
    annotation, value, good = wrong
    wire = Wire("fine.source", ("x",), model_of(source(annotation)).outputs.ports[0].kind)
    port = model_of(sink(kind.annotation)).inputs["x"]
    assert port.kind.admit(wire.kind) is None
    return (
        lambda: deliver(wire, port, "coarse.sink.x", lambda _: value),
        lambda: deliver(wire, port, "coarse.sink.x", lambda _: good),
    )


NEVER_LEAVES = none_at("a setting never leaves a stage; as a literal it was refused before", "setting")
WHOLE = none_at("no value of its type is infinite", "int", "bool", "str", "Enum", "Literal", "File", "Picture")
NO_DIMS = none_at("it has no dimensions", "float [K]", "float", "int", "bool", "str", "Enum", "Literal")
NO_ARRAY = NO_DIMS | none_at("it has no dimensions of the port's", "Atoms", "File", "Picture")
ALL_VALID = none_at("every value of its type is valid", "bool", "str", "Atoms", "File", "Picture")
AFAR = np.array([[0, 0, 0], [0, 0, 0.5]])


def displaced(value: float) -> Any:
    atoms = copper()
    atoms.positions[1, 2] = value
    return atoms


def not_finite(number: float) -> dict[str, Any]:
    return {
        "float [K]": number,
        "float": np.float64(number),
        "array [K]": matrix(900, bad=number),
        "array": matrix(0.5, bad=number),
        "record": cell(sites=matrix(0, bad=number)),
        "Atoms": displaced(number),
    }


def says(suffix: str, kind: Kind) -> str:
    """Where the message must point: the port, its field, and the index of the element."""
    if suffix == "whole":
        return X
    at = {"record": rf"{X}\.(sites{INDEX}|sites|edge)", "Atoms": rf"{X}\.positions{INDEX}"}.get(kind.name, X)
    return at + (INDEX if kind.name.startswith("array") and suffix == "index" else "")


MISTAKES = [
    Mistake("NaN leaves", ValueRefused, ("index",), "finite", returned, not_finite(math.nan), WHOLE | NEVER_LEAVES),
    Mistake(
        "infinity leaves", ValueRefused, ("index",), "finite", returned, not_finite(-math.inf), WHOLE | NEVER_LEAVES
    ),
    Mistake(
        "wrong number of dimensions",
        ValueRefused,
        ("port",),
        r"has the dimensions \(\w+, xyz\), but left its model as shape \(2,\)|but the model returned array",
        returned,
        {
            "float [K]": np.array([900.0]),
            "float": np.array([0.5, 0.6]),
            "int": np.array([7]),
            "bool": np.array([True, False]),
            "str": np.array(["Cu", "Ni"]),
            "Enum": np.array(["fcc", "bcc"]),
            "Literal": np.array(["fcc", "bcc"]),
            "array [K]": np.array([900.0, 901.0]),
            "array": np.array([0.5, 0.6]),
            "record": cell(sites=np.array([0.0, 0.0])),
        },
        none_at("its class fixes its shape", "Atoms", "File", "Picture") | NEVER_LEAVES,
    ),
    Mistake(
        "wrong fixed size",
        ValueRefused,
        ("port",),
        r"dimension 'xyz' has 3 elements, but left its model as shape \(2, 2\)",
        returned,
        {
            "array [K]": np.full((2, 2), 900.0),
            "array": np.full((2, 2), 0.5),
            "record": cell(sites=np.zeros((2, 2))),
        },
        NO_ARRAY | NEVER_LEAVES,
    ),
    Mistake(
        "dimension sizes that disagree between outputs",
        ValueRefused,
        ("port",),
        r"dimension '(walker|site)' has 2 elements in fine\.source\.x[.\w]*, but 5 in fine\.source\.",
        beside,
        {"array [K]": 5, "array": 5, "record": 5},
        NO_ARRAY | NEVER_LEAVES,
    ),
    Mistake(
        "wrong type",
        ValueRefused,
        ("whole",),
        r"but the model returned .* \(\w+\)",
        returned,
        {
            "float [K]": "900 K",
            "float": None,
            "int": 7.5,
            "bool": 1,
            "str": 5,
            "Enum": 5,
            "Literal": None,
            "array [K]": [[900.0] * 3] * 2,
            "array": 0.5,
            "record": {"edge": 3.6},
            "Atoms": "Cu2",
            "File": b"a,b\n",
            "Picture": File(PNG, "image/png"),
        },
        NEVER_LEAVES,
    ),
    Mistake(
        "wrong dtype",
        ValueRefused,
        ("port",),
        r"but the model returned|an array of (complex128|bool|<U3)|got a file of text/plain",
        returned,
        {
            "float [K]": np.complex128(900),
            "float": np.bool_(True),
            "int": np.float64(7),
            "bool": np.int64(1),
            "str": b"Cu",
            "Enum": b"fcc",
            "Literal": np.bytes_(b"fcc"),
            "array [K]": matrix(900).astype(complex),
            "array": matrix(0.5).astype("<U3"),
            "record": cell(sites=np.zeros((2, 3), complex)),
            "File": File(b"a,b\n", "text/plain"),
        },
        none_at("its numbers are of one type", "Atoms")
        | none_at("a Picture checks its own bytes when it is made", "Picture")
        | NEVER_LEAVES,
    ),
    Mistake(
        "value outside the range of the port it leaves",
        ValueRefused,
        ("index",),
        r"left its model as -?[\d.]+( K| angstrom)?; it is valid between|one of fcc, bcc, but the model returned 'hcp'",
        returned,
        {
            "float [K]": 1500.5,
            "float": -0.001,
            "int": 101,
            "Enum": "hcp",
            "Literal": "hcp",
            "array [K]": matrix(900, bad=199.9),
            "array": matrix(0.5, bad=1.5),
            "record": cell(edge=0.5),
        },
        ALL_VALID | NEVER_LEAVES,
    ),
    Mistake(
        "value outside the range of the port it enters",
        ValueRefused,
        ("index",),
        r"was handed -?[\d.]+( K| angstrom)?; it is valid between",
        handed,
        {
            "float [K]": (Annotated[float, "degC"], 1500.0, 20.0),
            "float": (Annotated[float, "%"], 150.0, 50.0),
            "int": (int, 0, 1),
            "array [K]": (
                Annotated[Floats, "kK", ("walker", "xyz=3")],
                matrix(0.9, bad=1.6),
                matrix(0.9),
            ),
            "array": (Annotated[Floats, ("walker", "xyz")], matrix(0.5, bad=2), matrix(0.5)),
            "record": (
                cell_like(edge=Annotated[float, "nm"]),
                {"edge": 5.0, "sites": AFAR, "charges": np.ones(2)},
                {"edge": 0.5, "sites": AFAR, "charges": np.ones(2)},
            ),
        },
        ALL_VALID
        | none_at("a choice of more texts is refused before running", "Enum", "Literal")
        | none_at("no wire enters a setting", "setting"),
    ),
]


@pytest.fixture(autouse=True)
def kept_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a program has left that was refused is kept for a look, and goes with the test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.parametrize(("way", "mistake", "kind"), cells_by_way(MISTAKES), ids=lambda x: x.name)
def test_a_value_is_refused_while_running_and_its_twin_passes(way: Way, mistake: Mistake, kind: Kind) -> None:
    with declared_by(way):
        refused_and_twin(mistake, kind)


def refused_and_twin(mistake: Mistake, kind: Kind) -> None:
    refused, twin = mistake.act(kind, mistake.at[kind.name])
    with pytest.raises(ValueRefused) as caught:
        refused()
    message, where = str(caught.value), says(mistake.says[0], kind)
    if mistake.act is handed:
        where = where.replace(r"fine\.source", r"coarse\.sink")
    assert re.search(where, message), message
    assert re.search(mistake.hint, message), message
    twin()


@pytest.mark.parametrize(("way", "count"), [("declared", (66, 60)), ("wrapped", (66, 60)), ("program", (65, 61))])
def test_every_cell_of_the_matrix_is_refused_or_declared_meaningless(way: str, count: tuple[int, int]) -> None:
    assert accounts(MISTAKES, WAYS[way]) == count
