"""Points: arithmetic in place of lists, and the same points after storing and fetching."""

from __future__ import annotations

import itertools
import json
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.axes.points import Column, Group, Points, alone, check_count, distinct, points_from, product
from bridge.axes.read import read_axes
from bridge.errors import ContractError


def texts(*values: str) -> np.ndarray:
    made = np.empty(len(values), object)
    made[:] = values
    return made


FLOATS = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6, unique_by=lambda x: x + 0.0)
COLUMNS = st.one_of(
    FLOATS.map(lambda v: (np.array(v) + 0.0, "m^2/s")),
    FLOATS.map(lambda v: (np.array(v) + 0.0, "")),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=6, unique=True).map(
        lambda v: (np.array(v, np.int64), None)
    ),
    st.lists(st.booleans(), min_size=1, max_size=2, unique=True).map(lambda v: (np.array(v), None)),
    st.lists(st.text(alphabet=st.characters(exclude_categories=())), min_size=1, max_size=6, unique=True).map(
        lambda v: (texts(*v), None)
    ),
)


@st.composite
def some_points(draw: Any) -> Points:
    names = iter("abcdefghij")
    groups = []
    for g in range(draw(st.integers(1, 3))):
        size = draw(st.integers(1, 5))
        columns, index = [], []
        for _ in range(draw(st.integers(1, 3))):
            values, unit = draw(COLUMNS)
            written = tuple(draw(st.lists(st.text(), min_size=len(values), max_size=len(values))))
            kept = written if draw(st.booleans()) else None
            gives = draw(st.sampled_from(["number", "text"]))
            columns.append(Column(next(names), values, unit, kept, {"grid": "…", "n": [1, None]}, gives))
            index.append(np.array(draw(st.lists(st.integers(0, len(values) - 1), min_size=size, max_size=size)), "i4"))
        groups.append(Group(f"dim{g}", size, tuple(columns), tuple(index)))
    return product(groups)


@settings(max_examples=150)
@given(some_points())
def test_stored_points_come_back_to_the_bit(points: Points) -> None:
    arrays, about = points.arrays()
    assert all(array.dtype.kind in "fibu" for array in arrays.values())
    back = points_from({name: array.copy() for name, array in arrays.items()}, json.loads(json.dumps(about)))
    assert back.dims == points.dims
    for before, after in zip(points.groups, back.groups, strict=True):
        for one, other in zip(before.columns, after.columns, strict=True):
            assert (one.name, one.unit, one.texts, one.origin, one.gives) == (
                (other.name, other.unit, other.texts, other.origin, other.gives)
            )
            assert one.values.dtype == other.values.dtype
            assert [repr(x) for x in one.values] == [repr(x) for x in other.values]
        assert all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(before.index, after.index, strict=True))
    assert [back.at(i) for i in range(back.size)] == [points.at(i) for i in range(points.size)]


@settings(max_examples=100)
@given(some_points())
def test_points_are_the_product_of_their_groups_the_last_varying_fastest(points: Points) -> None:
    along = [range(group.size) for group in points.groups]
    combinations = list(itertools.product(*along))
    assert points.size == len(points) == len(combinations)
    for g, group in enumerate(points.groups):
        for column, index in zip(group.columns, group.index, strict=True):
            expected = [int(index[places[g]]) for places in combinations]
            assert points.places(column.name).tolist() == expected
            assert points.places(column.name).dtype == np.int32
            assert points.places(column.name, 1, points.size + 5).tolist() == expected[1:]
            assert [points.at(i)[column.name] for i in range(points.size)] == [column.parameter(i) for i in expected]
    json.dumps(points.describe())


def test_what_a_flow_receives() -> None:
    floats, ints = np.array([600.0, 1e-05]), np.array([0, 7])
    assert [Column("t", floats, "K").parameter(i) for i in (0, 1)] == ["600.0 K", "1e-05 K"]
    assert Column("t", floats, "").parameter(0) == 600.0
    assert Column("t", floats, "", gives="text").parameter(0) == "600.0"
    assert type(Column("n", ints).parameter(1)) is int
    assert Column("n", ints, gives="text").parameter(1) == "7"
    assert Column("b", np.array([True])).parameter(0) is True
    assert Column("e", texts("Cu")).parameter(0) == "Cu"


def test_what_people_read() -> None:
    assert [Column("t", np.array([600.0, 1e-05]), "K").text(i) for i in (0, 1)] == ["600 K", "1e-05 K"]
    assert Column("t", np.array([40.0]), "MPa", ("0.04 GPa",)).text(0) == "0.04 GPa"
    assert Column("b", np.array([True, False])).text(1) == "false"


def test_a_long_column_is_described_by_its_ends() -> None:
    column = Column("t", np.arange(100.0), "K", None, {"grid": "0 K .. 99 K : 100"})
    assert column.describe() == {
        "name": "t",
        "distinct": 100,
        "origin": {"grid": "0 K .. 99 K : 100"},
        "unit": "K",
        "lowest": "0 K",
        "highest": "99 K",
    }


def test_distinct_values_keep_the_order_they_came_in() -> None:
    values, index = distinct(np.array([3.0, 1.0, 3.0, 2.0, 1.0]))
    assert values.tolist() == [3.0, 1.0, 2.0]
    assert index.tolist() == [0, 1, 0, 2, 1]
    values, index = distinct(texts("b", "a", "b"))
    assert (list(values), index.tolist()) == (["b", "a"], [0, 1, 0])


def test_a_point_that_is_not_there() -> None:
    points = product([alone(Column("n", np.arange(3)))])
    assert points.at(-1) == {"n": 2}
    with pytest.raises(IndexError, match="there is no point 3: the sweep has 3"):
        points.at(3)


def test_a_name_twice_is_refused() -> None:
    group = alone(Column("n", np.arange(3)))
    with pytest.raises(ContractError, match="dimension 'n' is varied twice"):
        product([group, group])
    with pytest.raises(ContractError, match="parameter 'n' is varied twice"):
        product([group, alone(Column("n", np.arange(3)), "m")])


def test_too_many_points_are_refused_with_their_count_before_anything_is_made() -> None:
    with pytest.raises(ContractError) as refused:
        read_axes({"a": "0..9", "b": "1 K .. 2 K : 10", "c": "0..9999999"})
    assert "10 (a) × 10 (b) × 10,000,000 (c) = 1,000,000,000 points are more than 1,000,000." in str(refused.value)
    assert "--points-limit 1000000000" in str(refused.value)
    with pytest.raises(ContractError, match="1,000,000,000,000,000,000 points"):
        read_axes({"a": f"0..{10**18 - 1}"})
    check_count({"a": 10**9}, limit=10**9)


def test_a_million_points_cost_their_places_alone() -> None:
    read_axes({"a": "1 K, 2 K"})  # whatever is imported
    tracemalloc.start()
    try:
        points, _ = read_axes({"a": "600 K .. 1200 K : 100", "b": "1 MPa .. 2 MPa : 100", "c": "0..99"})
        places = [points.places(name) for name in "abc"]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [len(p) for p in places] == [10**6] * 3
    assert peak < 13e6  # three times four bytes a point, and the axes
