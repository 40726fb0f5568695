"""The mistakes that are refused before anything runs, at every kind of port: the matrix of test_mistakes.py."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from kinds_of_port import (
    KINDS,
    PNG,
    Floats,
    Kind,
    Mistake,
    cell_like,
    cell_literal,
    copper,
    everywhere,
    matrix,
    none_at,
    sink,
    source,
)

from bridge import File, Q, Within, registry, stack, stage
from bridge.chain.values import UnknownPort
from bridge.errors import ContractError, MissingInput, UnknownName
from bridge.models import model_of

BOTH_ENDS = ("fine.source.x", "coarse.sink.x")
PORT = ("coarse.sink.x",)
WALKERS = ("walker", "xyz=3")
NOT_A_NUMBER = ("bool", "str", "Enum", "Literal", "Atoms", "File", "Picture")


# What makes a mistake: a flow that makes it, and the twin that does not


def wired(kind: Kind, wrong: Any) -> Any:
    """A source whose output is annotated otherwise; the twin has the port's own annotation."""

    def flow(annotation: Any) -> None:
        x = stage(source(annotation)).submit().x
        stage(sink(kind.annotation)).submit(x=x)

    return lambda: flow(wrong), lambda: flow(kind.annotation)


def written(kind: Kind, wrong: Any) -> Any:
    """A literal that does not fit; the twin's does."""

    def flow(value: Any) -> None:
        stage(sink(kind.annotation, setting=kind.setting)).submit(x=value)

    return lambda: flow(wrong), lambda: flow(kind.literal)


def misspelt_input(kind: Kind, _: Any) -> Any:
    used = stage(sink(kind.annotation, setting=kind.setting))
    return lambda: used.submit(xx=kind.literal), lambda: used.submit(x=kind.literal)


def misspelt_output(kind: Kind, _: Any) -> Any:
    used, next_one = stage(source(kind.annotation)), stage(sink(kind.annotation))
    return lambda: next_one.submit(x=used.submit().xx), lambda: next_one.submit(x=used.submit().x)


def misspelt_model(kind: Kind, _: Any) -> Any:
    def flow(name: str) -> None:
        stage(name).submit(x=kind.literal)

    known = {"coarse.sink": sink(kind.annotation, setting=kind.setting)}
    return registered(known, lambda: flow("coarse.sinc")), registered(known, lambda: flow("coarse.sink"))


def registered(known: dict[str, Any], flow: Any) -> Any:
    """Run a flow where just these models are installed."""

    def run() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(registry, "_entries", lambda: known)
            patch.setattr(registry, "_load", lambda name: model_of(known[name]))
            flow()

    return run


def misspelt_setting(kind: Kind, _: Any) -> Any:
    used = stage(sink(kind.annotation, setting=True))
    return lambda: used.submit(x_=kind.literal), lambda: used.submit(x=kind.literal)


def nothing_given(kind: Kind, _: Any) -> Any:
    used = stage(sink(kind.annotation, setting=kind.setting))
    return lambda: used.submit(), lambda: used.submit(x=kind.literal)


def setting_wired(kind: Kind, _: Any) -> Any:
    used, numerics = stage(source(kind.annotation)), stage(sink(kind.annotation, setting=True))
    return lambda: numerics.submit(x=used.submit().x), lambda: numerics.submit(x=kind.literal)


def listed(kind: Kind, stacks: Any) -> Any:
    """A list of values not computed yet; the twin of an array port stacks them, else hands one of them over."""
    row = Annotated[Floats, *kind.annotation.__metadata__[:-2], ("xyz=3",)] if stacks else kind.annotation
    used, next_one = stage(source(row)), stage(sink(kind.annotation))

    def twin() -> None:
        x = used.submit().x
        next_one.submit(x=stack([x, x], dim="walker") if stacks else x)

    return lambda: next_one.submit(x=[used.submit().x, used.submit().x]), twin


UNIT_OF = {
    **none_at("a count has no unit", "int"),
    **none_at("only numbers and arrays have a unit", *NOT_A_NUMBER),
}
PURE = {
    **none_at("a pure number is written bare", "float", "array"),
    **none_at("a count is written bare", "int"),
    **none_at("it is not a number", *NOT_A_NUMBER),
}
NO_WIRE = none_at("a setting takes no wire at all, which is a mistake of its own", "setting")
NO_DIMS = none_at("it has no dimensions that a literal or a wire could get wrong", *NOT_A_NUMBER)
THINGS = ("bool", "str", "Atoms", "File", "Picture")

MISTAKES = [
    Mistake(
        "incompatible unit on a wire",
        ContractError,
        BOTH_ENDS,
        r"\[length\] is not \[(temperature|dimensionless)\]\.|\[time\] is not \[length\]\.",
        wired,
        {
            "float [K]": Annotated[float, "m"],
            "float": Annotated[float, "m"],
            "array [K]": Annotated[Floats, "m", WALKERS],
            "array": Annotated[Floats, "m", WALKERS],
            "record": cell_like(edge=Annotated[float, "s"]),
        },
        UNIT_OF | NO_WIRE,
    ),
    Mistake(
        "incompatible unit of a literal",
        ContractError,
        PORT,
        r"\[(length|time)\] is not \[\w+\]\..* Write \w+=",
        written,
        {
            "float [K]": "3 m",
            "float": "3 m",
            "array [K]": Q(matrix(3), "m"),
            "array": Q(matrix(3), "m"),
            "record": cell_literal(edge="3 s"),
            "setting": Q(3, "m"),
        },
        UNIT_OF,
    ),
    Mistake(
        "bare number",
        ContractError,
        PORT,
        r"is in \w+, got (the bare number 900|bare numbers)\. Write \w+=",
        written,
        {
            "float [K]": 900,
            "array [K]": matrix(900),
            "record": cell_literal(edge=900),
            "setting": 900,
        },
        PURE,
    ),
    Mistake("unknown input", UnknownName, ("coarse.sink",), "Did you mean 'x'", misspelt_input, everywhere()),
    Mistake(
        "unknown output",
        UnknownPort,
        ("fine.source",),
        "Did you mean 'x'",
        misspelt_output,
        {name: None for name in KINDS if name != "setting"},
        none_at("a setting is an input", "setting"),
    ),
    Mistake("unknown model", UnknownName, ("coarse.sinc",), "Did you mean 'coarse.sink'", misspelt_model, everywhere()),
    Mistake("unknown setting", UnknownName, ("coarse.sink",), "Did you mean 'x'", misspelt_setting, everywhere()),
    Mistake("missing input", MissingInput, PORT, "Write x=", nothing_given, everywhere()),
    Mistake(
        "wrong type of a literal",
        ContractError,
        PORT,
        r"Write \w+=",
        written,
        {
            "float [K]": True,
            "float": None,
            "int": 7.0,
            "bool": 1,
            "str": 5,
            "Enum": 5,
            "Literal": None,
            "array [K]": {900, 901},
            "array": None,
            "record": "3.6 angstrom",
            "Atoms": "Cu2",
            "File": "table.csv",
            "Picture": File(PNG, "image/png"),
            "setting": ["900 K"],
        },
    ),
    Mistake(
        "wrong type on a wire",
        ContractError,
        BOTH_ENDS,
        " is not |it has no field",
        wired,
        {
            "float [K]": str,
            "float": bool,
            "int": float,
            "bool": int,
            "str": Literal["Cu"],
            "Enum": Literal["fcc", "hcp"],
            "Literal": str,
            "array [K]": Annotated[np.ndarray[Any, np.dtype[np.complex128]], "K", WALKERS],
            "array": float,
            "record": cell_like(charges=None),
            "Atoms": File,
            "File": Annotated[File, "text/plain"],
            "Picture": Annotated[File, "image/png"],
        },
        NO_WIRE,
    ),
    Mistake(
        "wrong dimensions on a wire",
        ContractError,
        BOTH_ENDS,
        "name and order them alike|elements there and 3 here| is not ",
        wired,
        {
            "float [K]": Annotated[Floats, "K", ("walker",)],
            "float": Annotated[Floats, ("walker",)],
            "int": Annotated[np.ndarray[Any, np.dtype[np.int64]], ("walker",)],
            "array [K]": Annotated[Floats, "K", ("xyz", "walker")],
            "array": Annotated[Floats, ("walker", "xyz=2")],
            "record": cell_like(sites=Annotated[Floats, "angstrom", ("atom", "xyz=3")]),
        },
        NO_DIMS | NO_WIRE,
    ),
    Mistake(
        "wrong dimensions of a literal",
        ContractError,
        PORT,
        r"has the dimensions \(.*\), but was given shape|has 3 elements, but was given|Write x=",
        written,
        {
            "float [K]": Q([900, 901], "K"),
            "float": [0.1, 0.2],
            "int": [1, 2],
            "array [K]": Q([900, 901], "K"),
            "array": np.full((2, 2), 0.5),
            "record": cell_literal(sites=Q([0, 0, 0], "angstrom")),
            "setting": Q([900], "K"),
        },
        NO_DIMS,
    ),
    Mistake(
        "literal outside the validity range",
        ContractError,
        PORT,
        "valid between|Did you mean 'bcc'",
        written,
        {
            "float [K]": "1501 K",
            "float": 1.01,
            "int": 0,
            "Enum": "hbcc",
            "Literal": "hbcc",
            "array [K]": Q(matrix(900, bad=199), "K"),
            "array": matrix(0.5, bad=-0.1),
            "record": cell_literal(edge="2 nm"),
            "setting": "-200 degC",
        },
        none_at("every value of its type is valid", *THINGS),
    ),
    Mistake(
        "literal that is not finite",
        ContractError,
        PORT,
        "finite",
        written,
        {
            "float [K]": Q(math.nan, "K"),
            "float": math.inf,
            "array [K]": Q(matrix(900, bad=math.nan), "K"),
            "array": matrix(0.5, bad=-math.inf),
            "record": cell_literal(edge=Q(math.inf, "angstrom")),
            "Atoms": (lambda atoms: atoms.positions.__setitem__((1, 2), math.nan) or atoms)(copper()),
            "setting": Q(-math.inf, "K"),
        },
        none_at("no value of its type is infinite", "int", "bool", "str", "Enum", "Literal", "File", "Picture"),
    ),
    Mistake(
        "disjoint validity ranges on a wire",
        ContractError,
        BOTH_ENDS,
        "no value fits both| is not one of fcc, bcc",
        wired,
        {
            "float [K]": Annotated[float, "degC", Within(-270, -200)],
            "float": Annotated[float, "%", Within(101, 200)],
            "int": Annotated[int, Within(101, 200)],
            "Enum": Literal["hcp"],
            "Literal": Literal["hcp"],
            "array [K]": Annotated[Floats, "kK", WALKERS, Within(2, 3)],
            "array": Annotated[Floats, WALKERS, Within(-2, -1)],
            "record": cell_like(edge=Annotated[float, "nm", Within(2, 3)]),
        },
        none_at("every value of its type is valid", *THINGS) | NO_WIRE,
    ),
    Mistake(
        "setting wired from a stage",
        ContractError,
        BOTH_ENDS,
        "it is a setting, .* Write its value in the flow, or declare x before the star",
        setting_wired,
        everywhere(),
    ),
    Mistake(
        "list of values not computed yet",
        ContractError,
        PORT,
        r"Write stack\(\[…\], dim='…'\)",
        listed,
        {name: name.startswith("array") for name in KINDS if name != "setting"},
        NO_WIRE,
    ),
]
