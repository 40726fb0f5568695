"""What a crate holds: the run as others read it, and as a store has it."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import subprocess
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from crate_runs import body_of
from small_runs import Bench
from small_store import begun

from bridge.errors import BridgeError, ContractError
from bridge.inspect.crate.graph import Graph
from bridge.inspect.crate.workflow import _tool
from bridge.inspect.crate.writing import write_crate
from bridge.inspect.crate.zipped import unpack
from bridge.store.runs import Run
from bridge.store.spaces.space import Damaged
from bridge.store.store import Store
from bridge.store.upkeep.verify import verify


def entities(crate: Path) -> dict[str, dict[str, Any]]:
    graph = json.loads((crate / "ro-crate-metadata.json").read_bytes())["@graph"]
    return {entity["@id"]: entity for entity in graph}


def of_type(crate: Path, kind: str) -> list[dict[str, Any]]:
    return [one for one in entities(crate).values() if kind in (one["@type"], *one["@type"])]


def listed(found: Any) -> list[str]:
    return [one["@id"] for one in (found if isinstance(found, list) else [found])]


def test_the_same_run_gives_the_same_bytes(ran: Run, tmp_path: Path) -> None:
    first, again = (write_crate(ran, tmp_path / f"{name}.zip").path.read_bytes() for name in "ab")
    assert first == again


def test_every_file_is_described_with_its_size_and_sha256(crate: Path) -> None:
    described = {one["@id"]: one for one in of_type(crate, "File")}
    there = {path.relative_to(crate).as_posix() for path in crate.rglob("*") if path.is_file()}
    assert described.keys() == there - {"ro-crate-metadata.json", "ro-crate-preview.html"}
    for name in described.keys() - {"sha256sum.txt"}:
        content = (crate / name).read_bytes()
        assert described[name]["sha256"] == hashlib.sha256(content).hexdigest()
        assert described[name]["contentSize"] == str(len(content))
    assert subprocess.run(["sha256sum", "-c", "--quiet", "sha256sum.txt"], cwd=crate, check=False).returncode == 0


def test_every_reference_leads_to_an_entity_and_every_file_is_part_of_the_crate(crate: Path) -> None:
    known = entities(crate)

    def references(found: Any) -> list[str]:
        if isinstance(found, dict):
            return [found["@id"]] if set(found) == {"@id"} else [r for v in found.values() for r in references(v)]
        return [r for one in found for r in references(one)] if isinstance(found, list) else []

    base = {"https://w3id.org/ro/crate/1.1"}
    assert {r for entity in known.values() for key, v in entity.items() if key != "@id" for r in references(v)} <= (
        known.keys() | base
    )
    reached, waiting = set(), ["./"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += listed(known[name].get("hasPart", []))
    assert {one["@id"] for one in of_type(crate, "File")} <= reached


def test_it_says_what_the_profiles_of_workflow_run_crates_demand(crate: Path) -> None:
    """The MUSTs of RO-Crate 1.1 and of Process, Workflow and Provenance Run Crate 0.5, one by one."""
    known = entities(crate)
    root, descriptor = known["./"], known["ro-crate-metadata.json"]
    assert descriptor["about"] == {"@id": "./"}
    assert "https://w3id.org/ro/crate/1.1" in listed(descriptor["conformsTo"])
    assert {"name", "description", "datePublished", "license"} <= root.keys()
    profiles = {f"https://w3id.org/ro/wfrun/{part}/0.5" for part in ("process", "workflow", "provenance")}
    assert profiles | {"https://w3id.org/workflowhub/workflow-ro-crate/1.0"} == set(listed(root["conformsTo"]))
    workflow = known[root["mainEntity"]["@id"]]
    assert {"File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"} == set(workflow["@type"])
    tools = {one["@id"] for one in of_type(crate, "SoftwareApplication")}
    assert set(listed(workflow["hasPart"])) <= tools
    for step in of_type(crate, "HowToStep"):
        assert step["@id"] in listed(workflow["step"])
        assert step["workExample"]["@id"] in listed(workflow["hasPart"])
    position = {step["name"]: int(step["position"]) for step in of_type(crate, "HowToStep")}
    assert position["fine 1"] < position["toy.gather"]
    for control in of_type(crate, "ControlAction"):
        assert known[control["instrument"]["@id"]]["@type"] == "HowToStep"
        assert known[control["object"]["@id"]]["@type"] == "CreateAction"
    actions = of_type(crate, "CreateAction")
    assert {one["@id"] for one in actions} <= set(listed(root["mentions"]))
    assert all(one["instrument"]["@id"] in tools | {workflow["@id"]} for one in actions)
    (organised,) = of_type(crate, "OrganizeAction")
    assert len(listed(organised["object"])) == len(of_type(crate, "ControlAction")) == 7
    assert known[organised["result"]["@id"]]["instrument"] == root["mainEntity"]
    assert all("additionalType" in one for one in of_type(crate, "FormalParameter"))


def test_parameters_inputs_and_outputs_have_their_units(crate: Path) -> None:
    known = entities(crate)
    given = known["#given/x"]
    assert (given["value"], given["unitText"], given["description"]) == (1.5, "m", "written as '1.5 m'")
    assert known[given["exampleOfWork"]["@id"]]["unitText"] == "m"
    rate = known["#value/toy.rate/rate"]
    assert (rate["value"], rate["unitText"]) == (3005.0, "mm/s")
    assert any(slot.endswith("/out/rate") for slot in listed(rate["exampleOfWork"]))
    assert known["#value/toy.nested/outer.inner.length".replace("outer.", "")]["unitText"] == "m"
    action = known["#action/toy.rate"]
    assert "#value/fine%201/y" in listed(action["object"])
    assert action["actionStatus"] == "http://schema.org/CompletedActionStatus"
    assert action["startTime"] <= action["endTime"]
    assert known[action["instrument"]["@id"]]["name"] == "toy.rate"


def test_what_a_model_depends_on_is_named(crate: Path) -> None:
    known = entities(crate)
    (rate,) = (one for name, one in known.items() if re.fullmatch(r"#model/toy\.rate/\w{12}", name))
    required = known[rate["softwareRequirements"]["@id"]]
    assert (required["@id"], required["softwareVersion"]) == ("#package/numpy", metadata.version("numpy"))
    (fine,) = (one for name, one in known.items() if re.fullmatch(r"#model/toy\.fine/\w{12}", name))
    assert "softwareRequirements" not in fine


def test_a_program_and_a_plugin_in_place_are_told_apart_by_version_and_source() -> None:
    graph = Graph()
    plugin = {"distribution": "mine", "version": "0.1", "source": "a" * 64, "in_place": "/home/ada/mine"}
    about = {"distribution": "mine 0.1", "plugin": plugin, "depends": {"abinit": "9.6.2"}, "code": {"mine": "b" * 64}}
    sample: Any = SimpleNamespace(about=about, ports={})
    _tool(graph, "#model/m", {"model": "m", "scale": "electronic"}, sample, {"numpy": "2"})
    tool = graph.described("#model/m")
    assert tool["identifier"] == [f"blake3:{'b' * 64} mine", f"blake3:{'a' * 64} mine 0.1"]
    assert graph.described(tool["softwareRequirements"]["@id"])["softwareVersion"] == "9.6.2"
    assert "ada" not in str(tool)


def test_files_structures_and_numbers_are_there_as_others_read_them(crate: Path, ran: Run) -> None:
    outputs = crate / "outputs"
    assert (outputs / "toy.things.table.txt").read_bytes() == ran["toy.things"].table.content
    assert (outputs / "toy.things.atoms.extxyz").read_text().splitlines()[0] == "2"
    with open(outputs / "scalars.csv", newline="") as file:
        rows = {(row["stage"], row["port"]): row for row in csv.DictReader(file)}
    assert rows["toy.rate", "rate"]["value"] == "3005.0"
    flow = crate / "flow" / "crate_runs.py"
    assert flow.read_bytes() == Path(ran.about["file"]).read_bytes()


def test_its_store_is_one_that_opens_and_verifies_in_place(crate: Path, ran: Run) -> None:
    store = Store(crate / "store")
    assert verify(store).damaged == []
    inside = Run(store, ran.id)
    assert inside["last"].y == ran["last"].y
    assert inside.events == ran.events
    for name, facts in ran.stages.items():
        folder = f"artifacts/{facts['key'][:2]}/{facts['key']}"
        mine = {one: ran.space.read(one) for one, _ in ran.space.walk(folder)}
        assert mine == {one: store.space.read(one) for one, _ in store.space.walk(folder)}, name


def test_the_page_stands_by_itself(crate: Path) -> None:
    page = (crate / "ro-crate-preview.html").read_text()
    assert "<script" not in page
    assert not re.search(r"""(https?:)?//|@import|url\(""", page)
    assert "3005 mm/s" in page
    assert 'href="outputs/toy.things.table.txt"' in page


def test_nobody_is_named_unless_asked_for(crate: Path, ran: Run, tmp_path: Path) -> None:
    assert of_type(crate, "Person") == []
    assert "No licence was stated" in entities(crate)["./"]["license"]
    named = write_crate(
        ran, tmp_path / "named", license="CC-BY-4.0", agent="Ada Lovelace, https://orcid.org/0000-0001-2345-6789"
    ).path
    (person,) = of_type(named, "Person")
    assert (person["@id"], person["name"]) == ("https://orcid.org/0000-0001-2345-6789", "Ada Lovelace")
    assert entities(named)["#action/last"]["agent"] == {"@id": person["@id"]}
    assert entities(named)["./"]["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}
    with pytest.raises(ContractError, match="is no licence: write its SPDX identifier"):
        write_crate(ran, tmp_path / "bad", license="do what you like")
    assert not (tmp_path / "bad").exists()


def test_a_flow_that_was_edited_since_is_not_passed_off_as_the_one_that_ran(
    ran: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ran.about, "source", "0" * 64)
    monkeypatch.setattr("bridge.store.carried.sending.Run", lambda *_: ran)  # the copy is compared with the record
    done = write_crate(ran, tmp_path / "edited")
    assert any("it was edited since" in said for said in done.left)
    assert not (done.path / "flow").exists()
    assert entities(done.path)["./"]["mainEntity"]["@id"] == f"store/runs/{ran.id}/run.json"


def test_a_failed_run_is_exported_with_its_error(bench: Bench, tmp_path: Path) -> None:
    failed = bench.run(body_of(bench), mode="fail")
    known = entities(write_crate(failed, tmp_path / "failed").path)
    action = known["#action/last"]
    assert (
        action["actionStatus"] == known[f"#run/{failed.id}"]["actionStatus"] == "http://schema.org/FailedActionStatus"
    )
    assert "no more paper" in action["error"]


def test_a_run_that_goes_on_is_refused(bench: Bench, tmp_path: Path) -> None:
    log = begun(bench.store)
    with pytest.raises(ContractError, match=f"run {log.id} is running: wait for it"):
        write_crate(Run(bench.store, log.id), tmp_path / "crate")
    assert not (tmp_path / "crate").exists()
    log.end("completed")


@pytest.mark.parametrize("what", ["record", "result", "gone"])
def test_a_damaged_run_is_refused_and_nothing_is_written(ran: Run, tmp_path: Path, what: str) -> None:
    key = ran.stages["last"]["key"]
    store = Path(ran.store.address)
    if what == "record":
        path = store / ran.folder / "events.jsonl"
        path.write_bytes(path.read_bytes().replace(b'"last"', b'"lost"', 1))
    elif what == "result":
        path = store / f"artifacts/{key[:2]}/{key}/field/c/0"
        path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
    else:
        ran.store.space.remove_tree(f"artifacts/{key[:2]}/{key}")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(Damaged):
        write_crate(Run(ran.store, ran.id), tmp_path / "crate")
    assert sorted(tmp_path.iterdir()) == before


def test_what_is_there_is_not_written_over_unless_it_is_a_crate_and_asked_for(ran: Run, tmp_path: Path) -> None:
    crate = write_crate(ran, tmp_path / "crate").path
    with pytest.raises(BridgeError, match=r"is there already. Name another --out, or add --overwrite"):
        write_crate(ran, crate)
    assert write_crate(ran, crate, overwrite=True).path == crate
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("years of work")
    with pytest.raises(BridgeError, match="is there and is no crate, so it is not replaced"):
        write_crate(ran, mine, overwrite=True)
    assert (mine / "thesis.tex").read_text() == "years of work"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_a_zip_holds_the_same_files_as_the_folder(ran: Run, crate: Path, tmp_path: Path) -> None:
    packed = write_crate(ran, tmp_path / "crate.zip").path
    (tmp_path / "unpacked").mkdir()
    root = unpack(packed, tmp_path / "unpacked", lambda done, total: None)
    assert (root / "sha256sum.txt").read_bytes() == (crate / "sha256sum.txt").read_bytes()
