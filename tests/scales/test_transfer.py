"""Pairs of restrict and lift, and the laws they keep."""

from __future__ import annotations

import dataclasses
import itertools
import json
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import ContractError, ValueRefused
from bridge.scales.blocks import block_mean, haar, injection
from bridge.scales.conditional import conditional
from bridge.scales.transfer import Transfer
from bridge.scales.wavelets import wavelet
from bridge.testing import TransferFault, check_transfer
from bridge.units import Q

_COUNT = itertools.count()
TRANSFERS = {
    "block mean": (block_mean(4), (16,)),
    "block mean of a box": (block_mean((2, 3)), (8, 9)),
    "block mean along one axis": (block_mean(2, axes=(-1,)), (3, 8)),
    "haar": (haar(3), (16, 8)),
    "haar in space": (haar(2), (4, 8, 12)),
    "db2": (wavelet("db2", 3), (32, 16)),
    "db8, its filter longer than the field": (wavelet("db8", 2), (8,)),
    "sym5 along one axis": (wavelet("sym5", 1, axes=(0,)), (16, 3)),
    "bior2.2": (wavelet("bior2.2", 2), (16, 8)),
    "injection": (injection(4), (16, 8)),
    "injection with ends": (injection(3, periodic=False), (10, 7)),
    "conditional": (conditional(block_mean(4), deviation=0.3), (8, 8)),
    "conditional on a draw": (conditional(haar(1), draw=lambda s, rng: rng.exponential(size=s.shape)), (8, 4)),
    "conditional on db2": (conditional(wavelet("db2", 2), deviation=2.0), (16,)),
    "two after another": (block_mean(2).then(wavelet("db2", 1)), (16, 8)),
    "one at random, one not": (conditional(haar(1), deviation=1.0).then(block_mean(3)), (12,)),
    "as matrices": (injection(2) @ block_mean(2), (16,)),
}


@pytest.mark.parametrize(("transfer", "shape"), TRANSFERS.values(), ids=TRANSFERS)
def test_a_transfer_keeps_its_laws(transfer: Transfer, shape: tuple[int, ...]) -> None:
    found = check_transfer(transfer, shape)
    assert found.law <= (1e-9 if "wavelet('sym" in transfer.name else 1e-13)
    assert (found.adjoint is not None) == ("bior" not in transfer.name)
    assert found.adjoint is None or found.adjoint <= 1e-10
    assert found.coarse == transfer.coarse_shape(shape)
    assert transfer.fine_shape(found.coarse) == found.fine == shape


@pytest.mark.parametrize("name", ["block mean", "haar", "db2", "injection with ends", "two after another"])
def test_a_unit_that_goes_in_comes_out(name: str) -> None:
    transfer, shape = TRANSFERS[name]
    check_transfer(transfer, shape, unit="degC")  # also one with a zero of its own: means of temperatures are meant


@pytest.mark.parametrize(("transfer", "shape"), TRANSFERS.values(), ids=TRANSFERS)
def test_a_transfer_says_what_it_is_in_json(transfer: Transfer, shape: tuple[int, ...]) -> None:
    told = transfer.describe()
    assert json.loads(json.dumps(told)) == told
    assert told["name"] == transfer.name
    assert told["random"] == transfer.random


def test_a_transfer_can_be_sent_to_a_worker() -> None:
    field = np.random.default_rng(1).normal(size=(8, 8))
    for transfer in (block_mean(2), wavelet("db2", 1), injection(2).then(haar(1)), conditional(haar(1), deviation=1.0)):
        sent = pickle.loads(pickle.dumps(transfer))
        assert np.array_equal(sent.restrict(field), transfer.restrict(field))


@given(factor=st.integers(1, 5), sizes=st.lists(st.integers(1, 4), min_size=1, max_size=3), seed=st.integers(0, 99))
@settings(max_examples=25)
def test_block_means_and_injections_of_any_size_keep_the_laws(factor: int, sizes: list[int], seed: int) -> None:
    check_transfer(block_mean(factor), tuple(n * factor for n in sizes), seed=seed)
    check_transfer(injection(factor), tuple(n * factor for n in sizes), seed=seed)
    check_transfer(injection(factor, periodic=False), tuple((n - 1) * factor + 1 for n in sizes), seed=seed)


def test_block_means_are_means_and_the_haar_approximation_is_the_same() -> None:
    field = np.arange(12.0).reshape(2, 6)
    assert block_mean((1, 3)).restrict(field).tolist() == [[1, 4], [7, 10]]
    wide = np.random.default_rng(0).normal(size=(16, 16))
    assert np.allclose(wavelet("haar", 2).restrict(wide), haar(2).restrict(wide), rtol=0, atol=1e-15)


def test_injection_lifts_a_line_to_a_line() -> None:
    line = Q(np.linspace(0.0, 9.0, 10), "m")
    assert np.allclose(injection(3, periodic=False).lift(line[::3]).m_as("cm"), line.m_as("cm"), atol=1e-12)


@pytest.mark.parametrize("name", ["haar", "db3", "coif2", "sym4", "bior4.4"])
def test_a_constant_field_stays_what_it_is(name: str) -> None:
    field = Q(np.full((16, 16), 21.5), "degC")
    coarse = wavelet(name, 2).restrict(field)
    assert coarse.units == field.units
    assert np.allclose(coarse.magnitude, 21.5, rtol=1e-11, atol=0)


def test_a_wavelet_with_two_vanishing_moments_reproduces_smooth_fields_better_than_haar() -> None:
    """db2 leaves out details of second order in the spacing, Haar of first (I. Daubechies, 1988)."""
    x = np.arange(256) / 256
    field = np.sin(2 * np.pi * x)

    def lost(transfer: Transfer) -> float:
        return float(np.abs(transfer.lift(transfer.restrict(field)) - field).max())

    assert lost(wavelet("db2", 2)) < lost(haar(2)) / 10


# Random lifts


def test_a_conditional_lift_adds_what_restrict_does_not_see() -> None:
    transfer = conditional(block_mean(4), deviation="50 mK")
    coarse = Q(np.linspace(300.0, 301.0, 64), "K")
    fine = transfer.lift(coarse, np.random.default_rng(0))
    remainder = fine.m_as("mK") - np.repeat(coarse.m_as("mK"), 4)
    # 256 values less their 64 block means: variance 50² (1 - 1/4); the standard error of the estimate is 10 %
    assert remainder.var() == pytest.approx(50**2 * 0.75, rel=0.3)
    assert np.allclose(transfer.restrict(fine).m_as("K"), coarse.m_as("K"), rtol=1e-13)


def test_a_random_lift_asks_for_its_generator() -> None:
    transfer = conditional(haar(1), deviation=1.0)
    with pytest.raises(ContractError, match=r"was given no rng. Write lift\(coarse, np.random.default_rng\(seed\)\)"):
        transfer.lift(np.zeros(4))
    with pytest.raises(ContractError, match=r"rng is a numpy Generator, got 3. Write rng=np.random.default_rng\(3\)"):
        transfer.lift(np.zeros(4), 3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: conditional(haar(1)), "either deviation='50 mK' or draw=function"),
        (lambda: conditional(haar(1), deviation="-1 K"), "at least nought"),
        (lambda: conditional(haar(1), deviation=[1]), "Write deviation='50 mK'"),
        (lambda: conditional(conditional(haar(1), deviation=1.0), deviation=1.0), "is random already"),
        (
            lambda: conditional(haar(1), deviation=1.0).lift(Q(np.ones(2), "K"), np.random.default_rng(0)),
            "one is in kelvin, the other a bare number",
        ),
        (
            lambda: conditional(haar(1), deviation="1 m").lift(Q(np.ones(2), "K"), np.random.default_rng(0)),
            "meter does not convert to kelvin",
        ),
        (
            lambda: conditional(haar(1), draw=lambda s, r: s[1:]).lift(np.ones(2), np.random.default_rng(0)),
            r"returned shape \(3,\) for a state of shape \(4,\)",
        ),
    ],
)
def test_a_conditional_lift_that_cannot_be_meant_is_refused(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        make()


# Pairs of one's own


def _moments(ensemble: Any) -> dict[str, Any]:
    return {"mean": ensemble.mean(), "variance": ensemble.var()}


def _normal(moments: dict[str, Any], rng: np.random.Generator) -> Any:
    x = rng.normal(size=500)
    x = (x - x.mean()) / x.std()
    return moments["mean"] + Q(x * moments["variance"].to("m^2").magnitude ** 0.5, "m")


def test_moments_of_an_ensemble_are_a_transfer_with_units_of_their_own() -> None:
    transfer = Transfer.of(restrict=_moments, lift=_normal, name="ensemble / moments", random=True, bare=False)
    found = check_transfer(transfer, Q(np.random.default_rng(0).normal(3.0, 2.0, 500), "m"))
    assert found.law < 1e-13


@pytest.mark.parametrize(
    ("transfer", "said"),
    [
        (
            Transfer.of(restrict=lambda x: x[::2], lift=lambda c: np.repeat(c, 2) + 1e-3, name="off"),
            r"off: the law restrict\(lift\(coarse\)\) = coarse fails at \(\d,\).* where 1e-12 is allowed",
        ),
        (Transfer.of(restrict=lambda x: x[::2], lift=lambda c: np.repeat(c, 3)), r"lift made shape \(12,\)"),
        (
            Transfer.of(
                restrict=lambda x: x[::2], lift=lambda c: np.repeat(c, 2), adjoint=lambda c: np.repeat(c, 2) / 2
            ),
            r"⟨restrict\(x\), y⟩ = .* The adjoint is the transpose of restrict, not its inverse",
        ),
        (
            Transfer.of(restrict=lambda x: x[::2], lift=lambda c, rng: np.repeat(c, 2), random=True),
            "seeds 0 and 1 give the same",
        ),
        (
            Transfer.of(
                restrict=lambda x: x[::2],
                lift=lambda c: np.repeat(c, 2) + np.tile([0, 1], 4) * np.random.default_rng().normal(),
            ),
            "lift of one state gave two answers. Draw from no random numbers, or say random=True",
        ),
        (Transfer.of(restrict=lambda x: np.sort(x, kind="stable")[::2] * np.inf, lift=np.asarray), "not finite"),
    ],
)
def test_a_broken_law_is_named_with_what_to_do(transfer: Transfer, said: str) -> None:
    with pytest.raises(TransferFault, match=said):
        check_transfer(transfer, (8,))


def test_a_transfer_that_writes_into_its_argument_or_changes_the_unit_is_found() -> None:
    def halved(x: Any) -> Any:
        x *= 0.5
        return x[::2]

    careless = Transfer.of(restrict=halved, lift=lambda c: np.repeat(2 * c, 2), bare=False)
    with pytest.raises(TransferFault, match="restrict writes into the state it is given"):
        check_transfer(careless, (8,))
    grams = Transfer.of(restrict=lambda x: x[::2].to("g"), lift=lambda c: c[[0, 0, 1, 1]], bare=False)
    assert check_transfer(grams, (4,), unit="kg").law < 1e-15  # answers for its own units


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"coarsened": lambda shape: (3,)}, r"coarse_shape says \(3,\), and the state has \(4,\)"),
        ({"refined": lambda shape: (9,)}, r"fine_shape says \(9,\), and the state has \(8,\)"),
        (
            {"lifting": lambda c, rng: np.repeat(c, 2) + (rng is not None)},
            "says it is not random, and its lift depends",
        ),
        (
            {"restricting": lambda x: x[::2] + next(_COUNT), "transposed": None},
            "restrict of one state gave two answers",
        ),
        ({"transposed": lambda c: c}, r"adjoint made shape \(4,\), the fine state has \(8,\)"),
    ],
    ids=["coarse shape", "fine shape", "draws in secret", "remembers", "adjoint"],
)
def test_what_a_transfer_says_of_itself_is_checked(changed: dict[str, Any], said: str) -> None:
    honest = Transfer.of(restrict=lambda x: x[::2], lift=lambda c: np.repeat(c, 2))
    with pytest.raises(TransferFault, match=said):
        check_transfer(dataclasses.replace(honest, **changed), (8,))


def test_a_restriction_that_ends_in_another_unit_is_found() -> None:
    growing = Transfer.of(restrict=lambda x: x[::2] * Q(1, "m"), lift=lambda c: c[[0, 0, 1, 1]], bare=False)
    with pytest.raises(TransferFault, match=r"has shape \(2,\) in .*meter \*\* 2, coarse \(2,\) in"):
        check_transfer(growing, (4,), unit="kg")


def test_a_constructor_takes_functions_only() -> None:
    with pytest.raises(ContractError, match=r"lift is a function of a state, got None. Write lift=my_lift"):
        Transfer.of(restrict=np.mean, lift=None)  # type: ignore[arg-type]


# Refusals


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        (
            lambda: block_mean(4).restrict(np.ones(10)),
            r"block_mean\(4\) takes 4 points of axis 0 to one, and there are 10 \(shape \(10,\)\). Crop it to 8, "
            "pad it to 12, or choose a factor that divides 10",
        ),
        (lambda: wavelet("db2", 3).restrict(np.ones((8, 12))), "takes 8 points of axis 1"),
        (lambda: injection(3, periodic=False).restrict(np.ones(9)), "Take 7 or 10 points, or periodic=True"),
        (lambda: block_mean(2, axes=(2,)).restrict(np.ones((4, 4))), r"acts on axis 2, and the state has 2 \(0, 1\)"),
        (lambda: block_mean((2, 2)).restrict(np.ones(4)), "has 2 factors, and the state 1 axes"),
        (lambda: block_mean(0), r"factor is a whole number of at least 1, got 0. Write block_mean\(4\)"),
        (lambda: haar(1.5), r"levels is a whole number"),  # type: ignore[arg-type]
        (lambda: wavelet("db99", 1), "'db99' is no discrete wavelet of PyWavelets. Did you mean 'db9'"),
        (lambda: wavelet("dmey", 1), "does not undo itself: its filters are tabulated to"),
        (lambda: wavelet("bior2.2", 1).adjoint(np.ones(4)), "claims no adjoint"),
        (lambda: block_mean(2).restrict(["a", "b"]), "is an array of numbers, got list of <U1"),
        (lambda: block_mean(2).adjoint(Q(np.ones(2), "degC")), "where degree_Celsius has its zero"),
        (lambda: block_mean(2).then(3), "takes a Transfer, got 3"),  # type: ignore[arg-type]
        (lambda: check_transfer(block_mean(2), np.ones(4), unit="K"), "a state brings its unit"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_to_type(verb: Callable[[], Any], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        verb()


def test_a_state_that_is_not_finite_is_refused_where_it_enters() -> None:
    state = np.ones((4, 4))
    state[1, 2] = np.nan
    with pytest.raises(ValueRefused, match=r"the state given\[1, 2\] is nan, and 1 of 16 are not finite"):
        block_mean(2).restrict(Q(state, "K"))
