"""Which program is here, and which version: told before anything runs, and part of every key."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_programs import HEAT, bar_of

from bridge import external
from bridge.errors import ContractError, DeclarationError
from bridge.models import Versioned, model_of
from bridge.store.keys import versions


def program(**more: Any) -> external.Program:
    given = {"command": ["heat"], "version": ["heat", "--version"], "pattern": r"heat (\S+)", "install": "make heat"}
    return external.Program("heat", **given | more)


def test_a_program_tells_its_version(heat: Path) -> None:
    assert isinstance(HEAT, Versioned)
    assert HEAT.version() == "1.4.2"
    assert versions(model_of(bar_of())) == {"heat": "1.4.2"}


@pytest.mark.parametrize(
    "wanted", [{}, {"at_least": "1.4"}, {"at_least": "1.4.2"}, {"exactly": "1.4.2"}, {"at_least": "1.4rc1"}]
)
def test_a_version_that_will_do_does(heat: Path, wanted: dict[str, str]) -> None:
    assert program(**wanted).version() == "1.4.2"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [({"at_least": "1.10"}, "wanted is at least 1.10"), ({"exactly": "1.4.1"}, r"wanted is 1\.4\.1")],
)
def test_another_version_is_refused_with_both_and_what_to_type(heat: Path, wanted: dict[str, str], said: str) -> None:
    with pytest.raises(
        ContractError, match=rf"heat on {platform.node()} is 1\.4\.2 \({heat}\); {said}\. Install it: make heat"
    ):
        program(**wanted).version()


def test_a_missing_program_says_what_to_install_and_where_it_could_be_written(home: Path) -> None:
    said = (
        rf"heat is not on {platform.node()}: there is no program 'heat'\. Install it: make heat\. .*\[heat\] command = "
    )
    with pytest.raises(ContractError, match=said):
        program(at_least="1.4").version()
    with pytest.raises(ContractError, match=said):
        versions(model_of(bar_of()))


def test_a_program_beside_its_module_is_missed_where_it_was_looked_for(home: Path) -> None:
    beside = Path(__file__).parent
    with pytest.raises(ContractError, match=rf"no program '\./heat' in {beside}, beside the module that declares it\."):
        external.Program("heat", command=["./heat"]).version()


def test_a_file_that_may_not_be_executed_says_chmod(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "heat"
    file.write_text("#!/bin/sh\n")
    with pytest.raises(ContractError, match=rf"cannot be run: chmod \+x {file}"):
        external.Program("heat", command=[str(file)]).version()


def test_a_driver_without_the_program_believes_the_exact_version_until_it_must_run(home: Path) -> None:
    assert program(exactly="1.4.2").version() == "1.4.2"
    with pytest.raises(ContractError, match="heat is not on"):
        program(exactly="1.4.2").start()


def test_a_program_that_is_changed_is_asked_again(heat: Path, home: Path, programs: Callable[[str], None]) -> None:
    copy = home / "heat"
    for version in ("1.5", "1.6.1"):
        copy.write_text(f"#!/bin/sh\necho heat {version}\n")
        copy.chmod(0o755)
        programs(f'[heat]\ncommand = ["{copy}"]\n')
        assert program().version() == version


def test_a_program_is_asked_once(home: Path, programs: Callable[[str], None]) -> None:
    counted = home / "heat"
    counted.write_text(f"#!/bin/sh\necho once >> {home}/asked\necho heat 1.5\n")
    counted.chmod(0o755)
    programs(f'[heat]\ncommand = ["{counted}"]\n')
    for _ in range(3):
        program().version()
    assert (home / "asked").read_text() == "once\n"


def test_a_program_without_a_version_is_known_by_its_file(heat: Path, home: Path) -> None:
    known = external.Program("heat", command=["heat"]).version()
    other = home / "other"
    other.write_bytes(heat.read_bytes() + b"\0")
    other.chmod(0o755)
    (home / "programs.toml").write_text(f'[heat]\ncommand = ["{other}"]\n')
    assert len(known) == 16
    assert external.Program("heat", command=["heat"]).version() != known


def test_a_script_beside_the_module_that_declares_it_is_found_and_known_by_its_content(
    tmp_path: Path, home: Path
) -> None:
    (tmp_path / "solve.py").write_text("print(1)\n")
    module = tmp_path / "declaring.py"
    names: dict[str, Any] = {"__file__": str(module), "__name__": "declaring"}
    exec("from bridge import external\nP = external.Program('solve', command=['python', './solve.py'])", names)
    before = names["P"].version()
    assert names["P"].start()[1] == str(tmp_path / "solve.py")
    (tmp_path / "solve.py").write_text("print(22)\n")
    assert names["P"].version() != before


def test_a_version_that_is_not_told_is_an_error(home: Path, programs: Callable[[str], None]) -> None:
    programs('[heat]\ncommand = ["false"]\n')
    with pytest.raises(
        ContractError, match=r"heat does not tell its version: .*false --version ended with 1 and printed"
    ):
        program().version()


def test_dates_are_compared_as_dates(home: Path, programs: Callable[[str], None]) -> None:
    assert external.by_date("2 Aug 2023") > external.by_date("15 Jun 2023") > external.by_date("31 Dec 2022")
    lammps = home / "lmp"
    lammps.write_text("#!/bin/sh\necho Large-scale Simulator - 2 Aug 2023 - Update 1\n")
    lammps.chmod(0o755)
    programs(f'[lammps]\ncommand = ["{lammps}"]\n')
    told = {
        "command": ["lmp"],
        "version": ["lmp", "-h"],
        "pattern": r"Simulator - (\d+ \w+ \d+)",
        "order": external.by_date,
    }
    assert external.Program("lammps", at_least="15 Jun 2023", **told).version() == "2 Aug 2023"
    with pytest.raises(ContractError, match=r"lammps on .* is 2 Aug 2023 .*; wanted is at least 29 Aug 2024"):
        external.Program("lammps", at_least="29 Aug 2024", **told).version()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"command": "heat"}, r"write command=\[\"heat\""),
        ({"command": []}, r"write command=\[\"heat\"\]"),
        ({"pattern": r"heat \S+"}, r"marks no version: put one group"),
        ({"pattern": "("}, r"no regular expression"),
        ({"at_least": "1", "exactly": "1"}, r"write at_least= or exactly=, not both"),
        ({"at_least": "2 Aug 2023"}, r"versions such as '2 Aug 2023' cannot be compared: .*external\.by_date"),
        ({"at_least": "1.4", "version": ()}, r"1\.4 cannot be told without version="),
    ],
)
def test_a_program_that_cannot_be_meant_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(DeclarationError, match=said):
        program(**more)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[heat]\ncomand = ['x']", r"programs\.toml \[heat\] has 'comand'\. Did you mean 'command'"),
        ("[heat]\ncommand = 'x y'", r"\[heat\] command is 'x y': write a list of words"),
        ("[heat]\nfolder = 'here'", r"\[heat\]: write folder = \"/scratch/me\""),
        ("[heat]\nenvironment = { A = 1 }", r"\[heat\]: write environment = "),
        ("heat = 3", r"\[heat\]: write a table"),
        ("[heat", r"programs\.toml cannot be read"),
    ],
)
def test_what_this_machine_says_is_checked(home: Path, programs: Callable[[str], None], text: str, said: str) -> None:
    programs(text)
    with pytest.raises(ContractError, match=said):
        program().version()


def test_what_a_machine_says_is_no_part_of_the_model(heat: Path, home: Path, programs: Callable[[str], None]) -> None:
    scratch = home.parent / "elsewhere"
    scratch.mkdir()
    wrapper = home / "wrapped"
    wrapper.write_text('#!/bin/sh\ntest "$LICENCE" = mine && test "$OTHER" = theirs && exec "$@"\n')
    wrapper.chmod(0o755)
    programs(
        f'[heat]\ncommand = ["{heat}"]\nlauncher = ["{wrapper}"]\nfolder = "{scratch}"\n'
        'environment = { LICENCE = "mine" }\ninherit = ["OTH*"]\n'
    )
    os.environ["OTHER"] = "theirs"
    try:
        assert bar_of()(0.1, 1e-6).steps == 1000
    finally:
        del os.environ["OTHER"]
    assert versions(model_of(bar_of())) == {"heat": "1.4.2"}
    assert list(scratch.iterdir()) == []
    assert shutil.which("wrapped") is None
