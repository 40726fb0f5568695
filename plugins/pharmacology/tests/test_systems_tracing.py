"""Rates called with symbols: derivatives, what is refused, and what is computed once."""

import numpy as np
import pytest
import sympy
from bridge_pharmacology.systems import functions
from bridge_pharmacology.systems.system import System
from bridge_pharmacology.systems.tracing import fixed, printed, trace
from hypothesis import assume, given, settings
from hypothesis import strategies as st


def evaluated(expressions, names, values):
    lines, texts = printed(expressions, names, "t")
    known = {name: getattr(np, name) for name in ("exp", "log", "sqrt")} | values
    known["power"] = lambda x, n: x**n if x > 0 else 0.0
    exec("\n".join(lines), known)
    return [eval(text, known) for text in texts]


OPERATIONS = (
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b, lambda a, b: -a * b + 3,
    lambda a, b: a**3 - 2 * b, lambda a, b: a**0.5 * b, lambda a, b: (a * 2) * (b * 0.5), lambda a, b: 1 / a + b**-2,
    lambda a, b: a**b,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(OPERATIONS) - 1), st.integers(0, 9), st.integers(0, 9)), min_size=1,
                max_size=6))  # fmt: skip
def test_derivatives_agree_with_sympy(recipe):
    def build(x, y, p):
        pool = [x, y, p, x * p, p * p]
        for operation, first, second in recipe:
            pool.append(OPERATIONS[operation](pool[first % len(pool)], pool[second % len(pool)]))
        return pool[-1], pool[-2]

    try:
        assume(all(1e-6 < abs(value) < 1e6 for value in map(float, build(1.3, 0.7, 1.1))))
    except (ArithmeticError, TypeError):  # a division by zero, the root of a negative
        assume(False)
    found = trace(System("recipe", ("x", "y"), ("p",), build))
    at = {"y0": 1.3, "y1": 0.7, "p": [1.1]}
    symbols = sympy.symbols("x y p", positive=True)
    exact = [sympy.sympify(rate) for rate in build(*symbols)]
    where = dict(zip(symbols, (1.3, 0.7, 1.1), strict=True))
    jacobian = found.derivatives(found.states)
    values = dict(zip(jacobian, evaluated(list(jacobian.values()), {}, at), strict=True))
    assert evaluated(found.rates, {}, at) == pytest.approx([float(one.evalf(subs=where)) for one in exact], rel=1e-9)
    for row in range(2):
        for column in range(2):
            derivative = float(sympy.diff(exact[row], symbols[column]).evalf(subs=where))
            assert values.get((row, column), 0.0) == pytest.approx(derivative, rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("function", ["exp", "log", "sqrt"])
def test_functions_are_numpy_s_of_numbers_and_written_for_symbols(function):
    call = getattr(functions, function)
    assert call(2.0) == getattr(np, function)(2.0)
    found = trace(System("f", ("x",), (), lambda x: (call(x) + getattr(np, function)(x),)))
    ((place, derivative),) = found.derivatives(found.states).items()
    width = 1e-6
    exact = 2 * (call(2 + width) - call(2 - width)) / (2 * width)
    assert place == (0, 0)
    assert evaluated([derivative], {}, {"y0": 2.0}) == pytest.approx([exact], rel=1e-8)


def test_a_power_is_zero_below_zero_and_is_derived():
    assert functions.power(np.array([-1e-20, 4.0]), 0.5).tolist() == [0, 2]
    found = trace(System("f", ("x", "n"), (), lambda x, n: (functions.power(x, 2.5), functions.power(2.0 * x, n))))
    jacobian = list(found.derivatives(found.states).values())
    values = evaluated(jacobian, {}, {"y0": 0.8, "y1": 1.4})
    assert values == pytest.approx([2.5 * 0.8**1.5, 1.4 * 1.6**0.4 * 2, 1.6**1.4 * np.log(1.6)])


def test_what_depends_on_parameters_only_is_gathered_and_kept():
    def rates(x, cl, v, k):
        return (-cl / v * x * k,)

    found = trace(System("f", ("x",), ("cl", "v", "k"), rates))
    kept = fixed(found.rates)
    assert len(kept) == 1
    lines, texts = printed(found.rates, {id(kept[0]): "k0"}, "t")
    assert (lines, texts) == ([], ["(-(k0 * y0))"])


def test_common_parts_are_computed_once():
    def rates(c, r, kon):
        b = kon * c * r
        return -b, -b

    found = trace(System("f", ("c", "r"), ("kon",), rates))
    lines, texts = printed(found.rates, {}, "t")
    assert texts[0] == texts[1]
    assert sum(line.count("*") for line in lines) == 2


@pytest.mark.parametrize(
    "rates",
    [
        lambda x: (x if x > 0 else -x,),
        lambda x: (max(x, 0),),
        lambda x: (abs(x),),
        lambda x: (float(x),),
        lambda x: (np.maximum(x, 0.0),),
    ],
)
def test_rates_that_are_no_arithmetic_are_refused(rates):
    with pytest.raises(TypeError, match="plain arithmetic"):
        trace(System("f", ("x",), (), rates))


@pytest.mark.parametrize(
    ("system", "said"),
    [
        (System("f", ("x", "y"), (), lambda x, y: (x,)), "2 states and 1 rates"),
        (System("f", ("x", "x"), (), lambda x, y: (x, y)), "each of its names once"),
        (System("f", ("x",), ("x",), lambda x, y: (x,)), "each of its names once"),
        (System("f", (), (), lambda: ()), "needs states"),
        (System("f", ("x",), (), lambda x: (x,), totals=("x",)), "depend on x, which is called a total"),
        (System("f", ("x",), (), lambda x: (x,), totals=("z",)), "no state z"),
    ],
)
def test_systems_that_do_not_fit_are_refused(system, said):
    with pytest.raises(ValueError, match=said):
        trace(system)
