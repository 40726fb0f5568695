"""`plugins check` names every fault that others would stumble over, with what to write."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from user_plugins import installed

from bridge.errors import ContractError
from bridge.inspect.plugins import checking, new
from bridge.inspect.plugins.checking import document, examine, text, well
from bridge.registry.offers import Entry

Use = Callable[..., None]
Edit = Callable[[Path], object]
GOOD = {
    "scale": "atomistic",
    "summary": "What is left.",
    "ranges": ["1 nm .. 1 um", None],
    "inputs": {"amount": "float [mol]"},
    "outputs": {"remaining": "float [mol]"},
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SCALEBRIDGE_PLUGINS", raising=False)
        new.write("mine", str(folder))
    return folder / "mine"


@pytest.fixture
def verdict(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What loading the model comes to, without a process for it."""
    given = dict(GOOD)
    monkeypatch.setattr(checking, "verdicts", lambda wanted, **_: {entry.name: given for entry in wanted})
    return given


def replaced(file: str, old: str, by: str) -> Edit:
    def edit(place: Path) -> None:
        before = (place / file).read_text()
        assert old in before
        (place / file).write_text(before.replace(old, by))

    return edit


FAULTS: dict[str, tuple[Edit, str, str]] = {
    "a version that is none": (
        replaced("pyproject.toml", 'version = "0.1.0"', 'version = "one"'),
        "version",
        "'one' is no version",
    ),
    "another Python": (
        replaced("pyproject.toml", ">=3.11", ">=3.99"),
        "python",
        "it requires Python >=3.99, this is",
    ),
    "scalebridge not required": (
        replaced("pyproject.toml", '"scalebridge>=0.1.0",', ""),
        "requirements",
        "scalebridge is not among them",
    ),
    "a requirement that is not met": (
        replaced("pyproject.toml", '"numpy>=2.0"', '"numpy>=99"'),
        "requirements",
        "it requires numpy>=99, but numpy",
    ),
    "a package of a name that is in use": (
        replaced("pyproject.toml", "bridge_mine.models", "json.models"),
        "package",
        "json is also at ",
    ),
    "no README": (lambda place: (place / "README.md").unlink(), "README", "there is no README.md"),
    "a README that does not name the model": (
        replaced("README.md", "mine.decay", "it"),
        "README",
        "README.md does not name mine.decay",
    ),
    "no tests": (lambda place: shutil.rmtree(place / "tests"), "tests", "there is no tests/test_"),
    "tests that check no model": (
        replaced("tests/test_models.py", "check_model", "check"),
        "tests",
        "none of them calls check_model",
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_of_the_distribution_is_named(
    tmp_path: Path, plain: Path, use: Use, verdict: dict[str, Any], what: str
) -> None:
    edit, where, said = FAULTS[what]
    use()
    place = Path(shutil.copytree(plain, tmp_path / "mine"))
    assert well(examine(place))
    edit(place)
    found = examine(place)
    wrong = [one for _, findings in found for one in findings if not one.good]
    assert [one.what for one in wrong] == [where]
    assert said in wrong[0].seen
    assert wrong[0].write
    assert f"write {wrong[0].write}" in text(found)
    assert not document(found)["well"]


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("summary", "", "it has no docstring"),
        ("summary", "what is left", "is no sentence: 'what is left'"),
        ("ranges", [None, None], "its scale has neither length nor time"),
        ("printed", "hello\nworld", "it prints when it is imported: 'hello'"),
        ("broken", "mine.decay cannot be loaded: 1 / 0", "mine.decay cannot be loaded: 1 / 0"),
    ],
)
def test_a_fault_of_a_model_is_named(
    plain: Path, use: Use, verdict: dict[str, Any], part: str, value: Any, said: str
) -> None:
    use()
    verdict[part] = value
    wrong = [one for _, findings in examine(plain) for one in findings if not one.good]
    assert [one.what for one in wrong] == ["model mine.decay"]
    assert said in wrong[0].seen


def test_a_name_that_an_installed_model_has_is_a_fault(
    tmp_path: Path, plain: Path, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Path(shutil.copytree(plain, tmp_path / "mine"))
    replaced("pyproject.toml", '"mine.decay"', '"theirs.twice"')(place)
    monkeypatch.syspath_prepend(str(installed(tmp_path / "site", "theirs", version="1.0")))
    use()
    wrong = [one.seen for _, findings in examine(place) for one in findings if one.what.startswith("model")]
    assert wrong == ["theirs.twice is installed by scalebridge-mine, scalebridge-theirs: uninstall all but one."]


def test_where_there_is_no_plugin_the_check_says_what_to_write(tmp_path: Path, use: Use) -> None:
    use()
    with pytest.raises(ContractError, match="is no plugin"):
        examine(tmp_path)
    with pytest.raises(ContractError, match="is not there"):
        examine(tmp_path / "nothing")


def test_the_command_ends_with_1_where_something_is_wrong_and_runs_the_tests_when_told(
    home: Path, plain: Path, scalebridge: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    place = Path(shutil.copytree(plain, home / "mine"))
    done = scalebridge("plugins", "check", "mine", "--test", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    findings = {one["what"]: one for one in json.loads(done.stdout)["plugins"][0]["findings"]}
    assert "7 passed" in findings["tests"]["seen"]
    replaced("bridge_mine/models.py", "np.log(2)", "np.log(3)")(place)
    done = scalebridge("plugins", "check", "mine", "--test")
    assert done.returncode == 1
    assert "test_each_half_life_halves_the_amount" in done.stdout


def test_an_entry_is_never_loaded_by_the_check(
    plain: Path, use: Use, verdict: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Entry) -> Any:
        raise AssertionError("a plugin was imported by the process that checks it")

    monkeypatch.setattr(Entry, "load", refuse)
    use()
    assert well(examine(plain))
