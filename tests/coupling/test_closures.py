"""Closures in one process: what a coarse model is answered, from where, and what is on record of it."""

from __future__ import annotations

import pickle
import types
from dataclasses import replace
from typing import Any

import asked
import numpy as np
import pytest

from bridge import Scale, check, closure, model, stage
from bridge.coupling.ledger import AGAIN, NEAREST, RUN, STORED, SURROGATE, UNBOUNDED
from bridge.errors import BridgeError, ContractError, FineCallFailed, NotSeparated, OverTime, StaleCode
from bridge.run.order import perform
from bridge.store.artifact import Artifact


def about(artifact: Artifact) -> dict[str, Any]:
    return dict(artifact.about["closures"]["flux"])


def ledger(stages: Any, artifact: Artifact) -> Artifact:
    return stages.store.open(artifact.about["inputs"]["flux"]["calls"])


def exact(states: int = 20, length: float = 0.02, k: float = 3.0) -> np.ndarray:
    gradients, temperatures = np.linspace(0.1, 1, states) / length, np.linspace(300, 400, states)
    return -k * gradients * (1 + temperatures / 1000)


def test_answers_are_those_of_the_fine_model_in_the_units_of_the_protocol(stages: Any) -> None:
    made = stages.run(asked.macro, flux=closure(asked.cell, conductivity="3 W/(m*K)"), length="2 cm")
    np.testing.assert_allclose(made.value(("answers",)), exact(), rtol=1e-14)
    assert stages.calls("cell") == 20
    assert about(made) == {
        "model": "asked.cell",
        "calls": 20,
        "runs": 20,
        "stored": 0,
        "again": 0,
        "surrogate": 0,
        "nearest": 0,
    }


def test_every_fine_run_behind_a_coarse_result_is_on_record(stages: Any) -> None:
    made = stages.run(asked.macro, flux=closure(asked.cell, conductivity="3 W/(m*K)"), length="2 cm")
    calls = ledger(stages, made)
    np.testing.assert_array_equal(calls.value(("answer",)), made.value(("answers",)))
    assert calls.value(("source",)).tolist() == [RUN] * 20
    for row, raw in enumerate(calls.value(("fine",))):
        fine = stages.store.open(raw.tobytes().hex())
        assert fine.about["model"] == "asked.cell"
        assert fine.about["stage"] == "asked.macro.flux"
        assert fine.about["inputs"]["gradient"]["literal"] == pytest.approx(calls.value(("gradient",))[row] / 1000)
        assert -fine.value(("flux",)) * 1000 == pytest.approx(-calls.value(("answer",))[row])


def test_a_fine_run_is_shared_between_coarse_stages_and_with_the_store(stages: Any) -> None:
    one = stages.run(asked.macro, flux=closure(asked.cell, conductivity="3 W/(m*K)"), length="2 cm")
    two = stages.run(asked.macro, flux=closure(asked.cell, conductivity="3 W/(m*K)"), length="20 mm", rounds=3)
    assert stages.calls("cell") == 20
    assert (about(two)["runs"], about(two)["stored"], about(two)["again"]) == (0, 20, 40)
    np.testing.assert_array_equal(one.value(("answers",)), two.value(("answers",)))
    assert ledger(stages, two).value(("source",)).tolist() == [STORED] * 20 + [AGAIN] * 40


def test_what_the_flow_fixes_of_the_fine_model_is_an_input_of_the_coarse_stage(stages: Any) -> None:
    one = stages.run(asked.macro, flux=closure(asked.cell, conductivity="3 W/(m*K)"), length="2 cm")
    same = stages.run(asked.macro, flux=closure(asked.cell, conductivity="3000 mW/(m*K)"), length="2 cm")
    other = stages.run(asked.macro, flux=closure(asked.cell, conductivity="4 W/(m*K)"), length="2 cm")
    assert one.key == same.key != other.key
    assert one.about["inputs"]["flux.conductivity"]["literal"] == 3.0
    assert stages.calls("cell") == 40


@pytest.mark.parametrize("where", ["process", "threads", "cluster", "auto"])
def test_where_the_fine_model_runs_changes_no_bit(stages: Any, where: str) -> None:
    def cell(k: str, where: str) -> Any:
        return closure(asked.cell, conductivity=k, where=where)

    here = stages.run(asked.macro, flux=cell("3 W/(m*K)", "process"), length="3 cm")
    bits = here.value(("answers",)).tobytes()
    there = stages.run(asked.macro, flux=cell("3.5 W/(m*K)", where), length="3 cm", single=where == "process")
    assert stages.calls("cell") == 40
    again = stages.run(asked.macro, flux=cell("3 W/(m*K)", where), length="3 cm", states=20)
    assert again.key == here.key  # where it runs is no part of what it is
    assert again.value(("answers",)).tobytes() == bits
    np.testing.assert_allclose(there.value(("answers",)), exact(length=0.03, k=3.5), rtol=1e-14)


def test_a_lift_and_a_restriction_stand_between_the_scales(stages: Any) -> None:
    flux = closure(asked.faces, lift=asked.lift, restrict=asked.restrict, width="5 um")
    made = stages.run(asked.macro, flux=flux, length="2 cm")
    np.testing.assert_allclose(made.value(("answers",)), -3.0 * np.linspace(0.1, 1, 20) / 0.02, rtol=1e-6)
    assert "asked.lift → asked.faces → asked.restrict" in made.about["inputs"]["flux"]["literal"]


def test_a_tolerance_saves_most_of_the_calls_and_says_its_bound(stages: Any) -> None:
    flux = closure(asked.cell, conductivity="3 W/(m*K)", tolerance="1 %")
    made = stages.run(asked.macro, flux=flux, length="2 cm", states=640)
    told = about(made)
    assert stages.calls("cell") == told["runs"] <= 40
    assert told["surrogate"] >= 600
    assert told["largest_bound"] <= 0.01
    wrong = np.abs(made.value(("answers",)) - exact(640)) / np.abs(exact(640)).max()
    calls = ledger(stages, made)
    by_surrogate = calls.value(("source",)) == SURROGATE
    assert (wrong[by_surrogate] <= calls.value(("bound",))[by_surrogate] + 1e-12).all()
    assert not calls.value(("fine",))[by_surrogate].any()


def test_one_by_one_the_surrogate_answers_too(stages: Any) -> None:
    flux = closure(asked.cell, conductivity="3 W/(m*K)", tolerance="1 %")
    made = stages.run(asked.macro, flux=flux, length="2 cm", states=200, single=True)
    assert stages.calls("cell") <= 40
    np.testing.assert_allclose(made.value(("answers",)), exact(200), atol=0.01 * np.abs(exact(200)).max())


def test_a_tolerance_is_part_of_what_the_result_is(stages: Any) -> None:
    given: dict[str, Any] = {"length": "2 cm"}
    keys = {
        stages.run(asked.macro, flux=closure(asked.cell, conductivity="3 W/(m*K)", **more), **given).key
        for more in (
            {},
            {"tolerance": "1 %"},
            {"tolerance": "2 %"},
            {"tolerance": "5 W/m^2"},
            {"tolerance": "0.005 kW/m^2"},
        )
    }
    assert len(keys) == 4


def test_a_microstructure_that_degrades_invalidates_what_was_learned(stages: Any) -> None:
    made = stages.run(asked.wearing, flux=closure(asked.worn, tolerance="1 %"))
    assert about(made)["microstructures"] == 3
    answers = made.value(("answers",)).reshape(3, 30)
    for step, rows in enumerate(answers):
        right = -1000 * (0.75 - 0.25 * step) * np.tanh(np.linspace(0, 100, 30) / 50) / 20
        np.testing.assert_allclose(rows, right, atol=0.01 * np.abs(right).max() + 1e-12)
    assert 3 * 3 <= stages.calls("worn") < 90


def test_the_noise_of_a_fine_model_is_part_of_the_bound(stages: Any) -> None:
    flux = closure(asked.noisy, tolerance="0.5 W/m^2")
    made = stages.run(asked.macro, flux=flux, length="20 cm", states=200)
    right = 10 + np.sin(np.linspace(0.1, 1, 200) / 0.2)
    calls = ledger(stages, made)
    by_surrogate = calls.value(("source",)) == SURROGATE
    assert by_surrogate.sum() > 100
    assert (np.abs(made.value(("answers",)) - right)[by_surrogate] <= 0.5).all()


def test_tolerance_zero_with_a_noisy_model_is_refused(stages: Any) -> None:
    with pytest.raises(ContractError, match=r"asked.macro.flux: tolerance='0 %', but asked.noisy is noisy.*'5 %'"):
        stages.run(asked.macro, flux=closure(asked.noisy, tolerance="0 %"), length="2 cm")


def test_a_call_that_fails_is_named_with_its_state_and_nothing_else_is_lost(stages: Any) -> None:
    flux = closure(asked.cell, conductivity="3 W/(m*K)", stumble=390.0)
    with pytest.raises(
        FineCallFailed,
        match=r"asked.macro.flux: asked.cell failed for gradient=4.*, temperature=39.*no convergence.*'nearest'",
    ) as failed:
        stages.run(asked.macro, flux=flux, length="2 cm")
    assert pickle.loads(pickle.dumps(failed.value)).traceback == failed.value.traceback != ""
    assert stages.calls("cell") == 20
    with pytest.raises(FineCallFailed):  # the others are found, what failed is tried again
        stages.run(asked.macro, flux=flux, length="2 cm")
    assert stages.calls("cell") == 22


def test_the_nearest_answer_may_stand_in_for_a_call_that_failed_and_is_recorded(stages: Any) -> None:
    flux = closure(asked.cell, conductivity="3 W/(m*K)", stumble=399.0, on_failure="nearest")
    made = stages.run(asked.macro, flux=flux, length="2 cm")
    answers = made.value(("answers",))
    assert answers[-1] == answers[-2]
    assert about(made)["nearest"] == 1
    calls = ledger(stages, made)
    assert calls.value(("source",)).tolist() == [RUN] * 19 + [NEAREST]
    assert calls.value(("bound",))[-1] == UNBOUNDED


def test_a_fine_model_slower_than_it_may_be_is_named(stages: Any) -> None:
    flux = closure(asked.cell, conductivity="3 W/(m*K)", sleep=3.0, timeout="0.2 s", where="process")
    with pytest.raises(OverTime, match=r"asked.macro.flux: it took longer than 0.2 s, the timeout of its closure"):
        stages.run(asked.macro, flux=flux, length="2 cm", states=1)


def test_a_state_outside_of_the_fine_model_is_refused_by_name(stages: Any) -> None:
    with pytest.raises(BridgeError, match=r"asked.macro.flux.gradient was handed .* K/mm; it is valid between -1000"):
        stages.run(asked.macro, flux=closure(asked.cell, conductivity="3 W/(m*K)"), length="1e-7 m")
    assert stages.calls() == 0


def test_a_worker_with_other_code_of_the_fine_model_is_found_out(stages: Any) -> None:
    given = {"flux": closure(asked.cell, conductivity="3 W/(m*K)"), "length": "2 cm"}
    order = stages.order(asked.macro, given)
    ((code, depends, came_along),) = order._fine["flux"]
    order._fine["flux"] = [(replace(code, sources=(("asked", "0" * 64),)), depends, came_along)]
    with pytest.raises(StaleCode, match=r"asked.macro: this process has other code of asked.cell"):
        perform(order)
    assert stages.calls() == 0


def test_a_fine_model_declared_coarser_than_who_asks_it_is_refused_unless_it_is_meant() -> None:
    def upside_down(**options: Any) -> None:
        cells = closure(coarse, conductivity="3 W/(m*K)")
        stage(asked.macro, **options).submit(flux=cells, length="2 cm")

    function = types.FunctionType(asked.cell.__code__, asked.cell.__globals__, "coarse", asked.cell.__defaults__)
    function.__kwdefaults__, function.__annotations__ = asked.cell.__kwdefaults__, asked.cell.__annotations__
    coarse = model("asked.planet", scale=Scale("planet", length="1 km .. 10000 km"))(function)
    with pytest.raises(NotSeparated, match=r"asked.planet .* declares itself the coarser.*'planet/continuum'"):
        check(upside_down)
    assert check(upside_down, accept="planet/continuum").stages


def test_the_calls_of_a_stage_are_kept_by_gc_and_seen_by_verify(stages: Any) -> None:
    from bridge.store.upkeep.verify import upstream

    made = stages.run(asked.macro, flux=closure(asked.cell, conductivity="3 W/(m*K)"), length="2 cm")
    (key,) = upstream(made.about)
    assert key == ledger(stages, made).key
    fine = upstream(stages.store.open(key).about)
    assert len(fine) == 20
    assert stages.store.has_many(fine) == set(fine)


def test_what_fine_runs_judge_of_their_scales_stands_with_the_coarse_result(stages: Any) -> None:
    for way in ("stop", "nearest"):
        hot = {"flux": closure(asked.judging, on_failure=way), "length": "2 cm", "states": 5, "high": "500 K"}
        with pytest.raises(NotSeparated, match=r"temperature=4\d\d.*relaxation/heating"):
            stages.run(asked.macro, **hot)
    for _ in range(2):  # computed, and out of the store
        made = stages.run(asked.macro, flux=closure(asked.judging), length="2 cm", states=5)
        (verdict,) = made.about["separation"]
        assert (verdict["name"], verdict["ok"], verdict["ratio"]) == ("relaxation/heating", True, pytest.approx(0.1))


def test_what_never_varies_costs_the_surrogate_nothing(stages: Any) -> None:
    flux = closure(asked.cell, conductivity="3 W/(m*K)", tolerance="1 %")
    made = stages.run(asked.macro, flux=flux, length="2 cm", states=200, low="300 K", high="300 K")
    assert stages.calls("cell") <= 15
    right = -3.0 * np.linspace(0.1, 1, 200) / 0.02 * 1.3
    np.testing.assert_allclose(made.value(("answers",)), right, atol=0.01 * np.abs(right).max())


def test_what_varies_only_later_is_learned_then(stages: Any) -> None:
    flux = closure(asked.cell, conductivity="3 W/(m*K)", tolerance="1 %")
    made = stages.run(asked.later, flux=flux)
    right = -3.0 * np.tile(np.linspace(1.0, 50.0, 50), 2) * np.repeat([1.3, 1.6], 50)
    np.testing.assert_allclose(made.value(("answers",)), right, atol=0.01 * np.abs(right).max())
    assert about(made)["surrogate"] > 50


def test_what_an_override_let_through_is_not_found_without_it(stages: Any) -> None:
    hot = {"flux": closure(asked.judging), "length": "2 cm", "states": 5, "high": "500 K"}
    perform(stages.order(asked.macro, hot, accept="relaxation/heating"))
    assert stages.calls("judging") == 5
    with pytest.raises(NotSeparated, match="relaxation/heating"):
        stages.run(asked.macro, **{**hot, "states": 5, "rounds": 2})  # another stage, whose fine runs are all there
    assert stages.calls("judging") == 5


def test_a_thread_has_few_blocks_open_and_loses_no_row(stages: Any) -> None:
    from bridge.kinds.measured import Number
    from bridge.kinds.record import Port, Record
    from bridge.run.sweeps import kept

    outputs = Record((Port("y", Number("m")),))
    keys = [f"{n:02x}" * 32 for n in range(1, 51)]
    for n, key in enumerate(keys):
        kept.writer_of(stages.store, "20260101-000000-000bbb", outputs, {"model": "m", "n": n}).add(key, {"y": 1.0 * n})
    mine = [name for name in kept._writers if name[0] == "20260101-000000-000bbb"]
    assert len(mine) <= kept.MOST
    assert stages.store.has_many(keys) == set(keys)
    kept.seal("20260101-000000-000bbb")
    assert stages.store.values_many(keys, ("y",)) == [1.0 * n for n in range(50)]
