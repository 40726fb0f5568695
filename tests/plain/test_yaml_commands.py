"""The commands: a flow becomes a file, and the file runs, finds what the flow computed, and is on record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3

FLOW = '''
from prefect import flow

from bridge import runner, stage


@flow(task_runner=runner())
def grain(temperature: str = "900 K", size: str = "50 um", through: bool = True):
    """Rates of diffusional creep of copper."""
    sample = {"temperature": temperature, "stress": "1 MPa", "grain_size": size, "atomic_volume": "11.8 angstrom^3"}
    stage("creep.coble").submit(**sample)
    if through:
        return stage("creep.nabarro_herring").submit(diffusivity="1e-16 m^2/s", **sample)
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, scalebridge: Any) -> Path:
    """A flow, and the chain that the command has written of it."""
    folder = tmp_path_factory.mktemp("chains")
    (folder / "grain.py").write_text(FLOW)
    done = scalebridge("chain", "grain.py", "--out", "grain.yaml", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "grain.yaml\n"
    assert "fixed: through = True" in done.stderr
    return folder


def test_a_chain_is_printed_unless_it_has_a_file(folder: Path, scalebridge: Any) -> None:
    printed = scalebridge("chain", "grain.py", cwd=folder)
    assert printed.stdout == (folder / "grain.yaml").read_text()
    told = json.loads(scalebridge("chain", "grain.yaml", "-p", "size=60 um", "--json", cwd=folder).stdout)
    assert told["parameters"] == ["temperature", "size"]
    assert told["fixed"] == {"through": True}
    assert "size: 60 um" in told["text"]


@pytest.mark.parametrize(
    ("out", "said"),
    [("grain.yaml", "grain.yaml is there already"), ("grain.txt", "ends in .yaml"), ("no/g.yaml", "no folder 'no'")],
)
def test_nothing_is_written_over(out: str, said: str, folder: Path, scalebridge: Any) -> None:
    before = sorted(folder.iterdir())
    done = scalebridge("chain", "grain.py", "--out", out, cwd=folder)
    assert done.returncode == 1
    assert said in done.stderr
    assert sorted(folder.iterdir()) == before


def test_a_chain_that_is_refused_leaves_no_run(folder: Path, scalebridge: Any, tmp_path: Path) -> None:
    text = (folder / "grain.yaml").read_text()
    (tmp_path / "grain.yaml").write_text(text.replace("1 MPa", "1 K", 1))
    for command in ("check", "run"):
        done = scalebridge(command, "grain.yaml", cwd=tmp_path)
        assert done.returncode == 1
        assert "error: grain.yaml:" in done.stderr
        assert "[temperature] is not [pressure]" in done.stderr
    (tmp_path / "grain.yaml").write_text(text.replace("1 MPa", "!!python/name:os.system", 1))
    done = scalebridge("run", "grain.yaml", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["error"]["type"] == "NotRead"
    assert not json.loads(scalebridge("runs", "--json", cwd=tmp_path).stdout)


@pytest.mark.science
def test_a_chain_runs_finds_what_the_flow_computed_and_is_on_record(
    folder: Path, scalebridge: Any, surroundings: dict[str, str], monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    first = json.loads(scalebridge("run", "grain.py", "--json", cwd=folder).stdout)
    done = scalebridge("run", "grain.yaml", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    second = json.loads(done.stdout)
    assert [stage["state"] for stage in second["stages"]] == ["found", "found"]
    assert [s["key"] for s in second["stages"]] == [s["key"] for s in first["stages"]]
    monkeypatch.setenv("SCALEBRIDGE_HOME", surroundings["SCALEBRIDGE_HOME"])
    from bridge.run.resuming import flow_of
    from bridge.store.runs import run_of

    about = run_of(second["id"]).about
    assert about["source"] == blake3((folder / "grain.yaml").read_bytes()).hexdigest()
    assert flow_of(run_of(second["id"])).name == "grain"
    swept = scalebridge("sweep", "grain.yaml", "-p", "temperature=900 K .. 1000 K : 3", "--json", cwd=folder)
    assert swept.returncode == 0, swept.stderr
    record_property("asked", "both stages found, and 3 points swept")
    record_property("reached", f"{second['state']}, {json.loads(swept.stdout)['state']}")
