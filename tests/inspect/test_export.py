"""Stored runs as files of other programs: what is in them is what was stored, to the bit where the format can."""

from __future__ import annotations

import csv
import enum
import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, make_dataclass
from pathlib import Path
from typing import Annotated, Any

import ase.io
import numpy as np
import pytest
import xarray
from ase import Atoms
from ase.constraints import FixAtoms
from click.testing import CliRunner
from numpy.typing import NDArray

from bridge import File, Picture
from bridge.errors import BridgeError, UnknownName
from bridge.inspect.commands.export import FORMATS as SPELLED
from bridge.inspect.commands.export import export as command
from bridge.inspect.export.export import FORMATS, export, write
from bridge.ports import record_of
from bridge.store.runlog import RunLog
from bridge.store.runs import Run, run_of
from bridge.store.store import Store
from bridge.store.view import Outputs, datatree

STAGE = "cooling T=400 K +1"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(256)
Real = NDArray[np.float64]


class Phase(enum.Enum):
    fcc = "fcc"
    bcc = "bcc"


@dataclass(frozen=True)
class Inner:
    rate: Annotated[float, "1/s"]
    curve: Annotated[Real, "Pa", ("x",)]  # another x than outside


@dataclass(frozen=True)
class Everything:
    number: Annotated[float, "eV"]
    count: int
    huge: int
    flag: bool
    text: str
    phase: Phase
    x: Annotated[Real, "um", ("x",)]
    field: Annotated[Real, "K", ("x", "y")]
    share: Annotated[NDArray[np.float32], "1", ("x", "y")]
    mask: Annotated[NDArray[np.bool_], "1", ("x",)]
    wave: Annotated[NDArray[np.complex128], "V", ("k",)]
    empty: Annotated[Real, "m", ("nothing", "xyz=3")]
    cube: Annotated[NDArray[np.int32], "1", ("a", "b", "c")]
    inner: Inner
    atoms: Atoms
    table: File
    picture: Picture


@dataclass(frozen=True)
class Plain:
    rate: Annotated[float, "1/s"]


def atoms() -> Atoms:
    made = Atoms("Cu3", positions=np.random.default_rng(0).random((3, 3)), cell=[3, 4, 5.5], pbc=(True, False, True))
    made.set_constraint(FixAtoms([0, 2]))
    made.set_array("spins", np.arange(9.0).reshape(3, 3))
    made.set_array("odd name", np.arange(3.0))
    made.info = {"note": "as grown", 5: "five"}
    return made


def everything() -> Everything:
    random = np.random.default_rng(1)
    return Everything(
        number=0.1 + 0.2,
        count=7,
        huge=2**70,
        flag=True,
        text="Å → '=1+1', \udcff\0",
        phase=Phase.bcc,
        x=np.linspace(0, 2, 5),
        field=random.random((5, 4)),
        share=random.random((5, 4), np.float32),
        mask=np.arange(5) > 2,
        wave=random.random(3) + 1j,
        empty=np.empty((0, 3)),
        cube=np.arange(24, dtype=np.int32).reshape(2, 3, 4),
        inner=Inner(5e-324, random.random(300)),
        atoms=atoms(),
        table=File(b"a,b\n1,2\n", "text/csv"),
        picture=Picture(PNG, "image/png"),
    )


Made = Callable[[dict[str, Any]], Run]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A run whose stages gave these things."""

    def make(stages: dict[str, Any]) -> Run:
        store = Store(tmp_path / "store")
        about = {"flow": "toy", "parameters": {"size": "50 µm"}, "edges": [], "versions": {"numpy": "2"}}
        listed = [{"name": name, "model": "test.model", "scale": "atomistic"} for name in stages]
        log = RunLog(store, about | {"stages": listed})
        for n, (name, thing) in enumerate(stages.items()):
            if thing is None:
                log.event(name, "failed", error="it broke")
                continue
            record, key = record_of(type(thing)), f"{n:064x}"
            store.commit(key, record, record.leave(thing, name), {"model": "test.model"})
            log.event(name, "computed", key=key, seconds=1.0)
        log.end("completed")
        return run_of(log.id, tmp_path / "store")

    return make


@pytest.fixture
def run(made: Made) -> Run:
    return made({STAGE: everything(), "plain": Plain(2.5), "broken": None})


# NetCDF


def test_netcdf_reads_back_as_the_run_with_units(run: Run, tmp_path: Path) -> None:
    (path,) = export(run, "netcdf", tmp_path / "out")
    assert path.name == f"{run.id}.nc"
    with xarray.open_datatree(path, engine="h5netcdf") as back:
        tree = datatree(run)
        assert list(back.children) == [STAGE, "plain"]
        assert back.attrs == tree.attrs
        assert (back.attrs["state"], back.attrs["parameters"]) == ("completed", '{"size": "50 \\u00b5m"}')
        expected = tree[STAGE].to_dataset().drop_vars(["wave", "huge", "text"])
        found = back[STAGE].to_dataset()
        assert found.drop_vars(["wave.real", "wave.imag", "huge", "text"]).identical(expected)
        assert found["field"].attrs == {"units": "K"}
        assert found["inner.curve"].dims == ("inner.x",)  # inner records have sizes of their own
        assert back["plain"]["rate"].attrs == {"units": "1/s"}


def test_what_netcdf_has_no_type_for_says_how_it_is_spelled(run: Run, tmp_path: Path) -> None:
    (path,) = export(run, "netcdf", tmp_path, stage=STAGE)
    stored = run[STAGE]
    with xarray.open_datatree(path, engine="h5netcdf") as back:
        assert list(back.children) == [STAGE]
        found = back[STAGE].to_dataset().load()
    wave = found["wave.real"].values + 1j * found["wave.imag"].values
    assert np.array_equal(wave, stored.wave.magnitude)
    assert found["wave.imag"].attrs == {"units": "V"}
    assert found["huge"].attrs["spelled"] == "decimal"
    assert int(found["huge"].item()) == stored.huge == 2**70
    assert found["text"].attrs["spelled"] == "unicode_escape"
    assert found["text"].item().encode().decode("unicode_escape") == stored.text


def test_what_stays_behind_is_named(run: Run, tmp_path: Path) -> None:
    left = write(run, "netcdf", tmp_path).left
    assert [said.split(":")[0] for said in left] == [f"{STAGE}.{port}" for port in ("atoms", "table", "picture")]


def test_a_tree_holds_stages_whose_names_it_refuses(run: Run) -> None:
    class Odd:
        """The same run, of a flow that names its stages as no flow of ours may."""

        about, id, flow, parameters, state = run.about, run.id, run.flow, run.parameters, run.state
        stages = dict.fromkeys(("a/b", "a_b", ".."), run.stages["plain"])

        def __getitem__(self, stage: str) -> Outputs:
            return Outputs(run["plain"]._artifact, stage)

    odd: Any = Odd()
    tree = datatree(odd)
    assert {name: child.attrs["stage"] for name, child in tree.children.items()} == {
        "a_b": "a/b",
        "a_b_": "a_b",
        "__": "..",
    }


# Tables


def _rows(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_single_values_are_one_table_of_all_stages(run: Run, tmp_path: Path) -> None:
    (path,) = [p for p in export(run, "csv", tmp_path) if p.name == "scalars.csv"]
    rows = {(row["stage"], row["port"]): row for row in _rows(path)}
    number = rows[STAGE, "number"]
    assert (number["value"], number["unit"], number["model"]) == (repr(0.1 + 0.2), "eV", "test.model")
    assert float(rows[STAGE, "inner.rate"]["value"]) == 5e-324
    assert (rows[STAGE, "count"]["value"], rows[STAGE, "flag"]["text"]) == ("7", "True")
    assert (rows[STAGE, "huge"]["value"], rows[STAGE, "huge"]["text"]) == ("", str(2**70))
    assert rows[STAGE, "text"]["text"].startswith("Å → '=1+1', \\udcff")
    assert rows["plain", "rate"]["value"] == "2.5"


def test_arrays_that_share_dimensions_are_one_table_with_units_in_its_header(run: Run, tmp_path: Path) -> None:
    names = {p.name for p in export(run, "csv", tmp_path)}
    stem = "cooling_T=400_K_+1"
    assert names == {"scalars.csv", *(f"{stem}.{d}.csv" for d in ("x", "x.y", "k", "nothing.xyz", "inner.x"))}
    rows, stored = _rows(tmp_path / f"{stem}.x.y.csv"), run[STAGE]
    assert list(rows[0]) == ["x [um]", "y", "field [K]", "share"]
    assert [float(row["x [um]"]) for row in rows] == np.repeat(stored.x.magnitude, 4).tolist()
    assert [int(row["y"]) for row in rows] == list(range(4)) * 5
    assert [float(row["field [K]"]) for row in rows] == stored.field.magnitude.ravel().tolist()
    assert np.array_equal(np.float32([row["share"] for row in rows]), stored.share.magnitude.ravel())
    assert list(_rows(tmp_path / f"{stem}.k.csv")[0]) == ["k", "wave.real [V]", "wave.imag [V]"]
    assert _rows(tmp_path / f"{stem}.nothing.xyz.csv") == []
    assert len(_rows(tmp_path / f"{stem}.inner.x.csv")) == 300  # its own x, not the one around it


def test_parquet_keeps_types_and_units(run: Run, tmp_path: Path) -> None:
    parquet = importlib.import_module("pyarrow.parquet")
    written = {p.name.removesuffix(".parquet"): p for p in export(run, "parquet", tmp_path)}
    stored, found = run[STAGE], parquet.read_table(written["cooling_T=400_K_+1.x.y"])
    assert {f.name: (f.metadata or {}).get(b"units") for f in found.schema} == {
        "x": b"um",
        "y": None,
        "field": b"K",
        "share": b"1",
    }
    assert np.array_equal(found["field"].to_numpy(), stored.field.magnitude.ravel())
    assert found["share"].to_numpy().dtype == np.float32
    assert found.schema.metadata[b"stage"] == STAGE.encode()
    scalars = parquet.read_table(written["scalars"]).to_pylist()
    by_port = {row["port"]: row for row in scalars if row["stage"] == STAGE}
    assert (by_port["number"]["value"], by_port["number"]["unit"]) == (0.1 + 0.2, "eV")
    assert (by_port["huge"]["value"], by_port["huge"]["text"]) == (None, str(2**70))


def test_a_format_whose_library_is_missing_says_what_to_install(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BridgeError, match=r'needs pyarrow.*pip install "scalebridge\[export\]"'):
        export(run, "parquet", tmp_path / "out")
    assert not (tmp_path / "out").exists()


# Structures and files


def test_structures_come_back_through_ase(run: Run, tmp_path: Path) -> None:
    written = write(run, "extxyz", tmp_path)
    (path,), back = written.files, ase.io.read(written.files[0])
    stored = run[STAGE].atoms
    assert path.name == "cooling_T=400_K_+1.atoms.extxyz"
    assert isinstance(back, Atoms)
    assert np.allclose(back.positions, stored.positions, rtol=0, atol=5.1e-9)  # the format has eight decimals
    assert np.array_equal(back.cell, stored.cell)
    assert (str(back.symbols), back.pbc.tolist()) == (str(stored.symbols), [True, False, True])
    assert np.array_equal(back.arrays["spins"], stored.arrays["spins"])
    assert back.constraints[0].index.tolist() == [0, 2]
    assert back.info == {"note": "as grown"}
    assert written.left == [
        f"{STAGE}.atoms: {what} has no place in extended XYZ" for what in ("info[5]", "arrays['odd name']")
    ]


def test_files_are_written_as_they_are(run: Run, tmp_path: Path) -> None:
    table, picture = export(run, "files", tmp_path)
    assert (table.name, picture.name) == ("cooling_T=400_K_+1.table.csv", "cooling_T=400_K_+1.picture.png")
    assert (table.read_bytes(), picture.read_bytes()) == (b"a,b\n1,2\n", PNG)


def test_no_two_stages_share_a_file_and_none_leaves_the_folder(made: Made, tmp_path: Path) -> None:
    kind = make_dataclass("Kind", [("f", File)])
    names = ["a b", "a_b", "A_B", "../../up", "/etc/x", "é" * 120]
    run = made({name: kind(File(name.encode(), "text/plain")) for name in names})
    paths = export(run, "files", tmp_path / "out")
    assert [p.read_bytes().decode() for p in paths] == names
    assert [p.name for p in paths[:5]] == ["a_b.f.txt", "a_b.f-2.txt", "A_B.f-3.txt", "_.._up.f.txt", "_etc_x.f.txt"]
    assert {p.resolve().parent for p in paths} == {(tmp_path / "out").resolve()}


# Refusals


@pytest.mark.parametrize("to", FORMATS)
def test_nothing_is_overwritten_unless_told(run: Run, tmp_path: Path, to: str) -> None:
    first = export(run, to, tmp_path)
    content = {path: path.read_bytes() for path in first}
    first[0].write_text("mine")
    with pytest.raises(BridgeError, match=r"is there already.*overwrite=True") as refused:
        export(run, to, tmp_path)
    assert str(first[0]) in str(refused.value)
    assert first[0].read_text() == "mine"
    assert export(run, to, tmp_path, overwrite=True) == first
    if to != "netcdf":  # HDF5 dates what it writes
        assert {path: path.read_bytes() for path in first} == content
    assert {p for p in tmp_path.iterdir() if p.name != "store"} == {*first}


def test_a_format_with_nothing_to_write_says_what_there_is(run: Run, tmp_path: Path) -> None:
    with pytest.raises(BridgeError, match=r"nothing to write as vti.*has: float.*one of: netcdf, csv, parquet"):
        export(run, "vti", tmp_path, stage="plain")
    with pytest.raises(BridgeError, match="nothing to write as extxyz"):
        export(run, "extxyz", tmp_path, stage="plain")


def test_mistakes_are_named(run: Run, made: Made, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'netcdf'"):
        export(run, "netcfd", tmp_path)
    with pytest.raises(UnknownName, match=r"no stage 'plian'. Did you mean 'plain'"):
        export(run, "csv", tmp_path, stage="plian")
    with pytest.raises(BridgeError, match="no outputs: it is failed"):
        export(run, "csv", tmp_path, stage="broken")
    with pytest.raises(BridgeError, match="has no outputs: it is completed"):
        export(made({"broken": None}), "csv", tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(BridgeError, match=r"cannot write into .*file"):
        export(run, "csv", tmp_path / "file")


# The command


def test_the_command_knows_the_formats() -> None:
    assert set(SPELLED) == set(FORMATS)


def test_the_command_names_its_files_and_what_it_left(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCALEBRIDGE_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(command, ["last", "--to", "extxyz"])
    assert done.exit_code == 0, done.output
    (path,) = (tmp_path / run.id).iterdir()
    assert done.stdout == f"{path}\n"
    assert "left behind:" in done.stderr
    again = CliRunner().invoke(command, ["last", "--to", "extxyz", "--overwrite", "--json"])
    document = json.loads(again.stdout)
    assert (document["files"], len(document["left"])) == ([str(path)], 2)
