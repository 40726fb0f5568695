"""Files to take away: those that models left, outputs and runs in formats of other programs.

What is made for an answer is made in a temporary folder, which is gone before the answer is sent. How much is made at
once, and of how many numbers, is bounded: what is larger is told how it is exported on the command line.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from bridge.errors import ContractError
from bridge.inspect.explain.readings import spec_at
from bridge.inspect.web.asked import Asked, BadRequest, Missing, key_of, port_path
from bridge.inspect.web.declared import as_declared
from bridge.inspect.web.sending.files import file_of, headers_of, streamed, unchanged
from bridge.inspect.web.sending.formats import bytes_of, parts_of, save_array, save_artifact
from bridge.inspect.web.site import site_of
from bridge.media import File
from bridge.store.artifact import Artifact
from bridge.store.runs import Run
from bridge.store.view import Outputs, leaves

#: Formats of a run: what a page calls them, and what the export does.
OF_A_RUN = ("csv", "tables", "netcdf", "files")
#: Formats of an artifact, with the media type and ending of each.
OF_AN_ARTIFACT = {
    "csv": ("text/csv", ".csv"),
    "netcdf": ("application/x-netcdf", ".nc"),
    "png": ("image/png", ".png"),
    "npy": ("application/octet-stream", ".npy"),
}
_ZIP = ("application/zip", ".zip")
#: Bytes of arrays that are made into another format for an answer, and into text, which takes far more room.
LARGEST, LARGEST_TEXT = 2**29, 2**26
#: Answers that are made at once, and seconds that one waits for its turn.
AT_ONCE, PATIENCE = 2, 20.0

_turn = threading.BoundedSemaphore(AT_ONCE)


def file(request: Request) -> Response:
    """A file or picture that a stage left, as it was left: shown if it is a picture, a page only in a sandbox."""
    site, asked = site_of(request), Asked(request)
    artifact = site.artifact(key_of(request))
    path = port_path(asked.text("path"))
    spec = _spec(artifact, path)
    if spec.get("kind") != "file":
        raise Missing(f"{'.'.join(path)} is no file: it is a {spec.get('kind')}.")
    tag, known = unchanged(request, artifact, "file", ".".join(path))
    if known:
        return known
    media = str(spec.get("media_type", ""))
    name = ".".join((str(artifact.about.get("stage", "file")), *path)) + File(b"", media).suffix
    headers = headers_of(name, media) | {"etag": tag}
    with as_declared(artifact.where):
        return streamed(request, _begun(parts_of(artifact, spec)), bytes_of(spec), headers)


def artifact(request: Request) -> Response:
    """One output of an artifact, or all that a format holds of it."""
    site, asked = site_of(request), Asked(request)
    found = site.artifact(key_of(request))
    path = port_path(asked.text("path")) if asked.text("path") else ()
    to = asked.one_of("to", tuple(OF_AN_ARTIFACT), "csv")
    stage = str(found.about.get("stage") or "artifact")
    if not path and to not in ("csv", "netcdf"):
        raise BadRequest(f"{to} holds one output: write path=… with the name of it.")
    tag, known = unchanged(request, found, to, ".".join(path))
    if known:
        return known
    media, ending = OF_AN_ARTIFACT[to]
    headers = headers_of(".".join((stage, *path)) + ending, media, save=True) | {"etag": tag}
    with as_declared(found.where):
        if to == "npy":
            return _numpy(request, found, path, headers)
        specs = [_spec(found, path)] if path else [leaf.spec for leaf in leaves(Outputs(found, stage))]
        _bounded(sum(map(bytes_of, specs)), to, f"scalebridge export {found.about.get('run', 'RUN')} --stage {stage!r}")
        with _workshop() as folder:
            if path:
                return file_of(request, save_array(found, stage, path, to, folder), headers)
            return _whole(request, save_artifact(found, stage, to, folder), folder, stage, headers)


def run(request: Request) -> Response:
    """A run in a format of other programs; several files come as one zip."""
    site = site_of(request)
    found = site.run(request.path_params["run"])
    to = Asked(request).one_of("to", OF_A_RUN, "csv")
    stages = {name: facts for name, facts in found.stages.items() if isinstance(facts.get("key"), str)}
    if "sweep" not in found.about:
        artifacts = [(name, found.store.open(facts["key"])) for name, facts in stages.items()]
        size = sum(bytes_of(leaf.spec) for name, one in artifacts for leaf in leaves(Outputs(one, name)))
        if to != "csv":
            _bounded(size, to, f"scalebridge export {found.id}")
    headers = headers_of(f"{found.id}.zip", "application/zip", save=True)
    with _workshop() as folder:
        return _whole(request, _exported(found, to, folder), folder, found.id, headers)


def _exported(run: Run, to: str, folder: Path) -> list[Path]:
    """Files of a run; its numbers are the first of the tables."""
    from bridge.inspect.export.columns import tables, write_csv
    from bridge.inspect.export.export import write

    if "sweep" in run.about:
        if to not in ("csv", "netcdf"):
            raise ContractError(f"{to} holds no sweep. Write to=csv or to=netcdf.")
        return write(run, to, folder / "files").files
    if to != "csv":
        return write(run, {"tables": "csv"}.get(to, to), folder / "files").files
    outputs = {name: run[name] for name, facts in run.stages.items() if "key" in facts}
    for table in tables(run, outputs):
        if table.name == "scalars":
            path = folder / f"{run.id}.csv"
            write_csv(table, path)
            return [path]
    raise ContractError(f"run {run.id} has no single numbers. Write to=tables for its arrays.")


def _whole(request: Request, files: list[Path], folder: Path, name: str, headers: dict[str, str]) -> Response:
    """One file as it is, several as a zip."""
    if len(files) == 1:
        kind = next((media for media, ending in OF_AN_ARTIFACT.values() if files[0].suffix == ending), "")
        named = headers_of(files[0].name, kind or "application/octet-stream", save=True)
        return file_of(request, files[0], headers | named)
    packed = folder / "all.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in files:
            archive.write(path, path.name)
            path.unlink()
    return file_of(request, packed, headers | headers_of(f"{name}{_ZIP[1]}", _ZIP[0], save=True))


def _numpy(request: Request, found: Artifact, path: tuple[str, ...], headers: dict[str, str]) -> Response:
    """An array as numpy.save writes it, part by part."""
    spec = _spec(found, path)
    if spec.get("kind") != "array":
        raise BadRequest(f"{'.'.join(path)} is no array: numpy.save is for arrays.")
    head = io.BytesIO()
    about = {
        "descr": np.dtype(spec["dtype"]).newbyteorder("<").str, "fortran_order": False, "shape": tuple(spec["shape"])
    }  # fmt: skip
    np.lib.format.write_array_header_1_0(head, about)

    def parts() -> Iterator[bytes]:
        yield head.getvalue()
        yield from parts_of(found, spec)

    return streamed(request, _begun(parts()), head.tell() + bytes_of(spec), headers)


def _begun(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The parts, of which the first two are read at once: a damaged beginning is a page that says so."""
    first = list(itertools.islice(parts, 2))

    def rest() -> Iterator[bytes]:
        yield from first
        yield from parts

    return rest()


def _spec(artifact: Artifact, path: tuple[str, ...]) -> dict[str, Any]:
    spec = spec_at(artifact, path)
    if spec is None:
        raise Missing(f"this artifact has no output {'.'.join(path)!r}; it has {', '.join(artifact.ports)}.")
    return spec


def _bounded(size: int, to: str, instead: str) -> None:
    """Raise BadRequest for more than a server makes for an answer."""
    most = LARGEST_TEXT if to in ("csv", "tables") else LARGEST
    if size > most:
        raise BadRequest(
            f"this is {size / 2**20:.0f} MiB, and at most {most / 2**20:.0f} are written as {to} here. "
            f"Write: {instead} --to {'csv' if to == 'tables' else to}"
        )


@contextlib.contextmanager
def _workshop() -> Iterator[Path]:
    """A temporary folder, when it is one's turn. Raises ContractError where that takes too long."""
    if not _turn.acquire(timeout=PATIENCE):
        raise ContractError("other downloads are being made: try again in a moment.")
    try:
        with tempfile.TemporaryDirectory(prefix="scalebridge-") as folder:
            yield Path(folder)
    finally:
        _turn.release()
