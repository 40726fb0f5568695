"""Pieces of SVG: texts that are what they say and nothing more, numbers that are short, colours of the page."""

from __future__ import annotations

import re
from html import escape

from bridge.inspect.explain import letters
from bridge.inspect.pictures.shades import COLOURS

#: Size of all letters, and from line to line, in CSS pixels.
SIZE, LEADING = 13.0, 17.0
#: What XML has no letter for, and what would turn the direction of the letters after it.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TURNING = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: Letters of a label beyond which it is cut.
LONGEST = 80


def legible(words: str) -> str:
    """A text without what is no letter: control characters and signs that turn the writing about become �."""
    return _TURNING.sub("�", _UNWRITABLE.sub("�", words))


def escaped(words: str) -> str:
    """A text as XML has it, in an attribute too."""
    return escape(legible(words), quote=True)


def cut(words: str, most: int = LONGEST) -> str:
    """A text that is not longer than so many letters."""
    return words if len(words) <= most else words[: most - 1] + "…"


def long(words: str) -> float:
    """About how long a text is, in CSS pixels."""
    return letters.long(words) * SIZE / letters.SIZE


def fitted(words: str, room: float) -> str:
    """A text cut so that it fits into so many pixels."""
    words = legible(cut(words, 400))
    while len(words) > 2 and long(words) > room:
        words = words[: max(1, min(len(words) - 2, int(len(words) * room / long(words))))].rstrip() + "…"
    return words


def text(x: float, y: float, words: str, anchor: str = "start", more: str = "") -> str:
    """A line of text that begins, has its middle or ends at ``x``."""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{short(x)}" y="{short(y)}"{place}{more} fill="currentColor">{escaped(words)}</text>'


def short(value: float) -> str:
    """A number of pixels to a tenth."""
    return f"{value:.1f}".removesuffix(".0").replace("-0", "0" if abs(value) < 0.05 else "-0")


def coloured(colour: int, inner: str) -> str:
    """A group in one of the seven colours: its class and, where no stylesheet says otherwise, its own."""
    number = colour % len(COLOURS)
    own = "" if COLOURS[number] == "currentColor" else f' color="{COLOURS[number]}"'
    return f'<g class="c{number}"{own}>{inner}</g>'


def leading(href: str | None, title: str, inner: str) -> str:
    """A shape with the words that the pointer shows, and where it leads, if anywhere."""
    said = f"<title>{escaped(title)}</title>" if title else ""
    if href is None:
        return f"<g>{said}{inner}</g>" if said else inner
    return f'<a href="{escaped(href)}" color="inherit">{said}{inner}</a>'
