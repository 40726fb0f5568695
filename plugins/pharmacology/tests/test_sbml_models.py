"""Loaded and written documents are models like any other: checked, sent to workers, wired to the chain."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("libsbml")
pytest.importorskip("roadrunner")
pytest.importorskip("antimony")

from bridge_pharmacology.sbml import Refused, load, write
from bridge_pharmacology.systems.failing import Unsolved

from bridge.code import code_of
from bridge.errors import ContractError
from bridge.inspect.cli import main as scalebridge
from bridge.models import model_of
from bridge.run.packing import pack
from bridge.testing import arguments, check_model

DECAY = """
model Decay
  unit substance = 1e-9 mole; unit volume = litre; unit time_unit = 86400 second; unit extent = 1e-9 mole
  unit per_day = 1 / 86400 second
  compartment V = 2; species C in V; C = 5; kOut = 0.3; kOut has per_day
  C -> ; kOut*C*V
end
"""


def test_loaded_model_keeps_its_promises() -> None:
    found = check_model(load(DECAY), k_out="0.0125 1/h", c="5000 pmol/L", duration="48 h", points=5)
    assert np.allclose(found["c"], 5 * np.exp(-0.3 * found["time"]), rtol=1e-6)
    assert found["time"][-1] == pytest.approx(2.0)


def test_ports_have_legal_names_and_the_documents_values() -> None:
    text = DECAY.replace("kOut", "lambda").replace("C -> ;", "duration = 1; duration has per_day; C -> ;")
    inputs = model_of(load(text)).inputs
    assert {"v", "c", "lambda_", "duration_2", "duration", "points", "rtol"} <= set(inputs)
    assert inputs["lambda_"].default == 0.3
    assert inputs["duration"].setting
    assert inputs["duration"].required


def test_a_value_the_document_leaves_open_is_required() -> None:
    model = model_of(load(DECAY.replace("C = 5;", "")))
    assert model.inputs["c"].required
    with pytest.raises(ContractError, match="valid at least 0"):
        arguments(model, {"c": "1 nM", "v": "-2 L", "duration": "1 d"})


def test_the_document_is_part_of_what_is_computed() -> None:
    one, other = (model_of(load(text)) for text in (DECAY, DECAY.replace("0.3", "0.4")))
    assert one.inputs["document"].default != other.inputs["document"].default
    values = arguments(one, {"duration": "1 d"}) | {"document": other.inputs["document"].default}
    with pytest.raises(Refused, match="belong together"):
        one.call(values)


def test_loaded_models_travel_to_workers(tmp_path: Path) -> None:
    """What an order does: packed here, unpacked where nobody loaded anything, with the same code behind it."""
    function = load(DECAY, duration="2 d", points=3)
    (tmp_path / "packed").write_bytes(pack(function))
    program = (
        "import pickle, sys; from bridge.models import model_of; from bridge.code import code_of; "
        "from bridge.testing import arguments; "
        "f = pickle.loads(open(sys.argv[1], 'rb').read()); m = model_of(f); "
        "print(code_of(f).digest, m.call(arguments(m, {}))['c'][-1].hex())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "packed")], capture_output=True, text=True, check=True
    )
    model = model_of(function)
    here = model.call(arguments(model, {}))["c"][-1]
    assert done.stdout.split() == [code_of(function).digest, float(here).hex()]


def test_a_course_of_patients_stands_where_plasma_does() -> None:
    function = load(DECAY, as_course={"concentration": "C"})
    model = model_of(function)
    assert [port.name for port in model.outputs.ports] == ["patient", "time", "concentration", "left_out"]
    assert model.outputs.port("concentration", "").kind.dims == ("patient", "time")
    values = arguments(model, {"duration": "2 d", "points": 3}) | {"k_out": np.array([0.1, 0.2, 0.4])}
    found = model.call(values)
    assert found["patient"].tolist() == [0, 1, 2]
    expected = 5 * np.exp(-np.outer([0.1, 0.2, 0.4], [0.0, 1.0, 2.0]))
    assert np.allclose(found["concentration"], expected, rtol=1e-6)


def test_a_patient_that_fails_is_named_and_the_others_go_on() -> None:
    growing = (
        DECAY.replace("C -> ; kOut*C*V", "-> C; kOut*C*C*V/5e-9")
        .replace("5e-9", "cRef")
        .replace("C = 5;", "C = 5; cRef = 5;")
    )  # C' = kOut C^2 / cRef is without bound at t = 1 / kOut
    units = {"cRef": "nmol/L"}
    model = model_of(load(growing, as_course={"concentration": "C"}, units=units))
    values = arguments(model, {"duration": "48 h", "points": 3}) | {"k_out": np.array([0.1, 1.0])}
    with pytest.raises(Unsolved, match=r"patient 1 at (1|0\.99999\d*) d: .*leave out"):
        model.call(values)
    found = model.call(values | {"on_failure": "leave out"})
    assert found["patient"].tolist() == [0]
    assert found["left_out"].startswith("patient 1 at ")
    assert found["concentration"][0, -1] == pytest.approx(5 / (1 - 0.2), rel=1e-6)


def test_a_course_needs_a_unit_of_time() -> None:
    with pytest.raises(Refused, match="no unit of time"):
        load("model m\n x = 1; x' = -x\nend", undeclared="dimensionless", as_course={"concentration": "x"})


def test_a_written_model_is_the_loaded_one(tmp_path: Path) -> None:
    package = tmp_path / "bridge_mine"
    package.mkdir()
    written = write(DECAY, package, name="mine.decay", as_course={"concentration": "C"})
    assert written.entry_point == '"mine.decay" = "bridge_mine.decay:decay"'
    spec = importlib.util.spec_from_file_location("bridge_mine.decay", written.module)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bridge_mine.decay"] = module
    try:
        spec.loader.exec_module(module)
        found = check_model(module.decay, duration="2 d", points=3)
    finally:
        del sys.modules["bridge_mine.decay"]
    assert np.allclose(found["concentration"][0], 5 * np.exp(-0.3 * found["time"]), rtol=1e-6)
    with pytest.raises(Refused, match="there is no folder"):
        write(DECAY, tmp_path / "nowhere")


def test_a_new_plugin_passes_its_own_test(tmp_path: Path) -> None:
    (tmp_path / "decay.ant").write_text(DECAY.replace("; kOut has per_day", ""))
    place = tmp_path / "scalebridge-mine"
    arguments = ["plugins", "new", str(place), "--from-sbml", str(tmp_path / "decay.ant"), "--name", "mine.decay"]
    refused = CliRunner().invoke(scalebridge, arguments)
    assert refused.exit_code == 1
    assert "no unit for kOut" in refused.stderr
    assert not place.exists()
    assert CliRunner().invoke(scalebridge, [*arguments, "--unit", "kOut=1/d"]).exit_code == 0
    assert '"mine.decay" = "bridge_mine.decay:decay"' in (place / "pyproject.toml").read_text()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=place,
        env=os.environ | {"PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    again = CliRunner().invoke(scalebridge, arguments)
    assert again.exit_code == 1
    assert "is not empty" in again.stderr
    unpaired = CliRunner().invoke(scalebridge, [*arguments, "--unit", "kOut"])
    assert "'kOut' is no pair. Write --unit time=h." in unpaired.stderr
