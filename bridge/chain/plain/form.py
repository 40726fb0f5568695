"""The form of a chain's file: pieces of YAML read as a ``Document``, everything else refused where it stands."""

from __future__ import annotations

import base64
import binascii
import keyword
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bridge.chain.plain import document as d
from bridge.chain.plain.reading import Piece, Place, read
from bridge.errors import MissingInput, UnknownName, did_you_mean

#: What a stage may be told besides its model, inputs and settings (``bridge.run.options.OPTIONS``).
STAGE_OPTIONS = ("retries", "retry_delay", "timeout", "cpus", "memory", "gpu", "accept")
#: What a closure may be told besides its model and the inputs that are fixed (``bridge.chain.closed.OPTIONS``).
CLOSURE_OPTIONS = (
    "tolerance",
    "way",
    "noisy",
    "on_failure",
    "output",
    "lift",
    "restrict",
    "timeout",
    "retries",
    "where",
)
#: What a value that is a mapping may say, by the key that tells what it is.
FORMS: Mapping[str, tuple[str, ...]] = {
    "parameter": (),
    "from": ("port", "molar_mass"),
    "stack": ("dim", "coord"),
    "closure": ("inputs", "settings", *CLOSURE_OPTIONS),
    "values": ("unit", "dtype", "shape"),
    "npy": ("unit", "blake3"),
    "file": ("media_type", "blake3", "picture"),
    "base64": ("media_type", "picture"),
    "text": ("media_type", "picture"),
    "atoms": ("carries",),
    "record": (),
}
#: Types of numbers that an array may have besides those that its values show.
DTYPES = re.compile(r"bool|u?int(8|16|32|64)|float(16|32|64)|complex(64|128)")
_TOP = ("scalebridge", "chain", "description", "parameters", "fixed", "stages")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_RESERVED = frozenset({"return_state", "wait_for"})  # Prefect's own


def document_of(content: bytes, file: str) -> d.Document:
    """Read a chain's file. Raises NotRead, UnknownName or MissingInput, with file, line and column."""
    top = _mapping(read(content, file), "a chain is a mapping that begins with scalebridge: 1")
    _version(top)
    _known(top, _TOP, "a chain")
    name = _text(_needed(top, "chain", "a chain has a name: write chain: creep"))
    if not _NAME.fullmatch(name):
        raise top.value["chain"].place.refuse(
            f"{name!r} is no name of a chain: write a letter, then letters, digits and '_.-', at most 64."
        )
    parameters = {
        key: _parameter(key, piece, place) for key, piece, place in _items(top, "parameters", "a mapping of parameters")
    }
    stages = _items(top, "stages", "a mapping of stages by name")
    if not stages:
        raise top.place.refuse("it has no stages. Write stages: and under it a name, with model: and inputs:.")
    about = top.value.get("description")
    fixed = {key: piece.plain() for key, piece, _ in _items(top, "fixed", "a mapping")}
    found = tuple(_stage(key, piece, place) for key, piece, place in stages)
    whole = d.Document(name, parameters, found, _text(about) if about else "", fixed)
    _parameters_known(whole)
    return whole


def _version(top: Piece) -> None:
    if "scalebridge" not in top.value:
        raise top.place.refuse("it is no chain: a chain says scalebridge: 1 in its first line.")
    piece = top.value["scalebridge"]
    if type(piece.value) is not int or piece.value < 1:
        raise piece.place.refuse(f"scalebridge: {piece.what} is no version of the format. Write scalebridge: 1.")
    if piece.value > d.VERSION:
        raise piece.place.refuse(
            f"it is of version {piece.value}, and this scalebridge reads up to {d.VERSION}. "
            "Upgrade: pip install --upgrade scalebridge."
        )


def _parameter(name: str, piece: Piece, place: Place) -> d.Parameter:
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_") or name in _RESERVED:
        raise place.refuse(f"{name!r} is no name of a parameter: write letters, digits and '_', as in Python.")
    if not isinstance(piece.value, dict):
        default = _single(piece, f"parameter {name!r} has no default. Write one, or {name}: {{type: str}}")
        return d.Parameter({str: "str", bool: "bool", int: "int", float: "float"}[type(default)], default)
    _known(piece, ("type", "default"), f"parameter {name!r}")
    known = _text(_needed(piece, "type", f"parameter {name!r} has no type: write type: str"))
    if known not in d.TYPES:
        raise piece.value["type"].place.refuse(f"{known!r} is no type. {did_you_mean(known, d.TYPES)}", UnknownName)
    if "default" not in piece.value:
        return d.Parameter(known)
    given = piece.value["default"]
    default = _single(given, f"the default of {name!r} is nothing: leave it out, or write a value")
    wanted = d.TYPES[known]
    fits = wanted is None or type(default) is wanted or (wanted is float and type(default) is int)
    if not fits:
        write = f" Write it in quotes: '{default}'." if known == "str" else ""
        raise given.place.refuse(f"the default of {name!r} is {given.what}, which is no {known}.{write}")
    return d.Parameter(known, default)


def _stage(name: str, piece: Piece, place: Place) -> d.PlainStage:
    _mapping(piece, f"stage {name!r} is a mapping of model, inputs, settings and options")
    _known(piece, ("model", "inputs", "settings", *STAGE_OPTIONS), f"stage {name!r}")
    model = _model(_needed(piece, "model", f"stage {name!r} has no model: write model: NAME"))
    inputs, settings, places = _given(piece, f"stage {name!r}")
    options = {key: _option(one) for key, one in piece.value.items() if key in STAGE_OPTIONS}
    return d.PlainStage(name, model, inputs, settings, options, place, places)


def _given(piece: Piece, what: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Place]]:
    """Inputs and settings of a stage or a closure, and the places of their names."""
    found: dict[str, dict[str, Any]] = {"inputs": {}, "settings": {}}
    places: dict[str, Place] = {}
    for group, values in found.items():
        for key, one, place in _items(piece, group, f"a mapping of {group} by name"):
            if key in places:
                raise place.refuse(f"{key!r} of {what} is given twice; line {places[key].line} has it first.")
            places[key] = place
            values[key] = _value(one, key)
    return found["inputs"], found["settings"], places


def _model(piece: Piece) -> Any:
    if isinstance(piece.value, dict):
        found = _value(piece, "model")
        if isinstance(found, d.Given):
            return found
    return _text(piece, "the name of a model")


def _option(piece: Piece) -> Any:
    if isinstance(piece.value, list):
        return [_single(one, "an option is nothing here") for one in piece.value]
    return _single(piece, "an option is nothing here: leave its line out")


# Values


def _value(piece: Piece, name: str) -> Any:
    """What an input is given."""
    if isinstance(piece.value, list):
        return [_value(one, name) for one in piece.value]
    if not isinstance(piece.value, dict):
        return _single(piece, f"{name!r} has no value. Write one, or leave the line out for its default")
    said = [form for form in FORMS if form in piece.value]
    if len(said) != 1:
        keys = ", ".join(piece.value) or "nothing"
        hint = did_you_mean(next(iter(piece.value), ""), FORMS)
        raise piece.place.refuse(
            f"{name!r} is a mapping of {keys}, which says not what it is. {hint} A record is written {{record: {{…}}}}."
        )
    _known(piece, (said[0], *FORMS[said[0]]), f"{{{said[0]}: …}}")
    return _READERS[said[0]](piece, name)


def _stacked(piece: Piece, name: str) -> d.Stacked:
    parts = piece.value["stack"]
    if not isinstance(parts.value, list):
        raise parts.place.refuse(f"stack: takes a list of outputs and values, got {parts.what}.")
    dim = _text(_needed(piece, "dim", f"the stack of {name!r} has no dimension: write dim: temperature"))
    coord = piece.value.get("coord")
    if coord is not None and not isinstance(coord.value, list):
        raise coord.place.refuse("coord: takes a list, one value for each of the stacked.")
    places = None if coord is None else tuple(_single(one, "a value of coord is nothing") for one in coord.value)
    return d.Stacked(tuple(_value(one, name) for one in parts.value), dim, places, piece.place)


def _closure(piece: Piece, name: str) -> d.Closure:
    inputs, settings, _ = _given(piece, f"the closure of {name!r}")
    options = {
        key: _value(one, key) if isinstance(one.value, dict) else _option(one)
        for key, one in piece.value.items()
        if key in CLOSURE_OPTIONS
    }
    return d.Closure(_model(piece.value["closure"]), inputs, settings, options, piece.place)


def _array(piece: Piece, name: str) -> d.Values:
    shape, dtype = piece.value.get("shape"), piece.value.get("dtype")
    sizes = None if shape is None else shape.plain()
    if sizes is not None and not (isinstance(sizes, list) and all(type(n) is int and 0 <= n < 2**31 for n in sizes)):
        assert shape is not None
        raise shape.place.refuse("shape: is a list of whole numbers from 0.")
    if dtype is not None and not DTYPES.fullmatch(_text(dtype)):
        raise dtype.place.refuse(f"dtype: {dtype.what} is none of a port's. Write float64, int64 or complex128, say.")
    values = piece.value["values"]
    if not isinstance(values.value, list):
        raise values.place.refuse(f"values: takes a list, got {values.what}. Write a single value as it is: 900 K.")
    return d.Values(
        _numbers(values),
        _text(piece.value["unit"]) if "unit" in piece.value else "1",
        _text(dtype) if dtype else None,
        None if sizes is None else tuple(sizes),
        piece.place,
    )


def _numbers(piece: Piece) -> Any:
    """Nested lists of numbers and truth values; a text is a complex number, as Python writes it."""
    if isinstance(piece.value, list):
        return [_numbers(one) for one in piece.value]
    if isinstance(piece.value, str):
        try:
            complex(piece.value)
        except ValueError:
            raise piece.place.refuse(
                f"{piece.what} is no number. The unit of all stands beside: {{values: […], unit: K}}."
            ) from None
    elif not isinstance(piece.value, (bool, int, float)):
        raise piece.place.refuse(f"values: holds numbers, got {piece.what}.")
    return piece.value


def _npy(piece: Piece, name: str) -> d.Beside:
    unit = _text(piece.value["unit"]) if "unit" in piece.value else "1"
    return d.Beside(_text(piece.value["npy"]), unit, _digest(piece), piece.place)


def _bytes(piece: Piece, name: str) -> d.Bytes:
    media = _text(piece.value["media_type"]) if "media_type" in piece.value else None
    picture = piece.value.get("picture")
    if picture is not None and not isinstance(picture.value, bool):
        raise picture.place.refuse(f"picture: is true or false, got {picture.what}.")
    about: dict[str, Any] = {"picture": bool(picture and picture.value), "place": piece.place}
    if "file" in piece.value:
        return d.Bytes(media, path=_text(piece.value["file"]), blake3=_digest(piece), **about)
    if "text" in piece.value:
        content = _text(piece.value["text"], "a text").encode()
        return d.Bytes(media or "text/plain", content, **about)
    written = piece.value["base64"]
    try:
        content = base64.b64decode("".join(_text(written).split()), validate=True)
    except (binascii.Error, ValueError) as reason:
        raise written.place.refuse(f"base64: cannot be read: {reason}.") from None
    return d.Bytes(media or "application/octet-stream", content, **about)


def _digest(piece: Piece) -> str | None:
    if "blake3" not in piece.value:
        return None
    found = _text(piece.value["blake3"])
    if not re.fullmatch(r"[0-9a-f]{64}", found):
        raise piece.value["blake3"].place.refuse("blake3: is no digest: 64 characters of 0-9a-f.")
    return found


def _atoms(piece: Piece, name: str) -> d.Atoms:
    arrays: dict[str, d.Values] = {}
    for key, one, place in _items(piece, "atoms", "a mapping of arrays: numbers, positions, cell, pbc"):
        found = _value(one, key) if isinstance(one.value, dict) else d.Values(_numbers(one))
        if not isinstance(found, d.Values):
            raise place.refuse(f"{key!r} of atoms is a list of numbers, or {{values: […], dtype: …}}.")
        if found.unit != "1":
            raise place.refuse(f"{key!r} of atoms has no unit: atoms are in those of ASE, angstrom and eV.")
        arrays[key] = found
    rest = piece.value.get("carries")
    if rest is not None and not isinstance(rest.value, dict):
        raise rest.place.refuse("carries: is a mapping of what the atoms carry besides arrays.")
    return d.Atoms(arrays, rest.plain() if rest else {}, piece.place)


def _record(piece: Piece, name: str) -> d.Fields:
    fields = _items(piece, "record", "a mapping of values by field")
    return d.Fields({key: _value(one, key) for key, one, _ in fields}, piece.place)


_READERS: Mapping[str, Callable[[Piece, str], Any]] = {
    "parameter": lambda piece, name: d.Given(_text(piece.value["parameter"], "a parameter's name"), piece.place),
    "from": lambda piece, name: d.From(
        _text(piece.value["from"], "an output, stage.port"),
        _text(piece.value["port"]) if "port" in piece.value else None,
        _value(piece.value["molar_mass"], "molar_mass") if "molar_mass" in piece.value else None,
        piece.place,
    ),
    "stack": _stacked,
    "closure": _closure,
    "values": _array,
    "npy": _npy,
    "file": _bytes,
    "base64": _bytes,
    "text": _bytes,
    "atoms": _atoms,
    "record": _record,
}


# What may stand where


def _parameters_known(whole: d.Document) -> None:
    for stage in whole.stages:
        for value in d.inside([stage.model, *(value for _, value in stage.given())]):
            if isinstance(value, d.Given) and value.parameter not in whole.parameters:
                hint = did_you_mean(value.parameter, whole.parameters)
                if not whole.parameters:
                    hint += f" Write parameters: {{{value.parameter}: 900 K}} above stages:, with its value."
                raise value.place.refuse(
                    f"stage {stage.name!r}: there is no parameter {value.parameter!r}. {hint}", UnknownName
                )


def _mapping(piece: Piece, what: str) -> Piece:
    if not isinstance(piece.value, dict):
        raise piece.place.refuse(f"{what}, got {piece.what}.")
    return piece


def _items(piece: Piece, key: str, what: str) -> list[tuple[str, Piece, Place]]:
    """Entries of a mapping that may be left out, or left empty."""
    inner = piece.value.get(key)
    if inner is None or inner.value is None:
        return []
    _mapping(inner, f"{key}: is {what}")
    return [(name, one, inner.keys[name]) for name, one in inner.value.items()]


def _known(piece: Piece, names: Iterable[str], what: str) -> None:
    for key in piece.value:
        if key not in names:
            raise piece.keys[key].refuse(f"{what} has no {key!r}. {did_you_mean(key, names)}", UnknownName)


def _needed(piece: Piece, key: str, said: str) -> Piece:
    found = piece.value.get(key)
    if found is None or found.value is None:
        raise piece.place.refuse(f"{said}.", MissingInput)
    return found  # type: ignore[no-any-return]


def _text(piece: Piece, what: str = "a text") -> str:
    if not isinstance(piece.value, str):
        raise piece.place.refuse(f"{what} is wanted here, got {piece.what}. A text that looks otherwise is quoted.")
    return piece.value


def _single(piece: Piece, missing: str) -> Any:
    if piece.value is None:
        raise piece.place.refuse(f"{missing}.", MissingInput)
    if isinstance(piece.value, (dict, list)):
        raise piece.place.refuse(f"one value is wanted here, got {piece.what}.")
    return piece.value
