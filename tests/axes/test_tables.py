"""Points from files: units in headers or cells, and every blemish named by file, line and column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
import pytest
from pyarrow import parquet

from bridge.axes.points import Points
from bridge.axes.read import read_axes
from bridge.axes.tables import needs_unit
from bridge.errors import BridgeError, ContractError, UnknownName


def points(path: Path, text: str | bytes, annotations: Mapping[str, Any] | None = None) -> Points:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_axes({}, annotations, file=path)[0]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "points.csv"


def test_a_row_is_a_point(path: Path) -> None:
    read = points(path, "temperature [K],stress (MPa),element,seed,porosity\n600,20,Cu,1,0.5\n900,20.5,Al,2,.25\n")
    assert read.dims == {"point": 2}
    assert [read.at(i) for i in range(2)] == [
        {"temperature": "600.0 K", "stress": "20.0 MPa", "element": "Cu", "seed": 1, "porosity": 0.5},
        {"temperature": "900.0 K", "stress": "20.5 MPa", "element": "Al", "seed": 2, "porosity": 0.25},
    ]
    assert read.columns["stress"].origin == {"file": "points.csv", "header": "stress (MPa)"}


def test_equal_values_of_a_column_are_one_value(path: Path) -> None:
    read = points(path, "t [K],e\n600,Cu\n900,Cu\n600,Al\n600,Cu\n")
    assert read.columns["t"].values.tolist() == [600.0, 900.0]
    assert read.places("t").tolist() == [0, 1, 0, 0]
    assert read.places("e").tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("x\n900 K\n0.95 kK\n", ["900.0 K", "950.0 K"]),
        ("x [-]\n1\n2\n", [1.0, 2.0]),
        ("x [1]\n1\n2\n", [1.0, 2.0]),
        ("x [m^2/s]\n1e-5\n2E-5\n", ["1e-05 m^2/s", "2e-05 m^2/s"]),
        ("x (m/(s K))\n1\n2\n", ["1.0 m/(s K)", "2.0 m/(s K)"]),
        ("\ufeffx [°C]\r\n20\r\n30\r\n", ["20.0 °C", "30.0 °C"]),
        ('x;y\n"a;b";1\nc;2\n', ["a;b", "c"]),
        ("x\ty\na, b\t1\nc\t2\n", ["a, b", "c"]),
        ('x,y\n"a, b",1\nc,2\n', ["a, b", "c"]),
        ("# made by hand\nx\n\n1\n2\n", [1, 2]),
        ("x [text]\n4H\n6H\n", ["4H", "6H"]),
        ("x\nAl\n316\n", ["Al", "316"]),
    ],
)
def test_what_a_column_means(path: Path, text: str, given: list[Any]) -> None:
    read = points(path, text)
    assert [read.at(i)["x"] for i in range(2)] == given


def test_a_column_is_read_as_its_parameter_is_annotated(path: Path) -> None:
    annotations = {"a": str, "b": float, "c": bool, "d": int}
    read = points(path, "a,b,c,d\n1,1,true,1\n2,2,False,2\n", annotations)
    assert [read.at(i) for i in range(2)] == [
        {"a": "1", "b": 1.0, "c": True, "d": 1},
        {"a": "2", "b": 2.0, "c": False, "d": 2},
    ]


def test_numbers_of_a_file_are_those_of_a_command_line(path: Path) -> None:
    read = points(path, "x [K]\n0.1\n.3\n1e3\n")
    assert read.columns["x"].values.tolist() == read_axes({"x": "0.1 K, .3 K, 1e3 K"})[0].columns["x"].values.tolist()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no points: write a line of names"),
        ("x [K]\n", "has no points"),
        ("# nothing\n\n", "has no points"),
        ("x,y\n1,2\n3\n", "line 3 has 1 cells, and the first line names 2."),
        ("x,y\n1,2\n\n3,4,5\n", "line 4 has 3 cells"),
        ("x,y\n1,2\n3,\n", "line 3, column 'y' is blank: every point has a value"),
        ("x,x\n1,2\n", "has column 'x' twice"),
        ("x [K],x [m]\n1,2\n", "has column 'x' twice"),
        ("x,\n1,2\n", "column 2: '' names no parameter. Write 'temperature [K]', or 'element'."),
        ("x / K\n1\n", "column 1: 'x / K' names no parameter"),
        ("2x\n1\n", "column 1: '2x' names no parameter"),
        ("x [Kk]\n1\n", "column 'x [Kk]': 'Kk' is not a unit"),
        ("x [K]\n1\nabc\n", "line 3, column 'x': 'abc' under 'x [K]': it is no number. Write a number alone."),
        ("x [K]\n1\n2 K\n", "line 3, column 'x': '2 K' under 'x [K]': its unit stands in the header already"),
        ("x [K]\n1\nnan\n", "line 3, column 'x': 'nan' under 'x [K]': it is no number"),
        ("x [K]\n1\n1_0\n", "'1_0' under 'x [K]': it is no number"),
        ("x [K]\n1\n1e999\n", "line 3, column 'x': '1e999' is out of the range"),
        ("x\n1\nn/a\n", "column 'x' has 'n/a' among its values"),
        ("x;y\n1,5;2\n", "line 2, column 'x': '1,5' has a decimal comma. Write '1.5'."),
        ("x\n900 K\n1 m\n", "'1 m' is not in K: [length] is not [temperature]."),
        ("x\n4H\n3C\n", "If these are texts, write the header as 'x [text]'."),
        ("x\n900 K\n950\n", "'950' has no unit. Write '950 K'."),
        ('x\n"a\nb"\n', "has a cell of several lines"),
        ('x\n"a\n', "is no table"),
        ("x [K]\n1°\n".encode("latin-1"), "is not UTF-8 text. Save it as UTF-8."),
    ],
)
def test_a_file_with_a_blemish_is_refused_by_name(path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(ContractError, match=re.escape(said)) as refused:
        points(path, text)
    assert str(path) in str(refused.value)
    assert "JSON" not in str(refused.value)


def test_a_column_that_is_no_parameter_of_the_flow(path: Path) -> None:
    with pytest.raises(UnknownName, match=r"the flow has no parameter 'temprature'\. Did you mean 'temperature'\?"):
        points(path, "temprature [K]\n1\n", {"temperature": str})


def test_a_column_beside_an_axis_of_that_name(path: Path) -> None:
    path.write_text("x [K]\n1\n")
    with pytest.raises(ContractError, match="parameter 'x' is varied twice"):
        read_axes({"x": "1 K, 2 K"}, file=path)


def test_a_file_that_is_not_there_or_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"there is no file '.*x\.csv' of points"):
        read_axes({}, file=tmp_path / "x.csv")
    (tmp_path / "x.xlsx").write_bytes(b"PK")
    with pytest.raises(ContractError, match=r"x\.xlsx is neither \.csv nor \.parquet"):
        read_axes({}, file=tmp_path / "x.xlsx")


def test_a_missing_unit_is_told_where_it_is_to_be_written(path: Path) -> None:
    column = points(path, "temperature\n600\n900\n").columns["temperature"]
    assert needs_unit(column, "creep.temperature", "K") == (
        "points.csv, column 'temperature': its numbers have no unit, and creep.temperature is in K. "
        "Write the header as 'temperature [K]'."
    )
    column = read_axes({"temperature": "600, 900, 1200"})[0].columns["temperature"]
    assert needs_unit(column, "creep.temperature", "K") == (
        "temperature has pure numbers, and creep.temperature is in K. Write their unit: temperature='600 K, 900 K, …'."
    )
    column = read_axes({"temperature": "600 .. 1200 : 7"})[0].columns["temperature"]
    assert needs_unit(column, "creep.temperature", "K") == (
        "temperature='600 .. 1200 : 7' has pure numbers, and creep.temperature is in K. Write K after each of them."
    )


# Parquet


def write(path: Path, **columns: Any) -> Path:
    """A Parquet file; a column given as (values, unit) has its unit as xarray and our own export write it."""
    fields, arrays = [], []
    for name, value in columns.items():
        values, unit = value if isinstance(value, tuple) else (value, None)
        arrays.append(values if isinstance(values, arrow.Array) else arrow.array(values))
        fields.append(arrow.field(name, arrays[-1].type, metadata={"units": unit} if unit is not None else None))
    parquet.write_table(arrow.Table.from_arrays(arrays, schema=arrow.schema(fields)), path)
    return path


def test_parquet_has_its_units_in_the_fields(tmp_path: Path) -> None:
    path = write(
        tmp_path / "points.parquet",
        temperature=(np.array([600.0, 900.0]), "K"),
        stress=(np.array([20, 40]), "MPa"),
        **{"grain_size [um]": np.array([50.0, 50.0], np.float32)},
        porosity=([0.5, 0.25], "1"),
        element=arrow.array(["Cu", "Al"]).dictionary_encode(),
        width=["1 nm", "20 angstrom"],
        seed=[1, 2],
        dry=[True, False],
    )
    read, _ = read_axes({}, file=path)
    assert [read.at(i) for i in range(2)] == [
        {
            "temperature": "600.0 K",
            "stress": "20.0 MPa",
            "grain_size": "50.0 um",
            "porosity": 0.5,
            "element": "Cu",
            "width": "1.0 nm",
            "seed": 1,
            "dry": True,
        },
        {
            "temperature": "900.0 K",
            "stress": "40.0 MPa",
            "grain_size": "50.0 um",
            "porosity": 0.25,
            "element": "Al",
            "width": "2.0 nm",
            "seed": 2,
            "dry": False,
        },
    ]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"x": ([1.0, None], "K")}, "column 'x' has 1 missing values"),
        ({"x": ([1.0, float("nan")], "K")}, "column 'x' is nan at place 1"),
        ({"x": ([1.0], "Kk")}, "column 'x': 'Kk' is not a unit"),
        ({"x": (["a"], "K")}, "column 'x' has texts in a unit"),
        ({"x": ([True], "K")}, "column 'x' holds bool in 'K'"),
        ({"x": np.array([], float)}, "has no points: its columns are empty"),
        ({"x y": [1.0]}, "'x y' names no parameter"),
    ],
)
def test_parquet_with_a_blemish_is_refused_by_name(tmp_path: Path, columns: dict[str, Any], said: str) -> None:
    with pytest.raises(ContractError, match=re.escape(said)):
        read_axes({}, file=write(tmp_path / "points.parquet", **columns))


def test_what_is_called_parquet_and_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_text("x\n1\n")
    with pytest.raises(ContractError, match="is no Parquet file"):
        read_axes({}, file=tmp_path / "x.parquet")


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x.parquet", x=[1.0])
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(BridgeError, match=r"pip install 'scalebridge\[export\]', or write points as \.csv"):
        read_axes({}, file=path)
