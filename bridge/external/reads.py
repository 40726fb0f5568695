"""What is taken for a model's results in the files of a program: numbers found, tables, files, structures."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bridge.errors import DeclarationError
from bridge.external.errors import ProgramFailed
from bridge.external.finding import found_in, matches, number, pattern_of, value_of
from bridge.external.folder import PRINTED, check_name, known_format
from bridge.kinds.base import Kind
from bridge.kinds.discrete import Boolean, Choice, Integer, Text
from bridge.kinds.measured import Array, Number
from bridge.kinds.things import Bytes
from bridge.kinds.things import Structure as StructureKind
from bridge.units import Conversion, compatible, dimension, unit_of


class Read:
    """Something read from one file of a program."""

    file: str

    def check(self, kind: Kind, at: str) -> None:
        """Raise DeclarationError unless what is read can be of this kind."""
        raise NotImplementedError

    def value(self, content: bytes, kind: Kind, at: str) -> Any:
        """The value in a file, for a port of this kind. Raises ProgramFailed."""
        raise NotImplementedError

    def _file(self, at: str) -> None:
        check_name(self.file, at, printed=True)


@dataclass(frozen=True)
class Found(Read):
    """What the one group of a regular expression matches: a number in ``unit``, or a text.

    ``^`` and ``$`` are the ends of lines. Two matches are an error unless ``which`` says ``"first"``, ``"last"`` or,
    for an array, ``"all"``. Numbers may be written as Fortran does (``1.0D-03``).
    """

    file: str
    pattern: str
    unit: str = "1"
    which: Literal["only", "first", "last", "all"] = "only"

    def check(self, kind: Kind, at: str) -> None:
        """Raise DeclarationError unless what is found can be of this kind."""
        self._file(at)
        if pattern_of(self.pattern, at).groups != 1:
            raise DeclarationError(f"{at}: pattern {self.pattern!r} marks no value: put one group () around it.")
        if self.which not in ("only", "first", "last", "all"):
            raise DeclarationError(f"{at}: which={self.which!r}: write 'only', 'first', 'last' or 'all'.")
        if isinstance(kind, Array):
            if self.which != "all" or len(kind.dims) != 1:
                raise DeclarationError(f"{at} is {kind}: write which='all' for an array of one dimension, or a Table.")
        elif self.which == "all":
            raise DeclarationError(f"{at} is {kind}, one value: write which='first' or 'last'.")
        elif not isinstance(kind, (Number, Integer, Boolean, Text, Choice)):
            raise DeclarationError(
                f"{at} is {kind}, which no pattern finds: write external.Kept or external.Structure."
            )
        check_unit(self.unit, kind, at)

    def value(self, content: bytes, kind: Kind, at: str) -> Any:
        """The value that was found, in the unit of the port. Raises ProgramFailed for none, or for two."""
        texts = found_in(content, self.pattern, self.which, f"{at} in {self.file}")
        if isinstance(kind, Array):
            return converted(np.array([number(text, f"{at} in {self.file}") for text in texts]), self.unit, kind)
        return value_of(texts[0], kind, self.unit, f"{at} in {self.file}")


@dataclass(frozen=True)
class Table(Read):
    """Columns of a table of numbers, counted from 0: an array of one dimension from one, of two from several.

    ``unit`` is one for all, or one a column; ``skip`` counts lines before the first row; ``row`` takes one row (-1 is
    the last), so that one column of it is a number.
    """

    file: str
    columns: Sequence[int]
    unit: str | Sequence[str] = "1"
    skip: int = 0
    comment: str = "#"
    delimiter: str | None = None
    row: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(self.columns))
        if not isinstance(self.unit, str):
            object.__setattr__(self, "unit", tuple(self.unit))

    def check(self, kind: Kind, at: str) -> None:
        """Raise DeclarationError unless the columns can be of this kind."""
        self._file(at)
        if not self.columns or any(not isinstance(c, int) or c < 0 for c in self.columns):
            raise DeclarationError(f"{at}: columns={list(self.columns)}: write numbers of columns, counted from 0.")
        rows = 1 if self.row is None else 0
        shape = rows + (len(self.columns) > 1)
        fits = isinstance(kind, Array) and len(kind.dims) == shape
        if not (fits or (shape == 0 and isinstance(kind, (Number, Integer)))):
            raise DeclarationError(
                f"{at} is {kind}, but {len(self.columns)} columns of {'all rows' if rows else 'one row'} have {shape} "
                "dimensions."
            )
        if not isinstance(self.unit, str) and len(self.unit) != len(self.columns):
            raise DeclarationError(f"{at}: {len(self.unit)} units for {len(self.columns)} columns: write one each.")
        for unit in [self.unit] if isinstance(self.unit, str) else self.unit:
            check_unit(unit, kind, at)

    def value(self, content: bytes, kind: Kind, at: str) -> Any:
        """The columns, in the unit of the port. Raises ProgramFailed for what is no table of numbers."""
        lines = content.decode("utf-8", "replace").splitlines()[self.skip :]
        rows = []
        for place, line in enumerate(lines, self.skip + 1):
            line = line.partition(self.comment)[0] if self.comment else line
            words = line.split(self.delimiter) if line.strip() else []
            if not words:
                continue
            if len(words) <= max(self.columns):
                raise ProgramFailed(
                    f"{at}: line {place} of {self.file} has {len(words)} columns, wanted is column {max(self.columns)},"
                    f" counted from 0: {line.strip()[:80]!r}."
                )
            rows.append([number(words[c], f"{at}: line {place} of {self.file}") for c in self.columns])
        if not rows or (self.row is not None and not -len(rows) <= self.row < len(rows)):
            raise ProgramFailed(f"{at}: {self.file} has {len(rows)} rows of numbers; wanted is {self._wanted()}.")
        table = np.array(rows)
        if self.row is not None:
            table = table[self.row]
        units = [self.unit] * len(self.columns) if isinstance(self.unit, str) else list(self.unit)
        table = np.stack([converted(table[..., i], unit, kind) for i, unit in enumerate(units)], axis=-1)
        if len(self.columns) > 1:
            return table
        return table[..., 0] if isinstance(kind, Array) else value_of(repr(float(table[0])), kind, kind.unit or "1", at)

    def _wanted(self) -> str:
        return "one at least" if self.row is None else f"row {self.row}"


@dataclass(frozen=True)
class Json(Read):
    """What stands at ``path`` in a JSON file, such as ``"results.energy"`` or ``"steps.-1.energy"``."""

    file: str
    path: str
    unit: str = "1"

    def check(self, kind: Kind, at: str) -> None:
        """Raise DeclarationError unless JSON can hold this kind."""
        self._file(at)
        if not isinstance(kind, (Number, Integer, Boolean, Text, Choice, Array)):
            raise DeclarationError(f"{at} is {kind}, which JSON does not hold.")
        check_unit(self.unit, kind, at)

    def value(self, content: bytes, kind: Kind, at: str) -> Any:
        """The value at the path, in the unit of the port. Raises ProgramFailed."""
        where = f"{at}: {self.path} in {self.file}"
        try:
            value = json.loads(content)
        except (ValueError, RecursionError) as reason:
            raise ProgramFailed(f"{at}: {self.file} is no JSON: {reason}.") from None
        for part in self.path.split("."):
            try:
                value = value[int(part)] if isinstance(value, list) else value[part]
            except (KeyError, IndexError, TypeError, ValueError):
                has = ", ".join(map(str, value)) if isinstance(value, dict) else type(value).__name__
                raise ProgramFailed(f"{where} is not there: at {part!r} there is {has[:200] or 'nothing'}.") from None
        numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
        if isinstance(kind, Number) and numeric:
            return Conversion(self.unit, kind.unit).number(number(str(value), where))
        if isinstance(kind, Array) and isinstance(value, list):
            try:
                return converted(
                    np.array(value, dtype=float if kind.dtype.startswith("float") else None), self.unit, kind
                )
            except (TypeError, ValueError):
                raise ProgramFailed(f"{where} is no array of numbers.") from None
        fits = {Integer: int, Boolean: bool, Text: str, Choice: str}.get(type(kind))
        if fits is None or type(value) is not fits:
            raise ProgramFailed(f"{where} is {json.dumps(value)[:80]}, expected {kind}.")
        return value


@dataclass(frozen=True)
class Kept(Read):
    """A file as it is, for a File or Picture output; ``"stdout"`` and ``"stderr"`` are what the program printed.

    Lines that match ``without`` are left out: dates and times in a log make every run of it another.
    """

    file: str
    media_type: str = "application/octet-stream"
    without: str = ""

    def check(self, kind: Kind, at: str) -> None:
        """Raise DeclarationError unless the output is a File that may have this media type."""
        self._file(at)
        if not isinstance(kind, Bytes):
            raise DeclarationError(f"{at} is {kind}; what is kept is a File.")
        if kind.media_type not in (None, self.media_type):
            raise DeclarationError(f"{at} is {kind}: write external.Kept({self.file!r}, {kind.media_type!r}).")
        pattern_of(self.without, at)

    def value(self, content: bytes, kind: Kind, at: str) -> Any:
        """The file."""
        assert isinstance(kind, Bytes)
        if self.without:
            lines = content.splitlines(keepends=True)
            pattern = re.compile(self.without.encode())
            content = b"".join(line for line in lines if not pattern.search(line))
        return kind.holder(content, self.media_type)


@dataclass(frozen=True)
class Structure(Read):
    """Atoms that ASE reads from a file in a ``format``; ``index`` says which of several (-1 is the last)."""

    file: str
    format: str
    index: int = -1

    def check(self, kind: Kind, at: str) -> None:
        """Raise DeclarationError unless the output is Atoms and ASE reads the format."""
        self._file(at)
        if not isinstance(kind, StructureKind):
            raise DeclarationError(f"{at} is {kind}; external.Structure gives Atoms.")
        known_format(self.format, at, "can_read")

    def value(self, content: bytes, kind: Kind, at: str) -> Any:
        """The atoms, without what the program computed of them. Raises ProgramFailed."""
        from ase.io import read
        from ase.io.formats import ioformats

        binary = ioformats[self.format].isbinary
        try:
            file: Any = io.BytesIO(content) if binary else io.StringIO(content.decode())
            atoms: Any = read(file, index=self.index, format=self.format)
        except Exception as reason:
            raise ProgramFailed(f"{at}: ASE cannot read {self.file} as {self.format}: {reason}") from None
        atoms.calc = None
        return atoms


@dataclass(frozen=True)
class Present(Read):
    """Whether a pattern occurs in a file: as a bool output, or as what is ``wrong``."""

    file: str
    pattern: str

    def check(self, kind: Kind, at: str) -> None:
        """Raise DeclarationError unless the output is a bool."""
        self._file(at)
        pattern_of(self.pattern, at)
        if not isinstance(kind, Boolean):
            raise DeclarationError(f"{at} is {kind}; {type(self).__name__} gives a bool.")

    def value(self, content: bytes, kind: Kind, at: str) -> bool:
        """Whether it occurs."""
        return bool(matches(content, self.pattern))


@dataclass(frozen=True)
class Absent(Present):
    """Whether a pattern occurs nowhere in a file."""

    def value(self, content: bytes, kind: Kind, at: str) -> bool:
        """Whether it does not occur."""
        return not super().value(content, kind, at)


def check_unit(unit: str, kind: Kind, at: str) -> None:
    """Raise DeclarationError unless a unit in a file can become that of the port."""
    try:
        unit_of(unit)
    except DeclarationError as reason:
        raise DeclarationError(f"{at}: {reason}") from None
    here = kind.unit if isinstance(kind, (Number, Array)) else "1"
    if not compatible(unit, here or "1"):
        raise DeclarationError(
            f"{at} is {kind}, but what is read is {dimension(unit)} [{unit}]. Write the unit that the file is in, one "
            f"of {dimension(here or '1')}."
        )


def converted(array: Any, unit: str, kind: Kind) -> Any:
    """Numbers of a file in the unit of a port; whole ones where it holds whole ones."""
    if isinstance(kind, Array) and np.dtype(kind.dtype).kind in "iu" and np.all(array == np.round(array)):
        return np.asarray(array).astype(kind.dtype)
    return Conversion(unit, kind.unit or "1").array(np.asarray(array))


__all__ = ["PRINTED", "Absent", "Found", "Json", "Kept", "Present", "Read", "Structure", "Table", "check_unit"]
