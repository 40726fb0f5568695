"""Files beside a chain, and its body: what is refused when a chain is loaded or wired, and what is not done at all."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from blake3 import blake3
from kinds_of_port import COARSE, FINE, Floats

from bridge import File, check, model
from bridge.errors import ContractError, MissingInput, UnknownName
from bridge.run.flowfile import load_flow

Install = Callable[[Mapping[str, Any]], None]
HEAD = "scalebridge: 1\nchain: test\n"


@dataclass(frozen=True)
class Read:
    size: Annotated[float, "m"]


EMPTY, ROW = File(b"", "text/csv"), np.zeros(1)


@model("fine.read", scale=FINE)
def read(table: File = EMPTY, row: Annotated[Floats, "K", ("x",)] = ROW, *, order: int = 2) -> Read:
    """Read a file."""
    return Read(1.0)


@model("coarse.use", scale=COARSE)
def use(size: Annotated[float, "m"], again: Annotated[float, "m"] = 1.0) -> Read:
    """Use it."""
    return Read(size)


def written(folder: Path, inputs: str, more: str = "") -> str:
    path = folder / "test.yaml"
    path.write_text(f"{HEAD}{more}stages:\n  a:\n    model: fine.read\n    {inputs}\n")
    return str(path)


@pytest.fixture(autouse=True)
def installed(install: Install) -> None:
    install({"fine.read": read, "coarse.use": use})


def test_a_file_beside_is_a_value_with_the_media_type_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "t.csv").write_bytes(b"a,b\n")
    flow = load_flow(written(tmp_path, "inputs: {table: {file: in/t.csv}}"))
    assert check(flow).stages["a"].sources["table"].value == File(b"a,b\n", "text/csv")
    (tmp_path / "in" / "t.csv").write_bytes(b"edited")
    assert check(flow).stages["a"].sources["table"].value.content == b"a,b\n", "it was read with the chain"


def test_an_array_beside_is_read_in_its_unit(tmp_path: Path) -> None:
    np.save(tmp_path / "t.npy", np.array([25.0, 30.0]))
    flow = load_flow(written(tmp_path, "inputs: {row: {npy: t.npy, unit: degC}}"))
    assert check(flow).stages["a"].sources["row"].value == pytest.approx([298.15, 303.15])


@pytest.mark.parametrize(
    "path", ["../out.csv", "/etc/passwd", "in/../../out.csv", "link.csv", "linked/out.csv", "a\\\\b", ""]
)
def test_no_path_leads_out_of_the_folder(path: str, tmp_path: Path) -> None:
    folder = tmp_path / "chain"
    (folder / "in").mkdir(parents=True)
    (tmp_path / "out.csv").write_text("secret")
    (folder / "link.csv").symlink_to(tmp_path / "out.csv")
    (folder / "linked").symlink_to(tmp_path)
    with pytest.raises(
        ContractError, match=r"^test\.yaml:6:\d+: .*(leads out of the chain's folder|is no path beside)"
    ):
        load_flow(written(folder, f'inputs: {{table: {{file: "{path}"}}}}'))


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, said in (("folder", "Is a directory"), ("pipe", "is no file"), ("gone.csv", "No such file")):
        with pytest.raises(ContractError, match=rf"^test\.yaml:6:\d+: .*{name}.*{said}"):
            load_flow(written(tmp_path, f"inputs: {{table: {{file: {name}}}}}"))


def test_a_digest_is_held_against_the_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"a")
    right = blake3(b"a").hexdigest()
    load_flow(written(tmp_path, f"inputs: {{table: {{file: t.csv, blake3: {right}}}}}"))
    with pytest.raises(ContractError, match=r"'t\.csv' is not the file that the chain was written with"):
        load_flow(written(tmp_path, f"inputs: {{table: {{file: t.csv, blake3: {'0' * 64}}}}}"))


def test_arrays_of_objects_are_not_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "t.npy", np.array([Path("x")], object), allow_pickle=True)
    flow = load_flow(written(tmp_path, "inputs: {row: {npy: t.npy, unit: K}}"))
    with pytest.raises(ContractError, match=r"test\.yaml:6:\d+: 't\.npy' is no array that numpy\.save writes"):
        check(flow)
    (tmp_path / "t.npy").write_bytes(b"no array")
    with pytest.raises(ContractError, match=r"is no array"):
        check(load_flow(written(tmp_path, "inputs: {row: {npy: t.npy, unit: K}}")))


@pytest.mark.parametrize(
    ("inputs", "error", "said"),
    [
        ("inputs: {order: 3}", ContractError, r"6:14: order is a setting, part of the numerics\. Write it"),
        ("settings: {table: {text: x}}", ContractError, r"6:16: table is an input\. Write it under inputs:"),
        ("inputs: {tabel: {text: x}}", UnknownName, r"6:14: fine\.read has no input 'tabel'\. Did you mean 'table'"),
        ("inputs: {row: {values: [1, [2]], unit: K}}", ContractError, r"6:19: values: make no array"),
        ("inputs: {row: {values: [1, 2]}}", ContractError, r"6:14: a\.row is in K, got bare numbers"),
        ("inputs: {row: {values: [1], unit: kg}}", ContractError, r"6:14: .*\[mass\] is not \[temperature\]"),
        ("inputs: {row: {values: [1], unit: foo}}", Exception, r"6:19: 'foo' is not a unit"),
        ("inputs: {table: {base64: '', media_type: image/png, picture: true}}", ContractError, r"6:21: a Picture"),
        ("retries: -1", ContractError, r"4:3: stage\('fine\.read'\): retries=-1"),
        ("accept: [3]", ContractError, r"4:3: stage\('fine\.read'\): accept"),
    ],
)  # fmt: skip
def test_what_a_port_refuses_has_its_line(inputs: str, error: type[Exception], said: str, tmp_path: Path) -> None:
    with pytest.raises(error) as caught:
        check(load_flow(written(tmp_path, inputs)))
    assert re.match(rf"test\.yaml:{said}", str(caught.value)), str(caught.value)


def test_a_missing_input_has_the_line_of_its_stage(tmp_path: Path) -> None:
    path = tmp_path / "test.yaml"
    path.write_text(HEAD + "stages:\n  u: {model: coarse.use}\n")
    with pytest.raises(MissingInput, match=r"^test\.yaml:4:3: coarse\.use\.size is float \[m\] and was not given"):
        check(load_flow(str(path)))


def test_a_wire_to_no_output_has_its_line(tmp_path: Path) -> None:
    more = "stages:\n  u:\n    model: coarse.use\n    inputs:\n      size: {from: a.sizes}\n  a: {model: fine.read}\n"
    (tmp_path / "test.yaml").write_text(HEAD + more)
    with pytest.raises(UnknownName, match=r"^test\.yaml:7:13: a has no port 'sizes'\. Did you mean 'size'\?"):
        check(load_flow(str(tmp_path / "test.yaml")))


def test_parameters_are_those_of_a_prefect_flow(tmp_path: Path) -> None:
    more = "parameters: {order: 3, size: {type: str}}\n"
    path = tmp_path / "test.yaml"
    path.write_text(
        HEAD + more + "stages:\n  u: {model: coarse.use, inputs: {size: {parameter: size}}}\n"
        "  a: {model: fine.read, settings: {order: {parameter: order}}}\n"
    )
    flow = load_flow(str(path))
    assert check(flow, size="3 m", order="7").stages["a"].sources["order"].value == 7
    with pytest.raises(MissingInput, match=r"flow 'test' needs size\. Write -p size=VALUE"):
        check(flow)
    with pytest.raises(UnknownName, match=r"flow 'test' has no parameter 'sise'\. Did you mean 'size'"):
        check(flow, sise="3 m")
    with pytest.raises(ContractError, match=r"order.*valid integer"):
        check(flow, size="3 m", order="many")
    with pytest.raises(ContractError, match=r"test\.yaml:5:\d+: u\.size is in m, got the bare number 3"):
        check(flow, size="3")


def test_a_chain_is_picked_by_its_name(tmp_path: Path) -> None:
    path = written(tmp_path, "inputs: {}")
    assert load_flow(f"{path}:test").name == "test"
    with pytest.raises(UnknownName, match=r"has no chain 'tset'\. Did you mean 'test'\?"):
        load_flow(f"{path}:tset")
    with pytest.raises(ContractError, match=r"there is no flow file .*tset\.yaml.* Did you mean .*test\.yaml"):
        load_flow(str(tmp_path / "tset.yaml"))


@pytest.mark.parametrize("name", ["copy", "json", "schema", "self", "args", "model_config"])
def test_names_that_prefect_cannot_have_are_refused_and_others_work(name: str, tmp_path: Path) -> None:
    import warnings

    path = written(tmp_path, f"settings: {{order: {{parameter: {name}}}}}", f"parameters: {{{name}: 3}}\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            flow = load_flow(path)
            order = check(flow, **{name: 4}).stages["a"].sources["order"].value  # type: ignore[attr-defined]
        except ContractError as refused:
            assert name in str(refused) or "Prefect" in str(refused)  # noqa: PT017
        else:
            assert order == 4
