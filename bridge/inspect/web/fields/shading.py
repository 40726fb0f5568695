"""Numbers as shades between a lowest and a highest, and the bar that says which shade is which number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from bridge.inspect.pictures.ticks import Ticks, linear, logarithmic
from bridge.inspect.web.fields.colours import SHADES, shade

#: How the range between lowest and highest is divided.
SCALES = {"linear": "linear", "log": "logarithmic", "symmetric": "symmetric about 0"}
_STEPS = 48  # of the bar


@dataclass(frozen=True)
class Shades:
    """Shades from ``low`` to ``high``; what lies beyond has the colour of the end."""

    low: float
    high: float
    log: bool = False

    def parts(self, values: Any) -> npt.NDArray[np.float64]:
        """How far between low and high; NaN for what is missing, and for what has no logarithm."""
        found = np.asarray(values, np.float64)
        with np.errstate(all="ignore"):
            if self.log:
                above = np.where(found > 0, found, np.nan)
                return self._share(np.log10(above), float(np.log10(self.low)), float(np.log10(self.high)))
            size = max(abs(self.low), abs(self.high)) or 1.0
            if 1e-150 < size < 1e150:
                return self._share(found, self.low, self.high)
            return self._share(found / size, self.low / size, self.high / size)  # no difference is too large or small

    @staticmethod
    def _share(found: npt.NDArray[np.float64], low: float, high: float) -> npt.NDArray[np.float64]:
        if not high > low:
            return np.where(np.isfinite(found), 0.5, np.nan)
        return np.asarray((found - low) / (high - low))

    def entries(self, values: Any) -> npt.NDArray[np.uint8]:
        """Entries of a palette: 0 for what is missing, then 1 to 255."""
        parts = self.parts(values)
        parts *= SHADES - 1
        parts += 1.5
        missing = np.isnan(parts) | ~np.isfinite(np.asarray(values))
        np.clip(parts, 1, SHADES, out=parts)
        parts[missing] = 0
        return parts.astype(np.uint8)

    def ticks(self) -> Ticks:
        """Round numbers between low and high."""
        if not self.high > self.low:
            return Ticks((self.low,), (f"{self.low:.6g}",))
        return logarithmic(self.low, self.high) if self.log else linear(self.low, self.high, 6)


def bar(shades: Shades, colours: str, label: str) -> Markup:
    """The shades from left to right as an ``svg`` element, with round numbers below and what they are of."""
    wide, high, left = 372.0, 14.0, 22.0
    step = wide / _STEPS
    parts = [
        Markup('<rect x="{}" y="0" width="{}" height="{}" fill="{}" shape-rendering="crispEdges"/>').format(
            f"{left + i * step:.2f}", f"{step + 0.4:.2f}", f"{high:g}", shade(colours, (i + 0.5) / _STEPS)
        )
        for i in range(_STEPS)
    ]
    ticks = shades.ticks()
    for place, said in zip(shades.parts(ticks.places).tolist(), ticks.labels, strict=True):
        x = f"{left + wide * place:.2f}"
        parts.append(Markup('<path d="M{} {:g}v4" stroke="currentColor"/>').format(x, high))
        parts.append(Markup('<text x="{}" y="{:g}" text-anchor="middle">{}</text>').format(x, high + 18, said))
    under = f"{label}  {ticks.corner}".strip()
    parts.append(
        Markup('<text x="{:g}" y="{:g}" text-anchor="middle">{}</text>').format(left + wide / 2, high + 36, under)
    )
    alt = f"colours from {shades.low:.4g} to {shades.high:.4g}{' by ratio' if shades.log else ''}: {label}"
    return Markup(
        '<svg class="plot bar" role="img" aria-label="{}" viewBox="0 0 {:g} {:g}" width="{:g}" height="{:g}" '
        'font-size="12.5">{}</svg>'
    ).format(alt, wide + 2 * left, high + 42, wide + 2 * left, high + 42, Markup("").join(parts))
