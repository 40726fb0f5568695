"""Axes as people write them on a command line: ``600 K .. 1200 K : 7``, ``20 MPa, 40 MPa``, ``0..99``.

A text that says no more than one value is no axis, and stays as it is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bridge.axes.distributions import Distribution
from bridge.axes.exact import (
    Amount,
    all_with_units,
    amount_in,
    amount_of,
    has_zero_elsewhere,
    in_unit,
    starts_with_number,
    width_in,
)
from bridge.axes.grids import Axis, Gives, Linear, Listed, Logarithmic
from bridge.axes.listed import listed_objects, listed_texts, verbatim
from bridge.axes.uncertain import Fetch, distribution_in
from bridge.errors import ContractError

_TAIL = re.compile(r"(?P<high>.*?)\s*(?::\s*(?P<count>[^:]*?))?(?P<log>(?:(?<=\s)|(?<=:))log)?\s*")
_STEP = re.compile(r"(?P<high>.*?)\s+step\b\s*(?P<step>.*)")


@dataclass(frozen=True)
class Range:
    """Two ends without a count: nothing by itself, a uniform distribution for who draws samples."""

    low: Amount
    high: Amount
    log: bool
    written: str


@dataclass(frozen=True)
class Fixed:
    """One value, the same at every point."""

    value: Any


def read_text(
    text: str, name: str, annotation: type | None = None, fetch: Fetch | None = None
) -> Axis | Range | Distribution | Fixed:
    """Read what is written for parameter ``name`` of a flow, which is annotated ``annotation``.

    Raises ContractError with what to write instead.
    """
    listed = _json(text, name, annotation)
    if listed is not None:
        return listed
    uncertain = distribution_in(text, name, fetch)
    if uncertain is not None:
        return uncertain
    ends = _ends(text, name)
    if ends is not None:
        return _range(text, *ends, name, annotation)
    if "," in text:
        items = [item.strip() for item in text.split(",")]
        if "" in items:
            raise ContractError(
                f"{name}={text!r} has an empty place between its commas. Write {name}='20 MPa, 40 MPa', or texts that "
                f'hold commas as a JSON list: {name}=\'["a, b", "c"]\'.'
            )
        return listed_texts(items, name, annotation, {"list": text} if len(text) <= 200 else {})
    if not text.strip():
        raise ContractError(f"{name}='' is empty. Write a value, or an axis such as {name}='600 K .. 1200 K : 7'.")
    return Fixed(text)


def _json(text: str, name: str, annotation: type | None) -> Listed | None:
    """A JSON list; its texts mean nothing but themselves."""
    if not text.lstrip().startswith("["):
        return None
    try:
        items = json.loads(text)
    except ValueError:
        if text.lstrip().startswith('["'):
            raise ContractError(f'{name}={text!r} is no JSON list. Write {name}=\'["a, b", "c"]\'.') from None
        return None
    if not items:
        raise ContractError(f"{name}='[]' is an empty axis. Write one value at least: {name}='[\"a\", \"b\"]'.")
    origin = {"list": text} if len(text) <= 200 else {}
    if all(isinstance(item, str) for item in items):
        return verbatim(items, origin)
    if not all(isinstance(item, (int, float)) for item in items):
        raise ContractError(f"{name}={text!r}: a JSON list of an axis has only texts, only numbers or only true/false.")
    return listed_objects(items, name, annotation, origin)


def _ends(text: str, name: str) -> tuple[str, str] | None:
    """What stands before and after the first two dots, if one of them begins as a number does."""
    low, dots, rest = text.partition("..")
    if not dots or not (starts_with_number(low) or starts_with_number(rest)):
        return None
    if not low.strip() or not rest.strip():
        unit = (amount_in(low or rest) or Amount(Fraction(0), "K", "")).unit
        example = f"600 {unit} .. 1200 {unit} : 7" if unit else "0..99"
        raise ContractError(f"{name}={text!r} is half a range. Write {name}='{example}'.")
    return low.strip(), rest.strip()


def _range(text: str, low: str, rest: str, name: str, annotation: type | None) -> Axis | Range:
    said = f"{name}={text!r}"
    stepped = _STEP.fullmatch(rest)
    if stepped:
        return _stepped(_amount(low, said), _amount(stepped["high"], said), stepped["step"], said, text, annotation)
    tail = _TAIL.fullmatch(rest)
    if tail is None:
        raise ContractError(f"{said} is no range. Write {name}='600 K .. 1200 K : 7'.")
    first, last, log = _amount(low, said), _amount(tail["high"], said), bool(tail["log"])
    all_with_units([first, last], said)
    if tail["count"] is not None:
        return _counted(first, last, tail["count"], log, said, text, annotation)
    if first.whole and last.whole and annotation is not float and not log:
        if first.number > last.number:
            raise ContractError(f"{said} goes down. Write {name}='{last.text}..{first.text}', or '{text} step -1'.")
        return _stepped(first, last, "1", said, text, annotation)
    in_unit(last, first.unit, said)
    return Range(first, last, log, text)


def _amount(text: str, said: str) -> Amount:
    return amount_of(text, said)


def _counted(low: Amount, high: Amount, count: str, log: bool, said: str, text: str, annotation: type | None) -> Axis:
    if not re.fullmatch(r"\d+", count.strip()):
        raise ContractError(f"{said}: {count.strip()!r} is no number of values. Write '{low.text} .. {high.text} : 7'.")
    size = int(count)
    if size < 2:
        raise ContractError(
            f"{said} asks for {size} value{'s' if size != 1 else ''}: a range has two at least, its ends. "
            f"For one value write it alone: '{low.text}'."
        )
    top = in_unit(high, low.unit, said)
    if top == low.number:
        raise ContractError(f"{said} begins and ends at {low.text}: for one value write it alone, '{low.text}'.")
    gives = _gives(annotation)
    if log:
        if low.number <= 0 or top <= 0 or has_zero_elsewhere(low.unit):
            raise ContractError(
                f"{said} is logarithmic: its ends are above nought, in a unit that counts from nought (K, not degC)."
            )
        return Logarithmic(low.number, top, size, low.unit, {"grid": text}, gives)
    step = (top - low.number) / (size - 1)
    whole = low.whole and high.whole and step.denominator == 1 and annotation is not float
    return Linear(low.number, step, size, None if whole else low.unit, {"grid": text}, gives)


def _stepped(low: Amount, high: Amount, step: str, said: str, text: str, annotation: type | None) -> Axis:
    if not step.strip():
        raise ContractError(f"{said} has no step. Write '{low.text} .. {high.text} step 100 {low.unit}'.")
    by = _amount(step, said)
    all_with_units([low, high, by], said)
    top, width = in_unit(high, low.unit, said), width_in(by, low.unit, said)
    if width == 0:
        raise ContractError(f"{said} has a step of nought. Write '{low.text} .. {high.text} : 7'.")
    if (top - low.number) * width < 0:
        way = "up" if top > low.number else "down"
        turned = by.text[1:] if by.text.startswith("-") else f"-{by.text.lstrip('+')}"
        raise ContractError(f"{said} goes {way}, and its step the other way. Write step {turned}.")
    size = int((top - low.number) / width) + 1
    if size < 2:
        raise ContractError(
            f"{said} has one value only: its step is longer than the range. For one value write it alone, '{low.text}'."
        )
    whole = low.whole and high.whole and by.whole and annotation is not float
    unit = None if whole else low.unit
    return Linear(low.number, width, size, unit, {"grid": text}, _gives(annotation))


def _gives(annotation: type | None) -> Gives:
    return "text" if annotation is str else "number"
