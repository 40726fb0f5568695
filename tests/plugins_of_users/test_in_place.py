"""A folder with a pyproject.toml is used as if it were installed, or refused with what to write."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from user_plugins import installed, plugin

from bridge import registry, stage
from bridge.errors import BrokenModel, ContractError, UnknownName
from bridge.places import plugin_variable
from bridge.run.check import check

Use = Callable[..., None]


def test_a_folder_is_offered_under_its_distributions_name_and_version(tmp_path: Path, use: Use) -> None:
    use(plugin(tmp_path, "mine", version="3.1"))
    entry = registry.entries()["mine.twice"]
    assert (entry.distribution, entry.version) == ("scalebridge-mine", "3.1")
    assert "bridge_mine" not in sys.modules
    assert registry.find("mine.twice").function(4.0).y == 8.0
    assert list(check(lambda: stage("mine.twice").submit(x="1 nm")).stages) == ["mine.twice"]
    assert metadata.version("Scalebridge_Mine") == "3.1"


def test_packages_in_src_are_found(tmp_path: Path, use: Use) -> None:
    use(plugin(tmp_path, "mine", inside="src"))
    assert registry.find("mine.twice").name == "mine.twice"


def test_a_folder_of_plugins_offers_each_of_them(tmp_path: Path, use: Use) -> None:
    plugin(tmp_path, "one")
    plugin(tmp_path, "two")
    (tmp_path / "three").mkdir()
    (tmp_path / "three" / "pyproject.toml").write_text("[project]\nname = 'nothing of ours'\n")
    use(tmp_path)
    assert {"one.twice", "two.twice"} <= set(registry.entries())


def test_what_is_used_in_place_takes_the_place_of_what_is_installed(
    tmp_path: Path, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(installed(tmp_path / "site", "mine", version="1.0")))
    use()
    assert registry.entries()["mine.twice"].version == "1.0"
    use(plugin(tmp_path, "mine", version="2.0", factor="3"))
    assert registry.entries()["mine.twice"].version == "2.0"
    assert registry.find("mine.twice").function(1.0).y == 3.0
    use()
    assert registry.entries()["mine.twice"].version == "1.0"
    assert registry.find("mine.twice").function(1.0).y == 2.0


def test_a_folder_that_is_used_no_more_leaves_nothing_behind(tmp_path: Path, use: Use) -> None:
    path = list(sys.path)
    use(plugin(tmp_path, "mine"))
    registry.entries()
    assert sys.path != path
    use()
    assert "mine.twice" not in registry.entries()
    assert sys.path == path
    with pytest.raises(metadata.PackageNotFoundError):
        metadata.version("scalebridge-mine")


def test_a_model_of_two_distributions_is_broken_and_its_neighbours_work(tmp_path: Path, use: Use) -> None:
    use(plugin(tmp_path, "one", model="same"), plugin(tmp_path, "two", model="same"), plugin(tmp_path, "three"))
    with pytest.raises(
        BrokenModel, match=r"same\.twice is installed by scalebridge-one, scalebridge-two: uninstall all"
    ):
        registry.find("same.twice")
    assert registry.find("three.twice").function(1.0).y == 2.0


def test_two_folders_of_one_name_are_refused(tmp_path: Path, use: Use) -> None:
    use(plugin(tmp_path, "one", distribution="mine"), plugin(tmp_path, "two", distribution="Mine"))
    with pytest.raises(ContractError, match=r"are both called Mine\. Rename one"):
        registry.entries()


def test_a_package_that_another_folder_brings_is_not_taken_for_the_plugins_own(tmp_path: Path, use: Use) -> None:
    first, second = plugin(tmp_path / "a", "mine"), plugin(tmp_path / "b", "mine", distribution="other", model="other")
    use(first, second)
    assert registry.find("mine.twice").function(1.0).y == 2.0
    with pytest.raises(BrokenModel, match=r"the package bridge_mine was imported from .*a/mine"):
        registry.find("other.twice")


BAD = {
    "nothing there": (None, "is not there: --plugins takes the folder of a plugin.* scalebridge plugins new NAME"),
    "no pyproject.toml": (
        "",
        r"is no plugin: it has no pyproject.toml with \[project.entry-points.\"bridge.models\"\]",
    ),
    "no TOML": ("[project", "pyproject.toml is no TOML: "),
    "no project": ("[tool.x]\ny = 1", r"has no \[project\] with a name. Write \[project\]"),
    "no entry points": ("[project]\nname = 'x'\nversion = '1'", "registers no model. Write "),
    "no version": (
        "[project]\nname = 'x'\n[project.entry-points.'bridge.models']\na = 'b:c'",
        "has no version. Write version = '0.1.0' below",
    ),
    "a version made by its build": (
        "[project]\nname = 'x'\ndynamic = ['version']\n[project.entry-points.'bridge.models']\na = 'b:c'",
        r"has no version that stands in it \(it is dynamic\)",
    ),
    "an entry point that is a number": (
        "[project]\nname = 'x'\nversion = '1'\n[project.entry-points.'bridge.models']\na = 1",
        "entry point 'a' of bridge.models is no text",
    ),
    "dependencies that are a text": (
        "[project]\nname = 'x'\nversion = '1'\ndependencies = 'a'\n[project.entry-points.'bridge.models']\na = 'b:c'",
        "dependencies is no list of texts",
    ),
}


@pytest.mark.parametrize("how", BAD)
def test_a_folder_that_is_no_plugin_is_refused_with_what_to_write(tmp_path: Path, use: Use, how: str) -> None:
    text, said = BAD[how]
    folder = tmp_path / "bad"
    if text is not None:
        folder.mkdir()
        (folder / "pyproject.toml").write_text(text) if text else None
    use(folder)
    with pytest.raises(ContractError, match=said):
        registry.entries()


def test_of_several_plugins_one_that_cannot_be_read_is_broken_alone(tmp_path: Path, use: Use) -> None:
    plugin(tmp_path, "good")
    bad = plugin(tmp_path, "bad") / "pyproject.toml"
    bad.write_text(bad.read_text().replace('version = "1.0"', ""))
    use(tmp_path)
    assert registry.find("good.twice").name == "good.twice"
    with pytest.raises(BrokenModel, match=r"bad \(bad without a version\) cannot be loaded: .*has no version"):
        registry.find("bad")


def test_what_a_plugin_requires_and_is_not_here_breaks_it_alone(tmp_path: Path, use: Use) -> None:
    plugin(tmp_path, "old", project='dependencies = ["scalebridge>=99"]')
    plugin(tmp_path, "lacks", project='dependencies = ["no-such-library>=2"]')
    plugin(tmp_path, "unread", project='dependencies = ["numpy>>2"]')
    plugin(
        tmp_path,
        "good",
        project='dependencies = ["numpy", "no-such-library; python_version < \'3\'"]\n'
        '[project.optional-dependencies]\nmore = ["another-library"]',
    )
    use(tmp_path)
    assert registry.find("good.twice").name == "good.twice"
    for name, said in (
        ("old", "it requires scalebridge>=99, but scalebridge 0.1.0 is installed: pip install 'scalebridge>=99'."),
        ("lacks", "it requires no-such-library>=2, which is not installed: pip install 'no-such-library>=2'."),
        ("unread", "its requirement 'numpy>>2' cannot be read"),
    ):
        with pytest.raises(BrokenModel) as caught:
            registry.find(f"{name}.twice")
        assert said in str(caught.value)


def test_an_unknown_model_of_a_plugin_offers_the_nearest(tmp_path: Path, use: Use) -> None:
    use(plugin(tmp_path, "mine"))
    with pytest.raises(UnknownName, match=r"Did you mean 'mine\.twice'"):
        registry.find("mine.twise")


def test_workers_are_told_of_the_folders_wherever_they_are_started(
    tmp_path: Path, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bridge.run.clusters import kubernetes, queue
    from bridge.run.clusters.file import ClusterFile

    first, second = plugin(tmp_path, "one"), plugin(tmp_path, "two")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCALEBRIDGE_PLUGINS", f"one{os.pathsep}{second}")
    whole = f"{first}{os.pathsep}{second}"
    assert plugin_variable() == {"SCALEBRIDGE_PLUGINS": whole}
    job = queue._prologue(ClusterFile("q", "slurm"), tmp_path)
    assert any(line.startswith("export SCALEBRIDGE_PLUGINS=") and str(second) in line for line in job)
    pods = kubernetes.described(ClusterFile("k", "kubernetes", image="i"), "k")
    worker = pods["spec"]["worker"]["spec"]["containers"][0]
    assert {"name": "SCALEBRIDGE_PLUGINS", "value": whole} in worker["env"]
