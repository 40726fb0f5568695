"""The commands: what they print, to whom, and with which exit code."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = str(Path(sys.executable).with_name("scalebridge"))
Answers = dict[str, dict[str, Any]]
Done = subprocess.CompletedProcess[str]
SLOW = {"prefect", "distributed", "zarr", "pint", "numpy", "xarray", "dask", "ase", "numba", "rich"}


def test_a_run_prints_its_progress_apart_from_its_outputs(ran: Done) -> None:
    lines = ran.stderr.splitlines()
    assert re.fullmatch(r"run \d{8}-\d{6}-[0-9a-f]{6}: 2 stages", lines[0])
    assert [re.sub(r"\[.*?\] | in .*", "", line) for line in lines[1:]] == [
        "toy.shape  running",
        "toy.shape  computed",
        "toy.name  running",
        "toy.name  warned: a name is but a name",
        "toy.name  computed",
    ]
    assert "\x1b" not in ran.stdout + ran.stderr  # plain lines off a terminal
    assert "length   100 um" in ran.stdout
    assert "field    array 200, 1 … 2 K" in ran.stdout
    assert "name  0.0001 m →" in ran.stdout
    (picture,) = re.findall(r"picture: (.*)", ran.stdout)
    assert Path(picture).read_bytes() == b"<svg/>"
    assert ran.stdout.count("warning: a name is but a name") == 1
    assert re.search(r"again: scalebridge show \S+", ran.stdout)


def test_a_run_in_json_finds_what_was_computed(ran: Done, scalebridge: Any) -> None:
    done = scalebridge("run", "flows/toy.py", "-p", "size=50 um", "--json")  # the same size
    document = json.loads(done.stdout)
    assert done.stderr == ""
    assert (document["state"], [s["state"] for s in document["stages"]]) == ("completed", ["found", "found"])
    assert document["stages"][0]["outputs"]["length"] == {"text": "100 um", "unit": "um", "value": 100.0}
    assert document["stages"][1]["warnings"] == ["a name is but a name"]  # kept with what was computed
    assert document["wires"][0]["direction"] == "fine → coarse"


REFUSED = [
    (["check", "flows/toi.py"], "there is no flow file 'flows/toi.py'. Did you mean 'flows/toy.py'?"),
    (["check", "flows/toy.py:tox"], "flows/toy.py has no flow 'tox'. Did you mean 'toy'? Write flows/toy.py:NAME."),
    (["check", "flows/toy.py", "-p", "siz=1 um"], "flow 'toy' has no parameter 'siz'. Did you mean 'size'?"),
    (["check", "flows/toy.py", "-p", "size"], "-p 'size' is no parameter. Write -p name='900 K'."),
    (["check", "flows/toy.py:wrong"], "[temperature] is not [length]"),
    (["models", "kmc.random_wlak"], "no model is named 'kmc.random_wlak'. Did you mean 'kmc.random_walk'?"),
    (["show", "20200101"], "no run is named '20200101'"),
    (["run", "flows/toy.py", "-p", "size=5"], "toy.shape.size is in um, got the bare number 5. Write size='5 um'."),
    (["run", "flows/toy.py", "--cluster", "locl"], "no cluster is called 'locl'. Did you mean 'local'?"),
    (["check", "flows/toy.py:raising"], "KeyError: 'nothing' (flows/toy.py:"),
]


TRACED = ["--traceback", "check", "flows/toy.py:raising"]
PLANNED = ["check", "flows/toy.py", "--plan", "-p", "size=50 um"]
IN_JSON = ["check", "flows/toy.py", "-p", "siz=1 um", "--json"]


@pytest.fixture(scope="module")
def first(ran: Done) -> str:
    """Name of the first run."""
    return str(re.findall(r"again: scalebridge show (\S+)", ran.stdout)[0])


@pytest.fixture(scope="module")
def answers(first: str, folder: Path, variables: dict[str, str]) -> Answers:
    """What the command says to each mistake, and to whoever only looks."""
    looks = ["models", "models --json", "models kmc.random_walk", "models kmc.random_walk --json"]
    looks += ["runs", "runs --json", f"show {first}", f"show {first[-6:]} --json", "check flows/toy.py:toy --json"]
    lines = [look.split() for look in looks] + [words for words, _ in REFUSED] + [TRACED, IN_JSON, PLANNED]
    lines.append(["runs", "--limit", "99", "--json"])
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("many_commands.py")), json.dumps(lines)],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(map(" ".join, lines), json.loads(done.stdout), strict=True))


@pytest.mark.parametrize(("words", "said"), REFUSED, ids=lambda x: " ".join(x) if isinstance(x, list) else "")
def test_a_mistake_is_one_message_on_stderr_without_a_traceback(answers: Answers, words: list[str], said: str) -> None:
    answer = answers[" ".join(words)]
    assert (answer["code"], answer["out"]) == (1, "")
    assert answer["errors"].startswith("error: ")
    assert said in answer["errors"]
    assert "Traceback" not in answer["errors"]


def test_an_option_of_all_commands_is_told_to_stand_before_the_command(folder: Path, variables: dict[str, str]) -> None:
    words = [sys.executable, "-m", "bridge.inspect.cli", "check", "flows/toy.py", "--plugins", "mine"]
    done = subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True, timeout=280)
    assert done.returncode == 2
    assert "'--plugins'. It stands before the command: scalebridge --plugins …" in done.stderr
    assert "Did you mean" not in done.stderr


def test_stored_runs_are_listed_and_shown(answers: Answers, first: str) -> None:
    listed = json.loads(answers["runs --json"]["out"])
    assert {run["flow"] for run in listed} == {"toy"}
    assert (listed[-1]["id"], listed[-1]["state"]) == (first, "completed")
    assert listed[-1]["parameters"] == {"size": "0.05 mm", "broken": False}
    assert re.search(rf"{first}\s+toy\s+completed", answers["runs"]["out"])
    assert "toy.shape  computed in" in answers[f"show {first}"]["out"]
    assert json.loads(answers[f"show {first[-6:]} --json"]["out"])["id"] == first


def test_installed_models_are_listed_and_described(answers: Answers) -> None:
    assert re.search(r"MODEL .*\n(.*\n)*kmc\.random_walk  ", answers["models"]["out"])
    listed = json.loads(answers["models --json"]["out"])
    assert {"name", "scale", "summary", "distribution", "version"} <= listed[0].keys()
    described = answers["models kmc.random_walk"]["out"]
    assert "temperature" in described
    assert "between" in described
    one = json.loads(answers["models kmc.random_walk --json"]["out"])
    assert {"barrier", "temperature"} <= {port["name"] for port in one["inputs"]}


def test_a_check_shows_the_wiring_and_runs_nothing(answers: Answers) -> None:
    checked = answers["check flows/toy.py --plan -p size=50 um"]["out"]
    assert "2 stages, 1 wires, nothing to refuse" in checked
    assert re.search(r"toy\.shape\.length\s+→ toy\.name\.length\s+um → m\s+fine → coarse", checked)
    assert checked.count("in the store") == 2
    document = json.loads(answers["check flows/toy.py:toy --json"]["out"])
    assert [stage["name"] for stage in document["stages"]] == ["toy.shape", "toy.name"]
    assert answers["runs --limit 99 --json"]["out"] == answers["runs --json"]["out"]  # after, and before


def test_a_traceback_is_there_for_the_asking(answers: Answers) -> None:
    answer = answers[" ".join(TRACED)]
    assert answer["code"] == 1
    assert "Traceback (most recent call last)" in answer["errors"]
    assert "flows/toy.py" in answer["errors"]


def test_a_mistake_is_json_where_json_was_asked_for(answers: Answers) -> None:
    answer = answers[" ".join(IN_JSON)]
    assert answer["code"] == 1
    assert json.loads(answer["out"])["error"]["type"] == "UnknownName"


def test_a_failed_run_says_why_and_ends_with_one(ran: Done, scalebridge: Any) -> None:
    done = scalebridge("run", "flows/toy.py", "-p", "broken=true", "-p", "size=3 um")
    assert done.returncode == 1
    assert "toy.shape  failed: toy.shape: ZeroDivisionError: nothing to divide by" in done.stderr
    assert "ZeroDivisionError: nothing to divide by" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "toy.name  not run" in done.stdout


def test_a_damaged_artifact_is_shown_as_damaged(first: str, scalebridge: Any, folder: Path) -> None:
    chunk = next((folder / "home" / "store" / "artifacts").glob("*/*/field/c/0"))
    content = chunk.read_bytes()
    chunk.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        shown = scalebridge("show", first)
    finally:
        chunk.write_bytes(content)
    assert shown.returncode == 0
    assert f"{chunk} was changed after it was committed" in shown.stdout
    assert "0.0001 m →" in shown.stdout


@pytest.mark.parametrize("words", [["--help"], ["runs"], ["run", "--help"], ["--version"]], ids=" ".join)
def test_an_answer_that_needs_nothing_imports_nothing_slow(
    ran: Done, variables: dict[str, str], words: list[str]
) -> None:
    source = (
        "import sys, atexit, click\n"
        "from bridge.inspect.cli import main\n"
        f"atexit.register(lambda: print(sorted({SLOW!r} & sys.modules.keys()), file=sys.stderr))\n"
        f"sys.argv = ['scalebridge', *{words!r}]\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", source], env=variables, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "[]\n")
    assert done.stdout


def on_a_terminal(folder: Path, words: list[str], variables: dict[str, str]) -> tuple[str, int]:
    """What a command writes to a terminal, control characters and all, and its exit code."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([COMMAND, *words], cwd=folder, env=variables, stdout=theirs, stderr=theirs, stdin=theirs)
    os.close(theirs)
    seen = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    return seen.decode(), process.wait(timeout=120)


def test_on_a_terminal_the_stages_are_a_table_that_changes_in_place(
    ran: Done, folder: Path, variables: dict[str, str]
) -> None:
    colourful = {k: v for k, v in variables.items() if k != "NO_COLOR"}
    seen, code = on_a_terminal(folder, ["run", "flows/toy.py", "-p", "size=50 um"], colourful)
    assert code == 0, seen
    assert "\x1b[1A" in seen or "\x1b[2K" in seen  # lines are drawn again
    table, _, rest = seen.rpartition("\x1b[?25h")  # the cursor comes back when the table goes
    assert "●" in table
    assert "toy.shape" in table
    assert "found in the store" in rest
    assert "again: scalebridge show" in rest
