"""`plugins new` writes a distribution that passes its own tests, whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge import registry
from bridge.errors import ContractError
from bridge.inspect.plugins import new
from bridge.inspect.plugins.checking import examine, well

Use = Callable[..., None]


@pytest.mark.parametrize("program", [False, True], ids=["function", "program"])
def test_a_new_plugin_passes_its_own_tests_and_the_check(tmp_path: Path, use: Use, program: bool) -> None:
    written = new.write("carbon-14", str(tmp_path), program=program)
    place = tmp_path / "carbon-14"
    assert sorted(written["files"]) == sorted(
        path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()
    )
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith("SCALEBRIDGE_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"],
        cwd=place,
        env=surroundings | {"SCALEBRIDGE_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    use()
    ((name, findings),) = examine(place)
    assert (name, well([(name, findings)])) == ("scalebridge-carbon-14", True), findings
    assert registry.entries()["carbon-14.decay"].offers[0].folder == place


def test_a_new_plugin_has_everything_that_a_distribution_needs(tmp_path: Path, use: Use) -> None:
    new.write("mine", str(tmp_path))
    place = tmp_path / "mine"
    texts = {path.name: path.read_text() for path in place.rglob("*") if path.is_file()}
    assert "${{ matrix.python }}" in texts["test.yml"]
    assert '"mine.decay" = "bridge_mine.models:decay"' in texts["pyproject.toml"]
    for word in ("## Equations", "## Validity", "## References", "dN/dt"):
        assert word in texts["README.md"]
    assert not any("$" in text.replace("${{ matrix.python }}", "") for text in texts.values())
    assert place.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    "name", ["", "Mine", "my plugin", "../up", "/abs", "a/b", "-x", "x-", "9x", "é", "x" * 41, "a--b"]
)
def test_a_name_that_cannot_be_one_is_refused_with_one_that_can(tmp_path: Path, use: Use, name: str) -> None:
    use()
    with pytest.raises(
        ContractError, match=r"is no name of a plugin: .* Write scalebridge plugins new [a-z]"
    ) as caught:
        new.write(name, str(tmp_path / "here"))
    proposed = str(caught.value).rpartition(" ")[2].rstrip(".")
    assert new.NAME.fullmatch(proposed)
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize("name", ["creep", "bridge", "tests"])
def test_a_name_that_is_taken_is_refused(tmp_path: Path, use: Use, name: str) -> None:
    use()
    with pytest.raises(ContractError, match=f"the name '{name}' is taken"):
        new.write(name, str(tmp_path))


def test_what_is_there_already_is_left_alone(tmp_path: Path, use: Use) -> None:
    use()
    (tmp_path / "mine").mkdir()
    (tmp_path / "yours").touch()
    (tmp_path / "theirs").symlink_to(tmp_path / "nowhere")
    for name in ("mine", "yours", "theirs"):
        with pytest.raises(ContractError, match="is there already: take another name"):
            new.write(name, str(tmp_path))
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_plugin_that_cannot_be_written_whole_is_not_written(
    tmp_path: Path, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    use()
    whole = Path.write_text

    def full(self: Path, *words: object, **more: object) -> int:
        if self.name == "test_models.py":
            raise OSError(28, "No space left on device")
        return whole(self, *words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        new.write("mine", str(tmp_path / "here"))
    assert list((tmp_path / "here").iterdir()) == []
