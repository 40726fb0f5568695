"""From what people write to the points of a sweep: dimensions, zipped axes, samples, Python's values."""

from __future__ import annotations

import enum
import itertools
import re
from typing import Annotated, Any, Literal

import numpy as np
import pytest

from bridge import Normal, Q, Uniform, samples, table, zipped
from bridge.axes.read import read_axes
from bridge.axes.values import plain
from bridge.errors import BridgeError, ContractError, UnknownName


class Metal(enum.Enum):
    copper = "Cu"
    aluminium = "Al"


def every(points: Any) -> list[dict[str, Any]]:
    return [points.at(i) for i in range(points.size)]


def test_axes_are_combined_and_what_is_single_is_fixed() -> None:
    points, fixed = read_axes({"t": "600 K, 900 K", "element": "Cu", "n": "0..2"})
    assert points.dims == {"t": 2, "n": 3}
    assert fixed == {"element": "Cu"}
    assert every(points) == [{"t": t, "n": n} for t, n in itertools.product(["600.0 K", "900.0 K"], range(3))]


def test_zipped_axes_are_one_dimension() -> None:
    written = {"t": "600 K, 900 K, 600 K", "seed": "0..1", "s": "1 MPa .. 3 MPa : 3"}
    points, _ = read_axes(written, zip=["t,s"])
    assert points.dims == {"t_s": 3, "seed": 2}
    assert [points.at(i) for i in (0, 2, 4)] == [
        {"t": "600.0 K", "s": "1.0 MPa", "seed": 0},
        {"t": "900.0 K", "s": "2.0 MPa", "seed": 0},
        {"t": "600.0 K", "s": "3.0 MPa", "seed": 0},
    ]
    again, _ = read_axes({"seed": range(2)}, designs=[zipped(t=["600 K", "900 K", "600 K"], s=Q([1, 2, 3], "MPa"))])
    assert every(again)[::2] == [points.at(i) for i in (0, 2, 4)]


def test_samples_grids_and_replicates_are_combined() -> None:
    written = {"t": "900 K ± 10 K", "g": "1 nm, 2 nm", "s": "1 MPa .. 2 MPa", "seed": "0..2"}
    points, _ = read_axes(written, sampler="latin", samples=5, seed=1)
    assert points.dims == {"sample": 5, "g": 2, "seed": 3}
    assert points.columns["s"].origin["distribution"] == "uniform(1 MPa, 2 MPa)"
    design = samples(5, sampler="latin", seed=1, t=Normal("900 K", "10 K"), s="1 MPa .. 2 MPa")
    same, _ = read_axes({"g": "1 nm, 2 nm", "seed": "0..2"}, designs=[design])
    assert every(same) == [{"t": p["t"], "s": p["s"], "g": p["g"], "seed": p["seed"]} for p in every(points)]


def test_samples_without_a_sampler_are_of_the_sobol_sequence() -> None:
    points, _ = read_axes({"t": "1 nm .. 1 um log"}, samples=8)
    assert points.columns["t"].origin["sampler"] == "sobol"
    assert points.columns["t"].origin["distribution"] == "loguniform(1 nm, 1000 nm)"


def test_pure_numbers_that_are_drawn_reach_a_flow_as_it_is_annotated() -> None:
    points, _ = read_axes({"a": "0.5 ± 0.1", "b": "0.5 ± 0.1"}, {"a": str, "b": float}, samples=2)
    given = points.at(0)
    assert (type(given["a"]), type(given["b"])) == (str, float)
    assert float(given["a"]) == points.columns["a"].values[0]


def test_a_dimension_has_no_name_that_a_parameter_has(tmp_path: Any) -> None:
    points, _ = read_axes({"sample": "0..1", "t": Uniform(0, 1)}, samples=4)
    assert points.dims == {"sample": 2, "sample_dim": 4}
    points, _ = read_axes({"a": "0..1", "b": "0..1", "a_b": "0..2"}, zip=["a,b"])
    assert points.dims == {"a_b_dim": 2, "a_b": 3}
    (tmp_path / "p.csv").write_text("point\n1\n1\n")
    points, _ = read_axes({}, designs=[table(tmp_path / "p.csv")])
    assert points.dims == {"point": 2}


def test_what_python_has_for_values() -> None:
    written = {
        "array": Q(np.linspace(600, 1200, 7), "K"),
        "whole": Q(np.array([1, 2]), "um"),
        "quantities": [Q(1, "m"), Q("20 cm"), "3 mm"],
        "numbers": [0.5, 1],
        "ints": np.array([1, 2], np.uint8),
        "range": range(4, 0, -2),
        "bools": [True, False],
        "texts": ["20 MPa", "40 MPa"],
        "verbatim": np.array(["4H", "6H"]),
        "members": list(Metal),
        "one": ["Cu"],
        "scalar": Q(5, "K"),
        "member": Metal.copper,
        "zero": np.array(3.0),
    }
    points, fixed = read_axes(written)
    columns = points.columns
    given = {name: [c.parameter(i) for i in range(len(c))][:3] for name, c in columns.items()}
    assert given == {
        "array": ["600.0 K", "700.0 K", "800.0 K"],
        "whole": ["1.0 µm", "2.0 µm"],
        "quantities": ["1.0 m", "0.2 m", "0.003 m"],
        "numbers": [0.5, 1.0],
        "ints": [1, 2],
        "range": [4, 2],
        "bools": [True, False],
        "texts": ["20.0 MPa", "40.0 MPa"],
        "verbatim": ["4H", "6H"],
        "members": ["Cu", "Al"],
        "one": ["Cu"],
    }
    assert list(fixed) == ["scalar", "member", "zero"]
    assert (columns["array"].unit, columns["numbers"].unit, columns["ints"].unit) == ("K", "", None)


def test_python_and_the_command_line_mean_the_same_points() -> None:
    one, _ = read_axes({"t": "600 K .. 1200 K : 7", "s": "20 MPa, 40 MPa", "n": "0..9"})
    other, _ = read_axes({"t": Q(np.linspace(600, 1200, 7), "K"), "s": ["20 MPa", "40 MPa"], "n": range(10)})
    assert every(one) == every(other)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "x is an empty axis"),
        (np.array([]), "x has shape (0,)"),
        (np.zeros((2, 2)), "x has shape (2, 2): an axis is an array of one dimension"),
        (range(0), "x=range(0, 0) is an empty axis"),
        ([1.0, float("nan")], "x: nan is no finite number"),
        (np.array([1.0, np.inf]), "x is inf at place 1"),
        (Q(np.array([1.0, np.nan]), "K"), "x is nan at place 1"),
        (np.array([1j, 2]), "x is an array of complex128"),
        ([Q(1, "K"), Q(1, "m")], "'1.0 m' is not in K"),
        ([Q(1, "K"), 2], "'2' has no unit. Write '2 K'."),
        ([1, 1], "x has 1 twice. Take one of them out."),
        (["Cu", "Al", "Cu"], "x has Cu twice"),
        ("20 MPa, 0.02 GPa", "x has 20 MPa twice"),
        ([None, 1], "x has a value of type NoneType"),
        ([True, 1], "x has values of several kinds: bool, int"),
        ([Metal.copper, "Al"], "x has values of several kinds: Metal, str"),
        ([2**63, 1], "whole numbers of an axis stay below 2^63"),
        (np.array([2**63], np.uint64), "whole numbers of an axis stay below 2^63"),
        ({1, 2}, "x is a set, whose values have no order. Write a list."),
        (iter([1]), "x is a list_iterator, whose values have no order"),
    ],
)
def test_values_that_are_no_axis(value: Any, said: str) -> None:
    with pytest.raises(ContractError, match=re.escape(said)):
        read_axes({"x": value})


@pytest.mark.parametrize(
    ("written", "options", "said"),
    [
        ({"t": "900 K"}, {}, "nothing is varied. Write an axis"),
        ({}, {}, "nothing is varied"),
        ({"t": "900 K ± 10 K"}, {}, "t is the distribution 900 K ± 10 K: samples are drawn of it. Write --samples"),
        ({"t": "6 K .. 9 K"}, {}, "is a range without a count. Write '6 K .. 9 K : 7', or draw samples of it"),
        ({"t": "6 K .. 9 K log"}, {}, "Write '6 K .. 9 K : 7 log'"),
        ({"t": "0..9"}, {"samples": 8}, "there is nothing to draw samples of"),
        ({"t": "0..9"}, {"sampler": "latin"}, "'latin' is not told how many samples to draw. Write --samples 1024."),
        ({"t": "1 K ± 1 K"}, {"samples": 9}, "Write --samples 8 or --samples 16"),
        ({"t": "1 K ± 1 K"}, {"samples": 9, "sampler": "halton"}, "no sampler is named 'halton'"),
        ({"t": "0..9", "s": "0..8"}, {"zip": ["t,s"]}, "equally many values, and t has 10, s has 9."),
        ({"t": "0..9", "s": "1"}, {"zip": ["t,s"]}, "s cannot be zipped: it is one value"),
        ({"t": "0..9", "s": "1 K ± 1 K"}, {"zip": ["t,s"], "samples": 8}, "it is the distribution 1 K ± 1 K"),
        ({"t": "0..9", "s": "0..9"}, {"zip": ["t,x"]}, "--zip names 'x', which is not given. Known: s, t."),
        ({"t": "0..9"}, {"zip": ["t"]}, "--zip 't' names no two axes"),
        ({"t": "0..9"}, {"zip": ["t,t"]}, "--zip 't,t' names no two axes"),
        ({"t": "0..9", "s": "0..9", "u": "0..9"}, {"zip": ["t,s", "s,u"]}, "'s' is zipped twice"),
        ({"t": "0..9"}, {"designs": [zipped(t=[1, 2], s=[1, 2])]}, "parameter 't' is varied twice"),
        ({}, {"designs": [["600 K"]]}, "['600 K'] is no axis. Write axes by name"),
        ({}, {"designs": [samples(4, t="900 K")]}, "t is one value, and no distribution"),
        ({}, {"designs": [samples(4, t="0..9")]}, "t is 10 values, and no distribution"),
    ],
)
def test_what_does_not_go_together(written: dict[str, Any], options: dict[str, Any], said: str) -> None:
    with pytest.raises(BridgeError, match=re.escape(said)):
        read_axes(written, **options)


@pytest.mark.parametrize("name", ["temprature", "tempereture"])
def test_a_name_that_the_flow_does_not_have(name: str) -> None:
    with pytest.raises(UnknownName, match=f"the flow has no parameter '{name}'. Did you mean 'temperature'?"):
        read_axes({name: "1 K, 2 K"}, {"temperature": str, "stress": str})


def test_designs_are_refused_where_they_are_made() -> None:
    with pytest.raises(ContractError, match="zipped takes two axes at least"):
        zipped(t=[1])
    with pytest.raises(ContractError, match="Write --samples 4 or --samples 8"):
        samples(6, t="900 K ± 10 K")
    with pytest.raises(ContractError, match="samples are drawn from distributions"):
        samples(8)


def test_annotations_are_taken_at_their_plain_type() -> None:
    assert [plain(a) for a in ("bool", bool, bool | None, Annotated[int, "K"], Metal)] == [bool, bool, bool, int, Metal]
    assert [plain(a) for a in (None, "Any", int | str, list[int])] == [None, None, None, None]
    points, _ = read_axes({"steel": "304, 316"}, {"steel": Literal["304", "316"]})
    assert every(points) == [{"steel": "304"}, {"steel": "316"}]
    points, _ = read_axes({"dry": "true, false"}, {"dry": "bool"})
    assert every(points) == [{"dry": True}, {"dry": False}]
