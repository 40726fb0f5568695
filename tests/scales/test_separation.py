"""Verdicts on two scales: ratio, limit, and the error that the limit stands for."""

from __future__ import annotations

import json
import math
import pickle

import numpy as np
import pytest

from bridge.errors import ContractError, NotSeparated
from bridge.scale import Scale
from bridge.scales.judging import KEPT, Judged, Watch, also, judging, overridden, refuse, separated, steps
from bridge.scales.separation import Estimate, declared, separation, verdict_from
from bridge.units import Q


def test_a_verdict_is_fine_over_coarse_in_whatever_units() -> None:
    verdict = separation("hop/drift", "50 ns", Q(2.0, "us"), limit=0.1)
    assert (verdict.ratio, verdict.ok, verdict.what) == (0.025, True, "time")
    assert separation("grain/part", "0.05 mm", "1 cm", limit=0.1).ratio == pytest.approx(0.005, rel=1e-15)


@pytest.mark.parametrize(("fine", "ok"), [("0.1 s", True), ("0.1000001 s", False)])
def test_at_the_limit_scales_are_separated_and_above_it_they_are_not(fine: str, ok: bool) -> None:
    assert separation("a/b", fine, "1 s", limit=0.1).ok is ok


def test_of_arrays_the_worst_pair_counts() -> None:
    """Not the largest fine with the smallest coarse, which are at different places."""
    fine, coarse = np.array([1.0, 4.0, 2.0]), np.array([100.0, 200.0, 20.0])
    verdict = separation("a/b", Q(fine, "s"), Q(coarse, "s"), limit=0.5)
    assert (verdict.ratio, verdict.fine.value, verdict.coarse.value) == (0.1, 2.0, 20.0)
    assert separation("a/b", Q(fine, "s"), "8 s", limit=0.5).ratio == 0.5


def test_what_never_changes_is_apart_from_everything() -> None:
    verdict = separation("a/b", "1 s", Q(math.inf, "s"), limit=0.1)
    assert (verdict.ratio, verdict.ok) == (0.0, True)
    assert verdict_from(json.loads(json.dumps(verdict.document(), allow_nan=False))) == verdict


def test_the_error_of_a_ratio_is_that_of_both_ends() -> None:
    fine, coarse = Estimate(1.0, "s", "fit", 0.03), Estimate(10.0, "s", "fit", 0.4)
    assert separation("a/b", fine, coarse, limit=0.2).standard_error == pytest.approx(0.1 * 0.05)


def test_a_limit_says_which_error_it_stands_for() -> None:
    """Resonance: 0.17 × ε/δ; a tenth is an error of 1.7 %."""
    said = str(separation("cell/macro", "2 um", "100 um", limit=0.1, error=0.17))
    assert "0.34 % here, 1.7 % at the limit" in said
    assert "first order in the ratio" in str(separation("cell/macro", "2 um", "100 um", limit=0.1))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"fine": 3.0}, r"fine=3.0 has no unit. Write text such as fine='3 ns'"),
        ({"fine": "3 m"}, "fine is in m and coarse in h: both must be times, or both lengths"),
        ({"fine": "3 K", "coarse": "3 K"}, "both must be times, or both lengths"),
        ({"fine": "-3 s"}, "fine is -3, and must be finite and not negative"),
        ({"fine": Q(math.nan, "s")}, "fine is nan, and must be finite"),
        ({"coarse": "0 s"}, "coarse is 0, and must be more than zero"),
        ({"limit": 0}, "limit=0 is no positive number. Write the largest ratio, e.g. limit=0.1"),
        ({"limit": True}, "limit=True is no positive number"),
        ({"name": "a;b"}, "'a;b' does not name a pair of scales. Write e.g. 'diffusion/binding'"),
        ({"what": "length"}, "fine and coarse are times, and lengths were asked for"),
        ({"what": "mass"}, "what='mass' is neither 'time' nor 'length'"),
        ({"fine": Q(np.ones(2), "s"), "coarse": Q(np.ones(3), "s")}, r"fine has shape \(2,\) and coarse \(3,\)"),
        ({"fine": Q(np.ones(0), "s")}, "fine is nan"),
    ],
)
def test_what_is_no_pair_of_scales_is_refused(given: dict[str, object], said: str) -> None:
    known = {"name": "a/b", "fine": "1 s", "coarse": "1 h", "limit": 0.1} | given
    with pytest.raises(ContractError, match=said):
        separation(known.pop("name"), **known)  # type: ignore[arg-type]


# Declared


def test_declared_ranges_are_apart_by_their_gap_adjoin_overlap_or_run_the_other_way() -> None:
    atoms = Scale("atomistic", length="1 angstrom .. 10 nm", time="1 fs .. 1 ns")
    grains = Scale("grains", length="1 um .. 1 mm", time="1 ps .. 1 h")
    lengths, times = declared(atoms, grains)
    assert (lengths.relation, times.relation) == ("apart", "overlap")
    assert lengths.gap == pytest.approx(100)
    assert str(lengths) == "lengths apart 1:100"
    assert [one.relation for one in declared(grains, atoms)] == ["reversed", "overlap"]
    assert declared(atoms, Scale("whole")) == ()
    (adjoining,) = declared(atoms, Scale("grains", length="10 nm .. 1 mm"))
    assert str(adjoining) == "lengths adjoin"


# While a model runs


def test_outside_of_a_stage_a_violation_is_raised_and_says_how_to_go_on() -> None:
    assert separated("a/b", fine="1 s", coarse="1 h", limit=0.1).ok
    with pytest.raises(NotSeparated) as caught:
        separated("diffusion/binding", fine="30 min", coarse="1 h", limit=0.1, at="step 3")
    said = str(caught.value)
    for part in ("diffusion/binding", "step 3", "30 min", "0.5", "limit is 0.1", "first order", "--accept"):
        assert part in said
    assert "accept='diffusion/binding'" in said
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.told) == (said, caught.value.told)
    assert again.told["separation"][0]["ok"] is False


def test_a_stage_keeps_the_worst_verdict_of_each_pair_and_counts_them() -> None:
    with judging(Judged("stage")) as judged:
        for step, fine in enumerate(("1 s", "5 s", "2 s")):
            separated("a/b", fine=fine, coarse="100 s", limit=0.1, at=f"step {step}")
        separated("c/d", fine="1 mm", coarse="1 m", limit=0.1)
    first, second = judged.told()["separation"]
    assert (first["name"], first["ratio"], first["at"], first["checks"]) == ("a/b", 0.05, "step 1", 3)
    assert (second["what"], second["ok"]) == ("length", True)


def test_a_violation_accepted_by_name_goes_on_and_is_recorded_as_accepted() -> None:
    with judging(Judged("stage", accept=("a/b",))) as judged:
        separated("a/b", fine="1 s", coarse="1 s", limit=0.1)
        with pytest.raises(NotSeparated, match=r"stage: c/d is not separated.*\(accepted here: 'a/b'\)"):
            separated("c/d", fine="1 s", coarse="1 s", limit=0.1)
    told = {one["name"]: one for one in judged.told()["separation"]}
    assert (told["a/b"]["ok"], told["a/b"]["accepted"]) == (False, True)
    assert (told["c/d"]["ok"], told["c/d"].get("accepted")) == (False, None)


def test_verdicts_of_a_model_that_is_called_stand_beside_those_of_the_one_that_calls() -> None:
    with judging(Judged("fine", accept=("a/b",))) as fine:
        separated("a/b", fine="1 s", coarse="1 s", limit=0.1)
    with judging(Judged("coarse", accept=("a/b",))) as coarse:
        assert overridden() == ("a/b",)
        also(fine.told()["separation"])
        also(None)
    assert coarse.told() == fine.told()
    with judging(Judged("coarse")), pytest.raises(NotSeparated, match="coarse: a/b is not separated"):
        also(fine.told()["separation"])
    assert overridden() == ()


def test_a_name_for_every_step_is_refused() -> None:
    with judging(Judged("stage")):
        for step in range(KEPT):
            separated(f"a/b {step}", fine="1 s", coarse="1 h", limit=0.1)
        with pytest.raises(ContractError, match=r"Say where it was judged with at="):
            separated("a/b 64", fine="1 s", coarse="1 h", limit=0.1)


def test_a_watch_judges_every_so_many_steps_and_a_violation_ends_the_loop_there() -> None:
    watch, asked = Watch("fast/slow", limit=0.1, every=10), []

    def slow() -> str:
        asked.append(watch.step)
        return f"{100 - watch.step} s"

    def loop() -> None:
        for _ in range(100):
            watch(fine="4.5 s", coarse=slow)

    with pytest.raises(NotSeparated, match="at step 60"):
        loop()
    assert asked == [0, 10, 20, 30, 40, 50, 60]
    with pytest.raises(ContractError, match="every=0 is no number of steps"):
        Watch("fast/slow", limit=0.1, every=0)


def test_steps_are_kept_beside_the_verdicts() -> None:
    with judging(Judged("stage")) as judged:
        steps("1 s", "10 ms", name="heat")
    assert judged.told() == {
        "steps": [
            {"name": "heat", "ratio": 100, "coarse_step": 1.0, "fine_step": 0.01, "unit": "s", "asked": 0.01},
        ]
    }


def test_what_was_made_under_an_override_is_refused_without_it() -> None:
    with judging(Judged("stage", accept=("a/b",))) as judged:
        separated("a/b", fine="1 s", coarse="1 s", limit=0.1)
    about = judged.told() | {"run": "20261121-120000-000abc"}
    refuse("stage", about, ("a/b",))
    refuse("stage", {}, ())
    with pytest.raises(NotSeparated, match="made by run 20261121-120000-000abc under that override"):
        refuse("stage", about, ("c/d",))
