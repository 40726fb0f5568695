"""Results are found once, in the unit of the file, or the error shows where they were looked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.io import write
from numpy.typing import NDArray
from small_programs import PYTHON, SCALE

from bridge import File, Picture, external
from bridge.errors import DeclarationError, ValueRefused
from bridge.external import ProgramFailed
from bridge.kinds.measured import Number
from bridge.testing import external_results

LOG = """
 cycle 1   energy = -7.5 Ha
 cycle 2   energy = -7.9 Ha
 total energy: -7.91D+00 Ha
 converged: T after 12 steps, phase diamond
 pressure **** GPa
"""


@dataclass(frozen=True)
class Stress:
    xx: Annotated[float, "GPa"]
    yy: Annotated[float, "GPa"]


@dataclass(frozen=True)
class Everything:
    energy: Annotated[float, "eV"]
    cycles: Annotated[NDArray[np.float64], "eV", ("cycle",)]
    steps: int
    converged: bool
    quiet: bool
    phase: Literal["diamond", "fcc"]
    stress: Stress
    curve: Annotated[NDArray[np.float64], "1", ("row", "column=2")]
    last: Annotated[float, "ps"]
    gap: Annotated[float, "eV"]
    bands: Annotated[NDArray[np.int64], "1", ("band",)]
    atoms: Atoms
    log: Annotated[File, "text/plain"]
    figure: Picture


READS: dict[str, Any] = {
    "energy": external.Found("log", r"^ total energy:\s+(\S+)", "hartree"),
    "cycles": external.Found("log", r"^ cycle\s+\d+\s+energy =\s+(\S+)", "hartree", which="all"),
    "steps": external.Found("log", r"after (\d+) steps"),
    "converged": external.Found("log", r"converged: (\w)"),
    "quiet": external.Absent("log", "WARNING"),
    "phase": external.Found("log", r"phase (\w+)"),
    "stress.xx": external.Table("table.txt", columns=[1], unit="kbar", row=0),
    "stress.yy": external.Table("table.txt", columns=[2], unit="kbar", row=0),
    "curve": external.Table("table.txt", columns=[1, 2]),
    "last": external.Table("table.txt", columns=[0], unit="fs", row=-1),
    "gap": external.Json("out.json", "results.-1.gap", "hartree"),
    "bands": external.Json("out.json", "bands"),
    "atoms": external.Structure("final.xyz", "extxyz"),
    "log": external.Kept("log", "text/plain"),
    "figure": lambda folder: Picture((folder / "a.svg").read_bytes(), "image/svg+xml"),
}


def everything(**other: Any) -> Any:
    @external.model("reads.all", scale=SCALE, program=PYTHON, reads=READS | other)
    def model() -> Everything:
        """Everything that can be read."""

    return model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "log").write_text(LOG)
    (tmp_path / "table.txt").write_text("# t  a  b\n0.5 10 20 x\n\n1.5 1.0D1 3 # said\n")
    (tmp_path / "out.json").write_text(json.dumps({"results": [{}, {"gap": 0.5}], "bands": [1, 2]}))
    (tmp_path / "odd").write_text("n = nan\nn = inf\n")
    (tmp_path / "nested").write_text("[" * 10**5 + "]" * 10**5)
    (tmp_path / "a.svg").write_text("<svg/>")
    write(tmp_path / "final.xyz", bulk("Cu"), format="extxyz")
    return tmp_path


def test_every_kind_of_output_can_be_read_and_comes_in_its_unit(folder: Path) -> None:
    found = external_results(everything(), folder)
    hartree = 27.211386245981  # eV, CODATA 2022
    assert found["energy"] == pytest.approx(-7.91 * hartree, rel=1e-8)
    assert found["cycles"] == pytest.approx(np.array([-7.5, -7.9]) * hartree, rel=1e-8)
    assert (found["steps"], found["converged"], found["quiet"], found["phase"]) == (12, True, True, "diamond")
    assert found["stress"] == {"xx": 1.0, "yy": 2.0}
    assert found["curve"].tolist() == [[10, 20], [10, 3]]
    assert found["last"] == 0.0015
    assert found["gap"] == pytest.approx(0.5 * hartree, rel=1e-8)
    assert found["bands"].dtype == np.int64
    assert len(found["atoms"]) == 1
    assert found["log"].content == LOG.encode()
    assert found["figure"].media_type == "image/svg+xml"


@pytest.mark.parametrize(
    ("name", "read", "said"),
    [
        ("energy", external.Found("log", r"^ Total energies:\s+(\S+)", "hartree"),
         r"energy in log: nothing matches '.*'\. The nearest lines are\n(    \d: .*\n)*    4:  total energy: -7\.91D\+00 Ha"),  # noqa: E501
        ("energy", external.Found("log", r"^(\d+)$", "hartree"), r"nothing matches .* The last lines are\n"),
        ("energy", external.Found("log", r"energy = +(\S+)", "hartree"),
         r"matches twice, in lines 2 and 3: 'energy = -7\.5', 'energy = -7\.9'\. Say which='first' or which='last'"),
        ("energy", external.Found("log", r"pressure (\S+)", "hartree"), r"'\*\*\*\*' is no number\. Fortran prints stars"),  # noqa: E501
        ("energy", external.Found("missing", r"(.)", "hartree"), r"the program wrote no missing\. There are a\.svg, final"),  # noqa: E501
        ("steps", external.Found("log", r"energy: +(\S+)"), r"'-7\.91D\+00' is no whole number"),
        ("steps", external.Found("odd", r"n = (nan)"), r"'nan' is no whole number"),
        ("steps", external.Found("odd", r"n = (inf)"), r"'inf' is no whole number"),
        ("gap", external.Json("nested", "results", "hartree"), r"nested is no JSON"),
        ("converged", external.Found("log", r"phase (\w+)"), r"'diamond' is neither true nor false"),
        ("phase", external.Found("log", r"total (\w+)"), r"is one of diamond, fcc, but the model returned 'energy'"),
        ("last", external.Table("table.txt", columns=[9], row=0), r"line 2 of table\.txt has 4 columns, wanted is column 9"),  # noqa: E501
        ("last", external.Table("table.txt", columns=[3], row=0), r"line 2 of table\.txt: 'x' is no number"),
        ("last", external.Table("table.txt", columns=[0], row=5), r"table\.txt has 2 rows of numbers; wanted is row 5"),
        ("last", external.Table("table.txt", columns=[0], skip=9, row=0), r"has 0 rows of numbers"),
        ("gap", external.Json("out.json", "results.7.gap", "hartree"), r"results\.7\.gap in out\.json is not there: at '7'"),  # noqa: E501
        ("gap", external.Json("log", "results", "hartree"), r"log is no JSON"),
        ("gap", external.Json("out.json", "bands", "hartree"), r"bands in out\.json is \[1, 2\], expected float \[eV\]"),  # noqa: E501
        ("atoms", external.Structure("log", "extxyz"), r"ASE cannot read log as extxyz"),
        ("figure", lambda folder: 1 / 0, r"figure cannot be read: ZeroDivisionError"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_the_place(folder: Path, name: str, read: Any, said: str) -> None:
    unit = {"last": "fs"}.get(name)
    if unit and isinstance(read, external.Table):
        read = external.Table(read.file, read.columns, unit, read.skip, row=read.row)
    with pytest.raises(ProgramFailed, match=f"(?s)reads\\.all.*{said}"):
        external_results(everything(**{name: read}), folder)


def test_the_first_or_the_last_of_several_is_taken_when_that_is_said(folder: Path) -> None:
    for which, value in (("first", -7.5), ("last", -7.9)):
        read = external.Found("log", r"energy = +(\S+)", "eV", which=which)  # type: ignore[arg-type]
        assert external_results(everything(energy=read), folder)["energy"] == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.5", 1.5), ("-1.5D-03", -1.5e-3), ("2.d2", 200.0), (".5Q+01", 5.0), ("1.234-103", 1.234e-103), ("+7E2", 700.0)],
)
def test_numbers_are_read_as_fortran_writes_them(folder: Path, text: str, value: float) -> None:
    (folder / "log").write_text(LOG.replace("-7.91D+00", text))
    read = external.Found("log", r"^ total energy:\s+(\S+)", "eV")
    assert external_results(everything(energy=read), folder)["energy"] == value


def test_shapes_and_ranges_are_checked_as_of_any_model(folder: Path) -> None:
    (folder / "log").write_text(LOG.replace("-7.9 Ha", "-inf Ha"))
    with pytest.raises(ValueRefused, match=r"reads\.all\.cycles\[1\] left its model as -inf"):
        external_results(everything(), folder)


def test_bytes_that_are_no_text_do_not_hide_what_is_beside_them(folder: Path) -> None:
    (folder / "log").write_bytes(b"\xe9\xff made by J\xf6rg\r\n" + LOG.replace("\n", "\r\n").encode())
    assert external_results(everything(), folder)["steps"] == 12


@pytest.mark.parametrize(
    ("name", "read", "said"),
    [
        ("cycles", external.Found("log", "(.)", "eV"), r"write which='all' for an array of one dimension"),
        ("curve", external.Table("t", columns=[1]), r"but 1 columns of all rows have 1 dimensions"),
        ("curve", external.Table("t", columns=[1, 2], unit=["m"]), r"1 units for 2 columns"),
        ("curve", external.Table("t", columns=[1, -1]), r"numbers of columns, counted from 0"),
        ("curve", external.Table("t", columns=[1, 2], unit=["1", "m"]), r"what is read is \[length\] \[m\]"),
        ("log", external.Kept("log"), r"write external\.Kept\('log', 'text/plain'\)"),
        ("atoms", external.Structure("x", "nothing"), r"format='nothing' is none that ASE knows"),
        ("gap", external.Structure("x", "cif"), r"external\.Structure gives Atoms"),
        ("gap", external.Present("x", "a"), r"Present gives a bool"),
        ("figure", external.Found("x", "(a)"), r"which no pattern finds"),
        ("log", external.Json("x", "a"), r"which JSON does not hold"),
        ("energy", external.Found("../x", "(a)", "eV"), r"'\.\./x' is no file in the working folder"),
    ],
)
def test_a_read_that_cannot_fit_its_output_is_refused_when_declared(name: str, read: Any, said: str) -> None:
    with pytest.raises(DeclarationError, match=said):
        everything(**{name: read})


def test_lines_with_times_can_be_left_out_of_a_log_that_is_kept(folder: Path) -> None:
    (folder / "log").write_text("- cpu 0.8 s\n" + LOG + "+ at 02:45\n")
    kept = external_results(everything(log=external.Kept("log", "text/plain", without=r"^[-+]")), folder)["log"]
    assert kept.content == LOG.encode()


def test_an_empty_object_in_json_is_said_to_hold_nothing() -> None:
    with pytest.raises(ProgramFailed, match="at 'a' there is nothing"):
        external.Json("x", "a.b", "m").value(b"{}", Number("m"), "toy.y")
