"""Letters of a picture: a line of text, and about how long it is."""

from __future__ import annotations

from html import escape

SIZE = 12.0
_NARROW, _WIDE = set("ijlftrI.,:;'|!()[]{}·- /"), set("mwMW@%×…→⟲")


def text(x: float, y: float, words: str, style: str, scale: float = 1.0) -> str:
    """A line of text at a place, ``scale`` times as large as most."""
    size = "" if scale == 1 else f' font-size="{SIZE * scale:.1f}"'
    return f'<text x="{x:.1f}" y="{y:.1f}"{size} {style}>{escape(words)}</text>'


def long(words: str, scale: float = 1.0) -> float:
    """About how long a text is, rather more than less: fonts differ."""
    return SIZE * scale * sum(map(_letter, words))


def _letter(one: str) -> float:
    if one in _NARROW:
        return 0.36
    if one in _WIDE:
        return 0.95
    return 0.7 if one.isupper() else 0.59
