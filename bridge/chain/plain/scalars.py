"""Which words of YAML are numbers: those of JSON, and none besides. Everything else that is written is a text.

YAML 1.1 reads ``no`` as false, ``1:30`` as ninety and ``2021-11-15`` as a date; here they are the texts they look like.
"""

from __future__ import annotations

import math
import re
from typing import Any

_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
_REAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}
#: Digits of a whole number; Python itself refuses to read more than 4300.
_DIGITS = 400


def resolved(word: str) -> Any:
    """The value of a word that stands without quotes. Raises ValueError for a number that no float holds."""
    if word in _WORDS:
        return _WORDS[word]
    if _WHOLE.fullmatch(word):
        if len(word) > _DIGITS:
            raise ValueError(f"a whole number of {len(word)} digits is nobody's")
        return int(word)
    if _REAL.fullmatch(word):
        number = float(word)
        if not math.isfinite(number):
            raise ValueError(f"{word} is out of the range of a floating-point number")
        return number
    return word
