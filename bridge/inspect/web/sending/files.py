"""Answers that are files: names that are safe in a header, pages of others in a sandbox, sent part by part."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bridge.inspect.pictures.svg_words import legible
from bridge.store.artifact import Artifact
from bridge.store.sealed import digest

#: An artifact is named by what it was asked, and one that is lost may be computed again: a browser asks each time.
KEPT = "private, no-cache"
#: Of a page that a model made: it may show itself, and nothing more.
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
#: Bytes that are sent at once.
PART = 2**18
#: Media types that a browser shows; all others are saved.
_SHOWN = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml", "text/html", "text/plain"}
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}/[a-z0-9][a-z0-9.+-]{0,99}")


def kind_of(media_type: str) -> str:
    """A media type as a header may have it; bytes and nothing more where it is none."""
    plain = media_type.partition(";")[0].strip().lower()
    return plain if _TYPE.fullmatch(plain) else "application/octet-stream"


def headers_of(name: str, media_type: str, *, save: bool = False) -> dict[str, str]:
    """Headers of a file: its name, whether it is shown or saved, what it may do."""
    kind = kind_of(media_type)
    shown = kind in _SHOWN and not save
    headers = {
        "content-disposition": f"{'inline' if shown else 'attachment'}; {_named(name)}",
        "content-type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
        "x-content-type-options": "nosniff",
    }
    if not kind.startswith("image/") or kind == "image/svg+xml":
        headers["content-security-policy"] = SANDBOX
    return headers | {"cache-control": KEPT}


def _named(name: str) -> str:
    """A file's name, in letters that every browser takes, and as it is beside it."""
    whole = re.sub(r'[\x00-\x1f\x7f-\x9f/\\<>:"|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]', "_", name)
    whole = whole.encode(errors="replace").decode().strip(". ")[:150] or "file"
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", whole)
    return f'filename="{plain}"' + (f"; filename*=UTF-8''{quote(whole, safe='')}" if plain != whole else "")


def unchanged(request: Request, artifact: Artifact, *what: str) -> tuple[str, Response | None]:
    """The tag of what is made of an artifact as it is now, and the answer for a browser that has it already."""
    tag = f'"{digest([artifact.key, artifact.folder, artifact.ports, artifact.objects, *what])[:32]}"'
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    return tag, Response(status_code=304, headers={"etag": tag, "cache-control": KEPT}) if tag in known else None


def streamed(request: Request, parts: Iterable[bytes], size: int, headers: Mapping[str, str]) -> Response:
    """An answer that is sent part by part; of one that is asked for its headers no part is read."""
    told = dict(headers) | {"content-length": str(size)}
    if request.method == "HEAD":
        return Response(headers=told)
    return StreamingResponse(parts, headers=told)


def file_of(request: Request, path: Path, headers: Mapping[str, str]) -> Response:
    """A file that was made for one answer; it may be removed as soon as this returns."""
    if request.method == "HEAD":
        return streamed(request, (), path.stat().st_size, headers)
    file = path.open("rb")
    return streamed(request, _read(file), os.fstat(file.fileno()).st_size, headers)


def _read(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while part := file.read(PART):
            yield part


def picture_of_ours(svg: str, name: str) -> Response:
    """A drawing of ours as a picture."""
    headers = headers_of(f"{name}.svg", "image/svg+xml") | {"cache-control": "private, no-cache"}
    return Response(legible(svg).encode(errors="replace"), headers=headers)
