"""A plugin that raises, exits, prints, hangs or crashes the interpreter is told of, and harms nobody else."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from user_plugins import MISDEEDS, plugin

from bridge import registry
from bridge.registry.probe import Probe
from bridge.registry.verdicts import Watch, verdicts

Use = Callable[..., None]


@pytest.fixture(scope="module")
def listed(home: Path, scalebridge: Callable[..., subprocess.CompletedProcess[str]]) -> dict[str, dict[str, Any]]:
    """What `plugins list --json` says where everything that can go wrong is used in place."""
    for name, (first, _) in MISDEEDS.items():
        plugin(home / "bad", name, first=f"{first}\n")
    plugin(home / "bad", "prints", first="import os\nprint('hello')\nos.write(1, b'from below')\n")
    plugin(home / "bad", "good")
    plugin(home / "bad", "old", project='dependencies = ["scalebridge>=99"]')
    plugin(home / "bad", "first", model="same")
    plugin(home / "bad", "second", model="same")
    done = scalebridge("--plugins", "bad", "plugins", "list", "--json")
    assert done.returncode == 0, done.stderr
    return {one["distribution"]: one for one in json.loads(done.stdout)}


@pytest.mark.parametrize("name", MISDEEDS)
def test_a_plugin_that_misbehaves_is_listed_with_its_reason(listed: dict[str, dict[str, Any]], name: str) -> None:
    (model,) = listed[f"scalebridge-{name}"]["models"]
    assert model["name"] == f"{name}.twice"
    assert model["broken"].startswith(f"{name}.twice (bridge_{name}.models:twice, scalebridge-{name} 1.0 in ")
    assert re.search(MISDEEDS[name][1], model["broken"])


def test_what_collides_or_requires_what_is_not_here_is_listed_with_its_reason(
    listed: dict[str, dict[str, Any]],
) -> None:
    assert "scalebridge-first, scalebridge-second: uninstall" in listed["scalebridge-first"]["models"][0]["broken"]
    assert "uninstall all but one" in listed["scalebridge-second"]["models"][0]["broken"]
    assert "pip install 'scalebridge>=99'" in listed["scalebridge-old"]["models"][0]["broken"]


def test_everything_else_works(listed: dict[str, dict[str, Any]]) -> None:
    assert listed["scalebridge-good"]["models"] == [
        {"name": "good.twice", "scale": "atomistic", "summary": "Twice a length."}
    ]
    assert len(listed["scalebridge-creep"]["models"]) > 3
    assert not any("broken" in model for model in listed["scalebridge-creep"]["models"])


def test_what_a_plugin_prints_is_told_and_spoils_nothing(
    listed: dict[str, dict[str, Any]], scalebridge: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    assert listed["scalebridge-prints"]["notes"] == ["prints.twice prints when it is imported: 'hello'"]
    assert "broken" not in listed["scalebridge-prints"]["models"][0]
    done = scalebridge("--plugins", "bad", "models", "prints.twice", "--json")
    assert json.loads(done.stdout)["name"] == "prints.twice"
    assert "hello" in done.stderr
    assert "from below" in done.stderr


@pytest.mark.parametrize("name", ["leaves", "crashes"])
def test_a_command_that_asks_for_it_says_so_and_lives(
    listed: dict[str, dict[str, Any]], scalebridge: Callable[..., subprocess.CompletedProcess[str]], name: str
) -> None:
    done = scalebridge("--plugins", "bad", "models", f"{name}.twice", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["type"] == "BrokenModel"
    assert "when it is imported" in json.loads(done.stdout)["error"]["message"]


def test_a_plugin_that_hangs_is_given_up_with_all_that_it_started(tmp_path: Path, use: Use) -> None:
    first = (
        "import pathlib, subprocess, time\n"
        f"pathlib.Path({str(tmp_path)!r}, 'pid').write_text(str(subprocess.Popen(['sleep', '600']).pid))\n"
        "time.sleep(600)\n"
    )
    use(plugin(tmp_path, "hangs", first=first))
    for patience in (5, 20, 80):  # on a busy machine it takes a while to come so far
        found = verdicts([registry.entries()["hangs.twice"]], again=True, patience=patience)["hangs.twice"]
        assert f"hangs: it was not imported within {patience} s" in found["broken"]
        if (tmp_path / "pid").exists():
            break
    pid = int((tmp_path / "pid").read_text())
    assert not _alive(pid)
    assert found["died"]


def _alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for does not."""
    for _ in range(1200):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return False
        except OSError:
            return False
        time.sleep(0.05)
    return True


def test_models_before_and_behind_a_crash_are_judged_as_they_are(tmp_path: Path, use: Use) -> None:
    place = plugin(tmp_path, "mixed")
    bad = (place / "bridge_mixed" / "models.py").read_text().replace("mixed.twice", "mixed.bad")
    (place / "bridge_mixed" / "bad.py").write_text("import os; os._exit(1)\n" + bad)
    more = (place / "bridge_mixed" / "models.py").read_text().replace("mixed.twice", "mixed.zero")
    (place / "bridge_mixed" / "zero.py").write_text(more)
    with open(place / "pyproject.toml", "a") as file:
        file.write('"mixed.bad" = "bridge_mixed.bad:twice"\n"mixed.zero" = "bridge_mixed.zero:twice"\n')
    use(place)
    known = registry.entries()
    found = verdicts([known[f"mixed.{name}"] for name in ("bad", "twice", "zero")])
    assert [name for name, verdict in found.items() if "broken" in verdict] == ["mixed.bad"]
    assert found["mixed.zero"]["inputs"] == {"x": "float [m]"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the models that a process would have been begun for; what that would have said is given instead."""
    names: list[str] = []

    def ask(self: Probe, entry: registry.Entry) -> dict[str, Any]:
        names.append(entry.name)
        return {"scale": "atomistic", "summary": f"Answer {len(names)}."}

    monkeypatch.setattr(Probe, "ask", ask)
    return names


def test_a_verdict_is_kept_until_source_version_or_surroundings_change(
    tmp_path: Path, use: Use, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = plugin(tmp_path, "mine")
    (tmp_path / "site").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path / "site"))  # first: the path is put back as it is now

    def look() -> dict[str, Any]:
        use(place)
        asked.clear()
        return verdicts([registry.entries()["mine.twice"]])["mine.twice"]

    first = look()
    assert asked == ["mine.twice"]
    assert look() == first
    assert asked == []
    (place / "bridge_mine" / "table.csv").write_text("1")
    look()
    assert asked == ["mine.twice"]
    project = place / "pyproject.toml"
    project.write_text(project.read_text().replace('"1.0"', '"1.1"'))
    look()
    assert asked == ["mine.twice"]
    (tmp_path / "site" / "numpy_of_another-2.0.dist-info").mkdir()
    look()
    assert asked == ["mine.twice"]


def test_without_a_state_folder_that_can_be_written_models_are_looked_at_each_time(
    tmp_path: Path, use: Use, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "file" / "home"))
    use(plugin(tmp_path, "mine"))
    for _ in range(2):
        assert verdicts([registry.entries()["mine.twice"]])["mine.twice"]["scale"] == "atomistic"
    assert asked == ["mine.twice", "mine.twice"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"state": 1}', '{"state": "%s", "models": 3}'])
def test_a_verdict_that_cannot_be_read_is_made_anew(tmp_path: Path, use: Use, asked: list[str], content: str) -> None:
    use(plugin(tmp_path, "mine"))
    entry = registry.entries()["mine.twice"]
    kept = tmp_path / "home" / "plugins" / "scalebridge-mine.json"
    verdicts([entry])
    state = json.loads(kept.read_text())["state"]
    kept.write_text(content % state if "%" in content else content)
    asked.clear()
    assert verdicts([entry])["mine.twice"]["scale"] == "atomistic"
    assert asked == ["mine.twice"]


def test_people_are_told_of_the_plugin_that_takes_so_long(
    tmp_path: Path, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.registry.verdicts.SLOW", 0.0)
    gate = tmp_path / "gate"  # it is imported when people have been told
    gate.touch()
    use(plugin(tmp_path, "slow", first=f"import os, time\nwhile os.path.exists({str(gate)!r}): time.sleep(0.01)\n"))
    said: list[str] = []

    def told(plugin: str) -> None:
        said.append(plugin)
        gate.unlink()

    watch = Watch(told=told)
    for _ in range(2):  # the second time it is known
        with watch(registry.entries()["slow.twice"]):
            pass
    watch.end()
    assert said == [f"scalebridge-slow 1.0 in {tmp_path / 'slow'}"]


def test_a_process_that_looks_first_asks_once_for_each_model(tmp_path: Path, use: Use, asked: list[str]) -> None:
    use(plugin(tmp_path, "mine"))
    entry = registry.entries()["mine.twice"]
    for watch in (Watch(), Watch()):
        for _ in range(2):
            with watch(entry):
                assert entry.load().name == "mine.twice"
        watch.end()
    assert asked == ["mine.twice"]


def test_last_words_are_of_the_plugin_that_said_them(tmp_path: Path, use: Use) -> None:
    use(
        plugin(tmp_path, "loud", first="import os\nos.write(2, b'loud words')\n"),
        plugin(tmp_path, "quiet", first="import os\nos._exit(3)\n"),
    )
    probe = Probe()
    assert "broken" not in probe.ask(registry.entries()["loud.twice"])
    assert probe.ask(registry.entries()["quiet.twice"])["broken"].endswith("(exit status 3) when it is imported.")


def test_what_a_plugin_leaves_behind_is_not_blamed_on_the_next(tmp_path: Path, use: Use) -> None:
    use(
        plugin(tmp_path, "mined", first="import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.5)\n"),
        plugin(tmp_path, "slow", first="import time\ntime.sleep(1)\n"),
    )
    probe = Probe()
    probe.ask(registry.entries()["mined.twice"])
    assert "broken" not in probe.ask(registry.entries()["slow.twice"])
    probe.end()


def test_a_reason_with_a_name_that_is_no_text_is_told(tmp_path: Path, use: Use) -> None:
    use(plugin(tmp_path, "bytes", first="import os\nopen(os.fsdecode(b'/no \\xff'))\n"))
    found = verdicts([registry.entries()["bytes.twice"]], again=True)["bytes.twice"]["broken"]
    assert "FileNotFoundError" in found
    assert found.encode()  # it can be written
