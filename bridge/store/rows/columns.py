"""Columns: results of one form, of which each is a fixed number of bytes, so that a thousand of them are arrays.

Texts, and numbers that no machine word holds, are codes into a table. What belongs to the point and not to the
model's outputs (its keys, the values of its inputs, its cost) is a *fact*: a place in what an artifact says of its
making, such as ``inputs.temperature.literal``.
"""

from __future__ import annotations

import enum
import json
import math
import numbers
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.errors import BridgeError
from bridge.kinds.record import Record
from bridge.kinds.things import Bytes, Structure
from bridge.store.metadata import TYPES
from bridge.store.spec import spec_of_port

#: What a row may weigh, and a text in it: what is larger is an artifact of its own.
ROW_BYTES = 2**20
TEXT_BYTES = 2**16
#: Columns that every block has, and where facts and aliases are; no output can be named so.
KEY, PLAN, FACT, ALIAS_PLAN, ALIAS_KEY = "row-key", "row-plan", "row-", "row-alias-plan", "row-alias-key"
NO_PLAN = bytes(32)
_FORMS = {
    "float": ("float64", "d", None), "int": ("int64", "q", None), "bool": ("bool", "?", None),
    "text": ("uint32", "I", None), "json": ("uint32", "I", None), "key": ("uint8", "32s", (32,)),
}  # fmt: skip
_KEY = re.compile(r"[0-9a-f]{64}")
_FACT = re.compile(r"[\w-]+(?:\.[\w-]+)*")
_WORD = 2**63


class DoesNotStack(BridgeError):
    """A result that cannot be a row of a block: to be committed as an artifact of its own."""


@dataclass(frozen=True)
class Column:
    """One array of a block, and what its numbers stand for; ``shape`` is that of one point."""

    name: str
    form: str
    dtype: str
    shape: tuple[int, ...] = ()

    @property
    def fact(self) -> str | None:
        """The place in what is said of the making; None for an output."""
        return self.name[len(FACT) :] if self.name.startswith(FACT) else None

    def document(self) -> list[Any]:
        """The column in JSON."""
        return [self.name, self.form, self.dtype, list(self.shape)]


def column_from(document: Any) -> Column:
    """Read a column back. Raises ValueError where it is none."""
    name, form, dtype, shape = document
    sizes = isinstance(shape, list) and all(type(n) is int and 0 <= n < 2**40 for n in shape)
    if not (isinstance(name, str) and isinstance(form, str) and dtype in TYPES and sizes):
        raise ValueError(f"{document!r} is no column")
    column = Column(name, form, dtype, tuple(shape))
    if form != "array" and (form not in _FORMS or column != _scalar(name, form)):
        raise ValueError(f"{document!r} is no column")
    if math.prod(shape) * np.dtype(dtype).itemsize > ROW_BYTES:
        raise ValueError(f"{name} is larger than a row")
    return column


def _scalar(name: str, form: str) -> Column:
    dtype, _, shape = _FORMS[form]
    return Column(name, form, dtype, shape or ())


class Layout:
    """A row as bytes: a mark, the number of its group, its content key and plan key, then the columns."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        codes = [
            f"{math.prod(c.shape) * np.dtype(c.dtype).itemsize}s" if c.form == "array" else _FORMS[c.form][1]
            for c in columns
        ]
        self.pack = struct.Struct("<cH32s32s" + "".join(codes)).pack
        fields: list[Any] = [("mark", "S1"), ("group", "<u2"), (KEY, "u1", (32,)), (PLAN, "u1", (32,))]
        fields += [(c.name, np.dtype(c.dtype).newbyteorder("<"), c.shape) for c in columns]
        self.dtype = np.dtype(fields)
        self.size = struct.calcsize("<cH32s32s" + "".join(codes))
        if self.size > ROW_BYTES:
            raise DoesNotStack(f"a row of {self.size} bytes is too large for a block. {CURE}")
        if self.dtype.itemsize != self.size:
            raise ValueError("two columns of one name")


#: What to do with what is no row.
CURE = "Commit such results as artifacts of their own (Store.commit)."


def key_bytes(key: str) -> bytes:
    """A key as it stands in a row. Raises ValueError if it is none."""
    raw = bytes.fromhex(key)
    if len(raw) != 32 or raw.hex() != key:  # it takes capitals and spaces, too
        raise ValueError(f"{key!r} is no key")
    return raw


def leaves_of(outputs: Record, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Path of every output that is no record. Raises DoesNotStack for one that is none along points."""
    for port in outputs.ports:
        path = (*above, port.name)
        if isinstance(port.kind, Record):
            yield from leaves_of(port.kind, path)
        elif isinstance(port.kind, (Structure, Bytes)):
            raise DoesNotStack(f"port {'.'.join(path)!r} is {port.kind}, which does not stack along points. {CURE}")
        else:
            yield path


def ports_of(outputs: Record, above: str = "") -> dict[str, Any]:
    """Description of the outputs as in an artifact, each with the column it is in."""
    ports: dict[str, Any] = {}
    for port in outputs.ports:
        name = above + port.name
        inside = {"fields": ports_of(port.kind, f"{name}.")} if isinstance(port.kind, Record) else {"column": name}
        ports[port.name] = spec_of_port(port) | inside
    return ports


def leaf_specs(ports: Any) -> dict[str, dict[str, Any]]:
    """Description of every output that is no record, by the column it is in. Raises ValueError where it is none."""
    found: dict[str, dict[str, Any]] = {}
    for name, spec in dict(ports).items():
        if not (name.isidentifier() and isinstance(spec, dict) and spec.keys() & {"fields", "column"}):
            raise ValueError(f"{name!r:.80} is no port")
        inside = leaf_specs(spec["fields"]) if "fields" in spec else {str(spec["column"]): spec}
        found |= inside
    return found


def fits(spec: Mapping[str, Any], value: Any) -> bool:
    """Whether a value is one of the kind that is described."""
    kind = spec["kind"]
    if kind == "array":
        return isinstance(value, np.ndarray) and value.ndim == len(spec["dims"])
    if kind == "choice":
        return value in spec["values"]
    return type(value) is {"float": float, "int": int, "bool": bool, "str": str}.get(kind)


def output_column(name: str, value: Any) -> Column:
    """The column an output stands in. Raises DoesNotStack."""
    if isinstance(value, np.ndarray):
        if value.dtype.name not in TYPES:
            raise DoesNotStack(f"port {name!r} is an array of {value.dtype}, which no block holds. {CURE}")
        return Column(name, "array", value.dtype.name, value.shape)
    form = _form(value)
    if form is None:
        raise DoesNotStack(f"port {name!r} is a {type(value).__name__}, which does not stack along points. {CURE}")
    return _scalar(name, form)


def fact_column(place: str, value: Any) -> Column:
    """The column a fact stands in."""
    if not _FACT.fullmatch(place) or place.partition(".")[0] in ("key", "plan", "alias-plan", "alias-key"):
        raise BridgeError(f"{place!r} is no place of a fact. Write names divided by dots: inputs.temperature.literal.")
    return _scalar(FACT + place, "key" if isinstance(value, str) and _KEY.fullmatch(value) else _form(value) or "json")


def _form(value: Any) -> str | None:
    if isinstance(value, (bool, np.bool_)):
        return "bool"
    if isinstance(value, (str, enum.Enum)):
        return "text"
    if isinstance(value, numbers.Integral):
        return "int" if -_WORD <= int(value) < _WORD else "json"
    return "float" if isinstance(value, numbers.Real) else None


# Values in rows


def bytes_of_array(value: np.ndarray) -> bytes:
    """An array as it stands in a row."""
    return value.astype(value.dtype.newbyteorder("<"), copy=False).tobytes()


def spelled_value(value: Any) -> str:
    """What has no column of its own as text. Raises BridgeError for what is not JSON."""
    try:
        return json.dumps(value if not isinstance(value, numbers.Integral) else int(value), allow_nan=False)
    except (TypeError, ValueError) as reason:
        raise BridgeError(f"a fact of a row must be JSON: {reason}.") from None


def python_value(column: Column, cell: Any, texts: Sequence[str]) -> Any:
    """What a cell of a column stands for. Raises ValueError, IndexError or RecursionError for a damaged one."""
    if column.form == "array":
        array = np.array(cell)
        return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
    if column.form == "key":
        return cell.tobytes().hex()
    if column.form == "text":
        return texts[int(cell)]
    if column.form == "json":
        return json.loads(texts[int(cell)])
    return cell.item()


def placed(about: dict[str, Any], place: str, value: Any) -> None:
    """Put a fact to its place."""
    *above, last = place.split(".")
    for name in above:
        inner = about.setdefault(name, {})
        if not isinstance(inner, dict):
            raise ValueError(f"{place} is inside of a value")
        about = inner
    about[last] = value


def flat(values: Mapping[str, Any], paths: Sequence[tuple[str, ...]]) -> list[Any]:
    """The outputs of one point in the order of their columns."""
    cells = []
    for path in paths:
        value: Any = values
        for name in path:
            value = value[name]
        cells.append(value)
    return cells
