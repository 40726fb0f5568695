"""What the text of a calculator means, and what is refused where it is written."""

from __future__ import annotations

import json
import re
from importlib import metadata

import pytest
from bridge_ase import engines, programs
from bridge_ase.engines import calculator, name_of
from bridge_ase.keywords import arguments, keywords

import bridge
from bridge.errors import ContractError

HERE = metadata.version("ase")


@pytest.fixture(autouse=True)
def _fresh():
    """Versions are kept for the life of a process; tests change what is installed."""
    engines.version.cache_clear()
    yield
    engines.version.cache_clear()


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Put an executable of a name and content on the path."""

    def put(name, text="#!/bin/sh\necho 9.9.1\n"):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        for cached in (engines.version, programs._told, programs._digest):
            cached.cache_clear()

    return put


@pytest.mark.parametrize("name", ["emt", "lj", "morse", "eam", "tip3p"])
def test_a_calculator_of_ase_has_the_version_of_ase(name):
    assert calculator(name) == f"{name} (ase {HERE})"


@pytest.mark.parametrize("name", ["emt", "bridge_ase.running:calculators", "ase.calculators.emt:EMT"])
def test_reading_what_was_read_changes_nothing(name):
    assert calculator(calculator(name)) == calculator(name)
    assert name_of(calculator(name)) == name


def test_a_class_has_the_version_of_the_distribution_that_brings_it():
    assert calculator("ase.calculators.emt:EMT") == f"ase.calculators.emt:EMT (ase {HERE})"


@pytest.fixture
def in_place(tmp_path, monkeypatch):
    """A package with a calculator, installed in place."""
    (tmp_path / "work" / "own_forces").mkdir(parents=True)
    module = tmp_path / "work" / "own_forces" / "__init__.py"
    module.write_text("from ase.calculators.lj import LennardJones as Own\n")
    said = tmp_path / "site" / "own_forces-0.1.dist-info"
    said.mkdir(parents=True)
    (said / "METADATA").write_text("Metadata-Version: 2.1\nName: own-forces\nVersion: 0.1\n")
    url = {"url": (tmp_path / "work").as_uri(), "dir_info": {"editable": True}}
    (said / "direct_url.json").write_text(json.dumps(url))
    for folder in ("site", "work"):
        monkeypatch.syspath_prepend(str(tmp_path / folder))
    return module


def test_a_class_that_is_installed_in_place_has_the_digest_of_its_sources(in_place):
    one = calculator("own_forces:Own")
    assert re.fullmatch(r"own_forces:Own \(own-forces 0\.1 [0-9a-f]{16}\)", one)
    in_place.write_text("from ase.calculators.lj import LennardJones as Own  # changed\n")
    engines.version.cache_clear()
    assert calculator("own_forces:Own") != one


def test_a_class_of_no_distribution_is_refused(tmp_path, monkeypatch):
    (tmp_path / "loose_forces.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ValueError, match="'loose_forces', which belongs to no installed distribution"):
        calculator("loose_forces:Own")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("EMT", "Did you mean 'emt'"),
        ("gpwa", "Did you mean 'gpaw'"),
        ("quantum", "Write one of abinit, .*, or a class as 'package.module:Class'"),
        ("no_such_package.here:Calculator", "'no_such_package', which is not installed"),
        ("emt (ase 3.20.0)", rf"emt \(ase 3\.20\.0\) was meant where this was written, and emt \(ase {HERE}\) is here"),
        ("", "names no calculator"),
        ("castep", r"\[castep\] with the line command = "),
    ],
)
def test_what_nobody_has_is_refused_with_what_to_write(text, says):
    with pytest.raises(ValueError, match=says):
        calculator(text)


def test_what_is_not_installed_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.setitem(engines.ENGINES, "gpaw", engines.Engine("gone:GPAW", ("gone-data",), "pip install gone"))
    with pytest.raises(ValueError, match="'gpaw' needs gone-data, which is not installed: pip install gone"):
        calculator("gpaw")


@pytest.mark.parametrize("name", ["chgnet", "gpaw"])
def test_a_calculator_of_an_extra_is_refused_with_its_extra(name, monkeypatch):
    assert name in metadata.metadata("scalebridge-ase").get_all("Provides-Extra")

    def gone(distribution):
        raise metadata.PackageNotFoundError(distribution)

    monkeypatch.setattr(metadata, "version", gone)
    install = rf"'{name}' needs {name}, which is not installed: pip install \"scalebridge-ase\[{name}\]\""
    with pytest.raises(ValueError, match=install):
        calculator(name)


def test_a_program_that_tells_its_version_is_asked(program):
    program("abinit")
    assert calculator("abinit") == "abinit (abinit 9.9.1)"
    program("abinit", "#!/bin/sh\necho 9.9.2\n")
    assert calculator("abinit") == "abinit (abinit 9.9.2)"


def test_a_program_that_tells_no_version_is_refused(program):
    program("abinit", "#!/bin/sh\necho unwell; exit 3\n")
    with pytest.raises(ValueError, match="abinit --version tells no version: it ended with 3 and wrote 'unwell'"):
        calculator("abinit")


def test_a_program_that_is_not_here_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ValueError, match="no such program here: apt-get install abinit abinit-data"):
        calculator("abinit")


def test_any_other_program_is_known_by_its_bytes_and_its_launchers_too(program, monkeypatch):
    monkeypatch.setenv("ASE_VASP_COMMAND", "launch -n 4 vasp_std")
    program("launch")
    program("vasp_std", "#!/bin/sh\necho one\n")
    one = calculator("vasp")
    program("vasp_std", "#!/bin/sh\necho two\n")
    two = calculator("vasp")
    assert one != two
    assert one.split(",")[0] == two.split(",")[0]
    assert one.startswith("vasp (launch ")
    assert "vasp_std " in one


def test_equal_keywords_are_one_text_however_they_are_written():
    assert keywords('{"b": [1, 2], "a": {"y": true, "x": null}}') == keywords('{ "a":{"x":null,"y":true},\n"b":[1,2] }')
    assert keywords(keywords('{"b": 1}')) == '{"b": 1}'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{'sigma': 3.4}", "is no JSON object .*double quotes"),
        ("sigma=3.4", "is no JSON object"),
        ("[1]", "is no JSON object"),
        ('{"a": 1, "a": 2}', "'a' is given twice"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"directory": "/scratch"}', "'directory' is not for a flow"),
        ('{"pot": {"file": "/no/such.eam"}}', "names the file '/no/such.eam', which is not here"),
        ('{"pot": {"file": "a", "folder": "b"}}', "names a file as"),
    ],
)
def test_keywords_that_cannot_be_meant_are_refused_with_what_to_write(text, says):
    with pytest.raises(ValueError, match=says):
        keywords(text)


def test_what_a_named_file_holds_is_part_of_the_keywords(tmp_path):
    path = tmp_path / "Cu.eam"
    path.write_text("one")
    written = f'{{"potential": {{"file": "{path}"}}}}'
    one = keywords(written)
    assert keywords(one) == one
    assert arguments(one) == {"potential": str(path)}
    path.write_text("two")
    assert keywords(written) != one
    with pytest.raises(ValueError, match=r"as it was with the digest [0-9a-f]{16}, and here it has"):
        keywords(one)


def test_a_folder_is_every_file_in_it(tmp_path):
    (tmp_path / "H.psp8").write_text("one")
    written = f'{{"paths": [{{"folder": "{tmp_path}"}}]}}'
    one = keywords(written)
    assert arguments(one) == {"paths": [str(tmp_path)]}
    (tmp_path / "He.psp8").write_text("two")
    assert keywords(written) != one


def test_a_bare_name_of_a_file_is_refused_because_its_content_would_not_count(tmp_path):
    path = tmp_path / "Cu.eam"
    path.write_text("one")
    with pytest.raises(ValueError, match=r'is the bare name of a file.*Write \{"file": '):
        keywords(f'{{"potential": "{path}"}}')


def test_the_flow_is_refused_before_anything_runs():
    with pytest.raises(ContractError, match=r"ase\.vacancy\.calculator: no calculator is named 'emd'. Did you mean"):
        bridge.check(lambda: bridge.stage("ase.vacancy").submit(element="Cu", calculator="emd"))
    with pytest.raises(ContractError, match=r"ase\.vacancy\.keywords: .*no JSON object"):
        bridge.check(lambda: bridge.stage("ase.vacancy").submit(element="Cu", keywords="asap_cutoff=True"))


def test_the_version_stands_in_the_flow():
    chain = bridge.check(lambda: bridge.stage("ase.vacancy").submit(element="Cu"))
    assert chain.stages["ase.vacancy"].sources["calculator"].value == f"emt (ase {HERE})"
