"""Runs as people make them: one with pictures, a sweep, a closure; exported, imported elsewhere, and found there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.inspect.crate.importing import import_crate
from bridge.inspect.crate.writing import write_crate
from bridge.store.runs import Run, run_of
from bridge.store.store import Store
from bridge.store.upkeep.verify import verify

COMMAND = str(Path(sys.executable).with_name("scalebridge"))


class Lab:
    """Where the runs were made, and where they came to."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment
        self.first = Store(folder / "home" / "store")
        self.elsewhere = Store(folder / "elsewhere")

    def typed(self, *words: str, **more: str) -> str:
        """What a command says."""
        done = subprocess.run(
            [COMMAND, *words], cwd=self.folder, env=self.environment | more, capture_output=True, text=True, timeout=240
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run(self, name: str) -> Run:
        """A run where it was made."""
        return run_of(name, self.first.address)

    def notes(self) -> list[str]:
        """Every call of a model until now."""
        return (self.folder / "notes").read_text().splitlines()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Three runs, their crates, and a store that they were imported into."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copy(Path(__file__).with_name("crate_flows.py"), folder / "flows.py")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SCALEBRIDGE_", "PREFECT_"))}
    environment = kept | {"HOME": str(folder), "SCALEBRIDGE_HOME": str(folder / "home"), "NOTES": str(folder / "notes")}
    made = Lab(folder, environment)
    made.typed("run", "flows.py:moving", "--name", "shown")
    made.typed("sweep", "flows.py:moving", "-p", "size=1 um .. 3 um : 3", "-p", "element=Cu, Ag", "--name", "swept")
    made.typed("run", "flows.py:asking", "--name", "asked")
    made.typed("export", "shown", "--to", "ro-crate", "--out", "shown.zip", "--license", "CC0-1.0")
    there = {"SCALEBRIDGE_STORE": str(folder / "elsewhere")}
    done = json.loads(made.typed("import", "shown.zip", "--json", **there))
    assert (done["artifacts"], done["there"], done["flows"]) == (2, False, ["flow/flows.py"])
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SCALEBRIDGE_HOME", str(folder / "home"))
        for name in ("swept", "asked"):
            import_crate(write_crate(made.run(name), folder / f"{name}.zip").path, made.elsewhere)
    yield made
    subprocess.run([sys.executable, "-m", "bridge.run.server", "stop"], env=environment, check=False, timeout=60)


def test_pictures_and_files_are_in_the_crate_and_on_its_page(lab: Lab, tmp_path: Path) -> None:
    shutil.unpack_archive(lab.folder / "shown.zip", tmp_path / "shown")
    page = (tmp_path / "shown" / "ro-crate-preview.html").read_text()
    picture = (tmp_path / "shown" / "outputs" / "crate.shape.picture.svg").read_bytes()
    assert picture == lab.run("shown")["crate.shape"].picture.content
    assert 'src="data:image/svg+xml;base64,' in page
    assert (tmp_path / "shown" / "outputs" / "crate.shape.report.html").read_bytes() == b"<p>a page"
    assert (tmp_path / "shown" / "flow" / "flows.py").read_bytes() == (lab.folder / "flows.py").read_bytes()


def test_what_was_imported_is_found_when_it_is_asked_for_again(lab: Lab) -> None:
    before = lab.notes()
    there = {"SCALEBRIDGE_STORE": lab.elsewhere.address}
    again = json.loads(lab.typed("run", "flows.py:moving", "--json", **there))
    assert [stage["state"] for stage in again["stages"]] == ["found", "found"]
    plan = lab.typed(
        "sweep", "flows.py:moving", "-p", "size=1 um .. 3 um : 3", "-p", "element=Cu, Ag", "--plan", **there
    )
    assert "0 executions to run" in plan
    asked = lab.typed("check", "flows.py:asking", "--plan", **there)
    assert "in the store" in asked.split("crate.macro", 2)[-1]
    assert lab.notes() == before


def test_a_sweep_comes_out_as_it_went_in(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    first, back = lab.run("swept"), run_of("swept", lab.elsewhere.address)
    assert back.sweep.to_xarray().identical(first.sweep.to_xarray())
    assert back.sweep.counts == {"done": 6}
    rows = back.store.open(next(iter(back.sweep.keys("crate.rate"))) or "")
    assert rows.folder.startswith("blocks/")


def test_the_calls_of_a_closure_and_its_fine_runs_come_along(lab: Lab) -> None:
    first, back = lab.run("asked"), run_of("asked", lab.elsewhere.address)
    assert back.calls("crate.macro.flux").to_xarray().identical(first.calls("crate.macro.flux").to_xarray())
    fine = back.calls("crate.macro.flux").fine
    assert all(lab.elsewhere.has(bytes(key).hex()) for key in fine.magnitude)
    assert str(back.lineage("crate.macro.answers")) == str(first.lineage("crate.macro.answers"))


def test_every_bit_of_it_verifies(lab: Lab) -> None:
    report = verify(lab.elsewhere)
    assert report.damaged == []
    assert report.seen.rows == 8  # three executions of the sweep's second stage, five fine runs
