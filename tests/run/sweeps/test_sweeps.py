"""Sweeps from end to end, under a real Prefect server and on Dask workers in processes of their own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SWEPT = Path(__file__).with_name("swept.py")


@pytest.fixture
def told() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def swept(driver: Any, tag: str, told: list[dict[str, Any]]) -> Any:
    """Sweep one of the flows; what comes back is read from the store."""

    def go(name: str, failures: int | None = None, **axes: Any) -> Any:
        from bridge.run.flowfile import load_flow
        from bridge.run.sweeps.sweep import sweep_with
        from bridge.run.sweeps.written import read_python

        flow = load_flow(f"{SWEPT}:{name}")
        points, fixed = read_python(flow, (), {"tag": tag, **axes})
        return sweep_with(flow, points, fixed, cluster=driver.address, listener=told.append, failures=failures)

    return go


def calls(driver: Any, tag: str, name: str) -> int:
    return sum(line.split()[:2] == [tag, name] for line in driver.notes.read_text().splitlines())


def test_a_grid_becomes_one_dataset_with_units(swept: Any, driver: Any, tag: str) -> None:
    sweep = swept("chain", x="1 m .. 4 m : 4", t="1 s, 2 s, 3 s")
    assert sweep.state == "completed"
    assert (calls(driver, tag, "fine"), calls(driver, tag, "coarse")) == (4, 12)
    data = sweep.to_xarray()
    assert dict(data.sizes) == {"x": 4, "t": 3, "site": 2}
    assert data.x.attrs["units"] == "m"
    assert data.z.attrs["units"] == "mm"
    expected = 200 * data.x.values[:, None] + 1000 * data.t.values[None, :]
    np.testing.assert_array_equal(data.z, expected)
    np.testing.assert_array_equal(data.y[:, 0], 2 * data.x)
    assert data.name.values[1, 2] == "x=2"
    assert data["count"].dtype == np.int64
    np.testing.assert_array_equal(data.profile[:, 0, 1], 2 * data.x)
    assert data.site.dims == ("site",)
    assert (data.status == "done").all()


def test_dimensions_of_other_sizes_are_named_after_their_stages(swept: Any) -> None:
    data = swept("two_chains", x="1 m, 2 m").to_xarray()
    assert dict(data.sizes) == {"x": 2, "long.site": 3, "short.site": 2, "end": 2}
    assert data["short.heat"].dims == ("x", "short.site", "end")
    np.testing.assert_array_equal(data["short.heat"].sel({"short.site": 0.1}).values, [[1, 1], [2, 2]])
    np.testing.assert_allclose(data.coords["long.site"], [0, 0.1, 0.2])


def test_a_sweep_is_one_run_whose_results_single_runs_find(swept: Any, driver: Any, tag: str) -> None:
    from bridge import runs
    from bridge.run.flowfile import load_flow
    from bridge.run.launch import launch_with

    sweep = swept("chain", x="1 m, 2 m", t="5 s")
    assert runs()[0].id == sweep.id
    run = launch_with(load_flow(f"{SWEPT}:chain"), {"x": "2 m", "t": "5 s", "tag": tag}, cluster=driver.address)
    assert {facts["state"] for facts in run.stages.values()} == {"found"}
    assert run["swept.coarse"].z.magnitude == 200 * 2 + 5000


def test_overlapping_sweeps_and_earlier_runs_share_what_they_have_in_common(swept: Any, driver: Any, tag: str) -> None:
    from bridge.run.flowfile import load_flow
    from bridge.run.launch import launch_with

    launch_with(load_flow(f"{SWEPT}:chain"), {"x": "1 m", "t": "1 s", "tag": tag}, cluster=driver.address)
    first = swept("chain", x="1 m .. 4 m : 4", t="1 s, 2 s")
    assert first.run.about["sweep"]["counts"] == {"executions": 12, "computed": 10, "found": 2, "failed": 0}
    assert first.run.about["sweep"]["found"] == {"swept.fine": 1, "swept.coarse": 1}
    second = swept("chain", t="2 s, 3 s", x="3 m .. 6 m : 4")
    assert second.run.about["sweep"]["counts"] == {"executions": 12, "computed": 8, "found": 4, "failed": 0}
    assert (calls(driver, tag, "fine"), calls(driver, tag, "coarse")) == (6, 14)


def test_a_failed_point_is_recorded_and_resume_runs_what_failed(swept: Any, driver: Any, tag: str) -> None:
    from bridge.run.launch import resume

    sweep = swept("chain", x="12 m .. 15 m : 7", t="1 s, 2 s")
    assert sweep.state == "failed"
    assert sweep.run.about["sweep"]["status"] == sweep.counts == {"done": 12, "failed": 2}
    assert sweep.status[3].tolist() == ["failed", "failed"]
    said = dict(sweep.errors())
    assert said == {6: "swept.fine: ZeroDivisionError: thirteen and a half", 7: said[6]}
    data = sweep.to_xarray()
    assert np.isnan(data.z[3]).all()
    assert np.isfinite(data.z.values[[0, 1, 2, 4, 5, 6]]).all()
    before = calls(driver, tag, "fine")
    again = resume(sweep.run, cluster=driver.address)
    assert again.id == sweep.id
    assert calls(driver, tag, "fine") == before + 1
    assert again.about["sweep"]["counts"]["failed"] == 1


def test_a_sweep_without_its_end_is_read_by_its_plans(swept: Any, tmp_path: Path) -> None:
    """As after a driver that was killed: at its end, and before it had begun."""
    from bridge import runs
    from bridge.errors import BridgeError
    from bridge.run.launch import resume

    sweep = swept("chain", x="13 m, 13.5 m, 14 m")
    folder = Path(sweep.run.space.where(f"runs/{sweep.id}/points"))
    shutil.move(folder / "result-0", tmp_path)
    again = runs()[0].sweep
    assert again.status.tolist() == ["done", "missing", "done"]
    np.testing.assert_array_equal(again.to_xarray().y, [26.0, np.nan, 28.0])
    shutil.move(folder / "plan", tmp_path)
    for look in (lambda: runs()[0].sweep.status, lambda: resume(sweep.id)):
        with pytest.raises(BridgeError, match="cut off before it had begun: launch it again"):
            look()


def test_a_value_that_may_not_leave_fails_its_points_alone(swept: Any) -> None:
    sweep = swept("chain", x="1 m, 2 m", t="1 s, 3 s", mode="nan")
    assert sweep.status.tolist() == [["done", "failed"]] * 2
    assert "only finite numbers may leave" in dict(sweep.errors())[1]


def test_failures_beyond_their_bound_stop_the_sweep(swept: Any, driver: Any, tag: str) -> None:
    sweep = swept("chain", failures=3, x="1 m .. 400 m : 400", t="3 s", mode="nan")
    assert sweep.state == "failed"
    assert "the bound given by failures" in sweep.run.about["failure"]
    assert "missing" in sweep.counts


def test_an_execution_that_kills_its_workers_fails_and_the_others_are_done(swept: Any, driver: Any, tag: str) -> None:
    sweep = swept("chain", x="1 m", t="1 s, 1.5 s, 3 s, 1.7 s", mode="die")
    assert sweep.status.tolist() == ["done", "done", "failed", "done"]
    assert "workers died running it" in dict(sweep.errors())[2]


def test_a_stage_beyond_its_time_fails_and_the_others_are_done(swept: Any) -> None:
    sweep = swept("retried", x="1 m", t="1 s, 3 s, 1.5 s", mode="slow")
    assert sweep.status.tolist() == ["done", "failed", "done"]
    assert "longer than 8.0 s" in dict(sweep.errors())[1]


def test_points_of_different_chains_stand_in_one_dataset(swept: Any) -> None:
    sweep = swept("choosing", x="1 m, 2 m", which=["coarse", "other"])
    data = sweep.to_xarray()
    assert np.isnan(data["swept.other.z"].sel(which="coarse")).all()
    np.testing.assert_array_equal(data["swept.other.z"].sel(which="other"), [-800.0, -600.0])
    np.testing.assert_array_equal(data["swept.coarse.z"].sel(which="coarse"), [1200.0, 1400.0])


def test_progress_is_told_to_the_end(swept: Any, told: list[dict[str, Any]]) -> None:
    swept("chain", x="1 m .. 20 m : 20", t="1 s, 2 s")
    planned = next(event for event in told if event["state"] == "planned")
    assert planned["points"] == 40
    last = [event for event in told if event["state"] == "progress"][-1]
    assert (last["executions"], last["computed"], last["waiting"], last["shared"]) == (60, 60, 0, 20)
    assert last["stages"]["swept.fine"] == {"executions": 20, "done": 20, "failed": 0}


def test_prefects_own_page_shows_one_flow_run_with_its_progress(swept: Any) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

    sweep = swept("chain", x="1 m .. 20 m : 20", t="1 s, 2 s")
    flow_run = sweep.run.about["prefect"]["flow_run"]
    with get_client(sync_client=True) as client:
        mine = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run]))
        (shown,) = client.read_artifacts(artifact_filter=mine)
        assert client.read_flow_run(flow_run).state.is_completed()
    assert shown.type == "progress"
    assert shown.data == 100.0
    assert "60 computed" in shown.description


def test_what_is_all_there_starts_no_cluster(swept: Any, driver: Any, tag: str) -> None:
    from bridge.run.flowfile import load_flow
    from bridge.run.sweeps.sweep import sweep_with
    from bridge.run.sweeps.written import read_python

    swept("chain", x="1 m, 2 m")
    flow = load_flow(f"{SWEPT}:chain")
    points, fixed = read_python(flow, (), {"tag": tag, "x": "1 m, 2 m"})
    again = sweep_with(flow, points, fixed, cluster="tcp://127.0.0.1:9")  # nobody is there
    assert again.state == "completed"
    assert again.run.about["sweep"]["counts"]["found"] == 4


def test_what_does_not_stack_is_swept_too(swept: Any) -> None:
    sweep = swept("cells", x="1 m, 2 m, 3 m")
    data = sweep.to_xarray()
    np.testing.assert_array_equal(data["size"], [1.0, 2.0, 3.0])
    assert data.attrs["left_out"] == "swept.cell.atoms"
    assert sweep.store.open(sweep.keys("swept.cell")[1]).value(("atoms",)).cell[0, 0] == 2.0
