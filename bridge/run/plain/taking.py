"""What a flow's body gave its stages, as values of a document.

Texts and numbers are taken as they were written; what has no short spelling (arrays, records, atoms, files) is taken as
its port has read it, which is exact: a number in the unit of its port reads as itself.
"""

from __future__ import annotations

import enum
import io
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from blake3 import blake3

from bridge.chain import chain as c
from bridge.chain.closed import Closing
from bridge.chain.plain import document as d
from bridge.chain.plain.beside import HERE_BYTES, HERE_ELEMENTS
from bridge.chain.plain.sorting import plainly
from bridge.chain.values import AxisValue, Output, Stack, Unknown
from bridge.errors import ContractError
from bridge.kinds.base import Kind
from bridge.kinds.record import Record
from bridge.media import File, Picture
from bridge.units import is_quantity, unit_of

#: Of a closure: what it does unless told otherwise.
_USUAL = {"way": "gaussian", "noisy": False, "on_failure": "stop", "retries": 0, "where": "auto"}
_PLAIN_TYPES = ("float64", "int64", "bool", "complex128")


@dataclass
class Taking:
    """The names of a chain's stages, and the files that what is large goes to, beside one named ``stem``."""

    names: Collection[str]
    stem: str | None
    files: dict[str, bytes] = field(default_factory=dict)

    def value(self, given: Any, kind: Kind | None, read: Any, at: str) -> Any:
        """A value of a document for what ``given`` says; ``read`` is what the port of this kind has made of it.

        Raises ContractError for what no file holds, naming the port.
        """
        match given:
            case AxisValue():
                return d.Given(given._axis)
            case Unknown():
                raise ContractError(f"{at} waits for {given!s}, which no chain in YAML has. Make the task a model.")
            case Output():
                wire = plainly(given._stage, given._path, self.names)
                return d.From(wire.path, wire.port, given._molar_mass)
            case Stack():
                return self._stacked(given, read, at)
            case Closing():
                return self._closure(given, read if isinstance(read, Mapping) else {}, at)
            case Mapping():
                return self._fields(given, kind, read, at)
        plain = _scalar(given)
        if plain is None and isinstance(given, (list, tuple)):
            plain = self._listed(given)
        if plain is None and is_quantity(given) and np.ndim(given.magnitude):
            magnitude = np.asarray(given.magnitude)
            if magnitude.dtype.name in ("float64", "int64"):
                return self._array(magnitude, str(given.units), at)
        return plain if plain is not None else self._read(kind, read, at)

    def _stacked(self, given: Stack, read: Any, at: str) -> d.Stacked:
        known = read.parts if isinstance(read, c.Stacked) else (None,) * len(given._parts)
        element = read.element if isinstance(read, c.Stacked) else None
        parts = tuple(
            self.value(part, element, _literal(source), f"{at}[{i}]")
            for i, (part, source) in enumerate(zip(given._parts, known, strict=True))
        )
        coord = None if given._coord is None else tuple(str(one) for one in given._coord)
        return d.Stacked(parts, given._dim, coord)

    def _closure(self, given: Closing, read: Mapping[str, Any], at: str) -> d.Closure:
        ports = {
            port.name: port
            for model in (given.restrict, given.model, given.lift)
            if model
            for port in model.inputs.values()
        }
        groups: dict[str, dict[str, Any]] = {"inputs": {}, "settings": {}}
        for name, value in given.given.items():
            port = ports.get(name)
            group = groups["settings" if port and port.setting else "inputs"]
            group[name] = self.value(value, port.kind if port else None, read.get(name), f"{at}.{name}")
        said = {**given.options, **given.running, "output": given.output}
        said |= {role: model.name for role, model in (("lift", given.lift), ("restrict", given.restrict)) if model}
        options = {}
        for name, value in said.items():
            if isinstance(value, AxisValue):
                options[name] = d.Given(value._axis)
            elif value is not None and value != _USUAL.get(name):
                options[name] = value
        return d.Closure(given.model.name, groups["inputs"], groups["settings"], options)

    def _fields(self, given: Mapping[Any, Any], kind: Kind | None, read: Any, at: str) -> d.Fields:
        ports = {port.name: port.kind for port in kind.ports} if isinstance(kind, Record) else {}
        values = read if isinstance(read, Mapping) else {}
        return d.Fields(
            {
                str(name): self.value(one, ports.get(str(name)), values.get(str(name)), f"{at}.{name}")
                for name, one in given.items()
            }
        )

    def _listed(self, given: Any) -> list[Any] | None:
        """A list of texts, numbers and parameters as it is; None for any other."""
        found: list[Any] = []
        for one in given:
            value = d.Given(one._axis) if isinstance(one, AxisValue) else _scalar(one)
            if value is None and isinstance(one, (list, tuple)):
                value = self._listed(one)
            if value is None or len(found) > HERE_ELEMENTS:
                return None
            found.append(value)
        return found

    def _read(self, kind: Kind | None, read: Any, at: str) -> Any:
        """A value as its port has read it."""
        if isinstance(read, Mapping) and isinstance(kind, Record):
            return d.Fields(
                {port.name: self._read(port.kind, read[port.name], f"{at}.{port.name}") for port in kind.ports}
            )
        if isinstance(read, np.ndarray):
            return self._array(read, (kind.unit if kind else None) or "1", at)
        if isinstance(read, File):
            return self._file(read, at)
        if hasattr(read, "todict"):
            return self._atoms(read, at)
        if isinstance(read, float) and kind is not None and unit_of(kind.unit or "1") != unit_of("1"):
            return f"{read!r} {kind.unit}"
        plain = _scalar(read)
        if plain is None:
            raise ContractError(f"{at} is given {type(read).__name__}, which no chain in YAML holds.")
        return plain

    def _array(self, array: np.ndarray, unit: str, at: str) -> Any:
        unit = "1" if unit_of(unit) == unit_of("1") else unit
        if array.size > HERE_ELEMENTS:
            content = io.BytesIO()
            np.save(content, array, allow_pickle=False)
            path, digest = self._beside(content.getvalue(), at, ".npy")
            return d.Beside(path, unit, digest)
        dtype = None if array.dtype.name in _PLAIN_TYPES and array.size else array.dtype.name
        return d.Values(_nested(array.tolist()), unit, dtype, None if array.size else array.shape)

    def _file(self, file: File, at: str) -> d.Bytes:
        picture = isinstance(file, Picture)
        if len(file.content) <= HERE_BYTES:
            return d.Bytes(file.media_type, file.content, picture=picture)
        path, digest = self._beside(file.content, at, file.suffix)
        return d.Bytes(file.media_type, path=path, blake3=digest, picture=picture)

    def _atoms(self, atoms: Any, at: str) -> d.Atoms:
        from bridge.store.structures import parts_of

        arrays, rest = parts_of(atoms)
        small = {}
        for name, array in arrays.items():
            if array.size > HERE_ELEMENTS * 8:
                raise ContractError(
                    f"{at} has {array.size} numbers as {name!r} of its atoms: hand them over as a File."
                )
            dtype = None if array.dtype.name in _PLAIN_TYPES and array.size else array.dtype.name
            small[name] = d.Values(_nested(array.tolist()), "1", dtype, None if array.size else array.shape)
        return d.Atoms(small, rest)

    def _beside(self, content: bytes, at: str, suffix: str) -> tuple[str, str]:
        """Name and digest of a file beside the chain. Raises ContractError where there is no beside."""
        if self.stem is None:
            raise ContractError(
                f"{at} is given {len(content)} bytes, which go into a file beside the chain. Write --out FILE.yaml."
            )
        for name, known in self.files.items():
            if known == content:
                return name, blake3(content).hexdigest()
        base = re.sub(r"[^A-Za-z0-9_.=+-]+", "-", f"{self.stem}.{at}")[:120]
        name, count = f"{base}{suffix}", 1
        while name in self.files:
            count += 1
            name = f"{base}-{count}{suffix}"
        self.files[name] = content
        return name, blake3(content).hexdigest()


def _literal(source: Any) -> Any:
    return source.value if isinstance(source, c.Literal) else source


def _nested(values: Any) -> Any:
    """Nested lists with complex numbers as texts."""
    if isinstance(values, list):
        return [_nested(one) for one in values]
    return repr(values) if isinstance(values, complex) else values


def _scalar(given: Any) -> Any:
    """A text or a number as Python's own; a quantity as its text; None for anything else."""
    if isinstance(given, enum.Enum):
        return given.value if isinstance(given.value, str) else None
    if isinstance(given, str):
        return str(given)
    if isinstance(given, (bool, np.bool_)):
        return bool(given)
    if isinstance(given, (int, np.integer)):
        return int(given)
    if isinstance(given, (float, np.floating)) and math.isfinite(given):
        return float(given)
    if is_quantity(given) and np.ndim(given.magnitude) == 0:
        return f"{float(given.magnitude)!r} {given.units}".strip()
    return None
