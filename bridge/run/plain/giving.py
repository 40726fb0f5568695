"""What a stage of a document is given, as the body of a flow would write it."""

from __future__ import annotations

import io
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.chain.closed import Closing
from bridge.chain.plain import document as d
from bridge.chain.plain.reading import NotRead, Place
from bridge.chain.plain.sorting import ends
from bridge.chain.values import Output, stack, via
from bridge.errors import BridgeError, ContractError, DeclarationError
from bridge.media import File, Picture
from bridge.units import Q, unit_of


@dataclass(frozen=True)
class Giving:
    """Where the values of a document come from: parameters, outputs of stages, and files beside it."""

    parameters: Mapping[str, Any]
    outputs: Mapping[str, Output]
    names: frozenset[str]
    contents: Mapping[str, bytes]

    def value(self, written: Any) -> Any:
        """One value. Raises ContractError with its place, and what the contract refuses."""
        if isinstance(written, list):
            return [self.value(one) for one in written]
        if isinstance(written, d.Given):
            return self.parameters[written.parameter]
        if isinstance(written, d.Fields):
            return {name: self.value(one) for name, one in written.fields.items()}
        if isinstance(written, (bool, int, float, str)):
            return written
        try:
            return self._made(written)
        except (ContractError, DeclarationError) as reason:
            raise at(written.place, reason) from None

    def _made(self, written: Any) -> Any:
        match written:
            case d.From():
                return self._wire(written)
            case d.Stacked():
                coord = None if written.coord is None else list(written.coord)
                return stack([self.value(part) for part in written.parts], dim=written.dim, coord=coord)
            case d.Closure():
                return self._closure(written)
            case d.Values():
                array = numbers(written)
                return array if unit_of(written.unit) == unit_of("1") else Q(array, written.unit)
            case d.Beside():
                array = _loaded(self.contents[written.path], written)
                return array if unit_of(written.unit) == unit_of("1") else Q(array, written.unit)
            case d.Bytes():
                return self._file(written)
            case d.Atoms():
                return _atoms(written)
        raise TypeError(f"{written!r} is no value of a chain")

    def _wire(self, written: d.From) -> Any:
        name, path = ends(written, self.names)
        output = self.outputs[name]
        for part in path:
            output = output[part]
        return output if written.molar_mass is None else via(output, molar_mass=self.value(written.molar_mass))

    def _closure(self, written: d.Closure) -> Closing:
        from bridge.coupling.closing import closure

        given = {name: self.value(one) for name, one in (*written.inputs.items(), *written.settings.items())}
        options = {name: self.value(one) for name, one in written.options.items()}
        made = closure(self.value(written.model), inputs=given, **options)
        for group, values in (("inputs", written.inputs), ("settings", written.settings)):
            for name in values:
                for model in filter(None, (made.lift, made.model, made.restrict)):
                    refuse_misplaced(model.inputs.get(name), group, written.place)
        return made

    def _file(self, written: d.Bytes) -> File:
        holder = Picture if written.picture else File
        if written.content is not None:
            return holder(written.content, written.media_type or "application/octet-stream")
        assert written.path is not None
        return holder(self.contents[written.path], written.media_type or _guessed(written.path))


def at(place: Place, reason: BridgeError) -> BridgeError:
    """An error as it is, with its place; a place that it names already is nearer."""
    said = str(reason)
    return reason if said.startswith(f"{place.file}:") else type(reason)(f"{place}: {said}")


def refuse_misplaced(port: Any, group: str, place: Place) -> None:
    """Refuse a setting among inputs and an input among settings. Raises NotRead."""
    if port is not None and port.setting != (group == "settings"):
        right, what = ("settings", "a setting, part of the numerics") if port.setting else ("inputs", "an input")
        raise place.refuse(f"{port.name} is {what}. Write it under {right}:.")


def _guessed(path: str) -> str:
    """The media type that File.read guesses."""
    guessed, packed = mimetypes.guess_type(path)
    return f"application/{packed}" if packed else guessed or "application/octet-stream"


def numbers(written: d.Values) -> np.ndarray:
    """The array that is written. Raises ContractError for rows of different lengths."""
    values = _complex(written.values)
    try:
        array = np.array(values, dtype=written.dtype)
        array = array if written.shape is None else array.reshape(written.shape)
    except (ValueError, TypeError, OverflowError) as reason:
        raise NotRead(f"values: make no array: {reason}.") from None
    if array.dtype.kind not in "biufc":
        raise NotRead("values: make no array of numbers: some are larger than any type of number holds.")
    return array


def _complex(values: Any) -> Any:
    if isinstance(values, list):
        return [_complex(one) for one in values]
    return complex(values) if isinstance(values, str) else values


def _loaded(content: bytes, written: d.Beside) -> np.ndarray:
    try:
        array = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    except Exception as reason:
        raise NotRead(f"{written.path!r} is no array that numpy.save writes: {reason}.") from None
    if array.dtype.kind not in "biufc":
        raise NotRead(f"{written.path!r} holds {array.dtype}, which are no numbers.")
    return array


def _atoms(written: d.Atoms) -> Any:
    from bridge.store.structures import atoms_from

    arrays = {name: numbers(one) for name, one in written.arrays.items()}
    try:
        return atoms_from(arrays, dict(written.rest))
    except Exception as reason:
        raise NotRead(f"these are no atoms: {type(reason).__name__}: {reason}.") from None
