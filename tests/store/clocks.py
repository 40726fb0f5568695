"""Clocks of who waits for a lease, which do not tell how slow the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """It goes on when its owner pauses, by that pause."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        self.now += 1e-6
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class ClockOfRenewals(Clock):
    """Each pause lasts until a lease was renewed, and counts as the time that is between two renewals."""

    def __init__(self, read: Callable[[], bytes], between: float) -> None:
        super().__init__()
        self._read, self._between, self.seen = read, between, [read()]

    def sleep(self, seconds: float) -> None:
        end = time.monotonic() + 60
        while (content := self._read()) == self.seen[-1]:
            assert time.monotonic() < end, "it is not renewed"
            time.sleep(0.01)
        self.seen.append(content)
        self.now += self._between
