"""Colours of pictures: seven that all eyes tell apart, and a scale of shades that also prints in grey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.inspect.pictures.frames import colours_of
from bridge.inspect.pictures.plot import Cells, Floats

#: M. Okabe and K. Ito, Color Universal Design (2008), the light ones darkened until each has a contrast of three and
#: more on white paper and on a black screen. The last is the ink of the page itself.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#c46c9c", "#b07a00", "#3a96cf", "currentColor")
#: The colour of what went wrong.
WRONG = 1
#: Colours of lines, one after the other; then they begin again.
INKS = len(COLOURS)
#: Viridis of S. van der Walt and N. Smith (2015), every sixteenth.
_VIRIDIS = (
    (0x44, 0x01, 0x54), (0x48, 0x18, 0x6A), (0x47, 0x2D, 0x7B), (0x42, 0x40, 0x86), (0x3B, 0x52, 0x8B),
    (0x33, 0x63, 0x8D), (0x2C, 0x72, 0x8E), (0x26, 0x82, 0x8E), (0x21, 0x91, 0x8C), (0x1F, 0xA0, 0x88),
    (0x28, 0xAE, 0x80), (0x3F, 0xBC, 0x73), (0x5E, 0xC9, 0x62), (0x84, 0xD4, 0x4B), (0xAD, 0xDC, 0x30),
    (0xD8, 0xE2, 0x19), (0xFD, 0xE7, 0x25),
)  # fmt: skip
_STOPS = np.array(_VIRIDIS, float)


@dataclass(frozen=True)
class Shading:
    """How numbers of a map become shades: from ``low`` to ``high``, by ratio where it is logarithmic."""

    low: float
    high: float
    log: bool

    def of(self, values: Any) -> Floats:
        """Shades from 0 to 1; NaN for what is missing, or at and below nought on a logarithmic scale."""
        found = np.asarray(values, float)
        with np.errstate(all="ignore"):
            if self.log:
                low, high = np.log10(self.low), np.log10(self.high)
                whole = np.log10(np.where(found > 0, found, np.nan))
            else:
                low, high, whole = self.low, self.high, found
            return np.asarray(np.clip((whole - low) / (high - low), 0.0, 1.0))


def shading(cells: Cells) -> Shading:
    """The shades of a map."""
    frame = colours_of(cells)
    return Shading(frame.low, frame.high, cells.log)


def colours(shades: Any) -> npt.NDArray[np.uint8]:
    """Red, green and blue of shades from 0 to 1, in a last dimension of three."""
    at = np.nan_to_num(np.asarray(shades, float)) * (len(_STOPS) - 1)
    places = np.arange(len(_STOPS))
    return np.stack([np.interp(at, places, _STOPS[:, i]) for i in range(3)], -1).round().astype(np.uint8)


def spelled(colour: Any) -> str:
    """A colour as pages write it: ``#440154``."""
    return "#" + "".join(f"{int(part):02x}" for part in colour)
