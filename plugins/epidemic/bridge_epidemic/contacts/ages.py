"""Groups of ages: their names, and who belongs to which."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np

from bridge_epidemic.ports import Array

_NUMBER = re.compile(r"\d+(\.\d+)?")
_LOWER = re.compile(r"(\d+(?:\.\d+)?)(-\d+(?:\.\d+)?|\+)?")


def lower_ages(text: str) -> Array:
    """Youngest ages of groups, from a text such as "0, 1, 5, 18" or "0, 5, ..., 75". Raises ValueError.

    Three points go on in the step of the two ages before them, up to the age behind them.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    ages: list[float] = []
    for place, part in enumerate(parts):
        if part in ("...", "..", "…"):
            if len(ages) < 2 or place + 1 >= len(parts) or not _NUMBER.fullmatch(parts[place + 1]):
                raise ValueError(f"lower_ages is {text!r}: ... stands between ages. Write such as '0, 5, ..., 75'.")
            step = ages[-1] - ages[-2]
            count = (float(parts[place + 1]) - ages[-1]) / step if step > 0 else 0.0
            if count < 1 or abs(count - round(count)) > 1e-9 or count > 200:
                raise ValueError(
                    f"lower_ages is {text!r}: steps of {step:g} from {ages[-1]:g} do not arrive at {parts[place + 1]}. "
                    "Write such as '0, 5, ..., 75'."
                )
            ages += [ages[-1] + step * k for k in range(1, round(count))]
        elif _NUMBER.fullmatch(part):
            ages.append(float(part))
        else:
            raise ValueError(f"lower_ages has {part!r}, which is no age in years. Write such as '0, 5, ..., 75'.")
    if not ages or any(later <= earlier for earlier, later in pairwise(ages)):
        raise ValueError(f"lower_ages is {text!r}; ages must rise. Write such as '0, 5, ..., 75'.")
    return np.array(ages)


def named(lower: Array) -> list[str]:
    """Names of the groups: "0-4", "5-9", "75+"."""
    ends = [f"{a:g}-{b - 1:g}" if b - a > 1 else f"{a:g}" for a, b in pairwise(lower)]
    return [*ends, f"{lower[-1]:g}+"]


def lower_of(name: str) -> float:
    """The youngest age of a group by its name, such as "5-9", "5" or "75+". Raises ValueError."""
    found = _LOWER.fullmatch(name.strip())
    if found is None:
        raise ValueError(f"The group {name!r} is none of ages. Name groups such as '0-4', '5' and '75+'.")
    return float(found[1])


def group_of(age: Array, lower: Array) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The place of each age's group, -1 below the youngest; the oldest group is open."""
    return np.asarray(np.searchsorted(lower, age, side="right") - 1, dtype=np.int64)


def shares(low: Array, high: Array, lower: Array) -> Array:
    """Share of each range of ages (range, group) in each group, all ages from `low` to `high` as likely."""
    upper = np.append(lower[1:], np.inf)
    width = np.where(high > low, high - low, 1.0)[:, None]
    overlap = np.minimum(high[:, None], upper) - np.maximum(low[:, None], lower)
    spread = np.clip(overlap, 0.0, None) / width
    point = (low[:, None] >= lower) & (low[:, None] < upper)
    return np.asarray(np.where((high > low)[:, None], spread, point), dtype=np.float64)
