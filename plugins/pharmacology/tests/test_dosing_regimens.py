"""Regimens: when, how much, for whom."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_pharmacology.dosing.doses import checked
from bridge_pharmacology.dosing.instants import each_dose
from bridge_pharmacology.dosing.nonmem import read
from bridge_pharmacology.dosing.regimen import regimen, regimen_by_weight, regimens, regimens_by_weight
from bridge_pharmacology.dosing.table import marked
from bridge_pharmacology.plasma.compartments import two_compartment

from bridge import BridgeError, Q
from bridge.testing import check_model

#: Trastuzumab: 4 mg/kg over 90 min, then 2 mg/kg over 30 min every week.
WEEKLY = {"interval": "1 week", "infusion": "30 min", "loading_infusion": "90 min"}


def test_a_loading_dose_and_a_dose_every_week_of_168_days():
    found = regimen_by_weight(2.0, np.array([70.0]), 7.0, 4.0, 30 / 1440, 90 / 1440)
    assert found.count == 24
    assert found.total.tolist() == [280 + 23 * 140]
    assert found.label == "4 mg/kg over 90 min, then 2 mg/kg over 30 min every 7 d"
    every = each_dose(found.doses, 168.0)
    assert every.time.tolist() == list(range(0, 168, 7))
    assert every.amount.tolist() == [280.0] + 23 * [140.0]
    assert every.ends - every.time == pytest.approx([90 / 1440] + 23 * [30 / 1440], rel=1e-10)


def test_units_of_time_are_mixed_freely():
    one = check_model(regimen_by_weight, dose="2 mg/kg", loading="4 mg/kg", body_weight="70 kg", **WEEKLY)
    two = check_model(
        regimen_by_weight, dose="2000 ug/kg", loading="0.004 g/kg", body_weight="70000 g", interval="168 h",
        infusion="0.5 h", loading_infusion="0.0625 d", until="24 week",
    )  # fmt: skip
    for name, column in one["doses"].items():
        assert two["doses"][name] == pytest.approx(column, rel=1e-14), name


def test_every_weight_has_its_dose():
    weight = np.array([50.0, 70.0, 110.0])
    found = regimen_by_weight(3.0, weight, 21.0, until=63.0)
    assert found.doses.individual.tolist() == [0, 1, 2]
    assert found.doses.amount == pytest.approx(3 * weight)
    assert found.count == 3
    assert found.total == pytest.approx(9 * weight)


@pytest.mark.parametrize(
    ("until", "count", "times"),
    [(21.0, 9, [0, 7, 14]), (21.1, 9, [0, 7, 14, 21]), (1.0, 9, [0]), (168.0, 2, [0, 7]), (168.0, 1, [0])],
)
@pytest.mark.parametrize("loading", [0.0, 5.0])
def test_doses_end_at_a_time_or_a_count(until, count, times, loading):
    found = regimen(3.0, 7.0, loading, until=until, count=count)
    every = each_dose(found.doses, 1000.0)
    assert every.time == pytest.approx(times)
    assert every.amount.tolist() == [loading or 3.0] + (len(times) - 1) * [3.0]
    assert found.count == len(times)
    assert found.total[0] == pytest.approx(every.amount.sum())


def test_regimens_stand_side_by_side():
    found = regimens_by_weight(
        np.array([0.5, 1.0, 2.0, 4.0]), 70.0, np.array([7.0]), np.array([1.0, 2.0, 4.0, 8.0]), np.array([30 / 1440])
    )
    assert found.doses.individual.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert found.regimen_dose.tolist() == [0.5, 1, 2, 4]
    assert found.total == pytest.approx(70 * np.array([0.5, 1, 2, 4]) * 25)
    assert found.labels.splitlines()[3] == "8 mg/kg, then 4 mg/kg over 30 min every 7 d"
    mixed = regimens(np.array([100.0, 300.0]), np.array([7.0, 21.0]), until=42.0)
    assert mixed.total.tolist() == [600, 600]
    assert mixed.labels.splitlines() == ["100 mg every 7 d", "300 mg every 21 d"]
    assert mixed.doses.individual.tolist() == [0, 1]


def test_regimens_of_a_flow():
    found = check_model(
        regimens_by_weight, dose=Q([0.5, 2.0], "mg/kg"), loading="1 mg/kg, 4 mg/kg", body_weight="70 kg", **WEEKLY
    )
    assert found["total"] == pytest.approx([35 * 25, 140 * 25])


@pytest.mark.parametrize(
    ("model", "given", "says"),
    [
        (regimen, {"dose": "2 mg/kg"}, r"dose is float \[mg\]"),
        (regimen, {"dose": "0.001 mol/L"}, r"dose is float \[mg\]"),
        (regimen, {"dose": "140"}, "Write dose='140 mg'"),
        (regimen, {"dose": "-140 mg"}, "-140 mg"),
        (regimen, {"dose": "140 mg", "infusion": "30 mg"}, "infusion"),
        (regimen, {"dose": "140 mg", "interval": "0 d"}, "interval"),
        (regimen_by_weight, {"dose": "2 mg/kg"}, "body_weight is .* was not given"),
        (regimen_by_weight, {"dose": "140 mg", "body_weight": "70 kg"}, r"dose is float \[mg/kg\]"),
        (regimen_by_weight, {"dose": "2", "body_weight": "70 kg"}, r"Write dose='2 mg/kg'"),
        (regimen_by_weight, {"dose": "2 mg/kg", "body_weight": "70 g"}, "body_weight"),
        (regimens, {"dose": Q([1.0, 2.0], "mg"), "loading": Q([1.0, 2.0, 3.0], "mg")}, "'regimen' has 2 elements"),
    ],
)
def test_absurd_regimens_are_refused_by_their_ports(model, given, says):
    with pytest.raises(BridgeError, match=says):
        check_model(model, **{"interval": "1 week"} | given)


def test_a_placebo_may_be_infused():
    arms = regimens(np.array([0.0, 100.0]), np.array([7.0]), infusion=np.array([0.02]), until=14.0)
    assert checked(arms.doses).duration.tolist() == [0.0, 0.02]
    assert two_compartment(arms.doses, duration=14.0).exposure[0] == 0
    assert arms.total.tolist() == [0.0, 200.0]


def test_an_infusion_of_no_time_is_refused():
    with pytest.raises(ValueError, match="loading_infusion takes 1e-09 d; write 0 d for a bolus"):
        regimen(1.0, 7.0, 1.0, loading_infusion=1e-9)


def test_observations_are_rows_of_the_course():
    text = b"ID TIME AMT DV EVID\n1 0 10 . 1\n1 1 . 3 0\n1 1 . 4 0\n1 24 . . 2\n2 0 9 . 1\n2 24 9 . 1\n2 24 . 5 0\n"
    table = read(text, time="h", amount="mg", concentration="mg/L")
    found = marked(table.doses, table.observations).doses
    assert found.individual.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.time == pytest.approx(np.array([0, 1, 24, 0, 24, 24]) / 24)
    assert found.event.tolist() == [1, 2, 2, 1, 1, 2]
    assert marked(found, table.observations).doses.time.tolist() == found.time.tolist()
