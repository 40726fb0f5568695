"""YAML read as pieces that know their places: mappings, lists, texts, numbers, truth values, and nothing else.

Only the parser of PyYAML is used, event by event. What would make objects (tags), repeat things (anchors, aliases), or
mean two things (keys that come twice, several documents) is refused where it stands, before anything is built of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml  # type: ignore[import-untyped, unused-ignore]

from bridge.chain.plain.scalars import resolved
from bridge.errors import ContractError

#: Bytes of a file; larger arrays and files lie beside it.
LARGEST = 8 * 2**20
#: Lists and mappings inside one another; a chain has ten.
DEEPEST = 24
#: Pieces of a document: each costs a few hundred bytes.
MOST = 1_000_000

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: libyaml's parser where PyYAML was built with it, a dozen times faster.
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NotRead(ContractError):
    """A file that is no chain in plain YAML; the message says where and why."""


@dataclass(frozen=True)
class Place:
    """Where something stands in a file, counted from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def refuse(self, said: str, error: type[ContractError] = NotRead) -> ContractError:
        """An error that names the place."""
        return error(f"{self}: {said}")


@dataclass(frozen=True)
class Piece:
    """One value: ``dict[str, Piece]``, ``list[Piece]``, text, number, truth value or None.

    ``keys`` has the places of a mapping's keys.
    """

    value: Any
    place: Place
    keys: dict[str, Place] = field(default_factory=dict)

    def plain(self) -> Any:
        """The value without its places."""
        if isinstance(self.value, dict):
            return {name: piece.plain() for name, piece in self.value.items()}
        return [piece.plain() for piece in self.value] if isinstance(self.value, list) else self.value

    @property
    def what(self) -> str:
        """The value in a few words, for a message."""
        if isinstance(self.value, dict):
            return f"a mapping of {', '.join(list(self.value)[:4]) or 'nothing'}"
        if isinstance(self.value, list):
            return f"a list of {len(self.value)}"
        if self.value is None:
            return "nothing"
        word = {True: "true", False: "false"}[self.value] if isinstance(self.value, bool) else repr(self.value)
        return word if len(word) <= 60 else word[:57] + "…"


def read(content: bytes, file: str) -> Piece:
    """Read one document. Raises NotRead, with line and column, for everything that is not plain."""
    text = _decoded(content, file)
    try:
        return _Reader(text, file).document()
    except yaml.MarkedYAMLError as reason:
        mark = reason.problem_mark or reason.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1)
        said = " ".join(filter(None, (reason.context, reason.problem)))
        tab = " Indent with blanks, not with tabs." if re.search(r"(?m)^ *\t", text) else ""
        raise place.refuse(f"this is no YAML: {said or 'it cannot be parsed'}.{tab}") from None
    except yaml.YAMLError as reason:
        raise Place(file, 1).refuse(f"this is no YAML: {str(reason).splitlines()[0]}.") from None


def _decoded(content: bytes, file: str) -> str:
    if len(content) > LARGEST:
        raise Place(file, 1).refuse(
            f"it has {len(content)} bytes, a chain at most {LARGEST}. Put what is large into files beside it: "
            "{file: measured.csv}, {npy: field.npy, unit: K}."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        before = content[: reason.start]
        place = Place(file, before.count(b"\n") + 1, reason.start - (before.rfind(b"\n") + 1) + 1)
        raise place.refuse(f"byte 0x{content[reason.start]:02x} is no UTF-8. Save the file as UTF-8.") from None
    bad = _CONTROL.search(text)
    if bad:
        at = bad.start()
        place = Place(file, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
        raise place.refuse(f"the control character {bad[0]!r} has no place in a text file.")
    return text


class _Reader:
    """Pieces of the events of a parser."""

    def __init__(self, text: str, file: str) -> None:
        self._file, self._pieces = file, 0
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=_PARSER))

    def document(self) -> Piece:
        """The one document there is."""
        next(self._events)  # the stream begins
        first = next(self._events)
        if isinstance(first, yaml.StreamEndEvent):
            raise Place(self._file, 1).refuse("it is empty. A chain begins with scalebridge: 1.")
        if first.version or first.tags:
            raise self._at(first).refuse("directives (%YAML, %TAG) are not read. Leave the line out.")
        found = self._piece(next(self._events), 0)
        next(self._events)  # the document ends
        more = next(self._events)
        if not isinstance(more, yaml.StreamEndEvent):
            raise self._at(more).refuse("a second document begins here: a file holds one chain.")
        return found

    def _at(self, event: Any) -> Place:
        return Place(self._file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _piece(self, event: Any, depth: int) -> Piece:
        place = self._at(event)
        if isinstance(event, yaml.AliasEvent):
            raise place.refuse(f"the alias *{event.anchor} is not read. Write the value itself.")
        if event.anchor is not None:
            raise place.refuse(f"the anchor &{event.anchor} is not read. Write the value where it is needed.")
        if event.tag is not None:
            raise place.refuse(f"the tag {event.tag!r} is not read: values are plain. Leave it out, or quote a text.")
        self._pieces += 1
        if self._pieces > MOST:
            raise place.refuse(f"there are more than {MOST} values. Put arrays into files beside: {{npy: field.npy}}.")
        if isinstance(event, yaml.ScalarEvent):
            return Piece(self._scalar(event, place), place)
        if depth >= DEEPEST:
            raise place.refuse(f"lists and mappings are more than {DEEPEST} deep here; no chain is.")
        if isinstance(event, yaml.SequenceStartEvent):
            listed = []
            while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
                listed.append(self._piece(inner, depth + 1))
            return Piece(listed, place)
        return self._mapping(place, depth)

    def _mapping(self, place: Place, depth: int) -> Piece:
        found: dict[str, Piece] = {}
        keys: dict[str, Place] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._piece(event, depth + 1)
            name = event.value if isinstance(event, yaml.ScalarEvent) and key.value is not None else None
            if name is None:
                raise key.place.refuse(f"{key.what} is no key: keys are names.")
            if name in found:
                raise key.place.refuse(f"the key {name!r} comes twice; line {keys[name].line} has it first.")
            keys[name] = key.place
            found[name] = self._piece(next(self._events), depth + 1)
        return Piece(found, place, keys)

    def _scalar(self, event: Any, place: Place) -> Any:
        if event.style:  # none for plain words; the parser of libyaml says an empty text
            bad = next((sign for sign in event.value if "\ud800" <= sign <= "\udfff"), None)
            if bad:
                raise place.refuse(f"the half character {bad!r} is no text.")
            return event.value
        try:
            return resolved(event.value)
        except ValueError as reason:
            raise place.refuse(f"{reason}.") from None
