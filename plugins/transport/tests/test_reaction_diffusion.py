"""Reaction and diffusion by turns, as in MUSCLE3's published example."""

import numpy as np
import pytest
from bridge_transport import reaction_diffusion

from bridge.testing import plain

STEPS, INNER = 50, 100


def by_turns(places=101, spacing=0.01):
    """The same discretisation as one loop over places, in Python's own floats."""
    outer, inner = 1.234568e-4 / STEPS, 1.234568e-4 / STEPS / INNER
    line = [1e-20] * places
    for peak in (25, 50, 75):
        line[peak] = 2.0
    for _ in range(STEPS):
        for _ in range(INNER):
            line = [u + -4.05e4 * u * inner for u in line]
        change = [
            4.05e-2 * ((line[i - 1] + line[i + 1] - 2 * line[i]) / spacing**2) * outer for i in range(1, places - 1)
        ]
        change = [change[0], *change, change[-1]]
        line = [u + du for u, du in zip(line, change, strict=True)]
    return np.array(line)


@pytest.fixture(scope="module")
def spread():
    return reaction_diffusion.macro(plain(lambda concentration: reaction_diffusion.micro(concentration).reaction))


def test_the_example_is_what_a_plain_loop_makes_of_it(spread):
    assert spread.concentration[-1] == pytest.approx(by_turns(), rel=1e-11)


def test_steps_are_counted_and_times_do_not_drift(spread):
    """50 and 100, where adding up floats gives 49, and 99 or 100 by turns."""
    assert len(spread.time) == STEPS + 1
    assert spread.time[-1] == 1.234568e-4
    for begun in (0.0, 7 * 2.469136e-6, 49 * 2.469136e-6):  # whatever time it is
        assert reaction_diffusion.micro(np.ones(3) + begun).steps == INNER


def test_the_reaction_decays_as_eulers_steps_have_it():
    after = reaction_diffusion.micro(np.array([1.0, 2.0])).reaction
    assert after == pytest.approx(np.array([1.0, 2.0]) * (1 - 4.05e4 * 2.469136e-8) ** INNER, rel=1e-12)


def test_the_reaction_leaves_what_it_was_given_alone():
    given = np.ones(4)
    reaction_diffusion.micro(given)
    assert (given == 1.0).all()


def test_without_reaction_the_peaks_only_spread():
    """Amounts stay (nothing reaches the ends), and the variance of a peak grows by 2 D t."""
    found = reaction_diffusion.macro(plain(lambda concentration: concentration))
    amounts = found.concentration.sum(axis=1)
    assert amounts == pytest.approx(np.full(len(amounts), amounts[0]), rel=1e-12)
    middle = slice(38, 63)
    weight = found.concentration[-1][middle]
    variance = (weight * (found.x[middle] - 0.5) ** 2).sum() / weight.sum()
    assert variance == pytest.approx(2 * 4.05e-2 * 1.234568e-4, rel=1e-6)


def test_steps_too_long_for_explicit_diffusion_are_refused():
    with pytest.raises(ValueError, match="Write step="):
        reaction_diffusion.macro(plain(lambda concentration: concentration), diffusivity=100.0)


def test_a_line_of_too_few_places_is_refused():
    with pytest.raises(ValueError, match="Write a spacing"):
        reaction_diffusion.macro(plain(lambda concentration: concentration), spacing=0.5)
