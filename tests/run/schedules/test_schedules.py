"""A flow by the clock: checked and deployed, fired by Prefect, started by scalebridge serve, recorded in the store."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import Any

import pytest
from commands import until

pytestmark = pytest.mark.timeout(600)  # half a minute on a quiet machine, most of it the start of a dozen commands

#: Calls of Python, one process for all of them; what each raised comes out in JSON.
REFUSED = """
import json, sys
from bridge.run.schedules import listing, serving
from bridge.run.schedules.making import schedule

FLOW, NIGHTLY = sys.argv[1], "0 2 * * *"
said = {}
for name, call in {
    "misspelt": lambda: schedule(FLOW, {"taag": "a"}, NIGHTLY),
    "unit": lambda: schedule(FLOW, {"tag": "a", "x": "1 K"}, NIGHTLY),
    "axis": lambda: schedule(FLOW, {"tag": "a", "x": "1 K, 2 K"}, NIGHTLY, sweep_options={}),
    "never": lambda: schedule(FLOW, {"tag": "a"}, "0 0 31 2 *"),
    "cluster": lambda: schedule(FLOW, {"tag": "a"}, NIGHTLY, cluster="slrum"),
    "taken": lambda: schedule(FLOW, {"tag": "a"}, NIGHTLY, name="often"),
    "unknown": lambda: listing.pause("oftn"),
    "second": lambda: serving.serve(print),
}.items():
    try:
        said[name] = f"nothing: {call()}"
    except Exception as reason:
        said[name] = str(reason)
said["left"] = [one.name for one in listing.schedules()]
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def served(clock: Any) -> Any:
    """A schedule that fires every five seconds, served until it has twice."""
    made = clock.command("run", clock.flow, "-p", "tag=fires", "--every", "5 s", "--name", "often", "--tag", "test")
    assert "every 5 s (Europe/Berlin)" in made
    assert "scalebridge serve, which is not running" in made
    clock.serving = clock.serve()
    until(lambda: clock.completed("often") >= 2, 200)
    return clock


def test_a_schedule_fires_and_its_runs_are_in_the_store(served: Any) -> None:
    first, second = served.fired("often")[:2]
    assert (first["flow"], first["parameters"]["tag"], first["tags"]) == ("clocked", "fires", ["test"])
    assert first["prefect"]["flow_run"] != second["prefect"]["flow_run"]
    assert served.calls("fires") == 1  # the second found what the first had stored


def test_mistakes_are_refused_when_the_schedule_is_made(served: Any) -> None:
    command = [sys.executable, "-c", REFUSED, served.flow]
    done = subprocess.run(command, env=served.environment, cwd=served.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert "has no parameter 'taag'. Did you mean 'tag'" in said["misspelt"]
    assert "[temperature] is not [length]" in said["unit"]
    assert "[temperature] is not [length]" in said["axis"]
    assert "never fires" in said["never"]
    assert "slrum" in said["cluster"]
    assert "there is a schedule named 'often' already (every 5 s)" in said["taken"]
    assert "there is no schedule 'oftn'. Did you mean 'often'" in said["unknown"]
    assert f"served already: by process {served.serving.pid}" in said["second"]
    assert said["left"] == ["often"]


def test_a_paused_schedule_tells_its_last_run_and_survives_who_serves(served: Any) -> None:
    served.command("schedules", "pause", "often")
    until(lambda: served.said().count("often: started") == served.said().count("often: ended"), 100)
    until(lambda: not served.under_way(), 100)
    served.serving.send_signal(signal.SIGTERM)
    assert served.serving.wait(60) == 0
    assert "SIGTERM: leaving" in served.said()
    listed = json.loads(served.command("schedules", "--json"))
    assert listed["served"] is None
    (seen,) = listed["schedules"]
    assert (seen["name"], seen["every"], seen["flow"]) == ("often", ["every 5 s"], f"{served.flow}:clocked")
    assert (seen["paused"], seen["next"], seen["late"], seen["last"]["state"]) == (True, [], 0, "completed")
    # Prefect knows the run in the store; of two that were under way at once, the last fired may have begun first.
    assert seen["last"]["run"] in [one["id"] for one in served.fired("often")][-2:]
    assert "is removed" in served.command("schedules", "remove", "often")
    assert json.loads(served.command("schedules", "--json"))["schedules"] == []
