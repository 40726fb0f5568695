"""The slab's velocity down a ladder of frequencies, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def outputs(run: dict[str, Any], stage: str) -> dict[str, Any]:
    (found,) = [s for s in run["stages"] if s["name"] == stage]
    return {name: value["value"] for name, value in found["outputs"].items()}


@pytest.mark.science
def test_the_ladder_arrives_where_5_hz_alone_stops_one_period_off(scalebridge: Any, record_property: Any) -> None:
    done = scalebridge("run", "flows/cycle_skipping.py", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    run = json.loads(done.stdout)
    two, five, alone = (
        outputs(run, f"{name} Hz") for name in ("waves.invert at 2", "waves.invert at 5", "highest alone at 5")
    )
    record_property("asked", "2531.7 m/s at 2 Hz and by 2 then 5 Hz; +0.1999 s at 5 Hz alone; basins 0.250 and 0.100 s")
    off = alone["travel_time"] - 1000 / 2531.6
    basins = [outputs(run, f"misfits at {f} Hz")["half_width"] for f in (2, 5)]
    reached = f"{two['velocity']:.1f} and {five['velocity']:.1f} m/s; {off:+.4f} s; basins "
    record_property("reached", reached + " and ".join(f"{b:.3f} s" for b in basins))
    assert two["velocity"] == pytest.approx(2531.7, abs=0.2)
    assert five["velocity"] == pytest.approx(2531.6, abs=0.2)
    assert off == pytest.approx(0.1999, abs=5e-4)
    assert basins == pytest.approx([0.250, 0.100], rel=0.03)
    assert outputs(run, "waves.cycle_skipping")["cycles"] == pytest.approx(1.0, abs=0.01)
    (path,) = run["pictures"]
    assert Path(path).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"

    again = json.loads(scalebridge("run", "flows/cycle_skipping.py", "--json").stdout)
    assert {s["state"] for s in again["stages"]} == {"found"}

    longer = scalebridge("run", "flows/cycle_skipping.py", "-p", "frequencies=2 Hz, 5 Hz, 8 Hz", "--json")
    states = {s["name"]: s["state"] for s in json.loads(longer.stdout)["stages"]}
    assert states["waves.invert at 2 Hz"] == states["waves.invert at 5 Hz"] == "found"
    assert states["waves.invert at 8 Hz"] == "computed"
