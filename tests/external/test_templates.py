"""What is wrong with a template is said when it is declared; what it writes has units."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from numpy.typing import NDArray
from small_programs import PYTHON, SCALE, Y, script

from bridge import File, Within, external
from bridge.code import code_of
from bridge.errors import DeclarationError, ValueRefused
from bridge.external.calling import written
from bridge.testing import external_files


class Smearing(enum.Enum):
    COLD = "cold"
    GAUSSIAN = "gauss"


@dataclass(frozen=True)
class Cell:
    edge: Annotated[float, "angstrom"]
    count: int = 2


class Law(Protocol):
    def __call__(self, x: Annotated[float, "m"]) -> Annotated[float, "m"]: ...


def everything(template: str, **more: Any) -> Any:
    """A model whose template has all kinds of inputs; what it does not name is given elsewhere."""
    more = {"reads": {"y": external.Found("y", r"(\S+)", "m")}, "files": {}} | more
    elsewhere = {name: external.Given(name, "extxyz" if name == "atoms" else "") for name in ("atoms", "notes")}
    rest = (
        "{{ temperature | to('K') }} {{ shares | join }} {{ n }} {% if spin %}{% endif %}{{ label }} {{ smearing }}"
        "{{ cell.count }} {% for p in positions %}{{ p | to('m') | join }}{% endfor %}"
    )

    @external.model(
        "all.kinds",
        scale=SCALE,
        program=PYTHON,
        **more | {"files": {"in": template, "rest": rest, **elsewhere} | more["files"]},
    )
    def model(
        temperature: Annotated[float, "K", Within(0)] = 300.0,
        positions: Annotated[NDArray[np.float64], "nm", ("atom", "xyz=3")] = np.eye(3),  # noqa: B008
        shares: Annotated[NDArray[np.float64], "1", ("species",)] = np.array([0.25, 0.75]),  # noqa: B008
        cell: Cell = Cell(4.0),
        atoms: Atoms = bulk("Cu"),  # noqa: B008
        notes: File = File(b"one\ntwo\n", "text/plain"),  # noqa: B008
        *,
        n: int = 3,
        spin: bool = True,
        label: str = "run",
        smearing: Smearing = Smearing.COLD,
    ) -> Y:
        """All kinds of inputs."""

    return model


def rendered(template: str, **values: Any) -> str:
    return external_files(everything(template), **values)["in"].decode()


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("T {{ temperature | to('degC') | fmt('.2f') }}", "T 26.85"),
        ("{{ temperature | to('K') }}", "300.0"),
        ("{{ 0.1 + 0.2 }}", "0.30000000000000004"),
        ("{{ (temperature | to('K')) / 2 }}", "150.0"),
        ("{% for p in positions %}\n{{ p | to('angstrom') | fmt('.1f') | join(' ') }}\n{% endfor %}\n", "10.0 0.0 0.0\n0.0 10.0 0.0\n0.0 0.0 10.0\n"),  # noqa: E501
        ("{{ positions[1][1] | to('pm') }} {{ positions | length }}", "1000.0 3"),
        ("{{ positions[0] | to('nm') | sum }}", "1.0"),
        ("{{ shares | join(', ') }}", "0.25, 0.75"),
        ("{{ cell.edge | to('bohr') | fmt('.4f') }} {{ cell.count * n }}", "7.5589 6"),
        ("{{ '.true.' if spin else '.false.' }} {{ label }} {{ smearing }}", ".true. run cold"),
        ("{% set t = temperature | to('K') %}{{ t | int }} {{ range(n) | list | join('') }}", "300 012"),
        ("{# said to people #}{{ n }} {% raw %}{{ }}{% endraw %}", "3 {{ }}"),
    ],
)  # fmt: skip
def test_values_are_written_in_the_unit_that_the_template_says(template: str, text: str) -> None:
    assert rendered(template) == text


def test_literals_are_read_as_in_a_flow() -> None:
    assert rendered("{{ temperature | to('K') }}", temperature="0 degC") == "273.15"


def test_files_and_atoms_become_files() -> None:
    files = external_files(everything("x"))
    assert files["notes"] == b"one\ntwo\n"
    assert files["atoms"].decode().startswith("1\nLattice=")


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("\n{{ temprature }}", r"all\.kinds: in names 'temprature', which is no input of its model\. Did you mean 'temperature'"),  # noqa: E501
        ("\n{{ temperature }}", r"in, line 2: temperature is printed without its unit: write \{\{ temperature \| to\('K'\) \}\}"),  # noqa: E501
        ("{{ temperature | to('eV') }}", r"temperature is float \[K\]: \[temperature\] is not \[energy\], the dimension of 'eV'"),  # noqa: E501
        ("{{ temperature | to('Kelvins?') }}", r"'Kelvins\?' is not a unit"),
        ("{{ temperature | to(n) }}", r"write temperature \| to\('m'\), with the unit as a text"),
        ("{{ temperature | fmt('.2f') }}", r"temperature is formatted without its unit: write temperature \| to\('K'\) \| fmt"),  # noqa: E501
        ("{{ temperature * 2 }}", r"temperature is computed with without its unit: write \(temperature \| to\('K'\)\)"),
        ("{{ 2 - temperature }}", r"temperature is computed with without its unit"),
        ("{% if temperature > 300 %}hot{% endif %}", r"temperature is computed with without its unit"),
        ("{% if 1 < temperature < 300 %}hot{% endif %}", r"temperature is computed with without its unit"),
        ("{% for p in positions %}{{ p[0] }}{% endfor %}", r"p\[…\] is printed without its unit: write .* to\('nm'\)"),
        ("{% for p in positions %}{% for x in p %}{{ x }}{% endfor %}{% endfor %}", r"x is printed without its unit"),
        ("{% set t = temperature %}{{ t }}", r"t is printed without its unit"),
        ("{% macro m(t) %}{{ temperature }}{% endmacro %}", r"temperature is printed without its unit"),
        ("{{ positions | to('nm') }}", r"a value is an array|positions \| to is an array: write"),
        ("{{ shares }}", r"shares is an array: write \{\{ shares \| join\(' '\) \}\}"),
        ("{{ cell }}", r"cell is a record: write one of its fields, such as cell\.edge"),
        ("{{ cell.edgy }}", r"in, line 1: cell has no field 'edgy'\. Did you mean 'edge'"),
        ("{{ cell.edge }}", r"cell\.edge is printed without its unit"),
        ("{{ spin }}", r"spin is a bool: write \{\{ 'yes' if spin else 'no' \}\}"),
        ("{{ '-v' if spin }}", r"what if not\? Write \{\{ '-v' if … else '' \}\}"),
        ("{{ atoms }}", r"atoms is Atoms: write it to a file with files="),
        ("{{ notes }}", r"notes is File: write it to a file with files="),
        ("{{ n | to('m') }}", r"n is int, which has no unit: print it as it is"),
        ("{{ shares[0] | fmt('.2q') }}", r"fmt\('\.2q'\): .*Write e\.g\. fmt\('\.6f'\)"),
        ("{{ n | hex }}", r"in, line 1: No filter named 'hex'"),
        ("{% for p in positions %}", r"in, line 1: Unexpected end of template"),
        ("{% include 'other' %}", r"a template stands alone"),
        ("{{ restart }}", r"asks for restart: write restart=\[…\]"),
        ("{{ lipsum() }}", r"names 'lipsum'"),
    ],
)  # fmt: skip
def test_a_template_that_cannot_be_meant_is_refused_when_declared(template: str, said: str) -> None:
    with pytest.raises(DeclarationError, match=said):
        everything(template)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"files": {"../in": "x"}}, r"'\.\./in' is no file in the working folder"),
        ({"files": {"/etc/passwd": "x"}}, r"'/etc/passwd' is no file in the working folder"),
        ({"files": {"a\nb": "x"}}, r"is no file in the working folder"),
        ({"files": {"stdout": "x"}}, r"'stdout' is where goes what the program prints"),
        ({"files": {"in2": external.Given("nothing")}}, r"given by 'nothing', which is no input of all\.kinds"),
        ({"files": {"in2": external.Given("n")}}, r"n is int; a file is given by a File or by Atoms"),
        ({"files": {"in2": external.Given("atoms", "extxyzz")}}, r"'extxyzz' is none that ASE knows. Did you mean"),
        ({"files": {"in2": 7}}, r"in2: write a template, a bridge\.File or external\.Given"),
        ({"files": {"y": "x"}}, r"y is written for the program, so nothing is read from it \(y\)"),
        ({"restart": ["in"]}, r"in is both written at each start and left by an earlier one"),
        ({"restart": ["../old"]}, r"'\.\./old' is no file in the working folder"),
        ({"restart": "old"}, r"write restart=\['old'\]"),
        ({"arguments": "-v"}, r"write arguments=\['-v'\]"),
        ({"arguments": ["{{ temperature }}"]}, r"argument 1, line 1: temperature is printed without its unit"),
        ({"environment": {"A=B": "1"}}, r"environment A=B"),
        ({"walltime": "1 m"}, r"all\.kinds\.walltime is float \[s\], got '1 m'"),
        ({"reads": {}}, r"all\.kinds\.y is read nowhere: write reads=\{'y': external\.Found"),
        ({"reads": {"y": external.Found("y", r"(\S+)", "mm"), "z": external.Found("y", "(.)")}}, r"reads 'z', which is none of its outputs \(y\)"),  # noqa: E501
        ({"reads": {"y": external.Found("y", r"(\S+)", "eV")}}, r"all\.kinds\.y is float \[mm\], but what is read is \[energy\] \[eV\]"),  # noqa: E501
        ({"reads": {"y": external.Found("y", r"\S+", "m")}}, r"marks no value: put one group \(\) around it"),
        ({"reads": {"y": external.Found("y", r"(", "m")}}, r"'\(' is no regular expression"),
        ({"reads": {"y": external.Found("y", r"(.)", "m", which="all")}}, r"one value: write which='first' or 'last'"),
        ({"reads": {"y": external.Kept("y")}}, r"y is float \[mm\]; what is kept is a File"),
        ({"reads": {"y": "out.txt"}}, r"y: write external\.Found"),
        ({"on_wrong": "warn"}, r"on_wrong='warn', but nothing is said to be wrong"),
        ({"on_wrong": "y", "wrong": {"bad": external.Present("y", "bad")}}, r"on_wrong='y': write 'error', 'warn', or the name of a bool output"),  # noqa: E501
        ({"wrong": {"bad": "bad"}}, r"wrong 'bad': write external\.Absent"),
        ({"program": "python"}, r"write program=external\.Program\("),
    ],
)  # fmt: skip
def test_a_declaration_that_cannot_be_meant_is_refused(more: dict[str, Any], said: str) -> None:
    reads = {"reads": {"y": external.Found("y", r"(\S+)", "m")}}
    files = more.pop("files", {})
    with pytest.raises(DeclarationError, match=said):
        declared(files, **reads | {"program": PYTHON} | more)


def declared(files: dict[str, Any], **more: Any) -> Any:
    @external.model(
        "all.kinds",
        scale=SCALE,
        files={"in": "{{ temperature | to('K') }} {{ n }}", "at": external.Given("atoms", "cif")} | files,
        **more,
    )
    def model(temperature: Annotated[float, "K"], atoms: Atoms, *, n: int = 1) -> Y:
        """A few inputs."""

    return model


def test_an_input_that_goes_nowhere_is_refused() -> None:
    with pytest.raises(
        DeclarationError, match=r"small\.script\d+\.x goes nowhere: no template, file or argument has it"
    ):
        script("", files={"x.txt": "no value"})


def test_a_closure_cannot_be_asked_by_a_program() -> None:
    def model(law: Law) -> Y:
        """It cannot be."""

    with pytest.raises(
        DeclarationError, match=r"closes\.law is a closure: a program in a process of its own cannot ask"
    ):
        external.model("closes", scale=SCALE, program=PYTHON, reads={"y": external.Found("y", "(.)", "m")})(model)


def test_what_no_check_can_foresee_is_refused_before_the_program_starts() -> None:
    mixed = everything("{% for pair in [positions] %}{% for a in pair %}{{ a }}{% endfor %}{% endfor %}")
    with pytest.raises(ValueRefused, match=r"all\.kinds: in: a value in nm is printed without its unit"):
        external_files(mixed)


def test_a_changed_template_is_other_code_and_a_changed_walltime_is_not() -> None:
    def digest(**more: Any) -> str:
        made = script("", **more)
        return str(dict(code_of(made).sources)[f"{made.__module__}.{made.__qualname__}[1]"])

    first = digest()
    assert digest(walltime="1 h", launcher=external.Mpi(2)) == first
    for more in (
        {"files": {"x.txt": "{{ x | to('m') }} \n"}},
        {"arguments": ["-v"]},
        {"environment": {"A": "1"}},
        {"reads": {"y": external.Found("y.txt", r"^y = (\S+)$", "cm")}},
        {"wrong": {"bad": external.Present("y.txt", "bad")}},
    ):
        assert digest(**more) != first


def test_a_function_that_reads_is_code_of_the_model() -> None:
    made = script("", reads={"y": lambda folder: float((folder / "y.txt").read_text())})
    assert any("lambda" in name for name in dict(code_of(made).sources)) or made.__module__ in dict(
        code_of(made).sources
    )


def test_the_files_of_a_start_can_be_looked_at_without_the_program() -> None:
    assert external_files(script("pass"), x="3 cm") == {"x.txt": b"0.03\n", "script.py": b"pass"}
    assert callable(written)
