"""Files to take away: as they were left, or in formats of other programs; harmless, bounded, whole."""

from __future__ import annotations

import csv
import io
import re
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import numpy as np
import pytest
from hostile_store import DRAWING, HOSTILE, PAGE, write
from made_fields import commit, series, sheet
from numpy.typing import NDArray
from reading import Reader
from small_store import begun, folder_of
from test_artifact import inert, things

from bridge import File
from bridge.inspect.web.pages import downloads
from bridge.inspect.web.sending import files
from bridge.store.artifact import Artifact
from bridge.store.store import Store


@dataclass(frozen=True)
class Large:
    block: Annotated[NDArray[np.float64], "K", ("x", "y", "z")]


@dataclass(frozen=True)
class Left:
    file: File


@pytest.fixture(autouse=True)
def nothing_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Whatever is made for an answer is gone when it has been sent."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []


def rows(answer: httpx.Response) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.text)))


def opened(answer: httpx.Response, tmp_path: Path, **more: Any) -> Any:
    import xarray

    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-netcdf"
    path = tmp_path / "taken.nc"
    path.write_bytes(answer.content)
    return xarray.open_datatree(path, engine="h5netcdf", **more)


def test_numbers_of_a_run_are_a_table_with_units(store: Store, reader: Reader) -> None:
    run, _ = commit(store, series())
    answer = reader.get(f"/runs/{run}/download")
    table = rows(answer)
    assert table[0] == ["stage", "model", "port", "kind", "value", "text", "unit"]
    assert ["stage", "toy.model", "inner.rate", "float", "32000000.0", "", "1/s"] in table
    assert answer.headers["content-disposition"] == f'attachment; filename="{run}.csv"'


def test_a_run_is_taken_as_tables_netcdf_and_files(store: Store, reader: Reader, tmp_path: Path) -> None:
    run, _ = commit(store, series())
    answer = reader.get(f"/runs/{run}/download?to=tables")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert sorted(archive.namelist()) == ["scalars.csv", "stage.a.b.csv", "stage.step.csv"]
        assert archive.read("stage.step.csv").startswith(b"step [ms],current [A],current_error [A]")
    tree = opened(reader.get(f"/runs/{run}/download?to=netcdf"), tmp_path)
    assert tree["stage"]["current"].attrs["units"] == "A"
    np.testing.assert_array_equal(tree["stage"]["current"].values, np.arange(300.0))
    tree.close()
    other, _ = commit(store, things())
    answer = reader.get(f"/runs/{other}/download?to=files")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert sorted(archive.namelist()) == ["stage.drawn.png", "stage.page.html"]
        assert archive.read("stage.page.html") == b"<h1>hello</h1>"


def test_a_sweep_is_taken_as_a_table_of_its_points(store: Store, reader: Reader, tmp_path: Path) -> None:
    hostile = write(store)
    answer = reader.get(f"/runs/{hostile.sweep}/download?to=csv")
    assert len(rows(answer)) == 7
    opened(reader.get(f"/runs/{hostile.sweep}/download?to=netcdf"), tmp_path).close()
    assert reader.get(f"/runs/{hostile.sweep}/download?to=files").status_code == 400


def test_one_array_is_taken_with_its_coordinates(store: Store, reader: Reader, tmp_path: Path) -> None:
    _, key = commit(store, sheet(3, 4))
    table = rows(reader.get(f"/artifacts/{key}/download?path=temperature&to=csv"))
    assert table[0] == ["y [um]", "x [um]", "temperature [K]"]
    assert table[6] == ["0.25", "0.5", "1001.0"]
    assert len(table) == 13
    tree = opened(reader.get(f"/artifacts/{key}/download?path=temperature&to=netcdf"), tmp_path)
    assert set(tree.dataset.variables) == {"temperature", "x", "y"}
    assert tree.dataset["x"].attrs["units"] == "um"
    np.testing.assert_array_equal(tree.dataset["temperature"], sheet(3, 4).temperature)
    tree.close()
    plain = np.load(io.BytesIO(reader.get(f"/artifacts/{key}/download?path=temperature&to=npy").content))
    np.testing.assert_array_equal(plain, sheet(3, 4).temperature)
    line = rows(reader.get(f"/artifacts/{key}/download?path=x&to=csv"))
    assert line == [["x [um]"], ["0.0"], ["0.5"], ["1.0"], ["1.5"]]
    both = reader.get(f"/artifacts/{key}/download?to=csv")
    assert both.headers["content-type"] == "application/zip"
    opened(reader.get(f"/artifacts/{key}/download?to=netcdf"), tmp_path).close()


def test_a_number_alone_is_a_table_too(store: Store, reader: Reader) -> None:
    _, key = commit(store, series())
    assert rows(reader.get(f"/artifacts/{key}/download?path=inner.rate&to=csv")) == [
        ["inner.rate [1/s]"],
        ["32000000.0"],
    ]


def test_a_large_array_is_sent_piece_by_piece(store: Store, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.store.fields.CHUNK_BYTES", 50_000)
    values = np.random.default_rng(0).random((7, 60, 41))
    _, key = commit(store, Large(values))
    read = []
    region = downloads.parts_of.__globals__["read_region"]
    monkeypatch.setitem(
        downloads.parts_of.__globals__, "read_region", lambda *given: read.append(given[-1]) or region(*given)
    )
    answer = reader.get(f"/artifacts/{key}/download?path=block&to=npy")
    np.testing.assert_array_equal(np.load(io.BytesIO(answer.content)), values)
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert [part[0] for part in read] == [slice(0, 3), slice(3, 6), slice(6, 7)]


def test_a_picture_is_drawn_of_a_line_and_of_a_field(store: Store, reader: Reader) -> None:
    _, key = commit(store, sheet(30, 40))
    _, line = commit(store, series())
    for address in (
        f"/artifacts/{key}/download?path=temperature&to=png",
        f"/artifacts/{line}/download?path=current&to=png",
    ):
        answer = reader.get(address)
        assert answer.headers["content-type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")
        assert answer.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("to", "gone", "install"), [("png", "matplotlib", "pictures"), ("netcdf", "h5netcdf", "export")]
)
def test_what_is_not_installed_is_said(
    store: Store, reader: Reader, monkeypatch: pytest.MonkeyPatch, to: str, gone: str, install: str
) -> None:
    _, key = commit(store, series())
    for name in [name for name in sys.modules if name.split(".")[0] == gone]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, gone, None)
    answer = reader.get(f"/artifacts/{key}/download?path=current&to={to}")
    assert answer.status_code == 400
    assert f"scalebridge[{install}]" in answer.text


def test_files_are_sent_as_they_were_left(store: Store, reader: Reader) -> None:
    _, key = commit(store, things())
    picture = reader.get(f"/artifacts/{key}/file?path=drawn")
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["content-disposition"] == 'inline; filename="stage.drawn.png"'
    assert picture.headers["cache-control"] == "private, no-cache"  # it may be lost and computed again
    page = reader.get(f"/artifacts/{key}/file?path=page")
    assert page.content == b"<h1>hello</h1>"
    assert page.headers["content-security-policy"] == files.SANDBOX
    assert page.headers["x-content-type-options"] == "nosniff"
    again = reader.get(f"/artifacts/{key}/file?path=page", headers={"if-none-match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = reader.ask("HEAD", f"/artifacts/{key}/file?path=page")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "14")


def test_pages_and_drawings_that_mean_ill_do_nothing(store: Store, reader: Reader) -> None:
    hostile = write(store)
    key = hostile.keys[0]
    for port, content in (("page", PAGE), ("picture", DRAWING), ("other", PAGE)):
        answer = reader.get(f"/artifacts/{key}/file?path={port}")
        assert answer.content == content
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert "allow-scripts" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert reader.get(f"/artifacts/{key}/file?path=other").headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "media", ["text/html\r\nx-evil: 1", "Text/HTML", "image/svg+xml; a=b", "x", "a/b c", "ä/ö", "text/html;x"]
)
@pytest.mark.parametrize("stage", [*HOSTILE, "\udcff", "a\r\nset-cookie: x=1", "." * 300, "ä/ö"])
def test_no_name_and_no_kind_gets_into_a_header_as_it_is(media: str, stage: str) -> None:
    headers = files.headers_of(stage, media)
    for value in headers.values():
        assert re.fullmatch(r"[\x20-\x7e]*", value), value
    assert re.fullmatch(
        r'(inline|attachment); filename="[A-Za-z0-9._ -]+"(; filename\*=UTF-8\'\'[A-Za-z0-9%._~-]+)?',
        headers["content-disposition"],
    )
    if headers["content-type"].startswith(("text/html", "image/svg")):
        assert headers["content-security-policy"].startswith("sandbox")


def test_what_is_too_large_is_told_how_it_is_exported(
    store: Store, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, key = commit(store, sheet(40, 40))
    monkeypatch.setattr(downloads, "LARGEST_TEXT", 1000)
    monkeypatch.setattr(downloads, "LARGEST", 1000)
    for address in (f"/runs/{run}/download?to=tables", f"/runs/{run}/download?to=netcdf"):
        answer = reader.get(address)
        assert answer.status_code == 400
        assert f"scalebridge export {run}" in answer.text
    assert reader.get(f"/artifacts/{key}/download?path=temperature&to=csv").status_code == 400
    assert reader.get(f"/artifacts/{key}/download?path=temperature&to=npy").status_code == 200  # needs no room


def test_no_more_are_made_at_once_than_there_is_room_for(
    store: Store, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = commit(store, series())
    monkeypatch.setattr(downloads, "PATIENCE", 0.01)
    for _ in range(downloads.AT_ONCE):
        downloads._turn.acquire()
    try:
        assert "try again in a moment" in reader.get(f"/runs/{run}/download").text
    finally:
        for _ in range(downloads.AT_ONCE):
            downloads._turn.release()
    assert reader.get(f"/runs/{run}/download").status_code == 200


def test_what_cannot_be_asked_is_refused(store: Store, reader: Reader) -> None:
    run, key = commit(store, series())
    _, other = commit(store, things())
    asked = {
        f"/artifacts/{key}/download?path=current&to=exe": 400,
        f"/artifacts/{key}/download?path=gone&to=csv": 404,
        f"/artifacts/{key}/download?path=../x&to=csv": 400,
        f"/artifacts/{key}/download?to=png": 400,
        f"/artifacts/{key}/download?path=inner&to=npy": 400,
        f"/artifacts/{key}/download?path=inner&to=csv": 400,
        f"/artifacts/{key}/file?path=current": 404,
        f"/artifacts/{key}/file": 400,
        f"/artifacts/{other}/download?path=page&to=csv": 400,
        f"/artifacts/{other}/download?path=body&to=netcdf": 400,
        f"/artifacts/{'0' * 64}/file?path=x": 404,
        "/artifacts/abc/file?path=x": 404,
        f"/runs/{run}/download?to=exe": 400,
        f"/runs/{run}/download?to=files": 400,
    }
    for address, status in asked.items():
        answer = reader.get(address)
        assert answer.status_code == status, (address, answer.text)
        inert(answer.text)


def test_a_damaged_file_is_a_page_that_says_so(store: Store, reader: Reader) -> None:
    run, key = commit(store, sheet(60, 40))
    chunk = max(
        (p for p in (Path(store.address) / folder_of(key)).rglob("*") if p.is_file() and p.name != "zarr.json"),
        key=lambda p: p.stat().st_size,
    )
    chunk.chmod(0o644)
    chunk.write_bytes(bytes(reversed(chunk.read_bytes())))
    for address in (
        *(f"/artifacts/{key}/download?path=temperature&to={to}" for to in ("csv", "npy", "netcdf", "png")),
        f"/artifacts/{key}/download",
        f"/runs/{run}/download?to=netcdf",
    ):
        answer = reader.get(address)
        assert answer.status_code == 404, address
        assert "changed after it was committed" in answer.text


@pytest.mark.parametrize(
    "wrong",
    [{"dtype": "object"}, {"shape": [10**15]}, {"shape": "x"}, {"object": "drawn"}, {"object": "../x"}, {"dtype": 3}],
)
def test_whatever_a_file_declares_nothing_else_is_sent(
    store: Store, reader: Reader, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]
) -> None:
    _, key = commit(store, things())
    built = Artifact.__init__

    def build(self: Artifact, *given: Any) -> None:
        built(self, *given)
        self.ports["page"] |= wrong

    monkeypatch.setattr(Artifact, "__init__", build)
    assert reader.get(f"/artifacts/{key}/file?path=page").status_code == 404


def test_a_run_without_numbers_says_so(store: Store, reader: Reader) -> None:
    log = begun(store, stages=[{"name": "a", "model": "m", "scale": "s"}])
    log.end("failed")
    for to in ("csv", "tables", "netcdf", "files"):
        assert reader.get(f"/runs/{log.id}/download?to={to}").status_code == 400
