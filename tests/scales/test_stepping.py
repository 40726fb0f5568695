"""Whole ratios of fine to coarse steps, and times that do not drift."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import ContractError
from bridge.scales.judging import steps
from bridge.scales.stepping import Steps
from bridge.units import Q


@given(st.floats(1e-9, 1e9), st.floats(1e-6, 1.0))
def test_the_fine_step_fits_exactly_and_is_never_larger_than_asked(coarse: float, part: float) -> None:
    asked = coarse * part
    derived = steps(coarse, asked, unit="s")
    assert derived.fine_step <= asked * (1 + 1e-12)
    assert derived.ratio == 1 or coarse / (derived.ratio - 1) > asked * (1 - 1e-12)
    assert derived.time(derived.ratio) == coarse


def test_a_ratio_that_floats_would_miss_is_found() -> None:
    """0.3 / 0.1 is 2.9999999999999996 in floats, and 3 × 0.1 is 0.30000000000000004."""
    assert steps("0.3 s", "0.1 s").ratio == 3
    assert steps(0.1 * 3, 0.1, unit="s").ratio == 3
    assert steps("1 ns", "3 fs").ratio == 333334
    assert steps(Q(1.0, "ps"), "1 fs").ratio == 1000


def test_summing_up_float_steps_gives_99_or_100_and_counting_gives_100_always() -> None:
    """The trap of comparing accumulated times: a coarse step of 1 s, fine ones of 10 ms."""

    def accumulated(coarse_steps: int) -> Counter[int]:
        counts, fine, now = Counter[int](), 0.0, 0.0
        for _ in range(coarse_steps):
            now += 1.0
            count = 0
            while fine < now:
                fine += 0.01
                count += 1
            counts[count] += 1
        return counts

    assert len(accumulated(300)) > 1  # what is to be avoided does happen
    derived = steps("1 s", "10 ms")
    fine = [derived.time(k) for k in range(300 * derived.ratio + 1)]
    counts = Counter(sum(n <= t < n + 1 for t in fine[100 * n - 5 : 100 * n + 105]) for n in range(1, 299))
    assert counts == {100: 298}


def test_a_million_steps_land_exactly() -> None:
    derived = steps("0.1 s", "1 ms")
    assert derived.ratio == 100
    assert derived.time(10**6) == 1000.0
    assert derived.time(0, coarse=10**4) == 1000.0
    summed = 0.0
    for _ in range(10**6):
        summed += 0.001
    assert summed != 1000.0
    times = derived.times(10**6 + 1)
    assert times[-1] == 1000.0
    coarse = times[::100]
    assert (coarse == np.arange(len(coarse)) * 0.1).all()
    exact = np.array([derived.time(k) for k in range(0, 10**6, 997)])
    assert np.abs(times[: 10**6 : 997] - exact).max() <= 2 * np.spacing(1000.0)


@pytest.mark.parametrize(
    ("coarse", "fine", "said"),
    [
        ("1 s", "2 s", "longer than the coarse step 1 s.* Were they exchanged?"),
        ("1 s", "0 s", "fine_step=0 s is not more than zero"),
        ("1 s", 0.1, "fine_step=0.1 has no unit. Write fine_step='0.1 s', or unit='s' with it"),
        ("1 m", "1 s", "coarse_step=1 m is no time"),
        ("1 year", "1e-12 fs", "cannot be counted in floats: put a scale between them"),
    ],
)
def test_steps_that_cannot_be_meant_are_refused(coarse: str, fine: object, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        steps(coarse, fine)


def test_steps_say_what_they_are() -> None:
    assert str(steps("1 s", "0.3 s")) == "4 fine steps of 0.25 s in a coarse one of 1"
    assert math.isclose(Steps.derived("1 min", "7 s").fine_step, 1 / 9)
