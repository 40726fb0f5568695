"""Documents of chains are read as they were written."""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.chain.plain import document as d
from bridge.chain.plain.form import document_of
from bridge.chain.plain.writing import text_of

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,12}", fullmatch=True)
PARAMETERS = st.from_regex(r"[a-z][a-z0-9_]{0,8}x", fullmatch=True)
STAGES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.=+ -]{0,12}", fullmatch=True)
TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=30) | st.text(
    "ab\n\t: #-'\"{}[]&*!|>%@`,?~\\", max_size=30
)
NUMBERS = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.booleans() | NUMBERS | TEXTS
LITERALS = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4), max_leaves=6)
ROWS = st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.integers(-9, 9), max_size=5)
GIVEN = st.builds(d.Given, PARAMETERS)
VALUES = st.builds(
    d.Values,
    ROWS | st.lists(ROWS, min_size=1, max_size=3),
    st.sampled_from(["1", "K", "m^2/s"]),
    st.sampled_from([None, "float32", "complex128"]),
    st.none() | st.tuples(st.integers(0, 3), st.integers(0, 3)),
)
DIGESTS = st.none() | st.just("0" * 64)
BYTES = st.builds(
    d.Bytes,
    st.sampled_from(["text/csv", "text/plain", "image/png", "a/b"]),
    st.binary(max_size=99) | TEXTS.map(str.encode),
    picture=st.booleans(),
) | st.builds(d.Bytes, st.none() | st.just("text/csv"), path=TEXTS, blake3=DIGESTS)
JSON = st.recursive(
    SCALARS | st.none(),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(TEXTS.filter(bool), x, max_size=3),
    max_leaves=6,
)
ATOMS = st.builds(
    d.Atoms,
    st.dictionaries(NAMES, VALUES.filter(lambda v: v.unit == "1"), max_size=3),
    st.dictionaries(NAMES, JSON, max_size=3),
)
SINGLE = LITERALS | GIVEN | VALUES | BYTES | ATOMS | st.builds(d.Beside, TEXTS, st.just("K"), DIGESTS)
WIRES = st.builds(d.From, TEXTS, st.none() | TEXTS, st.none() | TEXTS | GIVEN)
PARTS = SINGLE | WIRES
OPTIONS = st.fixed_dictionaries(
    {}, optional={"tolerance": TEXTS | GIVEN, "noisy": st.booleans(), "retries": st.integers(0, 9)}
)
GROUPS = st.dictionaries(NAMES, PARTS, max_size=2)
COMPOUND = st.one_of(
    PARTS,
    st.builds(d.Stacked, st.lists(PARTS, max_size=3).map(tuple), NAMES, st.none() | st.tuples(TEXTS, TEXTS)),
    st.builds(d.Fields, st.dictionaries(NAMES, PARTS, max_size=3)),
)


@st.composite
def documents(draw: st.DrawFn) -> d.Document:
    """Documents of every form, whatever models there are."""
    parameters = {}
    for name in draw(st.lists(PARAMETERS, max_size=3, unique=True)):
        default = draw(SCALARS)
        known = {str: "str", bool: "bool", int: "int", float: "float"}[type(default)]
        parameters[name] = draw(
            st.sampled_from([d.Parameter(known, default), d.Parameter("any", default), d.Parameter(known)])
        )
    stages = []
    for name in draw(st.lists(STAGES, min_size=1, max_size=3, unique=True)):
        closing = st.builds(d.Closure, TEXTS | GIVEN, GROUPS, st.just({}), OPTIONS)
        inputs = draw(st.dictionaries(NAMES, COMPOUND | closing, max_size=3))
        told = draw(
            st.fixed_dictionaries({}, optional={"retries": st.integers(0, 5), "accept": st.lists(NAMES, max_size=2)})
        )
        numerics = {
            f"{key}_": value
            for key, value in draw(st.dictionaries(NAMES, SINGLE, max_size=2)).items()
            if f"{key}_" not in inputs
        }
        stages.append(d.PlainStage(name, draw(TEXTS.filter(bool) | GIVEN), inputs, numerics, told))
    known_to_all = {
        one.parameter
        for s in stages
        for value in [s.model, *(v for _, v in s.given())]
        for one in d.inside(value)
        if isinstance(one, d.Given)
    }
    parameters |= {name: d.Parameter("str") for name in known_to_all if name not in parameters}
    return d.Document(
        draw(NAMES), parameters, tuple(stages), draw(TEXTS), draw(st.dictionaries(NAMES, SCALARS, max_size=2))
    )


@settings(max_examples=int(os.environ.get("EXAMPLES", "60")))
@given(documents())
def test_a_document_is_read_as_it_was_written(document: d.Document) -> None:
    assert document_of(text_of(document).encode(), "test.yaml") == document
