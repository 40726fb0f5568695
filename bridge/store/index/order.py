"""The order of a list of runs, and places in it that stay where they are while runs come and go."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from bridge.errors import ContractError
from bridge.store.spaces.space import proper

#: What runs are sorted by; names of runs begin with the time when they started.
SORTS = ("started", "flow", "state", "took", "cost", "name")
#: Characters of a text that it is sorted by, and of a place written down.
KEPT, LONGEST = 64, 600
_TEXTS = ("started", "flow", "state", "name")
_LAST = "\U0010ffff"  # sorts after every name

Key = str | float
T = TypeVar("T")


@dataclass(frozen=True)
class Order:
    """What runs are sorted by; those that are equal in it, the newest first; what has no value comes last."""

    by: str = "started"
    descending: bool = True

    def __post_init__(self) -> None:
        if self.by not in SORTS:
            raise ContractError(f"runs are not sorted by {self.by[:80]!r}. Write one of {', '.join(SORTS)}.")

    @property
    def nothing(self) -> Key:
        """Stands for a value that is not there."""
        if self.by in _TEXTS:
            return "" if self.descending else _LAST
        return -math.inf if self.descending else math.inf

    def sorted(self, found: Iterable[tuple[Key, str, T]]) -> list[tuple[Key, str, T]]:
        """Rows of (key, run, anything) in this order."""
        newest_first = sorted(found, key=lambda row: row[1], reverse=True)
        return sorted(newest_first, key=lambda row: row[0], reverse=self.descending)  # reverse keeps equals as they are


@dataclass(frozen=True)
class Place:
    """A run's place in an order, and whether one goes on from there or back. A run that is gone keeps its place."""

    order: Order
    back: bool
    key: Key
    run: str

    def __str__(self) -> str:
        """As it stands in an address."""
        parts = [self.order.by, self.order.descending, self.back, self.key, self.run]
        return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def place_from(text: str, order: Order) -> Place:
    """Read a place in this order. Raises ContractError for what is none, or is one in another order."""
    try:
        if len(text) > LONGEST or not text.isascii():
            raise ValueError
        by, descending, back, key, run = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", True))
        if not (type(descending) is type(back) is bool and isinstance(run, str) and proper(run) and "/" not in run):
            raise ValueError
        if type(key) is not (str if by in _TEXTS else float) or key != key:
            raise ValueError
        if isinstance(key, str):
            key.encode()  # half a character is none
        place = Place(Order(by, descending), back, key, run)
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error, ContractError):
        raise ContractError(
            f"{text[:40]!r} is no place in a list of runs: go to its first page, and on from there."
        ) from None
    if place.order != order:
        raise ContractError("this page is one of a list in another order: go to its first page, and on from there.")
    return place
