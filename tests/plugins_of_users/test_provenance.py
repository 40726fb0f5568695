"""Runs say which plugin brought a model: its version, the digest of its source, and where it was in place."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3
from user_plugins import installed, plugin

import bridge
from bridge import registry, stage
from bridge.models import model_of
from bridge.run.check import check
from bridge.run.making import plugin_of
from bridge.run.provenance import plugins

Use = Callable[..., None]

FLOW = """
from prefect import flow
from bridge import runner, stage

@flow(task_runner=runner())
def twice(x: str = "1 mm"):
    return stage("mine.twice").submit(x=x)
"""


def source_of(place: Path, name: str) -> str:
    """The digest of a plugin's source, by its definition: names and BLAKE3 of the files of its package, sorted."""
    package = place / f"bridge_{name}"
    files = sorted(path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    lines = sorted(
        f"bridge_{name}/{path.relative_to(package).as_posix()} {blake3(path.read_bytes()).hexdigest()}"
        for path in files
    )
    return blake3("\n".join(lines).encode()).hexdigest()


def test_a_plugin_in_place_is_told_with_its_folder_and_one_that_is_installed_without(
    tmp_path: Path, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, site = plugin(tmp_path, "mine"), installed(tmp_path / "site", "theirs", version="1.2")
    monkeypatch.syspath_prepend(str(site))
    use(place)
    told = plugins(check(lambda: [stage(name).submit(x="1 m") for name in ("theirs.twice", "mine.twice")]))
    assert told == [
        {
            "distribution": "scalebridge-mine",
            "version": "1.0",
            "source": source_of(place, "mine"),
            "in_place": str(place),
            "models": ["mine.twice"],
        },
        {
            "distribution": "scalebridge-theirs",
            "version": "1.2",
            "source": source_of(site, "theirs"),
            "models": ["theirs.twice"],
        },
    ]


def test_a_function_of_a_plugin_is_the_plugins_also_where_it_is_not_registered(tmp_path: Path, use: Use) -> None:
    use(plugin(tmp_path, "mine"))
    registry.find("mine.twice")
    import importlib

    module = importlib.import_module("bridge_mine.models")

    @bridge.model("mine.twice", scale=bridge.Scale("s"))
    def own(x: float = 1.0) -> module.Out:  # type: ignore[name-defined]
        """A function of a test, under a name that a plugin has."""
        return module.Out(x)

    own.__annotations__["return"] = module.Out
    assert plugin_of(model_of(own)) is None
    own.__module__ = "bridge_mine.others"  # as adapters set it
    told = plugin_of(model_of(own))
    assert told is not None
    assert told["distribution"] == "scalebridge-mine"


def test_the_digest_is_of_what_was_imported_though_the_file_was_edited_since(tmp_path: Path, use: Use) -> None:
    place = plugin(tmp_path, "mine")
    use(place)
    before = plugin_of(registry.find("mine.twice"))
    path = place / "bridge_mine" / "models.py"
    path.write_text(path.read_text().replace("2 * x", "3 * x"))
    assert plugin_of(registry.find("mine.twice")) == before
    use(place)
    after = plugin_of(registry.find("mine.twice"))
    assert before is not None
    assert after is not None
    assert after["source"] == source_of(place, "mine") != before["source"]


def test_a_plugin_is_edited_between_runs_and_each_run_says_what_it_used(
    home: Path, scalebridge: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    place = plugin(home, "mine", first="print('printed here and on workers')\n")
    (home / "twice.py").write_text(FLOW)
    sources, values = [], []
    for factor in ("2", "30"):
        path = place / "bridge_mine" / "models.py"
        path.write_text(path.read_text().replace("2 * x", f"{factor} * x"))
        done = scalebridge("--plugins", "mine", "run", "twice.py", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        run: dict[str, Any] = json.loads(done.stdout)
        (told,) = run["plugins"]
        assert (told["version"], told["in_place"]) == ("1.0", str(place))
        sources.append(told["source"])
        values.append(run["stages"][0]["outputs"]["y"]["value"])
        assert told["source"] == source_of(place, "mine")
    assert values == [0.002, 0.03]
    assert f"in place: scalebridge-mine 1.0 ({sources[1][:12]}) of {place}" in scalebridge("show", "last").stdout
    assert "code of bridge_mine.models changed" in scalebridge("why", "last").stdout
    ids = [one["id"] for one in json.loads(scalebridge("runs", "--json").stdout)]
    said = scalebridge("diff", ids[1], ids[0]).stdout
    assert f"scalebridge-mine  {sources[0][:12]} in {place} → {sources[1][:12]} in {place}" in said
    missing = scalebridge("check", "twice.py")
    assert (missing.returncode, "no model is named 'mine.twice'" in missing.stderr) == (1, True)
