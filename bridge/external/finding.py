"""Patterns in what a program wrote: found where there is one, and errors that show the lines where there is not."""

from __future__ import annotations

import re
from typing import Any

from bridge.errors import BridgeError, DeclarationError
from bridge.external.errors import ProgramFailed
from bridge.kinds.base import Kind
from bridge.kinds.discrete import Boolean, Choice, Integer
from bridge.kinds.measured import Number
from bridge.units import Conversion

_FORTRAN = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[dDqQ]([+-]?\d+)|([+-]\d{3}))")  # 1.0D-03, and 1.0-103
#: Bytes at the end of a file in which the lines that an error shows are looked for.
LOOKED = 4 << 20
_TRUE = {"t", "true", ".true.", "yes", "on", "1"}
_FALSE = {"f", "false", ".false.", "no", "off", "0"}


def pattern_of(pattern: str, at: str) -> re.Pattern[str]:
    """Compile a regular expression, in which ``^`` and ``$`` are ends of lines. Raises DeclarationError."""
    try:
        return re.compile(pattern, re.MULTILINE)
    except (re.error, TypeError) as reason:
        raise DeclarationError(f"{at}: {pattern!r} is no regular expression: {reason}.") from None


def matches(content: bytes, pattern: str) -> list[re.Match[str]]:
    """Every match of a pattern in a file; bytes that are no UTF-8 count as one unknown character each."""
    text = content.decode("utf-8", "replace").replace("\r\n", "\n")
    return list(re.finditer(pattern, text, re.MULTILINE))


def found_in(content: bytes, pattern: str, which: str, at: str) -> list[str]:
    """What the group of a pattern matches. Raises ProgramFailed for none, or for two where one is wanted."""
    there = matches(content, pattern)
    if not there:
        raise ProgramFailed(f"{at}: nothing matches {pattern!r}. {_nearest(content, pattern)}")
    if which == "only" and len(there) > 1:
        lines = [one.string.count("\n", 0, one.start()) + 1 for one in there[:2]]
        more = f", and {len(there) - 2} more" if len(there) > 2 else ""
        raise ProgramFailed(
            f"{at}: {pattern!r} matches twice, in lines {lines[0]} and {lines[1]}{more}: {there[0][0].strip()[:80]!r}, "
            f"{there[1][0].strip()[:80]!r}. Say which='first' or which='last', or make the pattern narrower."
        )
    chosen = {"first": there[:1], "last": there[-1:]}.get(which, there)
    texts = [one[1] for one in chosen]
    if any(text is None for text in texts):
        raise ProgramFailed(f"{at}: {pattern!r} matches {chosen[0][0]!r}, but not its group.")
    return [text.strip() for text in texts]


def readable(text: str) -> str:
    """What a program wrote, for an error: what a terminal would obey, such as escapes, as unknown characters."""
    return "".join(one if one.isprintable() or one == "\t" else "\ufffd" for one in text)


def _nearest(content: bytes, pattern: str) -> str:
    """The lines of a file, or of the end of a long one, that share most words with a pattern, else its last ones."""
    before = max(0, len(content) - LOOKED)
    first = content.count(b"\n", 0, before) + 1
    lines = content[before:].decode("utf-8", "replace").split("\n")
    words = set(re.findall(r"[a-z]{3,}", re.sub(r"\\.", " ", pattern).lower()))
    scores = [(len(words & set(re.findall(r"[a-z]{3,}", line.lower()))), place) for place, line in enumerate(lines)]
    best = sorted((place for score, place in sorted(scores, reverse=True)[:3] if score))
    if not content:
        return "The file is empty."
    shown = best or [place for place in range(len(lines)) if lines[place].strip()][-3:]
    return f"The {'nearest' if best else 'last'} lines are\n" + "\n".join(
        f"    {first + p}: {readable(lines[p][:120].rstrip())}" for p in shown
    )


def number(text: str, at: str) -> float:
    """Read a number as programs write them, Fortran's too. Raises ProgramFailed."""
    fortran = _FORTRAN.fullmatch(text.strip())
    try:
        return float(f"{fortran[1]}e{fortran[2] or fortran[3]}" if fortran else text)
    except ValueError:
        stars = " Fortran prints stars where a number has no room." if "*" in text else ""
        raise ProgramFailed(f"{at}: {text[:60]!r} is no number.{stars}") from None


def value_of(text: str, kind: Kind, unit: str, at: str) -> Any:
    """A value of a kind as a program wrote it, in the unit of the port. Raises ProgramFailed."""
    if isinstance(kind, Number):
        return Conversion(unit, kind.unit).number(number(text, at))
    if isinstance(kind, Integer):
        value = number(text, at)
        if not value.is_integer():  # nor are nan and inf
            raise ProgramFailed(f"{at}: {text!r} is no whole number.")
        return int(text) if re.fullmatch(r"[+-]?\d+", text) else round(value)
    if isinstance(kind, Boolean):
        if text.lower() not in _TRUE | _FALSE:
            raise ProgramFailed(
                f"{at}: {text[:60]!r} is neither true nor false; external.Present tells whether it occurs."
            )
        return text.lower() in _TRUE
    if isinstance(kind, Choice):
        try:
            return kind.leave(text, at)
        except BridgeError as reason:
            raise ProgramFailed(str(reason)) from None
    return text
