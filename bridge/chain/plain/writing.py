"""A document written as YAML for people: ordered, one input a line, units beside wires, nothing repeated by alias."""

from __future__ import annotations

import base64
import re
import textwrap
from collections.abc import Mapping
from typing import Any

import yaml  # type: ignore[import-untyped, unused-ignore]

from bridge.chain.plain import document as d
from bridge.chain.plain.scalars import resolved
from bridge.errors import ContractError
from bridge.kinds.record import MISSING

#: Columns of a line, indentation not counted.
WIDTH = 110
_FIXED = (
    "The flow's body looks at these while it wires, so that they are fixed here. To change one, write the chain "
    "again: scalebridge chain FLOW -p NAME=VALUE."
)


class _Flat(dict[str, Any]):
    """A mapping written in one line."""


class _Row(list[Any]):
    """A list written in one line, or as few as it takes."""


class _Dumper(yaml.SafeDumper):  # type: ignore[misc, unused-ignore]
    """Writes whatever other readers of YAML might take for something else in quotes; no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out."""
        return True


def _str(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _str)
_Dumper.add_representer(
    _Flat, lambda dumper, value: dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=True)
)
_Dumper.add_representer(
    _Row, lambda dumper, value: dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)
)
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"), list("-0123456789")
)


def text_of(
    document: d.Document,
    heading: str = "",
    notes: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
) -> str:
    """Write a document; ``heading`` stands above it, ``notes`` above stages, ``units`` behind inputs (``stage.port``).

    What is a comment means nothing to who reads it back. Raises ContractError for a text that no file holds.
    """
    parts = [_comment(heading)] if heading else []
    top: dict[str, Any] = {"scalebridge": d.VERSION, "chain": document.name}
    if document.description:
        top["description"] = document.description
    parts.append(_dumped(top))
    if document.parameters:
        parts.append("\n" + _dumped({"parameters": {k: _parameter(p) for k, p in document.parameters.items()}}))
    if document.fixed:
        parts.append("\n" + _comment(_FIXED) + _dumped({"fixed": dict(document.fixed)}))
    parts.append("\nstages:\n")
    written = [_stage(stage, (notes or {}).get(stage.name, ""), units or {}) for stage in document.stages]
    parts.append("\n".join(textwrap.indent(one, "  ") for one in written))
    return "".join(parts)


def _comment(text: str) -> str:
    lines = [line for one in text.splitlines() for line in textwrap.wrap(one, WIDTH - 2, break_long_words=False)]
    return "".join(f"# {line}\n" for line in lines)


def _stage(stage: d.PlainStage, note: str, units: Mapping[str, str]) -> str:
    head = {"model": plain(stage.model)} | {key: plain(value) for key, value in stage.options.items()}
    lines = [_comment(note), _dumped({stage.name: {}}).replace(" {}\n", "\n"), textwrap.indent(_dumped(head), "  ")]
    for group, values in (("inputs", stage.inputs), ("settings", stage.settings)):
        if values:
            lines.append(f"  {group}:\n")
        for name, value in values.items():
            line = textwrap.indent(_dumped({name: plain(value)}), "    ")
            said = units.get(f"{stage.name}.{name}")
            lines.append(f"{line.rstrip()}  # {said}\n" if said and line.count("\n") == 1 else line)
    return "".join(lines)


def _dumped(value: Any) -> str:
    try:
        text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
        text.encode()
    except (UnicodeEncodeError, yaml.YAMLError) as reason:
        raise ContractError(f"this is no text that a file holds: {reason}.") from None
    return text


def _parameter(parameter: d.Parameter) -> Any:
    default = parameter.default
    if default is MISSING:
        return _Flat(type=parameter.type)
    known = {"str": str, "int": int, "float": float, "bool": bool}.get(parameter.type)
    return default if type(default) is known else _Flat(type=parameter.type, default=default)


def plain(value: Any) -> Any:
    """A value of a document as mappings, lists and scalars. Raises ContractError for a number that YAML has not."""
    if isinstance(value, (list, tuple)):
        return _Row(map(plain, value))
    if isinstance(value, float):
        resolved(repr(value))
        return value
    if isinstance(value, (bool, int, str)):
        return value
    return _PLAIN[type(value)](value)


def _said(**parts: Any) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part is not None and part is not False}


def _wire(value: d.From) -> Any:
    mass = None if value.molar_mass is None else plain(value.molar_mass)
    return _Flat({"from": value.path} | _said(port=value.port, molar_mass=mass))


def _stack(value: d.Stacked) -> Any:
    return {"stack": [plain(part) for part in value.parts], "dim": value.dim} | (
        {} if value.coord is None else {"coord": _Row(value.coord)}
    )


def _closure(value: d.Closure) -> Any:
    groups = (("inputs", value.inputs), ("settings", value.settings))
    given = {group: {name: plain(one) for name, one in values.items()} for group, values in groups if values}
    return {"closure": plain(value.model)} | {name: plain(one) for name, one in value.options.items()} | given


def _array(value: d.Values) -> Any:
    about = _said(dtype=value.dtype, shape=None if value.shape is None else _Row(value.shape))
    rows: Any = _rows(value.values)
    nested = any(isinstance(row, list) for row in rows)
    said = {"values": list(rows) if nested else rows} | ({} if value.unit == "1" else {"unit": value.unit}) | about
    return said if nested else _Flat(said)


def _rows(values: Any) -> Any:
    return _Row(map(_rows, values)) if isinstance(values, (list, tuple)) else values


def _bytes(value: d.Bytes) -> Any:
    about = _said(media_type=value.media_type, blake3=value.blake3, picture=value.picture)
    if value.content is None:
        return _Flat({"file": value.path} | about)
    text = _as_text(value)
    if text is not None:
        return {"text": text} | about
    coded = base64.b64encode(value.content).decode()
    return {"base64": "\n".join(textwrap.wrap(coded, 100)) if len(coded) > 60 else coded} | about


def _as_text(value: d.Bytes) -> str | None:
    """The content as people read it, if it is a text of lines."""
    if not (value.media_type or "").startswith("text/"):
        return None
    try:
        text = (value.content or b"").decode()
    except UnicodeDecodeError:
        return None
    return text if all(sign.isprintable() or sign in "\n\t" for sign in text) else None


def _atoms(value: d.Atoms) -> Any:
    arrays = {
        name: _rows(one.values) if one.dtype is None and one.shape is None else _array(one)
        for name, one in value.arrays.items()
    }
    return {"atoms": arrays} | ({"carries": dict(value.rest)} if value.rest else {})


_PLAIN: Mapping[type, Any] = {
    d.Given: lambda value: _Flat(parameter=value.parameter),
    d.From: _wire,
    d.Stacked: _stack,
    d.Closure: _closure,
    d.Values: _array,
    d.Beside: lambda value: _Flat(
        {"npy": value.path} | ({} if value.unit == "1" else {"unit": value.unit}) | _said(blake3=value.blake3)
    ),
    d.Bytes: _bytes,
    d.Atoms: _atoms,
    d.Fields: lambda value: {"record": {name: plain(one) for name, one in value.fields.items()}},
}
