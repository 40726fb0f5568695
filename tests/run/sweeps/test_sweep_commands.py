"""The command ``sweep`` and what looks at sweeps afterwards, in processes of their own."""

from __future__ import annotations

import csv
import json
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import Start, until

SWEPT = Path(__file__).with_name("swept.py")


def said(process: Any, code: int = 0, timeout: float = 240) -> str:
    out, err = process.communicate(timeout=timeout)
    assert process.returncode == code, out + err
    return str(out)


def calls(surroundings: dict[str, str], tag: str, name: str) -> int:
    lines = Path(surroundings["NOTES"]).read_text().splitlines()
    return sum(line.split()[:2] == [tag, name] for line in lines)


def test_a_sweep_is_planned_run_shown_listed_and_exported(
    start: Start, surroundings: dict[str, str], tag: str, tmp_path: Path
) -> None:
    written = ["sweep", f"{SWEPT}:chain", "-p", "x=1 m .. 3 m : 3", "-p", "t=1 s, 2 s", "-p", f"tag={tag}"]
    plan = said(start(*written, "--plan"))
    assert "chain at 6 points" in plan
    assert "9 executions to run; points share 3 of 12." in plan
    assert calls(surroundings, tag, "fine") == 0
    run = json.loads(said(start(*written, "--name", f"n{tag}", "--json")))
    assert run["points"] == {"done": 6}
    assert [stage["executions"] for stage in run["stages"]] == [3, 6]
    shown = said(start("show", f"n{tag}"))
    assert "6 points: 6 done" in shown
    picture = next(line.removeprefix("picture: ") for line in shown.splitlines() if line.startswith("picture: "))
    assert Path(picture).read_bytes()[:4] == b"\x89PNG"
    point = json.loads(said(start("show", f"n{tag}", "--point", "3", "--json")))
    assert (point["parameters"]["x"], point["parameters"]["t"], point["status"]) == ("2 m", "2 s", "done")
    assert point["stages"][1]["outputs"]["z"]["value"] == 2400.0
    assert "fine  computed: 3 executions, of which 3 computed" in said(start("why", f"n{tag}"))
    assert "x=1 m … 3 m (3)" in said(start("runs", "--name", f"n{tag}"))
    for to, suffix in (("netcdf", "nc"), ("parquet", "parquet"), ("csv", "csv")):
        said(start("export", f"n{tag}", "--to", to, "--out", str(tmp_path / to)))
        assert (tmp_path / to / f"{run['id']}.{suffix}").is_file()
    _read_back(tmp_path, run["id"])


def _read_back(folder: Path, run: str) -> None:
    import pyarrow.parquet
    import xarray

    with xarray.open_dataset(folder / "netcdf" / f"{run}.nc", engine="h5netcdf") as data:
        expected = 200 * data.x.values[:, None] + 1000 * data.t.values[None, :]
        np.testing.assert_array_equal(data.z, expected)
        assert data.z.attrs["units"] == "mm"
    table = pyarrow.parquet.read_table(folder / "parquet" / f"{run}.parquet")
    assert table["z"].to_pylist() == expected.ravel().tolist()
    assert table.schema.field("z").metadata == {b"units": b"mm"}
    with open(folder / "csv" / f"{run}.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["z [mm]"]) for row in rows] == expected.ravel().tolist()
    assert rows[0]["status"] == "done"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_sweep_that_was_cut_off_goes_on_where_it_was(
    start: Start, surroundings: dict[str, str], tag: str, how: signal.Signals
) -> None:
    words = ["-p", "x=1 m .. 80 m : 80", "-p", f"tag={tag}", "-p", "seconds=0.5", "--name", f"n{tag}"]
    process = start("sweep", f"{SWEPT}:chain", *words)
    until(lambda: calls(surroundings, tag, "fine") >= 8, 120)
    process.send_signal(how)
    process.communicate(timeout=200)
    begun = calls(surroundings, tag, "fine")
    assert begun < 80
    document = json.loads(said(start("resume", f"n{tag}", "--json")))
    assert document["state"] == "completed"
    assert document["points"] == {"done": 80}
    again = calls(surroundings, tag, "fine") - 80
    assert 0 <= again <= 2, "only what was under way runs twice: one execution on each of two workers"


def test_mistakes_are_refused_in_one_line_before_anything_runs(start: Start, tag: str) -> None:
    for words, wanted in (
        (["-p", "q=1 m, 2 m"], "the flow has no parameter 'q'"),
        (["-p", "x=1 s, 2 s"], "[time] is not [length]"),
        (["-p", "x=1 m .. 2 m : 100000", "-p", "t=1 s .. 2 s : 10000"], "1,000,000,000 points"),
        (["-p", "x=1 m, 2 m", "--cluster", "tcp://127.0.0.1:9"], "tcp://127.0.0.1:9"),
    ):
        process = start("sweep", f"{SWEPT}:chain", *words, "-p", f"tag={tag}")
        _, err = process.communicate(timeout=200)
        assert process.returncode == 1
        assert wanted in err
        assert "Traceback" not in err
