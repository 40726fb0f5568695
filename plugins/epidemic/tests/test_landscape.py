"""Ratios of reproduction numbers: the published folds, closed forms, and what published ratios would need."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bridge_epidemic.neutralisation.persons import persons
from bridge_epidemic.neutralisation.published import published as antibodies
from bridge_epidemic.protection.conditions import conditions, needed
from bridge_epidemic.protection.landscape import landscape, ratio, susceptible_ratio
from bridge_epidemic.protection.logistic import mean_protection
from bridge_epidemic.protection.sera import Sera, sera
from bridge_epidemic.protection.single_fold import single_fold

from bridge import Q, check, stage
from bridge.errors import ContractError

HALF = float(np.log10(0.202))
CURVE = (3.0, HALF, 0.44)


def folded(fold: float, mean_level: float = 0.0) -> Sera:
    one = single_fold(fold)
    return sera(one.log10_fold, one.persons_share, one.escaped, *CURVE, mean_level=mean_level)


def wired(found: Sera, **more: Any) -> dict[str, Any]:
    """Outputs of `protection.sera` as they are wired by name."""
    names = ("level", "reference_protection", "variant_protection", "mean_level")
    return {name: getattr(found, name) for name in names} | more


@pytest.fixture(scope="module")
def omicron() -> Sera:
    """Sera of 40,000 persons of pooled antibodies against BA.1, with 40 resamples of them, 4,000 persons each."""
    found = persons(antibodies().antibodies, draws=40, persons=4_000)
    return sera(found.log10_fold, found.persons_share, found.escaped, *CURVE)


# What is published


@pytest.mark.parametrize(("fold", "asked"), [(10.0, 1.84), (20.0, 2.06), (40.0, 2.22)])
def test_a_single_fold_gives_its_ratio(fold: float, asked: float) -> None:
    """f = 0.7 at the convalescent mean; 1 %."""
    assert ratio(**wired(folded(fold))).ratio == pytest.approx(asked, rel=0.01)


@pytest.mark.parametrize(("fraction", "asked"), [(0.5, 1.48), (0.7, 1.95), (0.8, 2.37), (0.9, 3.06)])
def test_omicron_over_the_reference(omicron: Sera, fraction: float, asked: float) -> None:
    """0.05; at f = 0.7 the interval is 1.80 - 2.12."""
    found = ratio(**wired(omicron), immune_fraction=fraction)
    assert found.ratio == pytest.approx(asked, abs=0.05)
    if fraction == 0.7:
        assert [found.ratio_low, found.ratio_high] == pytest.approx([1.80, 2.12], abs=0.08)


@pytest.mark.parametrize(("earlier", "asked"), [(2.0, 1.61), (3.9, 1.33)])
def test_omicron_over_an_earlier_variant(omicron: Sera, earlier: float, asked: float) -> None:
    """f = 0.7 at the convalescent mean; 1 %."""
    assert ratio(**wired(omicron), earlier_fold=earlier).ratio == pytest.approx(asked, rel=0.01)


def test_what_the_published_ratios_would_need(omicron: Sera) -> None:
    """Against D614G: f 0.68, 0.77, 0.91 fresh, 0.74, 0.84 and about all at 90 d; 0.01."""
    own = ratio(**wired(omicron))
    found = conditions(
        **wired(omicron), ratio=own.ratio, ratio_low=own.ratio_low, ratio_high=own.ratio_high, age=np.array([0.0, 90.0])
    )
    assert found.needed[:, 0, 0] == pytest.approx([0.68, 0.77, 0.91], abs=0.01)
    assert found.needed[:2, 0, 1] == pytest.approx([0.74, 0.84], abs=0.01)
    assert found.needed[2, 0, 1] > 0.99
    # against a variant that escapes four times itself, no fraction would do
    assert found.reached[:, 2, :].max() == 0
    assert found.needed[:, 2, :].min() == 1
    assert found.unexplained == pytest.approx(found.published_ratio / own.ratio, rel=1e-12)
    assert (found.unexplained_low < found.unexplained).all()
    assert (found.unexplained < found.unexplained_high).all()
    assert (found.needed_low[:, 0, 0] < found.needed[:, 0, 0]).all()
    assert (found.needed[:, 0, 0] < found.needed_high[:, 0, 0]).all()
    assert found.reached_share[2, 0, 1] < found.reached_share[2, 0, 0]


# Closed forms


def test_ratios_are_those_of_susceptible_people() -> None:
    """[(1-f) + f (1-P_v)] / [(1-f) + f (1-P_e)] with protections worked out apart; 1e-6."""
    found = landscape(
        **wired(folded(12.0, 0.2)), half_life=60.0, immune_fraction=np.array([0.0, 0.4, 1.0]),
        age=np.array([0.0, 60.0]), earlier_fold=np.array([1.0, 3.0]), transmissibility_ratio=1.3,
    )  # fmt: skip
    assert found.ratio.shape == (2, 2, 3)
    for e, earlier in enumerate((1.0, 3.0)):
        for a, level in enumerate((0.2, 0.2 - np.log10(2))):
            variant = float(mean_protection(level - np.log10(12.0), *CURVE))
            before = float(mean_protection(level - np.log10(earlier), *CURVE))
            asked = [1.3 * (1 - f * variant) / (1 - f * before) for f in (0.0, 0.4, 1.0)]
            assert found.ratio[e, a] == pytest.approx(asked, rel=1e-6)
    assert found.ratio_low == pytest.approx(found.ratio_high)
    assert found.picture.media_type == "image/png"


def test_nobody_immune_or_nothing_escaped_leaves_the_transmissibility() -> None:
    assert ratio(**wired(folded(50.0)), immune_fraction=0.0, transmissibility_ratio=1.7).ratio == pytest.approx(1.7)
    assert ratio(**wired(folded(1.0)), transmissibility_ratio=1.7).ratio == pytest.approx(1.7, rel=1e-7)
    assert ratio(**wired(folded(4.0)), earlier_fold=4.0).ratio == pytest.approx(1.0, rel=1e-6)


def test_one_number_is_the_landscape_at_its_place(omicron: Sera) -> None:
    at = {"half_life": 108.0, "transmissibility_ratio": 1.2}
    whole = landscape(**wired(omicron), **at)
    alone = ratio(**wired(omicron), **at, immune_fraction=0.7, age=90.0, earlier_fold=2.0)
    f = int(np.argmin(np.abs(whole.immune_fraction - 0.7)))
    at_place = [each[1, 2, f] for each in (whole.ratio, whole.ratio_low, whole.ratio_high)]
    assert [alone.ratio, alone.ratio_low, alone.ratio_high] == pytest.approx(at_place, rel=1e-9)
    assert alone.ratio == pytest.approx(
        1.2 * (1 - 0.7 * alone.escape_protection) / (1 - 0.7 * alone.earlier_protection), rel=1e-12
    )


def test_more_immunity_means_more_advantage_and_age_takes_it_away(omicron: Sera) -> None:
    found = landscape(**wired(omicron))
    assert (np.diff(found.ratio, axis=2) > 0).all()
    assert (np.diff(found.ratio, axis=1)[:, :, 1:] < 0).all()
    assert (np.diff(found.ratio, axis=0)[:, :, 1:] < 0).all()


def test_the_needed_fraction_gives_the_ratio_back(omicron: Sera) -> None:
    own = ratio(**wired(omicron))
    found = conditions(**wired(omicron), ratio=own.ratio, ratio_low=own.ratio_low, ratio_high=own.ratio_high,
                       transmissibility_ratio=1.1)  # fmt: skip
    places = np.argwhere(found.reached == 1)
    assert len(places) >= 6
    for p, e, a in places:
        back = ratio(**wired(omicron), immune_fraction=float(found.needed[p, e, a]), age=float(found.age[a]),
                     earlier_fold=float(found.earlier_fold[e]), transmissibility_ratio=1.1)  # fmt: skip
        assert back.ratio == pytest.approx(found.published_ratio[p], rel=1e-9)


def test_the_fraction_is_found_or_said_not_to_be() -> None:
    """(1 - f P_v) / (1 - f P_e) = q, by hand: q = 2, P_e = 0.8, P_v = 0.2 needs 1/1.4; 9 is beyond (1-0.2)/(1-0.8)."""
    aim = np.array([2.0, 4.0, 9.0, 1.0, 0.5])
    fraction, reached = needed(aim, np.array(0.8), np.array(0.2))
    assert reached.tolist() == [True, True, False, True, False]
    assert fraction == pytest.approx([1 / 1.4, 1.0, 1.0, 0.0, 1.0])
    # a variant that escapes nothing: only a ratio of one, at any fraction
    fraction, reached = needed(np.array([1.0, 1.5]), np.array(0.5), np.array(0.5))
    assert (reached.tolist(), fraction.tolist()) == ([True, False], [0.0, 1.0])


# What cannot be


def test_a_ratio_over_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="Nobody is susceptible to the earlier variant"):
        susceptible_ratio(np.array([0.5, 1.0]), np.array(1.0), np.array(0.2))


def test_each_published_ratio_has_a_name() -> None:
    found = folded(10.0)
    with pytest.raises(ValueError, match="lists 2 names, and there are 3 published ratios"):
        conditions(**wired(found), ratio=1.8, ratio_low=1.7, ratio_high=1.9, published_names="one\ntwo")


def measured(fold: float = 10.0, titre: Any = 1.0, outcome: str = "infection", fraction: Any = 0.7, age: Any = 0.0):
    """A measured fold, a vaccine's titre and one landscape, wired by name."""
    logistic = stage("protection.published").submit(outcome=outcome)
    stage("protection.efficacy").submit(logistic, titre=np.array([titre]), age=Q([age], "d"))
    found = stage("protection.sera").submit(stage("serum.single_fold").submit(fold=fold), logistic)
    return stage("escape.landscape").submit(found, logistic, immune_fraction=np.array([fraction]), age=Q([age], "d"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"fold": 0.0}, r"serum\.single_fold\.fold was given 0"),
        ({"titre": -2.0}, r"protection\.efficacy\.titre\[0\] was given -2"),
        ({"outcome": "death"}, r"protection\.published\.outcome is one of infection, severe"),
        ({"fraction": 1.4}, r"escape\.landscape\.immune_fraction\[0\] was given 1\.4"),
        ({"age": -3.0}, r"age\[0\] was given -3 d"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(given: dict[str, Any], said: str) -> None:
    assert check(measured)
    with pytest.raises(ContractError, match=said):
        check(measured, **given)
