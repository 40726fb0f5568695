"""Indices of functions against their exact values, against SALib's own analysis; the design behind them."""

from __future__ import annotations

from collections.abc import Callable

import closed_forms
import numpy as np
import pytest
from closed_forms import closed, pair, total
from known_functions import Values, at, g_function, ishigami, three_stages
from SALib.analyze import sobol

from bridge.errors import ContractError, UnknownName
from bridge.sensitivity.analysis import Output, analyse, of_output
from bridge.sensitivity.design import Design, design
from bridge.sensitivity.estimates import Sampled
from bridge.sensitivity.wiring import Seen, Wiring, sets_of

Evaluate = Callable[[Values], np.ndarray]

CHAINS: dict[str, tuple[Evaluate, dict[frozenset[str], float], Wiring]] = {
    "ishigami": (ishigami, closed_forms.ishigami(), three_stages(["x3"], ["x1"], ["x2"])),
    "g": (g_function, closed_forms.g_function(), three_stages(["x1", "x2"], ["x3", "x4"], ["x5", "x6"])),
}


@pytest.mark.parametrize("which", CHAINS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_indices_of_inputs_and_of_scales_are_the_exact_ones(which: str, seed: int) -> None:
    function, parts, wiring = CHAINS[which]
    drawn = design(wiring.entries, 1024, seed, sets_of(wiring, ["coarse"]))
    told = analyse(drawn, wiring, [Output("force", "coarse", "mN", function(at(drawn)))])
    output = of_output(told, "force")
    asked = {("inputs", name): {name} for name in drawn.inputs}
    asked |= {("scales", label): inputs for label, inputs in wiring.scales().items()}
    asked |= {("ways", way): inputs for way, inputs in wiring.parts("coarse").items()}
    for (room, name), inputs in asked.items():
        for order, exact in (("S1", closed(parts, inputs)), ("ST", total(parts, inputs))):
            estimate = output[room][name][order]
            # 0.04 is two to three standard deviations over seeds of the worst index here (S1 of x3 of the g-function)
            assert estimate["value"] == pytest.approx(exact, abs=0.04), (room, name, order)
            assert abs(estimate["value"] - exact) <= 1.5 * estimate["conf"] + 1e-3, (room, name, order)
    left = 1 - sum(closed(parts, inputs) for inputs in wiring.scales().values())
    assert output["interactions"]["value"] == pytest.approx(left, abs=0.05)
    assert output["sd"] ** 2 == pytest.approx(sum(parts.values()), rel=0.05)


def test_shares_by_scale_are_not_sums_of_first_order_indices() -> None:
    """Two factors of one scale interact within it: the scale has that share, no single input does."""
    _, parts, wiring = CHAINS["g"]
    fine = wiring.scales()["mesoscopic"]
    assert closed(parts, fine) > sum(closed(parts, {name}) for name in fine)
    drawn = design(wiring.entries, 8192, 0, sets_of(wiring, ["coarse"]))
    both = Sampled(drawn, drawn.by_block(g_function(at(drawn)))).index({"x1", "x3"} & fine | fine)
    assert both.first.value == pytest.approx(closed(parts, fine), abs=0.01)
    assert both.total.value == pytest.approx(total(parts, fine), abs=0.01)


def test_values_are_those_of_salib_s_own_analysis() -> None:
    drawn = design(["x1", "x2", "x3"], 256, seed=5, second=True)
    sampled = Sampled(drawn, drawn.by_block(ishigami(at(drawn))))
    every, names = frozenset(drawn.inputs), drawn.inputs
    order = [frozenset(), *(frozenset({n}) for n in names), *(every - {n} for n in names), every]
    values = drawn.by_block(ishigami(at(drawn)))[:, [drawn.index(block) for block in order]]
    problem = {"num_vars": 3, "names": list(names), "bounds": [[0, 1]] * 3}
    theirs = sobol.analyze(problem, values.ravel(), seed=1, num_resamples=400)
    for i, name in enumerate(names):
        mine = sampled.index({name})
        assert mine.first.value == pytest.approx(theirs["S1"][i], abs=1e-12)
        assert mine.total.value == pytest.approx(theirs["ST"][i], abs=1e-12)
        assert mine.first.half == pytest.approx(theirs["S1_conf"][i], rel=0.2)
        assert mine.total.half == pytest.approx(theirs["ST_conf"][i], rel=0.2)
    assert sampled.pair("x1", "x3").value == pytest.approx(theirs["S2"][0, 2], abs=1e-12)


def test_second_order_indices_are_the_exact_ones() -> None:
    parts = closed_forms.ishigami()
    drawn = design(["x1", "x2", "x3"], 4096, second=True)
    sampled = Sampled(drawn, drawn.by_block(ishigami(at(drawn))))
    for one, other in (("x1", "x2"), ("x1", "x3"), ("x2", "x3")):
        assert sampled.pair(one, other).value == pytest.approx(pair(parts, one, other), abs=0.03)


def test_intervals_hold_the_exact_value_about_as_often_as_they_say() -> None:
    """Bootstrap takes the rows as independent; rows of a Sobol' sequence are better than that: 95 % or more."""
    parts, held, asked = closed_forms.ishigami(), 0, 0
    for seed in range(40):
        drawn = design(["x1", "x2", "x3"], 256, seed)
        sampled = Sampled(drawn, drawn.by_block(ishigami(at(drawn))))
        for name in drawn.inputs:
            index = sampled.index({name})
            held += abs(index.first.value - closed(parts, {name})) <= index.first.half
            held += abs(index.total.value - total(parts, {name})) <= index.total.half
            asked += 2
    assert held / asked > 0.92


# The design


def coarseness(x: np.ndarray, y: np.ndarray, m: int) -> int:
    """The t of a (t, m, 2)-net: 2^m points of which every box of volume 2^(t - m) holds just 2^t.

    H. Niederreiter, Random Number Generation and Quasi-Monte Carlo Methods (1992), chapter 4.
    """
    for t in range(m + 1):
        counts = (
            np.bincount(
                ((x * 2**a).astype(int) << m - t - a) | (y * 2 ** (m - t - a)).astype(int), minlength=2 ** (m - t)
            )
            for a in range(m - t + 1)
        )
        if all((count == 2**t).all() for count in counts):
            return t
    raise AssertionError("every set of 2^m points is a net with t = m")


@pytest.mark.parametrize("m", [8, 10, 12])
def test_both_columns_of_an_input_fill_the_square_together(m: int) -> None:
    """On which the total index rests; the two halves of a sequence do not: t = 4 for two of six inputs."""
    a, b = design([f"x{i:02d}" for i in range(16)], 2**m).matrices()
    assert max(coarseness(a[:, j], b[:, j], m) for j in range(16)) <= 3
    assert [coarseness(a[:, 0], b[:, 0], m)] == [0]


def test_the_same_seed_gives_the_same_points_for_ever_and_more_begin_with_the_fewer() -> None:
    few, many = design(["a", "b"], 8, seed=7), design(["a", "b"], 16, seed=7)
    assert np.array_equal(many.unit_cube()[: few.points], few.unit_cube())
    # drawn with scipy 1.17
    expected = np.array([[0.6504268520511687, 0.10045647295191884], [0.12829010793939233, 0.5835119630210102]])
    assert np.allclose(few.matrices()[0][:2], expected, rtol=0, atol=1e-12)
    turned = design(["b", "a"], 8, seed=7).matrices()[0]
    assert np.array_equal(turned[:, ::-1], few.matrices()[0])


def test_blocks_are_the_rows_of_a_with_columns_of_b() -> None:
    drawn = design(["a", "b", "c"], 8, sets=[({"a", "c"}, {"a", "b", "c"}), ({"a", "b"}, {"a", "b"})])
    a, b = drawn.matrices()
    cube = drawn.unit_cube().reshape(8, len(drawn.blocks), 3)
    assert np.array_equal(cube[:, 0], a)
    assert np.array_equal(cube[:, -1], b)
    for number, block in enumerate(drawn.blocks):
        taken = [name in block for name in drawn.inputs]
        assert np.array_equal(cube[:, number], np.where(taken, b, a))
    assert ((cube > 0) & (cube < 1)).all()


def test_a_set_costs_no_block_where_another_tells_the_same() -> None:
    assert len(design("abc", 8, sets=[("ac", "abc"), ("b", "abc"), ("abc", "abc"), ("", "abc")]).blocks) == 5
    assert len(design("abcd", 8, sets=[("ab", "abcd"), ("cd", "abcd")]).blocks) == 7  # one for both
    drawn = design("abc", 512, sets=[("ac", "abc")])
    u = at(drawn)
    sampled = Sampled(drawn, drawn.by_block(u["a"] * u["c"] + u["b"]))
    pairs = 7 / 144 / (7 / 144 + 1 / 12)  # the variance of a product of two uniform numbers, beside that of one
    assert sampled.index("ac").first.value == pytest.approx(pairs, abs=0.03)


def test_stages_run_once_for_every_distinct_set_of_their_inputs() -> None:
    wiring = three_stages(["x1", "x2"], ["x3", "x4"], ["x5", "x6"])
    drawn = design(wiring.entries, 64, 0, sets_of(wiring, ["coarse"]))
    u = at(drawn)
    for stage in ("fine", "middle", "coarse"):
        reach = sorted(wiring.reach(stage))
        distinct = len(np.unique(np.stack([u[name] for name in reach], axis=1), axis=0))
        assert drawn.executions(reach) == distinct
    # A, B and a row for each of x1 and x2 (both of them are B to this stage); then those of x3, x4, and of x1 and x2
    # as well as x3 and x4 together; then all
    assert [drawn.executions(wiring.reach(s)) // 64 for s in ("fine", "middle", "coarse")] == [4, 8, 11]


@pytest.mark.parametrize(("n", "said"), [(1000, "-n 512 or -n 1024"), (5, "-n 8"), (0, "-n 8"), (2**21, "-n 1048576")])
def test_a_number_of_rows_that_is_no_power_of_two_is_refused_with_the_nearest(n: int, said: str) -> None:
    with pytest.raises(ContractError, match=f"is no power of two.*write {said}\\."):
        design(["a"], n)


def test_a_set_of_unknown_inputs_is_refused() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'pressure'"):
        design(["temperature", "pressure"], 8, sets=[({"presure"}, {"presure"})])


def test_a_design_comes_back_from_its_document() -> None:
    drawn = design("abcd", 32, 3, [("ab", "abcd")], second=True)
    assert Design.read(drawn.document()) == drawn


# Where inputs enter


def test_an_input_of_several_scales_is_a_group_of_its_own_between_them() -> None:
    stages = (
        Seen("a", "atomistic", (), (1.0, 1.0)),
        Seen("b", "mesoscopic", ("a",), (2.0, 2.0)),
        Seen("c", "continuum", ("b",), (3.0, 3.0)),
    )
    entries = {
        "size": (("c", "size"),),
        "temperature": (("b", "temperature"), ("a", "temperature")),
        "energy": (("a", "energy"),),
        "rate": (("b", "rate"),),
    }
    wiring = Wiring(stages, entries)
    assert {label: set(names) for label, names in wiring.scales().items()} == {
        "atomistic": {"energy"},
        "atomistic + mesoscopic": {"temperature"},
        "mesoscopic": {"rate"},
        "continuum": {"size"},
    }
    assert list(wiring.scales()) == ["atomistic", "atomistic + mesoscopic", "mesoscopic", "continuum"]
    assert wiring.parts("b") == {"upstream": {"energy"}, "own": {"rate"}, "both": {"temperature"}}
    assert wiring.parts("a") == {"own": {"energy", "temperature"}}
    assert wiring.reach("c") == set(entries)
    with pytest.raises(UnknownName, match="has no stage 'd'"):
        wiring.stage("d")
