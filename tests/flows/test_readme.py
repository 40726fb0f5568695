"""Every code block of the README runs as it stands there."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"^```(\w+)\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
)


def block(language: str, holding: str) -> str:
    """The one block of a language that holds a text."""
    (found,) = [text for kind, text in BLOCKS if kind == language and holding in text]
    return found


def commands(text: str) -> list[list[str]]:
    return [shlex.split(line, comments=True) for line in text.splitlines()]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the README's flow and plugin, the plugin installed as its pyproject says."""
    desk = tmp_path_factory.mktemp("desk")
    (desk / "bridge_melting.py").write_text(block("python", "@model("), encoding="utf-8")
    (desk / "melting.py").write_text(block("python", "def melting("), encoding="utf-8")
    project = tomllib.loads(block("toml", "[project]"))["project"]
    installed = desk / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    installed.mkdir()
    points = project["entry-points"]["bridge.models"]
    (installed / "entry_points.txt").write_text(
        "[bridge.models]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
    )
    (installed / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    return desk


@pytest.fixture(scope="module")
def launched(desk: Path, scalebridge: Any) -> list[subprocess.CompletedProcess[str]]:
    """The README's check and run lines, typed one after the other."""
    lines = commands(block("sh", "scalebridge run melting.py"))
    return [scalebridge(*line[1:], cwd=desk, PYTHONPATH=str(desk)) for line in lines]


def test_the_kinds_of_block_are_those_tested_here() -> None:
    assert [kind for kind, _ in BLOCKS] == [
        "sh",
        "python",
        "toml",
        "python",
        "sh",
        "python",
        "text",
        "sh",
        "python",
        "sh",
        "sh",
        "python",
        "sh",
        "python",
        "sh",
    ]


def test_the_two_commands_are_targets_of_make() -> None:
    for line in commands(block("sh", "make demo")):
        done = subprocess.run([*line, "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_flow_checks_and_runs(launched: list[subprocess.CompletedProcess[str]]) -> None:
    for done in launched:
        assert done.returncode == 0, done.stderr
    assert "3 wires" not in launched[0].stdout
    assert "ase.vacancy.jump_length" in launched[0].stdout
    assert "angstrom → m" in launched[0].stdout


def test_copper_melts_where_lindemann_has_it(launched: list[subprocess.CompletedProcess[str]]) -> None:
    """Closed form with the EMT figures of the creep plugin: 2.538 Å, 5.63 THz, 63.546 u, ratio 0.08: 1316 K."""
    found = re.search(r"melting\.lindemann .*?\n +temperature +([\d.]+) K", launched[1].stdout)
    assert found
    assert float(found[1]) == pytest.approx(1316, rel=0.005)  # the figures above have three to four digits


def test_launching_from_python_gives_the_same_run(
    launched: list[subprocess.CompletedProcess[str]], desk: Path, surroundings: dict[str, str]
) -> None:
    text = block("python", "import launch") + "\nprint(run['melting.lindemann'].temperature.to('K').magnitude)\n"
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=desk, env=surroundings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r"melting\.lindemann .*?\n +temperature +([\d.]+) K", launched[2].stdout, re.DOTALL)
    assert found
    assert float(done.stdout) == pytest.approx(float(found[1]), rel=1e-5)  # printed to six digits


def test_a_bare_mass_is_refused_with_the_line_of_the_readme(desk: Path, scalebridge: Any) -> None:
    done = scalebridge("run", "melting.py", "-p", "mass=63.546", cwd=desk, PYTHONPATH=str(desk))
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == block("text", "error:").strip()


def test_the_lines_that_look_at_runs_work(launched: Any, desk: Path, scalebridge: Any) -> None:
    for line in commands(block("sh", "scalebridge runs")):
        if line[1:] == ["ui"]:
            continue  # it serves until it is ended: the next test
        done = scalebridge(*line[1:], cwd=desk, PYTHONPATH=str(desk))
        assert done.returncode == 0, done.stderr
        assert done.stdout


def test_the_pages_of_the_runs_open(launched: Any, desk: Path, surroundings: dict[str, str]) -> None:
    assert "scalebridge ui" in block("sh", "scalebridge runs")
    command = [str(Path(sys.executable).with_name("scalebridge")), "ui", "--port", "0", "--no-browser", "--json"]
    with subprocess.Popen(command, cwd=desk, env=surroundings, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = json.loads(server.stdout.readline())["address"]
            assert "melting" in urllib.request.urlopen(address, timeout=60).read().decode()
        finally:
            server.terminate()


def test_the_lines_by_which_the_store_explains_itself_work(launched: Any, desk: Path, scalebridge: Any) -> None:
    said = {}
    for line in commands(block("sh", "scalebridge why")):
        words = [word for word in line[1:] if word != "RUN"]
        if "OTHER" in words:
            words = ["diff", *re.findall(r"again: scalebridge show (\S+)", launched[1].stdout + launched[2].stdout)]
        if words[0] != "resume":  # what completed is not gone on with
            done = scalebridge(*words, cwd=desk, PYTHONPATH=str(desk))
            assert done.returncode == 0, done.stderr
            said[words[0]] = done.stdout
    assert re.search(r"mass\s+63\.546 u → 107\.87 u", said["diff"])
    assert "ase.vacancy" in said["lineage"]
    assert (desk / "lineage.svg").is_file()


def test_the_python_that_looks_at_runs_works(launched: Any, desk: Path, surroundings: dict[str, str]) -> None:
    text = block("python", "bridge.runs(") + "\nprint(run['ase.vacancy'].migration_energy.units)\n"
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=desk, env=surroundings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "electron_volt"


def test_the_sweeps_run_and_their_points_are_exported(launched: Any, desk: Path, scalebridge: Any) -> None:
    said = []
    for line in commands(block("sh", "scalebridge sweep melting.py")):
        done = scalebridge(*line[1:], cwd=desk, PYTHONPATH=str(desk))
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    assert "10 executions to run; points share 8 of 20." in said[0], "both vacancies are in the store"
    assert "10 points: 10 done" in said[1]
    assert "64 points: 64 done" in said[2]
    assert "picture: " in said[3]
    assert list(desk.glob("*/*.parquet"))


def test_sweeping_from_python_gives_one_dataset(launched: Any, desk: Path, surroundings: dict[str, str]) -> None:
    """Lindemann's temperature is proportional to the mass."""
    text = "from melting import melting\n" + block("python", "import Q, sweep")
    text += "\nt = swept.to_xarray()['temperature']\nprint(float((t / t.mass).std() / (t / t.mass).mean()), t.units)\n"
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=desk, env=surroundings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    spread, unit = done.stdout.split()
    assert float(spread) < 1e-12  # rounding
    assert unit == "K"


def test_a_coarse_model_asks_a_finer_one_and_the_fine_runs_are_told(desk: Path, scalebridge: Any) -> None:
    (desk / "warming.py").write_text(block("python", "def warming("), encoding="utf-8")
    said = []
    for line in commands(block("sh", "scalebridge run warming.py")):
        done = scalebridge(*line[1:], cwd=desk, PYTHONPATH=str(desk))
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    asked = re.search(r"(\d+) calls of heat.cell: (\d+) fine runs.* (\d+) by the surrogate", said[1])
    assert asked
    calls, runs, surrogate = map(int, asked.groups())
    assert runs < 0.1 * calls < surrogate
    assert said[2].count("gradient=") >= runs


def test_the_other_lines_name_commands_and_options_that_there_are(scalebridge: Any) -> None:
    for line in commands(block("sh", "--every")):
        done = scalebridge(line[1], "--help")
        assert done.returncode == 0
        for option in (word for word in line[2:] if word.startswith("-")):
            assert re.search(rf"(?m)(^|\s){re.escape(option)}\b", done.stdout), option
