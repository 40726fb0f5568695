"""Colour maps as palettes of 256: the first entry is what is missing, 255 shades from the lowest to the highest follow.

All are made from a few published stops, joined straight in sRGB; they are within two of 255 of what was published.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from bridge.inspect.pictures.shades import colours

#: Shades of a palette beside the one for what is missing.
SHADES = 255
#: What maps are called on a form.
MAPS: Mapping[str, str] = {
    "viridis": "viridis: even steps, for all eyes",
    "blue-red": "blue to red: below and above nought",
    "cyclic": "cyclic: angles and phases",
    "grey": "grey: dark to light",
}
#: C. A. Brewer, ColorBrewer 2.0 (Apache 2.0): RdBu of eleven classes, from blue to red.
_BLUE_RED = (
    "053061 2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b 67001f"
)  # fmt: skip
#: B. Bechtold, twilight (CC0, 2017), every eighth of its 256; it ends as it begins.
_CYCLIC = (
    "e2d9e2 d7d7dd c4ced4 acc2cc 95b5c7 81a6c3 7297c1 6887be 6276ba 5f64b5 5e51ad 5d3da1 592a8f 511b77 45135c 381145 "
    "2f1436 3a113a 4a1342 5f174a 741e4f 872750 983550 a64550 b25652 bb6958 c27c63 c89073 cca389 d1b6a3 d8c7be dfd4d6 "
    "e2d9e2"
)
_GREY = "101010 f4f4f4"


@functools.cache
def palette(name: str) -> bytes:
    """Red, green and blue of the 256 entries of a map, one after the other."""
    places = np.linspace(0.0, 1.0, SHADES)
    found = colours(places) if name == "viridis" else _between(_STOPS[name], places)
    return bytes(3) + found.tobytes()


def shade(name: str, part: float) -> str:
    """One colour of a map as pages write it: ``#440154``."""
    place = 3 * (1 + round(min(max(part, 0.0), 1.0) * (SHADES - 1)))
    return f"#{palette(name)[place : place + 3].hex()}"


_STOPS = {"blue-red": _BLUE_RED, "cyclic": _CYCLIC, "grey": _GREY}


def _between(stops: str, places: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    known = np.array([list(bytes.fromhex(stop)) for stop in stops.split()], float)
    at = places * (len(known) - 1)
    parts = [np.interp(at, np.arange(len(known)), known[:, i]) for i in range(3)]
    return np.stack(parts, -1).round().astype(np.uint8)
