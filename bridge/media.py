"""Files as values: bytes with a media type, known by their content and never by their path."""

from __future__ import annotations

import io
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bridge.errors import ContractError

mimetypes.add_type("text/csv", ".csv")
mimetypes.add_type("application/vnd.apache.parquet", ".parquet")
mimetypes.add_type("chemical/x-xyz", ".xyz")
mimetypes.add_type("chemical/x-extxyz", ".extxyz")
mimetypes.add_type("chemical/x-cif", ".cif")
mimetypes.add_type("application/sbml+xml", ".sbml")
mimetypes.add_type("application/vnd.vtk.imagedata+xml", ".vti")


@dataclass(frozen=True)
class File:
    """Bytes with a media type: a file edited in place is new, the same file moved is the same."""

    content: bytes
    media_type: str = "application/octet-stream"

    def __post_init__(self) -> None:
        if not isinstance(self.content, bytes):
            raise ContractError(
                f"a {type(self).__name__} holds bytes, got a {type(self.content).__name__}. "
                f"Write {type(self).__name__}.read('path'), or text.encode()."
            )

    @classmethod
    def read(cls, path: str | Path, media_type: str | None = None) -> Self:
        """Read a file; the media type is guessed from its name unless given. Raises ContractError."""
        where = Path(path)
        try:
            content = where.read_bytes()
        except OSError as reason:
            raise ContractError(f"cannot read the file {str(where)!r}: {reason.strerror}.") from None
        guessed, packed = mimetypes.guess_type(where.name)
        if packed:
            guessed = f"application/{packed}"
        return cls(content, media_type or guessed or "application/octet-stream")

    def write(self, path: str | Path) -> Path:
        """Write the bytes to ``path`` and return it."""
        where = Path(path)
        where.write_bytes(self.content)
        return where

    @property
    def suffix(self) -> str:
        """File name ending that fits the media type, with its dot."""
        return mimetypes.guess_extension(self.media_type) or ".bin"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.content)} bytes, {self.media_type!r})"


class Picture(File):
    """A File that people look at: PNG or SVG."""

    @classmethod
    def drawn(cls, figure: Any) -> Self:
        """A matplotlib Figure as PNG, the same bytes for the same numbers; no screen is asked for."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        FigureCanvasAgg(figure)
        content = io.BytesIO()
        figure.savefig(content, format="png", metadata={"Software": None})
        return cls(content.getvalue(), "image/png")

    def __post_init__(self) -> None:
        super().__post_init__()
        signatures = {"image/png": b"\x89PNG\r\n\x1a\n", "image/svg+xml": b"<"}
        start = signatures.get(self.media_type)
        content = self.content if self.media_type == "image/png" else self.content.lstrip()
        if start is None or not content.startswith(start):
            raise ContractError(
                f"a Picture holds a PNG or an SVG, got {len(self.content)} bytes of {self.media_type!r} "
                f"that begin with {self.content[:8]!r}. Write Picture(png_bytes, 'image/png')."
            )

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        if self.media_type == "image/png":
            return {"image/png": self.content}
        return {"image/svg+xml": self.content.decode()}
