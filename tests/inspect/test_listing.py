"""What people see of a store: the list of its runs, what it weighs, what is damaged, what was removed."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge.inspect import waiting
from bridge.inspect.cli import Commands
from bridge.inspect.commands import upkeep
from bridge.inspect.commands.upkeep import du, gc, rm, runs, verify
from bridge.inspect.stored import lines_of
from bridge.store import runs as stored
from bridge.store.index import conditions
from bridge.store.store import Store

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))
from small_store import begun, chain, folder_of, key_of, many_runs, record, write_record

GROUP = Commands("scalebridge", {command.name: command for command in (runs, rm, du, gc, verify) if command.name})
Command = Callable[..., Result]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCALEBRIDGE_STORE", str(tmp_path / "store"))
    monkeypatch.delenv("SCALEBRIDGE_SHARED", raising=False)
    return tmp_path / "store"


@pytest.fixture
def scalebridge(root: Path) -> Command:
    def call(*words: str) -> Result:
        return CliRunner().invoke(GROUP, words)

    return call


def listed(done: Result) -> list[str]:
    assert done.exit_code == 0, done.output
    return [line["id"] for line in json.loads(done.stdout)]


# runs


def test_an_empty_store_says_how_to_begin(scalebridge: Command, root: Path) -> None:
    assert scalebridge("runs").stdout == f"no runs in {root} yet. Start one: scalebridge run flows/creep.py\n"
    assert listed(scalebridge("runs", "--json")) == []


def test_the_list_has_columns_for_names_and_tags_only_where_there_are_any(scalebridge: Command, root: Path) -> None:
    many_runs(root, 3)
    plain = scalebridge("runs").stdout.splitlines()
    assert plain[0].split("  ")[0] == "RUN"
    assert plain[0].split() == ["RUN", "FLOW", "STATE", "STARTED", "(UTC)", "TOOK", "PARAMETERS"]
    assert plain[1].startswith(record(2)["id"])
    assert "30.0 s" in plain[1]
    write_record(root, record(3, name="figure 3", tags=["paper", "copper"]))
    rich = scalebridge("runs").stdout.splitlines()
    assert rich[0].split()[5:] == ["TOOK", "NAME", "TAGS", "PARAMETERS"]
    assert "figure 3  paper, copper  temperature=603 K" in rich[1]


def test_filters_narrow_the_list_and_pages_divide_it(scalebridge: Command, root: Path) -> None:
    many_runs(root, 30)
    every = listed(scalebridge("runs", "--json"))
    assert len(every) == 30
    assert listed(scalebridge("runs", "--json", "-n", "7", "--page", "2")) == every[7:14]
    some = scalebridge("runs", "-n", "7", "--page", "2").stdout.splitlines()
    assert some[-1] == "page 2 of 5, 30 runs: --page 3 shows older ones"
    assert scalebridge("runs", "-n", "7", "--page", "5").stdout.splitlines()[-1] == "page 5 of 5, 30 runs"
    assert scalebridge("runs", "-n", "7", "--page", "6").stdout == "30 runs fit, which is 5 pages.\n"
    asked = ["--flow", "creep", "--state", "completed", "-p", "element=Cu", "-p", "temperature=0.61 kK .. 620 K"]
    assert listed(scalebridge("runs", "--json", *asked)) == [record(i)["id"] for i in (18, 12)]
    assert listed(scalebridge("runs", "--json", "--since", "2026-01-02")) == []
    assert len(listed(scalebridge("runs", "--json", "--until", "2026-01-01"))) == 30


def test_runs_are_found_by_words_and_by_the_model_that_they_used(scalebridge: Command, root: Path) -> None:
    many_runs(root, 30)
    write_record(root, record(30, name="figure 3", stages=[{"name": "a", "model": "toy.rate", "scale": "s"}]))
    third, both = record(30)["id"], listed(scalebridge("runs", "--json", "temperature=61", "Cu"))
    assert both == [record(i)["id"] for i in (18, 15, 12)]
    assert listed(scalebridge("runs", "--json", "3", "FIGURE")) == [third]
    assert listed(scalebridge("runs", "--json", "--model", "toy.rate")) == [third]
    assert [run.id for run in stored.runs(root, words="temperature=61 Cu")] == both
    assert [run.id for run in stored.runs(root, model="toy.rate")] == [third]
    assert "None has the model 'toy.rat'. Did you mean 'toy.rate'?" in scalebridge("runs", "--model", "toy.rat").stdout
    refused = scalebridge("runs", *map(str, range(60)))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "60 words are looked for, write" in refused.stderr


def test_a_list_that_is_empty_says_why(scalebridge: Command, root: Path) -> None:
    many_runs(root, 4)
    said = scalebridge("runs", "--flow", "crep", "-p", "temperatur=900 K").stdout
    assert "None has the flow 'crep'. Did you mean 'creep'?" in said
    assert "None has a parameter 'temperatur'. Did you mean 'temperature'?" in said
    assert scalebridge("runs", "-p", "temperature=1 mK").stdout == "no run fits.\n"
    refused = scalebridge("runs", "-p", "temperature=900 J")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "error: temperature is [temperature] in these runs, '900 J' is [energy]." in refused.stderr


def test_runs_of_the_shared_store_are_marked(
    scalebridge: Command, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_runs(tmp_path / "shared", 1)
    monkeypatch.setenv("SCALEBRIDGE_SHARED", str(tmp_path / "shared"))
    many_runs(root, 0)
    write_record(root, record(5))
    lines = scalebridge("runs").stdout.splitlines()
    assert lines[0].endswith("STORE")
    assert lines[2].endswith(f"shared {tmp_path / 'shared'}")
    assert "shared" not in lines[1]


def test_reading_many_runs_for_the_first_time_shows_how_far_it_is(
    scalebridge: Command, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_runs(root, 600)
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    monkeypatch.setattr(waiting, "PAUSE", 0.0)
    first = scalebridge("runs", "-n", "1")
    assert first.stderr.splitlines() == [f"reading runs for the first time: {done} of 600" for done in (0, 250, 500)]
    assert scalebridge("runs", "-n", "1").stderr == ""
    shutil.rmtree(root.parent / "home")
    assert scalebridge("runs", "--json").stderr == ""


def test_the_command_knows_every_state_that_can_be_asked_for() -> None:
    assert upkeep.STATES == conditions.STATES


# verify


def test_a_sound_store_ends_with_nought_and_a_damaged_one_with_one(scalebridge: Command, root: Path) -> None:
    _, keys = chain(Store(root), "first")
    sound = scalebridge("verify")
    assert sound.exit_code == 0
    assert "checked 3 artifacts, 3 aliases, 1 runs, 6 events" in sound.stdout
    assert sound.stdout.endswith("every bit is as it was committed\n")
    marker = f"{folder_of(keys[1])}/zarr.json"
    (root / marker).write_bytes(b"")
    bad = scalebridge("verify", "last")
    assert bad.exit_code == 1
    assert f"empty    {marker}  it has no content" in bad.stdout
    document = json.loads(scalebridge("verify", "--json").stdout)
    assert (document["sound"], document["damaged"]) == (
        False,
        [{"object": marker, "what": "empty", "said": "it has no content"}],
    )


def test_setting_aside_says_what_it_moved_and_what_stays(scalebridge: Command, root: Path) -> None:
    name, keys = chain(Store(root), "first")
    (root / folder_of(keys[1]) / "zarr.json").write_bytes(b"")
    (root / "runs" / name / "run.json").write_bytes(b"{}")
    done = scalebridge("verify", "--set-aside")
    assert done.exit_code == 1
    assert f"moved {folder_of(keys[1])} to damaged/{folder_of(keys[1])}" in done.stdout
    assert f"runs/{name}/run.json" in done.stdout
    assert "The record of a run stays as it is: scalebridge rm --yes RUN removes it." in scalebridge("verify").stdout
    assert scalebridge("verify").exit_code == 1


# rm, gc, du


def test_runs_are_removed_only_with_yes_and_what_that_frees_is_said(scalebridge: Command, root: Path) -> None:
    store = Store(root)
    name, keys = chain(store, "first")
    other, _ = chain(store, "second")
    asked = scalebridge("rm", name)
    assert asked.exit_code == 1
    assert f"would remove {name}\nscalebridge gc would then free" in asked.stdout
    assert asked.stderr == "nothing is removed yet: add --yes\n"
    expected = json.loads(scalebridge("rm", name, "--json").stdout)["gc_would_free"]
    done = json.loads(scalebridge("rm", "--yes", name, "--json").stdout)
    assert (done["removed"], done["gc_would_free"]) == ([name], expected)
    assert listed(scalebridge("runs", "--json")) == [other]
    dry = json.loads(scalebridge("gc", "--dry-run", "--json").stdout)
    assert sum(item["bytes"] for item in dry["items"] if item["kind"] == "artifact") == expected
    assert store.has(keys[0])
    assert "removed: 3 aliases, 3 artifacts: " in scalebridge("gc").stdout
    assert not store.has(keys[0])
    assert scalebridge("gc").stdout == "nothing to remove\n"
    assert scalebridge("verify").exit_code == 0


def test_neither_removes_anything_while_a_run_is_under_way(scalebridge: Command, root: Path) -> None:
    log = begun(Store(root))
    for words in (("gc",), ("rm", "--yes", log.id)):
        done = scalebridge(*words)
        assert done.exit_code == 1
        assert f"run {log.id}" in done.stderr
    log.end("completed")


def test_what_a_store_weighs_is_told_by_model_and_run(scalebridge: Command, root: Path) -> None:
    name, _ = chain(Store(root), "first")
    said = scalebridge("du").stdout
    assert said.startswith(f"{root}: ")
    assert "toy.model  3  " in said
    document = json.loads(scalebridge("du", "--json").stdout)
    assert [run["run"] for run in document["runs"]] == [name]
    parts = sum(document[part] for part in ("artifacts", "blocks", "journals", "records", "logs", "aliases"))
    assert document["bytes"] == parts
    assert document["runs"][0]["freed"] == document["artifacts"] + document["records"]
    (root / folder_of(key_of("first", 0)) / "zarr.json").write_bytes(b"")
    assert "cannot be read: artifacts/" in scalebridge("du").stdout


# what a stage gave


def test_fields_of_records_stand_by_their_path_and_long_texts_by_their_first_line() -> None:
    outputs = {
        "trough": {"text": "record of median, ends", "fields": {"median": {"text": "66.6 mg/L"}, "ends": {
            "text": "record of low", "fields": {"low": {"text": "24.7 mg/L"}}}}},
        "assumptions": {"text": "published\nassumed\nassumed"},
        "left_out": {"text": ""},
    }  # fmt: skip
    assert list(lines_of(outputs)) == [
        ("trough.median", "66.6 mg/L"),
        ("trough.ends.low", "24.7 mg/L"),
        ("assumptions", "published … (+2 lines)"),
        ("left_out", ""),
    ]
