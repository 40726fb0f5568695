"""Functions from anywhere become models: what they are called with, and what they give back."""

from __future__ import annotations

import functools
import math
import operator
from collections import namedtuple
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Annotated, Any, Protocol

import numba
import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats
from ase import Atoms
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from bridge import File, Q, Scale, Within, check, closure, model, stage, wrap
from bridge.errors import ContractError, DeclarationError, ValueRefused
from bridge.models import model_of
from bridge.testing import check_model

ROW = ("m", ("place",))


def lindemann(distance, frequency, mass, ratio=0.08):
    """Temperature at which atoms vibrate by `ratio` of their distance (Lindemann 1910).

    T = m (2 π f r d)² / (3 k)
    """
    return mass * (2 * math.pi * frequency * ratio * distance) ** 2 / (3 * 1.380649e-23)


class Line:
    """A straight line."""

    def __init__(self, slope: float) -> None:
        self.slope, self.calls = slope, 0

    def __call__(self, x: float) -> float:
        self.calls += 1
        return self.slope * x + 10 * (self.calls - 1)

    def at(self, x: float, *, digits: int = 15) -> float:
        """Where it is."""
        return round(self.slope * x, digits)

    @classmethod
    def unit(cls, x: float) -> float:
        """The line of slope one."""
        return cls(1.0)(x)


@numba.njit
def compiled(x, y=2.0):
    return x * y


MELT = wrap(
    lindemann,
    inputs={"distance": "m", "frequency": "Hz", "mass": "kg", "ratio": "1"},
    outputs={"temperature": ("K", Within(0))},
    name="melting.lindemann",
    scale=Scale("lattice", length="1 nm .. 100 nm"),
)
COPPER = {"distance": "2.55 angstrom", "frequency": "5 THz", "mass": "63.546 u"}


def test_a_function_is_called_in_the_units_that_were_declared() -> None:
    expected = lindemann(2.55e-10, 5e12, Q("63.546 u").to("kg").magnitude)
    assert check_model(MELT, **COPPER)["temperature"] == pytest.approx(expected, rel=1e-15)


def test_a_function_gives_its_defaults_its_docstring_and_its_name() -> None:
    found = model_of(wrap(lindemann, {"distance": "m", "frequency": "Hz", "mass": "kg", "ratio": "%"}, {"T": "K"}))
    assert found.inputs["ratio"].default == 0.08
    assert found.name == "lindemann"
    assert found.summary.startswith("Temperature at which atoms vibrate")
    assert "T = m (2 π f r d)² / (3 k)" in str(found.function.__doc__)
    assert str(found.scale) == "unstated"


def test_a_parameter_that_is_not_listed_keeps_its_default_and_is_no_port() -> None:
    found = model_of(wrap(lindemann, {"distance": "m", "frequency": "Hz", "mass": "kg"}, {"T": "K"}))
    assert list(found.inputs) == ["distance", "frequency", "mass"]
    assert found.call({"distance": 1.0, "frequency": 1.0, "mass": 1.0})["T"] == lindemann(1, 1, 1)


def test_numerics_after_the_star_are_settings() -> None:
    def converge(x, *, steps=10, method: str = "rk4", tolerance=1e-6, verbose: bool = False):
        return x * steps

    found = model_of(wrap(converge, {"x": "m"}, {"y": "m"}))
    assert {p.name: (str(p.kind), p.default) for p in found.inputs.values() if p.setting} == {
        "steps": ("int", 10),
        "method": ("str", "rk4"),
        "verbose": ("bool", False),
    }
    listed = model_of(wrap(converge, {"x": "m", "steps": "1"}, {"y": "m"}, settings={"tolerance": "1"}))
    assert not listed.inputs["steps"].setting
    assert listed.inputs["tolerance"].setting


def test_a_model_by_wrap_goes_into_a_flow_as_any_other() -> None:
    def flow() -> Any:
        melt = stage(MELT).submit(**COPPER)
        return stage(wrap(lambda T: T, {"T": "degC"}, {"same": "degC"}, name="same")).submit(T=melt.temperature)

    assert list(check(flow).stages) == ["melting.lindemann", "same"]


MASSLESS = functools.partial(lindemann, 1.0, mass=1.0)
SOURCES: dict[str, tuple[Any, dict[str, Any], dict[str, Any], Any]] = {
    "ufunc": (np.exp, {"x": "1"}, {"x": 2.0}, math.exp(2)),
    "ufunc with a name of one's own": (np.exp, {"energy_ratio": "1"}, {"energy_ratio": 2.0}, math.exp(2)),
    "ufunc of two": (np.hypot, {"width": "m", "height": "m"}, {"width": 3.0, "height": 4.0}, 5.0),
    "ufunc of scipy": (scipy.special.erf, {"x": "1"}, {"x": 0.5}, math.erf(0.5)),
    "function of numpy": (np.linalg.norm, {"x": ROW}, {"x": np.array([3.0, 4.0])}, 5.0),
    "function of scipy": (scipy.special.logsumexp, {"a": ROW}, {"a": np.array([1.0, 1.0])}, 1 + math.log(2)),
    "builtin": (math.sin, {"angle": "rad"}, {"angle": 0.5}, math.sin(0.5)),
    "builtin without a signature": (math.hypot, {"a": "m", "b": "m"}, {"a": 3.0, "b": 4.0}, 5.0),
    "operator": (operator.sub, {"more": "m", "less": "m"}, {"less": 1.0, "more": 4.0}, 3.0),
    "lambda": (lambda x: 2 * x, {"x": "m"}, {"x": 2.0}, 4.0),
    "partial": (
        functools.partial(lindemann, 1.0, mass=1.0),
        {"frequency": "Hz"},
        {"frequency": 1.0},
        lindemann(1, 1, 1),
    ),
    "bound method": (Line(3.0).at, {"x": "m"}, {"x": 2.0}, 6.0),
    "class method": (Line.unit, {"x": "m"}, {"x": 2.0}, 2.0),
    "method of a generator": (np.random.default_rng(1).normal, {"loc": "m"}, {"loc": 0.0}, 0.345584192064786),
    "instance": (Line(3.0), {"x": "m"}, {"x": 2.0}, 6.0),
    "instance of scipy": (CubicSpline([0, 1, 2], [0, 1, 4.0]), {"x": "m"}, {"x": 2.0}, 4.0),
    "numba": (compiled, {"x": "m"}, {"x": 3.0}, 6.0),
    "*args": (lambda *lengths: sum(lengths), {"lengths": ROW}, {"lengths": np.array([1.0, 2.0])}, 3.0),
    "*args behind": (lambda f=2.0, *xs: f * sum(xs), {"xs": ROW}, {"xs": np.array([1.0, 2.0])}, 6.0),
    "**kwargs": (lambda **known: known["a"] + known["b"], {"a": "m", "b": "m"}, {"a": 1.0, "b": 2.0}, 3.0),
    "position only, behind a default": (eval("lambda a=5.0, b=1.0, /: a - b"), {"b": "m"}, {"b": 2.0}, 3.0),
    "class": (lambda x: Line(x), {"x": "m"}, {"x": 2.0}, 2.0),
}


@pytest.mark.parametrize("source", SOURCES)
def test_anything_that_is_called_becomes_a_model(source: str) -> None:
    f, inputs, given, expected = SOURCES[source]
    output = "slope" if source == "class" else "y"
    found = model_of(wrap(f, inputs, {output: "m"}, name="any.thing"))
    assert found.call(given)[output] == pytest.approx(expected, rel=1e-14)
    assert found.call(given)[output] == pytest.approx(expected, rel=1e-14), "a second call sees the first"
    assert found.summary


def test_what_is_bound_to_a_function_is_that_of_the_moment_it_was_wrapped() -> None:
    line = Line(3.0)
    found = model_of(wrap(line, {"x": "m"}, {"y": "m"}))
    line.slope = 5.0
    assert [found.call({"x": 1.0})["y"] for _ in range(2)] == [3.0, 3.0]
    assert line.calls == 0


# What came back


Pair = namedtuple("Pair", ["low", "high"])


@dataclass
class Ends:
    low: float
    high: float
    middle: float = 0.0


@pytest.mark.parametrize(
    "value",
    [
        (1.0, 2.0),
        [1.0, 2.0],
        {"high": 2.0, "low": 1.0},
        {"high": 2.0, "low": 1.0, "more": 3},
        Pair(1.0, 2.0),
        namedtuple("Swapped", ["high", "low"])(2.0, 1.0),
        namedtuple("Other", ["first", "second"])(1.0, 2.0),
        Ends(1.0, 2.0),
        SimpleNamespace(low=1.0, high=2.0),
    ],
    ids=lambda value: f"{type(value).__name__} {value}",
)
def test_several_outputs_come_in_order_by_name_or_as_attributes(value: Any) -> None:
    found = model_of(wrap(lambda: value, {}, {"low": "m", "high": "m"}, name="ends"))
    assert found.call({}) == {"low": 1.0, "high": 2.0}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ((1.0,), r"returned 1 values, \(1\.0,\) \(tuple\) where 2 outputs are declared: low, high\."),
        ((1.0, 2.0, 3.0), r"returned 3 values"),
        (1.0, r"returned one value, 1\.0 \(float\) where 2 outputs"),
        (None, r"returned one value, None \(NoneType\)"),
        (np.array([1.0, 2.0]), r"returned one value, array\(\[1\., 2\.\]\) \(ndarray\)"),
        ({"low": 1.0, "hihg": 2.0}, r"returned low, hihg, without 'high', where 2 outputs"),
        (namedtuple("Half", ["low", "top"])(1.0, 2.0), r"returned low, top, without 'high'"),
        (SimpleNamespace(low=1.0), r"returned namespace.*without 'high', where 2 outputs are declared: low, high\."),
    ],
    ids=lambda value: str(value)[:20],
)
def test_another_number_of_outputs_or_other_names_are_told_with_what_was_declared(value: Any, said: str) -> None:
    found = model_of(wrap(lambda: value, {}, {"low": "m", "high": "m"}, name="ends"))
    with pytest.raises(ValueRefused, match=rf"^ends: the function {said}"):
        found.call({})


@pytest.mark.parametrize("value", [1.0, np.float64(1.0), np.array(1.0), (1.0,), {"real": 1.0}, Pair(1.0, 2.0)])
def test_a_single_output_comes_alone_or_under_its_name(value: Any) -> None:
    """A number has an attribute `real`, and is the value all the same."""
    name = "low" if isinstance(value, Pair) else "real"
    assert model_of(wrap(lambda: value, {}, {name: "m"}, name="one")).call({}) == {name: 1.0}


def test_one_output_is_not_made_of_two_values() -> None:
    with pytest.raises(ValueRefused, match=r"returned 2 values, .* where one output is declared: y\."):
        model_of(wrap(lambda: (1.0, 2.0), {}, {"y": "m"}, name="one")).call({})


def test_results_of_scipy_are_taken_apart_by_name() -> None:
    x = np.arange(4.0)
    fit = model_of(wrap(scipy.stats.linregress, {"x": ROW, "y": ROW}, {"intercept": "m", "slope": "1"}))
    assert fit.call({"x": x, "y": 2 * x + 1}) == {"intercept": pytest.approx(1), "slope": pytest.approx(2)}


def test_arrays_come_and_go_as_arrays_with_their_dimensions() -> None:
    total = model_of(wrap(np.cumsum, {"a": ("kg", ("layer",))}, {"total": ("kg", ("layer",))}))
    assert total.call({"a": np.array([1.0, 2.0])})["total"].tolist() == [1.0, 3.0]
    with pytest.raises(ValueRefused, match=r"cumsum\.total has the dimensions \(place\), but left its model as"):
        model_of(wrap(lambda a: np.ones((2, 2)), {"a": ROW}, {"total": ROW}, name="cumsum")).call({"a": np.ones(2)})


def test_every_kind_of_port_can_be_listed() -> None:
    @dataclass(frozen=True)
    class Cell:
        edge: Annotated[float, "angstrom"]

    def take(n, flag, text, file, atoms, cell, mask):
        assert isinstance(cell, Cell)
        return n, flag, text, file, atoms, cell, mask

    Mask = Annotated[NDArray[np.bool_], "1", ("place",)]
    ports = {"n": int, "flag": bool, "text": str, "file": File, "atoms": Atoms, "cell": Cell, "mask": Mask}
    globals()["Cell"] = Cell
    found = model_of(wrap(take, ports, {f"{name}_out": kind for name, kind in ports.items()}))
    given = {"n": 1, "flag": True, "text": "a", "file": File(b""), "atoms": Atoms("Cu"), "cell": {"edge": 3.6}}
    got = found.call({**given, "mask": np.array([True])})
    assert got["cell_out"] == {"edge": 3.6}
    assert got["file_out"] == File(b"")


class Flux(Protocol):
    def __call__(self, gradient: Annotated[float, "K/m"]) -> Annotated[float, "W/m^2"]: ...


@dataclass(frozen=True)
class Loss:
    power: Annotated[float, "W"]


@model("wall", scale=Scale("building", length="1 m .. 100 m"))
def wall(flux: Flux, area: Annotated[float, "m^2"]) -> Loss:
    """Heat that a wall lets through."""
    return Loss(-area * flux(gradient=100.0))


def test_a_wrapped_function_answers_a_closure() -> None:
    ports = {"conductivity": "W/m/K", "gradient": "K/m"}
    fourier = wrap(lambda conductivity, gradient: -conductivity * gradient, ports, {"flux": "W/m^2"}, name="fourier")

    def flow(**fixed: str) -> None:
        stage(wall).submit(flux=closure(fourier, **fixed), area="2 m^2")

    assert list(check(lambda: flow(conductivity="5 mW/cm/K")).stages) == ["wall"]
    with pytest.raises(ContractError, match=r"\[length\] is not"):
        check(lambda: flow(conductivity="5 m"))
    assert check_model(wall, flux=closure(fourier, conductivity="5 mW/cm/K"), area="2 m^2") == {"power": 100.0}


# What cannot be meant


def f(x, y, /, z=1, *, n=3, **more):
    return x


def plain(x, y, z=1):
    return x


@model("already", scale=Scale("a"))
def already() -> Ends:
    """Be one."""
    return Ends(1, 2)


async def later(x):
    return x


BOTH = {"x": "m", "y": "m"}
REFUSED: dict[str, tuple[Any, dict[str, Any], str]] = {
    "a parameter that nothing is given": (
        plain,
        {"inputs": {"x": "m"}},
        r"takes y as well, .*partial\(f, y=",
    ),
    "a name that it does not take": (plain, {"inputs": {"x": "m", "yy": "m"}}, r"takes no 'yy'\. Did you mean 'y'\?"),
    "a setting that it does not take": (
        plain,
        {"inputs": {"x": "m", "y": "m"}, "settings": {"zz": int}},
        r"takes no 'zz'\. Did you mean 'z'\?",
    ),
    "more names than places": (
        np.exp,
        {"inputs": {"a": "1", "b": "1"}},
        r"takes 1 arguments by place \(x\), and",
    ),
    "a name beside *args": (
        lambda *xs: 1,
        {"inputs": {"a": "m"}},
        r"Its \*xs are one array: inputs=",
    ),
    "an input that is a setting too": (plain, {"inputs": {"x": "m", "y": "m"}, "settings": {"x": int}}, "Keep one"),
    "a unit that is none": (plain, {"inputs": {"x": "metr", "y": "m"}}, r"plain\.x: 'metr' is not a unit"),
    "a unit that is none, of an output": (
        plain,
        {"inputs": {"x": "m", "y": "m"}, "outputs": {"y": "metr"}},
        "not a unit",
    ),
    "dimensions without brackets": (plain, {"inputs": {"x": ("m", "time"), "y": "m"}}, r"Write \('m', \('time',\)\)"),
    "nothing for a mark": (plain, {"inputs": {"x": None, "y": "m"}}, "is None in inputs=. Write 'K' for"),
    "an empty mark": (plain, {"inputs": {"x": (), "y": "m"}}, r"is \(\), which cannot be read"),
    "a name that is none": (lambda **k: 1, {"inputs": {"x y": "m"}, "name": "a"}, "is no name for a port"),
    "a list of names": (plain, {"inputs": ["x", "y"]}, r"names no ports\. Write inputs=\{'x': 'K'\}"),
    "no outputs": (plain, {"inputs": {"x": "m", "y": "m"}, "outputs": {}}, r"Write outputs=\{'y': 'm'\}"),
    "an output named as futures have": (
        plain,
        {"inputs": BOTH, "outputs": {"state": "m"}},
        "final_state",
    ),
    "a lambda without a name": (lambda: 1, {}, r"'<lambda>' is no model name.* write name="),
    "the name of a function": ("scipy.special.erf", {}, r"cannot be called\. Import it, and give the function itself"),
    "a name of a model that is none": (plain, {"inputs": {"x": "m", "y": "m"}, "name": "A b"}, "is no model name"),
    "a model": (already, {}, "is a model as it is"),
    "what cannot be called": (3, {}, "3 cannot be called"),
    "what is async": (later, {"inputs": {"x": "m"}}, "is async or yields"),
    "a default that does not fit": (
        lambda x=-1.0: x,
        {"inputs": {"x": ("K", Within(0))}, "name": "cold"},
        r"the default of cold\.x does not fit it",
    ),
    "distributions as one text": (plain, {"inputs": {"x": "m", "y": "m"}, "depends": "numpy"}, r"depends=\['numpy'\]"),
    "a code that nobody has": (
        np.frompyfunc(plain, 2, 1),
        {"inputs": {"x": "m", "y": "m"}, "name": "nobody"},
        r"the code of .* cannot be read, .* depends=\['DISTRIBUTION'\]",
    ),
    "a state that cannot be copied": (
        functools.partial(plain, (one for one in ())),
        {"inputs": {"y": "m"}},
        "cannot be copied, .* Wrap a function that makes it",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_meant_is_refused_where_it_is_declared(what: str) -> None:
    thing, written, said = REFUSED[what]
    with pytest.raises(DeclarationError, match=said):
        wrap(thing, **{"outputs": {"y": "m"}, **written})


def test_a_default_of_none_says_that_the_input_must_be_given() -> None:
    found = model_of(wrap(lambda x=None: x, {"x": "m"}, {"y": "m"}, name="given"))
    assert found.inputs["x"].required


def test_an_output_may_be_named_like_an_input() -> None:
    assert model_of(wrap(lambda x: 2 * x, {"x": "m"}, {"x": "m"}, name="twice")).call({"x": 1.0}) == {"x": 2.0}


def test_where_code_cannot_be_read_its_version_may_be_named() -> None:
    found = model_of(wrap(np.frompyfunc(lambda x: 2 * x, 1, 1), {"x": "m"}, {"y": "m"}, name="n", depends=["numpy"]))
    assert found.call({"x": 1.0})["y"] == 2.0
